"""Single answers as an .xlsx workbook, however many: written row by row into a temporary file, never held in memory.

The answers stand as codes, one row a ballot; the sheets after them say what each column asks and each code means.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory

from flask_babel import gettext as _
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from analysis.dataset import SealedDataset
from instruments.wording import N_
from survey_app.exports.base import ExportContext, Exporter, Material
from survey_app.exports.row_groups import rows_of
from survey_app.exports.rows import NOT_ANSWERED, RowColumn, row_batches, row_columns
from survey_app.exports.sheet import Cell, Column, Sheet, styles_of

PIECE = 1024 * 1024
BATCH = 1_000
ROWS_OF_A_SHEET = 1_048_575
"""What Excel takes, below the row of heads."""


def rows_workbook(material: Material, context: ExportContext) -> Iterator[bytes]:
    """The workbook in pieces; the same material, language and day give the same bytes.

    Raises: RowsRefused where rows may not be handed out.
    """
    dataset = rows_of(material)
    with TemporaryDirectory(prefix="rows-") as folder:  # for this account alone
        file = Path(folder) / "rows.xlsx"
        os.close(os.open(file, os.O_CREAT | os.O_EXCL, 0o600))
        _write(file, dataset, material, context)
        with file.open("rb") as written:
            while piece := written.read(PIECE):
                yield piece


def _write(file: Path, dataset: SealedDataset, material: Material, context: ExportContext) -> None:
    options = {
        "constant_memory": True, "tmpdir": str(file.parent),
        "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
    }  # fmt: skip
    book = Workbook(str(file), options)
    created = datetime.combine(context.made_on, time(), UTC).replace(tzinfo=None)
    book.set_properties({"title": material.report.title, "subject": material.report.unit_name, "created": created})
    styles = styles_of(book)
    columns = row_columns(dataset, context.language)
    _write_answers(book, styles["head"], columns, dataset, context)
    _write_columns(Sheet(book, book.add_worksheet(_("Columns")), styles, (18, 70, 14)), columns)
    _write_codes(Sheet(book, book.add_worksheet(_("Codes")), styles, (18, 10, 40, 14)), columns)
    _write_origin(Sheet(book, book.add_worksheet(_("About these rows")), styles, (26, 74)), dataset, material)
    book.close()


def _write_answers(
    book: Workbook, head: Format, columns: Sequence[RowColumn], dataset: SealedDataset, context: ExportContext
) -> None:
    """A number is written as a number, the unit's code as text, and what was not answered leaves its cell empty."""
    units, done = columns[0].levels, 0
    sheet = _answer_sheet(book, head, columns, 1, dataset.rows)
    for batch in row_batches(dataset, BATCH):
        for unit, *codes in batch.tolist():
            place = done % ROWS_OF_A_SHEET
            if done and place == 0:
                sheet = _answer_sheet(book, head, columns, 1 + done // ROWS_OF_A_SHEET, dataset.rows - done)
            sheet.write_string(place + 1, 0, units[unit])
            for column, code in enumerate(codes, start=1):
                if code != NOT_ANSWERED:
                    sheet.write_number(place + 1, column, code)
            done += 1
        context.progress(done, dataset.rows)


def _answer_sheet(book: Workbook, head: Format, columns: Sequence[RowColumn], number: int, left: int) -> Worksheet:
    """The first sheet, or the next one for the rows that are left."""
    name = _("Answers")
    sheet = book.add_worksheet(name if number == 1 else f"{name} {number}")
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, len(columns) - 1, 10)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, min(left, ROWS_OF_A_SHEET), len(columns) - 1)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(9)
    for place, column in enumerate(columns):
        sheet.write_string(0, place, column.name, head)
    return sheet


def _write_columns(sheet: Sheet, columns: Sequence[RowColumn]) -> None:
    rows = [[column.name, column.label, column.item] for column in columns]
    sheet.table([Column(_("Column")), Column(_("What was asked")), Column(_("Question"))], rows, freeze=True)


def _write_codes(sheet: Sheet, columns: Sequence[RowColumn]) -> None:
    """Units by their name; -1 and -2 are answers that are not scored."""
    heads = [Column(_("Column")), Column(_("Code"), "count"), Column(_("Meaning")), Column(_("Remark"))]
    rows: list[list[Cell]] = [
        [columns[0].name, code, columns[0].units[place], None] for place, code in columns[0].levels.items()
    ]
    for column in columns[1:]:
        rows += [[column.name, code, word, None] for code, word in column.levels.items()]
        rows += [[column.name, code, word, _("not scored")] for code, word in column.missing.items()]
    sheet.table(heads, rows, freeze=True)


def _write_origin(sheet: Sheet, dataset: SealedDataset, material: Material) -> None:
    report = material.report
    sheet.title(_("About these rows"))
    facts: list[list[Cell]] = [
        [_("Unit"), report.unit_name],
        [_("Survey"), report.title],
        [_("Rows"), str(dataset.rows)],
        [_("Sealed data"), report.provenance.dataset_sha256],
        [_("Questionnaire"), report.provenance.instrument_sha256],
    ]
    sheet.table([Column(_("What")), Column(_("Value"))], facts)
    sheet.gap()
    sheet.paragraph(_("One row is one ballot. Rows have no order that follows people or time."))
    sheet.paragraph(_("An empty cell was not answered. Comments never stand in rows."))
    sheet.paragraph(
        _(
            "Please keep this file as confidential as the ballots: do not join it with lists of people, and do not "
            "pass it on."
        )
    )


EXPORTERS = (
    Exporter(
        "rows-workbook",
        N_("Single answers (.xlsx)"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "xlsx",
        rows_workbook,
        position=64,
        takes_rows=True,
        ending="rows",
    ),
)
