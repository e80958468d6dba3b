"""The committee's year and the life of its surveys: opened, closed, withdrawn.

Drafts are `drafts`, what is made for paper `printing` and `paper`, opening and sealing the box `sealing`.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit
from uuid import UUID

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from survey_app import services
from survey_app.database import try_to_rewrite_boxes
from survey_app.errors import LastDayTooEarly, LastDayTooLate, ModuleRefused, NeedsEncryption, TooFewEligible
from survey_app.extensions import db
from survey_app.forms.committee import ConfirmForm, WithdrawForm
from survey_app.forms.running import CloseForm, ExtendForm
from survey_app.models import State, Survey, Unit
from survey_app.permissions import Right, requires, survey_in_scope, unit_in_scope, units_in_scope
from survey_app.services.activities import activity_around
from survey_app.services.participation import totals
from survey_app.services.rules import unfit_objectives
from survey_app.services.year import unit_year
from survey_app.text_filters import long_date
from survey_app.web.circumstances import clock, home_unit, installation_secret, may, person, units_under
from survey_app.web.filters import FILTERS
from survey_app.web.fresh_keys import drawn_keys
from survey_app.web.group_levels import level_shown
from survey_app.web.labels import in_words
from survey_app.web.navigation import main_entries, organisation_entries
from survey_app.web.planner_page import unfit_rows
from survey_app.web.slips import shown_once, unnamed
from survey_app.web.survey_groups import group_sections
from survey_app.web.survey_list import Allowed, period_words, rows_by_year, surveys_shown
from survey_app.web.survey_page import (
    ballot_box_rows,
    burden_row,
    closing_consequences,
    end_of_grace,
    evaluation_warning,
    extending_consequences,
    opening_consequences,
    participation_definition,
    played_row,
    rule_rows,
    withdrawing_consequences,
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
    may_export = may(Right.EXPORT, unit)
    return render_template("committee/year.html", page=page, unit=unit, may_run=may_run, may_export=may_export, **rows)


@committee.get("/surveys")
@requires(Right.VIEW_SURVEYS)
def surveys() -> ResponseReturnValue:
    units = units_in_scope(person(), Right.VIEW_SURVEYS)
    shown = surveys_shown(services.surveys_by_year(db.session, units), request.args.get("year", type=int))
    listed = services.listed_surveys(db.session, shown.surveys)
    rights = (Right.RUN_SURVEYS, Right.OPEN_BOX, Right.VIEW_RESULTS)
    allowed = Allowed(*(units_in_scope(person(), right) for right in rights))
    return render_template(
        "committee/surveys.html",
        years=rows_by_year(listed, totals(db.session, listed), allowed, clock().today()),
        shown=shown,
        may_run=bool(allowed.run),
        awaited=services.surveys_awaiting_modules(db.session, units_under(Right.RUN_SURVEYS)),
    )


@committee.get("/surveys/<uuid:survey_id>")
@requires(Right.VIEW_SURVEYS)
def show(survey_id: UUID) -> ResponseReturnValue:
    survey = survey_in_scope(survey_id, Right.VIEW_SURVEYS)
    has_groups = survey.state not in (State.DRAFT, State.WITHDRAWN)
    count = services.participation(db.session, survey, clock=clock()) if has_groups else None
    level = level_shown(survey, [row.unit for row in count.groups]) if count else None
    return render_template(
        "committee/show.html",
        survey=survey,
        unit=survey.unit,
        count=count,
        level=level,
        sections=group_sections(survey, count, level) if count and level else [],
        count_definition=participation_definition(survey, is_exact=count is not None and count.is_exact),
        rules=[*rule_rows(survey, services.instrument_of(survey)), *_burden(survey)],
        ballot_box=[*ballot_box_rows(survey), *played_row(survey, services.played_so_far(db.session, survey))],
        fingerprint=services.fingerprint_of(survey) if survey.has_ballot_box else "",
        is_past_last_day=clock().today() > survey.closes_on,
        is_arriving=survey.takes_ballots(clock().now()),
        end_of_grace=end_of_grace(survey),
        may_run=may(Right.RUN_SURVEYS, survey.unit),
        may_seal=may(Right.OPEN_BOX, survey.unit),
        may_view_results=may(Right.VIEW_RESULTS, survey.unit),
        takes_local=bool(services.instrument_of(survey).local_items),
        modules=services.modules_of(db.session, survey),
        course=services.course_of(db.session, survey),
        period=period_words(survey),
        activity=activity_around(db.session, survey),
    )


def _burden(survey: Survey) -> list[tuple[str, str]]:
    if survey.state not in (State.DRAFT, State.OPEN):
        return []
    budget = int(current_app.config["BURDEN_MINUTES"])
    return [
        burden_row(
            services.burden_of(
                db.session, survey.unit, year=survey.year, audience=survey.audience, config_budget=budget
            )
        )
    ]


@committee.route("/surveys/<uuid:survey_id>/open", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def open_survey(survey_id: UUID) -> ResponseReturnValue:
    survey = survey_in_scope(survey_id, Right.RUN_SURVEYS)
    survey.require(State.DRAFT)
    form = ConfirmForm()
    if not form.validate_on_submit():
        return _opening_page(survey, form), 422 if form.is_submitted() else 200
    if not (survey.accepts_played or _browsers_can_encrypt()):
        return _opening_page(survey, form, refused=in_words(NeedsEncryption())), 422
    if survey.closes_on < clock().today():
        told = _("The last day, %(day)s, has passed: nobody could answer. Please change the draft first.",
                 day=long_date(survey.closes_on))  # fmt: skip
        return _opening_page(survey, form, refused=told), 422
    drawn = drawn_keys(survey)
    try:
        opened = services.open_survey(
            db.session, survey, by=person(), clock=clock(), secret=installation_secret(), drawn=drawn
        )
    except (TooFewEligible, ModuleRefused) as refusal:
        db.session.rollback()
        return _opening_page(survey, form, refused=in_words(refusal)), 422
    db.session.commit()
    return shown_once(survey, unnamed(opened.codes), passphrases=opened.passphrases)


def _browsers_can_encrypt() -> bool:
    """Browsers encrypt on pages that come by https or from the machine itself."""
    if current_app.config["TLS"] or request.is_secure:
        return True
    host = urlsplit(request.host_url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _opening_page(survey: Survey, form: ConfirmForm, refused: str = "") -> str:
    planned = services.foreseen_groups(db.session, survey)
    objectives = services.objectives_for(db.session, survey.unit, survey.year, survey.audience)
    people = sum(plan.eligible for plan in planned)
    return render_template(
        "committee/open.html",
        survey=survey,
        unit=survey.unit,
        form=form,
        refused=refused,
        people=people if people < survey.threshold else None,
        unfit=unfit_rows(survey, unfit_objectives(db.session, survey)),
        browsers_can_encrypt=_browsers_can_encrypt(),
        consequences=[
            *evaluation_warning(survey, activity_around(db.session, survey), clock().today()),
            *opening_consequences(survey, planned, objectives, services.modules_of(db.session, survey)),
        ],
    )


@committee.route("/surveys/<uuid:survey_id>/extend", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def extend(survey_id: UUID) -> ResponseReturnValue:
    survey = survey_in_scope(survey_id, Right.RUN_SURVEYS)
    survey.require(State.OPEN)
    form = ExtendForm()
    if not form.validate_on_submit():
        return _extending_page(survey, form), 422 if form.is_submitted() else 200
    try:
        services.extend_survey(
            db.session, survey, closes_on=form.closes_on.data, reason=form.reason.data, by=person(), clock=clock()
        )
    except (LastDayTooEarly, LastDayTooLate) as refusal:
        db.session.rollback()
        form.closes_on.errors = [in_words(refusal)]
        return _extending_page(survey, form), 422
    db.session.commit()
    flash(_("Answers are taken until the end of %(day)s.", day=long_date(survey.closes_on)))
    return redirect(url_for(".show", survey_id=survey.id))


def _extending_page(survey: Survey, form: ExtendForm) -> str:
    consequences = extending_consequences(survey)
    return render_template(
        "committee/extend.html", survey=survey, unit=survey.unit, form=form, consequences=consequences
    )


@committee.route("/surveys/<uuid:survey_id>/close", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def close(survey_id: UUID) -> ResponseReturnValue:
    survey = survey_in_scope(survey_id, Right.RUN_SURVEYS)
    survey.require(State.OPEN)
    form = CloseForm(is_early=clock().today() < survey.closes_on)
    if not form.validate_on_submit():
        consequences = closing_consequences(survey, clock().today())
        page = render_template(
            "committee/close.html", survey=survey, unit=survey.unit, form=form, consequences=consequences
        )
        return page, 422 if form.is_submitted() else 200
    services.close_survey(db.session, survey, by=person(), clock=clock(), reason=form.reason.data)
    db.session.commit()
    flash(_("The survey is closed."))
    return redirect(url_for(".show", survey_id=survey.id))


@committee.route("/surveys/<uuid:survey_id>/withdraw", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def withdraw(survey_id: UUID) -> ResponseReturnValue:
    survey = survey_in_scope(survey_id, Right.RUN_SURVEYS)
    survey.require(State.OPEN, State.CLOSED)
    form = WithdrawForm()
    if not form.validate_on_submit():
        page = render_template(
            "committee/withdraw.html",
            survey=survey,
            unit=survey.unit,
            form=form,
            consequences=withdrawing_consequences(survey),
        )
        return page, 422 if form.is_submitted() else 200
    copy = services.withdraw_survey(
        db.session, survey, reason=form.reason.data, by=person(), clock=clock(), copy=form.makes_copy.data
    )
    db.session.commit()
    if not try_to_rewrite_boxes(db.engine):
        flash(_("Erased rows are still in the files of the boxes; the next backup clears them."))
    if copy is None:
        flash(_("The survey has been withdrawn and its ballots are destroyed."))
    else:
        flash(_("The survey has been withdrawn and its ballots are destroyed. This is the copy to be corrected."))
    return redirect(url_for(".show", survey_id=(copy or survey).id))
