"""The same tabulation on several machines: dask.distributed over a folder of sealed Parquet files they all can read.

A partition is some row groups of one file; what a worker makes of it is `streaming.count_row_groups`, so the counts are
the same bits as in one process. A worker that is lost is replaced by the others, which count its partitions again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.parquet import opened
from analysis.streaming import Progress, count_row_groups
from analysis.tables import Tables
from analysis.tabulation import total

if TYPE_CHECKING:
    from distributed import Client

ROW_GROUPS_A_PARTITION = 4
ADDED_AT_ONCE = 8
RETRIES = 5


class ClusterMissing(ImportError):  # noqa: N818 (named for what is wrong)
    """dask.distributed is not installed."""

    def __init__(self) -> None:
        super().__init__("counting on a cluster needs its extra: pip install 'branch-survey[cluster]'")


@dataclass(frozen=True, slots=True)
class Partition:
    path: str
    row_groups: tuple[int, ...]


def tabulate_folder(folder: Path, cluster: Client | str, *, progress: Progress | None = None) -> Tables:
    """Counts per reporting unit of all sealed datasets in a folder, which answer one questionnaire in the same units.

    ``cluster`` is a client, or the address of a scheduler. ``progress`` is told how many partitions of how many are
    counted. Raises: ClusterMissing; ValueError for a folder without datasets or with datasets that do not add up;
    DatasetDamaged.
    """
    partitions = partitions_of(folder)
    with _client(cluster) as client:
        from distributed import as_completed

        counted = client.map(count_partition, partitions, pure=False, retries=RETRIES)
        for done, _ in enumerate(as_completed(counted), 1):  # type: ignore[no-untyped-call]
            if progress is not None:
                progress(done, len(partitions))
        while len(counted) > 1:
            groups = [counted[start : start + ADDED_AT_ONCE] for start in range(0, len(counted), ADDED_AT_ONCE)]
            counted = client.map(total, groups, pure=False, retries=RETRIES)
        found: Tables = counted[0].result()
        return found


def partitions_of(folder: Path) -> list[Partition]:
    """Some row groups of one file each, in the order of the files' names."""
    found = []
    described = None
    for path in sorted(folder.resolve().glob("*.parquet")):
        file, manifest, instrument = opened(path)
        described = described or (instrument, manifest.units)
        if described != (instrument, manifest.units):
            raise ValueError(f"{path.name} answers another questionnaire, or in other units")
        row_groups = range(file.num_row_groups)
        found += [
            Partition(str(path), tuple(row_groups[start : start + ROW_GROUPS_A_PARTITION]))
            for start in range(0, max(len(row_groups), 1), ROW_GROUPS_A_PARTITION)
        ]
    if not found:
        raise ValueError(f"there is no sealed dataset in {folder}")
    return found


def count_partition(partition: Partition) -> Tables:
    return total(count_row_groups(Path(partition.path), partition.row_groups))


@contextmanager
def _client(cluster: Client | str) -> Iterator[Client]:
    """The client given, or one for the address, closed in the end."""
    try:
        from distributed import Client
    except ImportError as missing:
        raise ClusterMissing from missing
    if not isinstance(cluster, str):
        yield cluster
        return
    with Client(cluster) as client:  # type: ignore[no-untyped-call]
        yield client
