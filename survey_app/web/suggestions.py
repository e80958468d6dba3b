"""Suggestion channels as the committee sees them: their rounds, the moderation queue, the notice for the board."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from survey_app import services
from survey_app.errors import ChannelRefused
from survey_app.extensions import db
from survey_app.forms.committee import ConfirmForm
from survey_app.forms.suggestions import ChannelForm, ReleaseForm, RoundForm, WithholdForm
from survey_app.models import AccessMode, Suggestion, SuggestionChannel, SuggestionState, Survey
from survey_app.permissions import Right, requires, unit_in_scope, units_in_scope, units_readable, version_in_scope
from survey_app.services.suggestions import RoundSettings
from survey_app.web.circumstances import clock, may, person, unit_choices, units_under
from survey_app.web.labels import choices_of
from survey_app.web.navigation import plan_entries
from survey_app.web.slips import squares_of, typed_address
from survey_app.web.suggestion_page import (
    channel_rows,
    counts_by_state,
    ending_consequences,
    is_unverified,
    next_step,
    round_rows,
)
from survey_app.web.suggestion_scope import channel_in_scope, own_channel_in_scope, suggestion_in_scope

suggestions = Blueprint("suggestions", __name__, url_prefix="/committee/suggestions")

USUAL_MONTHS = 3


@suggestions.record_once
def offer_navigation(setup: BlueprintSetupState) -> None:
    """The plan and its suggestions share a second navigation."""
    setup.app.jinja_env.globals.update(plan_entries=plan_entries)


@suggestions.get("/")
@requires(Right.VIEW_RESULTS)
def index() -> ResponseReturnValue:
    channels = services.channels_of(db.session, units_readable())
    rounds = services.rounds_by_channel(db.session, channels)
    waiting = services.waiting_by_channel(db.session, units_in_scope(person(), Right.MANAGE_PLAN))
    return render_template(
        "suggestions/index.html",
        rows=channel_rows(channels, rounds, waiting, clock().today()),
        may_run=bool(units_in_scope(person(), Right.RUN_SURVEYS)),
        may_moderate=bool(units_in_scope(person(), Right.MANAGE_PLAN)),
    )


@suggestions.route("/new", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def new() -> ResponseReturnValue:
    form = ChannelForm(months=USUAL_MONTHS, **_as_typed(RoundSettings()))
    fitting = services.suggestion_questionnaires(db.session, units_readable())
    form.offer(
        versions=[(version.sha256, version.title) for version in fitting],
        units=unit_choices(services.existing(units_under(Right.RUN_SURVEYS))),
    )
    if not form.validate_on_submit():
        page = render_template("suggestions/new.html", form=form)
        return page, 422 if form.is_submitted() else 200
    channel = services.open_channel(
        db.session,
        title=form.title.data,
        unit=unit_in_scope(UUID(form.unit.data)),
        version=version_in_scope(form.version.data),
        months=form.months.data,
        by=person(),
        clock=clock(),
    )
    services.start_round(
        db.session,
        channel,
        closes_on=services.usual_last_day(channel, clock().today()),
        settings=_chosen(form, RoundSettings()),
        by=person(),
        clock=clock(),
    )
    db.session.commit()
    flash(_("The suggestion channel has been set up. Its first round is ready to be opened."))
    return redirect(url_for(".show", channel_id=channel.id))


@suggestions.get("/<uuid:channel_id>")
@requires(Right.VIEW_RESULTS)
def show(channel_id: UUID) -> ResponseReturnValue:
    channel = channel_in_scope(channel_id)
    rounds = services.rounds_of(db.session, channel)
    scope = units_in_scope(person(), Right.VIEW_RESULTS)
    return render_template(
        "suggestions/show.html",
        channel=channel,
        unit=channel.unit,
        present=services.present_round(rounds),
        next_step=next_step(channel, rounds, clock().today()),
        is_unread=any(map(services.is_unread, rounds)),
        is_unverified=is_unverified(rounds),
        rounds=round_rows(rounds),
        parts=counts_by_state(services.suggestions_in(db.session, channel, units=scope)),
        public_address=_public_address(channel),
        may_run=may(Right.RUN_SURVEYS, channel.unit),
        may_see_surveys=may(Right.VIEW_SURVEYS, channel.unit),
        may_moderate=bool(units_in_scope(person(), Right.MANAGE_PLAN)),
    )


@suggestions.route("/<uuid:channel_id>/round", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def next_round(channel_id: UUID) -> ResponseReturnValue:
    channel = own_channel_in_scope(channel_id)
    rounds = services.rounds_of(db.session, channel)
    if not channel.is_active or services.present_round(rounds) is not None:
        raise ChannelRefused("under_way" if channel.is_active else "ended")
    last, today = services.last_settings(rounds), clock().today()
    form = RoundForm(closes_on=services.usual_last_day(channel, today), **_as_typed(last))
    form.first_day = today
    if not form.validate_on_submit():
        page = render_template(
            "suggestions/round.html",
            form=form,
            channel=channel,
            unit=channel.unit,
            is_unread=any(map(services.is_unread, rounds)),
        )
        return page, 422 if form.is_submitted() else 200
    survey = services.start_round(
        db.session,
        channel,
        closes_on=form.closes_on.data,
        settings=_chosen(form, last),
        by=person(),
        clock=clock(),
    )
    db.session.commit()
    return redirect(url_for("committee.open_survey", survey_id=survey.id))


@suggestions.route("/<uuid:channel_id>/end", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def end(channel_id: UUID) -> ResponseReturnValue:
    channel = own_channel_in_scope(channel_id)
    if not channel.is_active:
        raise ChannelRefused("ended")
    form = ConfirmForm()
    if not form.validate_on_submit():
        rounds = services.rounds_of(db.session, channel)
        page = render_template(
            "suggestions/end.html",
            form=form,
            channel=channel,
            unit=channel.unit,
            consequences=ending_consequences(rounds),
        )
        return page, 422 if form.is_submitted() else 200
    services.end_channel(db.session, channel, by=person(), clock=clock())
    db.session.commit()
    flash(_("The suggestion channel has ended."))
    return redirect(url_for(".show", channel_id=channel.id))


@suggestions.get("/<uuid:channel_id>/notice")
@requires(Right.VIEW_RESULTS)
def notice(channel_id: UUID) -> ResponseReturnValue:
    channel = channel_in_scope(channel_id)
    address = _public_address(channel)
    return render_template(
        "suggestions/notice.html",
        channel=channel,
        unit=channel.unit,
        address=typed_address(address),
        square_code=squares_of([address])[0],
    )


@suggestions.get("/<uuid:channel_id>/queue")
@requires(Right.MANAGE_PLAN)
def queue(channel_id: UUID) -> ResponseReturnValue:
    channel = channel_in_scope(channel_id)
    scope = units_in_scope(person(), Right.MANAGE_PLAN)
    return render_template(
        "suggestions/queue.html",
        channel=channel,
        unit=channel.unit,
        parts=counts_by_state(services.suggestions_in(db.session, channel, units=scope)),
        reason_of=services.reason_of,
    )


@suggestions.route("/texts/<uuid:suggestion_id>", methods=["GET", "POST"])
@requires(Right.MANAGE_PLAN)
def decide(suggestion_id: UUID) -> ResponseReturnValue:
    """Release a suggestion with its answer, or change either."""
    suggestion = suggestion_in_scope(suggestion_id)
    form = ReleaseForm(shown=suggestion.shown, answer=suggestion.answer)
    if not form.validate_on_submit():
        return _deciding_page(suggestion, form, None), 422 if form.is_submitted() else 200
    services.release_suggestion(
        db.session, suggestion, shown=form.shown.data, answer=form.answer.data or "", by=person(), clock=clock()
    )
    db.session.commit()
    flash(_("Released: the suggestion stands on the public page."))
    return redirect(_after(suggestion))


@suggestions.post("/texts/<uuid:suggestion_id>/withhold")
@requires(Right.MANAGE_PLAN)
def withhold(suggestion_id: UUID) -> ResponseReturnValue:
    suggestion = suggestion_in_scope(suggestion_id)
    form = _withhold_form()
    if not form.validate_on_submit():
        return _deciding_page(suggestion, None, form), 422
    services.withhold_suggestion(
        db.session,
        suggestion,
        reason=services.WithholdReason(form.reason.data),
        words=form.words.data or "",
        by=person(),
        clock=clock(),
    )
    db.session.commit()
    flash(_("Withheld: the suggestion is not shown."))
    return redirect(_after(suggestion))


def _deciding_page(suggestion: Suggestion, release: ReleaseForm | None, withholding: WithholdForm | None) -> str:
    base = _baseline_of(suggestion)
    reason, words = services.reason_of(suggestion)
    known = {"reason": reason.value, "words": words} if reason else {}
    return render_template(
        "suggestions/decide.html",
        suggestion=suggestion,
        unit=suggestion.unit,
        channel=services.channel_of(db.session, suggestion),
        form=withholding or release,
        release=release or ReleaseForm(formdata=None, shown=suggestion.shown, answer=suggestion.answer),
        withholding=withholding or _withhold_form(formdata=None, **known),
        action_address=url_for(
            "actions.new", unit_id=suggestion.unit_id, survey_id=base.id, suggestion=suggestion.id
        ) if base else "",
    )  # fmt: skip


def _withhold_form(**known: str | None) -> WithholdForm:
    form = WithholdForm(**known)
    form.offer(choices_of(services.WithholdReason))
    return form


def _baseline_of(suggestion: Suggestion) -> Survey | None:
    """The latest sealed survey of the year that covers the unit, of the same audience before others."""
    audience = services.channel_of(db.session, suggestion).instrument.audience
    sealed = services.result_surveys(db.session, suggestion.unit)
    annual = [survey for survey in sealed if services.instrument_of(survey).is_annual]
    return next((survey for survey in annual if survey.audience == audience), next(iter(annual), None))


def _after(suggestion: Suggestion) -> str:
    """To the next suggestion of the channel that waits; without one to the queue."""
    channel = services.channel_of(db.session, suggestion)
    scope = units_in_scope(person(), Right.MANAGE_PLAN)
    waiting = services.suggestions_in(db.session, channel, state=SuggestionState.WAITING, units=scope)
    if waiting:
        return url_for(".decide", suggestion_id=waiting[0].id)
    return url_for(".queue", channel_id=channel.id)


def _as_typed(settings: RoundSettings) -> dict[str, str | int]:
    return {"access_mode": settings.access_mode.value, "scrutineers": settings.scrutineers}


def _chosen(form: ChannelForm | RoundForm, last: RoundSettings) -> RoundSettings:
    return replace(last, access_mode=AccessMode(form.access_mode.data), scrutineers=form.scrutineers.data)


def _public_address(channel: SuggestionChannel) -> str:
    return url_for("public_suggestions.show", slug=channel.slug, _external=True)
