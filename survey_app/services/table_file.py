"""A table file as people send it -> rows of plain strings: encodings, delimiters, spreadsheets.

SPSS files are `sav_file`; what the columns mean is `answers_file` and `published_file`. Nothing is guessed silently:
what cannot be read says why.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path, PurePath
from typing import Any

from instruments.wording import N_
from survey_app import table_reading
from survey_app.clean_text import is_clean, without_controls

MAXIMUM_BYTES = 32 * 1024 * 1024
MAXIMUM_UNPACKED = 256 * 1024 * 1024
"""A spreadsheet is a zip archive: refuse one that unpacks to more than this."""
MOST_CELLS = 5_000_000
PATIENCE = 2 * table_reading.SECONDS
DELIMITERS = (",", ";", "\t")
SPREADSHEETS = (".xlsx", ".xlsm", ".xls", ".ods")
SPSS = (".sav", ".zsav")
SPSS_MARKS = (b"$FL2", b"$FL3")
PROBLEMS_LISTED = 50
LONGEST_QUOTE = 40
LONGEST_CELL = csv.field_size_limit()

Grid = list[tuple[int, list[str]]]
"""(row number as a spreadsheet program shows it, cells) for every row that is not blank."""


@dataclass(frozen=True, slots=True)
class TableProblem:
    """One fault in a table: its place, an English template (a msgid) and the values for its placeholders."""

    template: str
    values: Mapping[str, object] = field(default_factory=dict)
    row: int | None = None
    column: str | None = None

    def __post_init__(self) -> None:
        """What is quoted from the file is shown in short and without control characters."""
        object.__setattr__(self, "values", {name: shown(value) for name, value in self.values.items()})
        object.__setattr__(self, "column", shown(self.column))

    @property
    def message(self) -> str:
        return self.template % self.values if self.values else self.template

    def __str__(self) -> str:
        row = f"row {self.row}" if self.row else ""
        place = ", ".join(part for part in (row, self.column) if part)
        return f"{place}: {self.message}" if place else self.message


def shown(value: Any) -> Any:
    """A quoted text, cut after 40 characters; anything else as it is."""
    if not isinstance(value, str):
        return value
    text = without_controls(value)
    return text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE] + "…"


class AnswersFileError(ValueError):
    """A file of answers that cannot be taken: the first ``problems``, how many are left out, and ``count`` of all."""

    def __init__(self, problems: Sequence[TableProblem]) -> None:
        self.count = len(problems)
        left_out = self.count - PROBLEMS_LISTED
        more = (
            [TableProblem(N_("%(count)s more problems are not listed."), {"count": left_out})] if left_out > 0 else []
        )
        self.problems = (*problems[:PROBLEMS_LISTED], *more)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def refuse(template: str, **values: object) -> AnswersFileError:
    """The error for a file that fails as a whole."""
    return AnswersFileError([TableProblem(template, values)])


def read_grid(data: bytes, filename: str) -> Grid:
    """Rows of a CSV file (UTF-8, GB18030, UTF-16 with mark; comma, semicolon or tab), a first sheet or an SPSS file.

    Raises: AnswersFileError.
    """
    if not data.strip():
        raise refuse(N_("The file is empty."))
    if len(data) > MAXIMUM_BYTES:
        raise refuse(N_("The file is larger than %(limit)s MB."), limit=MAXIMUM_BYTES // 1024**2)
    grid = [(number, cells) for number, cells in _rows(data, PurePath(filename).suffix.lower()) if any(cells)]
    if not grid:
        raise refuse(N_("The file is empty."))
    return grid


def _rows(data: bytes, suffix: str) -> Iterator[tuple[int, list[str]]]:
    """By what the file is called or how it begins."""
    if suffix in SPSS or data[:4] in SPSS_MARKS:
        from survey_app.services.sav_file import sav_rows

        return sav_rows(data)
    if suffix in SPREADSHEETS or data[:4] == b"PK\x03\x04":
        return _spreadsheet_rows(data)
    return _text_rows(data)


def decode(data: bytes) -> str:
    """Text of a file in UTF-8 (with or without mark), UTF-16 with mark, or GB18030.

    Raises: AnswersFileError when the bytes are none of these.
    """
    encodings = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if is_clean(text):
            return text
    raise refuse(
        N_("The file is neither UTF-8 nor GB18030 text. Save it as “CSV UTF-8” or as .xlsx and send it again.")
    )


def _text_rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    text = decode(data)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    start = 1
    try:
        for row in reader:
            yield start, [cell.strip() for cell in row]
            start = reader.line_num + 1
    except csv.Error as error:
        raise AnswersFileError([_csv_problem(error, start)]) from error


def _csv_problem(error: csv.Error, row: int) -> TableProblem:
    if "field limit" in str(error):
        return TableProblem(N_("A cell has more than %(limit)s characters."), {"limit": LONGEST_CELL}, row)
    return TableProblem(N_("Cannot be read as CSV: a quotation mark is not closed or misplaced."), {}, row)


def _delimiter(text: str) -> str:
    """The delimiter that splits the header into most cells; a comma where none does."""
    header = next((line for line in text.splitlines() if line.strip()), "")
    return max(DELIMITERS, key=lambda mark: len(next(csv.reader([header[:LONGEST_CELL]], delimiter=mark), [])))


def _spreadsheet_rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    _refuse_zip_bomb(data)
    rows = read_apart(
        data,
        too_large=N_("The spreadsheet holds more than %(limit)s cells."),
        unreadable=N_(
            "The spreadsheet cannot be opened: it is damaged or protected by a password, or something stands far "
            "outside the table."
        ),
    )
    for number, row in enumerate(rows, start=1):
        yield number, [cell_text(cell) for cell in row]


def read_apart(file: bytes | Path, *, too_large: str, unreadable: str) -> Any:
    """What `table_reading` makes of a spreadsheet, which it gets through a pipe, or of an SPSS file at a place.

    Raises: AnswersFileError with one of these msgids.
    """
    place, piped = ("-", file) if isinstance(file, bytes) else (str(file), b"")
    command = [sys.executable, "-I", table_reading.__file__, place, str(MOST_CELLS), str(MAXIMUM_UNPACKED)]
    try:
        read = subprocess.run(command, input=piped, capture_output=True, check=False, timeout=PATIENCE)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise refuse(unreadable) from None
    if read.returncode == table_reading.TOO_LARGE:
        raise refuse(too_large, limit=MOST_CELLS)
    if read.returncode:
        raise refuse(unreadable)
    return json.loads(read.stdout)


def _refuse_zip_bomb(data: bytes) -> None:
    if data[:4] != b"PK\x03\x04":
        return
    try:
        unpacked = sum(entry.file_size for entry in zipfile.ZipFile(io.BytesIO(data)).infolist())
    except zipfile.BadZipFile as error:
        raise refuse(N_("The spreadsheet cannot be opened: it is damaged or protected by a password.")) from error
    if unpacked > MAXIMUM_UNPACKED:
        raise refuse(N_("The spreadsheet unpacks to more than %(limit)s MB."), limit=MAXIMUM_UNPACKED // 1024**2)


def cell_text(cell: object) -> str:
    """A spreadsheet cell as the text a person would type: 5.0 is 5."""
    for kind, as_text in _CELLS:
        if isinstance(cell, kind):
            return as_text(cell)
    return without_controls(str(cell)).strip()


_CELLS: tuple[tuple[type | tuple[type, ...], Callable[..., str]], ...] = (
    (bool, lambda cell: str(int(cell))),
    (float, lambda cell: str(int(cell)) if cell.is_integer() else repr(cell)),
    ((datetime, date), lambda cell: cell.isoformat()),
)
