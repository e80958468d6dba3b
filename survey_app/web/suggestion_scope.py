"""Which channels and suggestions a signed-in person may see, by identifier, and what fits a new action."""

from __future__ import annotations

from uuid import UUID

from flask import abort, request

from survey_app.extensions import db
from survey_app.models import Suggestion, SuggestionChannel, SuggestionState, Unit
from survey_app.permissions import Right, unit_in_scope, units_readable

LONGEST_TITLE = 50


def channel_in_scope(channel_id: UUID) -> SuggestionChannel:
    """The channel of a unit in scope or of one above it, which asks the people of units in scope too; else 404."""
    channel = db.session.get(SuggestionChannel, channel_id)
    if channel is None or channel.unit_id not in units_readable():
        abort(404)
    return channel


def own_channel_in_scope(channel_id: UUID) -> SuggestionChannel:
    """The channel of a unit in scope, or 404."""
    channel = db.session.get(SuggestionChannel, channel_id) or abort(404)
    unit_in_scope(channel.unit_id)
    return channel


def suggestion_in_scope(suggestion_id: UUID) -> Suggestion:
    """The suggestion of a unit in scope, or 404."""
    suggestion = db.session.get(Suggestion, suggestion_id) or abort(404)
    unit_in_scope(suggestion.unit_id, Right.MANAGE_PLAN)
    return suggestion


def asked_suggestion(unit: Unit) -> Suggestion | None:
    """The released suggestion of a unit that the address names for a new action; 404 where there is no such."""
    asked = request.args.get("suggestion", type=UUID)
    if asked is None:
        return None
    suggestion = suggestion_in_scope(asked)
    if suggestion.unit_id != unit.id or suggestion.state is not SuggestionState.RELEASED:
        abort(404)
    return suggestion


def title_from(suggestion: Suggestion | None) -> dict[str, str]:
    """What the form of an action begins with."""
    return {} if suggestion is None else {"title": " ".join(suggestion.shown.split())[:LONGEST_TITLE]}
