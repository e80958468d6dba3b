"""An SPSS file (.sav, .zsav) -> rows of plain strings, as `table_file` makes them of other files.

A value that carries a label is read as its label, since the same code may mean the best answer in one file and the
worst in another; one without a label is read as its code. What the file declares missing is an empty cell.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from instruments.wording import N_
from survey_app import sav_reading
from survey_app.services.table_file import MAXIMUM_UNPACKED, cell_text, refuse

MOST_CELLS = 5_000_000
PATIENCE = 2 * sav_reading.SECONDS


def sav_rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """The variable names, then one row for each case, numbered as SPSS numbers them (the first case is 1).

    Raises: AnswersFileError.
    """
    said = _read(data)
    yield 0, [cell_text(name) for name in said["names"]]
    for number, cells in enumerate(zip(*said["columns"], strict=True), start=1):
        yield number, ["" if cell is None else cell_text(cell) for cell in cells]


def _read(data: bytes) -> dict[str, Any]:
    """What `sav_reading` makes of the file, which lies in a folder of its own while it is read."""
    with TemporaryDirectory(prefix="branch-survey-") as folder:
        path = Path(folder) / "answers.sav"
        path.write_bytes(data)
        command = [sys.executable, "-I", sav_reading.__file__, str(path), str(MOST_CELLS), str(MAXIMUM_UNPACKED)]
        try:
            read = subprocess.run(command, capture_output=True, check=False, timeout=PATIENCE)  # noqa: S603  our own
        except subprocess.TimeoutExpired:
            read = None
    if read is not None and read.returncode == sav_reading.TOO_LARGE:
        raise refuse(N_("The SPSS file holds more than %(limit)s cells."), limit=MOST_CELLS)
    if read is None or read.returncode:
        raise refuse(N_("The SPSS file cannot be read: it is damaged or protected by a password."))
    return json.loads(read.stdout)  # type: ignore[no-any-return]
