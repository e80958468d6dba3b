"""Run in a process of its own: one spreadsheet or SPSS file to JSON on standard output.

The libraries that read these files do so in C and Rust, and a garbled file, or a small one that claims a million
columns, can bring them down. So they run apart, within bounds of time and memory, and whoever started this only sees
that nothing came of it. Nothing of the application is imported here.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Mapping
from datetime import date, datetime, time
from io import BytesIO
from math import isnan
from typing import Any

TOO_LARGE = 3
"""How the process ends when the file holds more than it may."""
SPREADSHEET_MEMORY, SPSS_MEMORY = 1536 * 1024**2, 3 * 1024**3
SECONDS = 60
_ENCODINGS = (None, "GB18030")
"""First as the file says of itself, then as older files in Chinese are written whatever they say."""
_A_ROW = 100
"""Bytes that a row takes in memory besides its cells."""


def main(path: str, most_cells: int, most_bytes: int) -> int:
    """Print what a file holds: SPSS, or for "-" the spreadsheet that comes in. Returns how the process is to end."""
    is_spreadsheet = path == "-"
    memory = SPREADSHEET_MEMORY if is_spreadsheet else SPSS_MEMORY
    for bound, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(bound, (most, most))
    if is_spreadsheet:
        return print_spreadsheet(sys.stdin.buffer.read(), most_cells)
    return print_spss(path, most_cells, most_bytes)


def print_spreadsheet(data: bytes, most_cells: int) -> int:
    """Print the rows of the first sheet that has any, from its first row and column on: ``[[…], …]``."""
    from python_calamine import CalamineWorkbook

    workbook = CalamineWorkbook.from_filelike(BytesIO(data))
    sheets = (workbook.get_sheet_by_index(index) for index in range(len(workbook.sheet_names)))
    sheet = next((sheet for sheet in sheets if sheet.end), None)
    if sheet is None or sheet.end is None:
        rows = []
    elif (sheet.end[0] + 1) * (sheet.end[1] + 1) > most_cells:
        return TOO_LARGE
    else:
        rows = sheet.to_python(skip_empty_area=False)
    json.dump([[_cell(value) for value in row] for row in rows], sys.stdout)
    return 0


def print_spss(path: str, most_cells: int, most_bytes: int) -> int:
    """Print ``{"names": […], "columns": [[…], …]}``, labels in the place of labelled values."""
    for encoding in _ENCODINGS:
        try:
            columns, labels, is_whole = read_spss(path, encoding, most_cells, most_bytes)
        except Exception:  # noqa: S112  whatever it is, this file is not read so
            continue
        if not is_whole:
            return TOO_LARGE
        texts = [[_text(value, labels.get(name, {})) for value in column] for name, column in columns.items()]
        json.dump({"names": list(columns), "columns": texts}, sys.stdout)
        return 0
    return 1


def read_spss(
    path: str, encoding: str | None, most_cells: int, most_bytes: int
) -> tuple[Mapping[str, list[Any]], Mapping[str, Mapping[Any, str]], bool]:
    """Columns by name, labels by name, and whether that is the whole file."""
    from pyreadstat import read_sav

    _nothing, meta = read_sav(path, metadataonly=True, output_format="dict", encoding=encoding)
    width = sum(meta.variable_storage_width.values()) + _A_ROW
    most = min(most_cells // max(len(meta.column_names), 1), most_bytes // width)
    columns, meta = read_sav(path, output_format="dict", encoding=encoding, row_limit=most + 1)
    return columns, meta.variable_value_labels, all(len(column) <= most for column in columns.values())


def _cell(value: Any) -> str | float:
    if isinstance(value, str | int | float):
        return value
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _text(value: Any, labels: Mapping[Any, str]) -> str | float | None:
    if value is None or (isinstance(value, float) and isnan(value)):
        return None
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    said = labels.get(value) or value
    return said if isinstance(said, str) else float(said)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
