"""Every act of a signed-in person. Answering leaves no entry here."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.base import Base


class AuditEntry(Base):
    __tablename__ = "audit_entry"

    number: Mapped[int] = mapped_column(primary_key=True, init=False, autoincrement=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    """Login of the person, or "command line"."""
    act: Mapped[str]
    """Dotted verb, e.g. "survey.close"."""
    object_kind: Mapped[str]
    object_id: Mapped[str]
    unit_id: Mapped[UUID | None] = mapped_column(default=None, index=True)
    detail: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
