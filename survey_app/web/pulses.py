"""A pulse from one page: a short questionnaire is chosen, and the survey opens at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from survey_app import services
from survey_app.errors import AnswersTooLong, Refusal, TooFewEligible
from survey_app.extensions import db
from survey_app.forms.running import PulseForm
from survey_app.models import AccessMode, InstrumentVersion
from survey_app.permissions import Right, requires, unit_in_scope, units_readable, version_in_scope
from survey_app.services.burden import minutes_asked
from survey_app.services.pulses import PULSE_LASTS, PULSE_THRESHOLD, draft_pulse, pulse_templates
from survey_app.web.circumstances import clock, installation_secret, person, unit_choices, units_under
from survey_app.web.context import page_language
from survey_app.web.fresh_keys import drawn_keys
from survey_app.web.labels import audience_label, in_words
from survey_app.web.slips import shown_once, unnamed

pulses = Blueprint("pulses", __name__, url_prefix="/committee/surveys")


@pulses.route("/pulse", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def new() -> ResponseReturnValue:
    templates = pulse_templates(db.session, units_readable(Right.RUN_SURVEYS))
    form = _offered(templates)
    if not form.validate_on_submit():
        return _page(form), 422 if form.is_submitted() else 200
    laid_down = _laid_down(form, templates)
    try:
        drawn = drawn_keys(draft_pulse(db.session, **laid_down))
        survey = draft_pulse(db.session, **laid_down)
        opened = services.open_survey(
            db.session, survey, by=person(), clock=clock(), secret=installation_secret(), drawn=drawn
        )
    except (TooFewEligible, AnswersTooLong) as refusal:
        db.session.rollback()
        return _page(form, refusal), 422
    db.session.commit()
    flash(_("The survey is open. People answer until the end of %(day)s.", day=survey.closes_on.isoformat()))
    return shown_once(survey, unnamed(opened.codes), passphrases=opened.passphrases)


def _offered(templates: list[InstrumentVersion]) -> PulseForm:
    today = clock().today()
    form = PulseForm(closes_on=today + PULSE_LASTS, title=_usual_title(templates[0]) if templates else "")
    form.offer(
        versions=[(version.sha256, _described(version)) for version in templates],
        units=unit_choices(services.existing(units_under(Right.RUN_SURVEYS))),
        first_day=today,
    )
    return form


def _page(form: PulseForm, refusal: Refusal | None = None) -> str:
    return render_template(
        "committee/pulse.html",
        form=form,
        refused="" if refusal is None else in_words(refusal),
        lacks_people=isinstance(refusal, TooFewEligible),
        threshold=PULSE_THRESHOLD,
        year=clock().today().year,
    )


def _laid_down(form: PulseForm, templates: list[InstrumentVersion]) -> dict[str, Any]:
    """What the form holds, as the service takes it."""
    version = version_in_scope(form.version.data, Right.RUN_SURVEYS)
    untouched = {_usual_title(template) for template in templates}
    return {
        "unit": unit_in_scope(UUID(form.unit.data), Right.RUN_SURVEYS),
        "version": version,
        "title": _usual_title(version) if form.title.data in untouched else form.title.data,
        "closes_on": form.closes_on.data,
        "access_mode": AccessMode(form.access_mode.data),
        "scrutineers": form.scrutineers.data,
        "by": person(),
        "clock": clock(),
    }


def _usual_title(version: InstrumentVersion) -> str:
    today = clock().today()
    title = services.instrument_of(version).title.in_language(page_language())
    return _("%(questionnaire)s, %(month)s/%(year)s", questionnaire=title, year=today.year, month=today.month)


def _described(version: InstrumentVersion) -> str:
    instrument = services.instrument_of(version)
    return _(
        "%(title)s (%(audience)s, about %(minutes)s min)",
        title=instrument.title.in_language(page_language()),
        audience=audience_label(version.audience),
        minutes=minutes_asked(instrument),
    )
