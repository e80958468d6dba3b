"""Suggestion channels and their rounds: standing invitations whose rounds are ordinary surveys, one after the other.

What becomes of the texts after sealing is `suggestion_texts`, what moderators do with them `moderation`.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from survey_app.clock import Clock
from survey_app.errors import ChannelRefused
from survey_app.models import (
    AccessMode,
    InstrumentVersion,
    State,
    Suggestion,
    SuggestionChannel,
    SuggestionRound,
    SuggestionState,
    Survey,
    Unit,
)
from survey_app.services.audit import Actor, record
from survey_app.services.drafts import create_survey, discard_survey, fresh_slug
from survey_app.services.questionnaires import instrument_of, versions

USUAL_QUESTIONNAIRE = "suggestion-box"
USUAL_THRESHOLD = 10


@dataclass(frozen=True, slots=True)
class RoundSettings:
    """What of a round is not the channel's own: how people get in, and who opens the box."""

    access_mode: AccessMode = AccessMode.CODES
    threshold: int = USUAL_THRESHOLD
    scrutineers: int = 3
    accepts_played: bool = True
    has_receipts: bool = True


def open_channel(
    session: Session, *, title: str, unit: Unit, version: InstrumentVersion, months: int, by: Actor, clock: Clock
) -> SuggestionChannel:
    """Set up a channel; nobody can write anything before its first round is open. Raises: ChannelRefused."""
    if not takes_suggestions(version):
        raise ChannelRefused("questionnaire")
    channel = SuggestionChannel(slug=fresh_slug(), title=title, unit=unit, instrument=version, months=months)
    session.add(channel)
    record(session, by, "channel.open", channel, clock=clock, unit=unit, title=title)
    return channel


def takes_suggestions(version: InstrumentVersion) -> bool:
    """Asked at any time of the year, with a question to be answered in one's own words."""
    instrument = instrument_of(version)
    return not instrument.is_annual and bool(instrument.text_items)


def suggestion_questionnaires(session: Session, within: Collection[UUID]) -> list[InstrumentVersion]:
    """Those that a channel may use, of the service and of these units, the usual one first."""
    fitting = [version for version in versions(session, within) if takes_suggestions(version)]
    return sorted(fitting, key=lambda version: version.code != USUAL_QUESTIONNAIRE)


def start_round(
    session: Session,
    channel: SuggestionChannel,
    *,
    closes_on: date,
    settings: RoundSettings | None = None,
    by: Actor,
    clock: Clock,
) -> Survey:
    """The draft of the next round, by default with the settings of the last; it is opened like any survey.

    Raises: ChannelRefused where the channel has ended or a round is not yet over.
    """
    session.refresh(channel, with_for_update=True)  # of two at the same instant the second finds the first one's round
    rounds = rounds_of(session, channel)
    if not channel.is_active:
        raise ChannelRefused("ended")
    if present_round(rounds) is not None:
        raise ChannelRefused("under_way")
    chosen, today = settings or last_settings(rounds), clock.today()
    survey = create_survey(
        session,
        title=f"{channel.title} · {today:%Y-%m}",
        year=today.year,
        unit=channel.unit,
        version=channel.instrument,
        access_mode=chosen.access_mode,
        closes_on=closes_on,
        reference_day=today,
        threshold=chosen.threshold,
        scrutineers=chosen.scrutineers,
        accepts_played=chosen.accepts_played,
        has_receipts=chosen.has_receipts,
        by=by,
        clock=clock,
    )
    session.add(SuggestionRound(survey=survey, channel=channel))
    session.flush()
    return survey


def last_settings(rounds: Sequence[SuggestionRound]) -> RoundSettings:
    """Those of the latest round, the usual ones before the first."""
    if not rounds:
        return RoundSettings()
    last = rounds[0].survey
    return RoundSettings(last.access_mode, last.threshold, last.scrutineers, last.accepts_played, last.has_receipts)


def usual_last_day(channel: SuggestionChannel, today: date) -> date:
    """As many months from today as a round of the channel lasts, on the last day of a month where need be."""
    years, month = divmod(today.month - 1 + channel.months, 12)
    year = today.year + years
    return date(year, month + 1, min(today.day, monthrange(year, month + 1)[1]))


def follow_with_copy(session: Session, withdrawn: Survey, copy: Survey) -> None:
    """The corrected copy of a withdrawn round is the next round of the same channel; of other surveys nothing."""
    round_ = session.get(SuggestionRound, withdrawn.id)
    if round_ is not None:
        session.add(SuggestionRound(survey=copy, channel=round_.channel))


def end_channel(session: Session, channel: SuggestionChannel, *, by: Actor, clock: Clock) -> None:
    """No round follows: a draft is discarded, a round under way runs its course, and what is public stays.

    Raises: ChannelRefused where the channel has ended before.
    """
    if not channel.is_active:
        raise ChannelRefused("ended")
    present = present_round(rounds_of(session, channel))
    if present is not None and present.survey.state is State.DRAFT:
        discard_survey(session, present.survey, by=by, clock=clock)
    channel.is_active = False
    record(session, by, "channel.end", channel, clock=clock, unit=channel.unit, title=channel.title)


def channels_of(session: Session, units: Collection[UUID]) -> list[SuggestionChannel]:
    """Channels of these units, those in use first."""
    found = select(SuggestionChannel).where(SuggestionChannel.unit_id.in_(units))
    return list(session.scalars(found.order_by(SuggestionChannel.is_active.desc(), SuggestionChannel.title)))


def channel_by_slug(session: Session, slug: str) -> SuggestionChannel | None:
    return session.scalar(select(SuggestionChannel).where(SuggestionChannel.slug == slug))


def rounds_of(session: Session, channel: SuggestionChannel) -> list[SuggestionRound]:
    """Latest first; a draft comes before all."""
    return rounds_by_channel(session, [channel]).get(channel.id, [])


def rounds_by_channel(session: Session, channels: Iterable[SuggestionChannel]) -> Mapping[UUID, list[SuggestionRound]]:
    """The same for several; one query."""
    wanted = [channel.id for channel in channels]
    found = session.scalars(
        select(SuggestionRound)
        .join(SuggestionRound.survey)
        .where(SuggestionRound.channel_id.in_(wanted))
        .order_by(Survey.opened_at.is_not(None), Survey.opened_at.desc())
    )
    rounds: defaultdict[UUID, list[SuggestionRound]] = defaultdict(list)
    for round_ in found:
        rounds[round_.channel_id].append(round_)
    return rounds


def present_round(rounds: Sequence[SuggestionRound]) -> SuggestionRound | None:
    """The round in preparation or under way."""
    over = (State.SEALED, State.WITHDRAWN)
    return next((round_ for round_ in rounds if round_.survey.state not in over), None)


def is_unread(round_: SuggestionRound) -> bool:
    """Counted, but with so few texts that they wait for those of the next round, unread."""
    return round_.survey.state is State.SEALED and round_.collected_on is None


def suggestions_in(
    session: Session,
    channel: SuggestionChannel,
    *,
    state: SuggestionState | None = None,
    units: Collection[UUID] | None = None,
) -> list[Suggestion]:
    """What has been collected, in an order that follows from the texts alone; `units`: of these only."""
    wanted = (
        select(Suggestion)
        .join(SuggestionRound, SuggestionRound.survey_id == Suggestion.survey_id)
        .where(SuggestionRound.channel_id == channel.id)
        .options(joinedload(Suggestion.action))
    )
    if state is not None:
        wanted = wanted.where(Suggestion.state == state)
    if units is not None:
        wanted = wanted.where(Suggestion.unit_id.in_(units))
    return list(session.scalars(wanted.order_by(Suggestion.position, Suggestion.original)))


def channel_of(session: Session, suggestion: Suggestion) -> SuggestionChannel:
    return session.get_one(SuggestionRound, suggestion.survey_id).channel


def waiting_by_channel(session: Session, units: Collection[UUID]) -> dict[UUID, int]:
    """Suggestions of these units that nobody has decided on, by channel."""
    counted = (
        select(SuggestionRound.channel_id, func.count().label("waiting"))
        .join(Suggestion, Suggestion.survey_id == SuggestionRound.survey_id)
        .where(Suggestion.state == SuggestionState.WAITING, Suggestion.unit_id.in_(units))
        .group_by(SuggestionRound.channel_id)
    )
    return {row.channel_id: row.waiting for row in session.execute(counted)}


def waiting_suggestions(session: Session, units: Iterable[Unit]) -> int:
    """How many suggestions of these units wait for a moderator."""
    return sum(waiting_by_channel(session, [unit.id for unit in units]).values())
