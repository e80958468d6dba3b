"""The calendar of a unit's year: what is due when, and what was done."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.base import Base, Identified


class StationKind(StrEnum):
    """Stations of a year in their order (domain.md: plan, do, check, act)."""

    OBJECTIVES = "objectives"
    PULSE_1 = "pulse_1"
    PULSE_2 = "pulse_2"
    LOOK_BACK = "look_back"
    PULSE_3 = "pulse_3"
    PULSE_4 = "pulse_4"
    ANNUAL_SURVEY = "annual_survey"
    FEEDBACK_MEETING = "feedback_meeting"


class CalendarEntry(Identified, Base):
    """A station for which a unit has chosen its own day, or which it has ticked off or left out.

    Stations without an entry follow the unit above, and at the top the usual days (services.calendar).
    """

    __tablename__ = "calendar_entry"
    __table_args__ = (UniqueConstraint("unit_id", "year", "kind"),)

    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))
    year: Mapped[int]
    kind: Mapped[StationKind]
    due_on: Mapped[date | None] = mapped_column(default=None)
    """None: the day of the unit above."""
    is_left_out: Mapped[bool] = mapped_column(default=False)
    done_on: Mapped[date | None] = mapped_column(default=None)
    note: Mapped[str] = mapped_column(default="")
