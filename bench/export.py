"""What exports cost: CPU seconds, cells per CPU second and peak memory of each format of single answers.

    python bench/export.py [--rows 100000] [--columns 45] [--only IDENTIFIER] [--json FILE]

Every format is made in an interpreter of its own that opens the sealed dataset and hands the pieces of the file to the
disk; the figures that go with it are reckoned before. Peak memory is that of this whole process; time is the
processor's, from the first piece asked for to the last one written. Simulated answers on five levels of people who
differ, 3 % missing. The last line is the evidence package of a branch of the sample organisation, with its answers.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: waiting threads would be counted as work

import argparse
import json
import pickle
import resource
import subprocess
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

MISSING = 0.03
GROUPS = 20
SEALED, REPORT = "sealed.parquet", "report.pickle"
MEGABYTES = {"rows-workbook": 150}
"""Format -> bar."""
CELLS_PER_SECOND = {"csv": 1_000_000}
PREPARE, PACKAGE = "prepare", "package"
PACKAGE_SECONDS = 10


def questionnaire(columns: int) -> Any:
    from instruments.model import Instrument

    def text(word: str) -> dict[str, str]:
        return {"zh_Hans": word, "en": word}

    levels = [{"code": code, "label": text(f"第{code}级")} for code in range(1, 6)]
    asked = [
        {"code": f"i{k}", "text": text(f"题{k}"), "short": text(f"题{k}"), "scale": "five", "dimension": f"d{k % 9}"}
        for k in range(columns - 1)
    ]
    asked.append({"code": "overall", "text": text("总体"), "scale": "five", "role": "overall"})
    return Instrument.model_validate(
        {
            "schema": 1,
            "code": "bench",
            "title": text("bench"),
            "audience": "member",
            "scales": {"five": {"levels": levels, "satisfied": (4, 5)}},
            "dimensions": [{"code": f"d{k}", "title": text(f"d{k}")} for k in range(9)],
            "sections": [{"code": "one", "title": text("one"), "items": asked}],
        }
    )


def write_sealed(rows: int, columns: int, folder: Path) -> None:
    """A sealed dataset of so many rows as a file."""
    import numpy as np

    from analysis.dataset import Manifest, SealedDataset, UnitNode
    from analysis.types import Context, Roster

    rng = np.random.default_rng(1)
    general = rng.standard_normal(rows, np.float32)
    codes = np.empty((columns, rows), np.int8)
    for column in codes:
        latent = np.float32(0.7) * general + np.float32(0.714) * rng.standard_normal(rows, np.float32)
        column[:] = 1 + np.searchsorted(np.array([-1.6, -0.9, -0.2, 0.8], np.float32), latent)
        column[rng.random(rows, np.float32) < MISSING] = -128
    names = [f"g{k}" for k in range(GROUPS)]
    units = rng.integers(1, GROUPS + 1, rows).astype(np.int16)
    valid = np.bincount(units, minlength=GROUPS + 1)[1:].tolist()
    manifest = Manifest(
        survey="bench",
        title="bench",
        context=Context(year=2026, month=12),
        units=(UnitNode("root", "root"), *(UnitNode(name, name, "root") for name in names)),
        rosters={name: Roster(n + n // 8, n + n // 8, n, n) for name, n in zip(names, valid, strict=True)},
        instrument_sha256="0" * 64,
        rows=rows,
    )
    (folder / SEALED).write_bytes(SealedDataset(questionnaire(columns), manifest, codes, units).to_parquet())


def write_report(folder: Path) -> None:
    """The result, which the service has reckoned before anybody can ask for a file of it."""
    from analysis.dataset import SealedDataset
    from analysis.disclosure import suppress
    from analysis.report import annual_result
    from analysis.types import Rules

    dataset = SealedDataset.from_parquet((folder / SEALED).read_bytes())
    (folder / REPORT).write_bytes(pickle.dumps(suppress(annual_result(dataset, (), None, (), Rules()))))


def material(folder: Path) -> Any:
    from analysis.dataset import SealedDataset
    from survey_app.exports import Material

    dataset = SealedDataset.from_parquet((folder / SEALED).read_bytes())
    return Material(pickle.loads((folder / REPORT).read_bytes()), dataset.instrument, rows=dataset)


def processor_seconds() -> float:
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, kinds))


def measured(made: Iterable[bytes], folder: Path) -> dict[str, float]:
    started = processor_seconds()
    with (folder / "out").open("wb") as file:
        for piece in made:
            file.write(piece)
    spent = processor_seconds() - started
    return {
        "cpu_seconds": spent,
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "megabytes_of_file": (folder / "out").stat().st_size / 1e6,
    }


def measure_format(identifier: str, folder: Path) -> dict[str, float]:
    from survey_app.exports import ExportContext, exporter

    chosen = exporter(identifier)
    assert chosen is not None
    return measured(chosen.produce(material(folder), ExportContext("zh_Hans", date(2026, 12, 31))), folder)


def measure_package(folder: Path) -> dict[str, float]:
    """The newest package of the first branch of the sample organisation that has one, with its sealed data."""
    from sqlalchemy import select

    from survey_app import create_app
    from survey_app.dossier.package import annual_surveys, build_package
    from survey_app.extensions import db
    from survey_app.models import Unit, UnitLevel
    from survey_app.services.results import result_surveys

    command = [sys.executable, "-c", "from survey_app.cli import main; main()"]
    instance = {**os.environ, "BRANCH_SURVEY_INSTANCE": str(folder / "instance")}
    for act in (["init"], ["demo"]):
        subprocess.run([*command, *act], check=True, stdout=subprocess.DEVNULL, cwd=ROOT, env=instance)
    app = create_app({"INSTANCE": instance["BRANCH_SURVEY_INSTANCE"]})
    with app.app_context():
        branches = db.session.scalars(select(Unit).where(Unit.level == UnitLevel.BRANCH).order_by(Unit.code))
        found = ((unit, survey.year) for unit in branches for survey in result_surveys(db.session, unit))
        unit, year = next((unit, year) for unit, year in found if annual_surveys(db.session, unit, year))
        secret = app.config["INSTALLATION_SECRET"]

        def pieces() -> Iterable[bytes]:
            yield build_package(db.session, unit, year, secret=secret, with_rows=True).content

        return measured(pieces(), folder)


def row_formats() -> list[str]:
    from survey_app.exports import registry

    return [one.identifier for one in registry() if one.takes_rows]


def inside(what: str, folder: Path, given: argparse.Namespace) -> str:
    """Runs one part in a fresh interpreter; what it printed."""
    sizes = ["--rows", str(given.rows), "--columns", str(given.columns)]
    call = [sys.executable, __file__, "--inside", what, "--folder", str(folder), *sizes]
    return subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True).stdout


def verdict(name: str, cost: dict[str, float]) -> str:
    bars = (
        cost["peak_megabytes"] <= MEGABYTES.get(name, float("inf")),
        cost.get("cells_per_cpu_second", float("inf")) >= CELLS_PER_SECOND.get(name, 0),
        name != PACKAGE or cost["cpu_seconds"] <= PACKAGE_SECONDS,
    )
    return "within" if all(bars) else "OVER"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--columns", type=int, default=45)
    parser.add_argument("--only", action="append", help="identifier of one format; may be repeated")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        if given.inside == PREPARE:
            write_sealed(given.rows, given.columns, given.folder)
            write_report(given.folder)
        else:
            name, folder = given.inside, given.folder
            print(json.dumps(measure_package(folder) if name == PACKAGE else measure_format(name, folder)))
        return
    names, costs = given.only or [*row_formats(), PACKAGE], {}
    with TemporaryDirectory() as place:
        folder = Path(place)
        if set(names) != {PACKAGE}:
            inside(PREPARE, folder, given)
        print(f"{given.rows:,} rows x {given.columns} columns")
        print(f"{'':16}{'CPU s':>8}{'cells/CPU s':>14}{'peak MB':>9}{'file MB':>9}")
        for name in names:
            cost = json.loads(inside(name, folder, given))
            costs[name] = cost
            cells = "-"
            if name != PACKAGE:
                cost["cells_per_cpu_second"] = given.rows * given.columns / cost["cpu_seconds"]
                cells = f"{cost['cells_per_cpu_second']:,.0f}"
            print(
                f"{name:16}{cost['cpu_seconds']:8.2f}{cells:>14}"
                f"{cost['peak_megabytes']:9.0f}{cost['megabytes_of_file']:9.1f}  {verdict(name, cost)}"
            )
    if given.json:
        given.json.write_text(json.dumps(costs, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
