"""Can an objective be shown at all? What each unit's number of people allows, before anybody has answered.

Judged are the reporting groups as they would be fixed at opening and the units above them, by the arithmetic of the
verdict itself (`analysis.targets.needed`, `analysis.planning`). Only reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, cast
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from analysis.types import Definition, Measure, Objective
from instruments.model import Instrument
from survey_app.models import Eligibility, ObjectiveRecord, State, Survey, Unit
from survey_app.services.datasets import sealed_rosters
from survey_app.services.definitions import scales_of
from survey_app.services.grouping import PlannedGroup, plan_groups
from survey_app.services.organisation import ancestors, existing
from survey_app.services.questionnaires import instrument_of
from survey_app.services.rules import objective_of
from survey_app.services.unit_tree import AnyUnit, Place, UnitTree, unit_tree

if TYPE_CHECKING:
    from analysis.planning import NeededMean
    from analysis.targets import Needed

USUAL_THRESHOLD = 10
USUAL_RESPONSE = "0.70"


@dataclass(frozen=True, slots=True)
class SizeClass:
    """Units with the same number of eligible people, and what the objective asks of each."""

    eligible: int
    units: tuple[Place, ...]
    needed: Needed | NeededMean
    is_shown: bool = True
    """Whether a result of so many expected answers may be shown."""


@dataclass(frozen=True, slots=True)
class Folded:
    """Units too small for a result of their own, and the unit they are judged with."""

    judged_at: AnyUnit
    eligible: int
    units: tuple[AnyUnit, ...]


@dataclass(frozen=True, slots=True)
class PlannedObjective:
    record: ObjectiveRecord
    objective: Objective
    classes: tuple[SizeClass, ...]
    """By size, the largest first."""
    not_asked: bool
    """The questionnaire does not ask what it measures, or its levels do not fit."""
    replaced_in: tuple[Unit, ...]
    """Units below that have set one of their own in its place."""


@dataclass(frozen=True, slots=True)
class Plan:
    threshold: int
    survey: Survey | None
    """Whose threshold and tree it is; None: the usual threshold over the whole tree."""
    response_rate: str
    objectives: tuple[PlannedObjective, ...]
    folded: tuple[Folded, ...]
    without_number: int
    """Units of the subtree for which no number of eligible people is known."""


def plan_objectives(
    session: Session,
    unit: Unit,
    year: int,
    audience: str,
    records: Sequence[ObjectiveRecord],
    *,
    instrument: Instrument | None,
    response_rate: str,
) -> Plan:
    """What the objectives of a unit ask of it and of every unit below. Five queries, however many units."""
    survey = _covering_survey(session, unit, year, audience)
    tree = unit_tree(session)
    top = survey.unit_id if survey else [unit.id, *(above.id for above in tree.above(unit.id))][-1]
    asked = tree.below(top)
    eligible = _eligible(session, existing(asked), year, audience)
    threshold = survey.threshold if survey else USUAL_THRESHOLD
    children: dict[UUID | None, Sequence[Place]] = {place.id: tree.children(place.id) for place in asked}
    # a place of the tree stands for its unit: groups are planned by identifiers alone
    groups = plan_groups(
        cast("Sequence[Unit]", asked), cast("Mapping[UUID | None, Sequence[Unit]]", children), eligible, threshold
    )
    own = tree.below(unit.id)
    sizes = _people_of_judged(own, groups, tree)
    in_place = _set_below(session, own[1:], year, audience)
    return Plan(
        threshold=threshold,
        survey=survey,
        response_rate=response_rate,
        objectives=tuple(
            _planned(record, sizes, in_place.get(record.code, ()), tree, instrument, response_rate, threshold)
            for record in records
        ),
        folded=tuple(_folded(groups, {member.id for member in own})),
        without_number=sum(not tree.children(member.id) and member.id not in eligible for member in existing(own)),
    )


def last_participation(session: Session, unit: Unit, year: int, audience: str) -> str | None:
    """Returned of eligible in the latest sealed survey of an earlier year that covers the unit, to whole per cents."""
    covering = [unit.id, *(above.id for above in ancestors(unit))]
    found = session.scalars(
        select(Survey)
        .where(Survey.state == State.SEALED, Survey.unit_id.in_(covering), Survey.audience == audience)
        .where(Survey.year < year)
        .order_by(Survey.year.desc(), Survey.sealed_at.desc())
        .options(joinedload(Survey.instrument))
    )
    last = next((survey for survey in found if instrument_of(survey).is_annual), None)
    if last is None:
        return None
    returned, eligible = sealed_rosters(session, last), {group.id: group.eligible for group in last.groups}
    known = {group: number for group, number in eligible.items() if number}
    if not known or len(known) != len(eligible):
        return None
    share = Fraction(sum(returned.get(group, 0) for group in known), sum(known.values()))
    return f"{min(max(round(share * 100), 1), 100) / 100:.2f}"


def _covering_survey(session: Session, unit: Unit, year: int, audience: str) -> Survey | None:
    """The annual survey of the year that asks the unit's people: the nearest, a later one before an earlier."""
    levels = {member.id: level for level, member in enumerate([unit, *ancestors(unit)])}
    found = session.scalars(
        select(Survey)
        .filter_by(year=year, audience=audience)
        .where(Survey.unit_id.in_(levels), Survey.state != State.WITHDRAWN)
        .options(joinedload(Survey.instrument))
        .order_by(Survey.closes_on.desc())
    )
    annual = [survey for survey in found if instrument_of(survey).is_annual]
    return min(annual, key=lambda survey: levels[survey.unit_id], default=None)


def _eligible(session: Session, units: Iterable[Place], year: int, audience: str) -> dict[UUID, int]:
    """People of each of the units itself, as far as they are known."""
    wanted = {unit.id for unit in units}
    rows = session.execute(select(Eligibility.unit_id, Eligibility.people).filter_by(year=year, audience=audience))
    return {row.unit_id: row.people for row in rows if row.unit_id in wanted}


def _people_of_judged(
    own: Sequence[Place], groups: Sequence[PlannedGroup], tree: UnitTree
) -> dict[UUID, tuple[Place, int]]:
    """Units with a result of their own: people of the groups at and below each, parents first."""
    people = {group.unit.id: group.eligible for group in groups}
    folded = {unit.id for group in groups for unit in group.folded}
    for unit in reversed(own):
        people[unit.id] = people.get(unit.id, 0) + sum(people.get(child.id, 0) for child in tree.children(unit.id))
    return {unit.id: (unit, people[unit.id]) for unit in own if people[unit.id] and unit.id not in folded}


def _set_below(session: Session, units: Sequence[Place], year: int, audience: str) -> dict[str, tuple[Unit, ...]]:
    """Code -> units that have set an objective of that code."""
    below = {unit.id for unit in units}
    rows = session.scalars(
        select(ObjectiveRecord).filter_by(year=year, audience=audience).options(joinedload(ObjectiveRecord.unit))
    )
    found: dict[str, tuple[Unit, ...]] = {}
    for row in rows:
        if row.unit_id in below:
            found[row.code] = (*found.get(row.code, ()), row.unit)
    return found


def _planned(  # noqa: PLR0917
    record: ObjectiveRecord,
    sizes: Mapping[UUID, tuple[Place, int]],
    replaced_in: Sequence[Unit],
    tree: UnitTree,
    instrument: Instrument | None,
    response_rate: str,
    threshold: int,
) -> PlannedObjective:
    objective = objective_of(record)
    levels = _levels(objective, instrument)
    not_asked = levels is None
    replaced = {member for unit in replaced_in for member in tree.ids_below(unit.id)}
    by_size: dict[int, list[Place]] = {}
    for unit, people in sizes.values():
        if unit.id not in replaced and (record.reaches_below or unit.id == record.unit_id):
            by_size.setdefault(people, []).append(unit)
    classes = []
    for people in sorted(by_size, reverse=True) if levels is not None else ():
        needed = needed_of(people, objective.threshold, levels, response_rate)
        is_count = objective.measure is Measure.PARTICIPATION
        classes.append(
            SizeClass(people, tuple(by_size[people]), needed, is_count or needed.expected_answers >= threshold)
        )
    return PlannedObjective(record, objective, tuple(classes), not_asked, tuple(replaced_in))


def _levels(objective: Objective, instrument: Instrument | None) -> tuple[float, ...] | None:
    """What one answer can count; none for a share of people, None where it is not known."""
    if objective.measure is Measure.PARTICIPATION:
        return ()
    scales = scales_of(instrument, objective.measure, objective.target) if instrument is not None else ()
    if objective.is_rate and objective.measure is not Measure.DIMENSION:
        return () if scales or instrument is None else None
    if not scales:
        return None
    if objective.is_rate:  # each person's share of satisfied answers
        return tuple(number / len(scales) for number in range(len(scales) + 1))
    from analysis.scoring import scores_of_levels  # loads numpy, which answering never needs

    if objective.measure is Measure.DIMENSION and objective.definition is Definition.SCORE100:
        return None
    scores = scores_of_levels(objective, scales[0])
    return None if scores is None else tuple(sorted(scores.values()))


@lru_cache(maxsize=4096)
def needed_of(eligible: int, threshold: str, levels: tuple[float, ...], response_rate: str) -> Needed | NeededMean:
    """What so many people have to answer; `levels` of a mean, none of a share."""
    from analysis.planning import needed_mean
    from analysis.targets import needed

    if levels:
        return needed_mean(eligible, threshold, levels, response_rate)
    return needed(eligible, threshold, response_rate)


def _folded(groups: Iterable[PlannedGroup], own: set[UUID]) -> list[Folded]:
    found = []
    for group in groups:
        units = tuple(unit for unit in group.folded if unit.id in own)
        if units:
            found.append(Folded(group.unit, group.eligible, units))
    return found
