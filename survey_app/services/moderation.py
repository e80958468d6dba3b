"""What moderators do with a suggestion: release it, answer it, withhold it, join it to an action.

The record of acts tells that and when, and what was answered; never what was written, nor the words of a withheld text.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.errors import SuggestionRefused
from survey_app.models import Action, Suggestion, SuggestionState
from survey_app.services.audit import Actor, record


class WithholdReason(StrEnum):
    """Why a suggestion is not released."""

    RECOGNISABLE = "recognisable"
    INSULT = "insult"
    NO_SUGGESTION = "no_suggestion"
    DOUBLED = "doubled"


def release_suggestion(
    session: Session, suggestion: Suggestion, *, shown: str, answer: str = "", by: Actor, clock: Clock
) -> None:
    """Put a suggestion on the public page in the words of `shown`, with an answer or without one yet.

    Done again it changes the words or the answer.
    """
    before = suggestion.state
    if before is not SuggestionState.RELEASED or shown != suggestion.shown:
        suggestion.state, suggestion.shown, suggestion.reason = SuggestionState.RELEASED, shown, ""
        record(session, by, "suggestion.release", suggestion, clock=clock, before=before, after=suggestion.state)
    if answer != suggestion.answer:
        record(
            session, by, "suggestion.answer", suggestion, clock=clock,
            before=suggestion.answer or None, after=answer or None,
        )  # fmt: skip
        suggestion.answer, suggestion.answered_on = answer, clock.today() if answer else None


def withhold_suggestion(
    session: Session, suggestion: Suggestion, *, reason: WithholdReason, words: str = "", by: Actor, clock: Clock
) -> None:
    """Never show a suggestion, or show it no longer. `words` are for other moderators."""
    before = suggestion.state
    suggestion.state, suggestion.reason = SuggestionState.WITHHELD, f"{reason.value}:{words}"
    record(
        session, by, "suggestion.withhold", suggestion, clock=clock,
        before=before, after=suggestion.state, reason=reason,
    )  # fmt: skip


def reason_of(suggestion: Suggestion) -> tuple[WithholdReason | None, str]:
    """Why a suggestion is withheld, and what the moderator added; (None, "") where it is not."""
    kind, _colon, words = suggestion.reason.partition(":")
    return (WithholdReason(kind), words) if kind else (None, "")


def join_action(session: Session, suggestion: Suggestion, action: Action, *, by: Actor, clock: Clock) -> None:
    """An action follows from a released suggestion; the public page says how it stands. Raises: SuggestionRefused."""
    if suggestion.state is not SuggestionState.RELEASED:
        raise SuggestionRefused
    suggestion.action = action
    record(session, by, "suggestion.join_action", suggestion, clock=clock, unit=suggestion.unit)
