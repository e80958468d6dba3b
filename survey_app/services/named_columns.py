"""Tables with a few known columns: which is which by the names people give them, in English or Chinese.

Reading bytes into rows is `table_file`; what the cells mean is for whoever asks: `roster`, `organisation_file`.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from instruments.wording import N_
from survey_app.clean_text import without_controls
from survey_app.services.table_file import AnswersFileError, Grid, TableProblem


@dataclass(frozen=True, slots=True)
class NamedColumn:
    """A column by its key, and the other names its heading may have."""

    key: str
    names: tuple[str, ...]
    is_needed: bool = False


@dataclass(frozen=True, slots=True)
class NamedRow:
    """A row: its number as a spreadsheet program shows it, its cells by the key of the column ("" where empty)."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NamedTable:
    """Rows under known columns; `headings` are those of the file by key, `problems` the rows that do not fit."""

    headings: Mapping[str, str]
    rows: tuple[NamedRow, ...]
    problems: tuple[TableProblem, ...]


class WholeFileError(AnswersFileError):
    """Every problem of a file, however many there are: whoever mends it wants to do so once."""

    def __init__(self, problems: Sequence[TableProblem]) -> None:
        super().__init__(problems)
        self.problems = tuple(sorted(problems, key=lambda problem: problem.row or 0))


def named_table(grid: Grid, columns: Sequence[NamedColumn]) -> NamedTable:
    """The body of a grid under its known columns. A column without a heading is taken for a row number and left out.

    Raises: AnswersFileError where the headings cannot be understood: without them no row can.
    """
    places, problems = _places(grid[0][1], columns)
    if len(grid) == 1:
        problems.append(TableProblem(N_("The file has a heading but no rows.")))
    if problems:
        raise WholeFileError(problems)
    heading = grid[0][1]
    rows = tuple(
        NamedRow(number, {key: _cell(cells, place) for key, place in places.items()}) for number, cells in grid[1:]
    )
    too_long = tuple(
        TableProblem(N_("The row has more cells than the header."), {}, number)
        for number, cells in grid[1:]
        if any(cells[len(heading) :])
    )
    return NamedTable({key: heading[place] for key, place in places.items()}, rows, too_long)


def _places(heading: Sequence[str], columns: Sequence[NamedColumn]) -> tuple[dict[str, int], list[TableProblem]]:
    """Key of each column that the file has -> its place."""
    keys = {_plain(name): column.key for column in columns for name in (column.key, *column.names)}
    found = [(keys.get(_plain(name)), place) for place, name in enumerate(heading) if name]
    problems = [
        TableProblem(
            N_("The column “%(name)s” is not known here. Please leave it out, or give it one of the known headings."),
            {"name": heading[place]},
            1,
            heading[place],
        )
        for key, place in found
        if key is None
    ]
    times = Counter(key for key, _place in found if key is not None)
    problems += [
        TableProblem(N_("%(times)s columns are “%(name)s”."), {"name": key, "times": count}, 1, key)
        for key, count in times.items()
        if count > 1
    ]
    problems += [
        TableProblem(N_("The column “%(name)s” is missing."), {"name": "/".join((column.key, *column.names[:1]))}, 1)
        for column in columns
        if column.is_needed and column.key not in times
    ]
    return {key: place for key, place in found if key is not None}, problems


def _cell(cells: Sequence[str], place: int) -> str:
    return without_controls(cells[place]).strip() if place < len(cells) else ""


def _plain(name: str) -> str:
    """A heading without regard to case, width and blanks."""
    return unicodedata.normalize("NFKC", name).strip().casefold().replace(" ", "_").replace("-", "_")
