"""Earlier years of which only published figures exist, and the column maps with which files came in."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.models.base import Base, Identified
from survey_app.models.organisation import Unit


class ColumnMap(Identified, Base):
    """How the columns of a file are read, kept for the file of next year."""

    __tablename__ = "column_map"
    __table_args__ = (UniqueConstraint("unit_id", "kind", "name"),)

    name: Mapped[str]
    kind: Mapped[str]
    """"answers" or "aggregates"."""
    source: Mapped[str] = mapped_column(Text, repr=False)
    """YAML, as for the command line."""
    changed_at: Mapped[datetime]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), init=False, index=True)
    unit: Mapped[Unit] = relationship()


class PublishedSeries(Identified, Base):
    """Figures of organisations over years, as somebody published them: no answers lie behind them here."""

    __tablename__ = "published_series"
    __table_args__ = (UniqueConstraint("unit_id", "code"),)

    code: Mapped[str]
    title: Mapped[str]
    origin: Mapped[str]
    """Who published them, and under which licence."""
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), init=False, index=True)
    unit: Mapped[Unit] = relationship()
    years: Mapped[list[PublishedYear]] = relationship(
        back_populates="series", order_by="PublishedYear.year", cascade="all, delete-orphan", default_factory=list,
        repr=False,
    )  # fmt: skip


class PublishedYear(Base):
    __tablename__ = "published_year"

    series_id: Mapped[UUID] = mapped_column(ForeignKey("published_series.id"), primary_key=True, init=False)
    year: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str]
    """Of the figures."""
    figures: Mapped[bytes] = mapped_column(LargeBinary, repr=False, deferred=True)
    """JSON (services.published)."""
    imported_at: Mapped[datetime]
    series: Mapped[PublishedSeries] = relationship(back_populates="years", default=None, repr=False)
