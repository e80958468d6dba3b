"""One worksheet of the workbook: headings, sentences, tables, print set-up. What stands on which sheet is elsewhere.

Numbers and days stay what they are, with a number format; a figure that is not shown is a word; text is always text,
also when it begins with =, +, - or @. Rules that colour cells compare a cell with a word or with another cell: the
oldest kinds, which every spreadsheet program keeps.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import starmap
from typing import Literal

from flask_babel import gettext as _
from xlsxwriter.format import Format
from xlsxwriter.utility import quote_sheetname, xl_col_to_name, xl_range_abs
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from analysis.tree import Hidden
from survey_app.wording.labels import hidden_label

Kind = Literal["text", "count", "at_least", "percent", "points", "difference", "decimal", "precise", "interval", "day"]
Prose = Literal["lead", "sentence", "note", "cover_unit", "cover_title"]
Cell = str | int | float | date | Hidden | None

TEXT_FONT, HEAD_FONT = "宋体", "微软雅黑"
INK, SOFT, LINE, LINK, HEAD_FILL, HIDDEN_FILL = "#1b2430", "#4a5463", "#b9bec6", "#17507f", "#eaf1f7", "#e3e5e8"
BAD_FILL, BAD_INK, GOOD_FILL, GOOD_INK = "#fbe7d9", "#7a3b06", "#dceaf5", "#123f6d"
PLAIN = {"font_name": TEXT_FONT, "font_size": 10.5, "font_color": INK, "valign": "vcenter"}
BOXED = PLAIN | {"border": 1, "border_color": LINE}
FIGURE = BOXED | {"align": "right", "indent": 1}
STYLES: Mapping[str, Mapping[str, object]] = {
    "title": PLAIN | {"font_name": HEAD_FONT, "font_size": 18, "bold": True},
    "heading": PLAIN | {"font_name": HEAD_FONT, "font_size": 12, "bold": True},
    "sentence": PLAIN | {"text_wrap": True, "valign": "top"},
    "lead": PLAIN | {"font_name": HEAD_FONT, "font_size": 13, "text_wrap": True, "valign": "top"},
    "cover_unit": PLAIN | {"font_name": HEAD_FONT, "font_size": 16, "text_wrap": True, "align": "center"},
    "cover_title": PLAIN
    | {"font_name": HEAD_FONT, "font_size": 22, "bold": True, "text_wrap": True, "align": "center"},
    "note": PLAIN | {"font_color": SOFT, "font_size": 9.5, "text_wrap": True, "valign": "top"},
    "head": BOXED | {"font_name": HEAD_FONT, "bold": True, "bg_color": HEAD_FILL, "text_wrap": True, "align": "center"},
    "text": BOXED | {"text_wrap": True, "indent": 1},
    "interval": FIGURE,
    "count": FIGURE | {"num_format": "0"},
    "at_least": FIGURE | {"num_format": '"≥ "0'},
    "percent": FIGURE | {"num_format": "0%"},
    "points": FIGURE | {"num_format": "0"},
    "difference": FIGURE | {"num_format": "+0.0;-0.0;0.0"},
    "decimal": FIGURE | {"num_format": "0.00"},
    "precise": FIGURE | {"num_format": "0.000"},
    "day": BOXED | {"align": "center", "num_format": "yyyy-mm-dd"},
    "link": PLAIN | {"font_color": LINK, "underline": 1},
    "hidden": BOXED | {"font_color": SOFT, "align": "center"},
    "marked_hidden": {"bg_color": HIDDEN_FILL},
    "marked_bad": {"bg_color": BAD_FILL, "font_color": BAD_INK, "bold": True},
    "marked_good": {"bg_color": GOOD_FILL, "font_color": GOOD_INK, "bold": True},
}
FRACTIONS = ("decimal", "precise")
"""Kinds of columns in which counts stand without decimals."""
TALLEST_ROW = 409
"""Points; a taller one makes programs ask whether to repair the file."""
LONGEST_HEADER = 255
FEWEST_COLUMNS = 6
"""So many give sentences and charts their room."""
LONGEST_TEXT = 32_767
"""Characters of a cell; more of them would be left out silently."""
LINE_HEIGHTS = {"lead": 20.0, "sentence": 16.0, "note": 14.0, "cover_unit": 28.0, "cover_title": 38.0}
WIDTH_FACTORS = {"lead": 1.25, "sentence": 1.0, "note": 0.92, "cover_unit": 1.6, "cover_title": 2.2}


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
    last_column: int


@dataclass(frozen=True, slots=True)
class NamedRange:
    """A name for formulas and programs, the same in every language."""

    name: str
    sheet: str
    reference: str


def styles_of(workbook: Workbook) -> dict[str, Format]:
    return {name: workbook.add_format(dict(properties)) for name, properties in STYLES.items()}


def display_width(text: str) -> int:
    """Width in Latin characters: Chinese ones count two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def escaped(text: str, room: int) -> str:
    """A text for a page header or footer, where & begins a code; cut to so many characters."""
    signs = [sign.replace("&", "&&") for sign in text]
    while sum(map(len, signs)) > room:
        signs.pop()
    return "".join(signs)


class Sheet:
    """A worksheet with a cursor that moves down as parts are written."""

    def __init__(
        self, workbook: Workbook, worksheet: Worksheet, styles: Mapping[str, Format], widths: Sequence[float]
    ) -> None:
        self.workbook, self.worksheet, self.styles, self.widths = workbook, worksheet, styles, tuple(widths)
        self.row = 0
        self.widest = 0
        self.named: list[NamedRange] = []
        for position, width in enumerate(widths):
            worksheet.set_column(position, position, width)
        worksheet.hide_gridlines(2)

    @property
    def last_column(self) -> int:
        return len(self.widths) - 1

    def narrow_to(self, columns: int) -> None:
        """Leave out columns that no table of this sheet needs, before anything is written."""
        self.widths = self.widths[: max(columns, FEWEST_COLUMNS)]

    def title(self, text: str, *, freeze: bool = False) -> None:
        """The heading of the sheet; it stays in sight (``freeze``) where several tables follow."""
        self._line(text, "title", 30)
        if freeze:
            self.worksheet.freeze_panes(self.row, 0)

    def heading(self, text: str) -> None:
        self.row += 1
        self._line(text, "heading", 22)

    def paragraph(self, text: str, style: Prose = "sentence") -> None:
        """Text over the whole width, the row as high as the text needs."""
        room = sum(self.widths) / WIDTH_FACTORS[style] - 2
        lines = sum(1 + int(display_width(part) // room) for part in text.split("\n"))
        if self.last_column:
            self.worksheet.merge_range(self.row, 0, self.row, self.last_column, "", self.styles[style])
        self.text(self.row, 0, text, style)
        self._set_height(self.row, lines * LINE_HEIGHTS[style] + 4)
        self.row += 1

    def table(
        self, columns: Sequence[Column], rows: Sequence[Sequence[Cell]], *, freeze: bool = False, name: str = ""
    ) -> Area:
        """A table from column 0; its head stays in sight and on every printed page (``freeze``).

        ``name``: what formulas call the table with its head.
        """
        head_lines = max(self._lines(column.head, place) for place, column in enumerate(columns))
        self._set_height(self.row, 18.0 * head_lines + 4)
        for place, column in enumerate(columns):
            self.text(self.row, place, column.head, "head")
        if freeze:
            self.worksheet.freeze_panes(self.row + 1, 1)
            self.worksheet.repeat_rows(self.row)
        first = self.row + 1
        for number, cells in enumerate(rows, start=first):
            lines = max(starmap(self._lines, ((cell, place) for place, cell in enumerate(cells))), default=1)
            self._set_height(number, 16.0 * lines + 3)
            for place, (column, cell) in enumerate(zip(columns, cells, strict=True)):
                self.write(number, place, cell, column.kind)
        self.row, self.widest = first + len(rows), max(self.widest, len(columns))
        area = Area(first, self.row - 1, 0, len(columns) - 1)
        refused = {cell for cells in rows for cell in cells if isinstance(cell, Hidden)} - {Hidden.COARSENED}
        for reason in sorted(refused):
            self.mark_word(area, range(len(columns)), hidden_label(reason), "marked_hidden")
        if name:
            self.name(name, first - 1, 0, area.last_row, area.last_column)
        return area

    def name(self, name: str, first_row: int, first_column: int, last_row: int, last_column: int) -> None:
        """What formulas and programs call these cells."""
        reference = xl_range_abs(first_row, first_column, last_row, last_column)
        self.workbook.define_name(name, f"={quote_sheetname(self.worksheet.get_name())}!{reference}")
        self.named.append(NamedRange(name, self.worksheet.get_name(), reference.replace("$", "")))

    def mark_word(self, area: Area, columns: Sequence[int], word: str, style: str) -> None:
        """Colour the cells of these columns that say just this."""
        rule = {"type": "cell", "criteria": "==", "value": '"' + word.replace('"', '""') + '"'}
        self._mark(area, columns, rule, style)

    def mark_below(self, area: Area, column: int, bound: str) -> None:
        """Colour the numbers of a column below ``bound``, which names cells of the first row: ``$C5``."""
        cell = f"${xl_col_to_name(column)}{area.first_row + 1}"
        criteria = f"=AND(ISNUMBER({cell}),ISNUMBER({bound}),{cell}<{bound})"
        self._mark(area, [column], {"type": "formula", "criteria": criteria}, "marked_bad")

    def write(self, row: int, column: int, cell: Cell, kind: Kind) -> None:
        """One cell: a hidden figure as its reason in words, a missing one as an empty box."""
        if isinstance(cell, Hidden):
            self.text(row, column, hidden_label(cell), "interval" if cell is Hidden.COARSENED else "hidden")
        elif cell is None or cell == "":
            self.worksheet.write_blank(row, column, None, self.styles["text"])
        elif isinstance(cell, str):
            self.text(row, column, cell, "text" if kind == "text" else "interval")
        elif isinstance(cell, date):
            self.worksheet.write_datetime(row, column, cell, self.styles[kind])
        else:
            shown = "count" if isinstance(cell, int) and kind in FRACTIONS else kind
            self.worksheet.write_number(row, column, cell, self.styles[shown])

    def text(self, row: int, column: int, text: str, style: str) -> None:
        """A text, never a formula, a number or a link, whatever it looks like."""
        self.worksheet.write_string(row, column, text[:LONGEST_TEXT], self.styles[style])

    def notes(self, texts: Iterable[str]) -> None:
        for text in texts:
            self.paragraph(text, "note")

    def closing(self, text: str) -> None:
        """What a block cannot say: the last line of every block, as on the page."""
        self.gap()
        self.paragraph(_("What this part cannot say: %(text)s", text=text), "note")

    def print_what_is_written(self) -> None:
        """All columns, down to the row that the cursor has reached, charts included."""
        self.worksheet.print_area(0, 0, max(self.row - 1, 0), max(self.last_column, self.widest - 1))

    def gap(self, rows: int = 1) -> None:
        self.row += rows

    def _mark(self, area: Area, columns: Sequence[int], rule: Mapping[str, object], style: str) -> None:
        if area.last_row < area.first_row:
            return
        cells = (area.first_row, min(columns), area.last_row, max(columns))
        self.worksheet.conditional_format(*cells, {**rule, "format": self.styles[style]})

    def _lines(self, cell: Cell, place: int) -> int:
        room = self.widths[place] * 1.1 - 1 if place < len(self.widths) else 10
        return sum(1 + int(display_width(part) // room) for part in cell.split("\n")) if isinstance(cell, str) else 1

    def _line(self, text: str, style: str, height: float) -> None:
        self.text(self.row, 0, text, style)
        self._set_height(self.row, height)
        self.row += 1

    def _set_height(self, row: int, points: float) -> None:
        self.worksheet.set_row(row, min(points, TALLEST_ROW))


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
    worksheet.set_header(_margin_text(header, 9, "&A"))
    worksheet.set_footer(_margin_text(footer, 8, "&P / &N"))


def _margin_text(text: str, size: int, code: str) -> str:
    """Text on the left, a code on the right; a space keeps digits of the text apart from the size before them."""
    font = f'&"{HEAD_FONT}"&{size}'
    room = LONGEST_HEADER - len(f"&L{font} &R{font} {code}")
    return f"&L{font} {escaped(text, room)}&R{font} {code}"
