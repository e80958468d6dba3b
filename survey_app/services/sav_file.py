"""An SPSS file (.sav, .zsav) -> rows of plain strings, as `table_file` makes them of other files.

A value that carries a label is read as its label, since the same code may mean the best answer in one file and the
worst in another; one without a label is read as its code. What the file declares missing is an empty cell.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from instruments.wording import N_
from survey_app.services.table_file import cell_text, read_apart


def sav_rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """The variable names, then one row for each case, numbered as SPSS numbers them (the first case is 1).

    Raises: AnswersFileError.
    """
    with TemporaryDirectory(prefix="branch-survey-") as folder:
        path = Path(folder) / "answers.sav"
        path.write_bytes(data)
        said = read_apart(
            path,
            too_large=N_("The SPSS file holds more than %(limit)s cells."),
            unreadable=N_("The SPSS file cannot be read: it is damaged or protected by a password."),
        )
    yield 0, [cell_text(name) for name in said["names"]]
    for number, cells in enumerate(zip(*said["columns"], strict=True), start=1):
        yield number, ["" if cell is None else cell_text(cell) for cell in cells]
