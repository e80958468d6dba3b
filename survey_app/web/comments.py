"""The queue of comments: what was written about a unit, released, withheld and sorted by themes by its committee."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from survey_app import services
from survey_app.errors import QuotationRefused
from survey_app.extensions import db
from survey_app.forms.comments import CommentForm, SeveralForm, ThemesForm
from survey_app.forms.committee import ConfirmForm
from survey_app.models import State, Survey, Unit
from survey_app.permissions import Right, requires, survey_reaching, unit_in_scope
from survey_app.services.comments import CommentReason
from survey_app.web.circumstances import clock, home_unit, may, person, unit_choices, units_under
from survey_app.web.comment_page import STATES, comment_row, queue_part, state_title, what_holds
from survey_app.web.labels import choices_of, in_words

comments = Blueprint("comments", __name__, url_prefix="/committee/comments")


@comments.get("/")
@requires(Right.MANAGE_PLAN)
def index() -> ResponseReturnValue:
    """The comments of the latest annual survey of a unit, by default of the own one."""
    chosen = request.args.get("unit", type=UUID)
    unit = unit_in_scope(chosen) if chosen else home_unit(Right.MANAGE_PLAN)
    survey = next((one for one in _sealed_surveys(unit) if services.instrument_of(one).is_annual), None)
    if survey is None:
        return render_template("comments/none.html", unit=unit, units=unit_choices(units_under(Right.MANAGE_PLAN)))
    return redirect(url_for(".show", survey_id=survey.id, unit_id=unit.id))


@comments.get("/<uuid:survey_id>/<uuid:unit_id>")
@requires(Right.MANAGE_PLAN)
def show(survey_id: UUID, unit_id: UUID) -> ResponseReturnValue:
    survey, unit = _sealed(survey_id), unit_in_scope(unit_id)
    return _queue_page(survey, unit, SeveralForm())


@comments.post("/<uuid:survey_id>/<uuid:unit_id>")
@requires(Right.MANAGE_PLAN)
def release(survey_id: UUID, unit_id: UUID) -> ResponseReturnValue:
    """Release those ticked as proposed."""
    survey, unit = _sealed(survey_id), unit_in_scope(unit_id)
    waiting = services.comment_queue(db.session, survey, unit).in_state(None)
    by_key = {f"{one.words.item}/{one.words.sha256}": one for one in waiting}
    form = SeveralForm()
    form.offer(list(by_key))
    if not form.validate_on_submit():
        return _queue_page(survey, unit, form), 422
    rules = services.themes_for(db.session, unit)
    released = [services.propose(by_key[key], rules).release for key in form.chosen.data]
    services.release_comments(db.session, survey, unit, released, by=person(), clock=clock())
    db.session.commit()
    flash(_("%(n)s comments approved.", n=len(released)))
    return redirect(url_for(".show", survey_id=survey.id, unit_id=unit.id))


@comments.route("/<uuid:survey_id>/<uuid:unit_id>/<item>/<sha256>", methods=["GET", "POST"])
@requires(Right.MANAGE_PLAN)
def decide(survey_id: UUID, unit_id: UUID, item: str, sha256: str) -> ResponseReturnValue:
    """Release a comment in words with something taken out, withhold it, and choose its themes."""
    survey, unit = _sealed(survey_id), unit_in_scope(unit_id)
    comment = _comment(survey, unit, item, sha256)
    proposal = services.propose(comment, services.themes_for(db.session, unit))
    form = _comment_form(unit, comment, proposal)
    if not form.validate_on_submit():
        return _comment_page(survey, unit, comment, proposal, form), 422 if form.is_submitted() else 200
    themes = tuple(form.themes.data or ())
    if form.withholds:
        services.withhold_comment(
            db.session, survey, unit, comment.words,
            reason=CommentReason(form.reason.data), themes=themes, by=person(), clock=clock(),
        )  # fmt: skip
    else:
        chosen = services.Release(comment.words, form.shown.data, themes)
        try:
            services.release_comments(db.session, survey, unit, [chosen], by=person(), clock=clock())
        except QuotationRefused as refusal:
            form.shown.errors = [in_words(refusal)]
            return _comment_page(survey, unit, comment, proposal, form), 422
    db.session.commit()
    flash(what_holds(_comment(survey, unit, item, sha256)))
    return redirect(_after(survey, unit))


@comments.post("/<uuid:survey_id>/<uuid:unit_id>/<item>/<sha256>/undo")
@requires(Right.MANAGE_PLAN)
def undo(survey_id: UUID, unit_id: UUID, item: str, sha256: str) -> ResponseReturnValue:
    survey, unit = _sealed(survey_id), unit_in_scope(unit_id)
    comment = _comment(survey, unit, item, sha256)
    if not ConfirmForm().validate_on_submit():
        abort(400)
    services.undo_decision(db.session, survey, unit, comment.words, by=person(), clock=clock())
    db.session.commit()
    flash(what_holds(_comment(survey, unit, item, sha256)))
    return redirect(url_for(".show", survey_id=survey.id, unit_id=unit.id))


@comments.route("/themes/<uuid:unit_id>", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def themes(unit_id: UUID) -> ResponseReturnValue:
    """The list of themes that holds for a unit; saving gives it one of its own."""
    unit = unit_in_scope(unit_id)
    source, holder = services.theme_source(db.session, unit)
    form = ThemesForm(source=source)
    if not form.validate_on_submit():
        page = render_template("comments/themes.html", form=form, unit=unit, holder=holder, confirm=ConfirmForm())
        return page, 422 if form.is_submitted() else 200
    services.keep_themes(db.session, unit, form.source.data, by=person(), clock=clock())
    db.session.commit()
    flash(_("The themes are saved."))
    return redirect(url_for(".themes", unit_id=unit.id))


@comments.post("/themes/<uuid:unit_id>/drop")
@requires(Right.RUN_SURVEYS)
def drop_themes(unit_id: UUID) -> ResponseReturnValue:
    unit = unit_in_scope(unit_id)
    if not ConfirmForm().validate_on_submit():
        abort(400)
    services.drop_themes(db.session, unit, by=person(), clock=clock())
    db.session.commit()
    flash(_("The list of the unit above holds again, or the usual one."))
    return redirect(url_for(".themes", unit_id=unit.id))


def _sealed(survey_id: UUID) -> Survey:
    survey = survey_reaching(survey_id)
    return survey if survey.state is State.SEALED else abort(404)


def _sealed_surveys(unit: Unit) -> list[Survey]:
    return services.result_surveys(db.session, unit)


def _comment(survey: Survey, unit: Unit, item: str, sha256: str) -> services.QueuedComment:
    return services.comment_queue(db.session, survey, unit).find(item, sha256) or abort(404)


def _comment_form(unit: Unit, comment: services.QueuedComment, proposal: services.Proposal) -> CommentForm:
    """Themes that were chosen under an earlier list can still be chosen."""
    decision = comment.standing.own
    form = CommentForm(
        shown=proposal.release.shown,
        themes=list(proposal.release.themes),
        reason=(decision.reason if decision else "") or None,
    )
    titles = [rule.title for rule in services.themes_for(db.session, unit)]
    form.offer(themes=list(dict.fromkeys([*titles, *proposal.release.themes])), reasons=choices_of(CommentReason))
    return form


def _comment_page(
    survey: Survey, unit: Unit, comment: services.QueuedComment, proposal: services.Proposal, form: CommentForm
) -> str:
    address = url_for(".show", survey_id=survey.id, unit_id=unit.id)
    return render_template(
        "comments/decide.html",
        survey=survey,
        unit=unit,
        row=comment_row(comment, proposal, address),
        is_decided=comment.standing.own is not None,
        form=form,
        confirm=ConfirmForm(),
        back=address,
    )


def _queue_page(survey: Survey, unit: Unit, form: SeveralForm) -> str:
    queue = services.comment_queue(db.session, survey, unit)
    address = url_for(".show", survey_id=survey.id, unit_id=unit.id)
    asked = request.args.get("show", "waiting")
    state = asked if asked in STATES else "waiting"
    rules = services.themes_for(db.session, unit)
    part = queue_part(queue, state, request.args.get("page", 1, type=int), rules, address)
    others = [one for one in _sealed_surveys(unit) if one.id != survey.id]
    return render_template(
        "comments/show.html",
        survey=survey,
        unit=unit,
        units=unit_choices(units_under(Right.MANAGE_PLAN)),
        others=others,
        queue=queue,
        part=part,
        tabs=[(one, state_title(one), len(queue.in_state(STATES[one]))) for one in STATES],
        form=form,
        address=address,
        may_edit_themes=may(Right.RUN_SURVEYS, unit),
        may_view_results=may(Right.VIEW_RESULTS, unit),
    )


def _after(survey: Survey, unit: Unit) -> str:
    """To the next comment that waits; without one to the queue."""
    waiting = services.comment_queue(db.session, survey, unit).in_state(None)
    if not waiting:
        return url_for(".show", survey_id=survey.id, unit_id=unit.id)
    first = waiting[0].words
    return url_for(".decide", survey_id=survey.id, unit_id=unit.id, item=first.item, sha256=first.sha256)
