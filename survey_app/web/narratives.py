"""The annual report of a unit as its committee sees it: what each section says by itself, and what is written to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from survey_app.dossier.material import material_of
from survey_app.errors import NarrativeRefused
from survey_app.exports import Material, registry
from survey_app.exports.outline import narrative_paragraphs
from survey_app.exports.outline_parts import Told, told_in
from survey_app.extensions import db
from survey_app.forms.narratives import SectionForm
from survey_app.models import State, Survey, Unit
from survey_app.permissions import Right, requires, survey_in_scope, unit_in_scope
from survey_app.services.narratives import version_of, write_section
from survey_app.web.circumstances import clock, may, person
from survey_app.web.context import page_language
from survey_app.web.labels import in_words
from survey_app.wording.labels import listed
from survey_app.wording.names import Names
from survey_app.wording.report import ReportSection, section_title
from survey_app.wording.report_marks import marks_of, typed_figures, values_of

narratives = Blueprint("narratives", __name__, url_prefix="/committee/narratives")

FORMATS = ("report-word", "report-pdf")


@dataclass(frozen=True, slots=True)
class Chapter:
    """A section on the page."""

    key: str
    title: str
    sentences: tuple[str, ...]
    """What it says by itself."""
    tables: int
    written: tuple[str, ...]
    """What the committee wrote, figures filled in."""


@narratives.get("/<uuid:survey_id>/<uuid:unit_id>")
@requires(Right.MANAGE_PLAN)
def show(survey_id: UUID, unit_id: UUID) -> ResponseReturnValue:
    survey, unit = _survey_and_unit(survey_id, unit_id)
    material = material_of(db.session, survey, unit)
    names = material.names(page_language())
    values = values_of(material.report, names)
    return render_template(
        "narratives/show.html",
        survey=survey,
        unit=unit,
        chapters=[_chapter(section, material, names, values) for section in ReportSection],
        downloads=_downloads(survey, unit),
    )


@narratives.route("/<uuid:survey_id>/<uuid:unit_id>/<chapter>", methods=["GET", "POST"])
@requires(Right.MANAGE_PLAN)
def change(survey_id: UUID, unit_id: UUID, chapter: str) -> ResponseReturnValue:
    survey, unit = _survey_and_unit(survey_id, unit_id)
    section = next((one for one in ReportSection if one.value == chapter), None) or abort(404)
    material = material_of(db.session, survey, unit)
    names = material.names(page_language())
    values = values_of(material.report, names)
    written = material.narrative.get(section, "")
    form = SectionForm(text=written, read=version_of(written))
    theirs = ""
    if form.validate_on_submit():
        text = "\n".join((form.text.data or "").splitlines())
        try:
            write_section(
                db.session, survey, unit, section, text,
                read=form.read.data or "", marks=values, by=person(), clock=clock(),
            )  # fmt: skip
        except NarrativeRefused as refusal:
            form.text.errors = [in_words(refusal)]
            if refusal.reason == "changed":
                theirs, form.read.data = written, version_of(written)
        else:
            db.session.commit()
            flash(_saved(text))
            return redirect(url_for(".show", survey_id=survey.id, unit_id=unit.id, _anchor=section.value))
    page = render_template(
        "narratives/change.html",
        survey=survey,
        unit=unit,
        chapter=_chapter(section, material, names, values),
        form=form,
        theirs=theirs,
        marks=marks_of(material.report, names),
    )
    return page, 422 if form.is_submitted() else 200


def _survey_and_unit(survey_id: UUID, unit_id: UUID) -> tuple[Survey, Unit]:
    """A unit in scope and a survey with a result; the survey may be that of a unit above."""
    survey, unit = survey_in_scope(survey_id, Right.VIEW_RESULTS), unit_in_scope(unit_id)
    return (survey, unit) if survey.state is State.SEALED else abort(404)


def _chapter(section: ReportSection, material: Material, names: Names, values: Mapping[str, str]) -> Chapter:
    told = told_in(section, material, names)
    return Chapter(
        section.value,
        section_title(section),
        tuple(line for one in told for line in _sentences(one)),
        sum(bool(table.rows) for one in told for table in one.tables),
        narrative_paragraphs(material.narrative.get(section, ""), values),
    )


def _sentences(told: Told) -> tuple[str, ...]:
    return tuple(line for text in told.paragraphs for line in text.splitlines())


def _saved(text: str) -> str:
    """Numbers typed by hand are said once: they stay as they are."""
    typed = typed_figures(text)
    if not typed:
        return _("Saved.")
    return _(
        "Saved. These numbers were typed by hand and do not follow the result: %(numbers)s.", numbers=listed(typed)
    )


def _downloads(survey: Survey, unit: Unit) -> list[tuple[str, str]]:
    if not may(Right.EXPORT, unit):
        return []
    return [
        (_(one.label), url_for("results.export", survey_id=survey.id, unit_id=unit.id, identifier=one.identifier))
        for one in registry()
        if one.identifier in FORMATS
    ]
