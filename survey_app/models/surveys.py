"""A survey: one administration of one questionnaire version to one audience of one unit tree in one period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from instruments.wording import N_
from survey_app.errors import Refusal
from survey_app.models.base import Base, Identified
from survey_app.models.organisation import Unit
from survey_app.models.questionnaires import InstrumentVersion

GRACE = timedelta(minutes=30)
"""How long ballots already under way are taken after a survey has closed."""


class State(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    SEALED = "sealed"
    WITHDRAWN = "withdrawn"
    """Found faulty while it ran: nothing was opened, all ballots were destroyed."""


class AccessMode(StrEnum):
    CODES = "codes"
    """One-time codes printed on slips that are drawn from a box."""
    PERSONAL = "personal"
    """One-time codes on slips made for named people; no list joins them."""
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
        State.WITHDRAWN: N_("This is not possible any more: the survey has been withdrawn."),
    }

    def __init__(self, survey: Survey | Standing, *needed: State) -> None:
        self.survey, self.needed = survey, needed
        super().__init__(survey.state)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a survey has come: whether it gives passes and takes ballots follows from this and the moment alone."""

    state: State
    closes_on: date
    closed_at: datetime | None
    counted_at: datetime | None

    def gives_passes(self, today: date) -> bool:
        return self.state is State.OPEN and today <= self.closes_on

    def takes_ballots(self, now: datetime) -> bool:
        """Open, or closed so recently that a ballot may still be under way, and not yet counted.

        A clock that was set back after closing does not open the box again for as long as it was set back.
        """
        if self.state is State.OPEN:
            return True
        is_recent = self.closed_at is not None and abs(now - self.closed_at) < GRACE
        return self.state is State.CLOSED and self.counted_at is None and is_recent


class Survey(Identified, Base):
    __tablename__ = "survey"
    __table_args__ = (
        CheckConstraint("threshold >= 5", name="threshold_not_below_5"),
        CheckConstraint("state in ('draft', 'open', 'closed', 'sealed', 'withdrawn')", name="state"),
        CheckConstraint("access_mode in ('codes', 'personal', 'open', 'imported')", name="access_mode"),
        CheckConstraint("scrutineers in (1, 3)", name="scrutineers_one_or_three"),
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
    family: Mapped[list[str] | None] = mapped_column(JSON, default=None)
    """Items chosen to carry the year-over-year verdicts, at most six; None: overall, then those of objectives and
    actions. Counts while the survey is a draft; opening copies it into `locked_rules`."""
    scrutineers: Mapped[int] = mapped_column(default=3)
    """Who hold the passphrases of the opening key: of three any two open it, one opens it alone."""
    accepts_played: Mapped[bool] = mapped_column(default=True)
    """The server may play the voter for a browser that cannot encrypt."""
    has_receipts: Mapped[bool] = mapped_column(default=True)
    """The list of receipts is published at sealing."""
    envelope_key: Mapped[bytes | None] = mapped_column(LargeBinary, default=None, repr=False)
    """Public key of the envelopes; None: without ballot box (a draft, an import, or opened before there was one)."""
    envelope_size: Mapped[int | None] = mapped_column(default=None)
    """Bytes that hold the longest possible answers, as fixed at opening."""
    opening_lock: Mapped[bytes | None] = mapped_column(LargeBinary, default=None, repr=False)
    """The private key under the scrutineers' passphrases (crypto.guardians); destroyed at sealing."""
    counted_at: Mapped[datetime | None] = mapped_column(default=None)
    """When the box was opened and counted: nothing arrives any more."""
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)
    withdrawn_because: Mapped[str | None] = mapped_column(default=None)
    played_ballots: Mapped[int | None] = mapped_column(default=None)
    """Ballots whose voter the server played, as counted at sealing."""

    groups: Mapped[list[ReportingGroup]] = relationship(
        back_populates="survey",
        cascade="all, delete-orphan",
        order_by="ReportingGroup.position, ReportingGroup.slug",
        default_factory=list,
        repr=False,
    )

    @property
    def has_credentials(self) -> bool:
        """Entry is by code; otherwise whoever has the link may answer and figures are unverified."""
        return self.access_mode in (AccessMode.CODES, AccessMode.PERSONAL)

    @property
    def has_ballot_box(self) -> bool:
        """Envelopes open to the scrutineers alone."""
        return self.envelope_key is not None

    @property
    def last_day(self) -> date:
        """On which answering ends, or ended if the survey was closed early."""
        return self.closes_on if self.closed_at is None else min(self.closes_on, self.closed_at.astimezone().date())

    @property
    def standing(self) -> Standing:
        return Standing(self.state, self.closes_on, self.closed_at, self.counted_at)

    def takes_ballots(self, now: datetime) -> bool:
        """As `Standing.takes_ballots`."""
        return self.standing.takes_ballots(now)

    def require(self, *states: State) -> None:
        """Raises StateError unless the survey is in one of these states."""
        if self.state not in states:
            raise StateError(self, *states)


class ReportingGroup(Identified, Base):
    """The smallest unit with enough eligible people; smaller units are folded into their parent's group."""

    __tablename__ = "reporting_group"
    __table_args__ = (
        UniqueConstraint("survey_id", "unit_id"),
        UniqueConstraint("survey_id", "slug"),
        CheckConstraint("issued <= eligible + spares", name="no_more_slips_than_people_and_spares"),
    )

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
    spares: Mapped[int] = mapped_column(default=0)
    """Slips given out for lost ones; published with the returns."""
    public_key: Mapped[bytes | None] = mapped_column(LargeBinary, default=None, repr=False)
    """Verifies the credentials of this group."""
    signing_key: Mapped[bytes | None] = mapped_column(LargeBinary, default=None, repr=False)
    """Signs them: encrypted under the installation secret, destroyed at sealing."""
    survey: Mapped[Survey] = relationship(back_populates="groups", default=None, repr=False)
