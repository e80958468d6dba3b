"""Single answers of a sealed survey, for people with the right to them: what they are, and their files."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from uuid import UUID

from flask import Blueprint, abort, render_template, send_file
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from instruments.wording import N_
from survey_app import services
from survey_app.dossier.jobs import should_wait
from survey_app.dossier.material import material_of
from survey_app.errors import RowsRefused
from survey_app.exports import ExportContext, exporter, registry
from survey_app.exports.row_groups import SMALLEST, rows_of_unit
from survey_app.exports.rows import row_columns
from survey_app.extensions import db
from survey_app.forms.committee import ConfirmForm
from survey_app.models import State, Survey, Unit
from survey_app.permissions import Right, requires, survey_in_scope, unit_in_scope
from survey_app.web.circumstances import clock, may, person
from survey_app.web.context import page_language
from survey_app.web.jobs import make_apart
from survey_app.web.labels import in_words

data = Blueprint("data", __name__, url_prefix="/committee/data")

MADE_FOR: Mapping[str, str] = {
    "csv": N_("For the archive and for every program; a table with the codes of the answers."),
    "csv-gb18030": N_("The same for programs that expect Chinese encoding."),
    "sav": N_("With the words of questions and answers, and what counts as missing."),
    "parquet": N_("Small and quick to read; the words of questions and answers are in its metadata."),
    "rows-workbook": N_("For Excel and WPS, with a sheet that explains the columns."),
    "r": N_("Put beside the UTF-8 table, it recomputes rates, intervals, means and reliability, and fails where one "
            "differs from the result."),
    "codebook": N_("What the columns and codes mean; please hand it on with every file."),
}  # fmt: skip
"""What each format is good for."""


@data.get("/<uuid:survey_id>/<uuid:unit_id>")
@requires(Right.EXPORT_ROWS)
def show(survey_id: UUID, unit_id: UUID) -> ResponseReturnValue:
    survey, unit = _survey_and_unit(survey_id, unit_id)
    material, refused, rows, columns = material_of(db.session, survey, unit, with_rows=True), "", 0, 0
    try:
        dataset = rows_of_unit(material, unit.code)
        rows, columns = dataset.rows, len(row_columns(dataset, page_language()))
    except RowsRefused as refusal:
        refused = in_words(refusal)
    return render_template(
        "data/show.html",
        survey=survey,
        unit=unit,
        refused=refused,
        rows=rows,
        columns=columns,
        least=SMALLEST,
        sha256=material.report.provenance.dataset_sha256,
        formats=[(one.identifier, _(one.label), _sentence(one.identifier)) for one in registry() if one.takes_rows],
        form=ConfirmForm(),
        may_see_result=may(Right.VIEW_RESULTS, unit),
    )


@data.post("/<uuid:survey_id>/<uuid:unit_id>/<identifier>")
@requires(Right.EXPORT_ROWS)
def hand_out(survey_id: UUID, unit_id: UUID, identifier: str) -> ResponseReturnValue:
    survey, unit = _survey_and_unit(survey_id, unit_id)
    chosen = exporter(identifier)
    if chosen is None or not chosen.takes_rows:
        abort(404)
    if not ConfirmForm().validate_on_submit():
        abort(400)
    material = material_of(db.session, survey, unit, with_rows=True)
    rows = rows_of_unit(material, unit.code).rows
    if should_wait(db.session, survey, unit):
        return make_apart(survey, unit, identifier)
    content = chosen.whole(material, ExportContext(page_language(), clock().today()))
    services.record(
        db.session, person(), "rows.export", survey, clock=clock(), unit=unit, format=identifier, rows=rows
    )  # fmt: skip
    db.session.commit()
    return send_file(BytesIO(content), chosen.mime, as_attachment=True, download_name=chosen.filename(material.report))


def _survey_and_unit(survey_id: UUID, unit_id: UUID) -> tuple[Survey, Unit]:
    survey, unit = survey_in_scope(survey_id), unit_in_scope(unit_id)
    return (survey, unit) if survey.state is State.SEALED else abort(404)


def _sentence(identifier: str) -> str:
    return _(MADE_FOR[identifier]) if identifier in MADE_FOR else ""
