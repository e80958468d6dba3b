"""The assessment sheet of a unit as a file: for the page that offers it, and for the evidence package."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time

from flask_babel import gettext as _
from sqlalchemy.orm import Session
from xlsxwriter.workbook import Workbook

from survey_app.assessment.marking import AssessmentSheet
from survey_app.assessment.scheme import Scheme
from survey_app.exports.sheet import Cell, Column, Sheet, set_up_page, styles_of
from survey_app.models import AssessmentScheme, SiteMark, Unit
from survey_app.services.assessment import rules_in
from survey_app.services.assessment_facts import sheet_of
from survey_app.services.assessment_marks import marks_of
from survey_app.wording.assessment import SheetRow, sheet_notes, sheet_rows, total_sentence
from survey_app.wording.assessment_rules import grade_rule

WIDTHS = (9, 34, 16, 10, 10, 10, 40, 36, 28, 22, 24)


def assessment_file(
    session: Session, scheme: AssessmentScheme, unit: Unit, *, today: date, made_on: date, language: str
) -> bytes:
    """The sheet as .xlsx; steps not done by `today` are missed. Raises: DatasetAltered, AssessmentRefused."""
    sheet, read = sheet_of(session, scheme, unit, today=today), rules_in(scheme)
    title = f"{read.title.in_language(language)} {scheme.year}"
    stream = io.BytesIO()
    book = Workbook(
        stream,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    created = datetime.combine(made_on, time(), UTC).replace(tzinfo=None)
    book.set_properties({"title": title, "subject": unit.name, "comments": scheme.sha256, "created": created})
    styles = styles_of(book)
    first = Sheet(book, book.add_worksheet(_("Assessment sheet")), styles, WIDTHS)
    _write_points(first, title, unit, sheet, read, language)
    second = Sheet(book, book.add_worksheet(_("Marks on site")), styles, (9, 34, 14, 44, 20, 20, 44))
    _write_marks(second, marks_of(session, scheme, unit), read, language)
    third = Sheet(book, book.add_worksheet(_("Rules and sources")), styles, (34, 76))
    _write_sources(third, scheme, sheet, read, language)
    footer = f"sha256 {scheme.sha256[:16]}"
    for written in (first, second, third):
        set_up_page(written.worksheet, header=f"{unit.name}  {title}", footer=footer, landscape=True, one_page=False)
    book.close()
    return stream.getvalue()


def assessment_sheet_words(sheet: AssessmentSheet, scheme: Scheme, language: str) -> list[list[Cell]]:
    """The lines of a sheet, one a row: code, check point, points or why there are none, full points, least, most,
    what it rests on, rule, name of the figure, its place in the result, hash of the sealed dataset."""
    return [_row(row) for category in sheet_rows(sheet, scheme, language) for row in category.rows]


def _row(row: SheetRow) -> list[Cell]:
    line = row.line
    source = line.trace.figure.source if line.trace.figure else None
    return [
        line.check_point,
        row.title,
        row.points if line.points is None else float(line.points),
        float(line.out_of),
        None if line.low is None else float(line.low),
        None if line.high is None else float(line.high),
        row.rests_on,
        row.rule,
        row.figure or row.step,
        source.path if source else "",
        source.dataset_sha256 if source else "",
    ]


def _write_points(  # noqa: PLR0917
    sheet: Sheet, title: str, unit: Unit, made: AssessmentSheet, scheme: Scheme, language: str
) -> None:
    sheet.title(f"{unit.name}  {title}")
    sheet.paragraph(total_sentence(made), "lead")
    sheet.notes(sheet_notes(made, scheme, language))
    sheet.gap()
    columns = [
        Column(_("Code")), Column(_("Check point")), Column(_("Points"), "decimal"), Column(_("Out of"), "decimal"),
        Column(_("At least"), "decimal"), Column(_("At most"), "decimal"), Column(_("Rests on")), Column(_("Rule")),
        Column(_("Figure")), Column(_("Place in the result")), Column(_("Hash of the sealed dataset (SHA-256)")),
    ]  # fmt: skip
    sheet.table(columns, assessment_sheet_words(made, scheme, language), freeze=True)
    sheet.heading(_("Categories"))
    for category in sheet_rows(made, scheme, language):
        sheet.paragraph(f"{category.title}: {category.sum}")


def _write_marks(sheet: Sheet, marks: Mapping[str, SiteMark], scheme: Scheme, language: str) -> None:
    sheet.title(_("Marks on site"))
    columns = [
        _("Code"), _("Check point"), _("Found"), _("Seen"), _("Entered by"), _("Second signature"), _("Files (SHA-256)")
    ]  # fmt: skip
    points = {point.code: point.title.in_language(language) for point in scheme.check_points}
    rows = [_mark_row(mark, points.get(code, "")) for code, mark in sorted(marks.items())]
    sheet.table([Column(head) for head in columns], rows, freeze=True)


def _mark_row(mark: SiteMark, title: str) -> Sequence[Cell]:
    return [
        mark.check_point,
        title,
        mark.points or _("exempt"),
        mark.note,
        f"{mark.entered_by.name} {mark.entered_at.date().isoformat()}",
        f"{mark.second_by.name} {mark.second_at.date().isoformat()}"
        if mark.second_by and mark.second_at
        else _("still to come"),
        "\n".join(f"{file.name} {file.sha256}" for file in mark.evidence),
    ]


def _write_sources(
    sheet: Sheet, scheme: AssessmentScheme, made: AssessmentSheet, read: Scheme, language: str
) -> None:  # fmt: skip
    sheet.title(_("Rules and sources"))
    unit_class = read.class_named(made.unit_class)
    rows: list[list[Cell]] = [
        [_("Assessed by"), scheme.unit.name],
        [_("Class"), unit_class.title.in_language(language) if unit_class else ""],
        [_("Locked on"), scheme.locked_at.date().isoformat() if scheme.locked_at else _("not locked yet")],
        [_("Hash of the rules (SHA-256)"), scheme.sha256],
    ]
    sources = {line.trace.figure.source for line in made.lines if line.trace.figure and line.trace.figure.source.survey}
    datasets = sorted({source.dataset_sha256 for source in sources})
    rows += [[_("Hash of the sealed dataset (SHA-256)"), digest] for digest in datasets]
    rows += [[grade.title.in_language(language), grade_rule(grade)] for grade in read.grades]
    sheet.table([Column(_("What")), Column(_("How"))], rows)
