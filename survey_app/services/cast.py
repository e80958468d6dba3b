"""Casting a ballot: answers in, an envelope of the survey's fixed size out. Nothing here knows a code or a time."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.orm import Session

from instruments.model import Instrument, Item, ItemType
from survey_app.crypto.envelope import ballot_key, seal_envelope
from survey_app.models import Ballot, ReportingGroup, State, Survey
from survey_app.services.questionnaires import instrument_of

AnswerValue = int | tuple[int, ...] | str | None

KEY_BYTES = 16
BYTES_PER_CHARACTER = 6
"""The most that one character of a free text takes in JSON."""
BYTES_PER_CODE = 12
ROUNDED_TO = 256


def cast_ballot(
    session: Session, survey: Survey, group: ReportingGroup, answers: Mapping[str, AnswerValue], *, secret: bytes
) -> None:
    """Put a ballot into the box under a random key. The answers have been checked by the page.

    Raises: StateError unless the survey is open.
    """
    survey.require(State.OPEN)
    envelope = seal_envelope(
        ballot_key(secret, survey.id),
        written(answers),
        envelope_size(instrument_of(survey)),
        bound_to=binding(survey.id, group.id),
    )
    ballot = Ballot(key=secrets.token_bytes(KEY_BYTES), survey_id=survey.id, group_id=group.id, envelope=envelope)
    session.add(ballot)
    session.flush()
    session.expunge(ballot)


def written(answers: Mapping[str, AnswerValue]) -> bytes:
    """Answers as compact JSON; what was not answered is left out."""
    given = {code: value for code, value in answers.items() if value is not None}
    return json.dumps(given, ensure_ascii=False, separators=(",", ":")).encode()


def envelope_size(instrument: Instrument) -> int:
    """Bytes that hold the longest possible answers to this questionnaire, so that length tells nothing."""
    longest = 2 + sum(_longest(item) for item in instrument.items)
    return -(-longest // ROUNDED_TO) * ROUNDED_TO


def binding(survey_id: UUID, group_id: UUID) -> bytes:
    """An envelope opens only in the survey and group it was cast in."""
    return survey_id.bytes + group_id.bytes


def _longest(item: Item) -> int:
    name = len(item.code) + 4
    if item.type is ItemType.TEXT:
        return name + 2 + item.max_length * BYTES_PER_CHARACTER
    if item.type is ItemType.MULTIPLE:
        return name + 2 + len(item.options) * BYTES_PER_CODE
    return name + BYTES_PER_CODE
