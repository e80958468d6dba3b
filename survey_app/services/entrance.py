"""The door a member comes through: an address that names a survey and a reporting group."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, and_, bindparam, exists, select, type_coerce
from sqlalchemy.orm import Session, aliased, joinedload
from sqlalchemy.types import NullType

from survey_app.models import LocalModule, ReportingGroup, Standing, Survey, Unit
from survey_app.prepared import Prepared
from survey_app.services.standings import STANDING

NAMED = and_(ReportingGroup.survey_id == Survey.id, ReportingGroup.slug == bindparam("group"))
ENTRANCE = (
    select(Survey, ReportingGroup)
    .outerjoin(ReportingGroup, NAMED)
    .where(Survey.slug == bindparam("survey"))
    .options(joinedload(Survey.instrument), joinedload(Survey.unit), joinedload(ReportingGroup.unit, innerjoin=False))
)
"""Built once: members ask it with every page."""

WHOLE, PART = aliased(Unit), aliased(Unit)
AS_STORED = [
    type_coerce(getattr(row, column.key), NullType())
    for row, table in ((Survey, Survey), (ReportingGroup, ReportingGroup), (WHOLE, Unit), (PART, Unit))
    for column in table.__table__.columns
]
DOOR = Prepared(
    select(*STANDING, Survey.accepts_played, exists().where(LocalModule.survey_id == Survey.id), *AS_STORED)
    .select_from(Survey)
    .join(ReportingGroup, NAMED)
    .join(WHOLE, Survey.unit_id == WHOLE.id)
    .join(PART, ReportingGroup.unit_id == PART.id)
    .where(Survey.slug == bindparam("survey"))
)


@dataclass(frozen=True, slots=True)
class Door:
    """What is asked of the database for a page that is kept: whether it may be shown, and whether it is the same."""

    survey_slug: str
    group_slug: str
    standing: Standing
    accepts_played: bool
    asks_local_questions: bool
    """Somewhere in the survey: what is asked here then follows from more than these rows."""
    rows: tuple[object, ...]
    """All that is stored of survey, group and their units: whatever changes in it makes another page."""


def find_door(connection: Connection, survey_slug: str, group_slug: str) -> Door | None:
    """None where the address leads nowhere. One query of rows as they lie there: no object is made of them."""
    found = DOOR.row(connection, survey=survey_slug, group=group_slug)
    if found is None:
        return None
    state, closes_on, closed_at, counted_at, accepts_played, has_modules, *rows = found
    standing = Standing(state, closes_on, closed_at, counted_at)
    return Door(survey_slug, group_slug, standing, accepts_played, has_modules, tuple(rows))


def find_entrance(session: Session, survey_slug: str, group_slug: str) -> tuple[Survey | None, ReportingGroup | None]:
    """The survey and its group of these names; the group is None where the survey has no such group (yet).

    One query, whatever the number of groups.
    """
    found = session.execute(ENTRANCE, {"survey": survey_slug, "group": group_slug}).one_or_none()
    return (None, None) if found is None else (found[0], found[1])
