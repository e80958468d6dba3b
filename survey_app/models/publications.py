"""The public page of a result (公开): what a committee has chosen to show everybody."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.models.base import Base, Identified
from survey_app.models.organisation import Unit
from survey_app.models.surveys import Survey


class Publication(Identified, Base):
    """One page for one unit and survey; its figures are those of the unit's Report, whatever is chosen."""

    __tablename__ = "publication"
    __table_args__ = (UniqueConstraint("unit_id", "survey_id"),)

    slug: Mapped[str] = mapped_column(unique=True)
    """Random, in the address that everybody may open."""
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), init=False)
    survey_id: Mapped[UUID] = mapped_column(ForeignKey("survey.id"), init=False)
    unit: Mapped[Unit] = relationship()
    survey: Mapped[Survey] = relationship()
    foreword: Mapped[str] = mapped_column(Text, default="")
    parts: Mapped[list[str]] = mapped_column(JSON, default_factory=list)
    """Blocks to be shown, in the order of the page."""
    said_and_done: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default_factory=list)
    """You said, we did: ``{"action": id, "said": …, "did": …, "theme": …}`` in order; status and verdict
    come from the action."""
    published_at: Mapped[datetime | None] = mapped_column(default=None)
    """None: not shown to anybody yet, or not any more."""
