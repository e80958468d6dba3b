"""Whole tables of units: looked at first, with everything that would change or is wrong, and stored when confirmed.

Between the two steps the file stands in a hidden field of the page; the server keeps it nowhere.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from survey_app.extensions import csrf, db
from survey_app.forms.organisation import CarriedFileForm, UnitsFileForm
from survey_app.models import UnitKind, UnitLevel
from survey_app.permissions import Right, requires, units_in_scope
from survey_app.services import organisation_file, record
from survey_app.services.organisation_import import store_units
from survey_app.services.organisation_plan import Fate, PlannedNumber, PlannedUnit, UnitsPlan, plan_units
from survey_app.services.table_file import AnswersFileError, TableProblem
from survey_app.web.circumstances import asked_year, clock, home_unit, person, units_under
from survey_app.web.context import page_language
from survey_app.web.files import allow_a_file
from survey_app.web.labels import audience_label, label

units_file = Blueprint("units_file", __name__, url_prefix="/committee/organisation")

LARGEST = 2 * 1024 * 1024
"""Bytes of a file: some ten thousand rows."""
LARGEST_CARRIED = LARGEST * 4 // 3
"""Of the same file within a field, in base 64."""
CHANGES_SHOWN = 200

# The check before every view would read the file under the small limit of other pages; the forms check the token.
csrf.exempt(units_file)


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A unit that is added or changed, and how."""

    row: int
    name: str
    code: str
    said: str


@units_file.route("/import", methods=["GET", "POST"])
@requires(Right.MANAGE_ORGANISATION)
def bring_in() -> ResponseReturnValue:
    _allow_a_file()
    form = UnitsFileForm(year=clock().today().year)
    if not form.validate_on_submit():
        form.say_expired()
        return _form_page(form, (), 422 if form.is_submitted() else 200)
    data, name = form.file.data.read(LARGEST + 1), form.file.data.filename or ""
    if len(data) > LARGEST:
        form.file.errors = [_("The file is larger than %(limit)s MB.", limit=LARGEST // 1024**2)]
        return _form_page(form, (), 422)
    try:
        plan = _plan(data, name, form.year.data)
    except AnswersFileError as error:
        return _form_page(form, error.problems, 422)
    carried = CarriedFileForm(formdata=None, name=name, content=b64encode(data).decode(), year=form.year.data)
    return _plan_page(plan, carried)


@units_file.post("/import/confirm")
@requires(Right.MANAGE_ORGANISATION)
def confirm() -> ResponseReturnValue:
    """The same file once more, checked again: the organisation may have changed meanwhile."""
    _allow_a_file()
    form, new = CarriedFileForm(), UnitsFileForm(formdata=None, year=clock().today().year)
    if not form.validate_on_submit():
        if form.csrf_token.errors:
            flash(_("That page was open for too long. Please choose the file once more; nothing was stored."))
            return redirect(url_for(".bring_in"))
        new.file.errors = [_("It did not arrive as it was sent. Please choose it once more; nothing was stored.")]
        return _form_page(new, (), 422)
    try:
        plan = _plan(form.file, form.name.data or "", form.year.data)
    except AnswersFileError as error:
        return _form_page(new, error.problems, 422)
    store_units(db.session, plan, top=home_unit(Right.MANAGE_ORGANISATION), by=person(), clock=clock())
    db.session.commit()
    counts = plan.unit_counts
    flash(_("Units added: %(added)s, changed: %(changed)s.", added=counts[Fate.ADDED], changed=counts[Fate.CHANGED]))
    return redirect(url_for("organisation.index"))


@units_file.get("/units.csv")
@requires(Right.VIEW_SURVEYS)
def as_csv() -> ResponseReturnValue:
    return _download(organisation_file.as_csv(_rows()), "text/csv", "csv")


@units_file.get("/units.xlsx")
@requires(Right.VIEW_SURVEYS)
def as_xlsx() -> ResponseReturnValue:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _download(organisation_file.as_xlsx(_rows()), kind, "xlsx")


def _rows() -> list[list[str]]:
    units = units_under(Right.VIEW_SURVEYS)
    return organisation_file.unit_rows(db.session, units, year=asked_year(), chinese=page_language() != "en")


def _download(data: bytes, kind: str, ending: str) -> Response:
    top = home_unit(Right.VIEW_SURVEYS)
    record(db.session, person(), "unit.export", top, clock=clock(), year=asked_year(), format=ending)
    db.session.commit()
    name = f"{_('Units and numbers')} {asked_year()}.{ending}"
    return send_file(BytesIO(data), kind, as_attachment=True, download_name=name)


def _allow_a_file() -> None:
    allow_a_file(LARGEST_CARRIED)
    request.max_form_memory_size = request.max_content_length


def _plan(data: bytes, name: str, year: int | None) -> UnitsPlan:
    scope = units_in_scope(person(), Right.MANAGE_ORGANISATION)
    return plan_units(db.session, data, name, year=year, scope=scope)


def _form_page(form: UnitsFileForm, problems: Sequence[TableProblem], status: int) -> ResponseReturnValue:
    rows = [
        {"row": problem.row, "column": problem.column, "words": _(problem.template, **problem.values)}
        for problem in problems
    ]
    columns = [(column.names[0], column.key) for column in organisation_file.COLUMNS]
    return render_template("organisation/import.html", form=form, problems=rows, columns=columns), status


def _plan_page(plan: UnitsPlan, form: CarriedFileForm) -> str:
    lines = [_line(unit, unit_numbers) for unit, unit_numbers in plan.differences]
    units, numbers = plan.unit_counts, plan.number_counts
    counts = [
        (words, units[fate], numbers[fate])
        for fate, words in (
            (Fate.ADDED, _("added")),
            (Fate.CHANGED, _("changed")),
            (Fate.LEFT, _("left as they are")),
        )
    ]
    is_empty = not lines and not numbers[Fate.ADDED] and not numbers[Fate.CHANGED]
    return render_template(
        "organisation/plan.html",
        form=form,
        counts=counts,
        lines=lines[:CHANGES_SHOWN],
        more=len(lines) - CHANGES_SHOWN,
        is_empty=is_empty,
    )


def _line(unit: PlannedUnit, numbers: Sequence[PlannedNumber]) -> ChangeLine:
    said = [*_of_unit(unit), *map(_of_number, numbers)]
    return ChangeLine(unit.row, unit.name, unit.code, " · ".join(said))


def _of_number(number: PlannedNumber) -> str:
    before = _("not entered") if number.before is None else number.before
    people = f"{audience_label(number.audience)} {before} → {number.people}"
    return _("%(year)s: %(people)s on %(day)s", year=number.year, people=people, day=number.reference_day)


def _of_unit(unit: PlannedUnit) -> list[str]:
    if unit.fate is Fate.ADDED:
        below = _("below %(code)s", code=unit.parent) if unit.parent else ""
        return [part for part in (_("new unit"), label(unit.level), label(unit.kind), below) if part]
    heads = {"name": _("Name"), "level": _("Level"), "kind": _("Kind"), "parent": _("Unit above")}
    return [f"{heads[key]} {_word(key, old)} → {_word(key, getattr(unit, key))}" for key, old in unit.before.items()]


def _word(key: str, value: str) -> str:
    kinds = {"level": UnitLevel, "kind": UnitKind}
    return label(kinds[key](value)) if key in kinds else value
