"""`branch-survey export`: every format by name, what earlier versions called them, single answers written down."""

from __future__ import annotations

import json
import shutil
import stat
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.cli import main
from survey_app.clock import SetClock
from survey_app.database import build_engine
from survey_app.exports import registry
from survey_app.models import AuditEntry
from tests.district import found_district

DATA = Path(__file__).parents[2] / "data"


def called(instance: Path, *arguments: object, language: str = "en") -> Result:
    return CliRunner().invoke(
        main, ["--lang", language, *map(str, arguments)], env={"BRANCH_SURVEY_INSTANCE": str(instance)}
    )


@pytest.fixture
def instance(tmp_path) -> Path:
    return tmp_path / "instance"


@pytest.fixture
def run(instance):
    return partial(called, instance)


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> tuple[Path, dict[str, object]]:
    """An installation, and the facts of a survey of 250 answers sealed in it."""
    folder = tmp_path_factory.mktemp("export") / "instance"
    assert called(folder, "init").exit_code == 0
    with Session(engine_of(folder)) as session:
        found_district(session, SetClock(datetime(2026, 12, 8, 12, tzinfo=UTC)))
        session.commit()
    imported = called(
        folder, "history", "import", DATA / "satisfaction.csv", "--instrument", DATA / "satisfaction.yaml",
        "--unit", "district", "--year", 2024, "--eligible", 400, "--json",
    )  # fmt: skip
    assert imported.exit_code == 0, imported.output
    return folder, json.loads(imported.stdout)


@pytest.fixture
def stored(finished, instance) -> dict[str, object]:
    """The facts, in an installation of one's own."""
    made, facts = finished
    shutil.copytree(made, instance)
    return facts


def engine_of(instance: Path):
    return build_engine(f"sqlite:///{instance / 'branch-survey.sqlite3'}")


def test_the_list_names_every_format_and_needs_no_survey(run):
    listed = json.loads(run("export", "--list", "--json").stdout)["formats"]
    offered = {one["format"]: one for one in listed}
    for one in registry():
        name = one.identifier if one.identifier != "parquet" else "rows-parquet"
        assert (offered[name]["ending"], offered[name]["rows"]) == (one.extension, one.takes_rows)
    assert list(offered)[-1] == "sealed"
    shown = run("export", "--list").stdout
    assert all(name in shown for name in offered)


@pytest.mark.parametrize("wanted", ["json", "rows-workbook", "rows-parquet"])
def test_what_is_told_of_a_file_is_so(run, stored, tmp_path, wanted):
    file = tmp_path / "file"
    result = run("export", stored["survey"], "--format", wanted, "--out", file, "--json")
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    assert facts["sha256"] == sha256(file.read_bytes()).hexdigest()
    assert facts["bytes"] == file.stat().st_size > 0


def test_the_words_of_earlier_versions_mean_what_they_meant(run, stored, tmp_path):
    book, sealed = tmp_path / "a.xlsx", tmp_path / "a.parquet"
    assert run("export", stored["survey"], "--format", "xlsx", "-o", book).exit_code == 0
    assert book.read_bytes()[:2] == b"PK"
    assert run("export", stored["survey"], "--format", "parquet", "--output", sealed).exit_code == 0
    assert sha256(sealed.read_bytes()).hexdigest() == stored["sha256"]
    assert run("verify", sealed).exit_code == 0


def test_what_is_handed_out_is_written_down(run, stored, instance, tmp_path):
    for wanted in ("workbook", "csv", "sealed"):
        run("export", stored["survey"], "--format", wanted, "--out", tmp_path / wanted)
    with Session(engine_of(instance)) as session:
        acts = session.scalars(select(AuditEntry).where(AuditEntry.act.like("%.export")).order_by(AuditEntry.number))
        told = [(entry.act, entry.actor, entry.detail["format"]) for entry in acts]
    assert told == [
        ("result.export", "command line", "workbook"),
        ("rows.export", "command line", "csv"),
        ("rows.export", "command line", "sealed"),
    ]


def test_the_file_is_for_its_owner_and_comes_whole_or_not_at_all(run, stored, instance, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    assert run("export", stored["survey"], "--format", "csv", "--out", folder / "rows.csv").exit_code == 0
    assert stat.S_IMODE((folder / "rows.csv").stat().st_mode) == 0o600
    before = (folder / "rows.csv").read_bytes()
    with Session(engine_of(instance)) as session:
        session.connection().exec_driver_sql("update dataset set sha256 = 'another'")
        session.commit()
    failed = run("export", stored["survey"], "--format", "csv", "--out", folder / "rows.csv", "--force")
    assert failed.exit_code == 1
    assert "have been altered" in failed.stderr
    assert (folder / "rows.csv").read_bytes() == before
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("export",), "SURVEY is missing."),
        (("export", "x"), "--output is missing."),
        (("export", "x", "--format", "docm", "--out", "x.docm"), "--format: It is one of: workbook"),
    ],
)
def test_a_wrong_call_says_in_one_line_what_is_needed(run, arguments, said):
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert said in result.stderr


def test_the_list_speaks_the_readers_language(run):
    assert "工作簿" in run("export", "--list", language="zh_Hans").stdout
