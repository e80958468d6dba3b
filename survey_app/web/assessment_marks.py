"""Marks on site: what was found about a check point, the files that show it, and the second signature."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from survey_app.errors import EvidenceRefused
from survey_app.extensions import csrf, db
from survey_app.forms.assessment import MarkForm
from survey_app.forms.committee import ConfirmForm
from survey_app.forms.reviews import SignForm
from survey_app.forms.sent_file import EvidenceForm
from survey_app.models import SiteEvidence, SiteMark
from survey_app.permissions import Right, requires, unit_in_scope
from survey_app.services.assessment_lock import AssessmentRefused
from survey_app.services.assessment_marks import (
    add_site_evidence,
    enter_mark,
    mark_hash,
    markable,
    marks_of,
    remove_site_evidence,
    sign_mark,
)
from survey_app.web.assessment import scheme_and_unit
from survey_app.web.assessment_mark_page import as_found, found_in, mark_page, offered
from survey_app.web.circumstances import clock, may, person
from survey_app.web.files import allow_evidence, evidence_in, handed_out
from survey_app.web.labels import in_words

assessment_marks = Blueprint("assessment_marks", __name__, url_prefix="/committee/assessment")

# The check before every view would read the file under the small limit of other pages; the forms check the token.
csrf.exempt(assessment_marks)


@assessment_marks.route("/schemes/<uuid:scheme_id>/units/<uuid:unit_id>/marks/<check_point>", methods=["GET", "POST"])
@requires(Right.ASSESS)
def mark(scheme_id: UUID, unit_id: UUID, check_point: str) -> ResponseReturnValue:
    scheme, unit = scheme_and_unit(scheme_id, unit_id)
    point, full = markable(scheme, unit, check_point)
    known = marks_of(db.session, scheme, unit).get(check_point)
    form = MarkForm(data=as_found(known, point) if known is not None else None)
    form.offer(*offered(point, full))
    if form.validate_on_submit():
        try:
            entered = enter_mark(
                db.session, scheme, unit, check_point, found_in(form, full), by=person(), clock=clock()
            )
        except AssessmentRefused as refused:
            db.session.rollback()
            (form.points if form.points and refused.reason == "points" else form.found).errors = [in_words(refused)]
        else:
            db.session.commit()
            flash(_("The mark has been entered. It counts once another person has signed it."))
            return redirect(_address(entered))
    if form.is_submitted():
        db.session.rollback()
    shown = mark_page(scheme, point, full, known, person())
    page = render_template("assessment/mark.html", unit=unit, scheme=scheme, page=shown, form=form, mark=known,
                           file_form=EvidenceForm(formdata=None), limit=current_app.config["EVIDENCE_MB"],
                           sign_form=_sign_form(known))  # fmt: skip
    return page, 422 if form.errors else 200


@assessment_marks.post("/marks/<uuid:mark_id>/sign")
@requires(Right.ASSESS)
def sign(mark_id: UUID) -> ResponseReturnValue:
    found, form = _mark_in_scope(mark_id, Right.ASSESS), SignForm()
    if not form.validate_on_submit():
        flash(_("It was open for too long and has been renewed. Please send it once more."))
        return redirect(_address(found))
    try:
        sign_mark(db.session, found, agreed=form.agreed.data or "", by=person(), clock=clock())
    except AssessmentRefused as refused:
        db.session.rollback()
        flash(in_words(refused))
        return redirect(_address(found))
    db.session.commit()
    flash(_("You have signed the mark. It counts now."))
    return redirect(url_for("assessment.sheet", scheme_id=found.scheme_id, unit_id=found.unit_id))


@assessment_marks.post("/marks/<uuid:mark_id>/evidence")
@requires(Right.ASSESS)
def add(mark_id: UUID) -> ResponseReturnValue:
    found = _mark_in_scope(mark_id, Right.ASSESS)
    limits, form = allow_evidence(), EvidenceForm()
    if not form.validate_on_submit():
        form.say_expired()
        return _page_of(found, form), 422
    data, name = evidence_in(form, limits)
    try:
        add_site_evidence(db.session, found, data, name=name, limits=limits, by=person(), clock=clock())
    except (EvidenceRefused, AssessmentRefused) as refusal:
        db.session.rollback()
        form.file.errors = [in_words(refusal)]
        return _page_of(found, form), 422
    db.session.commit()
    flash(_("The file has been stored without its metadata."))
    return redirect(_address(found, "files"))


@assessment_marks.get("/marks/evidence/<uuid:site_evidence_id>")
@requires(Right.VIEW_RESULTS)
def fetch(site_evidence_id: UUID) -> ResponseReturnValue:
    return handed_out(_evidence_in_scope(site_evidence_id, Right.VIEW_RESULTS))


@assessment_marks.route("/marks/evidence/<uuid:site_evidence_id>/remove", methods=["GET", "POST"])
@requires(Right.ASSESS)
def remove(site_evidence_id: UUID) -> ResponseReturnValue:
    found, form = _evidence_in_scope(site_evidence_id, Right.ASSESS), ConfirmForm()
    about = found.mark
    if not form.validate_on_submit():
        page = render_template("assessment/evidence_remove.html", unit=about.unit, evidence=found, form=form,
                               back=_address(about, "files"), is_signed=about.second_by_id is not None)  # fmt: skip
        return page, 422 if form.is_submitted() else 200
    remove_site_evidence(db.session, found, by=person(), clock=clock())
    db.session.commit()
    flash(_("The file has been erased."))
    return redirect(_address(about, "files"))


def _page_of(found: SiteMark, file_form: EvidenceForm) -> str:
    """The page of a mark with what was wrong about a file."""
    point, full = markable(found.scheme, found.unit, found.check_point)
    form = MarkForm(formdata=None, data=as_found(found, point))
    form.offer(*offered(point, full))
    return render_template(
        "assessment/mark.html", unit=found.unit, scheme=found.scheme, form=form, mark=found, file_form=file_form,
        page=mark_page(found.scheme, point, full, found, person()),
        limit=current_app.config["EVIDENCE_MB"], sign_form=_sign_form(found),
    )  # fmt: skip


def _sign_form(found: SiteMark | None) -> SignForm:
    form = SignForm(formdata=None)
    form.agreed.data = mark_hash(found) if found is not None else ""
    return form


def _mark_in_scope(mark_id: UUID, right: Right) -> SiteMark:
    found = db.session.get(SiteMark, mark_id) or abort(404)
    unit_in_scope(found.unit_id, right)
    return found


def _evidence_in_scope(site_evidence_id: UUID, right: Right) -> SiteEvidence:
    found = db.session.get(SiteEvidence, site_evidence_id) or abort(404)
    unit_in_scope(found.mark.unit_id, right)
    return found


def _address(found: SiteMark, anchor: str | None = None) -> str:
    """The page of a mark; without the right to enter any, the sheet."""
    if not may(Right.ASSESS, found.unit):
        return url_for("assessment.sheet", scheme_id=found.scheme_id, unit_id=found.unit_id)
    return url_for(".mark", scheme_id=found.scheme_id, unit_id=found.unit_id, check_point=found.check_point,
                   _anchor=anchor)  # fmt: skip
