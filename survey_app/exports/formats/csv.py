"""Single answers as CSV, one row per ballot, codes as in the codebook: UTF-8 with its mark, or GB18030."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from instruments.wording import N_
from survey_app.exports.base import ExportContext, Exporter, Material
from survey_app.exports.row_groups import rows_of
from survey_app.exports.rows import NOT_ANSWERED, RowColumn, in_pieces, row_batches, row_columns

LOWEST, HIGHEST = NOT_ANSWERED, 127
"""Codes of answers; not answered is an empty cell."""


def csv(material: Material, context: ExportContext, *, encoding: str) -> Iterator[bytes]:
    """Names of the columns, then a line for each ballot. The same material gives the same bytes."""
    dataset = rows_of(material)
    columns = row_columns(dataset, context.language)

    def lines() -> Iterator[bytes]:
        yield ",".join(quoted(column.name) for column in columns).encode(encoding) + b"\r\n"
        write, done = line_writer(columns, "utf-8" if encoding == "utf-8-sig" else encoding), 0
        for batch in row_batches(dataset):
            yield write(batch)
            done += len(batch)
            context.progress(done, dataset.rows)

    yield from in_pieces(lines())


def line_writer(columns: Sequence[RowColumn], encoding: str) -> Callable[[NDArray[np.int16]], bytes]:
    """What turns rows x columns of codes into lines.

    Every code is looked up as text of fixed width, filled up with zero bytes, which no text here contains; then those
    are taken out of all lines at once.
    """
    group = {place: quoted(code).encode(encoding) for place, code in columns[0].levels.items()}
    groups = _as_bytes([group.get(place, b"") for place in range(max(group, default=0) + 1)])
    answers = _as_bytes([b"," if code == NOT_ANSWERED else b",%d" % code for code in range(LOWEST, HIGHEST + 1)])

    def write(batch: NDArray[np.int16]) -> bytes:
        rows = len(batch)
        coded = answers[batch[:, 1:] - LOWEST].reshape(rows, -1)
        end = np.broadcast_to(np.frombuffer(b"\r\n", np.uint8), (rows, 2))
        return np.hstack([groups[batch[:, 0]], coded, end]).tobytes().translate(None, b"\0")

    return write


def quoted(text: str) -> str:
    """A cell as RFC 4180 has it."""
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if any(sign in text for sign in ',"\r\n') else text


def _as_bytes(texts: Sequence[bytes]) -> NDArray[np.uint8]:
    """Texts x bytes of the longest."""
    padded = np.array(texts, np.bytes_)
    return padded.view(np.uint8).reshape(len(texts), -1)


EXPORTERS = (
    Exporter(
        "csv",
        N_("Single answers, table (.csv, UTF-8)"),
        "text/csv; charset=utf-8",
        "csv",
        partial(csv, encoding="utf-8-sig"),
        position=60,
        takes_rows=True,
    ),
    Exporter(
        "csv-gb18030",
        N_("Single answers, table (.csv, GB18030)"),
        "text/csv; charset=gb18030",
        "csv",
        partial(csv, encoding="gb18030"),
        position=61,
        takes_rows=True,
        ending="gb18030",
    ),
)
