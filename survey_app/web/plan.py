"""Objectives set in advance, and the improvement plan that follows from a sealed result."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from survey_app import services
from survey_app.errors import RulesLocked
from survey_app.extensions import db
from survey_app.forms.committee import ActionForm, ObjectiveForm, StatusForm, percent_of
from survey_app.models import Action, ActionStatus, ObjectiveRecord, Survey, Unit
from survey_app.permissions import Right, requires, unit_in_scope
from survey_app.services.year import objective_code, objectives_locked_on, questionnaire_for
from survey_app.web.circumstances import clock, home_unit, may, person
from survey_app.web.labels import audience_label, choices_of
from survey_app.web.plan_page import (
    action_cards,
    item_choices,
    measure_choices,
    objective_rows,
    plan_summary,
    stage_columns,
)

plan = Blueprint("plan", __name__, url_prefix="/committee")


@plan.get("/objectives/<uuid:unit_id>/<int(min=2000, max=2100):year>/<any(member, staff):audience>")
@requires(Right.VIEW_SURVEYS)
def objectives(unit_id: UUID, year: int, audience: str) -> ResponseReturnValue:
    unit = unit_in_scope(unit_id, Right.VIEW_SURVEYS)
    locked_on = objectives_locked_on(db.session, unit, year, audience)
    may_set = locked_on is None and may(Right.SET_OBJECTIVES, unit)
    records = services.objectives_for(db.session, unit, year, audience)
    instrument = questionnaire_for(db.session, unit, year, audience)
    return render_template(
        "plan/objectives.html",
        unit=unit,
        year=year,
        audience=audience,
        heading=_("Objectives %(year)s: %(audience)s", year=year, audience=audience_label(audience)),
        rows=objective_rows(records, unit, instrument, may_set=may_set),
        locked_on=locked_on,
        may_add=may_set,
    )


@plan.route(
    "/objectives/<uuid:unit_id>/<int(min=2000, max=2100):year>/<any(member, staff):audience>/new",
    methods=["GET", "POST"],
)
@requires(Right.SET_OBJECTIVES)
def new_objective(unit_id: UUID, year: int, audience: str) -> ResponseReturnValue:
    unit = unit_in_scope(unit_id, Right.SET_OBJECTIVES)
    return _objective_page(unit, year, audience, None)


@plan.route("/objectives/<uuid:objective_id>", methods=["GET", "POST"])
@requires(Right.SET_OBJECTIVES)
def objective(objective_id: UUID) -> ResponseReturnValue:
    record = db.session.get(ObjectiveRecord, objective_id) or abort(404)
    unit = unit_in_scope(record.unit_id, Right.SET_OBJECTIVES)
    return _objective_page(unit, record.year, record.audience, record)


def _objective_page(unit: Unit, year: int, audience: str, record: ObjectiveRecord | None) -> ResponseReturnValue:
    form = _objective_form(unit, year, audience, record)
    if form.validate_on_submit():
        measure, target = form.measure_and_target
        code = (
            record.code if record else objective_code(db.session, unit, year, audience, measure=measure, target=target)
        )
        services.set_objective(
            db.session,
            unit=unit,
            year=year,
            audience=audience,
            code=code,
            title=form.title.data,
            measure=measure,
            target=target,
            threshold=form.threshold.fraction,
            owner=form.owner.data,
            by=person(),
            clock=clock(),
        )
        db.session.commit()
        return redirect(url_for(".objectives", unit_id=unit.id, year=year, audience=audience))
    heading = _("Change the objective") if record else _("Set an objective")
    page = render_template("plan/objective.html", form=form, unit=unit, year=year, audience=audience, heading=heading)
    return page, 422 if form.is_submitted() else 200


def _objective_form(unit: Unit, year: int, audience: str, record: ObjectiveRecord | None) -> ObjectiveForm:
    """Raises RulesLocked before anything is typed in vain."""
    if objectives_locked_on(db.session, unit, year, audience) is not None:
        raise RulesLocked(year=year)
    known = (
        {
            "title": record.title,
            "measured": f"{record.measure}:{record.target}" if record.target else record.measure,
            "threshold": percent_of(record.threshold),
            "owner": record.owner,
        }
        if record
        else {}
    )
    form = ObjectiveForm(**known)
    form.offer(measure_choices(questionnaire_for(db.session, unit, year, audience)))
    return form


@plan.get("/plan/")
@requires(Right.VIEW_RESULTS)
def index() -> ResponseReturnValue:
    return redirect(url_for(".show", unit_id=home_unit(Right.VIEW_RESULTS).id))


@plan.get("/plan/<uuid:unit_id>")
@requires(Right.VIEW_RESULTS)
def show(unit_id: UUID) -> ResponseReturnValue:
    unit = unit_in_scope(unit_id, Right.VIEW_RESULTS)
    may_manage = may(Right.MANAGE_PLAN, unit)
    sealed = services.result_surveys(db.session, unit)
    cards = action_cards(services.actions_of(db.session, unit), clock().today(), may_move=may_manage)
    return render_template(
        "plan/show.html",
        unit=unit,
        cards=cards,
        columns=stage_columns(cards),
        summary=plan_summary(cards),
        sources=_latest_by_audience(sealed) if may_manage else [],
        has_result=bool(sealed),
    )


def _latest_by_audience(sealed: list[Survey]) -> list[Survey]:
    """The latest sealed survey of each audience: what new actions are based on."""
    latest: dict[str, Survey] = {}
    for survey in sealed:
        latest.setdefault(survey.audience, survey)
    return list(latest.values())


@plan.route("/plan/<uuid:unit_id>/new/<uuid:survey_id>", methods=["GET", "POST"])
@requires(Right.MANAGE_PLAN)
def new_action(unit_id: UUID, survey_id: UUID) -> ResponseReturnValue:
    unit = unit_in_scope(unit_id, Right.MANAGE_PLAN)
    sealed = services.result_surveys(db.session, unit)
    survey = next((survey for survey in sealed if survey.id == survey_id), None) or abort(404)
    report = services.report_for(db.session, survey, unit)
    form = ActionForm()
    form.offer(item_choices(report, services.instrument_of(survey)))
    if not form.validate_on_submit():
        page = render_template("plan/new.html", form=form, unit=unit, survey=survey)
        return page, 422 if form.is_submitted() else 200
    services.add_action(
        db.session,
        unit=unit,
        survey=survey,
        item=form.item.data,
        title=form.title.data,
        measure=form.measure.data,
        acceptance=form.acceptance.fraction,
        owner=form.owner.data,
        due=form.due.data,
        report=report,
        by=person(),
        clock=clock(),
    )
    db.session.commit()
    flash(_("The action has been added."))
    return redirect(url_for(".show", unit_id=unit.id))


@plan.post("/plan/actions/<uuid:action_id>/status")
@requires(Right.MANAGE_PLAN)
def status(action_id: UUID) -> ResponseReturnValue:
    action = db.session.get(Action, action_id) or abort(404)
    unit = unit_in_scope(action.unit_id, Right.MANAGE_PLAN)
    form = StatusForm()
    form.offer(choices_of(ActionStatus))
    if not form.validate_on_submit():
        abort(400)
    services.set_action_status(db.session, action, ActionStatus(form.status.data), by=person(), clock=clock())
    db.session.commit()
    return redirect(url_for(".show", unit_id=unit.id, _anchor=f"action-{action.id}"))
