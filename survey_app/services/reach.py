"""The units below a unit, asked of the database itself: for questions whose answer is short however large the tree."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, select

from survey_app.models import Unit


def unit_and_below(*unit_ids: UUID) -> Select[tuple[UUID]]:
    """Identifiers of units and of everything below them, for `in_`; once in a statement."""
    found = select(Unit.id).where(Unit.id.in_(unit_ids)).cte("unit_and_below", recursive=True)
    return select(found.union(select(Unit.id).join(found, Unit.parent_id == found.c.id)).c.id)
