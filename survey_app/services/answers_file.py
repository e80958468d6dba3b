"""Answers of earlier years from a file: columns to items, cells to codes, every fault at once.

Reading bytes into rows of strings is `table_file`, one cell into a code `answer_cells`; making a sealed survey of
the answers is `history`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import NoneType
from typing import Any

from instruments.model import Instrument, Item, ItemType, option_column
from instruments.problems import InstrumentError
from instruments.reading import Source, read
from instruments.rules import visible_items
from instruments.wording import N_
from survey_app.services.answer_cells import MISSING, AnswerValue, CellError, CellReader, reader
from survey_app.services.table_file import AnswersFileError, TableProblem, decode, read_grid, refuse

COLUMN_MAP_BYTES = 256 * 1024
ROWS_A_STEP = 1000
MAP_PARTS = ("columns", "units", "values")
SEVERAL = frozenset({ItemType.MULTIPLE, ItemType.RANKING})
CHOSEN = SEVERAL | {ItemType.SCALE, ItemType.RECOMMEND, ItemType.YES_NO, ItemType.SINGLE}
"""Types whose answers are taken from a list. What a map says of all columns holds for these; a number, a day, a text
or a unit that happens to look the same is something else."""
_CHOICES = re.compile("[^;；|>]+")
"""The choices of a cell that holds several."""
NEEDED_LINES = N_("Line %(line)s of the column map is not of the form “name in the file: item code”.")


@dataclass(frozen=True, slots=True)
class AnswersTable:
    """Answers row by row, keyed by item code, as they would come out of opened ballots.

    ``units`` has one unit code per row, or is None when the file has no unit column. ``notes`` tell what was read
    but not counted.
    """

    rows: tuple[Mapping[str, AnswerValue], ...]
    units: tuple[str, ...] | None
    notes: tuple[TableProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswersMap:
    """What a column map says of a file of answers."""

    columns: Mapping[str, str | None]
    """Name in the file -> item code; None leaves the column out."""
    units: Mapping[str, str] = field(default_factory=dict)
    """Name of a unit in the file -> its code."""
    values: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict)
    """Cell in the file -> code or label, in all columns of answers chosen from a list; or name of a column -> the same
    for it alone, whatever it holds."""

    def words_of(self, column: str, *, is_chosen: bool) -> Mapping[str, str]:
        """What the cells of a column stand for."""
        own = self.values.get(column)
        for_all = {cell: said for cell, said in self.values.items() if isinstance(said, str)} if is_chosen else {}
        return {**for_all, **(own if isinstance(own, Mapping) else {})}


@dataclass(frozen=True, slots=True)
class _Column:
    """What one column of the file carries: an item, or one option of a multiple choice."""

    position: int
    header: str
    item: Item
    option: int | None = None


def read_answers(
    data: bytes,
    filename: str,
    instrument: Instrument,
    *,
    column_map: AnswersMap | Mapping[str, str | None] | None = None,
    unit_column: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> AnswersTable:
    """Read a table whose header holds item codes (or names that ``column_map`` turns into item codes).

    The map may also turn names of units into their codes, and cells into codes or labels. A name mapped to None is
    left out on purpose. A column without a name is taken for a row number and left out.
    Cells are codes or labels in either language; 不了解 and 不适用 also as dont_know and not_applicable; several
    choices as ``1;3``; empty means not answered. ``progress`` is told now and then how many rows of how many are read.

    Raises: AnswersFileError with every problem found.
    """
    grid = read_grid(data, filename)
    header, body = grid[0][1], grid[1:]
    said = column_map if isinstance(column_map, AnswersMap) else AnswersMap(column_map or {})
    columns, unit_position, problems = _columns(header, instrument, dict(said.columns), unit_column)
    problems += [
        TableProblem(N_("The column map names “%(name)s”, which is not in the file."), {"name": name})
        for name, value in said.values.items()
        if not isinstance(value, str) and name not in header
    ]
    if not body:
        problems.append(TableProblem(N_("The file has a header but no answers.")))
    readers = {item.code: reader(instrument, item) for item in instrument.items}
    translators = _translators(header, columns, said)
    rows: list[Mapping[str, AnswerValue]] = []
    units: list[str] = []
    notes: list[TableProblem] = []
    for done, (number, cells) in enumerate(body):
        if progress is not None and done % ROWS_A_STEP == 0:
            progress(done, len(body))
        if any(cells[len(header) :]):
            problems.append(TableProblem(N_("The row has more cells than the header."), {}, number))
            continue
        padded = [*cells, *[""] * (len(header) - len(cells))]
        for position, translated in translators.items():
            padded[position] = translated(padded[position])
        answers = _row(padded, number, columns, readers, problems)
        rows.append(_asked_only(instrument, answers, number, notes))
        if unit_position is not None:
            units.append(said.units.get(padded[unit_position], padded[unit_position]))
            if not units[-1]:
                problems.append(TableProblem(N_("The unit is missing."), {}, number, header[unit_position]))
    if problems:
        raise AnswersFileError(problems)
    return AnswersTable(tuple(rows), tuple(units) if unit_position is not None else None, tuple(notes))


def read_column_map(data: bytes) -> AnswersMap:
    """A column map in YAML: ``name in the file: item code``; an empty code leaves the column out.

    Under ``columns``, ``units`` and ``values``, if the map has nothing else at its top, stand the columns and what else
    an `AnswersMap` says; a part may be empty. Without ``columns`` and with nothing under the others they are columns of
    these names that are left out.

    Raises: AnswersFileError.
    """
    source = read_map(data)
    parts = source.data if isinstance(source.data, dict) else {}
    if not _is_in_parts(parts):
        return AnswersMap(_codes(source, source.data, ()))
    values = parts.get("values") or {}
    nested = {name for name, said in values.items() if isinstance(said, dict)}
    return AnswersMap(
        _codes(source, parts.get("columns") or {}, ("columns",)),
        _texts(source, parts.get("units") or {}, ("units",)),
        _texts(source, {cell: said for cell, said in values.items() if cell not in nested}, ("values",))
        | {name: _texts(source, values[name], ("values", name)) for name in nested},
    )


def _is_in_parts(parts: Mapping[str, object]) -> bool:
    if not set(parts) <= set(MAP_PARTS) or not all(isinstance(part, dict | NoneType) for part in parts.values()):
        return False
    return "columns" in parts or any(part is not None for part in parts.values())


def read_map(data: bytes) -> Source:
    """A map of either kind as plain data with its lines. Raises: AnswersFileError."""
    if len(data) > COLUMN_MAP_BYTES:
        raise refuse(N_("The column map is larger than %(limit)s KB."), limit=COLUMN_MAP_BYTES // 1024)
    try:
        source = read(decode(data))
    except InstrumentError as error:
        raise refuse(
            N_("The column map cannot be read as YAML: line %(line)s."), line=error.problems[0].line or 1
        ) from error
    if source.problems:
        raise refuse(
            N_("Line %(line)s of the column map is doubled or more than a name and a code."),
            line=source.problems[0].line,
        )
    return source


def _codes(source: Source, part: object, steps: tuple[str, ...]) -> dict[str, str | None]:
    """Names and codes; an empty code is None. Raises: AnswersFileError."""
    return {name: code or None for name, code in _pairs(source, part, steps, (str, NoneType)).items()}


def _texts(source: Source, part: object, steps: tuple[str, ...]) -> dict[str, str]:
    """Cells and what they stand for, which may be written as a number; nothing is an empty cell."""
    said = _pairs(source, part, steps, (str, int, NoneType))
    return {cell: "" if text is None else str(text) for cell, text in said.items()}


def _pairs(source: Source, part: object, steps: tuple[str, ...], kinds: tuple[type, ...]) -> dict[str, Any]:
    if not isinstance(part, dict):
        raise refuse(NEEDED_LINES, line=source.line_of(steps) or 1)
    odd = next((name for name, said in part.items() if not isinstance(said, kinds) or isinstance(said, bool)), None)
    if odd is not None:
        raise refuse(NEEDED_LINES, line=source.lines[(*steps, odd)])
    return part


def _columns(
    header: Sequence[str], instrument: Instrument, column_map: dict[str, str | None], unit_column: str | None
) -> tuple[list[_Column], int | None, list[TableProblem]]:
    problems = [
        TableProblem(N_("The column “%(name)s” occurs %(times)s times."), {"name": name, "times": times}, 1, name)
        for name, times in Counter(header).items()
        if name and times > 1
    ]
    targets = _targets(instrument)
    columns: list[_Column] = []
    unit_position: int | None = None
    for position, name in enumerate(header):
        if not name or (name in column_map and column_map[name] is None):
            continue
        if name == unit_column:
            unit_position = position
        elif (target := targets.get(column_map.get(name) or name)) is not None:
            columns.append(_Column(position, name, *target))
        else:
            values = {"name": column_map.get(name) or name, "code": instrument.code}
            problems.append(TableProblem(N_("The questionnaire %(code)s has no item “%(name)s”."), values, 1, name))
    problems += _absent(header, columns, column_map, unit_column if unit_position is None else None, instrument)
    return columns, unit_position, problems


def _targets(instrument: Instrument) -> dict[str, tuple[Item, int | None]]:
    """Column name -> the item, or the item and the option, that it carries."""
    whole: dict[str, tuple[Item, int | None]] = {item.code: (item, None) for item in instrument.items}
    options = {
        option_column(item, option): (item, option.code)
        for item in instrument.items
        if item.type in (ItemType.MULTIPLE, ItemType.RANKING)
        for option in item.options
    }
    return whole | options


def _absent(
    header: Sequence[str],
    columns: Sequence[_Column],
    column_map: Mapping[str, str | None],
    unit_column: str | None,
    instrument: Instrument,
) -> list[TableProblem]:
    """Problems about what the file should have and has not, and about two columns for one item."""
    problems = [
        TableProblem(N_("The column map names “%(name)s”, which is not in the file."), {"name": name})
        for name in column_map
        if name not in header
    ]
    if unit_column is not None:
        problems.append(TableProblem(N_("The unit column “%(name)s” is not in the file."), {"name": unit_column}))
    present = {column.item.code for column in columns}
    problems += [
        TableProblem(N_("The column of the item “%(name)s” is missing."), {"name": item.code}, 1, item.code)
        for item in instrument.items
        if item.required and item.visible_if is None and item.type is not ItemType.TEXT and item.code not in present
    ]
    carried = Counter((column.item.code, column.option) for column in columns)
    headers = Counter(header)
    problems += [
        TableProblem(N_("Two columns carry the item “%(name)s”."), {"name": code}, 1, code)
        for (code, _), times in carried.items()
        if times > 1 and headers[code] < 2
    ]
    return problems


def _row(
    cells: Sequence[str],
    number: int,
    columns: Sequence[_Column],
    readers: Mapping[str, CellReader],
    problems: list[TableProblem],
) -> dict[str, AnswerValue]:
    answers: dict[str, AnswerValue] = {}
    chosen: dict[str, list[int]] = {}
    for column in columns:
        cell = cells[column.position]
        try:
            if column.option is None:
                answers[column.item.code] = readers[column.item.code](cell)
            elif cell not in MISSING:
                chosen.setdefault(column.item.code, []).extend([column.option] if _is_chosen(cell) else [])
        except CellError as fault:
            problems.append(TableProblem(fault.template, fault.values, number, column.header))
    return answers | {code: tuple(sorted(options)) for code, options in chosen.items()}


def _translators(
    header: Sequence[str], columns: Sequence[_Column], said: AnswersMap
) -> dict[int, Callable[[str], str]]:
    """For each column of which the map says something, the function that puts its cells into codes or labels."""
    types = {column.position: column.item.type for column in columns}
    several = {column.position for column in columns if column.item.type in SEVERAL and column.option is None}
    words = {
        position: said.words_of(name, is_chosen=types.get(position) in CHOSEN) for position, name in enumerate(header)
    }
    return {place: _translator(known, holds_several=place in several) for place, known in words.items() if known}


def _translator(words: Mapping[str, str], *, holds_several: bool) -> Callable[[str], str]:
    """A cell is looked up whole, and where it holds several choices, then each of them."""
    if not holds_several:
        return lambda cell: words.get(cell, cell)

    def translated(cell: str) -> str:
        if cell in words:
            return words[cell]
        return _CHOICES.sub(lambda choice: words.get(choice[0].strip(), choice[0]), cell)

    return translated


def _is_chosen(cell: str) -> bool:
    if cell not in ("0", "1"):
        raise CellError(N_("“%(value)s” is neither 0 (not chosen) nor 1 (chosen)."), value=cell)
    return cell == "1"


def _asked_only(
    instrument: Instrument, answers: dict[str, AnswerValue], number: int, notes: list[TableProblem]
) -> Mapping[str, AnswerValue]:
    """Answers to questions that the earlier answers leave unasked count as not answered; each is noted."""
    asked = {item.code for item in visible_items(instrument, answers)}
    unasked = [code for code, value in answers.items() if value is not None and code not in asked]
    notes += [
        TableProblem(N_("Answered although the earlier answers leave it unasked; not counted."), {}, number, code)
        for code in unasked
    ]
    return {code: value for code, value in answers.items() if code in asked}
