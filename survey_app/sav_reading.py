"""Run in a process of its own: one SPSS file to JSON on standard output, labels in the place of labelled values.

The library that reads these files does so in C and can be brought down by a garbled one. So it runs apart, within
bounds of time and memory, and whoever started it only sees that nothing came of it. Nothing of the application is
imported here.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Mapping
from datetime import date, datetime, time
from math import isnan
from typing import Any

TOO_LARGE = 3
"""How the process ends when the file holds more than it may."""
MEMORY = 3 * 1024**3
SECONDS = 60
_ENCODINGS = (None, "GB18030")
"""First as the file says of itself, then as older files in Chinese are written whatever they say."""
_A_ROW = 100
"""Bytes that a row takes in memory besides its cells."""


def main(path: str, most_cells: int, most_bytes: int) -> int:
    """Print ``{"names": […], "columns": [[…], …]}``. Returns how the process is to end."""
    for kind, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(kind, (most, most))
    for encoding in _ENCODINGS:
        try:
            columns, labels, is_whole = read(path, encoding, most_cells, most_bytes)
        except Exception:  # noqa: S112  whatever it is, this file is not read so
            continue
        if not is_whole:
            return TOO_LARGE
        texts = [[_text(value, labels.get(name, {})) for value in column] for name, column in columns.items()]
        json.dump({"names": list(columns), "columns": texts}, sys.stdout)
        return 0
    return 1


def read(
    path: str, encoding: str | None, most_cells: int, most_bytes: int
) -> tuple[Mapping[str, list[Any]], Mapping[str, Mapping[Any, str]], bool]:
    """Columns by name, labels by name, and whether that is the whole file."""
    from pyreadstat import read_sav

    _nothing, meta = read_sav(path, metadataonly=True, output_format="dict", encoding=encoding)
    width = sum(meta.variable_storage_width.values()) + _A_ROW
    most = min(most_cells // max(len(meta.column_names), 1), most_bytes // width)
    columns, meta = read_sav(path, output_format="dict", encoding=encoding, row_limit=most + 1)
    return columns, meta.variable_value_labels, all(len(column) <= most for column in columns.values())


def _text(value: Any, labels: Mapping[Any, str]) -> str | float | None:
    if value is None or (isinstance(value, float) and isnan(value)):
        return None
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    said = labels.get(value) or value
    return said if isinstance(said, str) else float(said)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
