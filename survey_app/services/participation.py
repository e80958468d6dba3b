"""How many have answered: all that may be known of a survey while it runs.

While a survey is not sealed, counts are rounded down to five and a group's count is not given below the threshold.
Groups are counted once a day, at the first look (`counts_of_day`): whoever looks again and again sees no single person
come. Only the total of the whole survey is live.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.models import UNUSED, Ballot, Dataset, Invitation, ReportingGroup, State, Survey, Unit
from survey_app.services.counts_of_day import CountsOfDay, counts_of_day
from survey_app.services.datasets import load_dataset
from survey_app.services.groups import AnyGroup, group_rows
from survey_app.services.organisation import ancestors
from survey_app.services.reach import unit_and_below
from survey_app.services.unit_tree import AnyUnit, UnitTree, unit_tree

ROUNDED_TO = 5
KEPT: WeakKeyDictionary[UnitTree, dict[tuple[UUID, date], Participation]] = WeakKeyDictionary()
"""Whole surveys by the day, with the total of the first look, as long as the tree of their units is kept."""


@dataclass(frozen=True, slots=True)
class GroupParticipation:
    """One reporting group; `arrived` is None where it is hidden."""

    group: AnyGroup
    arrived: int | None

    @property
    def unit(self) -> AnyUnit:
        return self.group.unit


@dataclass(frozen=True, slots=True)
class Participation:
    """A survey or a part of it; `eligible` is None where it is not known.

    `is_exact` is false while counts are rounded down to five, and of a sealed survey with a group below the threshold;
    its total alone is exact even then (`is_total_exact`), as in its result. `below` of a whole survey: how many took
    part in the groups at and below each unit, hidden like the count of a group; after sealing, where some are hidden,
    in the others.
    """

    eligible: int | None
    issued: int
    arrived: int | None
    is_exact: bool
    is_total_exact: bool
    groups: tuple[GroupParticipation, ...]
    below: Mapping[UUID, int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Total:
    """A survey as a list of many shows it: `arrived` is rounded down to five, `eligible` None where it is not known."""

    eligible: int | None
    arrived: int


def totals(session: Session, surveys: Sequence[Survey]) -> dict[UUID, Total]:
    """How many took part in each survey that was opened and not withdrawn; four queries, however many surveys."""
    counted = [survey for survey in surveys if survey.state not in (State.DRAFT, State.WITHDRAWN)]
    wanted = [survey.id for survey in counted]
    arrived = _arrived_in(session, counted)
    eligible = (
        select(
            ReportingGroup.survey_id,
            func.sum(ReportingGroup.eligible).label("people"),
            (func.count() == func.count(ReportingGroup.eligible)).label("is_known"),
        )
        .where(ReportingGroup.survey_id.in_(wanted))
        .group_by(ReportingGroup.survey_id)
    )
    people = {row.survey_id: row.people for row in session.execute(eligible) if row.is_known}
    return {survey_id: Total(people.get(survey_id), _rounded(arrived.get(survey_id, 0))) for survey_id in wanted}


def participation(session: Session, survey: Survey, *, clock: Clock) -> Participation:
    """Codes used (or ballots arrived through an open link) in the whole survey and in each group."""
    tree, today = unit_tree(session), clock.today()
    of_tree = KEPT.setdefault(tree, {})
    if (survey.id, today) not in of_tree:
        of_tree[survey.id, today] = _whole(session, survey, tree, clock)
        return of_tree[survey.id, today]
    kept = of_tree[survey.id, today]
    if survey.state is State.SEALED:
        return kept
    return replace(kept, arrived=_shown(_live_total(session, survey), 0, kept.is_exact))


def participation_of(session: Session, survey: Survey, unit: Unit, *, clock: Clock) -> Participation:
    """The same for the groups of a unit (`groups_of`); its total is hidden like that of a group."""
    groups, is_whole = groups_of(session, survey, unit), unit.id == survey.unit_id
    if survey.state is State.SEALED:
        return _sealed(session, survey, groups, is_whole=is_whole)[0]
    day = _of_day(session, survey, unit_tree(session), clock)
    if is_whole:
        return _running(session, survey, groups, day)
    found = _running(session, survey, groups, day, arrived=0)
    counted_above = found.groups[0].arrived if len(found.groups) == 1 else None
    return replace(found, arrived=day.units.get(unit.id, counted_above))


def most_arrived(session: Session, survey: Survey, group: ReportingGroup, *, clock: Clock) -> int:
    """How many of a group may have taken part at the most, as far as what is published of an open survey tells."""
    if not group.issued:
        return 0
    found = participation(session, survey, clock=clock)
    shown = next(one.arrived for one in found.groups if one.unit.id == group.unit_id)
    in_group = survey.threshold if shown is None else shown + ROUNDED_TO
    return min(in_group, (found.arrived or 0) + ROUNDED_TO) - 1


def groups_of(session: Session, survey: Survey, unit: Unit) -> list[ReportingGroup]:
    """The groups at and below a unit; for a unit too small for one of its own that in which it is counted; one query.

    A unit is counted together with others only in the group of a unit above it.
    """
    above = [member.id for member in ancestors(unit)]
    near = or_(ReportingGroup.unit_id.in_(unit_and_below(unit.id)), ReportingGroup.unit_id.in_(above))
    found = session.scalars(
        select(ReportingGroup)
        .where(ReportingGroup.survey_id == survey.id, near)
        .order_by(ReportingGroup.position, ReportingGroup.slug)
    ).all()
    own = [group for group in found if group.unit_id not in above]
    return own or [group for group in found if unit.code in group.folded_units]


def _whole(session: Session, survey: Survey, tree: UnitTree, clock: Clock) -> Participation:
    groups = group_rows(session, survey, tree)
    if survey.state is not State.SEALED:
        day = _of_day(session, survey, tree, clock)
        return replace(_running(session, survey, groups, day), below=day.units)
    found, counts = _sealed(session, survey, groups, is_whole=True)
    if not found.is_exact:  # what a reader could add up, lest a hidden one follows
        counts = [part.arrived or 0 for part in found.groups]
    sums = _sums(groups, counts, tree)
    below = {unit_id: _shown(count, survey.threshold, found.is_exact) for unit_id, count in sums.items()}
    return replace(found, below=below)


def _sums(groups: Sequence[AnyGroup], counts: Sequence[int], tree: UnitTree) -> Mapping[UUID, int]:
    """By unit: the groups at and below it."""
    sums, of_parent = Counter[UUID](), Counter[UUID]()
    for group, count in zip(groups, counts, strict=True):
        sums[group.unit.id] += count
        if group.unit.parent_id is not None:
            of_parent[group.unit.parent_id] += count
    for parent_id, count in of_parent.items():
        for place in (tree[parent_id], *tree.above(parent_id)):
            sums[place.id] += count
    return sums


def _of_day(session: Session, survey: Survey, tree: UnitTree, clock: Clock) -> CountsOfDay:
    groups = group_rows(session, survey, tree)
    if not groups:
        return CountsOfDay({}, {})

    def count() -> CountsOfDay:
        arrived = _arrived(session, survey)
        counts = [arrived.get(group.id, 0) for group in groups]
        of_groups = zip((group.id for group in groups), counts, strict=True)
        of_units = _sums(groups, counts, tree).items()
        shown = [{name: _shown(n, survey.threshold, is_exact=False) for name, n in of} for of in (of_groups, of_units)]
        return CountsOfDay(*shown)

    return counts_of_day(session, survey, clock.today(), count)


def _running(
    session: Session, survey: Survey, groups: Sequence[AnyGroup], day: CountsOfDay, *, arrived: int | None = None
) -> Participation:
    """Of these groups; the total is live unless it is given."""
    return Participation(
        eligible=_sum_if_known([group.eligible for group in groups]),
        issued=sum(group.issued for group in groups),
        arrived=_rounded(_live_total(session, survey)) if arrived is None else arrived,
        is_exact=False,
        is_total_exact=False,
        groups=tuple(GroupParticipation(group, day.groups.get(group.id)) for group in groups),
    )


def _sealed(
    session: Session, survey: Survey, groups: Sequence[AnyGroup], *, is_whole: bool
) -> tuple[Participation, list[int]]:
    """What may be known of these groups, and the counts it is made of, which nobody sees."""
    rosters = load_dataset(session, survey).manifest.rosters
    counts = [rosters[group.unit.code].returned if group.unit.code in rosters else 0 for group in groups]
    is_exact = all(count >= survey.threshold for count in counts)
    hidden = _hidden(counts, survey.threshold) if is_whole else frozenset()
    shown = tuple(
        GroupParticipation(group, None if at in hidden else _shown(count, survey.threshold, is_exact))
        for at, (group, count) in enumerate(zip(groups, counts, strict=True))
    )
    total = sum(counts)
    is_total_exact = is_exact or (is_whole and total >= survey.threshold)
    found = Participation(
        eligible=_sum_if_known([group.eligible for group in groups]),
        issued=sum(group.issued for group in groups),
        arrived=_shown(total, 0 if is_whole else survey.threshold, is_total_exact),
        is_exact=is_exact,
        is_total_exact=is_total_exact,
        groups=shown,
    )
    return found, counts


def _hidden(counts: Sequence[int], threshold: int) -> frozenset[int]:
    """Places of the groups below the threshold; where it is one alone, the smallest other too: beside the exact total
    its count would follow from those of the others."""
    few = [at for at, count in enumerate(counts) if count < threshold]
    if len(few) == 1:
        few += sorted((at for at in range(len(counts)) if at not in few), key=lambda at: counts[at])[:1]
    return frozenset(few)


def _live_total(session: Session, survey: Survey) -> int:
    return _arrived_in(session, [survey]).get(survey.id, 0)


def _sum_if_known(numbers: list[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None


def _shown(count: int, threshold: int, is_exact: bool) -> int | None:
    if count < threshold:
        return None
    return count if is_exact else _rounded(count)


def _rounded(count: int) -> int:
    return count - count % ROUNDED_TO


def _arrived_in(session: Session, surveys: Sequence[Survey]) -> dict[UUID, int]:
    """By survey: codes used and slips handed in, ballots where there are no codes, valid ones of a sealed survey."""
    sealed = {survey.id for survey in surveys if survey.state is State.SEALED}
    by_code = {survey.id for survey in surveys if survey.has_credentials} - sealed
    by_ballot = {survey.id for survey in surveys} - sealed - by_code
    asked = (
        (sealed, select(Dataset.survey_id, Dataset.rows).where(Dataset.survey_id.in_(sealed))),
        (by_code, _counted(Invitation, by_code).where(Invitation.mark != UNUSED)),
        (by_ballot, _counted(Ballot, by_ballot)),
    )
    rows = (row for wanted, query in asked if wanted for row in session.execute(query))
    return dict(rows)


def _counted(kind: type[Ballot] | type[Invitation], surveys: Collection[UUID]) -> Select[UUID, int]:
    return select(kind.survey_id, func.count()).where(kind.survey_id.in_(surveys)).group_by(kind.survey_id)


def _arrived(session: Session, survey: Survey) -> Mapping[UUID, int]:
    """By group: codes used and slips handed in for paper, or ballots where there are no codes."""
    kind: type[Ballot] | type[Invitation] = Invitation if survey.has_credentials else Ballot
    counted = (
        select(kind.group_id, func.count().label("arrived")).where(kind.survey_id == survey.id).group_by(kind.group_id)
    )
    rows = session.execute(counted.where(Invitation.mark != UNUSED) if survey.has_credentials else counted)
    return {row.group_id: row.arrived for row in rows}
