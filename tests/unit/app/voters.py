"""Content members of the small questionnaire."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from survey_app.services import OpenedSurvey
from tests.answering import answer_all
from tests.unit.app.small_questionnaire import CONTENT

__all__ = ["answer", "answer_all"]


def answer(session: Session, opened: OpenedSurvey, unit: str, count: int, *, secret: bytes, **changed: Any) -> None:
    """`count` members of a unit answer, content but for what is changed; each uses the next code of the group."""
    answer_all(session, opened, unit, ({**CONTENT, **changed} for _ in range(count)), secret=secret)
