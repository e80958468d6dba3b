"""Suggestion channels: rounds of the ballot box in which people write what could be better, and what became of it."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.models.base import Base, Identified
from survey_app.models.improvement import Action
from survey_app.models.organisation import Unit
from survey_app.models.questionnaires import InstrumentVersion
from survey_app.models.surveys import Survey


class SuggestionChannel(Identified, Base):
    """A standing invitation to the people of a unit; its rounds are surveys, one after the other."""

    __tablename__ = "suggestion_channel"

    slug: Mapped[str] = mapped_column(unique=True)
    """Random, in the address of the public page."""
    title: Mapped[str]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), init=False, index=True)
    instrument_sha256: Mapped[str] = mapped_column(ForeignKey("instrument_version.sha256"), init=False)
    unit: Mapped[Unit] = relationship(lazy="joined", innerjoin=True)
    instrument: Mapped[InstrumentVersion] = relationship()
    months: Mapped[int] = mapped_column(default=3)
    """How long a round lasts."""
    is_active: Mapped[bool] = mapped_column(default=True)


class SuggestionRound(Base):
    __tablename__ = "suggestion_round"

    survey_id: Mapped[UUID] = mapped_column(ForeignKey("survey.id"), primary_key=True, init=False)
    channel_id: Mapped[UUID] = mapped_column(ForeignKey("suggestion_channel.id"), init=False, index=True)
    survey: Mapped[Survey] = relationship(lazy="joined", innerjoin=True)
    channel: Mapped[SuggestionChannel] = relationship()
    collected_on: Mapped[date | None] = mapped_column(default=None)
    """The day on which its texts went into the queue; None: not sealed yet."""


class SuggestionState(StrEnum):
    WAITING = "waiting"
    """Nobody has decided."""
    RELEASED = "released"
    """On the public page, in the words of `shown`."""
    WITHHELD = "withheld"
    """Never shown; the reason is."""


class Suggestion(Identified, Base):
    __tablename__ = "suggestion"

    position: Mapped[int]
    """In an order that follows from the texts alone."""
    original: Mapped[str] = mapped_column(Text, repr=False)
    """As written; only moderators read it."""
    shown: Mapped[str] = mapped_column(Text)
    """What the public page says: names and numbers taken out."""
    survey_id: Mapped[UUID] = mapped_column(ForeignKey("suggestion_round.survey_id"), index=True)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), init=False, index=True)
    action_id: Mapped[UUID | None] = mapped_column(ForeignKey("action.id"), init=False)
    unit: Mapped[Unit] = relationship(lazy="joined", innerjoin=True)
    """The smallest unit whose people may be told apart here; where too few wrote it is one further up."""
    action: Mapped[Action | None] = relationship(default=None)
    state: Mapped[SuggestionState] = mapped_column(default=SuggestionState.WAITING)
    reason: Mapped[str] = mapped_column(default="")
    """Why it is withheld."""
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_on: Mapped[date | None] = mapped_column(default=None)
