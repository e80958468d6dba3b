"""Charts of the annual result: Report -> drawing -> SVG for pages, PNG for documents.

Each chart is drawn twice, for wide and for narrow screens, so that text keeps its size; the page shows one of the two.
A chart takes a Report and the questionnaire's Names and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from analysis.tree import Report
from survey_app.charts.actions import draw_actions
from survey_app.charts.caterpillar import draw_caterpillar
from survey_app.charts.dimensions import draw_dimensions
from survey_app.charts.funnel import draw_funnel
from survey_app.charts.groups import draw_groups
from survey_app.charts.importance import draw_importance
from survey_app.charts.items import draw_items
from survey_app.charts.layout import NARROW, WIDE
from survey_app.charts.marks import Drawing
from survey_app.charts.objectives import draw_objectives
from survey_app.charts.reliability import draw_reliability
from survey_app.charts.render import chinese_font_available, page_svg, png
from survey_app.charts.returns import draw_returns
from survey_app.charts.themes import draw_themes
from survey_app.charts.years import draw_years
from survey_app.wording.names import Names

__all__ = [
    "CHARTS", "NARROW", "WIDE", "Drawing", "Figure", "chinese_font_available", "figure", "page_svg", "picture", "png",
]  # fmt: skip

CHARTS: Mapping[str, Callable[[Report, Names, int], Drawing | None]] = {
    "actions": draw_actions,
    "returns": draw_returns,
    "objectives": draw_objectives,
    "dimensions": draw_dimensions,
    "items": draw_items,
    "reliability": draw_reliability,
    "groups": draw_groups,
    "years": draw_years,
    "importance": draw_importance,
    "themes": draw_themes,
    "funnel": draw_funnel,
    "caterpillar": draw_caterpillar,
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart for a page, at both widths."""

    wide: Markup
    narrow: Markup
    key: str = ""
    """Of `CHARTS`; by it `picture` gives the same chart for a document. Empty of charts of other pages."""
    reading: str = ""
    """How to read it."""


def figure(key: str, report: Report, names: Names, reading: str = "") -> Figure | None:
    """The chart of that key, or None where the report has nothing to draw."""
    wide, narrow = (CHARTS[key](report, names, width) for width in (WIDE, NARROW))
    if wide is None or narrow is None:
        return None
    return Figure(page_svg(wide, f"{key}-w", "w"), page_svg(narrow, f"{key}-n", "n"), key, reading)


def picture(key: str, report: Report, names: Names) -> bytes | None:
    """The chart of that key as PNG, or None where there is none; of a hidden report there are the returns alone."""
    if key not in CHARTS or (report.hidden is not None and key != "returns"):
        return None
    drawing = CHARTS[key](report, names, WIDE)
    return None if drawing is None else png(drawing)
