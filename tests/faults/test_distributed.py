"""Counting on a cluster of real processes, one of which dies half-way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from distributed import Client

from analysis.distributed import partitions_of, tabulate_folder
from analysis.parquet import table_of
from analysis.tabulation import tabulate, total
from tests.unit.analysis import synthetic
from tests.unit.analysis.test_tables import all_counts

ROOT = Path(__file__).parents[2]
FILES = 6


@pytest.fixture(scope="module")
def surveys():
    return [synthetic.sealed(units={"A": 60, "B": 50}, seed=seed) for seed in range(FILES)]


@pytest.fixture
def folder(surveys, tmp_path):
    for number, data in enumerate(surveys):
        pq.write_table(table_of(data), tmp_path / f"part-{number}.parquet", row_group_size=10)
    return tmp_path


@pytest.fixture
def cluster(tmp_path_factory) -> Iterator[tuple[Client, list[subprocess.Popen[bytes]]]]:
    """A scheduler and two workers, each a process of its own on this machine, and a client."""
    place = tmp_path_factory.mktemp("cluster")
    scheduler_file = place / "scheduler.json"
    usual = {"cwd": place, "env": {**os.environ, "PYTHONPATH": str(ROOT)}, "stderr": subprocess.DEVNULL}

    def start(command: str, *more: str) -> subprocess.Popen[bytes]:
        call = [sys.executable, "-m", "dask", command, "--scheduler-file", str(scheduler_file), *more]
        return subprocess.Popen([*call, "--no-dashboard"], **usual)

    worker = ("--nworkers", "1", "--nthreads", "1", "--no-nanny", "--host", "127.0.0.1")
    processes = [
        start("scheduler", "--host", "127.0.0.1", "--port", "0"),
        start("worker", *worker),
        start("worker", *worker),
    ]
    try:
        with Client(scheduler_file=str(scheduler_file), timeout=60) as client:
            client.wait_for_workers(2, timeout=60)
            yield client, processes[1:]
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_a_worker_that_dies_half_way_changes_not_one_bit(cluster, folder, surveys):
    client, workers = cluster
    killed = []

    def kill_one(done: int, partitions: int) -> None:
        if not killed and 2 * done >= partitions:
            os.kill(workers[0].pid, signal.SIGKILL)
            killed.append((done, partitions))

    found = all_counts(tabulate_folder(folder, client, progress=kill_one))
    assert killed
    assert killed[0][0] < killed[0][1]
    expected = all_counts(total(tabulate(data) for data in surveys))
    assert all((found[name] == counts).all() for name, counts in expected.items())


def test_a_folder_that_does_not_add_up_is_refused_before_any_work(folder, tmp_path_factory):
    (folder / "part-9.parquet").write_bytes(synthetic.sealed(40).to_parquet())
    with pytest.raises(ValueError, match=r"part-9\.parquet"):
        tabulate_folder(folder, "tcp://127.0.0.1:9")
    with pytest.raises(ValueError, match="no sealed dataset"):
        tabulate_folder(tmp_path_factory.mktemp("empty"), "tcp://127.0.0.1:9")


def test_workers_are_told_where_the_files_are_whatever_folder_they_stand_in(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    found = partitions_of(Path(folder.name))
    assert {Path(partition.path).parent for partition in found} == {folder}
    assert all(Path(partition.path).is_absolute() for partition in found)


def test_without_the_extra_it_says_how_to_install_it(folder):
    told = """
import sys
from pathlib import Path

sys.modules["distributed"] = None
from analysis.distributed import partitions_of, tabulate_folder

tabulate_folder(Path(sys.argv[1]), "tcp://127.0.0.1:9")
"""
    call = [sys.executable, "-c", told, str(folder)]
    found = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "pip install 'branch-survey[cluster]'" in found.stderr
