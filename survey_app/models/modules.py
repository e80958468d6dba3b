"""Local modules: questions that a unit adds to a survey of a unit above it, and their sealed answers.

They are asked after the common questions, of the unit's own people, and kept apart from them ever after.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.models.base import Base
from survey_app.models.organisation import Unit
from survey_app.models.questionnaires import InstrumentVersion
from survey_app.models.surveys import Survey


class LocalModule(Base):
    """Fixed when the survey opens, by a trigger of the database."""

    __tablename__ = "local_module"

    survey_id: Mapped[UUID] = mapped_column(ForeignKey("survey.id"), primary_key=True, init=False)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), primary_key=True, init=False)
    instrument_sha256: Mapped[str] = mapped_column(ForeignKey("instrument_version.sha256"), init=False)
    survey: Mapped[Survey] = relationship()
    unit: Mapped[Unit] = relationship(lazy="joined", innerjoin=True)
    instrument: Mapped[InstrumentVersion] = relationship(lazy="joined", innerjoin=True)


class LocalDataset(Base):
    """The sealed answers to a local module: rows in an order of their own, so that none leads to common answers."""

    __tablename__ = "local_dataset"
    __table_args__ = (
        ForeignKeyConstraint(["survey_id", "unit_id"], ["local_module.survey_id", "local_module.unit_id"]),
    )

    survey_id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID] = mapped_column(primary_key=True)
    sha256: Mapped[str]
    """Of the Parquet bytes."""
    rows: Mapped[int]
    parquet: Mapped[bytes] = mapped_column(LargeBinary, deferred=True, repr=False)
    comments: Mapped[bytes] = mapped_column(LargeBinary, deferred=True, repr=False)
    """JSON: text item -> reporting group -> shuffled texts."""
