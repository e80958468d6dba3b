"""Column maps that are kept: what each line does, changing one, taking one away."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from survey_app.extensions import db
from survey_app.forms.committee import ConfirmForm
from survey_app.forms.history import ColumnMapForm
from survey_app.permissions import Right, requires, units_readable
from survey_app.services.column_maps import MapKind, MapNameTaken, change_map, delete_map, lines_of, maps_of
from survey_app.services.table_file import AnswersFileError
from survey_app.web.circumstances import clock, may, person
from survey_app.web.history import problem_rows
from survey_app.web.kept_maps import map_in_scope, readable_map
from survey_app.web.labels import in_words

column_maps = Blueprint("column_maps", __name__, url_prefix="/committee/history/maps")

KINDS = {MapKind.ANSWERS: _l("Answers"), MapKind.AGGREGATES: _l("Published figures")}
DOES = {
    "item": _l("holds the answers to, or the figures of, %(becomes)s"),
    "left_out": _l("is left out"),
    "unit": _l("is the unit with the code %(becomes)s"),
    "value": _l("is read as %(becomes)s"),
    "series": _l("is the series “%(becomes)s”"),
    "year": _l("holds the year"),
    "organisation": _l("holds the organisation"),
    "group": _l("holds the group of organisations"),
    "percent": _l("holds the figure"),
    "n": _l("holds the number of answers"),
    "reference": _l("is a reference row, not an organisation"),
    "missing": _l("stands for a figure that was not published"),
    "participation": _l("is the participation, not an item"),
    "fixed_year": _l("is the year of the whole file"),
    "share": _l("has figures that are shares (0 to 1)"),
    "percentage": _l("has figures that are percentages (0 to 100)"),
    "scale": _l("is how figures are written: percent (0 to 100) or share (0 to 1)"),
}
"""What a line of a map does, in words; the column that holds item codes has nothing to become."""


@column_maps.get("/")
@requires(Right.RUN_SURVEYS)
def index() -> ResponseReturnValue:
    kept = maps_of(db.session, units_readable())
    return render_template("history/maps.html", maps=[(one, KINDS[MapKind(one.kind)]) for one in kept])


@column_maps.route("/<uuid:map_id>", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def show(map_id: UUID) -> ResponseReturnValue:
    kept = readable_map(map_id)
    may_change = may(Right.RUN_SURVEYS, kept.unit)
    form = ColumnMapForm(name=kept.name, source=kept.source)
    problems: list[dict[str, object]] = []
    if form.validate_on_submit():
        kept = map_in_scope(map_id)
        try:
            change_map(
                db.session, kept, name=form.name.data or "", source=form.source.data or "", by=person(), clock=clock()
            )
        except MapNameTaken as refusal:
            form.name.errors = [in_words(refusal)]
        except AnswersFileError as error:
            problems = problem_rows(error.problems)
            form.source.errors = [_("The map cannot be read; see below.")]
        else:
            db.session.commit()
            flash(_("The column map has been changed."))
            return redirect(url_for(".show", map_id=kept.id))
    lines = [(line.name, _does(line.kind, line.becomes)) for line in lines_of(MapKind(kept.kind), kept.source)]
    return render_template(
        "history/map.html", kept=kept, kind=KINDS[MapKind(kept.kind)], lines=lines, form=form, may_change=may_change,
        problems=problems,
    ), 422 if form.errors else 200  # fmt: skip


@column_maps.route("/<uuid:map_id>/delete", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def delete(map_id: UUID) -> ResponseReturnValue:
    kept, form = map_in_scope(map_id), ConfirmForm()
    if not form.validate_on_submit():
        return render_template("history/delete_map.html", kept=kept, form=form)
    delete_map(db.session, kept, by=person(), clock=clock())
    db.session.commit()
    flash(_("The column map has been taken away."))
    return redirect(url_for(".index"))


def _does(kind: str, becomes: str) -> str:
    if kind == "item" and not becomes:
        return _("holds the code of the item")
    return str(DOES[kind]) % {"becomes": becomes}
