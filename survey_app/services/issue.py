"""Codes at the door: is it good, and a pass for it. Nothing here knows what is said.

A code is used up by having one blinded message signed; the signature leads to no code, since nobody has seen what was
signed. What is done with the pass is `cast`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from random import Random, SystemRandom
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, bindparam, select, update
from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.crypto import codes
from survey_app.crypto.blind import BlindSignatureError, SigningKey
from survey_app.crypto.codes import code_hash
from survey_app.errors import CodeUnknown, CodeUsed, MalformedMessage, Refusal
from survey_app.models import UNUSED, Invitation, ReportingGroup, Standing, State, StateError, Survey
from survey_app.prepared import Prepared
from survey_app.services.key_order import in_key_order
from survey_app.services.standings import standings
from survey_app.services.survey_keys import signing_key_of

THIS_CODE = and_(
    Invitation.code_hash == bindparam("code"),
    Invitation.survey_id == bindparam("survey"),
    Invitation.group_id == bindparam("of_group"),
)
MARK = Prepared(select(Invitation.mark).where(THIS_CODE))
MARKED = Prepared(
    update(Invitation).where(THIS_CODE, Invitation.mark == bindparam("unused")).values(mark=bindparam("new_mark"))
)


def issue_codes(
    session: Session, survey: Survey, group: ReportingGroup, count: int, *, secret: bytes, rng: Random | None = None
) -> list[str]:
    """Make codes for a group and store their hashes only."""
    fresh = [codes.generate(rng or SystemRandom()) for _ in range(count)]
    hashes = sorted(code_hash(secret, survey.id, code) for code in fresh)
    session.add_all(Invitation(code_hash=hashed, survey_id=survey.id, group_id=group.id) for hashed in hashes)
    session.flush()
    return fresh


def check_code(session: Session, survey: Survey, group: ReportingGroup, code: str, *, secret: bytes) -> None:
    """Is this a good code of this group, not used yet? It is not used up.

    Raises: StateError, CodeMalformed, CodeUnknown, CodeUsed.
    """
    survey.require(State.OPEN)
    mark = session.scalar(select(Invitation.mark).where(_invitation(survey, group, code, secret)))
    if mark is None:
        raise CodeUnknown
    if mark != UNUSED:
        raise CodeUsed


@dataclass(frozen=True, slots=True, repr=False)
class CodeUse:
    """A code and the one message that was signed for it: its signature is good once this is written."""

    survey_id: UUID
    group_id: UUID
    code_hash: bytes
    mark: bytes
    """SHA-256 of the blinded message."""


def issue_credential(
    session: Session,
    survey: Survey,
    group: ReportingGroup,
    code: str,
    blinded: bytes,
    *,
    secret: bytes,
    clock: Clock,
    is_late: bool = False,
) -> bytes:
    """The group's blind signature for a code, by compare-and-set: of two messages at the same instant one succeeds.

    Signed first, then the code is used up: no failure in between burns a code. The same code with the same message
    gets the same signature again, also `is_late`, when the last day is over, and while ballots are still taken after
    closing. The caller commits, then replies. Many at once: `desk`.

    Raises: StateError, CodeMalformed, CodeUnknown, CodeUsed, MalformedMessage.
    """
    if not survey.takes_ballots(clock.now()):
        survey.require(State.OPEN)
    signature = sign(signing_key_of(group, secret=secret), blinded)
    use = CodeUse(survey.id, group.id, code_hash(secret, survey.id, code), sha256(blinded).digest())
    session.flush()
    refusal = _use(session.connection(), survey.standing, use, is_late=is_late)
    if refusal is not None:
        raise refusal
    return signature


def sign(key: SigningKey, blinded: bytes) -> bytes:
    """Raises: MalformedMessage for what is no blinded message of this key."""
    try:
        return key.sign(blinded)
    except BlindSignatureError:
        raise MalformedMessage from None


def use_codes(connection: Connection, uses: Sequence[CodeUse], *, clock: Clock) -> list[Refusal | None]:
    """As `issue_credential`, for codes of many surveys in one transaction; what is wrong with each, if anything."""
    found, now, today = standings(connection, [use.survey_id for use in uses]), clock.now(), clock.today()

    def outcome(use: CodeUse) -> Refusal | None:
        standing = found.get(use.survey_id)
        if standing is None:
            return CodeUnknown()
        if not standing.takes_ballots(now):
            return StateError(standing, State.OPEN)
        return _use(connection, standing, use, is_late=today > standing.closes_on)

    return in_key_order(uses, lambda use: use.code_hash, outcome)


def _use(connection: Connection, standing: Standing, use: CodeUse, *, is_late: bool) -> Refusal | None:
    this = {"code": use.code_hash, "survey": use.survey_id, "of_group": use.group_id}
    gives_passes = standing.state is State.OPEN and not is_late
    if gives_passes and MARKED.count(connection, **this, unused=UNUSED, new_mark=use.mark):
        return None
    found = MARK.row(connection, **this)
    if found is None:
        return CodeUnknown()
    if found[0] != use.mark:
        return CodeUsed() if found[0] != UNUSED else StateError(standing, State.OPEN)
    return None


def _invitation(survey: Survey, group: ReportingGroup, code: str, secret: bytes) -> ColumnElement[bool]:
    return and_(
        Invitation.code_hash == code_hash(secret, survey.id, code),
        Invitation.survey_id == survey.id,
        Invitation.group_id == group.id,
    )
