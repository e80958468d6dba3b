"""The door a member comes through: an address that names a survey and a reporting group."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session, joinedload

from survey_app.models import ReportingGroup, Survey

NAMED = and_(ReportingGroup.survey_id == Survey.id, ReportingGroup.slug == bindparam("group"))
ENTRANCE = (
    select(Survey, ReportingGroup)
    .outerjoin(ReportingGroup, NAMED)
    .where(Survey.slug == bindparam("survey"))
    .options(joinedload(Survey.instrument), joinedload(Survey.unit), joinedload(ReportingGroup.unit, innerjoin=False))
)
"""Built once: members ask it with every page."""


def find_entrance(session: Session, survey_slug: str, group_slug: str) -> tuple[Survey | None, ReportingGroup | None]:
    """The survey and its group of these names; the group is None where the survey has no such group (yet).

    One query, whatever the number of groups.
    """
    found = session.execute(ENTRANCE, {"survey": survey_slug, "group": group_slug}).one_or_none()
    return (None, None) if found is None else (found[0], found[1])
