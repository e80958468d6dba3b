"""Activities with a survey before and one after: the list of them, a new one, and both results side by side."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from survey_app import services
from survey_app.errors import NothingToReport, UnknownVersion
from survey_app.extensions import db
from survey_app.forms.committee import ConfirmForm
from survey_app.forms.running import ActivityForm
from survey_app.models import AccessMode, Activity, State, Survey
from survey_app.permissions import Right, requires, unit_in_scope
from survey_app.services.activities import (
    ActivityImpossible,
    Part,
    activities_of,
    create_activity,
    make_part,
    survey_of,
)
from survey_app.services.participation import Total, totals
from survey_app.web.circumstances import clock, may, person, unit_choices, units_under
from survey_app.web.labels import in_words
from survey_app.wording import headline
from survey_app.wording.names import names_of

activities = Blueprint("activities", __name__, url_prefix="/committee/activities")


@dataclass(frozen=True, slots=True)
class PartOfActivity:
    """One of the two surveys: what it is for, how it stands, and in short what came of it."""

    part: Part
    survey: Survey | None
    total: Total | None
    figure: str
    told: tuple[str, ...]
    can_be_made: bool


@activities.get("/")
@requires(Right.VIEW_SURVEYS)
def index() -> ResponseReturnValue:
    listed = activities_of(db.session, units_under(Right.VIEW_SURVEYS))
    return render_template("committee/activities.html", activities=listed, may_run=bool(units_under(Right.RUN_SURVEYS)))


@activities.route("/new", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def new() -> ResponseReturnValue:
    form = ActivityForm()
    form.offer_units(unit_choices(services.existing(units_under(Right.RUN_SURVEYS))))
    if not form.validate_on_submit():
        return render_template("committee/activity_new.html", form=form), 422 if form.is_submitted() else 200
    title = form.title.data
    try:
        activity = create_activity(
            db.session,
            unit=unit_in_scope(UUID(form.unit.data), Right.RUN_SURVEYS),
            title=title,
            held_on=form.held_on.data,
            before_title=_title_of(Part.BEFORE, title),
            after_title=_title_of(Part.AFTER, title),
            access_mode=AccessMode(form.access_mode.data),
            scrutineers=form.scrutineers.data,
            by=person(),
            clock=clock(),
        )
    except (ActivityImpossible, UnknownVersion) as refusal:
        db.session.rollback()
        form.held_on.errors = [in_words(refusal)]
        return render_template("committee/activity_new.html", form=form), 422
    db.session.commit()
    flash(_("Both drafts have been made. Nobody is asked anything before they are opened."))
    return redirect(url_for(".show", activity_id=activity.id))


@activities.get("/<uuid:activity_id>")
@requires(Right.VIEW_SURVEYS)
def show(activity_id: UUID) -> ResponseReturnValue:
    activity = _activity_in_scope(activity_id, Right.VIEW_SURVEYS)
    surveys = [survey for survey in (activity.before, activity.after) if survey is not None]
    counted = totals(db.session, surveys)
    return render_template(
        "committee/activity.html",
        activity=activity,
        unit=activity.unit,
        parts=[_part(activity, part, counted) for part in Part],
        form=ConfirmForm(),
        today=clock().today(),
        may_run=may(Right.RUN_SURVEYS, activity.unit),
        may_view_results=may(Right.VIEW_RESULTS, activity.unit),
    )


@activities.post("/<uuid:activity_id>/<part>")
@requires(Right.RUN_SURVEYS)
def make(activity_id: UUID, part: str) -> ResponseReturnValue:
    """The draft of one of the two surveys, where it was discarded or withdrawn."""
    activity = _activity_in_scope(activity_id, Right.RUN_SURVEYS)
    chosen = Part(part) if part in set(Part) else abort(404)
    title = _title_of(chosen, activity.title)
    survey = make_part(db.session, activity, chosen, title=title, by=person(), clock=clock())
    db.session.commit()
    flash(_("The draft has been made."))
    return redirect(url_for("committee.show", survey_id=survey.id))


def _activity_in_scope(activity_id: UUID, right: Right) -> Activity:
    """The activity, or 404 where its unit is outside the scope of the right."""
    activity = db.session.get(Activity, activity_id) or abort(404)
    unit_in_scope(activity.unit_id, right)
    return activity


def _part(activity: Activity, part: Part, counted: dict[UUID, Total]) -> PartOfActivity:
    survey = survey_of(activity, part)
    is_gone = survey is None or survey.state is State.WITHDRAWN
    figure, told = _result(survey) if survey is not None else ("", ())
    return PartOfActivity(
        part=part,
        survey=survey,
        total=counted.get(survey.id) if survey is not None else None,
        figure=figure,
        told=told,
        can_be_made=is_gone and (part is Part.AFTER or clock().today() < activity.held_on),
    )


def _result(survey: Survey) -> tuple[str, tuple[str, ...]]:
    """The headline figure and what else is said first of a result; nothing before sealing."""
    if survey.state is not State.SEALED or not may(Right.VIEW_RESULTS, survey.unit):
        return "", ()
    try:
        report = services.report_for(db.session, survey, survey.unit)
    except NothingToReport:
        return "", ()
    names = names_of(services.instrument_of(survey))
    figure = headline.headline_figure(report) or ""
    return figure, (*headline.headline_parts(report, names), *headline.minute_list(report, names))


def _title_of(part: Part, activity: str) -> str:
    if part is Part.BEFORE:
        return _("%(activity)s: your wishes", activity=activity)
    return _("%(activity)s: how it was", activity=activity)
