"""Local questions of a survey: a unit adds its own to a survey from above, and reads what was answered to them."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from instruments.modules import module_problems
from survey_app import services
from survey_app.charts import CHARTS
from survey_app.errors import ModuleRefused
from survey_app.exports import ExportContext, Material, exporter, registry
from survey_app.extensions import db
from survey_app.forms.committee import ConfirmForm
from survey_app.forms.local import LocalForm
from survey_app.models import InstrumentVersion, LocalModule, State, Survey, Unit
from survey_app.permissions import Right, requires, survey_reaching, unit_in_scope, units_readable, version_in_scope
from survey_app.services.organisation import subtree
from survey_app.services.unit_tree import Place, unit_tree
from survey_app.web.annual import LONGEST_OPEN_TABLE, result_page
from survey_app.web.annual.picture import send_picture
from survey_app.web.circumstances import clock, may, person, unit_choices, units_under
from survey_app.web.comment_page import way_to_queue
from survey_app.web.labels import in_words
from survey_app.wording.names import Names, names_of

local = Blueprint("local", __name__, url_prefix="/committee/surveys")


@local.route("/<uuid:survey_id>/local", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def index(survey_id: UUID) -> ResponseReturnValue:
    """What units ask of their own in this survey; the form to add to them while it is a draft."""
    survey = survey_reaching(survey_id)
    form = LocalForm()
    fitting = _fitting(survey)
    form.offer(units=unit_choices(_units_below(survey)), versions=fitting)
    if not form.validate_on_submit():
        return _page(survey, form, fitting), 422 if form.is_submitted() else 200
    unit, version = unit_in_scope(UUID(form.unit.data)), version_in_scope(form.version.data)
    try:
        services.add_module(db.session, survey, unit, version, by=person(), clock=clock())
    except ModuleRefused as refusal:
        db.session.rollback()
        form.unit.errors = [in_words(refusal)]
        return _page(survey, form, fitting), 422
    db.session.commit()
    flash(_("The people of %(unit)s will be asked these questions too.", unit=unit.name))
    return redirect(url_for(".index", survey_id=survey.id))


@local.post("/<uuid:survey_id>/local/<uuid:unit_id>/remove")
@requires(Right.RUN_SURVEYS)
def remove(survey_id: UUID, unit_id: UUID) -> ResponseReturnValue:
    module = _module(survey_reaching(survey_id), unit_id)
    if not (may(Right.RUN_SURVEYS, module.unit) or may(Right.RUN_SURVEYS, module.survey.unit)):
        abort(404)
    if not ConfirmForm().validate_on_submit():
        abort(400)
    services.remove_module(db.session, module, by=person(), clock=clock())
    db.session.commit()
    flash(_("The local questions of %(unit)s have been taken out.", unit=module.unit.name))
    return redirect(url_for(".index", survey_id=survey_id))


@local.get("/<uuid:survey_id>/local/<uuid:asking_id>/result/<uuid:unit_id>")
@requires(Right.VIEW_RESULTS)
def result(survey_id: UUID, asking_id: UUID, unit_id: UUID) -> ResponseReturnValue:
    """The result of the questions of the asking unit, for it or a unit below it."""
    module, unit = _sealed_module(survey_id, asking_id), unit_in_scope(unit_id)
    report = services.local_report(db.session, module, unit)
    ids = {below.code: below.id for below in subtree(db.session, unit)} if report.units else {}
    return render_template(
        "results/show.html",
        page=result_page(report, _names_over_years(module)),
        report=report,
        survey=module.survey,
        unit=unit,
        folded_into=report.unit_name if report.unit != unit.code else "",
        asked_by=module.unit.name,
        addresses={
            row.unit: url_for(".result", survey_id=survey_id, asking_id=asking_id, unit_id=ids[row.unit])
            for row in report.units or ()
            if row.unit in ids
        },
        downloads=_downloads(module, unit),
        longest=LONGEST_OPEN_TABLE,
        pictures=_picture_addresses(module, unit),
        ways_on=way_to_queue(module.survey, unit, report),
    )


@local.get("/<uuid:survey_id>/local/<uuid:asking_id>/result/<uuid:unit_id>/chart/<key>.png")
@requires(Right.VIEW_RESULTS)
def chart(survey_id: UUID, asking_id: UUID, unit_id: UUID, key: str) -> ResponseReturnValue:
    """One chart of that page for a document."""
    module, unit = _sealed_module(survey_id, asking_id), unit_in_scope(unit_id)
    report = services.local_report(db.session, module, unit)
    return send_picture(report, names_of(services.instrument_of(module.instrument)), key)


@local.get("/<uuid:survey_id>/local/<uuid:asking_id>/result/<uuid:unit_id>/export/<identifier>")
@requires(Right.EXPORT)
def export(survey_id: UUID, asking_id: UUID, unit_id: UUID, identifier: str) -> ResponseReturnValue:
    module, unit = _sealed_module(survey_id, asking_id), unit_in_scope(unit_id)
    chosen = exporter(identifier) or abort(404)
    report = services.local_report(db.session, module, unit)
    names = names_of(services.instrument_of(module.instrument))
    content = chosen.whole(Material(report, names.instrument), ExportContext(names.language, clock().today()))
    services.record(
        db.session, person(), "result.export", module.survey, clock=clock(), unit=unit,
        format=identifier, local_unit=module.unit.code,
    )  # fmt: skip
    db.session.commit()
    return send_file(BytesIO(content), chosen.mime, as_attachment=True, download_name=chosen.filename(report))


def _page(survey: Survey, form: LocalForm, fitting: Sequence[tuple[str, str]]) -> str:
    modules, runs_it = services.modules_of(db.session, survey), may(Right.RUN_SURVEYS, survey.unit)
    return render_template(
        "committee/local.html",
        survey=survey,
        form=form,
        confirm=ConfirmForm(),
        most=services.instrument_of(survey).local_items,
        can_add=survey.state is State.DRAFT and bool(fitting),
        rows=[
            (module, survey.state is State.DRAFT and (runs_it or may(Right.RUN_SURVEYS, module.unit)))
            for module in modules
            if runs_it or module.unit_id in units_readable()
        ],
    )


def _units_below(survey: Survey) -> list[Place]:
    """Units of whoever is signed in that the survey asks, and that are not the one that runs it."""
    asked = unit_tree(db.session).ids_below(survey.unit_id) - {survey.unit_id}
    return [unit for unit in units_under(Right.RUN_SURVEYS) if unit.id in asked]


def _fitting(survey: Survey) -> list[tuple[str, str]]:
    """Published questionnaires that can follow the common questions, newest first."""
    common = services.instrument_of(survey)
    found = services.versions(db.session, units_readable())
    return [(one.sha256, _name(one)) for one in found if not module_problems(common, services.instrument_of(one))]


def _name(version: InstrumentVersion) -> str:
    return f"{version.title} · {version.sha256[:8]}"


def _module(survey: Survey, unit_id: UUID) -> LocalModule:
    return db.session.get(LocalModule, (survey.id, unit_id)) or abort(404)


def _sealed_module(survey_id: UUID, asking_id: UUID) -> LocalModule:
    survey = survey_reaching(survey_id)
    return _module(survey, asking_id) if survey.state is State.SEALED else abort(404)


def _names_over_years(module: LocalModule) -> Names:
    asked = services.instrument_of(module.instrument)
    return names_of(asked, services.earlier_local_instruments(db.session, module))


def _place(module: LocalModule, unit: Unit) -> dict[str, Any]:
    return {"survey_id": module.survey_id, "asking_id": module.unit_id, "unit_id": unit.id}


def _picture_addresses(module: LocalModule, unit: Unit) -> dict[str, str]:
    return {key: url_for(".chart", **_place(module, unit), key=key) for key in CHARTS}


def _downloads(module: LocalModule, unit: Unit) -> list[tuple[str, str]]:
    if not may(Right.EXPORT, unit):
        return []
    here = _place(module, unit)
    return [
        (_(one.label), url_for(".export", **here, identifier=one.identifier))
        for one in registry()
        if not one.takes_rows
    ]
