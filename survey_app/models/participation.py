"""What may be known of a survey while it runs: the counts of the day's first look."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.base import Base


class ParticipationOfDay(Base):
    """Of each group and each unit what is shown that day: rounded, or None where it is hidden.

    The next day's takes its place, and sealing destroys it: two days beside each other would tell who came between.
    """

    __tablename__ = "participation_of_day"

    survey_id: Mapped[UUID] = mapped_column(ForeignKey("survey.id"), primary_key=True)
    day: Mapped[date]
    groups: Mapped[dict[str, Any]]
    """By identifier of the reporting group."""
    units: Mapped[dict[str, Any]]
    """By identifier: the groups at and below each unit together."""
