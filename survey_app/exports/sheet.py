"""One worksheet of the workbook: headings, sentences, tables, print set-up. What stands on which sheet is elsewhere.

Numbers stay numbers with a number format; a figure that is not shown is a word on grey; text is always text, also when
it begins with =, +, - or @.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import starmap
from typing import Literal

from flask_babel import gettext as _
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from analysis.tree import Hidden
from survey_app.wording.labels import hidden_label

Kind = Literal["text", "count", "percent", "points", "decimal", "interval"]
Cell = str | int | float | Hidden | None

TEXT_FONT, HEAD_FONT = "宋体", "微软雅黑"
INK, SOFT, LINE, HEAD_FILL, HIDDEN_FILL = "#1b2430", "#4a5463", "#b9bec6", "#eaf1f7", "#e3e5e8"
PLAIN = {"font_name": TEXT_FONT, "font_size": 10.5, "font_color": INK, "valign": "vcenter"}
BOXED = PLAIN | {"border": 1, "border_color": LINE}
FIGURE = BOXED | {"align": "right", "indent": 1}
STYLES: Mapping[str, Mapping[str, object]] = {
    "title": PLAIN | {"font_name": HEAD_FONT, "font_size": 18, "bold": True},
    "heading": PLAIN | {"font_name": HEAD_FONT, "font_size": 12, "bold": True},
    "sentence": PLAIN | {"text_wrap": True, "valign": "top"},
    "lead": PLAIN | {"font_name": HEAD_FONT, "font_size": 13, "text_wrap": True, "valign": "top"},
    "note": PLAIN | {"font_color": SOFT, "font_size": 9.5, "text_wrap": True, "valign": "top"},
    "head": BOXED | {"font_name": HEAD_FONT, "bold": True, "bg_color": HEAD_FILL, "text_wrap": True, "align": "center"},
    "text": BOXED | {"text_wrap": True, "indent": 1},
    "interval": FIGURE,
    "count": FIGURE | {"num_format": "0"},
    "percent": FIGURE | {"num_format": "0%"},
    "points": FIGURE | {"num_format": "0"},
    "decimal": FIGURE | {"num_format": "0.00"},
    "hidden": BOXED | {"bg_color": HIDDEN_FILL, "font_color": SOFT, "align": "center"},
}
LONGEST_HEADER = 250
LINE_HEIGHTS = {"lead": 20.0, "sentence": 16.0, "note": 14.0}
WIDTH_FACTORS = {"lead": 1.25, "sentence": 1.0, "note": 0.92}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its head and how its cells are written."""

    head: str
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class Area:
    """Where a table's body stands, rows and columns counted from 0, last ones included."""

    first_row: int
    last_row: int
    first_column: int


def styles_of(workbook: Workbook) -> dict[str, Format]:
    return {name: workbook.add_format(dict(properties)) for name, properties in STYLES.items()}


def display_width(text: str) -> int:
    """Width in Latin characters: Chinese ones count two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def escaped(text: str) -> str:
    """A text for a page header or footer, where & begins a code."""
    return text[:LONGEST_HEADER].replace("&", "&&")


class Sheet:
    """A worksheet with a cursor that moves down as parts are written."""

    def __init__(
        self, workbook: Workbook, worksheet: Worksheet, styles: Mapping[str, Format], widths: Sequence[float]
    ) -> None:
        self.workbook, self.worksheet, self.styles, self.widths = workbook, worksheet, styles, tuple(widths)
        self.row = 0
        for position, width in enumerate(widths):
            worksheet.set_column(position, position, width)
        worksheet.hide_gridlines(2)

    @property
    def last_column(self) -> int:
        return len(self.widths) - 1

    def title(self, text: str) -> None:
        self._line(text, "title", 30)

    def heading(self, text: str) -> None:
        self.row += 1
        self._line(text, "heading", 22)

    def paragraph(self, text: str, style: Literal["lead", "sentence", "note"] = "sentence") -> None:
        """Text over the whole width, the row as high as the text needs."""
        room = sum(self.widths) / WIDTH_FACTORS[style] - 2
        lines = sum(1 + int(display_width(part) // room) for part in text.split("\n"))
        self.worksheet.merge_range(self.row, 0, self.row, self.last_column, "", self.styles[style])
        self.worksheet.write_string(self.row, 0, text, self.styles[style])
        self.worksheet.set_row(self.row, lines * LINE_HEIGHTS[style] + 4)
        self.row += 1

    def table(
        self, columns: Sequence[Column], rows: Sequence[Sequence[Cell]], *, freeze: bool = False, repeat: bool = False
    ) -> Area:
        """A table from column 0; its head stays in sight (``freeze``) and on every printed page (``repeat``)."""
        head_lines = max(self._lines(column.head, place) for place, column in enumerate(columns))
        self.worksheet.set_row(self.row, 18.0 * head_lines + 4)
        for place, column in enumerate(columns):
            self.worksheet.write_string(self.row, place, column.head, self.styles["head"])
        if freeze:
            self.worksheet.freeze_panes(self.row + 1, 1)
        if repeat:
            self.worksheet.repeat_rows(self.row)
        first = self.row + 1
        for number, cells in enumerate(rows, start=first):
            lines = max(starmap(self._lines, ((cell, place) for place, cell in enumerate(cells))), default=1)
            self.worksheet.set_row(number, 16.0 * lines + 3)
            for place, (column, cell) in enumerate(zip(columns, cells, strict=True)):
                self.write(number, place, cell, column.kind)
        self.row = first + len(rows)
        return Area(first, self.row - 1, 0)

    def write(self, row: int, column: int, cell: Cell, kind: Kind) -> None:
        """One cell: a hidden figure as its reason in words, a missing one as an empty box."""
        if isinstance(cell, Hidden):
            style = self.styles["interval" if cell is Hidden.COARSENED else "hidden"]
            self.worksheet.write_string(row, column, hidden_label(cell), style)
        elif isinstance(cell, str):
            self.worksheet.write_string(row, column, cell, self.styles["text" if kind == "text" else "interval"])
        elif cell is None:
            self.worksheet.write_blank(row, column, None, self.styles["text"])
        else:
            self.worksheet.write_number(row, column, cell, self.styles[kind])

    def notes(self, texts: Iterable[str]) -> None:
        for text in texts:
            self.paragraph(text, "note")

    def closing(self, text: str) -> None:
        """What a block cannot say: the last line of every block, as on the page."""
        self.gap()
        self.paragraph(_("What this part cannot say: %(text)s", text=text), "note")

    def gap(self, rows: int = 1) -> None:
        self.row += rows

    def _lines(self, cell: Cell, place: int) -> int:
        room = self.widths[place] * 1.1 - 1 if place < len(self.widths) else 10
        return sum(1 + int(display_width(part) // room) for part in cell.split("\n")) if isinstance(cell, str) else 1

    def _line(self, text: str, style: str, height: float) -> None:
        self.worksheet.write_string(self.row, 0, text, self.styles[style])
        self.worksheet.set_row(self.row, height)
        self.row += 1


def set_up_page(worksheet: Worksheet, *, header: str, footer: str, landscape: bool, one_page: bool) -> None:
    """A4, 15 mm margins, as wide as the paper; the footer carries what traces the figures."""
    worksheet.set_paper(9)
    if landscape:
        worksheet.set_landscape()
    else:
        worksheet.set_portrait()
    worksheet.set_margins(left=0.6, right=0.6, top=0.8, bottom=0.8)
    worksheet.fit_to_pages(1, 1 if one_page else 0)
    worksheet.center_horizontally()
    worksheet.set_header(f'&L&"{HEAD_FONT}"&9{escaped(header)}&R&"{HEAD_FONT}"&9&A')
    worksheet.set_footer(f'&L&"{HEAD_FONT}"&8{escaped(footer)}&R&"{HEAD_FONT}"&8&P / &N')
