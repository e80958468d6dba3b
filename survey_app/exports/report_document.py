"""The annual report as a Word document, in the look of official papers: its Outline, nothing added.

The look is `official_page`, what stands in it `outline`.
"""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _

from survey_app.charts import png
from survey_app.exports.official_page import SMALL_FIFTH, TEXT_WIDTH, OfficialPage
from survey_app.exports.outline import Outline, OutlineFigure, OutlinePart, OutlineSection, OutlineTable


def report_document(outline: Outline, *, language: str, made_on: date) -> bytes:
    """The .docx; the same outline and day give the same bytes. Needs an application context, for the words."""
    page = OfficialPage(title=f"{outline.unit_name} {outline.title}", language=language, made_on=made_on)
    page.title(f"{outline.unit_name}\n{outline.title}")
    for section in outline.sections:
        _write_section(page, section)
    page.note(outline.origin)
    page.note(_("Made on %(day)s", day=made_on.isoformat()))
    return page.bytes()


def _write_section(page: OfficialPage, section: OutlineSection) -> None:
    page.heading(section.heading)
    for part in section.parts:
        _write_part(page, part)
    if section.narrative:
        page.heading(section.narrative_heading, level=2)
        for text in section.narrative:
            page.paragraph(text)


def _write_part(page: OfficialPage, part: OutlinePart) -> None:
    if part.heading:
        page.heading(part.heading, level=2)
    for text in part.paragraphs:
        page.paragraph(text)
    for figure in part.figures:
        _write_figure(page, figure)
    for table in part.tables:
        _write_table(page, table)
    for text in part.notes:
        page.note(text)


def _write_figure(page: OfficialPage, figure: OutlineFigure) -> None:
    page.picture(png(figure.drawing), description=figure.drawing.description)
    page.caption(figure.caption, keep_with_next=bool(figure.reading))
    if figure.reading:
        page.note(figure.reading)


def _write_table(page: OfficialPage, table: OutlineTable) -> None:
    page.caption(table.caption, keep_with_next=True)
    widths = [share * TEXT_WIDTH for share in table.shares]
    page.table(table.heads, table.rows, widths, size=SMALL_FIFTH, are_figures=table.are_figures)
