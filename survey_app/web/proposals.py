"""Decisions on what a result proposes: not followed, with the reason; open again. Adopting one is a new action."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from survey_app import services
from survey_app.extensions import db
from survey_app.forms.committee import ConfirmForm
from survey_app.forms.plan import ReasonForm
from survey_app.models import Proposal
from survey_app.permissions import Right, requires, unit_in_scope
from survey_app.services.proposals import reject_proposal, take_up_again
from survey_app.web.actions import asked_proposal
from survey_app.web.circumstances import clock, person
from survey_app.wording import names_of

proposals = Blueprint("proposals", __name__, url_prefix="/committee/plan")


@proposals.route("/<uuid:unit_id>/proposals/<uuid:survey_id>/<question>/reject", methods=["GET", "POST"])
@requires(Right.MANAGE_PLAN)
def reject(unit_id: UUID, survey_id: UUID, question: str) -> ResponseReturnValue:
    unit = unit_in_scope(unit_id, Right.MANAGE_PLAN)
    sealed = services.result_surveys(db.session, unit)
    survey = next((survey for survey in sealed if survey.id == survey_id), None) or abort(404)
    asked_proposal(survey, unit, services.report_for(db.session, survey, unit), question)
    form = ReasonForm()
    if not form.validate_on_submit():
        name = names_of(services.instrument_of(survey)).item(question)
        page = render_template("plan/reject.html", form=form, unit=unit, survey=survey, name=name)
        return page, 422 if form.is_submitted() else 200
    reject_proposal(db.session, unit, survey, question, reason=form.reason.data, by=person(), clock=clock())
    db.session.commit()
    flash(_("Written down: the proposal is not followed."))
    return redirect(url_for("plan.show", unit_id=unit.id, _anchor="proposals"))


@proposals.post("/proposals/<uuid:proposal_id>/again")
@requires(Right.MANAGE_PLAN)
def again(proposal_id: UUID) -> ResponseReturnValue:
    decided = db.session.get(Proposal, proposal_id) or abort(404)
    unit = unit_in_scope(decided.unit_id, Right.MANAGE_PLAN)
    if not ConfirmForm().validate_on_submit():
        abort(400)
    take_up_again(db.session, decided, by=person(), clock=clock())
    db.session.commit()
    flash(_("The proposal waits for a decision again."))
    return redirect(url_for("plan.show", unit_id=unit.id, _anchor="proposals"))
