"""What a table of results is made of, and how one figure becomes a cell. Which tables there are is `tables`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analysis.tree import Hidden, Rate
from survey_app.wording import figures


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    is_hidden: bool = False
    grade: str = ""
    """Style classes of a verdict badge; empty for plain text."""


@dataclass(frozen=True, slots=True)
class Row:
    head: str
    cells: tuple[Cell, ...]
    unit: str = ""
    """Code of the sub-unit the row is about, where a page may link to its own result."""


@dataclass(frozen=True, slots=True)
class Table:
    caption: str
    corner: str
    """Heading of the first column."""
    columns: tuple[tuple[str, bool], ...]
    """Heading, and whether the column holds figures."""
    rows: tuple[Row, ...]
    shape: Literal["rows", "matrix", "pairs"] = "rows"
    """On phones rows become blocks, a matrix keeps its shape and scrolls, pairs fit as they are."""
    folded: bool = False
    """Of detail: however few rows it has, a page shows it when asked for."""


def rate_cell(rate: Rate | float | Hidden | None, n: int | Hidden | None = None, target: str | None = None) -> Cell:
    return Cell(figures.rate_text(rate, n, target), is_hidden=is_withheld(rate))


def count_cell(count: int | Hidden) -> Cell:
    return cell(figures.count_text(count), count)


def cell(text: str, figure: object) -> Cell:
    return Cell(text, is_hidden=is_withheld(figure))


def is_withheld(figure: object) -> bool:
    """Hatched: what protects people. A figure only too coarse to list is told in words."""
    return isinstance(figure, Hidden) and figure is not Hidden.COARSENED


def people_cell(rate: Rate | float | Hidden | None) -> Cell:
    return Cell(figures.people(rate)) if isinstance(rate, Rate) else rate_cell(rate)
