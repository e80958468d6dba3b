"""Surveys that are not yet open: a draft is made, changed or discarded. Opening it and what follows is `committee`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from survey_app import services
from survey_app.extensions import db
from survey_app.forms.committee import ConfirmForm, SurveyForm
from survey_app.models import AccessMode, State, Survey
from survey_app.permissions import (
    Right,
    requires,
    survey_in_scope,
    unit_in_scope,
    units_readable,
    version_in_scope,
)
from survey_app.web.circumstances import clock, person, unit_choices, units_under
from survey_app.web.survey_page import discarding_consequences

drafts = Blueprint("drafts", __name__, url_prefix="/committee/surveys")

USUAL_THRESHOLD = 10
USUAL_SCRUTINEERS = 3
BALLOT_BOX_SETTINGS = ("scrutineers", "accepts_played", "has_receipts")


@drafts.route("/new", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def new() -> ResponseReturnValue:
    form = _offered(SurveyForm(**_usual()))
    if not form.validate_on_submit():
        page = render_template(
            "committee/draft.html", form=form, heading=_("New survey"), back=url_for("committee.surveys")
        )
        return page, 422 if form.is_submitted() else 200
    survey = services.create_survey(db.session, **_typed(form), by=person(), clock=clock())
    db.session.commit()
    return redirect(url_for("committee.show", survey_id=survey.id))


@drafts.route("/<uuid:survey_id>/change", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def change(survey_id: UUID) -> ResponseReturnValue:
    survey = survey_in_scope(survey_id, Right.RUN_SURVEYS)
    survey.require(State.DRAFT)
    form = _offered(SurveyForm(**_present(survey)))
    back = url_for("committee.show", survey_id=survey.id)
    if not form.validate_on_submit():
        page = render_template(
            "committee/draft.html", form=form, heading=_("Change the draft"), back=back, unit=survey.unit
        )
        return page, 422 if form.is_submitted() else 200
    services.change_survey(db.session, survey, **_typed(form), by=person(), clock=clock())
    db.session.commit()
    flash(_("The draft has been changed."))
    return redirect(back)


@drafts.route("/<uuid:survey_id>/discard", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def discard(survey_id: UUID) -> ResponseReturnValue:
    survey = survey_in_scope(survey_id, Right.RUN_SURVEYS)
    survey.require(State.DRAFT)
    form = ConfirmForm()
    if not form.validate_on_submit():
        page = render_template(
            "committee/discard.html",
            survey=survey,
            unit=survey.unit,
            form=form,
            consequences=discarding_consequences(survey),
        )
        return page, 422 if form.is_submitted() else 200
    services.discard_survey(db.session, survey, by=person(), clock=clock())
    db.session.commit()
    flash(_("The draft has been discarded."))
    return redirect(url_for("committee.surveys"))


def _usual() -> dict[str, Any]:
    """What a new survey begins with."""
    today = clock().today()
    return {
        "year": today.year,
        "reference_day": today,
        "threshold": USUAL_THRESHOLD,
        "access_mode": AccessMode.CODES.value,
        "scrutineers": USUAL_SCRUTINEERS,
        "accepts_played": True,
        "has_receipts": True,
    }


def _present(survey: Survey) -> dict[str, Any]:
    """What stands in a draft, as its form shows it."""
    names = ("title", "year", "closes_on", "reference_day", "threshold", *BALLOT_BOX_SETTINGS)
    chosen = {
        "unit": str(survey.unit_id),
        "version": survey.instrument_sha256,
        "access_mode": survey.access_mode.value,
    }
    return {name: getattr(survey, name) for name in names} | chosen


def _offered(form: SurveyForm) -> SurveyForm:
    readable = services.versions(db.session, units_readable(Right.RUN_SURVEYS))
    readable.sort(key=lambda version: not services.instrument_of(version).is_annual)  # those of the year first
    versions = [(version.sha256, f"{version.title} · {version.sha256[:8]}") for version in readable]
    units = unit_choices(services.existing(units_under(Right.RUN_SURVEYS)))
    form.offer(versions=versions, units=units, first_day=clock().today())
    return form


def _typed(form: SurveyForm) -> dict[str, Any]:
    """What the form holds, as the services take it."""
    return {
        "title": form.title.data,
        "year": form.year.data,
        "unit": unit_in_scope(UUID(form.unit.data), Right.RUN_SURVEYS),
        "version": version_in_scope(form.version.data, Right.RUN_SURVEYS),
        "access_mode": AccessMode(form.access_mode.data),
        "closes_on": form.closes_on.data,
        "reference_day": form.reference_day.data,
        "threshold": form.threshold.data,
        **{name: form[name].data for name in BALLOT_BOX_SETTINGS},
    }
