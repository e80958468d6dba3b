"""SealedDataset <-> bytes: Parquet with the questionnaire and the manifest in its metadata; texts as JSON apart.

What the columns mean is `dataset`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.dataset import NOT_ANSWERED, Manifest, SealedDataset, Texts, UnitNode
from analysis.types import Context, Roster
from instruments.model import Instrument

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

FORMAT = "branch-survey/dataset/1"
UNIT_COLUMN = "_unit"
WRITTEN_AS: dict[str, Any] = {"compression": "zstd", "use_dictionary": True, "write_statistics": False}
"""As a dictionary a column of a few levels takes three bits an answer, and reads twice as fast."""
ROW_GROUP = 1 << 18
"""Rows of a part of the file that can be read, and counted, apart from the others."""


class DatasetDamaged(ValueError):  # noqa: N818 (named for what was found)
    """The bytes are not the sealed dataset they should be; ``reason`` is not_a_dataset, hash, texts or rows."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


def written(dataset: SealedDataset) -> bytes:
    """Parquet of the coded answers; no time, no host, nothing but the dataset decides the bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(table_of(dataset), sink, row_group_size=ROW_GROUP, **WRITTEN_AS)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def table_of(dataset: SealedDataset) -> pa.Table:
    """Unit and answers of every row; questionnaire and manifest in the metadata."""
    import pyarrow as pa

    names = pa.array([unit.code for unit in dataset.manifest.units], pa.string())
    columns = {UNIT_COLUMN: pa.DictionaryArray.from_arrays(pa.array(dataset.units), names)}
    for name, codes in zip(dataset.columns, dataset.codes, strict=True):
        columns[name] = pa.array(codes, pa.int8(), mask=codes == NOT_ANSWERED)
    metadata = {
        "format": FORMAT,
        "manifest": _json(manifest_to_dict(dataset.manifest)),
        "instrument": _json(dataset.instrument.model_dump(mode="json", by_alias=True)),
    }
    return pa.table(columns).replace_schema_metadata(metadata)


def opened(source: Path | bytes) -> tuple[pq.ParquetFile, Manifest, Instrument]:
    """A sealed dataset whose answers are not read yet. Raises DatasetDamaged for anything else; OSError for no file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    content = pa.BufferReader(source) if isinstance(source, bytes) else pa.OSFile(str(source))
    try:
        file = pq.ParquetFile(content)
        metadata = {key.decode(): value.decode() for key, value in (file.schema_arrow.metadata or {}).items()}
        if metadata["format"] != FORMAT:
            raise KeyError(metadata["format"])
        manifest = manifest_from_dict(json.loads(metadata["manifest"]))
        instrument = Instrument.model_validate_json(metadata["instrument"])
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as problem:
        raise DatasetDamaged("not_a_dataset", str(problem)) from problem
    if file.metadata.num_rows != manifest.rows:
        raise DatasetDamaged("rows", f"{file.metadata.num_rows} instead of {manifest.rows}")
    kinds = dict(zip(file.schema_arrow.names, file.schema_arrow.types, strict=True))
    if strange := [name for name in instrument.columns() if kinds.get(name) != pa.int8()]:
        raise DatasetDamaged("not_a_dataset", f"no column of codes for {', '.join(strange)}")
    if UNIT_COLUMN not in kinds:
        raise DatasetDamaged("not_a_dataset", "no column of units")
    return file, manifest, instrument


def batches(
    file: pq.ParquetFile, instrument: Instrument, row_groups: Sequence[int], rows: int
) -> Iterator[pa.RecordBatch]:
    """Units and answers, at most so many ``rows`` at once. Raises DatasetDamaged where the bytes cannot be read."""
    import pyarrow as pa

    columns = [UNIT_COLUMN, *instrument.columns()]
    try:
        yield from file.iter_batches(rows, row_groups=list(row_groups), columns=columns, use_threads=False)
    except (pa.ArrowException, OSError) as problem:
        raise DatasetDamaged("not_a_dataset", str(problem)) from problem


def places_of(units: pa.Array, manifest: Manifest) -> NDArray[np.int16]:
    """Of each row the position of its unit in the manifest. Raises DatasetDamaged for a unit that has none."""
    positions = {unit.code: position for position, unit in enumerate(manifest.units)}
    encoded = units.dictionary_encode()
    names = encoded.dictionary.to_pylist()
    if encoded.null_count or not set(names) <= positions.keys():
        raise DatasetDamaged("not_a_dataset", "rows of a unit that is not part of the survey")
    found: NDArray[np.int16] = np.array([positions[name] for name in names], np.int16)[_numbers(encoded.indices)]
    return found


def _numbers(array: pa.Array) -> NDArray[Any]:
    """Whole numbers as they lie in memory, anything where there is none: `to_numpy` would load pandas."""
    kind = np.dtype(str(array.type))
    if not len(array):
        return np.empty(0, kind)
    return np.frombuffer(array.buffers()[1], kind)[array.offset : array.offset + len(array)]


def _answers(array: pa.Array) -> NDArray[np.int8]:
    """Codes of one column, NOT_ANSWERED for null."""
    codes: NDArray[np.int8] = _numbers(array)
    if not array.null_count:
        return codes
    present = np.unpackbits(np.frombuffer(array.buffers()[0], np.uint8), bitorder="little")
    return np.where(present[array.offset : array.offset + len(array)], codes, np.int8(NOT_ANSWERED))


def read(data: bytes, texts: bytes | None = None) -> SealedDataset:
    """Raises DatasetDamaged for bytes that are no sealed dataset or texts that do not belong to it."""
    import pyarrow as pa

    file, manifest, instrument = opened(data)
    names = list(instrument.columns())
    codes = np.empty((len(names), manifest.rows), np.int8)
    try:
        for position, name in enumerate(names):  # one by one, so that the whole never lies there twice
            codes[position] = _answers(_column(file, name))
        units = places_of(_column(file, UNIT_COLUMN), manifest)
    except (pa.ArrowException, OSError) as problem:
        raise DatasetDamaged("not_a_dataset", str(problem)) from problem
    if texts is not None and hashlib.sha256(texts).hexdigest() != manifest.comments_sha256:
        raise DatasetDamaged("texts")
    return SealedDataset(
        instrument=instrument,
        manifest=manifest,
        codes=codes,
        units=units,
        texts=texts_read(texts),
        stored_sha256=hashlib.sha256(data).hexdigest(),
    )


def _column(file: pq.ParquetFile, name: str) -> pa.Array:
    """One column whole; `read_table` would load pyarrow.dataset and, with it, pandas."""
    return file.read([name], use_threads=False).column(0).combine_chunks()


def verify_sha256(data: bytes, expected: str) -> None:
    """Raises DatasetDamaged("hash") unless the Parquet bytes have this SHA-256."""
    if (found := hashlib.sha256(data).hexdigest()) != expected:
        raise DatasetDamaged("hash", f"{found} instead of {expected}")


def texts_written(texts: Texts) -> bytes:
    return _json({item: {unit: list(found) for unit, found in by_unit.items()} for item, by_unit in texts.items()})


def texts_read(data: bytes | None) -> Texts:
    if not data:
        return {}
    return {item: {unit: tuple(found) for unit, found in by_unit.items()} for item, by_unit in json.loads(data).items()}


def manifest_to_dict(manifest: Manifest) -> dict[str, Any]:
    fields = asdict(replace(manifest, rosters={}, context=replace(manifest.context, extra={})))
    fields["rosters"] = {unit: asdict(roster) for unit, roster in sorted(manifest.rosters.items())}
    fields["hidden_units"] = sorted(manifest.hidden_units)
    fields["context"]["extra"] = dict(manifest.context.extra)
    return fields


def manifest_from_dict(fields: Mapping[str, Any]) -> Manifest:
    """Raises KeyError or TypeError for fields that are no manifest."""
    return Manifest(
        **{
            **fields,
            "context": Context(**fields["context"]),
            "units": tuple(UnitNode(**unit) for unit in fields["units"]),
            "rosters": {unit: Roster(**roster) for unit, roster in fields["rosters"].items()},
            "hidden_units": frozenset(fields["hidden_units"]),
        }
    )


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
