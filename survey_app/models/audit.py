"""Every act of a signed-in person. Answering leaves no entry here."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.base import Base


class AuditEntry(Base):
    __tablename__ = "audit_entry"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """From 1 without gaps."""
    at: Mapped[datetime]
    actor: Mapped[str]
    """Login of the person, or "command line"."""
    act: Mapped[str]
    """Dotted verb, e.g. "survey.close"."""
    object_kind: Mapped[str]
    object_id: Mapped[str]
    hash: Mapped[bytes] = mapped_column(LargeBinary(32), repr=False)
    """SHA-256 over the entry and the hash of the one before it (services.audit)."""
    unit_id: Mapped[UUID | None] = mapped_column(default=None, index=True)
    detail: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)


class AuditHead(Base):
    """Where the chain of entries ends; whoever writes the next one holds this row."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
