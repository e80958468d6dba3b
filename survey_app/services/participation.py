"""How many have answered: all that may be known of a survey while it runs.

While a survey is not sealed, counts are rounded down to five and a group's count is not given below the threshold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey_app.models import AccessMode, Ballot, Invitation, ReportingGroup, State, Survey, Unit
from survey_app.services.datasets import sealed_rosters
from survey_app.services.organisation import subtree

ROUNDED_TO = 5


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


def participation(session: Session, survey: Survey) -> Participation:
    """Codes used (or ballots arrived through an open link) in the whole survey and in each group."""
    return _participation(session, survey, survey.groups, always_total=True)


def participation_of(session: Session, survey: Survey, unit: Unit) -> Participation:
    """The same for the groups at and below a unit; its total is hidden like that of a group."""
    covered = {member.id for member in subtree(session, unit)}
    groups = [group for group in survey.groups if group.unit_id in covered]
    folded = [group for group in survey.groups if unit.code in group.folded_units]
    return _participation(session, survey, groups or folded, always_total=unit.id == survey.unit_id)


def _participation(
    session: Session, survey: Survey, groups: list[ReportingGroup], *, always_total: bool
) -> Participation:
    is_sealed = survey.state is State.SEALED
    arrived = sealed_rosters(session, survey) if is_sealed else _arrived(session, survey)
    counts = [arrived.get(group.id, 0) for group in groups]
    is_exact = is_sealed and all(count >= survey.threshold for count in counts)
    shown = tuple(
        GroupParticipation(group.unit, group.eligible, group.issued, _shown(count, survey.threshold, is_exact))
        for group, count in zip(groups, counts, strict=True)
    )
    total = sum(counts)
    return Participation(
        eligible=_sum_if_known([group.eligible for group in groups]),
        issued=sum(group.issued for group in groups),
        arrived=_shown(total, 0 if always_total else survey.threshold, is_exact),
        is_exact=is_exact,
        groups=shown,
    )


def _sum_if_known(numbers: list[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None


def _shown(count: int, threshold: int, is_exact: bool) -> int | None:
    if count < threshold:
        return None
    return count if is_exact else count - count % ROUNDED_TO


def _arrived(session: Session, survey: Survey) -> Mapping[UUID, int]:
    """By group: codes used, or ballots where there are no codes."""
    used = select(Invitation.group_id, func.count().label("arrived")).where(
        Invitation.survey_id == survey.id, Invitation.used
    )
    ballots = select(Ballot.group_id, func.count().label("arrived")).where(Ballot.survey_id == survey.id)
    by_code = survey.access_mode is AccessMode.CODES
    counted = used.group_by(Invitation.group_id) if by_code else ballots.group_by(Ballot.group_id)
    return {row.group_id: row.arrived for row in session.execute(counted)}
