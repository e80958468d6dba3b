"""The register of quality objectives (ISO 9001 6.2): what a unit wants to reach in a year."""

from __future__ import annotations

from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from analysis.types import Measure
from survey_app.clock import Clock
from survey_app.errors import ObjectiveImpossible, RulesLocked
from survey_app.models import ObjectiveRecord, State, Survey, Unit
from survey_app.services.audit import Actor, record
from survey_app.services.organisation import ancestors, subtree
from survey_app.services.questionnaires import instrument_of

NEEDS_TARGET = (Measure.ITEM, Measure.DIMENSION)


def set_objective(
    session: Session,
    *,
    unit: Unit,
    year: int,
    audience: str,
    code: str,
    title: str,
    measure: Measure | str,
    target: str | None,
    threshold: str,
    owner: str,
    by: Actor,
    clock: Clock,
) -> ObjectiveRecord:
    """Set or change an objective, as long as no survey that measures it has opened.

    `threshold` is a decimal as written, "0.90". Raises: RulesLocked, ObjectiveImpossible.
    """
    if objectives_locked(session, unit, year, audience):
        raise RulesLocked(year=year)
    _require_possible(Measure(measure), target, threshold)
    objective = session.scalar(
        select(ObjectiveRecord).filter_by(unit_id=unit.id, year=year, audience=audience, code=code)
    )
    if objective is None:
        objective = ObjectiveRecord(
            unit=unit, year=year, audience=audience, code=code, title=title, measure=measure, threshold=threshold
        )
        session.add(objective)
    objective.title, objective.measure, objective.target = title, Measure(measure).value, target
    objective.threshold, objective.owner = threshold, owner
    record(
        session, by, "objective.set", objective, clock=clock, unit=unit,
        code=code, year=year, audience=audience, measure=objective.measure, target=target, threshold=threshold,
    )  # fmt: skip
    return objective


def objectives_for(session: Session, unit: Unit, year: int, audience: str) -> list[ObjectiveRecord]:
    """The objectives a unit is held against: its own, and those of units above under other codes; by code."""
    levels = {member.id: level for level, member in enumerate([unit, *ancestors(unit)])}
    rows = session.scalars(
        select(ObjectiveRecord).filter_by(year=year, audience=audience).where(ObjectiveRecord.unit_id.in_(levels))
    )
    nearest: dict[str, ObjectiveRecord] = {}
    for row in sorted(rows, key=lambda found: levels[found.unit_id]):
        nearest.setdefault(row.code, row)
    return [nearest[code] for code in sorted(nearest)]


def objectives_locked(session: Session, unit: Unit, year: int, audience: str) -> bool:
    """True once a survey of this year and audience has opened anywhere the objective would reach."""
    reach = [member.id for member in [*ancestors(unit), *subtree(session, unit)]]
    opened = (
        select(Survey)
        .filter_by(year=year, audience=audience)
        .where(Survey.unit_id.in_(reach), Survey.state != State.DRAFT)
        .options(joinedload(Survey.instrument))
    )
    return any(instrument_of(survey).is_annual for survey in session.scalars(opened))


def _require_possible(measure: Measure, target: str | None, threshold: str) -> None:
    try:
        share = Fraction(threshold)
    except (ValueError, ZeroDivisionError):
        raise ObjectiveImpossible("threshold") from None
    if not 0 < share <= 1:
        raise ObjectiveImpossible("threshold")
    if measure in NEEDS_TARGET and not target:
        raise ObjectiveImpossible("target")
