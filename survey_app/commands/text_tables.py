"""Tables of `wording` as lines of a terminal: columns aligned, Chinese characters counted as two wide."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from survey_app.wording.cells import Table

GAP = "  "


def width(text: str) -> int:
    """Columns of a terminal that a text takes."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def as_text(table: Table) -> Iterator[str]:
    """Caption, head and rows; figures to the right, words to the left, an empty line before."""
    heads = (table.corner, *(head for head, _is_figure in table.columns))
    is_figure = (False, *(figure for _head, figure in table.columns))
    rows = [(row.head, *(cell.text for cell in row.cells)) for row in table.rows]
    widths = [max(width(row[place]) for row in (heads, *rows)) for place in range(len(heads))]
    yield ""
    yield table.caption
    yield _line(heads, widths, is_figure)
    yield GAP.join("-" * columns for columns in widths)
    yield from (_line(row, widths, is_figure) for row in rows)


def _line(cells: tuple[str, ...], widths: list[int], is_figure: tuple[bool, ...]) -> str:
    padded = [
        " " * (columns - width(cell)) + cell if right else cell + " " * (columns - width(cell))
        for cell, columns, right in zip(cells, widths, is_figure, strict=True)
    ]
    return GAP.join(padded).rstrip()
