"""Earlier years from a file, through the browser: what `branch-survey history import` does on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from survey_app import services
from survey_app.errors import Refusal
from survey_app.extensions import csrf, db
from survey_app.forms.history import HistoryForm
from survey_app.models import Unit
from survey_app.permissions import Right, requires, unit_in_scope, units_readable, version_in_scope
from survey_app.services.answers_file import read_answers, read_column_map
from survey_app.services.column_maps import MapKind
from survey_app.services.history import Imported, import_answers
from survey_app.services.table_file import MAXIMUM_BYTES, AnswersFileError, TableProblem
from survey_app.web.circumstances import clock, person, system_rng
from survey_app.web.files import allow_a_file
from survey_app.web.kept_maps import keep_if_named, map_source, offer_maps
from survey_app.web.labels import in_words

history = Blueprint("history", __name__, url_prefix="/committee/history")

# The check before every view would read the file under the small limit of other pages; the form checks the token.
csrf.exempt(history)


@history.route("/import", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def new() -> ResponseReturnValue:
    allow_a_file(MAXIMUM_BYTES)
    form = HistoryForm(year=clock().today().year - 1)
    form.offer_versions(
        [(version.sha256, version.title) for version in services.versions(db.session, units_readable())]
    )
    offer_maps(form, MapKind.ANSWERS)
    if not form.validate_on_submit():
        form.say_expired()
        return _page(form, (), 422 if form.is_submitted() else 200)
    unit = unit_in_scope(UUID(form.unit.data), Right.RUN_SURVEYS)
    try:
        imported, notes = _imported(form, unit)
    except AnswersFileError as error:
        db.session.rollback()
        return _page(form, error.problems, 422)
    except Refusal as refusal:
        db.session.rollback()
        form.file.errors = [in_words(refusal)]
        return _page(form, (), refusal.status)
    if not keep_if_named(form, MapKind.ANSWERS, unit):
        db.session.rollback()
        return _page(form, (), 422)
    db.session.commit()
    flash(_("%(rows)s answers have been imported and sealed.", rows=imported.rows))
    if notes:
        flash(_("%(count)s answers to questions that were not asked were not counted.", count=len(notes)))
    return redirect(url_for("results.show", survey_id=imported.survey.id, unit_id=imported.survey.unit_id))


def _imported(form: HistoryForm, unit: Unit) -> tuple[Imported, Sequence[TableProblem]]:
    """Read the file and seal it. Raises: AnswersFileError, Refusal."""
    version = version_in_scope(form.version.data)
    said = map_source(form)
    table = read_answers(
        form.file.data.read(),
        form.file.data.filename or "",
        services.instrument_of(version),
        column_map=read_column_map(said.encode()) if said else None,
        unit_column=form.unit_column.data or None,
    )
    imported = import_answers(
        db.session,
        table,
        version=version,
        unit=unit,
        year=form.year.data,
        eligible=form.eligible.data,
        title=form.title.data or "",
        by=person(),
        clock=clock(),
        rng=system_rng(),
    )
    return imported, table.notes


def problem_rows(problems: Sequence[TableProblem]) -> list[dict[str, object]]:
    """Problems of a file as the rows of a table on a page."""
    return [
        {"row": problem.row, "column": problem.column, "words": _(problem.template, **problem.values)}
        for problem in problems
    ]


def _page(form: HistoryForm, problems: Sequence[TableProblem], status: int) -> ResponseReturnValue:
    return render_template("history/import.html", form=form, problems=problem_rows(problems)), status
