"""Native charts of the workbook, drawn from cells of a table: they change when the reader filters or edits.

Charts for pages are `survey_app.charts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _

from survey_app.charts.palette import PALETTE
from survey_app.exports.sheet import HEAD_FONT, INK, LINE, SOFT, Area, Sheet

EARLIER, NOW, GRID = "#b9bec6", "#17507f", "#d9dce1"
TITLE_FONT = {"name": HEAD_FONT, "size": 11, "bold": True, "color": INK}
LABEL_FONT = {"name": HEAD_FONT, "size": 9, "bold": False, "color": INK}
AXIS_FONT = {"name": HEAD_FONT, "size": 9, "bold": False, "color": SOFT}
ROW_PIXELS, FRAME_PIXELS, WIDTH_PIXELS, MAP_PIXELS = 20, 110, 900, 460
SHEET_ROW_PIXELS = 20
SHADES_OF_FEW = {1: ("l5",), 2: ("l5", "l1"), 3: ("l5", "l3", "l1"), 4: ("l5", "l4", "l2", "l1")}
Ends = tuple[str, float, float]
"""An axis: what it is, where it begins and ends."""
SHADES = ("l5", "l4", "l3", "l2", "l1")
"""Of answer levels, best first."""


def rate_bars(sheet: Sheet, area: Area, *, title: str, label_column: int, rate_column: int, rows: int) -> None:
    """Bars from zero, one per row of the table from the top, the percent at the end of each."""
    if rows == 0:
        return
    chart = sheet.workbook.add_chart({"type": "bar"})
    chart.add_series(_bars(sheet, area, (label_column, rate_column), rows, NOW))
    chart.set_legend({"none": True})
    _finish_bars(sheet, chart, rows, title)


def side_by_side(sheet: Sheet, area: Area, *, title: str, columns: tuple[int, int, int], rows: int) -> None:
    """Two shares for each row, the paler first; ``columns``: labels, paler, darker."""
    if rows == 0:
        return
    label, pale, dark = columns
    chart = sheet.workbook.add_chart({"type": "bar"})
    for column, colour in ((pale, EARLIER), (dark, NOW)):
        name = [sheet.worksheet.get_name(), area.first_row - 1, column]
        chart.add_series({"name": name, **_bars(sheet, area, (label, column), rows, colour)})
    chart.set_legend({"position": "top", "font": LABEL_FONT})
    _finish_bars(sheet, chart, rows * 2, title)


def stacked_levels(sheet: Sheet, area: Area, *, title: str) -> None:
    """Each row as one bar of its answers, best level first; every column after the first is a level."""
    rows, levels = area.last_row - area.first_row + 1, area.last_column
    chart = sheet.workbook.add_chart({"type": "bar", "subtype": "percent_stacked"})
    for column, colour in enumerate(_shades(levels), start=1):
        chart.add_series(
            {
                "name": [sheet.worksheet.get_name(), area.first_row - 1, column],
                "categories": _cells(sheet, area.first_row, rows, 0),
                "values": _cells(sheet, area.first_row, rows, column),
                "fill": {"color": colour},
                "gap": 45,
            }
        )
    chart.set_legend({"position": "top", "font": LABEL_FONT})
    _finish_bars(sheet, chart, rows, title)


def importance_map(
    sheet: Sheet, area: Area, lines: Area, *, title: str, across: Ends, up: Ends, columns: tuple[int, int, int]
) -> None:
    """A dot for each row, the rightmost first, with its name beside it, and two lines that part the quarters.

    Every dot is a series of its own: the name of a series beside it is what every program shows.

    ``columns``: names, across, up; ``lines``: two points of the upright line, then two of the level one.
    """
    names, share, rate = columns
    chart = sheet.workbook.add_chart({"type": "scatter", "subtype": "straight"})
    for first in (lines.first_row, lines.first_row + 2):
        chart.add_series(
            {
                "categories": _cells(sheet, first, 2, 1),
                "values": _cells(sheet, first, 2, 2),
                "line": {"color": SOFT, "width": 1, "dash_type": "dash"},
                "marker": {"type": "none"},
            }
        )
    for row in range(area.first_row, area.last_row + 1):
        chart.add_series(
            {
                "name": [sheet.worksheet.get_name(), row, names],
                "categories": _cells(sheet, row, 1, share),
                "values": _cells(sheet, row, 1, rate),
                "line": {"none": True},
                "marker": {"type": "circle", "size": 9, "fill": {"color": NOW}, "border": {"color": NOW}},
                "data_labels": {"series_name": True, "position": _side(area, row), "font": LABEL_FONT},
            }
        )
    for set_axis, (words, low, high) in ((chart.set_x_axis, across), (chart.set_y_axis, up)):
        set_axis(
            {"name": words, "min": low, "max": high, "major_unit": 0.1, "name_font": AXIS_FONT,
              "num_format": "0%", "num_font": AXIS_FONT, "line": {"color": LINE},
             "major_gridlines": {"visible": True, "line": {"color": GRID}}}
        )  # fmt: skip
    chart.set_legend({"none": True})
    _insert(sheet, chart, MAP_PIXELS, title)


def _side(area: Area, row: int) -> str:
    """Where the name of a dot stands: outwards at both ends, else in turns, so that neighbours stay apart."""
    if row in (area.first_row, area.last_row):
        return "right" if row == area.first_row else "left"
    return "above" if (row - area.first_row) % 2 else "below"


def _shades(levels: int) -> Sequence[str]:
    """Colours of so many levels: those of the pages, the ends strongest."""
    tokens = SHADES_OF_FEW.get(levels, SHADES)
    return [PALETTE[tokens[place * (len(tokens) - 1) // max(levels - 1, 1)]] for place in range(levels)]


def _bars(sheet: Sheet, area: Area, columns: tuple[int, int], rows: int, colour: str) -> dict[str, object]:
    """A series of labels and values."""
    return {
        "categories": _cells(sheet, area.first_row, rows, columns[0]),
        "values": _cells(sheet, area.first_row, rows, columns[1]),
        "fill": {"color": colour},
        "gap": 45,
        "data_labels": {"value": True, "num_format": "0%", "font": LABEL_FONT},
    }


def _cells(sheet: Sheet, first_row: int, rows: int, column: int) -> list[object]:
    return [sheet.worksheet.get_name(), first_row, column, first_row + rows - 1, column]


def _finish_bars(sheet: Sheet, chart: Any, bars: int, title: str) -> None:
    chart.set_y_axis({"reverse": True, "num_font": LABEL_FONT, "line": {"color": LINE}, "major_tick_mark": "none",
                      "interval_unit": 1})  # fmt: skip
    chart.set_x_axis(
        {"min": 0, "max": 1, "major_unit": 0.2, "num_format": "0%", "num_font": AXIS_FONT, "label_position": "high",
         "major_gridlines": {"visible": True, "line": {"color": GRID}}, "line": {"none": True}}
    )  # fmt: skip
    _insert(sheet, chart, bars * ROW_PIXELS + FRAME_PIXELS, title)


def _insert(sheet: Sheet, chart: Any, height: int, title: str) -> None:
    """Below what was written last, no wider than the columns that are printed."""
    width = min(WIDTH_PIXELS, sum(int(width * 7 + 5) for width in sheet.widths) - 8)
    chart.set_title({"name": title, "name_font": TITLE_FONT, "overlay": False})
    chart.set_chartarea({"border": {"none": True}})
    chart.set_size({"width": width, "height": height})
    sheet.gap()
    described = {"description": _("Chart: %(title)s. Its figures stand in the table.", title=title)}
    sheet.worksheet.insert_chart(sheet.row, 0, chart, {"x_offset": 4, "object_position": 2, **described})
    sheet.gap(height // SHEET_ROW_PIXELS + 2)
