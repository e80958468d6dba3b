"""The assessment: the scheme of a committee, the sheet of a unit, the ranking, and what the scheme itself is worth."""

from __future__ import annotations

from io import BytesIO
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from survey_app import services
from survey_app.assessment.loader import SchemeError, sample_scheme
from survey_app.assessment.scrutiny import scrutiny
from survey_app.extensions import db
from survey_app.forms.assessment import SchemeForm
from survey_app.forms.committee import YEARS, ConfirmForm
from survey_app.models import AssessmentScheme, Unit
from survey_app.permissions import Right, requires, unit_in_scope, units_in_scope, units_readable
from survey_app.services.assessment import (
    class_in,
    remove_scheme,
    require_settable,
    rules_in,
    schemes_over,
    set_scheme,
)
from survey_app.services.assessment_facts import sheet_of, sheets_of
from survey_app.services.assessment_lock import AssessmentRefused, is_as_locked, lock_scheme, scheme_of
from survey_app.services.assessment_marks import marks_of
from survey_app.web.assessment_page import (
    class_cards,
    grade_rows,
    overview_of,
    problem_rows,
    ranking_cards,
    review_rows,
    review_sentence,
    sheet_page,
    unasked,
)
from survey_app.web.circumstances import asked_year, clock, home_unit, may, person, unit_choices, units_under
from survey_app.web.context import page_language

assessment = Blueprint("assessment", __name__, url_prefix="/committee/assessment")

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@assessment.get("/")
@requires(Right.VIEW_RESULTS)
def index() -> ResponseReturnValue:
    chosen = request.args.get("unit", type=UUID)
    unit = unit_in_scope(chosen) if chosen else home_unit(Right.VIEW_RESULTS)
    return redirect(url_for(".show", unit_id=unit.id, year=asked_year()))


@assessment.get("/<uuid:unit_id>/<int:year>")
@requires(Right.VIEW_RESULTS)
def show(unit_id: UUID, year: int) -> ResponseReturnValue:
    unit = _unit_and_year(unit_id, year)
    scheme = scheme_of(db.session, unit, year)
    return render_template(
        "assessment/show.html",
        unit=unit,
        year=year,
        units=unit_choices(units_under(Right.VIEW_RESULTS)),
        scheme=scheme,
        over=schemes_over(db.session, unit, year),
        overview=overview_of(scheme) if scheme is not None else None,
        may_set=may(Right.SET_ASSESSMENT, unit) and _refusal(unit, year) is None,
    )


@assessment.route("/<uuid:unit_id>/<int:year>/scheme", methods=["GET", "POST"])
@requires(Right.SET_ASSESSMENT)
def change(unit_id: UUID, year: int) -> ResponseReturnValue:
    unit = _unit_and_year(unit_id, year)
    require_settable(db.session, unit, year)
    scheme, problems = scheme_of(db.session, unit, year), []
    form = SchemeForm()
    if not form.is_submitted():
        form.source.data = sample_scheme() if "sample" in request.args else scheme and scheme.source
    elif form.validate():
        try:
            kept = set_scheme(db.session, unit, year, form.text, by=person(), clock=clock())
        except SchemeError as refused:
            db.session.rollback()
            problems = problem_rows(refused, form.text)
        else:
            db.session.commit()
            flash(_("The scheme has been saved. It can be changed until it is locked."))
            return redirect(url_for(".rules", scheme_id=kept.id))
    page = render_template("assessment/change.html", unit=unit, year=year, form=form, scheme=scheme, problems=problems)
    return page, 422 if problems or form.errors else 200


@assessment.get("/schemes/<uuid:scheme_id>")
@requires(Right.VIEW_RESULTS)
def rules(scheme_id: UUID) -> ResponseReturnValue:
    scheme = scheme_in_scope(scheme_id)
    read, language = rules_in(scheme), page_language()
    is_own = may(Right.SET_ASSESSMENT, scheme.unit)
    return render_template(
        "assessment/rules.html",
        unit=scheme.unit,
        scheme=scheme,
        title=read.title.in_language(language),
        note=read.year_note.in_language(language) if read.year_note else "",
        classes=class_cards(read, language),
        grades=grade_rows(read, language),
        unasked=unasked(scheme, language),
        is_as_locked=scheme.locked_at is None or is_as_locked(db.session, scheme),
        may_change=is_own and _refusal(scheme.unit, scheme.year) is None,
        may_lock=is_own and scheme.locked_at is None,
        may_rank=may(Right.VIEW_RESULTS, scheme.unit),
    )


@assessment.get("/schemes/<uuid:scheme_id>/scheme.yaml")
@requires(Right.VIEW_RESULTS)
def source(scheme_id: UUID) -> ResponseReturnValue:
    """The very text that is locked: its SHA-256 is the hash shown."""
    scheme = scheme_in_scope(scheme_id)
    name = f"assessment-{scheme.unit.code}-{scheme.year}.yaml"
    return send_file(BytesIO(scheme.source.encode()), "application/yaml", as_attachment=True, download_name=name)


@assessment.route("/schemes/<uuid:scheme_id>/lock", methods=["GET", "POST"])
@requires(Right.SET_ASSESSMENT)
def lock(scheme_id: UUID) -> ResponseReturnValue:
    scheme, form = _own_scheme(scheme_id), ConfirmForm()
    if scheme.locked_at is not None:
        raise AssessmentRefused("locked", year=scheme.year)
    if not form.validate_on_submit():
        page = render_template("assessment/lock.html", unit=scheme.unit, scheme=scheme, form=form)
        return page, 422 if form.is_submitted() else 200
    lock_scheme(db.session, scheme, by=person(), clock=clock())
    db.session.commit()
    flash(_("The scheme is locked."))
    return redirect(url_for(".rules", scheme_id=scheme.id))


@assessment.route("/schemes/<uuid:scheme_id>/remove", methods=["GET", "POST"])
@requires(Right.SET_ASSESSMENT)
def remove(scheme_id: UUID) -> ResponseReturnValue:
    scheme, form = _own_scheme(scheme_id), ConfirmForm()
    unit, year = scheme.unit, scheme.year
    require_settable(db.session, unit, year)
    if not form.validate_on_submit():
        page = render_template("assessment/remove.html", unit=unit, scheme=scheme, form=form)
        return page, 422 if form.is_submitted() else 200
    remove_scheme(db.session, scheme, by=person(), clock=clock())
    db.session.commit()
    flash(_("The scheme has been removed."))
    return redirect(url_for(".show", unit_id=unit.id, year=year))


@assessment.get("/schemes/<uuid:scheme_id>/ranking")
@requires(Right.VIEW_RESULTS)
def ranking(scheme_id: UUID) -> ResponseReturnValue:
    scheme = _scheme_over_units(scheme_id)
    read, made = rules_in(scheme), sheets_of(db.session, scheme, today=clock().today())
    cards = [] if made.waiting else ranking_cards(made, read, scheme)
    return render_template(
        "assessment/ranking.html", unit=scheme.unit, scheme=scheme, made=made, cards=cards,
        title=read.title.in_language(page_language()),
    )  # fmt: skip


@assessment.get("/schemes/<uuid:scheme_id>/review")
@requires(Right.VIEW_RESULTS)
def review(scheme_id: UUID) -> ResponseReturnValue:
    scheme = _scheme_over_units(scheme_id)
    read, made = rules_in(scheme), sheets_of(db.session, scheme, today=clock().today())
    reviewed = () if made.waiting else scrutiny(made.sheets, read)
    return render_template(
        "assessment/review.html",
        unit=scheme.unit,
        scheme=scheme,
        made=made,
        title=read.title.in_language(page_language()),
        rows=review_rows(reviewed, read),
        sentence=review_sentence(reviewed, read),
    )


@assessment.get("/schemes/<uuid:scheme_id>/units/<uuid:unit_id>")
@requires(Right.VIEW_RESULTS)
def sheet(scheme_id: UUID, unit_id: UUID) -> ResponseReturnValue:
    scheme, unit = scheme_and_unit(scheme_id, unit_id)
    made = sheet_of(db.session, scheme, unit, today=clock().today())
    return render_template(
        "assessment/sheet.html",
        unit=unit,
        scheme=scheme,
        page=sheet_page(made, rules_in(scheme), unit, marks_of(db.session, scheme, unit)),
        is_as_locked=scheme.locked_at is None or is_as_locked(db.session, scheme),
        may_assess=scheme.locked_at is not None and may(Right.ASSESS, unit),
        may_rank=may(Right.VIEW_RESULTS, scheme.unit),
        may_export=may(Right.EXPORT, unit),
    )


@assessment.get("/schemes/<uuid:scheme_id>/units/<uuid:unit_id>/sheet.xlsx")
@requires(Right.EXPORT)
def workbook(scheme_id: UUID, unit_id: UUID) -> ResponseReturnValue:
    from survey_app.dossier.assessment_file import assessment_file  # loads what writes xlsx, which no page needs

    scheme, unit = scheme_and_unit(scheme_id, unit_id)
    today = clock().today()
    content = assessment_file(db.session, scheme, unit, today=today, made_on=today, language=page_language())
    services.record(
        db.session, person(), "assessment.export", scheme, clock=clock(), unit=unit, year=scheme.year,
        sha256=scheme.sha256,
    )  # fmt: skip
    db.session.commit()
    name = f"assessment-{unit.code}-{scheme.year}.xlsx"
    return send_file(BytesIO(content), XLSX, as_attachment=True, download_name=name)


def scheme_in_scope(scheme_id: UUID, right: Right | None = None) -> AssessmentScheme:
    """A scheme of a unit in scope or of one above it, or 404."""
    scheme = db.session.get(AssessmentScheme, scheme_id)
    if scheme is None or scheme.unit_id not in units_readable(right):
        abort(404)
    return scheme


def scheme_and_unit(scheme_id: UUID, unit_id: UUID, right: Right | None = None) -> tuple[AssessmentScheme, Unit]:
    """A scheme and a unit in scope that it assesses, or 404."""
    scheme, unit = scheme_in_scope(scheme_id, right), unit_in_scope(unit_id, right)
    if class_in(scheme, unit) is None or scheme.unit_id not in {unit.id, *(u.id for u in services.ancestors(unit))}:
        abort(404)
    return scheme, unit


def _scheme_over_units(scheme_id: UUID) -> AssessmentScheme:
    """A scheme whose units are all in scope: nobody below sees how the others stand."""
    scheme = db.session.get(AssessmentScheme, scheme_id)
    if scheme is None or scheme.unit_id not in units_in_scope(person(), Right.VIEW_RESULTS):
        abort(404)
    return scheme


def _own_scheme(scheme_id: UUID) -> AssessmentScheme:
    scheme = db.session.get(AssessmentScheme, scheme_id) or abort(404)
    unit_in_scope(scheme.unit_id)
    return scheme


def _unit_and_year(unit_id: UUID, year: int) -> Unit:
    return unit_in_scope(unit_id) if year in YEARS else abort(404)


def _refusal(unit: Unit, year: int) -> AssessmentRefused | None:
    """Why no scheme can be set any more."""
    try:
        require_settable(db.session, unit, year)
    except AssessmentRefused as refused:
        return refused
    return None
