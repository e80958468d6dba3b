"""Slips after opening: spare ones, personal ones, and those handed in for paper.

A code never stands beside a name in anything that is stored; which code a spare replaces is not known either. Whether
slips can be made again follows from what is published: a refusal must not tell how many have answered by now.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import and_, delete, func, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.crypto.box import seal_envelope
from survey_app.crypto.codes import code_hash
from survey_app.errors import CodeUnknown, NoCodesHere, PaperWithoutSlip, SlipNotUnopened, TooManySlips
from survey_app.models import UNUSED, VOID, AccessMode, Ballot, Invitation, ReportingGroup, State, StateError, Survey
from survey_app.services.audit import Actor, record
from survey_app.services.cast import AnswerValue, Message, body_of, hold_still, put_in
from survey_app.services.issue import issue_codes
from survey_app.services.opening import marks_by_group
from survey_app.services.participation import most_arrived
from survey_app.services.survey_keys import envelope_key_of

SPENT_BYTES = 32
SLIPS_MADE = "survey.issue_personal_slips"


def issue_spare_code(
    session: Session, survey: Survey, group: ReportingGroup, *, by: Actor, clock: Clock, secret: bytes
) -> str:
    """One more code for a lost slip; spares are counted and published. Raises: StateError, NoCodesHere."""
    survey.require(State.OPEN)
    if not survey.has_credentials:
        raise NoCodesHere
    _hold(session, group)
    group.spares += 1
    group.issued += 1
    code = issue_codes(session, survey, group, 1, secret=secret)[0]
    record(session, by, "survey.issue_spare_code", survey, clock=clock, unit=group.unit)
    return code


def issue_personal_slips(
    session: Session,
    survey: Survey,
    group: ReportingGroup,
    names: Sequence[str],
    *,
    by: Actor,
    clock: Clock,
    secret: bytes,
) -> list[tuple[str, str]]:
    """A code for each name; names are not written down here. All unused codes of the group go.

    There are never more codes than people eligible and spares. As many count as used as may have been by what is
    published; where more have been since it was counted, nothing is made, however few the names are.

    Raises: StateError, NoCodesHere, TooManySlips, which the caller writes down (`record_refused_slips`).
    """
    survey.require(State.OPEN)
    if survey.access_mode is not AccessMode.PERSONAL:
        raise NoCodesHere
    _hold(session, group)
    most_used = most_arrived(session, survey, group, clock=clock)
    session.execute(
        delete(Invitation)
        .where(Invitation.survey_id == survey.id, Invitation.group_id == group.id, Invitation.mark == UNUSED)
        .execution_options(synchronize_session=False)
    )
    used, handed_in = (marks.get(group.id, 0) for marks in marks_by_group(session, survey))
    if len(names) + most_used > (group.eligible or 0) + group.spares or used + handed_in > most_used:
        raise TooManySlips
    codes = issue_codes(session, survey, group, len(names), secret=secret)
    group.issued = max(group.issued, len(codes))  # a sum would tell how many codes have been used
    record(session, by, SLIPS_MADE, survey, clock=clock, unit=group.unit)
    return list(zip(names, codes, strict=True))


def record_refused_slips(session: Session, survey: Survey, *, by: Actor, clock: Clock) -> None:
    """Write down, in a transaction of its own, that more slips were asked for than can be made."""
    record(session, by, "survey.refuse_slips", survey, clock=clock, unit=survey.unit)


def _hold(session: Session, group: ReportingGroup) -> None:
    """Of two who make slips at the same instant the second waits and sees what the first has made."""
    session.flush()
    session.refresh(group, ["issued", "spares"], with_for_update=True)


def void_slip(session: Session, survey: Survey, code: str, *, by: Actor, clock: Clock, secret: bytes) -> ReportingGroup:
    """An unopened slip is handed in by somebody who answers on paper: its code no longer counts.

    Raises: StateError, NoCodesHere, CodeMalformed, CodeUnknown, SlipNotUnopened.
    """
    survey.require(State.OPEN)
    if not survey.has_credentials:
        raise NoCodesHere
    slip = and_(Invitation.code_hash == code_hash(secret, survey.id, code), Invitation.survey_id == survey.id)
    group_id = session.scalar(select(Invitation.group_id).where(slip))
    if group_id is None:
        raise CodeUnknown
    changed = session.execute(
        update(Invitation)
        .where(slip, Invitation.mark == UNUSED)
        .values(mark=VOID)
        .execution_options(synchronize_session=False)
    )
    if not isinstance(changed, CursorResult) or changed.rowcount != 1:
        raise SlipNotUnopened
    group = next(group for group in survey.groups if group.id == group_id)
    record(session, by, "survey.void_slip", survey, clock=clock, unit=group.unit)
    return group


def enter_paper_ballot(
    session: Session,
    survey: Survey,
    group: ReportingGroup,
    answers: Mapping[str, AnswerValue],
    *,
    by: Actor,
    clock: Clock,
) -> None:
    """Type in a form of the urn; as many per group as slips were handed in. They are counted apart.

    Raises: StateError once the ballots are counted, PaperWithoutSlip.
    """
    hold_still(session, survey, alone=True)
    survey.require(State.OPEN, State.CLOSED)
    if survey.counted_at is not None:
        raise StateError(survey, State.OPEN)
    slips = marks_by_group(session, survey)[1].get(group.id, 0)
    if survey.has_credentials and paper_ballots(session, survey, group) >= slips:
        raise PaperWithoutSlip(unit=group.unit.name, slips=slips)
    sealed = seal_envelope(envelope_key_of(survey), body_of(answers), survey.envelope_size or 0, survey_id=survey.id)
    message = Message(sealed.receipt, sealed.envelope)
    put_in(session, survey, group, secrets.token_bytes(SPENT_BYTES), message, is_paper=True)
    record(session, by, "survey.enter_paper_ballot", survey, clock=clock, unit=group.unit)


def paper_ballots(session: Session, survey: Survey, group: ReportingGroup) -> int:
    """Forms typed in so far for a group."""
    of_group = and_(Ballot.survey_id == survey.id, Ballot.group_id == group.id, Ballot.is_paper)
    return session.scalar(select(func.count()).select_from(Ballot).where(of_group)) or 0


def paper_ballots_by_group(session: Session, survey: Survey) -> dict[UUID, int]:
    """The same for all groups that have any; one query."""
    typed = select(Ballot.group_id, func.count().label("forms")).where(Ballot.survey_id == survey.id, Ballot.is_paper)
    return {row.group_id: row.forms for row in session.execute(typed.group_by(Ballot.group_id))}
