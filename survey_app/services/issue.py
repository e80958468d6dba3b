"""Codes at the door: is it good, and a pass for it. Nothing here knows what is said.

A code is used up by having one blinded message signed; the signature leads to no code, since nobody has seen what was
signed. What is done with the pass is `cast`.
"""

from __future__ import annotations

from hashlib import sha256
from random import Random, SystemRandom

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.crypto import codes
from survey_app.crypto.blind import BlindSignatureError
from survey_app.crypto.codes import code_hash
from survey_app.errors import CodeUnknown, CodeUsed, MalformedMessage
from survey_app.models import UNUSED, Invitation, ReportingGroup, State, StateError, Survey
from survey_app.services.survey_keys import signing_key_of


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
    closing. The caller commits, then replies.

    Raises: StateError, CodeMalformed, CodeUnknown, CodeUsed, MalformedMessage.
    """
    if survey.state is not State.OPEN and not survey.takes_ballots(clock.now()):
        survey.require(State.OPEN)
    try:
        signature = signing_key_of(group, secret=secret).sign(blinded)
    except BlindSignatureError:
        raise MalformedMessage from None
    invitation, mark = _invitation(survey, group, code, secret), sha256(blinded).digest()
    if survey.state is State.OPEN and not is_late and _is_marked(session, invitation, mark):
        return signature
    found = session.scalar(select(Invitation.mark).where(invitation))
    if found is None:
        raise CodeUnknown
    if found != mark:
        raise CodeUsed if found != UNUSED else StateError(survey, State.OPEN)
    return signature


def _is_marked(session: Session, invitation: ColumnElement[bool], mark: bytes) -> bool:
    unused = and_(invitation, Invitation.mark == UNUSED)
    changed = session.execute(
        update(Invitation).where(unused).values(mark=mark).execution_options(synchronize_session=False)
    )
    return isinstance(changed, CursorResult) and changed.rowcount == 1


def _invitation(survey: Survey, group: ReportingGroup, code: str, secret: bytes) -> ColumnElement[bool]:
    return and_(
        Invitation.code_hash == code_hash(secret, survey.id, code),
        Invitation.survey_id == survey.id,
        Invitation.group_id == group.id,
    )
