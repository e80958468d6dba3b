"""Opening the box, in two steps: the scrutineers open and count the ballots, then the survey is sealed for good.

Between the steps the passphrases stand in hidden fields of a page that no browser keeps; the server keeps them nowhere.
"""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from survey_app import services
from survey_app.database import try_to_rewrite_boxes
from survey_app.errors import PassphraseRefused, StillArriving, TooFewBallots
from survey_app.extensions import db
from survey_app.forms.committee import CountForm, SealForm
from survey_app.models import State, Survey
from survey_app.permissions import Right, requires, survey_in_scope, units_in_scope
from survey_app.web.circumstances import clock, installation_secret, may, person, system_rng
from survey_app.web.count_page import count_table, rejected_sentences
from survey_app.web.labels import in_words
from survey_app.web.survey_page import counting_consequences, end_of_grace, played_words, sealing_consequences

sealing = Blueprint("sealing", __name__, url_prefix="/committee")


@sealing.after_request
def keep_nothing(response: Response) -> Response:
    """Passphrases are typed into these pages and carried from one to the next."""
    response.headers["Cache-Control"] = "no-store"
    return response


@sealing.get("/boxes")
@requires(Right.OPEN_BOX)
def boxes() -> str:
    """All that a scrutineer sees: the closed surveys whose box waits to be opened."""
    waiting = services.boxes_in(db.session, units_in_scope(person(), Right.OPEN_BOX))
    return render_template("committee/boxes.html", surveys=waiting)


@sealing.route("/surveys/<uuid:survey_id>/seal", methods=["GET", "POST"])
@requires(Right.OPEN_BOX)
def count(survey_id: UUID) -> ResponseReturnValue:
    survey = _closed_survey(survey_id)
    form = _count_form(survey)
    if not form.validate_on_submit():
        return _passphrases_page(survey, form), 422 if form.is_submitted() else 200
    try:
        return _counted_page(survey, form.passphrases, SealForm(formdata=None), hurry=form.is_in_a_hurry)
    except PassphraseRefused as refusal:
        db.session.rollback()
        number = refusal.values.get("number")
        if not isinstance(number, int):
            return _passphrases_page(survey, form, refused=in_words(refusal)), refusal.status
        form.fields_of_passphrases[number - 1].errors = [in_words(refusal)]
    except StillArriving as refusal:
        db.session.rollback()
        form.hurry.errors = [in_words(refusal)]
    except TooFewBallots as refusal:
        db.session.rollback()
        services.record(db.session, person(), "survey.count_refused", survey, clock=clock(), unit=survey.unit)
        db.session.commit()
        return _passphrases_page(survey, form, refused=in_words(refusal), leads_to_withdrawal=True), 422
    return _passphrases_page(survey, form), 422


@sealing.post("/surveys/<uuid:survey_id>/seal/confirm")
@requires(Right.OPEN_BOX)
def confirm(survey_id: UUID) -> ResponseReturnValue:
    survey = _closed_survey(survey_id)
    passphrases, form = request.form.getlist("passphrase"), SealForm()
    if not form.validate_on_submit():
        return make_response(_counted_page(survey, passphrases, form), 422)
    services.seal_survey(
        db.session,
        survey,
        passphrases=passphrases,
        by=person(),
        clock=clock(),
        secret=installation_secret(),
        rng=system_rng(),
    )
    db.session.commit()
    if not try_to_rewrite_boxes(db.engine):
        flash(_("Erased rows are still in the files of the boxes; the next backup clears them."))
    flash(_("The survey is sealed and its ballots are destroyed."))
    return redirect(_back(survey))


def _back(survey: Survey) -> str:
    """The page of the survey for whoever may look at it, else that of the boxes."""
    may_look = may(Right.VIEW_SURVEYS, survey.unit)
    return url_for("committee.show", survey_id=survey.id) if may_look else url_for(".boxes")


def _closed_survey(survey_id: UUID) -> Survey:
    survey = survey_in_scope(survey_id, Right.OPEN_BOX)
    survey.require(State.CLOSED)
    return survey


def _count_form(survey: Survey) -> CountForm:
    form = CountForm()
    is_arriving = survey.has_ballot_box and survey.takes_ballots(clock().now())
    form.ask_for(services.needed_passphrases(survey), is_arriving=is_arriving)
    return form


def _passphrases_page(survey: Survey, form: CountForm, *, refused: str = "", leads_to_withdrawal: bool = False) -> str:
    return render_template(
        "committee/count.html",
        survey=survey,
        unit=survey.unit,
        form=form,
        refused=refused,
        leads_to_withdrawal=leads_to_withdrawal,
        back=_back(survey),
        may_withdraw=may(Right.RUN_SURVEYS, survey.unit),
        end_of_grace=end_of_grace(survey),
        fingerprint=services.fingerprint_of(survey) if survey.has_ballot_box else "",
        consequences=counting_consequences(survey),
    )


def _counted_page(survey: Survey, passphrases: list[str], form: SealForm, *, hurry: bool = False) -> str:
    """Open the box and count; whoever mistypes the word afterwards has it counted again."""
    count = services.count_ballots(
        db.session,
        survey,
        passphrases=passphrases,
        by=person(),
        clock=clock(),
        secret=installation_secret(),
        rng=system_rng(),
        hurry=hurry,
    )
    db.session.commit()
    return render_template(
        "committee/seal.html",
        survey=survey,
        unit=survey.unit,
        form=form,
        passphrases=passphrases,
        back=_back(survey),
        table_of=count_table(survey, count),
        rejected=rejected_sentences(count),
        played=played_words(survey, count.played) if survey.has_ballot_box and survey.accepts_played else "",
        consequences=sealing_consequences(survey),
    )
