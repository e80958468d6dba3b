"""Objectives set in advance, and the plan and ledger of actions. One action by itself is `actions`."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from instruments.model import Instrument
from survey_app import services
from survey_app.errors import ObjectiveImpossible, RulesLocked
from survey_app.extensions import db
from survey_app.forms.committee import ConfirmForm
from survey_app.forms.objectives import ObjectiveForm, objective_form
from survey_app.models import ObjectiveRecord, Unit
from survey_app.permissions import Right, requires, unit_in_scope
from survey_app.services.evidence import evidence_counts
from survey_app.services.ledger import ledger_of
from survey_app.services.objectives import locking_survey
from survey_app.services.proposals import rejected_of
from survey_app.services.year import objective_code, questionnaire_for
from survey_app.web.circumstances import clock, home_unit, may, person
from survey_app.web.labels import audience_label, in_words
from survey_app.web.objective_page import (
    entries_of,
    levels_of,
    locked_words,
    meanings,
    measure_choices,
    measured_of,
    objective_rows,
    removing_consequences,
)
from survey_app.web.plan_page import (
    action_cards,
    latest_by_audience,
    ledger_years,
    overdue_cards,
    plan_summary,
    proposal_lists,
    rejected_lines,
    stage_columns,
    stopped_cards,
)

plan = Blueprint("plan", __name__, url_prefix="/committee")


@plan.get("/objectives/<uuid:unit_id>/<int(min=2000, max=2100):year>/<any(member, staff):audience>")
@requires(Right.VIEW_SURVEYS)
def objectives(unit_id: UUID, year: int, audience: str) -> ResponseReturnValue:
    unit = unit_in_scope(unit_id, Right.VIEW_SURVEYS)
    locking = locking_survey(db.session, unit, year, audience)
    may_set = locking is None and may(Right.SET_OBJECTIVES, unit)
    records = services.objectives_for(db.session, unit, year, audience)
    instrument = questionnaire_for(db.session, unit, year, audience)
    return render_template(
        "plan/objectives.html",
        unit=unit,
        year=year,
        audience=audience,
        heading=_("Objectives %(year)s: %(audience)s", year=year, audience=audience_label(audience)),
        rows=objective_rows(records, unit, instrument, may_set=may_set),
        locked=locked_words(locking, may_open=may(Right.VIEW_SURVEYS, locking.unit)) if locking else None,
        locked_by=locking.unit.name if locking else "",
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


@plan.route("/objectives/<uuid:objective_id>/remove", methods=["GET", "POST"])
@requires(Right.SET_OBJECTIVES)
def remove_objective(objective_id: UUID) -> ResponseReturnValue:
    record = db.session.get(ObjectiveRecord, objective_id) or abort(404)
    unit = unit_in_scope(record.unit_id, Right.SET_OBJECTIVES)
    year, audience = record.year, record.audience
    if services.objectives_locked(db.session, unit, year, audience):
        raise RulesLocked(year=year)
    form = ConfirmForm()
    if not form.validate_on_submit():
        page = render_template(
            "plan/remove.html", unit=unit, objective=record, form=form, consequences=removing_consequences(record)
        )
        return page, 422 if form.is_submitted() else 200
    services.remove_objective(db.session, record, by=person(), clock=clock())
    db.session.commit()
    flash(_("The objective has been removed."))
    return redirect(url_for(".objectives", unit_id=unit.id, year=year, audience=audience))


def _objective_page(unit: Unit, year: int, audience: str, record: ObjectiveRecord | None) -> ResponseReturnValue:
    """Raises RulesLocked before anything is typed in vain."""
    if services.objectives_locked(db.session, unit, year, audience):
        raise RulesLocked(year=year)
    instrument = questionnaire_for(db.session, unit, year, audience)
    asked = request.form.get("measured") or (measured_of(record) if record else "")
    known = levels_of(asked, instrument)
    form = objective_form(known.levels)(**(entries_of(record) if record else {}))
    form.offer(measure_choices(instrument))
    if not unit.children:
        del form.reaches_below  # nobody below whom it could reach
    steps_on = form.is_submitted() and form.lacks_levels
    if not steps_on and form.validate_on_submit():
        refusal = _set(unit, year, audience, record, form, instrument)
        if refusal is None:
            return redirect(url_for(".objectives", unit_id=unit.id, year=year, audience=audience))
        _put_beside(form, refusal)
    form.show_levels(known.satisfied)
    heading = _("Change the objective") if record else _("Set an objective")
    page = render_template(
        "plan/objective.html",
        form=form,
        unit=unit,
        year=year,
        audience=audience,
        heading=heading,
        removing=url_for(".remove_objective", objective_id=record.id) if record else "",
        steps_on=steps_on,
        meanings=meanings(),
    )
    return page, 422 if form.errors else 200


def _set(  # noqa: PLR0917
    unit: Unit,
    year: int,
    audience: str,
    record: ObjectiveRecord | None,
    form: ObjectiveForm,
    instrument: Instrument | None,
) -> ObjectiveImpossible | None:
    measure, target = form.measure_and_target
    code = record.code if record else objective_code(db.session, unit, year, audience, measure=measure, target=target)
    try:
        services.set_objective(
            db.session,
            unit=unit,
            year=year,
            audience=audience,
            code=code,
            title=form.title.data,
            measure=measure,
            target=target,
            threshold=form.kept_threshold,
            owner=form.owner.data,
            definition=form.kept_definition,
            satisfied_levels=form.kept_levels,
            weights=form.kept_weights,
            evaluated=form.evaluated.data or "",
            reaches_below=form.reaches_below is None or form.reaches_below.data,
            instrument=instrument,
            by=person(),
            clock=clock(),
        )
    except ObjectiveImpossible as refusal:
        db.session.rollback()
        return refusal
    db.session.commit()
    return None


def _put_beside(form: ObjectiveForm, refusal: ObjectiveImpossible) -> None:
    """The sentence stands at the field that is wrong; points, of which there are several, at the first of them."""
    name = refusal.field
    if name == "weights":
        name = form.points[0][1].name if form.points else "definition"
    elif name == "satisfied_levels" and not form.names_levels:
        name = "definition"
    form[name].errors = [in_words(refusal)]


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
    entries = ledger_of(db.session, unit)
    counts = evidence_counts(db.session, [entry.action for entry in entries])
    cards = action_cards(entries, sealed, counts, clock().today(), may_move=may_manage)
    sources = latest_by_audience(sealed)
    return render_template(
        "plan/show.html",
        unit=unit,
        cards=cards,
        columns=stage_columns(cards),
        overdue=overdue_cards(cards),
        stopped=stopped_cards(cards),
        summary=plan_summary(cards),
        proposals=proposal_lists(sources, unit),
        sources=sources if may_manage else [],
        may_manage=may_manage,
        has_result=bool(sealed),
        has_ledger=bool(entries or rejected_of(db.session, unit)),
        may_sort=may(Right.RUN_SURVEYS, unit),
        empty_form=ConfirmForm(),
    )


@plan.get("/plan/<uuid:unit_id>/ledger")
@requires(Right.VIEW_RESULTS)
def ledger(unit_id: UUID) -> ResponseReturnValue:
    """整改台账 of all years, to be printed."""
    unit = unit_in_scope(unit_id, Right.VIEW_RESULTS)
    entries = ledger_of(db.session, unit)
    counts = evidence_counts(db.session, [entry.action for entry in entries])
    today = clock().today()
    return render_template(
        "plan/ledger.html",
        unit=unit,
        years=ledger_years(entries, counts, today),
        rejected=rejected_lines(rejected_of(db.session, unit)),
        today=today,
    )
