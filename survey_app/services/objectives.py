"""The register of quality objectives (ISO 9001 6.2): what a unit wants to reach in a year."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from analysis.types import Definition, Measure
from instruments.model import Instrument
from survey_app.clock import Clock
from survey_app.errors import RulesLocked
from survey_app.models import ObjectiveRecord, State, Survey, Unit
from survey_app.services.audit import Actor, record
from survey_app.services.definitions import require_possible
from survey_app.services.organisation import ancestors
from survey_app.services.questionnaires import instrument_of
from survey_app.services.reach import unit_and_below


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
    definition: Definition | str = Definition.SATISFIED,
    satisfied_levels: Sequence[int] | None = None,
    weights: Mapping[int, str] | None = None,
    evaluated: str = "",
    reaches_below: bool = True,
    instrument: Instrument | None = None,
    by: Actor,
    clock: Clock,
) -> ObjectiveRecord:
    """Set or change an objective, as long as no survey that measures it has opened.

    `threshold` is a decimal as written, in the unit of the definition: "0.90" of a rate, "85" of an index. `instrument`
    is what will be asked, as far as it is known; other definitions than the usual rate need it.

    Raises: RulesLocked, ObjectiveImpossible.
    """
    if objectives_locked(session, unit, year, audience):
        raise RulesLocked(year=year)
    measure = Measure(measure)
    wanted = require_possible(
        measure,
        target,
        threshold,
        definition=Definition(definition),
        satisfied_levels=satisfied_levels,
        weights=weights,
        instrument=instrument,
    )
    objective = _row_of(session, unit, year, audience, code)
    objective.title, objective.measure, objective.target = title, measure.value, target
    objective.threshold, objective.owner, objective.evaluated = threshold, owner, evaluated
    objective.definition = wanted.definition.value
    objective.satisfied_levels = None if wanted.satisfied_levels is None else list(wanted.satisfied_levels)
    objective.weights = None if wanted.weights is None else {str(k): v for k, v in wanted.weights.items()}
    objective.reaches_below = reaches_below
    session.add(objective)
    _record_set(session, objective, by=by, clock=clock)
    return objective


def _row_of(session: Session, unit: Unit, year: int, audience: str, code: str) -> ObjectiveRecord:
    """The objective of this code, or a new one still to be filled in."""
    known = select(ObjectiveRecord).filter_by(unit_id=unit.id, year=year, audience=audience, code=code)
    return session.scalar(known) or ObjectiveRecord(
        unit=unit, year=year, audience=audience, code=code, title="", measure="", threshold=""
    )


def _record_set(session: Session, objective: ObjectiveRecord, *, by: Actor, clock: Clock) -> None:
    record(
        session, by, "objective.set", objective, clock=clock, unit=objective.unit,
        code=objective.code, year=objective.year, audience=objective.audience, measure=objective.measure,
        target=objective.target, threshold=objective.threshold,
        definition=objective.definition, satisfied_levels=objective.satisfied_levels,
        weights=[f"{level}={points}" for level, points in (objective.weights or {}).items()] or None,
        reaches_below=objective.reaches_below,
    )  # fmt: skip


def remove_objective(session: Session, objective: ObjectiveRecord, *, by: Actor, clock: Clock) -> None:
    """Take an objective out of the register, as long as no survey that measures it has opened. Raises: RulesLocked."""
    unit = objective.unit
    if objectives_locked(session, unit, objective.year, objective.audience):
        raise RulesLocked(year=objective.year)
    record(
        session, by, "objective.remove", objective, clock=clock, unit=unit,
        code=objective.code, title=objective.title, year=objective.year, audience=objective.audience,
    )  # fmt: skip
    session.delete(objective)


def objectives_for(session: Session, unit: Unit, year: int, audience: str) -> list[ObjectiveRecord]:
    """The objectives a unit is held against: its own, and those of units above that reach down to it under other codes;
    by code."""
    levels = {member.id: level for level, member in enumerate([unit, *ancestors(unit)])}
    rows = session.scalars(
        select(ObjectiveRecord)
        .filter_by(year=year, audience=audience)
        .where(ObjectiveRecord.unit_id.in_(levels))
        .options(joinedload(ObjectiveRecord.unit))
    )
    nearest: dict[str, ObjectiveRecord] = {}
    for row in sorted(rows, key=lambda found: levels[found.unit_id]):
        if row.unit_id == unit.id or row.reaches_below:
            nearest.setdefault(row.code, row)
    return [nearest[code] for code in sorted(nearest, key=by_number)]


def by_number(code: str) -> list[str | int]:
    """The order of the register: O2 comes before O10, of numbers without anything before them the smaller first."""
    return [int(part) if at % 2 else part for at, part in enumerate(re.split("([0-9]+)", code))]


def objectives_locked(session: Session, unit: Unit, year: int, audience: str) -> bool:
    """True once a survey of this year and audience has opened anywhere the objective would reach, if not withdrawn."""
    return locking_survey(session, unit, year, audience) is not None


def locking_survey(session: Session, unit: Unit, year: int, audience: str) -> Survey | None:
    """The survey that locked the objectives of a unit: the first to open within their reach."""
    above = [member.id for member in ancestors(unit)]
    reach = or_(Survey.unit_id.in_(above), Survey.unit_id.in_(unit_and_below(unit.id)))
    opened = (
        select(Survey)
        .filter_by(year=year, audience=audience)
        .where(reach, Survey.state.not_in((State.DRAFT, State.WITHDRAWN)))
        .options(joinedload(Survey.instrument))
        .order_by(Survey.opened_at)
    )
    return next((survey for survey in session.scalars(opened) if instrument_of(survey).is_annual), None)
