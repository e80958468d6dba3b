"""How many have answered: all that may be known of a survey while it runs.

While a survey is not sealed, counts are rounded down to five and a group's count is not given below the threshold.
Groups are counted once a day, at the first look of each server process: whoever looks again and again sees no single
person come. Only the total of the whole survey is live.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.models import Ballot, ReportingGroup, State, Survey, Unit
from survey_app.services.datasets import sealed_rosters
from survey_app.services.opening import marks_by_group
from survey_app.services.organisation import subtree

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


def participation(session: Session, survey: Survey, *, clock: Clock) -> Participation:
    """Codes used (or ballots arrived through an open link) in the whole survey and in each group."""
    return _participation(session, survey, survey.groups, is_whole=True, clock=clock)


def participation_of(session: Session, survey: Survey, unit: Unit, *, clock: Clock) -> Participation:
    """The same for the groups at and below a unit; its total is hidden like that of a group."""
    covered = {member.id for member in subtree(session, unit)}
    groups = [group for group in survey.groups if group.unit_id in covered]
    folded = [group for group in survey.groups if unit.code in group.folded_units]
    return _participation(session, survey, groups or folded, is_whole=unit.id == survey.unit_id, clock=clock)


def _participation(
    session: Session, survey: Survey, groups: list[ReportingGroup], *, is_whole: bool, clock: Clock
) -> Participation:
    is_sealed = survey.state is State.SEALED
    arrived = sealed_rosters(session, survey) if is_sealed else _arrived(session, survey)
    shown_of_groups = arrived if is_sealed else _of_the_day(survey, arrived, clock.today())
    counts = [shown_of_groups.get(group.id, 0) for group in groups]
    is_exact = is_sealed and all(count >= survey.threshold for count in counts)
    shown = tuple(
        GroupParticipation(group.unit, group.eligible, group.issued, _shown(count, survey.threshold, is_exact))
        for group, count in zip(groups, counts, strict=True)
    )
    total = sum(arrived.values()) if is_whole else sum(counts)
    return Participation(
        eligible=_sum_if_known([group.eligible for group in groups]),
        issued=sum(group.issued for group in groups),
        arrived=_shown(total, 0 if is_whole else survey.threshold, is_exact),
        is_exact=is_exact,
        groups=shown,
    )


def _of_the_day(survey: Survey, arrived: Mapping[UUID, int], today: date) -> Mapping[UUID, int]:
    """What was counted at the first look of this day."""
    if survey.id not in COUNTED or COUNTED[survey.id][0] != today:
        COUNTED[survey.id] = (today, arrived)
    return COUNTED[survey.id][1]


def _sum_if_known(numbers: list[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None


def _shown(count: int, threshold: int, is_exact: bool) -> int | None:
    if count < threshold:
        return None
    return count if is_exact else count - count % ROUNDED_TO


def _arrived(session: Session, survey: Survey) -> Mapping[UUID, int]:
    """By group: codes used and slips handed in for paper, or ballots where there are no codes."""
    if survey.has_credentials:
        used, handed_in = marks_by_group(session, survey)
        return {group.id: used.get(group.id, 0) + handed_in.get(group.id, 0) for group in survey.groups}
    counted = select(Ballot.group_id, func.count().label("arrived")).where(Ballot.survey_id == survey.id)
    return {row.group_id: row.arrived for row in session.execute(counted.group_by(Ballot.group_id))}
