"""The reporting groups of a survey as pages list them: plain rows without keys, for a survey may have a thousand.

They are kept as long as the tree of units they stand in: every act, also one that gives out slips, makes another tree.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.models import ReportingGroup, Survey
from survey_app.services.unit_tree import Place, UnitTree, unit_tree


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A reporting group; names are those of `models.ReportingGroup`."""

    id: UUID
    slug: str
    unit: Place
    eligible: int | None
    issued: int
    spares: int
    folded_units: tuple[str, ...]


AnyGroup = GroupRow | ReportingGroup

KEPT: WeakKeyDictionary[UnitTree, dict[UUID, tuple[GroupRow, ...]]] = WeakKeyDictionary()
"""By tree and survey."""


def group_rows(session: Session, survey: Survey, tree: UnitTree | None = None) -> tuple[GroupRow, ...]:
    """All groups of a survey in the order of the tree at opening; one query besides the tree, none if they are kept."""
    tree = unit_tree(session) if tree is None else tree
    of_tree = KEPT.setdefault(tree, {})
    if survey.id not in of_tree:
        of_tree[survey.id] = _read(session, survey, tree)
    return of_tree[survey.id]


def find_group(session: Session, survey: Survey, slug: str) -> ReportingGroup | None:
    """The group of an address, with its keys; one query."""
    of_survey = select(ReportingGroup).where(ReportingGroup.survey_id == survey.id, ReportingGroup.slug == slug)
    return session.scalar(of_survey)


def _read(session: Session, survey: Survey, tree: UnitTree) -> tuple[GroupRow, ...]:
    kept = ReportingGroup
    rows = session.execute(
        select(kept.id, kept.slug, kept.unit_id, kept.eligible, kept.issued, kept.spares, kept.folded_units)
        .where(kept.survey_id == survey.id)
        .order_by(kept.position, kept.slug)
    )
    return tuple(
        GroupRow(group_id, slug, tree[unit_id], eligible, issued, spares, tuple(folded))
        for group_id, slug, unit_id, eligible, issued, spares, folded in rows
    )
