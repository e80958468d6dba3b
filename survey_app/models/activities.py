"""An activity, such as a themed party day, with the two surveys around it: opinions before, evaluation after."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.models.base import Base, Identified
from survey_app.models.organisation import Unit
from survey_app.models.surveys import Survey


class Activity(Identified, Base):
    __tablename__ = "activity"

    title: Mapped[str]
    held_on: Mapped[date]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), init=False, index=True)
    before_id: Mapped[UUID | None] = mapped_column(ForeignKey("survey.id"), init=False, unique=True)
    after_id: Mapped[UUID | None] = mapped_column(ForeignKey("survey.id"), init=False, unique=True)
    unit: Mapped[Unit] = relationship()
    before: Mapped[Survey | None] = relationship(foreign_keys="Activity.before_id", default=None)
    """The survey that gathers opinions; None: not made, or discarded."""
    after: Mapped[Survey | None] = relationship(foreign_keys="Activity.after_id", default=None)
    """The survey that evaluates."""
