"""Single answers as an SPSS file: labels of variables and values, -1 and -2 as missing by the user."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from analysis.dataset import SealedDataset
from instruments.wording import N_
from survey_app.exports.base import ExportContext, Exporter, Material
from survey_app.exports.row_groups import rows_of
from survey_app.exports.rows import NOT_ANSWERED, PIECE, ColumnKind, RowColumn, row_batches, row_columns

RESERVED = {"all", "and", "by", "eq", "ge", "gt", "le", "lt", "ne", "not", "or", "to", "with"}
"""Words of SPSS that no variable may be called by."""
LONGEST_TITLE, LONGEST_LABEL, LONGEST_WORD = 64, 252, 120
"""Bytes of the label of a file, of a variable, of a value."""
MOMENT_AT, MOMENT_LENGTH = 92, 17
"""Where the head of the file says when it was made."""
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MEASURES = {ColumnKind.SCALE: "ordinal", ColumnKind.PLACE: "ordinal"}


def sav(material: Material, context: ExportContext) -> Iterator[bytes]:
    """The library writes whole files only: into a folder that nobody else may open, removed before the last piece."""
    from pyreadstat import write_sav

    dataset = rows_of(material)
    columns = row_columns(dataset, context.language)
    names = variable_names([column.name for column in columns])
    context.progress(0, dataset.rows)
    with TemporaryDirectory(prefix="branch-survey-") as folder:
        path = Path(folder) / "rows.sav"
        write_sav(
            _frame(dataset, columns, names),
            path,
            file_label=cut(material.report.title, LONGEST_TITLE),
            row_compress=True,
            **_described(columns, names),
        )
        with path.open("rb") as file:
            yield _dated(file.read(PIECE), context.made_on)
            while piece := file.read(PIECE):
                yield piece
    context.progress(dataset.rows, dataset.rows)


def variable_names(names: Sequence[str]) -> tuple[str, ...]:
    """Names that SPSS takes: it knows no difference between capital and small letters, and keeps some words."""
    taken: set[str] = set(RESERVED)
    found = []
    for name in names:
        free, number = name, 1
        while free.lower() in taken:
            number += 1
            free = f"{name}_{number}"
        taken.add(free.lower())
        found.append(free)
    return tuple(found)


def cut(text: str, most: int) -> str:
    """At most so many bytes of UTF-8, no character in half."""
    return text.encode()[:most].decode(errors="ignore")


def _frame(dataset: SealedDataset, columns: Sequence[RowColumn], names: Sequence[str]) -> Any:
    from pandas import DataFrame  # type: ignore[import-untyped]

    codes = np.concatenate([*row_batches(dataset), np.empty((0, len(columns)), np.int16)]).T
    groups = np.array([columns[0].levels.get(place, "") for place in range(max(columns[0].levels, default=0) + 1)])
    answers = (np.where(column == NOT_ANSWERED, np.nan, column.astype(np.float64)) for column in codes[1:])
    return DataFrame(dict(zip(names, (groups[codes[0]].astype(object), *answers), strict=True)))


def _described(columns: Sequence[RowColumn], names: Sequence[str]) -> dict[str, Any]:
    named = dict(zip(names, columns, strict=True))
    answers = {name: column for name, column in named.items() if column.kind is not ColumnKind.GROUP}
    words = {name: {**column.levels, **column.missing} for name, column in answers.items()}
    return {
        "column_labels": [cut(column.label, LONGEST_LABEL) for column in columns],
        "variable_value_labels": {
            names[0]: {columns[0].levels[place]: cut(name, LONGEST_WORD) for place, name in columns[0].units.items()},
            **{
                name: {float(code): cut(word, LONGEST_WORD) for code, word in found.items()}
                for name, found in words.items()
            },
        },
        "missing_ranges": {name: sorted(column.missing) for name, column in answers.items() if column.missing},
        "variable_measure": {name: MEASURES.get(column.kind, "nominal") for name, column in named.items()},
        "variable_format": dict.fromkeys(answers, "F4.0"),
    }


def _dated(head: bytes, day: date) -> bytes:
    """With the day of the export and no time of day, so that the same material gives the same bytes."""
    moment = f"{day.day:02d} {MONTHS[day.month - 1]} {day.year % 100:02d}00:00:00".encode()
    return head[:MOMENT_AT] + moment + head[MOMENT_AT + MOMENT_LENGTH :]


EXPORTERS = (
    Exporter(
        "sav",
        N_("Single answers, for SPSS (.sav)"),
        "application/x-spss-sav",
        "sav",
        sav,
        position=62,
        takes_rows=True,
    ),
)
