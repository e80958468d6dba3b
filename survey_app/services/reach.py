"""The units below a unit, asked of the database itself: for questions whose answer is short however large the tree."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, select

from survey_app.models import Unit


def unit_and_below(unit_id: UUID) -> Select[tuple[UUID]]:
    """Identifiers of a unit and of everything below it, for `in_`."""
    found = select(Unit.id).where(Unit.id == unit_id).cte("unit_and_below", recursive=True)
    return select(found.union_all(select(Unit.id).join(found, Unit.parent_id == found.c.id)).c.id)
