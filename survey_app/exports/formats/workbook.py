"""The annual result as an .xlsx workbook, made in memory: which sheets it has, in which order and on which paper.

What stands on a sheet is in the modules of `survey_app.exports` that end in `_sheets`.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time

from flask_babel import gettext as _
from xlsxwriter.workbook import Workbook

from instruments.wording import N_
from survey_app.exports import (
    answering_sheets,
    detail_sheets,
    importance_sheets,
    measurement_sheets,
    method_sheets,
    overview_sheets,
    plan_sheets,
    summary_sheets,
)
from survey_app.exports.base import ExportContext, Exporter, Material
from survey_app.exports.cells import trace
from survey_app.exports.cover_sheets import cover
from survey_app.exports.manifest_sheets import manifest
from survey_app.exports.questionnaire_sheets import questionnaire
from survey_app.exports.sheet import NamedRange, Sheet, set_up_page, styles_of
from survey_app.wording.care import told_flags
from survey_app.wording.names import Names
from survey_app.wording.recommendation import asks_for_it
from survey_app.wording.reliability import scales_of

Writer = Callable[[Sheet, Material, Names], None]


@dataclass(frozen=True, slots=True)
class Page:
    """A sheet of the workbook: name (a msgid), column widths in characters, what writes it, when it is there."""

    name: str
    widths: tuple[float, ...]
    write: Writer
    source: str
    """Block of the figures (JSON) that it is made from; empty of what is no figure."""
    has_content: Callable[[Material], bool] = lambda material: material.report.hidden is None
    landscape: bool = True
    is_compact: bool = False
    """Printed on one page as long as the questions are few enough to be read there."""


def _shows(block: str) -> Callable[[Material], bool]:
    """Whether the report may be shown and has something in this block."""
    return lambda material: material.report.hidden is None and bool(getattr(material.report, block))


def _always(material: Material) -> bool:
    return True


PAGES = (
    Page(N_("Summary"), (34, 12, 12, 13, 13, 13), summary_sheets.summary, "roster, items, objectives, dimensions",
         _always, landscape=False, is_compact=True),
    Page(N_("Returns"), (50, 18, 18), overview_sheets.returns, "roster, previous_roster", _always, landscape=False),
    Page(N_("Objectives"), (34, 22, 24, 24, 12, 10, 12, 12, 14, 10, 14, 18), overview_sheets.objectives,
         "objectives", _shows("objectives")),
    Page(N_("Dimensions"), (26, 10, 10, 12, 10, 12, 12, 10, 16), detail_sheets.dimensions, "dimensions",
         _shows("dimensions"), landscape=False),
    Page(N_("Question by question"), (32, 16, 14, 12, 12, 9, 12, 12, 12, 12, 9, 10, 12, 12, 12),
         detail_sheets.items, "items", _shows("items"), is_compact=True),
    Page(N_("Answers level by level"), (34, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14),
         detail_sheets.levels, "items.levels", _shows("items"), is_compact=True),
    Page(N_("Recommendation"), (32, 14, 14, 14, 12, 14, 12, 12), answering_sheets.recommendation,
         "items.recommendation", lambda material: asks_for_it(material.report)),
    Page(N_("Groups"), (24, 16, 16, 16, 16, 16, 16, 16), detail_sheets.groups, "groups", _shows("groups")),
    Page(N_("Sub-units"), (34, 12, 12, 12, 12, 12, 14, 12, 12, 12), overview_sheets.units, "units", _shows("units")),
    Page(N_("Year over year"), (30, 9, 9, 13, 10, 13, 10, 16, 10, 10, 12, 30), detail_sheets.years,
         "changes, history", _shows("changes"), is_compact=True),
    Page(N_("Reliability"), (32, 12, 12, 12, 12, 12, 12, 12, 12, 16, 30), measurement_sheets.reliability,
         "reliability, dimensions.reliability", lambda material: bool(scales_of(material.report))),
    Page(N_("Validity"), (52, 22, 26, 30, 14, 14, 14, 14, 14), measurement_sheets.validity, "validity, agreement",
         lambda material: material.report.hidden is None and material.report.validity is not None),
    Page(N_("Importance"), (34, 18, 14, 14, 14, 16, 16, 18), importance_sheets.importance, "importance",
         lambda material: material.report.hidden is None and material.report.importance is not None, is_compact=True),
    Page(N_("Care in answering"), (60, 14), answering_sheets.care, "quality",
         lambda material: bool(told_flags(material.report)), landscape=False),
    Page(N_("Actions verified"), (30, 24, 12, 10, 10, 12, 10, 12, 10, 10, 14, 44), plan_sheets.verification, "actions",
         _shows("actions")),
    Page(N_("Improvement plan"), (28, 12, 24, 34, 34, 14, 14, 14, 18), plan_sheets.plan, "",
         lambda material: bool(plan_sheets.plan_rows(material))),
    Page(N_("Choices"), (56, 14, 14), answering_sheets.choices, "choices", _shows("choices"), landscape=False),
    Page(N_("Comments"), (70, 22, 30), answering_sheets.comments, "comments", _shows("comments"), landscape=False),
    Page(N_("Questionnaire"), (8, 48, 18, 40, 28, 18, 18, 14), questionnaire, "", _always),
    Page(N_("Method"), (26, 80), method_sheets.method, "provenance", _always, landscape=False),
    Page(N_("Data"), (13, 16, 32, 16, 18, 10, 12, 12), method_sheets.data, "roster, items, dimensions, changes",
         _always, landscape=False),
)  # fmt: skip
READABLE_ROWS = 40
COVER, MANIFEST = N_("Cover"), N_("Manifest")
COVER_WIDTHS, MANIFEST_WIDTHS = (30, 62), (40, 76)


def workbook(material: Material, context: ExportContext) -> Iterator[bytes]:
    """The workbook; the same material, language and day give the same bytes."""
    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = Workbook(stream, options)
    _describe(book, material, context)
    _write_sheets(book, material, context)
    book.close()
    yield stream.getvalue()


def _describe(book: Workbook, material: Material, context: ExportContext) -> None:
    report = material.report
    book.set_properties(
        {
            "title": report.title,
            "subject": report.unit_name,
            "comments": trace(report),
            "created": datetime.combine(context.made_on, time(), UTC).replace(tzinfo=None),
        }
    )


def _write_sheets(book: Workbook, material: Material, context: ExportContext) -> None:
    """The cover, every sheet that has something to say, and last what names and sources they have."""
    styles, names, made_on = styles_of(book), material.names(context.language), context.made_on.isoformat()
    pages = [page for page in PAGES if page.has_content(material)]
    contents = [*(_(page.name) for page in pages), _(MANIFEST)]
    first = Sheet(book, book.add_worksheet(_(COVER)), styles, COVER_WIDTHS)
    cover(first, material, names, made_on, contents)
    _set_up(first, material, landscape=False, one_page=True)
    named: list[NamedRange] = []
    for done, page in enumerate(pages):
        context.progress(done, len(contents))
        sheet = Sheet(book, book.add_worksheet(_(page.name)), styles, page.widths)
        page.write(sheet, material, names)
        on_one = page.is_compact and len(material.report.items) <= READABLE_ROWS
        _set_up(sheet, material, landscape=page.landscape, one_page=on_one)
        named += sheet.named
    last = Sheet(book, book.add_worksheet(_(MANIFEST)), styles, MANIFEST_WIDTHS)
    sources = [(_(page.name), page.source) for page in pages if page.source]
    manifest(last, material, names, made_on, sources=sources, named=named)
    _set_up(last, material, landscape=False, one_page=False)
    context.progress(len(contents), len(contents))


def _set_up(sheet: Sheet, material: Material, *, landscape: bool, one_page: bool) -> None:
    report = material.report
    header = f"{report.unit_name}  {report.title}"
    sheet.print_what_is_written()
    set_up_page(sheet.worksheet, header=header, footer=trace(report), landscape=landscape, one_page=one_page)


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
