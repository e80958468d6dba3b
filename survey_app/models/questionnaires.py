"""Questionnaires: published versions, one row per content and never changed, and drafts on the way there."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.models.base import Base, Identified
from survey_app.models.organisation import Unit


class InstrumentVersion(Base):
    __tablename__ = "instrument_version"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    """Content hash (`instruments.loader.content_hash`)."""
    code: Mapped[str] = mapped_column(index=True)
    title: Mapped[str]
    audience: Mapped[str]
    source: Mapped[str] = mapped_column(Text, repr=False)
    """The YAML as published, comments and order kept."""
    published_at: Mapped[datetime]
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("unit.id"), init=False, index=True)
    unit: Mapped[Unit | None] = relationship(default=None)
    """Whose questionnaire it is: only there new versions of its code are published. None: came with the service."""


class QuestionnaireDraft(Identified, Base):
    """A questionnaire that is being written: its YAML as it stands, fit to publish or not yet."""

    __tablename__ = "questionnaire_draft"

    source: Mapped[str] = mapped_column(Text, repr=False)
    title: Mapped[str]
    """As far as it can be read from the source."""
    changed_at: Mapped[datetime]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), init=False, index=True)
    based_on_sha256: Mapped[str | None] = mapped_column(ForeignKey("instrument_version.sha256"), init=False)
    unit: Mapped[Unit] = relationship()
    based_on: Mapped[InstrumentVersion | None] = relationship(default=None)
    revision: Mapped[int] = mapped_column(default=1)
    """Counts the changes, so that two people at once do not overwrite each other."""
