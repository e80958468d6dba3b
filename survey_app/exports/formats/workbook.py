"""The annual result as an .xlsx workbook, made in memory: which sheets it has, in which order and on which paper.

What stands on a sheet is `overview_sheets`, `detail_sheets` and `method_sheets`.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time

from flask_babel import gettext as _
from xlsxwriter.workbook import Workbook

from analysis.tree import Report
from instruments.wording import N_
from survey_app.exports import answering_sheets, detail_sheets, method_sheets, overview_sheets
from survey_app.exports.base import ExportContext, Exporter, Material
from survey_app.exports.cells import trace
from survey_app.exports.sheet import Sheet, set_up_page, styles_of
from survey_app.wording.care import told_flags
from survey_app.wording.names import Names
from survey_app.wording.recommendation import asks_for_it
from survey_app.wording.reliability import scales_of

Writer = Callable[[Sheet, Report, Names], None]


@dataclass(frozen=True, slots=True)
class Page:
    """A sheet of the workbook: name (a msgid), column widths in characters, what writes it, when it is there."""

    name: str
    widths: tuple[float, ...]
    write: Writer
    has_content: Callable[[Report], bool] = lambda report: report.hidden is None
    landscape: bool = True
    is_compact: bool = False
    """Printed on one page as long as the questions are few enough to be read there."""


PAGES = (
    Page(N_("Returns"), (26, 14, 14, 44), overview_sheets.returns, lambda report: True, landscape=False),
    Page(N_("Objectives"), (34, 22, 9, 13, 10, 10, 12, 12, 14, 10, 14, 18, 14, 30, 24), overview_sheets.objectives,
         lambda report: report.hidden is None and bool(report.objectives)),
    Page(N_("Dimensions"), (26, 10, 10, 12, 12, 12, 10, 16), detail_sheets.dimensions,
         lambda report: bool(report.dimensions), landscape=False),
    Page(N_("Question by question"), (32, 16, 14, 12, 12, 12, 12, 12, 12, 9, 10, 12, 12, 12),
         detail_sheets.items, lambda report: bool(report.items), is_compact=True),
    Page(N_("Answers level by level"), (34, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14),
         detail_sheets.levels, lambda report: bool(report.items), is_compact=True),
    Page(N_("Recommendation"), (32, 14, 14, 14, 12, 14, 12, 12), answering_sheets.recommendation, asks_for_it),
    Page(N_("Reliability"), (32, 12, 12, 12, 12, 12, 12, 16, 34), detail_sheets.reliability,
         lambda report: bool(scales_of(report))),
    Page(N_("Care in answering"), (60, 14), answering_sheets.care,
         lambda report: bool(told_flags(report)), landscape=False),
    Page(N_("Groups"), (24, 16, 16, 16, 16, 16, 16, 16), detail_sheets.groups,
         lambda report: report.hidden is None and bool(report.groups)),
    Page(N_("Sub-units"), (34, 12, 12, 12, 12, 12, 14, 12, 12, 12), overview_sheets.units,
         lambda report: report.hidden is None and bool(report.units)),
    Page(N_("Year over year"), (30, 9, 9, 13, 10, 13, 10, 16, 10, 10, 12, 30), detail_sheets.years,
         lambda report: report.hidden is None and bool(report.changes), is_compact=True),
    Page(N_("Choices and comments"), (56, 14, 14), detail_sheets.choices_and_comments,
         lambda report: report.hidden is None and bool(report.choices or report.comments), landscape=False),
    Page(N_("Method"), (26, 80), method_sheets.method, lambda report: True, landscape=False),
    Page(N_("Data"), (13, 16, 32, 16, 18, 10, 12, 12), method_sheets.data, lambda report: True, landscape=False),
)  # fmt: skip
READABLE_ROWS = 40
SUMMARY_WIDTHS = (34, 14, 14, 14, 20)


def workbook(material: Material, context: ExportContext) -> Iterator[bytes]:
    """The workbook; the same material, language and day give the same bytes."""
    report = material.report
    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = Workbook(stream, options)
    book.set_properties(
        {
            "title": report.title,
            "subject": report.unit_name,
            "comments": trace(report),
            "created": datetime.combine(context.made_on, time(), UTC).replace(tzinfo=None),
        }
    )
    styles = styles_of(book)
    names = material.names(context.language)
    header = f"{report.unit_name}  {report.title}"
    first = Sheet(book, book.add_worksheet(_("Summary")), styles, SUMMARY_WIDTHS)
    overview_sheets.summary(first, report, names, context.made_on.isoformat())
    set_up_page(first.worksheet, header=header, footer=trace(report), landscape=False, one_page=True)
    for page in PAGES:
        if not page.has_content(report):
            continue
        sheet = Sheet(book, book.add_worksheet(_(page.name)), styles, page.widths)
        page.write(sheet, report, names)
        on_one = page.is_compact and len(report.items) <= READABLE_ROWS
        set_up_page(sheet.worksheet, header=header, footer=trace(report), landscape=page.landscape, one_page=on_one)
    book.close()
    yield stream.getvalue()


EXPORTERS = (
    Exporter(
        "workbook",
        N_("Workbook (.xlsx)"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "xlsx",
        workbook,
        position=10,
    ),
)
