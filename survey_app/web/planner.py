"""Before a survey opens: whether its objectives can be shown at all, and which questions carry the comparison."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from survey_app import services
from survey_app.errors import FamilyRefused
from survey_app.extensions import db
from survey_app.forms.committee import fraction_of, percent_of
from survey_app.forms.objectives import FamilyForm, ResponseForm
from survey_app.models import ObjectiveRecord, State, Survey, Unit
from survey_app.permissions import Right, requires, survey_in_scope, unit_in_scope
from survey_app.services.family import LARGEST_FAMILY, choose_family, family_of
from survey_app.services.planner import USUAL_RESPONSE, last_participation, plan_objectives
from survey_app.services.year import questionnaire_for
from survey_app.web.circumstances import clock, person
from survey_app.web.labels import audience_label, in_words
from survey_app.web.planner_page import family_choices, plan_page

planner = Blueprint("planner", __name__, url_prefix="/committee")


@planner.record_once
def offer_question(setup: BlueprintSetupState) -> None:
    """Pages of surveys ask whether a survey measures objectives: pulses and evaluations do not."""
    setup.app.jinja_env.globals.update(measures_objectives=measures_objectives)


def measures_objectives(survey: Survey) -> bool:
    return services.instrument_of(survey).is_annual


@planner.get("/objectives/<uuid:unit_id>/<int(min=2000, max=2100):year>/<any(member, staff):audience>/planner")
@requires(Right.VIEW_SURVEYS)
def show(unit_id: UUID, year: int, audience: str) -> ResponseReturnValue:
    """One objective at a time; the expected participation and which objective stand in the address."""
    unit = unit_in_scope(unit_id, Right.VIEW_SURVEYS)
    records = services.objectives_for(db.session, unit, year, audience)
    instrument = questionnaire_for(db.session, unit, year, audience)
    last_year = last_participation(db.session, unit, year, audience)
    expected = last_year.share if last_year else USUAL_RESPONSE
    form = ResponseForm(request.args, percent=percent_of(expected), meta={"csrf": False})
    if "percent" in request.args and form.validate():
        expected = fraction_of(form.percent.data or Decimal(100))
    asked = request.args.get("objective")
    chosen = next((record for record in records if record.code == asked), records[0] if records else None)
    found = plan_objectives(
        db.session,
        unit,
        year,
        audience,
        [chosen] if chosen else [],
        instrument=instrument,
        response_rate=expected,
    )
    return render_template(
        "plan/planner.html",
        unit=unit,
        year=year,
        audience=audience,
        heading=_("Can the objectives be shown? %(year)s, %(audience)s", year=year, audience=audience_label(audience)),
        form=form,
        records=records,
        others=[(record.title, _address(unit, record, form.percent.data), record is chosen) for record in records],
        chosen=chosen,
        last_year=last_year,
        page=plan_page(found, instrument),
    )


def _address(unit: Unit, record: ObjectiveRecord, percent: Decimal | None) -> str:
    """The same page about another objective."""
    return url_for(
        ".show", unit_id=unit.id, year=record.year, audience=record.audience, objective=record.code, percent=percent
    )


@planner.route("/surveys/<uuid:survey_id>/family", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def family(survey_id: UUID) -> ResponseReturnValue:
    survey = survey_in_scope(survey_id, Right.RUN_SURVEYS)
    survey.require(State.DRAFT)
    form = FamilyForm(items=family_of(db.session, survey))
    form.offer(family_choices(services.instrument_of(survey)))
    if not form.validate_on_submit():
        return _family_page(survey, form), 422 if form.is_submitted() else 200
    try:
        choose_family(db.session, survey, form.items.data or [], by=person(), clock=clock())
    except FamilyRefused as refusal:
        db.session.rollback()
        form.items.errors = [in_words(refusal)]
        return _family_page(survey, form), 422
    db.session.commit()
    flash(_("The questions that carry the comparison have been saved."))
    return redirect(url_for("committee.show", survey_id=survey.id))


def _family_page(survey: Survey, form: FamilyForm) -> str:
    return render_template("plan/family.html", survey=survey, unit=survey.unit, form=form, most=LARGEST_FAMILY)
