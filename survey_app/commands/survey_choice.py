"""Which survey a command is about: named by its identifier or by the slug in its address."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments.wording import N_
from survey_app.errors import Refusal
from survey_app.models import Survey


class UnknownSurvey(Refusal):
    status = 404
    template = N_("There is no survey %(survey)s.")


def survey_named(session: Session, name: str) -> Survey:
    """Raises: UnknownSurvey."""
    try:
        found = session.get(Survey, UUID(name))
    except ValueError:
        found = session.scalar(select(Survey).where(Survey.slug == name))
    if found is None:
        raise UnknownSurvey(survey=name)
    return found
