"""The two messages of the ballot box, and the keys they need. JSON in and out; no cookie, no session, no log.

A message is exactly what static/ballot-box.js sends, or it is refused with one word. What is committed is committed
before the reply: a reply that gets lost is asked for again.
"""

from __future__ import annotations

import json
import re
import sys
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from survey_app import services
from survey_app.crypto.blind import PREFIX_BYTES, PublicKey
from survey_app.crypto.box import HASH_BYTES, envelope_bytes
from survey_app.errors import (
    CodeMalformed,
    CodeUnknown,
    CodeUsed,
    ForgedCredential,
    MalformedMessage,
    Refusal,
)
from survey_app.extensions import db, limiter
from survey_app.models import ReportingGroup, State, StateError, Survey
from survey_app.services.entrance import find_entrance
from survey_app.web.circumstances import clock, installation_secret

ballot_box = Blueprint("ballot_box", __name__)

KEYS_OF_ISSUE = {"survey", "group", "code", "blinded"}
KEYS_OF_OPEN_BALLOT = {"survey", "group", "receipt", "envelope"}
KEYS_OF_BALLOT = KEYS_OF_OPEN_BALLOT | {"prefix", "sig"}
IDENTIFIER = re.compile("[0-9a-f]{32}")
LONGEST_CODE = 64
REFUSED = (400, 404, 409)
"""Only refused codes count against the limit: a whole branch may share one address."""

REPLIES: Mapping[type[Refusal], tuple[int, str]] = {
    MalformedMessage: (400, "message"),
    CodeMalformed: (400, "code"),
    ForgedCredential: (403, "forged"),
    CodeUnknown: (404, "unknown"),
    CodeUsed: (409, "used"),
    StateError: (410, "closed"),
}
WORDS = {404: "unknown", 413: "large", 429: "often"}


@ballot_box.post("/api/issue")
@limiter.limit("120 per minute", deduct_when=lambda response: response.status_code in REFUSED)
def issue() -> ResponseReturnValue:
    """Exchange a code for the blind signature of a pass."""
    message = _message()
    _require_keys(message, KEYS_OF_ISSUE)
    group = _group_of(message)
    if not group.survey.has_credentials:
        raise CodeUnknown
    blinded = _data(message["blinded"], _signed_bytes(group))
    if len(message["code"]) > LONGEST_CODE:
        raise MalformedMessage
    signature = services.issue_credential(
        db.session,
        group.survey,
        group,
        message["code"],
        blinded,
        secret=installation_secret(),
        clock=clock(),
        is_late=clock().today() > group.survey.closes_on,
    )
    db.session.commit()
    return jsonify(blind_sig=_text(signature))


@ballot_box.post("/api/ballots")
def cast() -> ResponseReturnValue:
    """Put a sealed ballot into the box."""
    message = _message()
    group = _group_of(message)
    survey = group.survey
    _require_keys(message, KEYS_OF_BALLOT if survey.has_credentials else KEYS_OF_OPEN_BALLOT)
    size = _envelope_bytes(survey)
    ballot = services.Message(
        receipt=_data(message["receipt"], HASH_BYTES),
        envelope=_data(message["envelope"], size),
        prefix=_data(message["prefix"], PREFIX_BYTES) if survey.has_credentials else b"",
        signature=_data(message["sig"], _signed_bytes(group)) if survey.has_credentials else b"",
    )
    cast = services.cast_ballot(db.session, survey, group, ballot, clock=clock())
    db.session.commit()
    return jsonify(receipt=_text(cast.receipt)), 409 if cast.is_earlier else 200


@ballot_box.get("/s/<survey_slug>/<group_slug>/keys.json")
def keys(survey_slug: str, group_slug: str) -> ResponseReturnValue:
    """What a voter's browser has to know, the same for all members of the group."""
    survey, group = find_entrance(db.session, survey_slug, group_slug)
    if survey is None or group is None:
        abort(404)
    if not survey.takes_ballots(clock().now()):
        raise StateError(survey, State.OPEN)
    return jsonify(services.poll_of(survey, group))


@ballot_box.after_request
def keep_out_of_caches(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@ballot_box.errorhandler(Refusal)
def refuse(refusal: Refusal) -> ResponseReturnValue:
    db.session.rollback()
    status, word = REPLIES.get(type(refusal), (503, "trouble"))
    return jsonify(error=word), status


@ballot_box.errorhandler(HTTPException)
def refuse_request(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 400
    return jsonify(error=WORDS.get(status, "message")), status


@ballot_box.errorhandler(Exception)
def ask_to_come_again(error: Exception) -> ResponseReturnValue:
    """An error nobody foresaw, such as a database that is too busy: the browser sends its message again."""
    if current_app.testing and current_app.config.get("PROPAGATE_EXCEPTIONS") is not False:
        raise error
    current_app.log_exception(sys.exc_info())
    db.session.rollback()
    return jsonify(error="trouble"), 503


def _message() -> dict[str, str]:
    """The JSON object of the request: texts only, no name twice. Raises: MalformedMessage."""
    if request.mimetype != "application/json":
        raise MalformedMessage
    try:
        said = json.loads(request.get_data().decode("utf-8"), object_pairs_hook=_named_once)
    except (ValueError, RecursionError):
        raise MalformedMessage from None
    if not isinstance(said, dict) or not all(isinstance(value, str) for value in said.values()):
        raise MalformedMessage
    return said


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    named = dict(pairs)
    if len(named) != len(pairs):
        raise MalformedMessage
    return named


def _require_keys(message: Mapping[str, str], keys: set[str]) -> None:
    if message.keys() != keys:
        raise MalformedMessage


def _group_of(message: Mapping[str, str]) -> ReportingGroup:
    """The reporting group that a message names. Raises: MalformedMessage; NotFound where there is none."""
    named = [message.get(name, "") for name in ("survey", "group")]
    if not all(IDENTIFIER.fullmatch(identifier) for identifier in named):
        raise MalformedMessage
    survey_id, group_id = map(UUID, named)
    group = db.session.get(ReportingGroup, group_id)
    if group is None or group.survey_id != survey_id:
        abort(404)
    return group


def _signed_bytes(group: ReportingGroup) -> int:
    """How long a blinded message and a signature of this group are. Raises: StateError without credentials."""
    if group.public_key is None:
        raise StateError(group.survey, State.OPEN)
    return PublicKey.from_der(group.public_key).size


def _envelope_bytes(survey: Survey) -> int:
    """Raises: StateError for a survey without ballot box."""
    if survey.envelope_key is None or survey.envelope_size is None:
        raise StateError(survey, State.OPEN)
    return envelope_bytes(PublicKey.from_der(survey.envelope_key), survey.envelope_size)


def _data(word: str, size: int) -> bytes:
    """The bytes of a base64 word, which has exactly one way to be written. Raises: MalformedMessage."""
    try:
        data = b64decode(word, validate=True)
    except (ValueError, NotBase64):
        raise MalformedMessage from None
    if len(data) != size or _text(data) != word:
        raise MalformedMessage
    return data


def _text(data: bytes) -> str:
    return b64encode(data).decode("ascii")
