"""Parquet -> Tables without ever holding the whole survey: chunk by chunk, in one process or several."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.counted import Counted
from analysis.dataset import NOT_ANSWERED, Codes, Manifest
from analysis.parquet import UNIT_COLUMN, batches, opened, places_of
from analysis.tables import Tables
from analysis.tabulation import CHUNK_ROWS, count, total
from instruments.model import Instrument

if TYPE_CHECKING:
    import pyarrow as pa

Progress = Callable[[int, int], None]
READ_ROWS = 65_536
"""Decoded at once: what is read stays in the processor's cache until it is copied."""
_HASHED_AT_ONCE = 1 << 20


def tabulate_parquet(
    path: Path, *, chunk_rows: int = CHUNK_ROWS, processes: int = 1, progress: Progress | None = None
) -> Tables:
    """Counts per reporting unit of a sealed dataset in a file (`SealedDataset.to_parquet`).

    The counts are the same bits for any ``chunk_rows`` and any number of ``processes``, which share the row groups of
    the file. ``progress`` is told how many rows of how many are counted.

    Raises: DatasetDamaged for a file that is no sealed dataset; OSError.
    """
    file, manifest, _ = opened(path)
    row_groups = range(file.num_row_groups)
    sizes = [file.metadata.row_group(group).num_rows for group in row_groups]
    done = 0

    def told(rows: int) -> None:
        nonlocal done
        done += rows
        if progress is not None:
            progress(done, manifest.rows)

    if processes == 1 or len(sizes) < 2:
        return total(_watched(count_row_groups(path, row_groups, chunk_rows), told))
    shares = [list(row_groups)[start::processes] for start in range(min(processes, len(sizes)))]
    with ProcessPoolExecutor(len(shares), get_context("spawn")) as pool:
        parts = pool.map(_count_share, [path] * len(shares), shares, [chunk_rows] * len(shares))
        return total(_watched(parts, told))


def counted_file(path: Path, *, progress: Progress | None = None) -> Counted:
    """A sealed dataset in a file, counted; without its texts. Raises: DatasetDamaged, OSError."""
    _, manifest, _ = opened(path)
    tables = tabulate_parquet(path, progress=progress)
    return Counted(tables, manifest, manifest.root, sha256_of(path), {})


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_HASHED_AT_ONCE):
            digest.update(block)
    return digest.hexdigest()


def count_row_groups(path: Path, row_groups: Sequence[int], chunk_rows: int = CHUNK_ROWS) -> Iterator[Tables]:
    """Tables of each chunk of some row groups of a sealed dataset in a file; at least one."""
    file, manifest, instrument = opened(path)
    names = [unit.code for unit in manifest.units]
    rows = sum(file.metadata.row_group(group).num_rows for group in row_groups)
    chunk = _Chunk.of(instrument, manifest, min(rows, chunk_rows))
    for batch in batches(file, instrument, row_groups, min(READ_ROWS, chunk_rows)):
        if chunk.filled + batch.num_rows > chunk.units.size:
            yield count(instrument, *chunk.taken(), names)
        chunk.add(batch)
    yield count(instrument, *chunk.taken(), names)


@dataclass(eq=False, slots=True)
class _Chunk:
    """Rows on their way from the file to the count: memory that is taken once and filled again and again."""

    columns: tuple[str, ...]
    manifest: Manifest
    codes: Codes
    units: NDArray[np.int16]
    filled: int = 0

    @classmethod
    def of(cls, instrument: Instrument, manifest: Manifest, rows: int) -> _Chunk:
        columns = tuple(instrument.columns())
        return cls(columns, manifest, np.empty((len(columns), rows), np.int8), np.empty(rows, np.int16))

    def add(self, batch: pa.RecordBatch) -> None:
        rows = slice(self.filled, self.filled + batch.num_rows)
        for position, name in enumerate(self.columns):
            column = batch.column(name)
            filled = column.fill_null(NOT_ANSWERED) if column.null_count else column
            self.codes[position, rows] = filled.to_numpy(zero_copy_only=False)
        self.units[rows] = places_of(batch.column(UNIT_COLUMN), self.manifest)
        self.filled = rows.stop

    def taken(self) -> tuple[Codes, NDArray[np.int16]]:
        """What there is; the next batch overwrites it."""
        rows, self.filled = self.filled, 0
        return self.codes[:, :rows], self.units[:rows]


def _count_share(path: Path, row_groups: Sequence[int], chunk_rows: int) -> Tables:
    return total(count_row_groups(path, row_groups, chunk_rows))


def _watched(parts: Iterator[Tables], told: Callable[[int], None]) -> Iterator[Tables]:
    for part in parts:
        yield part
        told(int(part.people.sum()))
