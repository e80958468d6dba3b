"""What a committee decided on the comments of a sealed survey, and the themes it sorts them by."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.models.base import Base
from survey_app.models.organisation import Unit


class CommentState(StrEnum):
    """What is waiting has no row."""

    RELEASED = "released"
    """May be shown, in the words of `shown`."""
    WITHHELD = "withheld"
    """Never shown; the reason is."""


class CommentDecision(Base):
    """Of one unit, on all comments of a survey with the same words to the same question; the dataset has the text."""

    __tablename__ = "comment_decision"

    survey_id: Mapped[UUID] = mapped_column(ForeignKey("survey.id"), primary_key=True)
    item: Mapped[str] = mapped_column(primary_key=True)
    text_sha256: Mapped[str] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    """Whose committee decided; what it means for other units is `services.comments`."""
    state: Mapped[CommentState]
    decided_at: Mapped[datetime]
    shown: Mapped[str] = mapped_column(Text, default="")
    """As released: names and numbers taken out."""
    reason: Mapped[str] = mapped_column(default="")
    themes: Mapped[list[str]] = mapped_column(JSON, default_factory=list)
    """Names of themes, as the committee coded it."""


class ThemeList(Base):
    """The themes of a unit and those below it (`analysis.themes`); without one, those of the unit above."""

    __tablename__ = "theme_list"

    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), primary_key=True, init=False)
    source: Mapped[str] = mapped_column(Text)
    unit: Mapped[Unit] = relationship()
