"""What a sealed result proposes to act on, and what the committee made of it. The findings are `analysis.findings`."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from statistics import median
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, joinedload

from survey_app.clock import Clock
from survey_app.models import Action, Decision, Proposal, Survey, Unit
from survey_app.services.audit import Actor, record

if TYPE_CHECKING:
    from analysis.findings import Kind
    from analysis.tree import Rate, Report

STEP = 20
"""Acceptance figures are suggested in steps of one twentieth."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """An item that a result proposes, for the reasons named, and what was decided on it."""

    item: str
    kinds: tuple[Kind, ...]
    rate: Rate
    decided: Proposal | None


def proposals_for(session: Session, survey: Survey, unit: Unit, report: Report) -> tuple[Proposed, ...]:
    """What the result proposes, the most urgent first, each with its decision if there is one."""
    from analysis.findings import propose  # loads the statistics, which answering never needs

    found = (
        select(Proposal)
        .where(Proposal.unit_id == unit.id, Proposal.survey_id == survey.id)
        .options(joinedload(Proposal.action))
    )
    decided = {decision.item: decision for decision in session.scalars(found)}
    findings = propose(report) if report.hidden is None else ()
    return tuple(Proposed(finding.item, finding.kinds, finding.rate, decided.get(finding.item)) for finding in findings)


def suggested_acceptance(report: Report, item: str) -> str | None:
    """The objective of the item, where there is one above its rate; else the middle of all questions, rounded up.

    A decimal; None where the item lies there already.
    """
    from analysis.tree import Rate

    rates = {found.code: found.rate for found in report.items if isinstance(found.rate, Rate)}
    if item not in rates:
        return None
    own = Fraction(rates[item].satisfied, rates[item].n)
    objective = objective_on(report, item)
    if objective is not None:
        return objective if Fraction(objective) > own else None
    middle = median(Fraction(rate.satisfied, rate.n) for rate in rates.values())
    steps = min(ceil(middle * STEP), STEP)
    return f"{steps / STEP:.2f}" if Fraction(steps, STEP) > own else None


def objective_on(report: Report, item: str) -> str | None:
    """The satisfaction rate that an objective asks of an item, a decimal; None where there is none."""
    from analysis.types import Measure

    objectives = (found.objective for found in report.objectives)
    asked = (one for one in objectives if one.measure is Measure.ITEM and one.target == item and one.is_usual_rate)
    return next((objective.threshold for objective in asked), None)


def rejected_of(session: Session, unit: Unit) -> list[Proposal]:
    """What is not followed, of all years, the latest survey first."""
    found = (
        select(Proposal)
        .join(Proposal.survey)
        .where(Proposal.unit_id == unit.id, Proposal.decision == Decision.REJECTED)
        .options(contains_eager(Proposal.survey).joinedload(Survey.instrument))
        .order_by(Survey.year.desc(), Survey.audience, Proposal.decided_at, Proposal.item)
    )
    return list(session.scalars(found))


def adopt_proposal(
    session: Session, unit: Unit, survey: Survey, item: str, *, action: Action, by: Actor, clock: Clock
) -> Proposal:
    """A proposal became an action."""
    decided = _decide(session, unit, survey, item, decision=Decision.ADOPTED, clock=clock)
    decided.action, decided.reason = action, ""
    record(session, by, "proposal.adopt", decided, clock=clock, unit=unit, item=item)
    return decided


def reject_proposal(
    session: Session, unit: Unit, survey: Survey, item: str, *, reason: str, by: Actor, clock: Clock
) -> Proposal:
    """A proposal is not followed, and why."""
    decided = _decide(session, unit, survey, item, decision=Decision.REJECTED, clock=clock)
    decided.action, decided.reason = None, reason
    record(session, by, "proposal.reject", decided, clock=clock, unit=unit, item=item, reason=reason)
    return decided


def take_up_again(session: Session, decided: Proposal, *, by: Actor, clock: Clock) -> None:
    """What was decided on a proposal is open again; an action that it became stays in the plan."""
    record(session, by, "proposal.take_up", decided, clock=clock, unit=decided.unit, item=decided.item)
    session.delete(decided)


def _decide(session: Session, unit: Unit, survey: Survey, item: str, *, decision: Decision, clock: Clock) -> Proposal:
    found = select(Proposal).where(Proposal.unit_id == unit.id, Proposal.survey_id == survey.id, Proposal.item == item)
    decided = session.scalars(found).one_or_none()
    if decided is None:
        decided = Proposal(item=item, decision=decision, decided_at=clock.now(), unit=unit, survey=survey)
        session.add(decided)
    decided.decision, decided.decided_at = decision, clock.now()
    return decided
