"""A survey: one administration of one questionnaire version to one audience of one unit tree in one period."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from instruments.wording import N_
from survey_app.errors import Refusal
from survey_app.models.base import Base, Identified
from survey_app.models.organisation import Unit
from survey_app.models.questionnaires import InstrumentVersion


class State(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    SEALED = "sealed"


class AccessMode(StrEnum):
    CODES = "codes"
    """One-time codes printed on slips."""
    OPEN = "open"
    """A link anybody can use: figures are marked unverified."""
    IMPORTED = "imported"
    """Answers of an earlier year brought in from a file."""


class StateError(Refusal):
    """The survey is not in the state that an act needs."""

    sentences: ClassVar[dict[str, str]] = {
        State.DRAFT: N_("This is not possible yet: the survey has not been opened."),
        State.OPEN: N_("This is not possible now: the survey is open."),
        State.CLOSED: N_("This is not possible any more: the survey is closed."),
        State.SEALED: N_("This is not possible any more: the survey is sealed."),
    }

    def __init__(self, survey: Survey, *needed: State) -> None:
        self.survey, self.needed = survey, needed
        super().__init__(survey.state)


class Survey(Identified, Base):
    __tablename__ = "survey"
    __table_args__ = (
        CheckConstraint("threshold >= 5", name="threshold_not_below_5"),
        CheckConstraint("state in ('draft', 'open', 'closed', 'sealed')", name="state"),
    )

    slug: Mapped[str] = mapped_column(unique=True)
    """Random, in the address that members see."""
    title: Mapped[str]
    year: Mapped[int] = mapped_column(index=True)
    audience: Mapped[str]
    closes_on: Mapped[date]
    reference_day: Mapped[date]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), init=False)
    instrument_sha256: Mapped[str] = mapped_column(ForeignKey("instrument_version.sha256"), init=False)
    unit: Mapped[Unit] = relationship(lazy="joined", innerjoin=True)
    instrument: Mapped[InstrumentVersion] = relationship()
    access_mode: Mapped[AccessMode] = mapped_column(default=AccessMode.CODES)
    threshold: Mapped[int] = mapped_column(default=10)
    state: Mapped[State] = mapped_column(default=State.DRAFT)
    is_sample: Mapped[bool] = mapped_column(default=False)
    opened_at: Mapped[datetime | None] = mapped_column(default=None)
    closed_at: Mapped[datetime | None] = mapped_column(default=None)
    sealed_at: Mapped[datetime | None] = mapped_column(default=None)
    locked_rules: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    """Objectives, definitions and thresholds as they stood when the survey opened (services.rules)."""

    groups: Mapped[list[ReportingGroup]] = relationship(
        back_populates="survey",
        cascade="all, delete-orphan",
        order_by="ReportingGroup.position, ReportingGroup.slug",
        default_factory=list,
        repr=False,
    )

    def require(self, *states: State) -> None:
        """Raises StateError unless the survey is in one of these states."""
        if self.state not in states:
            raise StateError(self, *states)


class ReportingGroup(Identified, Base):
    """The smallest unit with enough eligible people; smaller units are folded into their parent's group."""

    __tablename__ = "reporting_group"
    __table_args__ = (UniqueConstraint("survey_id", "unit_id"), UniqueConstraint("survey_id", "slug"))

    slug: Mapped[str]
    eligible: Mapped[int | None]
    """People of this unit and of the units folded into it, as fixed at opening; None: an import that does not know."""
    issued: Mapped[int]
    survey_id: Mapped[UUID] = mapped_column(ForeignKey("survey.id"), init=False, index=True)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), init=False)
    unit: Mapped[Unit] = relationship(lazy="joined", innerjoin=True)
    position: Mapped[int] = mapped_column(default=0)
    """Order of the unit in the tree at opening."""
    folded_units: Mapped[list[str]] = mapped_column(default_factory=list)
    """Codes of the units whose people are counted here besides the unit's own."""
    survey: Mapped[Survey] = relationship(back_populates="groups", default=None, repr=False)
