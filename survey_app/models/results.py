"""Sealed data, the objectives it is held against, and the actions that follow from it."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, UniqueConstraint
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


class ActionStatus(StrEnum):
    """Where an action stands in plan-do-check-act."""

    PLANNED = "planned"
    UNDER_WAY = "under_way"
    DONE = "done"
    VERIFIED = "verified"


class Action(Identified, Base):
    """An improvement action (ISO 9001 10.2): what is expected of it is fixed in advance."""

    __tablename__ = "action"
    __table_args__ = (
        CheckConstraint("baseline_n > 0 and baseline_satisfied between 0 and baseline_n", name="baseline"),
    )

    title: Mapped[str]
    item: Mapped[str]
    """Code of the item that is to improve."""
    baseline_satisfied: Mapped[int]
    baseline_n: Mapped[int]
    acceptance: Mapped[str]
    """Satisfaction rate to be reached, a decimal as written."""
    owner: Mapped[str]
    due: Mapped[date]
    created_at: Mapped[datetime]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), init=False, index=True)
    survey_id: Mapped[UUID] = mapped_column(ForeignKey("survey.id"), init=False)
    unit: Mapped[Unit] = relationship()
    survey: Mapped[Survey] = relationship()
    measure: Mapped[str] = mapped_column(default="")
    """What will be done."""
    status: Mapped[ActionStatus] = mapped_column(default=ActionStatus.PLANNED)
