"""The improvement plan (ISO 9001 10.2): what was proposed, what was decided on it, actions and their evidence."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.models.base import Base, Identified
from survey_app.models.organisation import Unit
from survey_app.models.people import User
from survey_app.models.surveys import Survey


class ActionStatus(StrEnum):
    """Where an action stands in plan-do-check-act."""

    PLANNED = "planned"
    UNDER_WAY = "under_way"
    DONE = "done"
    VERIFIED = "verified"
    STOPPED = "stopped"
    """Given up, with a reason; it stays in the ledger."""


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
    owner_user_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), init=False)
    unit: Mapped[Unit] = relationship()
    survey: Mapped[Survey] = relationship()
    owner_user: Mapped[User | None] = relationship(default=None)
    """The account of the responsible person, if there is one: notices of this action go there."""
    measure: Mapped[str] = mapped_column(default="")
    """What will be done."""
    status: Mapped[ActionStatus] = mapped_column(default=ActionStatus.PLANNED)
    finding: Mapped[str] = mapped_column(Text, default="")
    """What was found, in words."""
    causes: Mapped[list[str]] = mapped_column(JSON, default_factory=list)
    """Why, and why that, at most five times; the last one is the root cause."""
    process: Mapped[str] = mapped_column(default="")
    """The process it belongs to, as the list named it then: ``党员教育/组织生活``."""
    resources: Mapped[str] = mapped_column(default="")
    done_on: Mapped[date | None] = mapped_column(default=None)
    rule: Mapped[str] = mapped_column(Text, default="")
    """What was written into the rules once it had proved itself."""
    stopped_because: Mapped[str] = mapped_column(default="")
    stopped_at: Mapped[datetime | None] = mapped_column(default=None)


class Decision(StrEnum):
    """What the committee made of a proposal."""

    ADOPTED = "adopted"
    REJECTED = "rejected"


class Proposal(Identified, Base):
    """A decision on what a result proposes for an item; what nobody has decided on has no row."""

    __tablename__ = "proposal"
    __table_args__ = (UniqueConstraint("unit_id", "survey_id", "item"),)

    item: Mapped[str]
    decision: Mapped[Decision]
    decided_at: Mapped[datetime]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), init=False)
    survey_id: Mapped[UUID] = mapped_column(ForeignKey("survey.id"), init=False)
    action_id: Mapped[UUID | None] = mapped_column(ForeignKey("action.id"), init=False)
    unit: Mapped[Unit] = relationship()
    survey: Mapped[Survey] = relationship()
    action: Mapped[Action | None] = relationship(default=None)
    """What it became, where adopted."""
    reason: Mapped[str] = mapped_column(default="")
    """Why it was rejected."""


class ActionEvidence(Identified, Base):
    """A file that shows what was done; stored without what programs write into files about people and places."""

    __tablename__ = "action_evidence"

    action_id: Mapped[UUID] = mapped_column(ForeignKey("action.id"), init=False, index=True)
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    """Bytes as stored."""
    sha256: Mapped[str]
    added_at: Mapped[datetime]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True, repr=False)
    action: Mapped[Action] = relationship()
    note: Mapped[str] = mapped_column(default="")


class ProcessList(Base):
    """The processes of a unit and those below it, which actions are sorted by; without one, those of the unit above."""

    __tablename__ = "process_list"

    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), primary_key=True, init=False)
    source: Mapped[str] = mapped_column(Text)
    """One process a line, those of the second level indented."""
    unit: Mapped[Unit] = relationship()
