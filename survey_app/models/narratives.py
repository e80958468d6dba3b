"""What a committee writes into the annual report, beside the sentences that follow from the figures."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.base import Base


class ReportNarrative(Base):
    """The text of one section of the annual report of a unit; a section without a row has the generated words alone."""

    __tablename__ = "report_narrative"

    survey_id: Mapped[UUID] = mapped_column(ForeignKey("survey.id"), primary_key=True)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    section: Mapped[str] = mapped_column(primary_key=True)
    """Key of a section of the outline (`exports.outline`)."""
    text: Mapped[str] = mapped_column(Text)
    """Paragraphs, a line each; marks such as 【总体满意率】 stand for figures and are filled in when it is read."""
    changed_at: Mapped[datetime]
