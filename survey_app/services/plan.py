"""The improvement plan (ISO 9001 10.2): actions whose baseline and acceptance figure are fixed in advance.

What was proposed is `proposals`, files that show what was done `evidence`, what later surveys say of it `ledger`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from survey_app.clock import Clock
from survey_app.errors import ActionFixed, BaselineCoarse, BaselineHidden, ObjectiveImpossible
from survey_app.models import Action, ActionStatus, Membership, State, Survey, Unit, User, UserRole
from survey_app.services.audit import Actor, record
from survey_app.services.organisation import ancestors
from survey_app.services.questionnaires import instrument_of
from survey_app.services.results import result_surveys

if TYPE_CHECKING:
    from analysis.tree import Rate, Report

MOVABLE = (ActionStatus.PLANNED, ActionStatus.UNDER_WAY, ActionStatus.DONE)
"""Stages that a committee sets by itself; verified follows from a survey, stopped from a reason."""
CHANGEABLE = frozenset({ActionStatus.PLANNED, ActionStatus.UNDER_WAY})
RESPONSIBLE = (UserRole.HIGHER_COMMITTEE, UserRole.SECRETARY, UserRole.COMMITTEE_MEMBER)


@dataclass(frozen=True, slots=True)
class Particulars:
    """What is written down of an action and may be changed while it is under way."""

    title: str
    measure: str
    owner: str
    due: date
    finding: str = ""
    causes: Sequence[str] = ()
    process: str = ""
    resources: str = ""
    owner_user: User | None = None


def add_action(
    session: Session,
    *,
    unit: Unit,
    survey: Survey,
    item: str,
    title: str,
    measure: str,
    acceptance: str,
    owner: str,
    due: date,
    finding: str = "",
    causes: Sequence[str] = (),
    process: str = "",
    resources: str = "",
    owner_user: User | None = None,
    report: Report,
    by: Actor,
    clock: Clock,
) -> Action:
    """Write down an action on an item; its baseline is what the unit's Report shows of that item.

    `acceptance` is the satisfaction rate to be reached, a decimal as written. Raises: BaselineHidden,
    BaselineCoarse, ObjectiveImpossible.
    """
    _require_share(acceptance)
    baseline = _shown_rate(report, item)
    action = Action(
        title=title,
        item=item,
        baseline_satisfied=baseline.satisfied,
        baseline_n=baseline.n,
        acceptance=acceptance,
        owner=owner,
        due=due,
        created_at=clock.now(),
        unit=unit,
        survey=survey,
        owner_user=owner_user,
        measure=measure,
        finding=finding,
        causes=list(causes),
        process=process,
        resources=resources,
    )
    session.add(action)
    record(session, by, "action.add", action, clock=clock, unit=unit, item=item, acceptance=acceptance)
    return action


def change_action(session: Session, action: Action, wanted: Particulars, *, by: Actor, clock: Clock) -> None:
    """Write an action anew, its expectation apart. Raises: ActionFixed once it is carried out, closed or stopped."""
    if action.status not in CHANGEABLE:
        raise ActionFixed("settled")
    told = {"title": (action.title, wanted.title), "due": (action.due.isoformat(), wanted.due.isoformat())}
    action.title, action.measure, action.owner, action.due = wanted.title, wanted.measure, wanted.owner, wanted.due
    action.finding, action.causes, action.process = wanted.finding, list(wanted.causes), wanted.process
    action.resources, action.owner_user = wanted.resources, wanted.owner_user
    changed = {name: after for name, (before, after) in told.items() if before != after}
    record(session, by, "action.change", action, clock=clock, unit=action.unit, **changed)


def change_expectation(
    session: Session, action: Action, *, item: str, acceptance: str, report: Report, by: Actor, clock: Clock
) -> None:
    """Choose another question or acceptance figure, as long as no later survey has opened.

    Raises: ActionFixed after that, BaselineHidden, BaselineCoarse, ObjectiveImpossible.
    """
    if (item, Fraction(acceptance)) == (action.item, Fraction(action.acceptance)):
        return
    if action.status not in CHANGEABLE:
        raise ActionFixed("settled")
    if is_fixed(session, action):
        raise ActionFixed("expectation")
    _require_share(acceptance)
    baseline = _shown_rate(report, item)
    action.item, action.acceptance = item, acceptance
    action.baseline_satisfied, action.baseline_n = baseline.satisfied, baseline.n
    record(
        session, by, "action.change_expectation", action, clock=clock, unit=action.unit,
        item=item, acceptance=acceptance,
    )  # fmt: skip


def is_fixed(session: Session, action: Action) -> bool:
    """Whether what is expected of an action stays as it is: the survey that judges it has opened."""
    return opened_after(session, action.unit, action.survey) is not None


def opened_after(session: Session, unit: Unit, survey: Survey) -> Survey | None:
    """The first later annual survey of the same audience that has opened over a unit: its answers must not be known."""
    covering = [unit.id, *(above.id for above in ancestors(unit))]
    later = (
        select(Survey)
        .where(Survey.unit_id.in_(covering), Survey.audience == survey.audience)
        .where(Survey.year > survey.year, Survey.state.not_in((State.DRAFT, State.WITHDRAWN)))
        .order_by(Survey.year)
    )
    return next((one for one in session.scalars(later) if instrument_of(one).is_annual), None)


def set_action_status(session: Session, action: Action, status: ActionStatus, *, by: Actor, clock: Clock) -> None:
    """Move an action along plan, do, check. Raises: ActionFixed for one that is closed or stopped."""
    if action.status not in MOVABLE or status not in MOVABLE:
        raise ActionFixed("settled")
    before, action.status = action.status, status
    action.done_on = (action.done_on or clock.today()) if status is ActionStatus.DONE else None
    record(session, by, "action.set_status", action, clock=clock, unit=action.unit, before=before, after=status)


def stop_action(session: Session, action: Action, *, reason: str, by: Actor, clock: Clock) -> None:
    """Give an action up; it stays in the ledger. Raises: ActionFixed for one that is closed or stopped."""
    if action.status not in MOVABLE:
        raise ActionFixed("settled")
    action.status, action.stopped_because, action.stopped_at = ActionStatus.STOPPED, reason, clock.now()
    record(session, by, "action.stop", action, clock=clock, unit=action.unit, reason=reason)


def close_action(session: Session, action: Action, *, rule: str, by: Actor, clock: Clock) -> None:
    """Act: a survey has asked again; `rule` is what was written into the rules. Raises: ActionFixed."""
    if action.status not in MOVABLE:
        raise ActionFixed("settled")
    if not may_be_verified(action, result_surveys(session, action.unit)):
        raise ActionFixed("unverified")
    action.status, action.rule = ActionStatus.VERIFIED, rule
    action.done_on = action.done_on or clock.today()
    record(session, by, "action.close", action, clock=clock, unit=action.unit)


def may_be_verified(action: Action, sealed: Iterable[Survey]) -> bool:
    """Whether a later annual survey of those sealed for the unit has asked again, or it is verified already."""
    return action.status is ActionStatus.VERIFIED or any(
        survey.year > action.survey.year
        and survey.audience == action.survey.audience
        and action.item in (instrument := instrument_of(survey)).by_code
        and instrument.is_annual
        for survey in sealed
    )


def actions_of(session: Session, unit: Unit) -> list[Action]:
    """The actions of a unit, the next due first."""
    found = (
        select(Action)
        .where(Action.unit_id == unit.id)
        .options(selectinload(Action.survey).selectinload(Survey.instrument))
        .order_by(Action.due, Action.created_at, Action.title)
    )
    return list(session.scalars(found))


def people_for_plan(session: Session, unit: Unit, today: date) -> list[User]:
    """Accounts that look after the plan of a unit: of its committee and of those above it, by name."""
    covering = [unit.id, *(above.id for above in ancestors(unit))]
    found = (
        select(User)
        .join(User.memberships)
        .where(Membership.unit_id.in_(covering), Membership.role.in_(RESPONSIBLE), User.is_active)
        .where(or_(Membership.until.is_(None), Membership.until >= today))
        .order_by(User.name)
    )
    return list(session.scalars(found).unique())


def smallest_rise(rate: Rate) -> float | None:
    """From which change on a comparison of as many answers would find it; None where none could be found."""
    from analysis.comparison import smallest_visible_change

    return smallest_visible_change(rate.n, rate.n, rate.value)


def _shown_rate(report: Report, item: str) -> Rate:
    from analysis.tree import Rate  # loads the statistics, which answering never needs

    rate = next((result.rate for result in report.items if result.code == item), None)
    if report.hidden is not None or not isinstance(rate, Rate):
        raise BaselineHidden
    if rate.bound != "exact":
        raise BaselineCoarse
    return rate


def _require_share(decimal: str) -> None:
    try:
        share = Fraction(decimal)
    except (ValueError, ZeroDivisionError):
        raise ObjectiveImpossible("threshold") from None
    if not 0 < share <= 1:
        raise ObjectiveImpossible("threshold")
