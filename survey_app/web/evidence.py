"""Evidence of an action: files sent, fetched, removed. They are only ever downloaded, never shown in a page."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from survey_app.errors import EvidenceRefused
from survey_app.extensions import csrf, db
from survey_app.forms.committee import ConfirmForm
from survey_app.forms.plan import ActionEvidenceForm
from survey_app.models import ActionEvidence
from survey_app.permissions import Right, requires, unit_in_scope
from survey_app.services.evidence import add_evidence, remove_evidence
from survey_app.web.actions import action_in_scope, page_of
from survey_app.web.circumstances import clock, person
from survey_app.web.files import allow_evidence, evidence_in, handed_out
from survey_app.web.labels import in_words

evidence = Blueprint("evidence", __name__, url_prefix="/committee/plan")

# The check before every view would read the file under the small limit of other pages; the forms check the token.
csrf.exempt(evidence)


@evidence.post("/actions/<uuid:action_id>/evidence")
@requires(Right.MANAGE_PLAN)
def add(action_id: UUID) -> ResponseReturnValue:
    action = action_in_scope(action_id, Right.MANAGE_PLAN)
    limits, form = allow_evidence(), ActionEvidenceForm()
    if not form.validate_on_submit():
        form.say_expired()
        return page_of(action, form), 422
    data, name = evidence_in(form, limits)
    try:
        add_evidence(
            db.session, action, data, name=name, note=form.note.data, limits=limits, by=person(), clock=clock()
        )
    except EvidenceRefused as refusal:
        db.session.rollback()
        form.file.errors = [in_words(refusal)]
        return page_of(action, form), refusal.status
    db.session.commit()
    flash(_("The file has been stored without its metadata."))
    return redirect(url_for("actions.show", action_id=action.id, _anchor="evidence"))


@evidence.get("/evidence/<uuid:evidence_id>")
@requires(Right.VIEW_RESULTS)
def fetch(evidence_id: UUID) -> ResponseReturnValue:
    return handed_out(_in_scope(evidence_id, Right.VIEW_RESULTS))


@evidence.route("/evidence/<uuid:evidence_id>/remove", methods=["GET", "POST"])
@requires(Right.MANAGE_PLAN)
def remove(evidence_id: UUID) -> ResponseReturnValue:
    found = _in_scope(evidence_id, Right.MANAGE_PLAN)
    form, action = ConfirmForm(), found.action
    if not form.validate_on_submit():
        page = render_template("plan/evidence_remove.html", form=form, unit=action.unit, evidence=found, action=action)
        return page, 422 if form.is_submitted() else 200
    remove_evidence(db.session, found, by=person(), clock=clock())
    db.session.commit()
    flash(_("The file has been erased."))
    return redirect(url_for("actions.show", action_id=action.id, _anchor="evidence"))


def _in_scope(evidence_id: UUID, right: Right) -> ActionEvidence:
    found = db.session.get(ActionEvidence, evidence_id) or abort(404)
    unit_in_scope(found.action.unit_id, right)
    return found
