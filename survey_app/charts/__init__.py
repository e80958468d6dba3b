"""Charts of the annual result: Report -> drawing -> SVG for pages, PNG for documents.

Each chart is drawn twice, for wide and for narrow screens, so that text keeps its size; the page shows one of the two.
A chart takes a Report and the questionnaire's Names and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from analysis.tree import Report
from survey_app.charts.items import draw_items
from survey_app.charts.layout import NARROW, WIDE
from survey_app.charts.marks import Drawing
from survey_app.charts.objectives import draw_objectives
from survey_app.charts.reliability import draw_reliability
from survey_app.charts.render import chinese_font_available, page_svg, png
from survey_app.charts.returns import draw_returns
from survey_app.charts.years import draw_years
from survey_app.wording.names import Names

__all__ = ["CHARTS", "NARROW", "WIDE", "Drawing", "Figure", "chinese_font_available", "figure", "page_svg", "png"]

CHARTS: Mapping[str, Callable[[Report, Names, int], Drawing | None]] = {
    "returns": draw_returns,
    "objectives": draw_objectives,
    "items": draw_items,
    "reliability": draw_reliability,
    "years": draw_years,
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart for a page, at both widths."""

    wide: Markup
    narrow: Markup


def figure(key: str, report: Report, names: Names) -> Figure | None:
    """The chart of that key, or None where the report has nothing to draw."""
    wide, narrow = (CHARTS[key](report, names, width) for width in (WIDE, NARROW))
    if wide is None or narrow is None:
        return None
    return Figure(page_svg(wide, f"{key}-w", "w"), page_svg(narrow, f"{key}-n", "n"))
