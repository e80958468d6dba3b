"""Single answers as Parquet: whole numbers, null for not answered, words and levels in the metadata of each column."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from instruments.wording import N_
from survey_app.exports.base import ExportContext, Exporter, Material
from survey_app.exports.row_groups import rows_of
from survey_app.exports.rows import NOT_ANSWERED, RowColumn, in_pieces, row_batches, row_columns

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP = 100_000


def parquet(material: Material, context: ExportContext) -> Iterator[bytes]:
    """A column of text for the group and one of bytes for each answer; the same material gives the same bytes."""
    import pyarrow.parquet as pq

    dataset = rows_of(material)
    columns = row_columns(dataset, context.language)

    def parts() -> Iterator[bytes]:
        import pyarrow as pa

        schema, outlet, done = _schema(columns, material), _Outlet(), 0
        with pq.ParquetWriter(pa.PythonFile(outlet, "w"), schema, compression="zstd", write_statistics=False) as writer:
            for batch in row_batches(dataset, ROW_GROUP):
                writer.write_table(_table(batch, columns, schema))
                done += len(batch)
                context.progress(done, dataset.rows)
                yield outlet.taken()
        yield outlet.taken()

    yield from in_pieces(parts())


def _table(batch: NDArray[np.int16], columns: Sequence[RowColumn], schema: pa.Schema) -> pa.Table:
    import pyarrow as pa

    codes = [columns[0].levels.get(place, "") for place in range(max(columns[0].levels, default=0) + 1)]
    groups = pa.DictionaryArray.from_arrays(pa.array(batch[:, 0]), pa.array(codes, pa.string()))
    answers = (
        pa.array(batch[:, place].astype(np.int8), pa.int8(), mask=batch[:, place] == NOT_ANSWERED)
        for place in range(1, len(columns))
    )
    return pa.table([groups, *answers], schema=schema)


def _schema(columns: Sequence[RowColumn], material: Material) -> pa.Schema:
    import pyarrow as pa

    group, *answers = columns
    text = pa.dictionary(pa.int16(), pa.string())
    fields = [pa.field(group.name, text, metadata={"label": group.label})]
    fields += [
        pa.field(
            column.name,
            pa.int8(),
            metadata={"label": column.label, "levels": _json(column.levels), "missing": _json(column.missing)},
        )
        for column in answers
    ]
    report = material.report
    origin = {"title": report.title, "unit": report.unit, "dataset_sha256": report.provenance.dataset_sha256}
    return pa.schema(fields, metadata=origin)


def _json(words: Mapping[int, str]) -> str:
    return json.dumps({str(code): word for code, word in words.items()}, ensure_ascii=False)


class _Outlet(io.RawIOBase):
    """A file that is only written on: what has been written since the last time can be taken away."""

    def __init__(self) -> None:
        super().__init__()
        self._written: list[bytes] = []
        self._position = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def write(self, data: Any, /) -> int:
        part = bytes(data)
        self._written.append(part)
        self._position += len(part)
        return len(part)

    def taken(self) -> bytes:
        written, self._written = b"".join(self._written), []
        return written


EXPORTERS = (
    Exporter(
        "parquet",
        N_("Single answers, for Python and R (.parquet)"),
        "application/vnd.apache.parquet",
        "parquet",
        parquet,
        position=63,
        takes_rows=True,
    ),
)
