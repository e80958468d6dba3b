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
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from survey_app import services
from survey_app.crypto.blind import PREFIX_BYTES
from survey_app.crypto.box import HASH_BYTES
from survey_app.errors import (
    CodeMalformed,
    CodeUnknown,
    CodeUsed,
    ForgedCredential,
    MalformedMessage,
    Refusal,
)
from survey_app.extensions import limiter
from survey_app.models import State, StateError
from survey_app.services.cast import Cast
from survey_app.services.desk import Booth
from survey_app.web.circumstances import desk
from survey_app.web.member_pages import NoEntryError, door_at, entrance, kept_data, source_while_ballots_come

ballot_box = Blueprint("ballot_box", __name__)
BoothAt = Callable[[UUID, UUID], Booth]

KEYS_OF_ISSUE = {"survey", "group", "code", "blinded"}
KEYS_OF_OPEN_BALLOT = {"survey", "group", "receipt", "envelope"}
KEYS_OF_BALLOT = KEYS_OF_OPEN_BALLOT | {"prefix", "sig"}
IDENTIFIER = re.compile("[0-9a-f]{32}")
LONGEST_CODE = 64
LIMIT, REFUSED_AT = "120 per minute", "ballot_box.issue"
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
@limiter.limit(LIMIT, deduct_when=lambda response: response.status_code in REFUSED)
def issue() -> ResponseReturnValue:
    """Exchange a code for the blind signature of a pass."""
    return jsonify(pass_said(desk().give_pass(*issue_in(_message(), desk().booth))))


@ballot_box.post("/api/ballots")
def cast() -> ResponseReturnValue:
    """Put a sealed ballot into the box."""
    cast = desk().take_ballot(*ballot_in(_message(), desk().booth))
    return jsonify(receipt_said(cast)), 409 if cast.is_earlier else 200


def issue_in(message: Mapping[str, str], booth_at: BoothAt) -> tuple[Booth, str, bytes]:
    """The booth, the code and the blinded message. Raises: Refusal; what `booth_at` raises."""
    _require_keys(message, KEYS_OF_ISSUE)
    booth = _booth_of(message, booth_at)
    if booth.key is None:
        raise CodeUnknown
    blinded = _data(message["blinded"], booth.key.size)
    if len(message["code"]) > LONGEST_CODE:
        raise MalformedMessage
    return booth, message["code"], blinded


def pass_said(signature: bytes) -> dict[str, str]:
    return {"blind_sig": _text(signature)}


def ballot_in(message: Mapping[str, str], booth_at: BoothAt) -> tuple[Booth, services.Message]:
    """The booth, and what is put into its box. Raises: Refusal; what `booth_at` raises."""
    booth = _booth_of(message, booth_at)
    _require_keys(message, KEYS_OF_OPEN_BALLOT if booth.key is None else KEYS_OF_BALLOT)
    return booth, services.Message(
        receipt=_data(message["receipt"], HASH_BYTES),
        envelope=_data(message["envelope"], booth.envelope_bytes),
        prefix=_data(message["prefix"], PREFIX_BYTES) if booth.key else b"",
        signature=_data(message["sig"], booth.key.size) if booth.key else b"",
    )


def receipt_said(cast: Cast) -> dict[str, str]:
    """The receipt that counts."""
    return {"receipt": _text(cast.receipt)}


@ballot_box.get("/s/<survey_slug>/<group_slug>/keys.json")
def keys(survey_slug: str, group_slug: str) -> ResponseReturnValue:
    """What a voter's browser has to know, the same for all members of the group."""
    try:
        door = door_at(survey_slug, group_slug)
    except NoEntryError:
        abort(404)
    source = source_while_ballots_come(door)
    if source is None:
        raise StateError(door.standing, State.OPEN)
    return kept_data("keys", source, lambda: json.dumps(services.poll_of(*entrance(survey_slug, group_slug))))


@ballot_box.after_request
def keep_out_of_caches(response: Response) -> Response:
    """What is said to one voter; only the keys are the same for all."""
    response.headers.setdefault("Cache-Control", "no-store")
    return response


@ballot_box.errorhandler(Refusal)
def refuse(refusal: Refusal) -> ResponseReturnValue:
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
    return jsonify(error="trouble"), 503


def _message() -> dict[str, str]:
    """The JSON object of the request: texts only, no name twice. Raises: MalformedMessage."""
    if request.mimetype != "application/json":
        raise MalformedMessage
    return message_in(request.get_data())


def message_in(body: bytes) -> dict[str, str]:
    """Raises: MalformedMessage."""
    try:
        said = json.loads(body.decode("utf-8"), object_pairs_hook=_named_once)
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


def _booth_of(message: Mapping[str, str], booth_at: BoothAt) -> Booth:
    """Of the reporting group that a message names. Raises: MalformedMessage; what `booth_at` raises."""
    named = [message.get(name, "") for name in ("survey", "group")]
    if not all(IDENTIFIER.fullmatch(identifier) for identifier in named):
        raise MalformedMessage
    survey_id, group_id = map(UUID, named)
    return booth_at(survey_id, group_id)


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
