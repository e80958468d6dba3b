"""The course of a survey: what its record of acts says of the days it ran, and why."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.models import AuditEntry, Survey

TURNS = (
    "survey.open", "survey.extend", "survey.remind", "survey.mail_links", "survey.restore", "survey.close",
    "survey.withdraw",
)  # fmt: skip
"""Not the counting: how many ballots arrived is told rounded until the survey is sealed."""


def course_of(session: Session, survey: Survey) -> list[AuditEntry]:
    """Acts that moved the survey on, oldest first."""
    of_survey = AuditEntry.object_kind == Survey.__tablename__, AuditEntry.object_id == str(survey.id)
    found = select(AuditEntry).where(AuditEntry.unit_id == survey.unit_id, *of_survey, AuditEntry.act.in_(TURNS))
    return list(session.scalars(found.order_by(AuditEntry.number)))
