"""One improvement action: added (from a proposal, a suggestion, an earlier action), changed, moved, stopped, closed."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from analysis.tree import Report
from survey_app import services
from survey_app.errors import ActionFixed
from survey_app.extensions import db
from survey_app.forms.plan import ActionEvidenceForm, ActionForm, ClosingForm, ReasonForm, StatusForm
from survey_app.models import Action, ActionStatus, Suggestion, Survey, Unit
from survey_app.permissions import Right, requires, unit_in_scope
from survey_app.services.evidence import evidence_of
from survey_app.services.ledger import LedgerEntry, ledger_of
from survey_app.services.plan import (
    CHANGEABLE,
    MOVABLE,
    change_action,
    change_expectation,
    close_action,
    is_fixed,
    may_be_verified,
    opened_after,
    stop_action,
)
from survey_app.services.proposals import Proposed, adopt_proposal, proposals_for
from survey_app.web.action_page import (
    acceptance_doubt,
    action_page,
    begun_again,
    begun_from_proposal,
    expectation_facts,
    offer_choices,
    particulars,
    typed_of,
)
from survey_app.web.circumstances import clock, may, person
from survey_app.web.labels import label
from survey_app.web.plan_page import latest_by_audience, status_choices, status_form
from survey_app.web.suggestion_scope import asked_suggestion, title_from
from survey_app.wording.labels import within_quotes

actions = Blueprint("actions", __name__, url_prefix="/committee/plan")


def action_in_scope(action_id: UUID, right: Right) -> Action:
    """The action of a unit in scope, or 404."""
    action = db.session.get(Action, action_id) or abort(404)
    unit_in_scope(action.unit_id, right)
    return action


@actions.route("/<uuid:unit_id>/new/<uuid:survey_id>", methods=["GET", "POST"])
@requires(Right.MANAGE_PLAN)
def new(unit_id: UUID, survey_id: UUID) -> ResponseReturnValue:
    unit = unit_in_scope(unit_id, Right.MANAGE_PLAN)
    sealed = services.result_surveys(db.session, unit)
    survey = next((survey for survey in sealed if survey.id == survey_id), None) or abort(404)
    report = services.report_for(db.session, survey, unit)
    suggestion, proposed, old = asked_suggestion(unit), asked_proposal(survey, unit, report), _asked_action(unit)
    begun = title_from(suggestion) | (begun_from_proposal(proposed, survey, report) if proposed else {})
    form, opened = ActionForm(**(begun_again(old) if old else begun)), opened_after(db.session, unit, survey)
    offer_choices(form, unit, report, services.instrument_of(survey), old.action if old else None, opened)
    form.due_from(clock().today())
    if not _is_sound(form, report, is_final=opened is not None):
        again = within_quotes(old.action.title) if old else ""
        page = render_template("plan/new.html", form=form, unit=unit, survey=survey, suggestion=suggestion, again=again)
        return page, 422 if form.is_submitted() else 200
    action = _added(unit, survey, report, form, old)
    _join(action, suggestion, proposed or _open_proposal(action, report))
    db.session.commit()
    flash(_("The action has been added."))
    return redirect(url_for("plan.show", unit_id=unit.id))


def _is_sound(form: ActionForm, report: Report, *, is_final: bool) -> bool:
    """An acceptance figure that can never be corrected is asked about once more where it looks like a slip."""
    is_valid = form.validate_on_submit()
    is_doubtful = is_final and form.is_submitted() and form.doubt(acceptance_doubt(form, report))
    return is_valid and not is_doubtful


def _added(unit: Unit, survey: Survey, report: Report, form: ActionForm, old: LedgerEntry | None) -> Action:
    written = particulars(form, unit, old.action if old else None)
    return services.add_action(
        db.session,
        unit=unit,
        survey=survey,
        item=form.item.data,
        title=written.title,
        measure=written.measure,
        acceptance=form.acceptance.fraction,
        owner=written.owner,
        due=written.due,
        finding=written.finding,
        causes=written.causes,
        process=written.process,
        resources=written.resources,
        owner_user=written.owner_user,
        report=report,
        by=person(),
        clock=clock(),
    )


def _join(action: Action, suggestion: Suggestion | None, proposed: Proposed | None) -> None:
    """What the action followed from knows of it."""
    if suggestion is not None:
        services.join_action(db.session, suggestion, action, by=person(), clock=clock())
    if proposed is not None:
        adopt_proposal(db.session, action.unit, action.survey, proposed.item, action=action, by=person(), clock=clock())


def _open_proposal(action: Action, report: Report) -> Proposed | None:
    """What the result proposes on the question of an action and nobody has decided yet: this decides it."""
    proposed = proposals_for(db.session, action.survey, action.unit, report)
    return next((one for one in proposed if one.item == action.item and one.decided is None), None)


def asked_proposal(survey: Survey, unit: Unit, report: Report, item: str | None = None) -> Proposed | None:
    """The proposal that the address names, by its question; 404 where the result proposes no such."""
    asked = item or request.args.get("proposal")
    if not asked:
        return None
    proposed = proposals_for(db.session, survey, unit, report)
    return next((one for one in proposed if one.item == asked), None) or abort(404)


def _asked_action(unit: Unit) -> LedgerEntry | None:
    """The earlier action of the unit that the address names, to be taken up again; 404 where there is no such."""
    asked = request.args.get("again", type=UUID)
    if asked is None:
        return None
    return next((entry for entry in ledger_of(db.session, unit) if entry.action.id == asked), None) or abort(404)


@actions.get("/actions/<uuid:action_id>")
@requires(Right.VIEW_RESULTS)
def show(action_id: UUID) -> ResponseReturnValue:
    return page_of(action_in_scope(action_id, Right.VIEW_RESULTS), ActionEvidenceForm(formdata=None))


def page_of(action: Action, form: ActionEvidenceForm) -> str:
    """The page of an action, with the form for evidence as it stands."""
    unit = action.unit
    may_manage = may(Right.MANAGE_PLAN, unit)
    sealed = services.result_surveys(db.session, unit)
    entry = next(entry for entry in ledger_of(db.session, unit) if entry.action.id == action.id)
    again = next((one for one in latest_by_audience(sealed) if one.audience == action.survey.audience), None)
    return render_template(
        "plan/action.html",
        unit=unit,
        action=action,
        page=action_page(entry),
        evidence=evidence_of(db.session, action),
        form=form,
        limit=current_app.config["EVIDENCE_MB"],
        may_manage=may_manage,
        may_change=may_manage and action.status in CHANGEABLE,
        mover=status_form(action) if may_manage and action.status in MOVABLE else None,
        may_close=may_manage and action.status in MOVABLE and may_be_verified(action, sealed),
        again=again if may_manage and action.status not in CHANGEABLE else None,
    )


@actions.route("/actions/<uuid:action_id>/change", methods=["GET", "POST"])
@requires(Right.MANAGE_PLAN)
def change(action_id: UUID) -> ResponseReturnValue:
    action = action_in_scope(action_id, Right.MANAGE_PLAN)
    if action.status not in CHANGEABLE:
        raise ActionFixed("settled")
    report = services.report_for(db.session, action.survey, action.unit)
    form, fixed = ActionForm(**typed_of(action)), is_fixed(db.session, action)
    offer_choices(form, action.unit, report, services.instrument_of(action.survey), action)
    form.due_from(clock().today(), kept=action.due)
    if fixed:
        form.fix_expectation()
    if not form.validate_on_submit():
        page = render_template(
            "plan/change.html", form=form, unit=action.unit, action=action, fixed=fixed, facts=expectation_facts(action)
        )
        return page, 422 if form.is_submitted() else 200
    if not fixed:
        change_expectation(
            db.session, action, item=form.item.data, acceptance=form.acceptance.fraction, report=report,
            by=person(), clock=clock(),
        )  # fmt: skip
    change_action(db.session, action, particulars(form, action.unit, action), by=person(), clock=clock())
    db.session.commit()
    flash(_("The action has been changed."))
    return redirect(url_for(".show", action_id=action.id))


@actions.post("/actions/<uuid:action_id>/status")
@requires(Right.MANAGE_PLAN)
def status(action_id: UUID) -> ResponseReturnValue:
    action = action_in_scope(action_id, Right.MANAGE_PLAN)
    form = StatusForm()
    form.offer(status_choices())
    if not form.validate_on_submit():
        abort(400)
    services.set_action_status(db.session, action, ActionStatus(form.status.data), by=person(), clock=clock())
    db.session.commit()
    if "own" in request.args:
        flash(_("Saved. Status now: %(status)s.", status=label(action.status)))
        return redirect(url_for(".show", action_id=action.id))
    return redirect(url_for("plan.show", unit_id=action.unit_id, _anchor=f"action-{action.id}"))


@actions.route("/actions/<uuid:action_id>/stop", methods=["GET", "POST"])
@requires(Right.MANAGE_PLAN)
def stop(action_id: UUID) -> ResponseReturnValue:
    action = action_in_scope(action_id, Right.MANAGE_PLAN)
    form = ReasonForm()
    if not form.validate_on_submit():
        page = render_template("plan/stop.html", form=form, unit=action.unit, action=action)
        return page, 422 if form.is_submitted() else 200
    stop_action(db.session, action, reason=form.reason.data, by=person(), clock=clock())
    db.session.commit()
    flash(_("The action has been stopped; it stays in the ledger."))
    return redirect(url_for("plan.show", unit_id=action.unit_id))


@actions.route("/actions/<uuid:action_id>/close", methods=["GET", "POST"])
@requires(Right.MANAGE_PLAN)
def close(action_id: UUID) -> ResponseReturnValue:
    """Act: once a survey has asked again, with what was written into the rules."""
    action = action_in_scope(action_id, Right.MANAGE_PLAN)
    entry = next(entry for entry in ledger_of(db.session, action.unit) if entry.action.id == action.id)
    form = ClosingForm()
    form.ask(is_needed=entry.result is not None and entry.result.verdict == "worked")
    if not form.validate_on_submit():
        page = render_template("plan/close.html", form=form, unit=action.unit, action=action, page=action_page(entry))
        return page, 422 if form.is_submitted() else 200
    close_action(db.session, action, rule=form.rule.data, by=person(), clock=clock())
    db.session.commit()
    flash(_("The action has been closed as verified."))
    return redirect(url_for("plan.show", unit_id=action.unit_id, _anchor=f"action-{action.id}"))
