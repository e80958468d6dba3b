"""Exports that take longer than a page may: what was asked for, how far it is, and the file in pieces."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.models.base import Base, Identified
from survey_app.models.organisation import Unit
from survey_app.models.people import User
from survey_app.models.surveys import Survey


class JobState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class ExportJob(Identified, Base):
    """One file being made for one person; any web process can say how far it is and hand it over."""

    __tablename__ = "export_job"
    __table_args__ = (CheckConstraint("done >= 0 and total >= 0", name="progress_counted"),)

    format: Mapped[str]
    """Identifier of an exporter, or ``package``."""
    language: Mapped[str]
    asked_at: Mapped[datetime]
    survey_id: Mapped[UUID] = mapped_column(ForeignKey("survey.id"), init=False)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), init=False)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), init=False, index=True)
    survey: Mapped[Survey] = relationship()
    unit: Mapped[Unit] = relationship()
    user: Mapped[User] = relationship()
    """Whose file it is: nobody else gets it."""
    options: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    state: Mapped[JobState] = mapped_column(default=JobState.WAITING)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    """Steps of work, of which `done` are behind it; 0: not known yet."""
    seen_at: Mapped[datetime | None] = mapped_column(default=None)
    """When the process that makes it last gave a sign of life."""
    finished_at: Mapped[datetime | None] = mapped_column(default=None)
    filename: Mapped[str] = mapped_column(default="")
    mime: Mapped[str] = mapped_column(default="")
    size: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str] = mapped_column(default="")
    problem: Mapped[str] = mapped_column(default="")
    """What went wrong, as a sentence for the person who asked."""


class ExportPart(Base):
    """A piece of a finished file, so that no process ever holds the whole."""

    __tablename__ = "export_part"

    job_id: Mapped[UUID] = mapped_column(ForeignKey("export_job.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary, repr=False)
