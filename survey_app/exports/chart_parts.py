"""Native charts of the workbook, drawn from cells of a table: they change when the reader filters or edits.

Charts for pages are `survey_app.charts`.
"""

from __future__ import annotations

from typing import Any

from survey_app.exports.sheet import HEAD_FONT, INK, LINE, SOFT, Area, Sheet

EARLIER, NOW = "#b9bec6", "#17507f"
LABEL_FONT = {"name": HEAD_FONT, "size": 9, "color": INK}
AXIS_FONT = {"name": HEAD_FONT, "size": 9, "color": SOFT}
ROW_PIXELS, FRAME_PIXELS, WIDTH_PIXELS = 18, 60, 900
SHEET_ROW_PIXELS = 20


def rate_bars(sheet: Sheet, area: Area, *, label_column: int, rate_column: int, rows: int) -> None:
    """Bars from zero, one per row of the table from the top, the percent at the end of each."""
    if rows == 0:
        return
    chart = sheet.workbook.add_chart({"type": "bar"})
    chart.add_series(
        {
            "categories": _cells(sheet, area.first_row, rows, label_column),
            "values": _cells(sheet, area.first_row, rows, rate_column),
            "fill": {"color": NOW},
            "gap": 45,
            "data_labels": {"value": True, "num_format": "0%", "font": LABEL_FONT},
        }
    )
    _finish(sheet, chart, rows, legend=False)


def two_years(sheet: Sheet, area: Area, columns: tuple[int, int, int], rows: int) -> None:
    """Earlier and this year's rate side by side; ``columns``: labels, earlier rate, later rate."""
    if rows == 0:
        return
    label, earlier, later = columns
    chart = sheet.workbook.add_chart({"type": "bar"})
    for column, colour in ((earlier, EARLIER), (later, NOW)):
        chart.add_series(
            {
                "name": [sheet.worksheet.get_name(), area.first_row - 1, column],
                "categories": _cells(sheet, area.first_row, rows, label),
                "values": _cells(sheet, area.first_row, rows, column),
                "fill": {"color": colour},
                "gap": 45,
                "data_labels": {"value": True, "num_format": "0%", "font": LABEL_FONT},
            }
        )
    _finish(sheet, chart, rows * 2, legend=True)


def _cells(sheet: Sheet, first_row: int, rows: int, column: int) -> list[object]:
    return [sheet.worksheet.get_name(), first_row, column, first_row + rows - 1, column]


def _finish(sheet: Sheet, chart: Any, bars: int, *, legend: bool) -> None:
    height = bars * ROW_PIXELS + FRAME_PIXELS
    chart.set_y_axis({"reverse": True, "num_font": LABEL_FONT, "line": {"color": LINE}, "major_tick_mark": "none"})
    chart.set_x_axis(
        {"min": 0, "max": 1, "major_unit": 0.2, "num_format": "0%", "num_font": AXIS_FONT,
         "major_gridlines": {"visible": True, "line": {"color": "#d9dce1"}}, "line": {"none": True}}
    )  # fmt: skip
    chart.set_legend({"position": "top", "font": LABEL_FONT} if legend else {"none": True})
    chart.set_chartarea({"border": {"none": True}})
    chart.set_size({"width": WIDTH_PIXELS, "height": height})
    sheet.gap()
    sheet.worksheet.insert_chart(sheet.row, 0, chart, {"x_offset": 4, "object_position": 2})
    sheet.gap(height // SHEET_ROW_PIXELS + 1)
