"""The improvement plan (ISO 9001 10.2): actions whose baseline and acceptance figure are fixed in advance."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.errors import BaselineCoarse, BaselineHidden, ObjectiveImpossible
from survey_app.models import Action, ActionStatus, Survey, Unit
from survey_app.services.audit import Actor, record
from survey_app.services.questionnaires import instrument_of

if TYPE_CHECKING:
    from analysis.tree import Rate, Report


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
        measure=measure,
    )
    session.add(action)
    record(session, by, "action.add", action, clock=clock, unit=unit, item=item, acceptance=acceptance)
    return action


def set_action_status(session: Session, action: Action, status: ActionStatus, *, by: Actor, clock: Clock) -> None:
    """Move an action along plan, do, check, act."""
    before, action.status = action.status, status
    record(session, by, "action.set_status", action, clock=clock, unit=action.unit, before=before, after=status)


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
    found = select(Action).where(Action.unit_id == unit.id).order_by(Action.due, Action.created_at, Action.title)
    return list(session.scalars(found))


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
