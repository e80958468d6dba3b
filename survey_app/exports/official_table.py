"""The tables of Word documents, written as they are stored: long ones would take the library seconds, cell by cell.

How a cell looks is a style of the document, which `official_page` sets up; here rows and cells are put together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from xml.sax.saxutils import escape

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

TWIPS = 1440 / 25.4
"""In a millimetre."""
CELL_MARGIN = 1.0
"""Millimetres left and right of the text of a cell: half of what programs take, so that figures stand on one line."""


def table_element(  # noqa: PLR0917
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths: Sequence[float],
    are_figures: Sequence[bool],
    row_height: int,
    styles: tuple[str, str],
) -> Any:
    """``w:tbl`` with widths and the least height of a row in millimetres; ``styles``: those of heads and of cells.

    The heads are repeated on every page, and no row is broken between two.
    """
    head_style, cell_style = styles
    kept, height = ("<w:keepNext/>", f'<w:trHeight w:val="{_twips(row_height)}"/>') if row_height else ("", "")
    aligned = ['<w:jc w:val="right"/>' if is_figure else "" for is_figure in are_figures]
    head = _row(heads, widths, "<w:tblHeader/>", [f'<w:pStyle w:val="{head_style}"/>{kept}'] * len(heads))
    layouts = [f'<w:pStyle w:val="{cell_style}"/>{kept}{side}' for side in aligned]
    margin = _twips(CELL_MARGIN)
    grid = "".join(f'<w:gridCol w:w="{_twips(width)}"/>' for width in widths)
    return parse_xml(
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblStyle w:val="TableGrid"/><w:tblW w:type="auto" w:w="0"/>'
        f'<w:tblLayout w:type="fixed"/>'
        f'<w:tblCellMar><w:left w:w="{margin}" w:type="dxa"/><w:right w:w="{margin}" w:type="dxa"/></w:tblCellMar>'
        f'<w:tblLook w:firstRow="1" w:noVBand="1" w:val="0420"/></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{head}{''.join(_row(texts, widths, height, layouts) for texts in rows)}</w:tbl>"
    )


def _row(texts: Sequence[str], widths: Sequence[float], properties: str, layouts: Sequence[str]) -> str:
    cells = "".join(_cell(*cell) for cell in zip(texts, widths, layouts, strict=True))
    return f"<w:tr><w:trPr><w:cantSplit/>{properties}</w:trPr>{cells}</w:tr>"


def _cell(text: str, width: float, layout: str) -> str:
    return (
        f'<w:tc><w:tcPr><w:tcW w:type="dxa" w:w="{_twips(width)}"/></w:tcPr>'
        f"<w:p><w:pPr>{layout}</w:pPr><w:r>{'<w:br/>'.join(_lines(text))}</w:r></w:p></w:tc>"
    )


def _lines(text: str) -> Iterator[str]:
    return (f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in text.split("\n"))


def _twips(millimetres: float) -> int:
    return round(millimetres * TWIPS)
