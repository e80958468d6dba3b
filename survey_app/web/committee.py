"""The committee's year and the life of its surveys: open, closed, sealed. Drafts are `drafts`."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, flash, make_response, redirect, render_template, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from survey_app import services
from survey_app.errors import TooFewBallots, TooFewEligible
from survey_app.extensions import db
from survey_app.forms.committee import ConfirmForm, SealForm, SpareForm
from survey_app.models import AccessMode, State, Survey, Unit
from survey_app.permissions import Right, requires, survey_in_scope, unit_in_scope
from survey_app.services.year import unit_year
from survey_app.web.circumstances import (
    clock,
    home_unit,
    installation_secret,
    may,
    person,
    system_rng,
    units_under,
)
from survey_app.web.labels import FILTERS, in_words
from survey_app.web.navigation import main_entries, organisation_entries
from survey_app.web.slips import SlipSheets, slip_sheets, square_code
from survey_app.web.survey_page import (
    closing_consequences,
    group_rows,
    member_address,
    opening_consequences,
    participation_definition,
    rule_rows,
    sealing_consequences,
    survey_rows,
)
from survey_app.web.year_page import year_rows

committee = Blueprint("committee", __name__, url_prefix="/committee")

YEARS = range(2000, 2101)


@committee.record_once
def offer_words_and_navigation(setup: BlueprintSetupState) -> None:
    """Filters and navigation for every page behind the login, also those of other blueprints."""
    setup.app.jinja_env.filters.update(FILTERS)
    setup.app.jinja_env.globals.update(main_entries=main_entries, organisation_entries=organisation_entries)


@committee.get("/")
@requires(Right.VIEW_SURVEYS)
def index() -> ResponseReturnValue:
    return _year_page(home_unit(Right.VIEW_SURVEYS), clock().today().year)


@committee.get("/year/<uuid:unit_id>/<int:year>")
@requires(Right.VIEW_SURVEYS)
def year(unit_id: UUID, year: int) -> ResponseReturnValue:
    unit = unit_in_scope(unit_id, Right.VIEW_SURVEYS)
    return _year_page(unit, year) if year in YEARS else abort(404)


def _year_page(unit: Unit, year: int) -> str:
    page = unit_year(db.session, unit, year, clock=clock())
    rows = year_rows(page, may=may)
    may_run = may(Right.RUN_SURVEYS, unit)
    return render_template("committee/year.html", page=page, unit=unit, may_run=may_run, **rows)


@committee.get("/surveys")
@requires(Right.VIEW_SURVEYS)
def surveys() -> ResponseReturnValue:
    listed = services.surveys_in(db.session, units_under(Right.VIEW_SURVEYS))
    counts = {survey.id: services.participation(db.session, survey) for survey in listed if survey.state != State.DRAFT}
    may_run = bool(units_under(Right.RUN_SURVEYS))
    return render_template("committee/surveys.html", rows=survey_rows(listed, counts), may_run=may_run)


@committee.get("/surveys/<uuid:survey_id>")
@requires(Right.VIEW_SURVEYS)
def show(survey_id: UUID) -> ResponseReturnValue:
    survey = survey_in_scope(survey_id, Right.VIEW_SURVEYS)
    count = services.participation(db.session, survey) if survey.groups else None
    return render_template(
        "committee/show.html",
        survey=survey,
        unit=survey.unit,
        count=count,
        groups=group_rows(survey, count),
        count_definition=participation_definition(survey, is_exact=count is not None and count.is_exact),
        rules=rule_rows(survey, services.instrument_of(survey)),
        is_past_last_day=clock().today() > survey.closes_on,
        may_run=may(Right.RUN_SURVEYS, survey.unit),
        may_seal=may(Right.SEAL_SURVEYS, survey.unit),
        may_view_results=may(Right.VIEW_RESULTS, survey.unit),
    )


@committee.route("/surveys/<uuid:survey_id>/open", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def open_survey(survey_id: UUID) -> ResponseReturnValue:
    survey = survey_in_scope(survey_id, Right.RUN_SURVEYS)
    survey.require(State.DRAFT)
    form = ConfirmForm()
    if not form.validate_on_submit():
        return _opening_page(survey, form), 422 if form.is_submitted() else 200
    try:
        opened = services.open_survey(db.session, survey, by=person(), clock=clock(), secret=installation_secret())
    except TooFewEligible as refusal:
        db.session.rollback()
        return _opening_page(survey, form, refused=in_words(refusal)), 422
    db.session.commit()
    if survey.access_mode is not AccessMode.CODES:
        flash(_("The survey is open. Please pass on the link of each group, or print its poster."))
        return redirect(url_for(".show", survey_id=survey.id))
    return _slips_page(survey, opened.codes)


def _opening_page(survey: Survey, form: ConfirmForm, refused: str = "") -> str:
    planned = services.planned_groups(db.session, survey)
    objectives = services.objectives_for(db.session, survey.unit, survey.year, survey.audience)
    people = sum(plan.eligible for plan in planned)
    return render_template(
        "committee/open.html",
        survey=survey,
        unit=survey.unit,
        form=form,
        refused=refused,
        people=people if people < survey.threshold else None,
        consequences=opening_consequences(survey, planned, objectives),
    )


def _slips_page(survey: Survey, codes: dict[str, list[str]]) -> ResponseReturnValue:
    """The only page that ever shows codes; no browser keeps it."""
    addresses = {group.slug: member_address(survey, group) for group in survey.groups}
    parts: tuple[SlipSheets, ...] = slip_sheets(survey.groups, addresses, codes)
    minutes = services.instrument_of(survey).minutes
    page = render_template("committee/codes.html", survey=survey, unit=survey.unit, parts=parts, minutes=minutes)
    response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response


@committee.route("/surveys/<uuid:survey_id>/spare-code", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def spare_code(survey_id: UUID) -> ResponseReturnValue:
    survey = survey_in_scope(survey_id, Right.RUN_SURVEYS)
    survey.require(State.OPEN)
    form = SpareForm()
    form.offer([(group.slug, group.unit.name) for group in survey.groups])
    if not form.validate_on_submit():
        page = render_template("committee/spare.html", survey=survey, unit=survey.unit, form=form)
        return page, 422 if form.is_submitted() else 200
    group = next(group for group in survey.groups if group.slug == form.group.data)
    code = services.issue_spare_code(
        db.session, survey, group, by=person(), clock=clock(), secret=installation_secret()
    )
    db.session.commit()
    return _slips_page(survey, {group.slug: [code]})


@committee.get("/surveys/<uuid:survey_id>/poster/<group_slug>")
@requires(Right.VIEW_SURVEYS)
def poster(survey_id: UUID, group_slug: str) -> ResponseReturnValue:
    survey = survey_in_scope(survey_id, Right.VIEW_SURVEYS)
    group = next((group for group in survey.groups if group.slug == group_slug), None) or abort(404)
    address = member_address(survey, group)
    return render_template(
        "committee/poster.html",
        survey=survey,
        unit=survey.unit,
        group=group,
        address=address,
        code=square_code(address),
        minutes=services.instrument_of(survey).minutes,
    )


@committee.route("/surveys/<uuid:survey_id>/close", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def close(survey_id: UUID) -> ResponseReturnValue:
    survey = survey_in_scope(survey_id, Right.RUN_SURVEYS)
    survey.require(State.OPEN)
    form = ConfirmForm()
    if not form.validate_on_submit():
        consequences = closing_consequences(survey, clock().today())
        page = render_template(
            "committee/close.html", survey=survey, unit=survey.unit, form=form, consequences=consequences
        )
        return page, 422 if form.is_submitted() else 200
    services.close_survey(db.session, survey, by=person(), clock=clock())
    db.session.commit()
    flash(_("The survey is closed."))
    return redirect(url_for(".show", survey_id=survey.id))


@committee.route("/surveys/<uuid:survey_id>/seal", methods=["GET", "POST"])
@requires(Right.SEAL_SURVEYS)
def seal(survey_id: UUID) -> ResponseReturnValue:
    survey = survey_in_scope(survey_id, Right.SEAL_SURVEYS)
    survey.require(State.CLOSED)
    form = SealForm()
    if not form.validate_on_submit():
        return _sealing_page(survey, form), 422 if form.is_submitted() else 200
    try:
        services.seal_survey(
            db.session, survey, by=person(), clock=clock(), secret=installation_secret(), rng=system_rng()
        )
    except TooFewBallots as refusal:
        db.session.rollback()
        return _sealing_page(survey, form, refused=in_words(refusal)), 422
    db.session.commit()
    flash(_("The survey is sealed and its ballots are destroyed."))
    return redirect(url_for(".show", survey_id=survey.id))


def _sealing_page(survey: Survey, form: SealForm, refused: str = "") -> str:
    return render_template(
        "committee/seal.html",
        survey=survey,
        unit=survey.unit,
        form=form,
        refused=refused,
        consequences=sealing_consequences(survey),
    )
