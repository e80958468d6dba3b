"""A workbook -> its sheets as text, cell by cell with their places. Knows nothing of questionnaires.

Formulas are never worked out: a cell that holds one gives the value it had when the file was saved, and is said.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from instruments.importers.package import DAMAGED, checked_package, letters_of, refusal
from instruments.problems import InstrumentError, Problem
from instruments.wording import N_

SPACES = re.compile(" +")
LONGEST_HEADING = 200


@dataclass(frozen=True, slots=True)
class Sheet:
    """Headings by column (None where there is none) and rows of text; the first row of text is row 2 of the sheet."""

    name: str
    headings: tuple[str | None, ...]
    rows: tuple[tuple[str, ...], ...]

    def place(self, row: int, column: int) -> str:
        """Row as the sheet counts it, from 1; column from 0."""
        return f"{self.name}!{letters_of(column + 1)}{row}"


@dataclass(frozen=True, slots=True)
class Workbook:
    sheets: Mapping[str, Sheet]
    """By name in small letters, in the order of the file."""
    problems: tuple[Problem, ...]
    """What the file holds besides text."""


def read_workbook(content: bytes) -> Workbook:
    """Raises InstrumentError where the file is refused (`package`) or not readable."""
    package = checked_package(content)
    tables = tables_of(package.content)
    sheets = {name.strip().lower(): sheet_of(name.strip(), table) for name, table in tables.items()}
    formulas = [
        Problem(f"{sheets[name].name}!{address}", None, N_("a formula stands here; the value it had last is taken"))
        for name, addresses in package.formulas.items()
        if name in sheets
        for address in addresses
    ]
    template = N_("the workbook holds %(count)s pictures, which have no place in a questionnaire")
    pictures = [Problem("", None, template, {"count": package.pictures})] if package.pictures else []
    return Workbook(sheets, (*formulas, *pictures))


def tables_of(content: bytes) -> dict[str, Sequence[Sequence[object]]]:
    from python_calamine import CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    except BaseException as error:
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise refusal(DAMAGED) from None
        raise


def sheet_of(name: str, table: Sequence[Sequence[object]]) -> Sheet:
    lines = [tuple(text_of(value).strip() for value in line) for line in table]
    while lines and not any(lines[-1]):
        lines.pop()
    headings = tuple(SPACES.sub(" ", text)[:LONGEST_HEADING] or None for text in lines[0]) if lines else ()
    problems = tuple(
        Problem(f"{name}!{letters_of(position + 1)}1", None, N_("column '%(column)s' stands twice"), {"column": text})
        for position, text in enumerate(headings)
        if text and text in headings[:position]
    )
    if problems:
        raise InstrumentError(problems)
    return Sheet(name, headings, tuple(lines[1:]))


def text_of(value: object) -> str:
    """A cell as text, the way XLSForm tools see it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date | time) else str(value)
