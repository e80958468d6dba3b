"""The assessment (考核): a scheme for a year, and what was found on site. Points follow from these and from results."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.models.base import Base, Identified
from survey_app.models.organisation import Unit
from survey_app.models.people import User


class AssessmentScheme(Identified, Base):
    """By which rules a committee assesses the units below it in a year; locked by the first opening of a survey of the
    year that reaches them."""

    __tablename__ = "assessment_scheme"
    __table_args__ = (UniqueConstraint("unit_id", "year"),)

    year: Mapped[int]
    source: Mapped[str] = mapped_column(Text)
    """The scheme as YAML (`survey_app.assessment`)."""
    sha256: Mapped[str]
    """Of the source as UTF-8."""
    changed_at: Mapped[datetime]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), init=False)
    unit: Mapped[Unit] = relationship()
    """Whose committee assesses."""
    locked_at: Mapped[datetime | None] = mapped_column(default=None)
    """From then on neither source nor hash changes."""


class SiteMarkKind(StrEnum):
    POINTS = "points"
    """Points given on site, or yes and no as all of them or none."""
    EXEMPT = "exempt"
    """免评: the check point does not apply to this unit; the rest of the points is scaled up."""


class SiteMark(Identified, Base):
    """What was found on site about one check point of a unit; it counts once a second person has signed it."""

    __tablename__ = "site_mark"
    __table_args__ = (
        UniqueConstraint("scheme_id", "unit_id", "check_point"),
        CheckConstraint("second_by_id is null or second_by_id <> entered_by_id", name="second_is_another"),
    )

    check_point: Mapped[str]
    """Code in the scheme."""
    kind: Mapped[SiteMarkKind]
    entered_at: Mapped[datetime]
    scheme_id: Mapped[UUID] = mapped_column(ForeignKey("assessment_scheme.id"), init=False, index=True)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), init=False)
    entered_by_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), init=False)
    second_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), init=False)
    scheme: Mapped[AssessmentScheme] = relationship()
    unit: Mapped[Unit] = relationship()
    entered_by: Mapped[User] = relationship(foreign_keys=[entered_by_id])
    second_by: Mapped[User | None] = relationship(foreign_keys=[second_by_id], default=None)
    points: Mapped[str] = mapped_column(default="")
    """A decimal as written; empty of an exemption."""
    note: Mapped[str] = mapped_column(Text, default="")
    """What was seen, or why it does not apply."""
    second_at: Mapped[datetime | None] = mapped_column(default=None)
    evidence: Mapped[list[SiteEvidence]] = relationship(
        back_populates="mark", cascade="all, delete-orphan", order_by="SiteEvidence.added_at",
        default_factory=list, repr=False,
    )  # fmt: skip


class SiteEvidence(Identified, Base):
    """A file that shows what was seen on site; cleaned as evidence of actions is (services.evidence)."""

    __tablename__ = "site_evidence"

    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    """Bytes as stored."""
    sha256: Mapped[str]
    added_at: Mapped[datetime]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True, repr=False)
    mark_id: Mapped[UUID] = mapped_column(ForeignKey("site_mark.id"), init=False, index=True)
    mark: Mapped[SiteMark] = relationship(back_populates="evidence", init=False)
