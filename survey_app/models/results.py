"""Sealed data, and the objectives it is held against."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.models.base import Base, Identified
from survey_app.models.organisation import Unit
from survey_app.models.surveys import Survey


class Dataset(Base):
    """The sealed dataset of a survey; comments lie apart from the coded answers."""

    __tablename__ = "dataset"

    survey_id: Mapped[UUID] = mapped_column(ForeignKey("survey.id"), primary_key=True, init=False)
    sha256: Mapped[str]
    """Of the Parquet bytes."""
    rows: Mapped[int]
    parquet: Mapped[bytes] = mapped_column(LargeBinary, deferred=True, repr=False)
    comments: Mapped[bytes] = mapped_column(LargeBinary, deferred=True, repr=False)
    """JSON: text item -> reporting group -> shuffled texts."""
    survey: Mapped[Survey] = relationship()


class ReceiptList(Base):
    """The receipts of all ballots of a sealed survey, sorted: published, so that members can look theirs up."""

    __tablename__ = "receipt_list"

    survey_id: Mapped[UUID] = mapped_column(ForeignKey("survey.id"), primary_key=True)
    receipts: Mapped[bytes] = mapped_column(LargeBinary, repr=False)
    """32 bytes each, in ascending order."""
    sha256: Mapped[str]
    """Of the printed list (services.receipts)."""


class ObjectiveRecord(Identified, Base):
    """A quality objective of a unit for a year (ISO 9001 6.2); locked by the opening of the survey that measures it."""

    __tablename__ = "objective"
    __table_args__ = (UniqueConstraint("unit_id", "year", "audience", "code"),)

    code: Mapped[str]
    year: Mapped[int]
    audience: Mapped[str]
    title: Mapped[str]
    measure: Mapped[str]
    """`analysis.types.Measure`."""
    threshold: Mapped[str]
    """Decimal as written: a share such as "0.90", or a mean, index or score in its own unit such as "85"."""
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), init=False)
    unit: Mapped[Unit] = relationship()
    target: Mapped[str | None] = mapped_column(default=None)
    owner: Mapped[str] = mapped_column(default="")
    definition: Mapped[str] = mapped_column(default="satisfied")
    """`analysis.types.Definition`."""
    satisfied_levels: Mapped[list[int] | None] = mapped_column(JSON, default=None)
    """Levels that count as satisfied, where the objective names others than the scale; None: those of the scale."""
    weights: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    """Of score100: level -> points, decimals as written; None: none needed."""
    evaluated: Mapped[str] = mapped_column(default="")
    """How and from what the objective is evaluated, in words."""
    reaches_below: Mapped[bool] = mapped_column(default=True)
    """Units below are held against it too, each with its own people."""
