"""The management review (ISO 9001 9.3): what was looked at, who was there, what was decided, who signed."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.models.base import Base, Identified
from survey_app.models.improvement import Action
from survey_app.models.organisation import Unit
from survey_app.models.people import User
from survey_app.models.surveys import Survey


class Review(Identified, Base):
    """A meeting of a committee on the results of a year. Once signed, nothing of it changes."""

    __tablename__ = "review"
    __table_args__ = (
        CheckConstraint("present <= expected", name="no_more_present_than_expected"),
        CheckConstraint("expected >= 0 and present >= 0", name="people_counted"),
    )

    year: Mapped[int]
    """Of the results that are reviewed; the meeting is usually in the first quarter after it."""
    held_on: Mapped[date]
    created_at: Mapped[datetime]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), init=False, index=True)
    unit: Mapped[Unit] = relationship()
    unit_name: Mapped[str]
    """As it was when the head of the minutes was last written."""
    place: Mapped[str] = mapped_column(default="")
    chair: Mapped[str] = mapped_column(default="")
    recorder: Mapped[str] = mapped_column(default="")
    expected: Mapped[int | None] = mapped_column(default=None)
    """应到: people who should be there."""
    present: Mapped[int | None] = mapped_column(default=None)
    """实到."""
    guests: Mapped[str] = mapped_column(default="")
    """Who else took part (列席)."""
    closing: Mapped[str] = mapped_column(Text, default="")
    """What the chair said in the end."""
    signed_at: Mapped[datetime | None] = mapped_column(default=None)
    """When the last needed signature was given; from then on frozen."""
    sha256: Mapped[str] = mapped_column(default="")
    """Of the minutes with the results they rest on (services.reviews), as signed."""
    results: Mapped[list[ReviewedResult]] = relationship(
        back_populates="review", cascade="all, delete-orphan", default_factory=list, repr=False
    )
    points: Mapped[list[AgendaPoint]] = relationship(
        back_populates="review", cascade="all, delete-orphan", order_by="AgendaPoint.position",
        default_factory=list, repr=False,
    )  # fmt: skip
    signatures: Mapped[list[ReviewSignature]] = relationship(
        back_populates="review", cascade="all, delete-orphan", order_by="ReviewSignature.signed_at",
        default_factory=list, repr=False,
    )  # fmt: skip


class ReviewedResult(Base):
    """A result as it was looked at: the very Report, so that it can be said whether today's is still the same."""

    __tablename__ = "reviewed_result"

    review_id: Mapped[UUID] = mapped_column(ForeignKey("review.id"), primary_key=True, init=False)
    survey_id: Mapped[UUID] = mapped_column(ForeignKey("survey.id"), primary_key=True, init=False)
    sha256: Mapped[str]
    """Of the Report's JSON (analysis.report_json)."""
    report: Mapped[bytes] = mapped_column(LargeBinary, deferred=True, repr=False)
    """That JSON, deflated."""
    review: Mapped[Review] = relationship(back_populates="results", init=False)
    survey: Mapped[Survey] = relationship()


class PointKind(StrEnum):
    """What an agenda point is about (inputs of ISO 9001 9.3.2 that a survey can give)."""

    RETURNS = "returns"
    OBJECTIVES = "objectives"
    SATISFACTION = "satisfaction"
    CHANGES = "changes"
    PRIORITIES = "priorities"
    COMMENTS = "comments"
    ACTIONS = "actions"
    UNITS = "units"
    OTHER = "other"


class AgendaPoint(Identified, Base):
    __tablename__ = "agenda_point"

    position: Mapped[int]
    kind: Mapped[PointKind]
    title: Mapped[str]
    review_id: Mapped[UUID] = mapped_column(ForeignKey("review.id"), init=False, index=True)
    action_id: Mapped[UUID | None] = mapped_column(ForeignKey("action.id"), init=False)
    review: Mapped[Review] = relationship(back_populates="points", init=False)
    action: Mapped[Action | None] = relationship(default=None)
    """The action that was decided on here."""
    action_title: Mapped[str] = mapped_column(default="")
    """As it was when the point was last written."""
    facts: Mapped[str] = mapped_column(Text, default="")
    """What the results say: filled in from the findings, one sentence a line."""
    discussion: Mapped[str] = mapped_column(Text, default="")
    decision: Mapped[str] = mapped_column(Text, default="")
    responsible: Mapped[str] = mapped_column(default="")
    due: Mapped[date | None] = mapped_column(default=None)


class ReviewSignature(Identified, Base):
    """Somebody signed what the minutes said at that moment."""

    __tablename__ = "review_signature"
    __table_args__ = (UniqueConstraint("review_id", "user_id"),)

    name: Mapped[str]
    role: Mapped[str]
    """`UserRole` in which it was signed."""
    signed_at: Mapped[datetime]
    sha256: Mapped[str]
    """Of the minutes with the results they rest on, as they stood."""
    review_id: Mapped[UUID] = mapped_column(ForeignKey("review.id"), init=False)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), init=False)
    review: Mapped[Review] = relationship(back_populates="signatures", init=False)
    user: Mapped[User] = relationship()
