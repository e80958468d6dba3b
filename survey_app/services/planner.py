"""Can an objective be shown at all? What each unit's number of people allows, before anybody has answered.

Judged are the reporting groups as they would be fixed at opening and the units above them, by the arithmetic of the
verdict itself (`analysis.targets.needed`, `analysis.planning`). Only reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from analysis.scales import items_measured
from analysis.types import Measure, Objective
from instruments.model import Instrument
from survey_app.errors import ObjectiveImpossible
from survey_app.models import AccessMode, Dataset, ObjectiveRecord, State, Survey, Unit
from survey_app.services.datasets import load_dataset
from survey_app.services.definitions import misfit, scales_of
from survey_app.services.grouping import PlannedPlace, plan_groups
from survey_app.services.groups import group_rows
from survey_app.services.organisation import ancestors, existing
from survey_app.services.questionnaires import instrument_of
from survey_app.services.registers import kept_numbers, kept_since_last_act
from survey_app.services.rules import objective_of
from survey_app.services.shelf import Shelf
from survey_app.services.unit_tree import Place, UnitTree, unit_tree

if TYPE_CHECKING:
    from analysis.planning import NeededMean
    from analysis.targets import Needed

USUAL_THRESHOLD = 10
USUAL_RESPONSE = "0.70"
GROUPS: Shelf[Sequence[PlannedPlace]] = Shelf(32)
"""By the last act, the unit at the top, year, audience and threshold."""
SHARES: Shelf[str | None] = Shelf(64)
"""By survey and hash of the sealed data: neither changes any more."""


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

    judged_at: Place
    eligible: int
    units: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class PlannedObjective:
    record: ObjectiveRecord
    objective: Objective
    classes: tuple[SizeClass, ...]
    """By size, the largest first."""
    misfit: ObjectiveImpossible | None
    """Why it cannot be held against the questionnaire of the year."""
    at_face_value: bool
    """Nobody can know how many people were asked: over an open link, or behind a condition."""
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
    """What the objectives of a unit ask of it and of every unit below. Six queries, however many units."""
    survey = _covering_survey(session, unit, year, audience)
    tree = unit_tree(session)
    top = survey.unit_id if survey else [unit.id, *(above.id for above in tree.above(unit.id))][-1]
    numbers = kept_numbers(session, year)
    threshold = survey.threshold if survey else USUAL_THRESHOLD
    eligible = {unit_id: people[audience] for unit_id, people in numbers.items() if audience in people}
    groups = kept_since_last_act(
        session, GROUPS, (top, year, audience, threshold), lambda: _groups(tree, top, eligible, threshold)
    )
    own = tree.below(unit.id)
    sizes = _people_of_judged(own, groups, tree)
    in_place = _set_below(session, own[1:], year, audience)
    return Plan(
        threshold=threshold,
        survey=survey,
        response_rate=response_rate,
        objectives=tuple(
            _planned(
                record,
                sizes,
                in_place.get(record.code, ()),
                tree,
                instrument,
                response_rate,
                threshold,
                is_open=survey is not None and survey.access_mode is AccessMode.OPEN,
            )
            for record in records
        ),
        folded=tuple(_folded(groups, {member.id for member in own})),
        without_number=sum(not tree.children(member.id) and member.id not in eligible for member in existing(own)),
    )


def _groups(tree: UnitTree, top: UUID, eligible: Mapping[UUID, int], threshold: int) -> Sequence[PlannedPlace]:
    """The reporting groups as they would be fixed; units that have ended take no part."""
    asked = tree.below(top)
    people = {place.id: eligible[place.id] for place in existing(asked) if place.id in eligible}
    children: dict[UUID | None, Sequence[Place]] = {place.id: tree.children(place.id) for place in asked}
    return plan_groups(asked, children, people, threshold)


@dataclass(frozen=True, slots=True)
class Participation:
    year: int
    share: str
    """Returned of eligible, to whole per cents: "0.68"."""


def last_participation(session: Session, unit: Unit, year: int, audience: str) -> Participation | None:
    """That of the latest sealed annual survey of an earlier year that covers the unit; it may be years ago."""
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
    sha256 = session.scalar(select(Dataset.sha256).where(Dataset.survey_id == last.id))
    share = SHARES.get((last.id, sha256), lambda: _share(session, last))
    return None if share is None else Participation(last.year, share)


def _share(session: Session, sealed: Survey) -> str | None:
    """None where the number of eligible people is not known of every group."""
    groups = group_rows(session, sealed)
    eligible = [group.eligible for group in groups if group.eligible]
    if not groups or len(eligible) != len(groups):
        return None
    rosters = load_dataset(session, sealed).manifest.rosters
    returned = sum(rosters[group.unit.code].returned for group in groups if group.unit.code in rosters)
    return f"{min(max(round(Fraction(returned, sum(eligible)) * 100), 1), 100) / 100:.2f}"


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


def _people_of_judged(
    own: Sequence[Place], groups: Sequence[PlannedPlace], tree: UnitTree
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
    *,
    is_open: bool,
) -> PlannedObjective:
    objective = objective_of(record)
    is_count, unfit = objective.measure is Measure.PARTICIPATION, misfit(objective, instrument)
    levels = _levels(objective, instrument) if unfit is None else None
    replaced = {member for unit in replaced_in for member in tree.ids_below(unit.id)}
    by_size: dict[int, list[Place]] = {}
    for unit, people in sizes.values():
        if unit.id not in replaced and (record.reaches_below or unit.id == record.unit_id):
            by_size.setdefault(people, []).append(unit)
    classes = []
    for people in sorted(by_size, reverse=True) if levels is not None else ():
        needed = needed_of(people, objective.threshold, levels, response_rate)
        classes.append(
            SizeClass(people, tuple(by_size[people]), needed, is_count or needed.expected_answers >= threshold)
        )
    if levels is None and unfit is None:
        unfit = ObjectiveImpossible("questionnaire")
    at_face_value = is_open or _is_conditional(objective, instrument)
    return PlannedObjective(record, objective, tuple(classes), unfit, at_face_value, tuple(replaced_in))


def _is_conditional(objective: Objective, instrument: Instrument | None) -> bool:
    """Whether anything that is measured is asked only of some."""
    asked = () if instrument is None else items_measured(instrument, objective.measure, objective.target)
    return any(item.visible_if is not None for item in asked)


def _levels(objective: Objective, instrument: Instrument | None) -> tuple[float, ...] | None:
    """What one answer can count; none for a share of people, None where there is no questionnaire to tell."""
    if objective.is_rate and objective.measure is not Measure.DIMENSION:
        return ()
    if instrument is None:
        return None
    scales = scales_of(instrument, objective.measure, objective.target)
    if objective.is_rate:  # each person's share of satisfied answers
        return tuple(number / len(scales) for number in range(len(scales) + 1))
    from analysis.scoring import scores_of_levels  # loads numpy, which answering never needs

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


def _folded(groups: Iterable[PlannedPlace], own: set[UUID]) -> list[Folded]:
    found = []
    for group in groups:
        units = tuple(unit for unit in group.folded if unit.id in own)
        if units:
            found.append(Folded(group.unit, group.eligible, units))
    return found
