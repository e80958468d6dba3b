"""Suggestion channels in words: rows, sentences and what the public page shows of a suggestion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask_babel import gettext as _

from survey_app import services
from survey_app.models import (
    AccessMode,
    State,
    Suggestion,
    SuggestionChannel,
    SuggestionRound,
    SuggestionState,
    Survey,
    Unit,
)
from survey_app.text_filters import iso_date, long_date
from survey_app.web.labels import label

FEWEST_COUNTED = 10
"""From how many suggestions on the public page says how many there are, and why those withheld are."""


@dataclass(frozen=True, slots=True)
class ChannelRow:
    channel: SuggestionChannel
    state: str
    waiting: int


@dataclass(frozen=True, slots=True)
class RoundRow:
    survey: Survey
    texts: str


@dataclass(frozen=True, slots=True)
class PublicSuggestion:
    """What everybody may read of a suggestion; how it was written is not part of it."""

    text: str
    unit: Unit
    answer: str
    answered_on: date | None
    action: str


@dataclass(frozen=True, slots=True)
class TakingPart:
    """Whether one can write now, and how."""

    survey: Survey | None
    sentence: str
    is_open_link: bool


def channel_rows(
    channels: Sequence[SuggestionChannel],
    rounds: Mapping[UUID, Sequence[SuggestionRound]],
    waiting: Mapping[UUID, int],
    today: date,
) -> list[ChannelRow]:
    return [
        ChannelRow(channel, _state_words(channel, rounds.get(channel.id, ()), today), waiting.get(channel.id, 0))
        for channel in channels
    ]


def _state_words(channel: SuggestionChannel, rounds: Sequence[SuggestionRound], today: date) -> str:
    present = services.present_round(rounds)
    if present is None:
        return _("between two rounds") if channel.is_active else _("no longer in use")
    survey = present.survey
    if survey.state is not State.OPEN:
        return label(survey.state)
    day = iso_date(survey.closes_on)
    return _("last day passed: %(day)s", day=day) if survey.closes_on < today else _("open until %(day)s", day=day)


def round_rows(rounds: Sequence[SuggestionRound]) -> list[RoundRow]:
    return [RoundRow(round_.survey, _texts_words(round_)) for round_ in rounds]


def _texts_words(round_: SuggestionRound) -> str:
    if round_.collected_on is not None:
        return _("in the queue since %(day)s", day=iso_date(round_.collected_on))
    if round_.survey.state is State.SEALED:
        return _("too few: unread until the next round")
    return _("destroyed unread") if round_.survey.state is State.WITHDRAWN else _("in the ballot box, unread")


def next_step(channel: SuggestionChannel, rounds: Sequence[SuggestionRound], today: date) -> str:
    """What the committee can do now, in one or two sentences."""
    present = services.present_round(rounds)
    if present is None:
        if not channel.is_active:
            return _("The channel has ended. What has been answered stays on its public page.")
        return _("No round is under way: nobody can write anything now.")
    day = long_date(present.survey.closes_on)
    if present.survey.state is State.DRAFT:
        return _("The next round is a draft. Opening it makes its slips or its link; until then nobody can write.")
    if present.survey.state is State.CLOSED:
        return _("The round is over. When the scrutineers have counted and sealed it, its suggestions can be read.")
    if present.survey.closes_on < today:
        return _("The last day, %(day)s, has passed. Please close the round; then it is counted and sealed.", day=day)
    return _("Suggestions are taken until %(day)s. Nobody can read one before the round is sealed.", day=day)


def ending_consequences(rounds: Sequence[SuggestionRound]) -> list[str]:
    """What ending a channel does."""
    present = services.present_round(rounds)
    under_way = {
        State.DRAFT: _("The round in preparation is discarded."),
        State.OPEN: _("The round that is open goes on to its last day and is counted; its suggestions can be read."),
        State.CLOSED: _("The round that is closed can still be counted and sealed; its suggestions can be read."),
    }
    return [
        _("No further round begins. This cannot be undone; another channel can be set up."),
        *([under_way[present.survey.state]] if present else []),
        *(
            [_("Suggestions that wait for a next round because they were too few are never read.")]
            if any(map(services.is_unread, rounds))
            else []
        ),
        _("The public page stays, and what is in the queue can still be released and answered."),
    ]


def counts_by_state(suggestions: Sequence[Suggestion]) -> dict[SuggestionState, list[Suggestion]]:
    """The queue in its three parts."""
    return {state: [one for one in suggestions if one.state is state] for state in SuggestionState}


def public_suggestions(suggestions: Sequence[Suggestion]) -> list[PublicSuggestion]:
    """Those released: answered ones first, the latest answer on top, else in their order."""
    released = [one for one in suggestions if one.state is SuggestionState.RELEASED]
    released.sort(key=lambda one: one.answered_on or date.min, reverse=True)
    return [
        PublicSuggestion(
            one.shown, one.unit, one.answer, one.answered_on, label(one.action.status) if one.action else ""
        )
        for one in released
    ]


def public_counts(suggestions: Sequence[Suggestion]) -> list[str]:
    """How many have been read and what became of them; only from ten on."""
    if len(suggestions) < FEWEST_COUNTED:
        return []
    states = Counter(one.state for one in suggestions)
    withheld = states[SuggestionState.WITHHELD]
    said = _(
        "%(count)s suggestions have come so far: %(released)s stand below, %(waiting)s are not decided yet, "
        "%(withheld)s are withheld.",
        count=len(suggestions), released=states[SuggestionState.RELEASED],
        waiting=states[SuggestionState.WAITING], withheld=withheld,
    )  # fmt: skip
    if withheld < FEWEST_COUNTED:
        return [said]
    reasons = Counter(services.reason_of(one)[0] for one in suggestions if one.state is SuggestionState.WITHHELD)
    return [said, *(_("%(reason)s: %(count)s", reason=label(reason), count=reasons[reason])
                    for reason in services.WithholdReason if reasons[reason])]  # fmt: skip


def taking_part(channel: SuggestionChannel, rounds: Sequence[SuggestionRound], today: date) -> TakingPart:
    """How to write a suggestion now, as the public page says it."""
    running = next((one.survey for one in rounds if one.survey.state is State.OPEN), None)
    if running is None or running.closes_on < today:
        if not channel.is_active:
            return TakingPart(None, _("This channel has ended and takes no more suggestions."), is_open_link=False)
        over = [one for one in rounds if one.survey.state in (State.OPEN, State.CLOSED)]
        if over:
            return TakingPart(None, _("This round is over. Its suggestions are read when they have been counted, and "
                                      "answered here."), is_open_link=False)  # fmt: skip
        return TakingPart(None, _("No suggestions are taken at the moment. The next round is announced on the notice "
                                  "board."), is_open_link=False)  # fmt: skip
    day = long_date(running.closes_on)
    if running.access_mode is AccessMode.OPEN:
        return TakingPart(running, _("Open your unit’s page below until %(day)s.", day=day), is_open_link=True)
    said = {
        AccessMode.CODES: _("Your code is on your slip: scan it or type the address on it, until %(day)s. Who has no "
                            "slip yet draws one from the box.", day=day),
        AccessMode.PERSONAL: _("Your code is on the slip or in the message that you were given: use it until "
                               "%(day)s.", day=day),
    }  # fmt: skip
    return TakingPart(running, said[running.access_mode], is_open_link=False)


def is_unverified(rounds: Sequence[SuggestionRound]) -> bool:
    """Whether anybody could write in a round that was opened."""
    begun = (one.survey for one in rounds if one.survey.state in (State.OPEN, State.CLOSED, State.SEALED))
    return any(survey.access_mode is AccessMode.OPEN for survey in begun)
