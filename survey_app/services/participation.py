"""How many have answered: all that may be known of a survey while it runs.

While a survey is not sealed, counts are rounded down to five and a group's count is not given below the threshold.
Groups are counted once a day, at the first look of each server process: whoever looks again and again sees no single
person come. Only the total of the whole survey is live.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.models import UNUSED, Ballot, Dataset, Invitation, ReportingGroup, State, Survey, Unit
from survey_app.services.datasets import sealed_rosters
from survey_app.services.opening import marks_by_group
from survey_app.services.organisation import ancestors
from survey_app.services.reach import unit_and_below

ROUNDED_TO = 5
COUNTED: dict[UUID, tuple[date, Mapping[UUID, int]]] = {}
"""The day's counts of the groups of surveys that are not sealed, by survey."""


@dataclass(frozen=True, slots=True)
class GroupParticipation:
    """One reporting group: `arrived` is None where it is hidden, `eligible` where it is not known."""

    unit: Unit
    eligible: int | None
    issued: int
    arrived: int | None


@dataclass(frozen=True, slots=True)
class Participation:
    """A survey or a part of it. `is_exact` is false while counts are rounded down to five."""

    eligible: int | None
    issued: int
    arrived: int | None
    is_exact: bool
    groups: tuple[GroupParticipation, ...]


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
    return _participation(session, survey, survey.groups, is_whole=True, clock=clock)


def participation_of(session: Session, survey: Survey, unit: Unit, *, clock: Clock) -> Participation:
    """The same for the groups of a unit (`groups_of`); its total is hidden like that of a group."""
    groups = groups_of(session, survey, unit)
    return _participation(session, survey, groups, is_whole=unit.id == survey.unit_id, clock=clock)


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


def names_above(session: Session, survey: Survey) -> dict[UUID | None, str]:
    """Names of the units directly above those of the groups; one query."""
    wanted = {group.unit.parent_id for group in survey.groups}
    return {unit.id: unit.name for unit in session.scalars(select(Unit).where(Unit.id.in_(wanted)))}


def _participation(
    session: Session, survey: Survey, groups: list[ReportingGroup], *, is_whole: bool, clock: Clock
) -> Participation:
    is_sealed = survey.state is State.SEALED
    live: Mapping[UUID, int] = {}
    if is_sealed:
        live = sealed_rosters(session, survey)
    elif is_whole or not _is_counted(survey, clock.today()):
        live = _arrived(session, survey)
    arrived = live if is_sealed else _of_the_day(survey, live, clock.today())
    counts = [arrived.get(group.id, 0) for group in groups]
    is_exact = is_sealed and all(count >= survey.threshold for count in counts)
    shown = tuple(
        GroupParticipation(group.unit, group.eligible, group.issued, _shown(count, survey.threshold, is_exact))
        for group, count in zip(groups, counts, strict=True)
    )
    total = sum(live.values()) if is_whole else sum(counts)
    return Participation(
        eligible=_sum_if_known([group.eligible for group in groups]),
        issued=sum(group.issued for group in groups),
        arrived=_shown(total, 0 if is_whole else survey.threshold, is_exact),
        is_exact=is_exact,
        groups=shown,
    )


def _is_counted(survey: Survey, today: date) -> bool:
    return survey.id in COUNTED and COUNTED[survey.id][0] == today


def _of_the_day(survey: Survey, live: Mapping[UUID, int], today: date) -> Mapping[UUID, int]:
    """What was counted at the first look of this day."""
    if not _is_counted(survey, today):
        COUNTED[survey.id] = (today, live)
    return COUNTED[survey.id][1]


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
    if survey.has_credentials:
        used, handed_in = marks_by_group(session, survey)
        return {group: used.get(group, 0) + handed_in.get(group, 0) for group in used.keys() | handed_in.keys()}
    counted = select(Ballot.group_id, func.count().label("arrived")).where(Ballot.survey_id == survey.id)
    return {row.group_id: row.arrived for row in session.execute(counted.group_by(Ballot.group_id))}
