"""Members in tests: they answer a survey through the same services as the pages do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from survey_app.models import AccessMode
from survey_app.services import OpenedSurvey, cast_ballot, redeem_code
from tests.unit.app.small_questionnaire import CONTENT


def answer(session: Session, opened: OpenedSurvey, unit: str, count: int, *, secret: bytes, **changed: Any) -> None:
    """`count` members of a unit answer, content but for what is changed; each uses the next code of the group."""
    answer_all(session, opened, unit, ({**CONTENT, **changed} for _ in range(count)), secret=secret)


def answer_all(
    session: Session, opened: OpenedSurvey, unit: str, sheets: Iterable[Mapping[str, Any]], *, secret: bytes
) -> None:
    survey = opened.survey
    group = next(group for group in survey.groups if group.unit.code == unit)
    for sheet in sheets:
        if survey.access_mode is AccessMode.CODES:
            redeem_code(session, survey, group, opened.codes[group.slug].pop(), secret=secret)
        cast_ballot(session, survey, group, sheet, secret=secret)
    session.commit()
