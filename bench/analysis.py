"""What the analysis engine costs: CPU seconds and peak memory of each promise, measured on the spot.

    python bench/analysis.py [--rows 10000000] [--only NAME] [--json FILE]

Every line runs in an interpreter of its own, so that its peak memory is its own; time is the processor's (user and
system, children and threads included), data are made before the clock starts. Simulated five-point answers of people
who differ, 3 % missing.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: waiting threads would be counted as work

import argparse
import hashlib
import json
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np

MISSING = 0.03
BATCH = 500_000
FILE = "answers.parquet"


@dataclass(frozen=True, slots=True)
class Line:
    """One promise: what is done, its bar in CPU seconds, its bar in megabytes (None: none)."""

    what: str
    seconds: float
    megabytes: int | None
    run: Callable[[int, Path], Callable[[], Any]]
    """Makes the data, gives what is timed."""


@dataclass(frozen=True, slots=True)
class Cost:
    name: str
    what: str
    cpu_seconds: float
    bar_seconds: float
    peak_megabytes: float
    bar_megabytes: int | None
    verdict: str


def questionnaire(items: int = 40, dimensions: int = 8) -> Any:
    from instruments.model import Instrument

    def text(word: str) -> dict[str, str]:
        return {"zh_Hans": word, "en": word}

    levels = [{"code": code, "label": text(f"level {code}")} for code in range(1, 6)]
    asked = [
        {
            "code": f"i{k}",
            "text": text(f"i{k}"),
            "short": text(f"i{k}"),
            "scale": "five",
            "dimension": f"d{k * dimensions // items}",
        }
        for k in range(items - 1)
    ]
    asked.append({"code": "overall", "text": text("overall"), "scale": "five", "role": "overall"})
    return Instrument.model_validate(
        {
            "schema": 1,
            "code": "bench",
            "title": text("bench"),
            "audience": "member",
            "scales": {"five": {"levels": levels, "satisfied": (4, 5)}},
            "dimensions": [{"code": f"d{k}", "title": text(f"d{k}")} for k in range(dimensions)],
            "sections": [{"code": "one", "title": text("one"), "items": asked}],
        }
    )


def answers(rows: int, items: int, seed: int) -> np.ndarray:
    """Items x rows of codes 1 to 5, -128 where missing, all loading .7 on one factor."""
    rng = np.random.default_rng(seed)
    general = rng.standard_normal(rows, np.float32)
    codes = np.empty((items, rows), np.int8)
    for item in range(items):
        latent = np.float32(0.7) * general + np.float32(0.714) * rng.standard_normal(rows, np.float32)
        codes[item] = 1 + np.searchsorted(np.array([-1.6, -0.9, -0.2, 0.8], np.float32), latent)
        codes[item, rng.random(rows, np.float32) < MISSING] = -128
    return codes


def as_array(rows: int, items: int, seed: int = 1) -> np.ndarray:
    codes = answers(rows, items, seed).T.astype(float)
    codes[codes < 0] = np.nan
    return codes


def dataset(rows: int, *, groups: int = 20, year: int = 2026, seed: int = 1) -> Any:
    from analysis.dataset import Manifest, SealedDataset, UnitNode
    from analysis.types import Context, Roster

    instrument = questionnaire()
    names = [f"g{k}" for k in range(groups)]
    units = np.random.default_rng(seed + 1000).integers(1, groups + 1, rows).astype(np.int16)
    valid = np.bincount(units, minlength=groups + 1)[1:].tolist()
    manifest = Manifest(
        survey=f"bench-{year}",
        title="bench",
        context=Context(year=year, month=12),
        units=(UnitNode("root", "root"), *(UnitNode(name, name, "root") for name in names)),
        rosters={name: Roster(n + n // 8, n + n // 8, n, n) for name, n in zip(names, valid, strict=True)},
        instrument_sha256="0" * 64,
        rows=rows,
    )
    return SealedDataset(instrument, manifest, answers(rows, 40, seed), units)


def write_answers(rows: int, folder: Path) -> None:
    """A sealed dataset of so many rows as a file, made batch by batch; the manifest of the first speaks for all."""
    import pyarrow.parquet as pq

    from analysis.parquet import WRITTEN_AS, table_of

    batches = [(number, min(BATCH, rows - start)) for number, start in enumerate(range(0, rows, BATCH), 1)]
    first = dataset(batches[0][1])
    manifest = replace(first.manifest, rows=rows)
    schema = table_of(replace(first, manifest=manifest, whole=None)).schema
    with pq.ParquetWriter(folder / FILE, schema, **WRITTEN_AS) as writer:
        for number, size in batches:
            part = replace(dataset(size, seed=number), manifest=manifest, whole=None)
            writer.write_table(table_of(part).replace_schema_metadata(schema.metadata))


def count_file(rows: int, folder: Path, **how: Any) -> Callable[[], Any]:
    from analysis.streaming import tabulate_parquet

    return lambda: tabulate_parquet(folder / FILE, **how)


def alpha(rows: int, folder: Path) -> Callable[[], Any]:
    from analysis.reliability import cronbach_alpha

    x = as_array(100_000, 30)
    return lambda: cronbach_alpha(x)


def polychorics(rows: int, folder: Path) -> Callable[[], Any]:
    from analysis.polychoric import polychoric

    x = as_array(100_000, 30)
    return lambda: polychoric(x)


def mann_whitney(rows: int, folder: Path) -> Callable[[], Any]:
    from analysis.comparison import compare

    earlier, later = as_array(100_000, 40), as_array(100_000, 40, seed=2)
    return lambda: compare(earlier, later, levels=(1, 2, 3, 4, 5))


def from_tables(people: int) -> Callable[[int, Path], Callable[[], Any]]:
    def prepared(rows: int, folder: Path) -> Callable[[], Any]:
        from analysis.counted import counted
        from analysis.disclosure import suppress
        from analysis.report import result_of
        from analysis.types import Measure, Objective, Rules

        years = [counted(dataset(people, year=year, seed=year)) for year in (2025, 2026)]
        objectives = (
            Objective("Q1", "overall", Measure.OVERALL, None, "0.80"),
            Objective("Q2", "dimension", Measure.DIMENSION, "d1", "0.70"),
        )
        return lambda: suppress(result_of(years[1], years[:1], None, objectives, Rules()))

    return prepared


def importing(rows: int, folder: Path) -> Callable[[], Any]:
    return lambda: subprocess.run([sys.executable, "-c", "import analysis"], check=True, cwd=ROOT)


LINES: dict[str, Line] = {
    "tabulate": Line("all item pairs of the Parquet file", 15, 600, count_file),
    "tabulate-100": Line(
        "the same in a hundred chunks",
        15,
        600,
        lambda rows, folder: count_file(rows, folder, chunk_rows=max(rows // 100, 1)),
    ),
    "tabulate-2": Line(
        "the same in two processes", 15, 600, lambda rows, folder: count_file(rows, folder, processes=2)
    ),
    "alpha": Line("alpha with all item statistics, 100,000 x 30", 0.05, None, alpha),
    "polychoric": Line("polychoric correlations, 30 x 30 of 100,000", 1.5, None, polychorics),
    "mann-whitney": Line("40 items, 2 x 100,000, every test of `compare`", 0.2, None, mann_whitney),
    "report": Line(
        "Tables to Report: 40 items, 8 dimensions, 20 groups, 2 years, 20,000 people", 3, None, from_tables(20_000)
    ),
    "report-large": Line("the same with 400,000 people", 3, None, from_tables(400_000)),
    "import": Line("import analysis, in a fresh interpreter", 0.4, None, importing),
}
NEEDS_FILE = ("tabulate", "tabulate-100", "tabulate-2")


def processor_seconds() -> float:
    return sum(
        used.ru_utime + used.ru_stime
        for used in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def peak_megabytes() -> float:
    """The largest resident size of this process, or of a child if that was larger."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(kind).ru_maxrss for kind in kinds) / 1024


def measure(name: str, rows: int, folder: Path) -> dict[str, Any]:
    """In this process: data, clock, work. Counts of a file are summed up in a digest, to be compared."""
    work = LINES[name].run(rows, folder)
    started = processor_seconds()
    found = work()
    spent = processor_seconds() - started
    return {
        "cpu_seconds": spent,
        "peak_megabytes": peak_megabytes(),
        "digest": digest(found) if name in NEEDS_FILE else "",
    }


def digest(tables: Any) -> str:
    def parts(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            yield value.tobytes()
        elif isinstance(value, dict):
            for key in sorted(value):
                yield from parts(value[key])
        elif is_dataclass(value):
            for field in fields(value):
                yield from parts(getattr(value, field.name))

    return hashlib.sha256(b"".join(parts(tables))).hexdigest()


def inside(name: str, rows: int, folder: Path) -> str:
    """Runs one line in a fresh interpreter; what it printed."""
    call = [sys.executable, __file__, "--inside", name, "--rows", str(rows), "--folder", str(folder)]
    return subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True).stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows of the Parquet file")
    parser.add_argument("--only", choices=LINES, action="append", help="one line; may be repeated")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    parser.add_argument("--inside", choices=[*LINES, "make"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        if given.inside == "make":
            write_answers(given.rows, given.folder)
        else:
            print(json.dumps(measure(given.inside, given.rows, given.folder)))
        return
    names = given.only or list(LINES)
    with TemporaryDirectory() as place:
        folder = Path(place)
        if set(names) & set(NEEDS_FILE):
            print(f"making {given.rows:,} x 40 answers …", file=sys.stderr)
            inside("make", given.rows, folder)
        costs, digests = [], set()
        print(f"{'':14}{'CPU s':>8}{'bar':>7}{'MB':>8}{'bar':>6}")
        for name in names:
            found, line = json.loads(inside(name, given.rows, folder)), LINES[name]
            fits = found["cpu_seconds"] <= line.seconds and found["peak_megabytes"] <= (line.megabytes or float("inf"))
            cost = Cost(
                name,
                line.what,
                found["cpu_seconds"],
                line.seconds,
                found["peak_megabytes"],
                line.megabytes,
                "within" if fits else "OVER",
            )
            costs.append(cost)
            digests |= {found["digest"]} - {""}
            time, memory = (
                f"{cost.cpu_seconds:8.3f}{line.seconds:7.2f}",
                f"{cost.peak_megabytes:8.0f}{line.megabytes or '-':>6}",
            )
            print(f"{name:14}{time}{memory}  {cost.verdict:7}{line.what}")
        if digests:
            print("counts of all chunkings and processes are the same bits" if len(digests) == 1 else "COUNTS DIFFER")
    if given.json:
        given.json.write_text(json.dumps([asdict(cost) for cost in costs], indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
