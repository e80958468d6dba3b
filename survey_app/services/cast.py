"""Casting a ballot: a credential and an envelope of the survey's fixed size in, a receipt out.

Nothing here knows a code or a time. For a browser that cannot encrypt, `cast_played` plays the voter in memory.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.orm import Session

from instruments.model import Instrument, Item, ItemType
from survey_app.clock import Clock
from survey_app.crypto import box
from survey_app.crypto.blind import PREFIX_BYTES, BlindSignatureError, PublicKey, finalize
from survey_app.errors import ForgedCredential, MalformedMessage, PlayedNotAccepted, Refusal
from survey_app.models import Ballot, PlayedCount, ReportingGroup, State, StateError, Survey
from survey_app.prepared import Prepared
from survey_app.services.issue import issue_credential
from survey_app.services.key_order import in_key_order
from survey_app.services.standings import standings
from survey_app.services.survey_keys import envelope_key_of, public_key_of

AnswerValue = int | tuple[int, ...] | str | None

BYTES_PER_CHARACTER = 6
"""The most that one character of a free text takes in JSON."""
BYTES_PER_CODE = 12
ROUNDED_TO = 256
PUT_IN = {
    dialect: Prepared(insert(Ballot).on_conflict_do_nothing())
    for dialect, insert in (("sqlite", insert_sqlite), ("postgresql", insert_postgresql))
}
FIRST = Prepared(select(Ballot.receipt).where(Ballot.spent == bindparam("credential")))


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """What a voter sends; `prefix` and `signature` are empty through an open link, which has no credentials."""

    receipt: bytes
    envelope: bytes
    prefix: bytes = b""
    signature: bytes = b""


@dataclass(frozen=True, slots=True)
class Cast:
    """The receipt that counts. `is_earlier`: other answers with this credential arrived first, and it is theirs."""

    receipt: bytes
    is_new: bool
    is_earlier: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Checked:
    """A ballot whose pass and size are right: what is stored of it."""

    spent: bytes
    survey_id: UUID
    group_id: UUID
    receipt: bytes
    envelope: bytes


def cast_ballot(session: Session, survey: Survey, group: ReportingGroup, message: Message, *, clock: Clock) -> Cast:
    """Put a ballot into the box. A credential counts once, whoever sends what how often. The caller commits.

    Many at once: `desk`. Raises: StateError, MalformedMessage, ForgedCredential.
    """
    hold_still(session, survey)
    if not survey.takes_ballots(clock.now()):
        raise StateError(survey, State.OPEN)
    key = public_key_of(group) if survey.has_credentials else None
    size = box.envelope_bytes(envelope_key_of(survey), survey.envelope_size or 0)
    outcome = _cast(session.connection(), check(survey.id, group.id, key, size, message))
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


def check(survey_id: UUID, group_id: UUID, key: PublicKey | None, size: int, message: Message) -> Checked:
    """What can be known of a ballot without the box. `key`: of the group, None for an open link.

    `size`: bytes of an envelope of this survey. Raises: MalformedMessage, ForgedCredential.
    """
    if len(message.receipt) != box.HASH_BYTES or len(message.envelope) != size:
        raise MalformedMessage
    spent = _spent(survey_id, key, message)
    return Checked(spent, survey_id, group_id, message.receipt, message.envelope)


def cast_checked(connection: Connection, ballots: Sequence[Checked], *, clock: Clock) -> list[Cast | Refusal]:
    """As `cast_ballot`, for ballots of many surveys in one transaction; what has become of each."""
    found, now = standings(connection, [ballot.survey_id for ballot in ballots], hold_still=True), clock.now()

    def outcome(ballot: Checked) -> Cast | Refusal:
        standing = found.get(ballot.survey_id)
        if standing is None:
            return MalformedMessage()
        return _cast(connection, ballot) if standing.takes_ballots(now) else StateError(standing, State.OPEN)

    return in_key_order(ballots, lambda ballot: ballot.spent, outcome)


def _cast(connection: Connection, ballot: Checked) -> Cast | Refusal:
    if _is_new(connection, ballot):
        return Cast(ballot.receipt, is_new=True)
    first = FIRST.row(connection, credential=ballot.spent)
    if first is None:  # another credential sent this very receipt
        return MalformedMessage()
    return Cast(first[0], is_new=False, is_earlier=first[0] != ballot.receipt)


def cast_played(  # noqa: PLR0917 (the voter's code, attempt and answers)
    session: Session,
    survey: Survey,
    group: ReportingGroup,
    code: str,
    attempt: bytes,
    answers: Mapping[str, AnswerValue],
    *,
    secret: bytes,
    clock: Clock,
) -> Cast:
    """Play the voter for a browser that cannot, and count that it was done. Commits after each message.

    Raises: as `play_voter`; PlayedNotAccepted.
    """
    if not survey.accepts_played:
        raise PlayedNotAccepted
    cast = play_voter(session, survey, group, code, attempt, answers, secret=secret, clock=clock, keep=session.commit)
    if cast.is_new:
        _count_played(session, survey)
        session.commit()
    return cast


def play_voter(  # noqa: PLR0917
    session: Session,
    survey: Survey,
    group: ReportingGroup,
    code: str,
    attempt: bytes,
    answers: Mapping[str, AnswerValue],
    *,
    secret: bytes,
    clock: Clock,
    keep: Callable[[], None],
) -> Cast:
    """Both messages of a voter: the same code, attempt and answers repeat the same ones.

    The voter's secrets follow from code and attempt and are stored nowhere. `keep` is called after each message, as a
    request would end. Raises: as `issue_credential` and `cast_ballot`.
    """
    voter = box.PlayedVoter.derive(secret, survey.id, code if survey.has_credentials else None, attempt)
    prefix, signature = b"", b""
    if survey.has_credentials:
        blinding = voter.blind(public_key_of(group))
        signed = issue_credential(session, survey, group, code, blinding.blinded, secret=secret, clock=clock)
        keep()
        try:
            signature = finalize(public_key_of(group), blinding, signed)
        except BlindSignatureError:
            raise ForgedCredential from None
        prefix = blinding.message[:PREFIX_BYTES]
    sealed = voter.seal(envelope_key_of(survey), body_of(answers), survey.envelope_size or 0)
    message = Message(sealed.receipt, sealed.envelope, prefix, signature)
    cast = cast_ballot(session, survey, group, message, clock=clock)
    keep()
    return cast


def put_in(
    session: Session, survey: Survey, group: ReportingGroup, spent: bytes, message: Message, *, is_paper: bool = False
) -> bool:
    """Whether the ballot is new; of two at the same instant one is."""
    ballot = Checked(spent, survey.id, group.id, message.receipt, message.envelope)
    return _is_new(session.connection(), ballot, is_paper=is_paper)


def _is_new(connection: Connection, ballot: Checked, *, is_paper: bool = False) -> bool:
    added = PUT_IN[connection.dialect.name].count(
        connection, spent=ballot.spent, survey_id=ballot.survey_id, group_id=ballot.group_id, receipt=ballot.receipt,
        envelope=ballot.envelope, is_paper=is_paper,
    )  # fmt: skip
    return added == 1


def hold_still(session: Session, survey: Survey, *, alone: bool = False) -> None:
    """Until this transaction ends the survey stays as it is found here.

    Ballots hold it together, counting and withdrawing `alone`: on PostgreSQL a ballot under way would otherwise fall
    into a box that has been counted or emptied meanwhile (on SQLite transactions that write wait for each other).
    """
    session.flush()
    session.refresh(survey, ["state", "closed_at", "counted_at"], with_for_update={"read": not alone})


def body_of(answers: Mapping[str, AnswerValue]) -> bytes:
    """Answers as canonical JSON, the content of an envelope; what was not answered is left out."""
    given = {code: value for code, value in answers.items() if value is not None}
    return json.dumps(given, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def envelope_size(instrument: Instrument) -> int:
    """Bytes that hold the longest possible answers to this questionnaire, so that length tells nothing."""
    longest = 2 + sum(_longest(item) for item in instrument.items)
    return -(-longest // ROUNDED_TO) * ROUNDED_TO


def _spent(survey_id: UUID, key: PublicKey | None, message: Message) -> bytes:
    """What is remembered of the credential, once it has been verified. Raises: MalformedMessage, ForgedCredential."""
    if key is None:
        return box.open_mark(survey_id, message.receipt)
    try:
        credential = box.credential_message(survey_id, key.key_id, prefix=message.prefix)
    except box.MalformedCredentialError:
        raise MalformedMessage from None
    if not key.verify(credential, message.signature):
        raise ForgedCredential
    return box.spent_mark(credential)


def _count_played(session: Session, survey: Survey) -> None:
    session.execute(
        update(PlayedCount)
        .where(PlayedCount.survey_id == survey.id)
        .values(count=PlayedCount.count + 1)
        .execution_options(synchronize_session=False)
    )


def _longest(item: Item) -> int:
    name = len(item.code) + 4
    if item.type is ItemType.TEXT:
        return name + 2 + item.max_length * BYTES_PER_CHARACTER
    if item.type in (ItemType.MULTIPLE, ItemType.RANKING):
        return name + 2 + len(item.options) * BYTES_PER_CODE
    return name + BYTES_PER_CODE
