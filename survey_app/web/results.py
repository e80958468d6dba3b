"""Results of sealed surveys: the list of a unit, the annual result of a unit, its downloads."""

from __future__ import annotations

from io import BytesIO
from uuid import UUID

from flask import Blueprint, abort, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from analysis.tree import Report
from survey_app import services
from survey_app.charts import CHARTS
from survey_app.dossier.jobs import should_wait
from survey_app.dossier.material import material_of
from survey_app.exports import ExportContext, exporter, registry
from survey_app.extensions import db
from survey_app.models import State, Survey, Unit
from survey_app.permissions import Right, requires, survey_in_scope, unit_in_scope
from survey_app.services.organisation import ancestors
from survey_app.services.unit_tree import unit_tree
from survey_app.web.annual import LONGEST_OPEN_TABLE, result_page
from survey_app.web.annual.picture import send_picture
from survey_app.web.circumstances import clock, home_unit, may, person, unit_choices, units_under
from survey_app.web.comment_page import way_to_queue
from survey_app.web.jobs import make_apart
from survey_app.wording.names import Names, names_of

results = Blueprint("results", __name__, url_prefix="/committee/results")


@results.get("/")
@requires(Right.VIEW_RESULTS)
def index() -> ResponseReturnValue:
    chosen = request.args.get("unit", type=UUID)
    unit = unit_in_scope(chosen, Right.VIEW_RESULTS) if chosen else home_unit(Right.VIEW_RESULTS)
    surveys = services.result_surveys(db.session, unit)
    units = unit_choices(units_under(Right.VIEW_RESULTS))
    annual = [survey for survey in surveys if services.instrument_of(survey).is_annual]
    others = [survey for survey in surveys if not services.instrument_of(survey).is_annual]
    return render_template(
        "results/index.html",
        unit=unit,
        annual=annual,
        others=others,
        units=units,
        may_export=may(Right.EXPORT, unit),
    )


@results.get("/<uuid:survey_id>/<uuid:unit_id>")
@requires(Right.VIEW_RESULTS)
def show(survey_id: UUID, unit_id: UUID) -> ResponseReturnValue:
    survey, unit = _sealed_survey(survey_id, Right.VIEW_RESULTS), unit_in_scope(unit_id, Right.VIEW_RESULTS)
    report = services.report_for(db.session, survey, unit)
    return render_template(
        "results/show.html",
        page=result_page(report, _names_over_years(survey, unit)),
        report=report,
        survey=survey,
        unit=unit,
        folded_into=_folded_into(report, unit),
        counted_with=services.units_counted_with(db.session, survey, report, unit) if report.unit != unit.code else 0,
        addresses=_addresses_below(report, survey, unit),
        downloads=_downloads(survey, unit),
        longest=LONGEST_OPEN_TABLE,
        local_results=_local_results(survey, unit),
        pictures=_picture_addresses(survey, unit),
        ways_on=way_to_queue(survey, unit, report),
        steps=_next_steps(survey, unit),
    )


@results.get("/<uuid:survey_id>/<uuid:unit_id>/chart/<key>.png")
@requires(Right.VIEW_RESULTS)
def chart(survey_id: UUID, unit_id: UUID, key: str) -> ResponseReturnValue:
    """One chart of the result page for a document."""
    survey, unit = _sealed_survey(survey_id, Right.VIEW_RESULTS), unit_in_scope(unit_id, Right.VIEW_RESULTS)
    return send_picture(services.report_for(db.session, survey, unit), _names(survey), key)


@results.get("/<uuid:survey_id>/<uuid:unit_id>/export/<identifier>")
@requires(Right.EXPORT)
def export(survey_id: UUID, unit_id: UUID, identifier: str) -> ResponseReturnValue:
    survey, unit = _sealed_survey(survey_id, Right.EXPORT), unit_in_scope(unit_id, Right.EXPORT)
    chosen = exporter(identifier) or abort(404)
    if chosen.takes_rows:
        abort(404)
    if should_wait(db.session, survey, unit):
        return make_apart(survey, unit, identifier)
    material = material_of(db.session, survey, unit)
    content = chosen.whole(material, ExportContext(_names(survey).language, clock().today()))
    services.record(db.session, person(), "result.export", survey, clock=clock(), unit=unit, format=identifier)
    db.session.commit()
    return send_file(BytesIO(content), chosen.mime, as_attachment=True, download_name=chosen.filename(material.report))


def _local_results(survey: Survey, unit: Unit) -> list[tuple[str, str, str]]:
    """Units with questions of their own, what these are called, and where their result is."""
    return [
        (
            module.unit.name,
            module.instrument.title,
            url_for(
                "local.result",
                survey_id=survey.id,
                asking_id=module.unit_id,
                unit_id=unit.id if module.unit in ancestors(unit) else module.unit_id,
            ),
        )
        for module in services.sealed_modules(db.session, survey, unit)
        if may(Right.VIEW_RESULTS, module.unit) or module.unit in ancestors(unit)
    ]


def _next_steps(survey: Survey, unit: Unit) -> list[tuple[str, str]]:
    """What follows from an annual result besides the plan."""
    if not services.instrument_of(survey).is_annual:
        return []
    return [
        (_("To the review"), url_for("reviews.of_unit", unit_id=unit.id)),
        (_("To the public page"), url_for("publications.show", unit_id=unit.id, survey_id=survey.id)),
        *(
            [(_("To the annual report"), url_for("narratives.show", survey_id=survey.id, unit_id=unit.id))]
            if may(Right.MANAGE_PLAN, unit)
            else []
        ),
        *_evidence_package(survey, unit),
    ]


def _evidence_package(survey: Survey, unit: Unit) -> list[tuple[str, str]]:
    if not may(Right.EXPORT, unit):
        return []
    return [(_("Evidence package"), url_for("packages.show", unit_id=unit.id, year=survey.year))]


def _sealed_survey(survey_id: UUID, right: Right) -> Survey:
    """A survey in scope that has a result; before sealing there is nothing to be found."""
    survey = survey_in_scope(survey_id, right)
    return survey if survey.state is State.SEALED else abort(404)


def _names(survey: Survey) -> Names:
    return names_of(services.instrument_of(survey))


def _names_over_years(survey: Survey, unit: Unit) -> Names:
    """With what was asked in the years before, for the page that tells the difference."""
    return names_of(services.instrument_of(survey), services.earlier_instruments(db.session, survey, unit))


def _folded_into(report: Report, unit: Unit) -> str:
    """Name of the unit whose figures stand for this one, where it is too small for its own."""
    return report.unit_name if report.unit != unit.code else ""


def _addresses_below(report: Report, survey: Survey, unit: Unit) -> dict[str, str]:
    """Of the units below that the report names, at any depth, by their code."""
    compared = report.benchmark.rows if report.benchmark else ()
    named = {row.unit for rows in (report.units, compared, report.exemplars) for row in rows}
    if not named:
        return {}
    ids = {place.code: place.id for place in unit_tree(db.session).below(unit.id)}
    beginning = url_for(".show", survey_id=survey.id, unit_id=unit.id).removesuffix(str(unit.id))
    return {code: f"{beginning}{ids[code]}" for code in named if code in ids}


def _picture_addresses(survey: Survey, unit: Unit) -> dict[str, str]:
    return {key: url_for(".chart", survey_id=survey.id, unit_id=unit.id, key=key) for key in CHARTS}


def _downloads(survey: Survey, unit: Unit) -> list[tuple[str, str]]:
    if not may(Right.EXPORT, unit):
        return []
    files = [
        (_(one.label), url_for(".export", survey_id=survey.id, unit_id=unit.id, identifier=one.identifier))
        for one in registry()
        if not one.takes_rows
    ]
    if may(Right.EXPORT_ROWS, unit):
        files.append((_("Single answers"), url_for("data.show", survey_id=survey.id, unit_id=unit.id)))
    return files
