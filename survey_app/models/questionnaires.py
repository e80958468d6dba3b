"""Published questionnaires: one row per content, never changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.base import Base


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
