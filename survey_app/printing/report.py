"""The annual report as PDF: its Outline as the data of a template, charts as drawings with words beside them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from survey_app.charts.render import document_svg
from survey_app.printing.compile import Data, compile_pdf

if TYPE_CHECKING:
    from survey_app.exports.outline import Outline, OutlineFigure, OutlinePart, OutlineSection, OutlineTable


def report_pdf(outline: Outline, *, language: str, made_on: date) -> bytes:
    """PDF/UA-1 with a bookmark for every heading; the same outline and day give the same bytes.

    Needs an application context, for the words. Raises: NoChineseFont.
    """
    return compile_pdf("report.typ", report_data(outline, language=language, made_on=made_on))


def report_data(outline: Outline, *, language: str, made_on: date) -> dict[str, Data]:
    """What the template reads."""
    return {
        "lang": language[:2],
        "unit": outline.unit_name,
        "title": outline.title,
        "contents": _("Table of contents"),
        "made": [made_on.year, made_on.month, made_on.day],
        "origin": [outline.origin, _("Made on %(day)s", day=made_on.isoformat())],
        "sections": [_section(section) for section in outline.sections],
    }


def _section(section: OutlineSection) -> Data:
    own: list[Data] = [{"heading": section.narrative_heading, "paragraphs": [*section.narrative]}]
    parts = [_part(part) for part in section.parts]
    return {"heading": section.heading, "parts": [*parts, *(own if section.narrative else [])]}


def _part(part: OutlinePart) -> Data:
    return {
        "heading": part.heading,
        "paragraphs": [*part.paragraphs],
        "figures": [_figure(figure) for figure in part.figures],
        "tables": [_table(table) for table in part.tables],
        "notes": [*part.notes],
    }


def _figure(figure: OutlineFigure) -> Data:
    drawing = figure.drawing
    return {
        "caption": figure.caption,
        "reading": figure.reading,
        "alt": drawing.description or drawing.title,
        "svg": document_svg(drawing),
    }


def _table(table: OutlineTable) -> Data:
    return {
        "caption": table.caption,
        "heads": [*table.heads],
        "figures": [int(is_figure) for is_figure in table.are_figures],
        "rows": [[*row] for row in table.rows],
        "shares": [round(share * 1000) for share in table.shares],
    }
