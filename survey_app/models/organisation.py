"""The tree of units and how many people are eligible in each."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.models.base import Base, Identified


class UnitKind(StrEnum):
    """Kind of unit (domain.md): branches of different kinds are compared within their kind."""

    ORGAN = "organ"
    ENTERPRISE = "enterprise"
    VILLAGE = "village"
    COMMUNITY = "community"
    SOCIAL = "social_organisation"
    UNIVERSITY = "university"


class UnitLevel(StrEnum):
    WORKS_COMMITTEE = "works_committee"
    COMMITTEE = "committee"
    GENERAL_BRANCH = "general_branch"
    BRANCH = "branch"
    GROUP = "group"


class Unit(Identified, Base):
    __tablename__ = "unit"

    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    level: Mapped[UnitLevel]
    kind: Mapped[UnitKind] = mapped_column(default=UnitKind.ORGAN)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("unit.id"), default=None, index=True)
    position: Mapped[int] = mapped_column(default=0)
    """Order among siblings."""
    is_sample: Mapped[bool] = mapped_column(default=False)
    ended_on: Mapped[date | None] = mapped_column(default=None)
    """Dissolved or merged into another unit: its past results stay, nothing new is asked of it."""

    parent: Mapped[Unit | None] = relationship(remote_side="Unit.id", back_populates="children", default=None)
    children: Mapped[list[Unit]] = relationship(
        back_populates="parent", order_by="Unit.position, Unit.code", default_factory=list, repr=False
    )


class Eligibility(Identified, Base):
    """How many people of an audience belong to a unit itself (not its sub-units) on the reference day of a year."""

    __tablename__ = "eligibility"
    __table_args__ = (
        UniqueConstraint("unit_id", "year", "audience"),
        CheckConstraint("people >= 0", name="people_not_negative"),
    )

    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))
    year: Mapped[int]
    audience: Mapped[str]
    people: Mapped[int]
    reference_day: Mapped[date]
