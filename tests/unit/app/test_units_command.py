"""`branch-survey units import` and `export`, as a person or a script would call them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session

from survey_app.cli import main
from survey_app.database import build_engine
from tests.district import found_district

TABLE = "code,name,level,parent,member\nnorth,北区支部,branch,organs,12\neducation,教育党支部,,,\n"


@pytest.fixture
def run(tmp_path, monkeypatch, clock):
    """Commands on an installation with the district in it."""
    folder = tmp_path / "instance"
    monkeypatch.setenv("BRANCH_SURVEY_INSTANCE", str(folder))

    def run(*arguments: object, language: str = "en"):
        return CliRunner().invoke(main, ["--lang", language, *map(str, arguments)])

    run("init")
    with Session(build_engine(f"sqlite:///{folder / 'branch-survey.sqlite3'}")) as session:
        found_district(session, clock)
        session.commit()
    return run


@pytest.fixture
def table(tmp_path) -> Path:
    path = tmp_path / "units.csv"
    path.write_text(TABLE.replace("member", "reference_day,member").replace("organs,12", "organs,2026-11-30,12"))
    return path


def codes(run, tmp_path) -> list[str]:
    run("units", "export", tmp_path / "now.csv", "--force")
    return [line.split(",")[0] for line in (tmp_path / "now.csv").read_text("utf-8-sig").splitlines()[1:]]


def test_a_dry_run_says_what_would_happen_and_stores_nothing(run, table, tmp_path):
    before = codes(run, tmp_path)
    result = run("units", "import", table, "--year", 2026, "--dry-run")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        "added: north 北区支部",
        "numbers: north 2026 member - → 12, 2026-11-30",
        "changed: education (name Education → 教育党支部)",
        "Units: 1 added, 1 changed, 0 left as they are.",
        "Numbers: 1 added, 0 changed, 0 left as they are.",
        "Nothing was stored (dry run).",
    ]
    assert codes(run, tmp_path) == before


def test_a_script_gets_the_same_as_json(run, table, tmp_path):
    facts = json.loads(run("units", "import", table, "--year", 2026, "--json").stdout)
    assert facts["units"] == {"added": 1, "changed": 1, "left": 0}
    before = {"name": "Education"}
    assert facts["changes"][1] == {"code": "education", "row": 3, "fate": "changed", "before": before, "numbers": []}
    assert facts["stored"] is True
    assert "north" in codes(run, tmp_path)


def test_every_fault_is_a_line_with_its_row_and_the_status_is_1(run, table, tmp_path):
    table.write_text(TABLE.replace("organs", "nowhere"))
    result = run("units", "import", table)
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "row 2: The year that these numbers belong to is missing.",
        "row 2, parent: There is no unit “nowhere” of yours, neither here nor in the file.",
    ]
    failed = json.loads(run("units", "import", table, "--json").stdout)["failed"]
    assert failed == result.stderr.splitlines()
    assert "north" not in codes(run, tmp_path)


@pytest.mark.parametrize("name", ["units.csv", "units.xlsx"])
@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_what_was_exported_changes_nothing_when_it_comes_back(run, tmp_path, name, language):
    file = tmp_path / name
    assert "7" in run("units", "export", file, language=language).stdout
    facts = json.loads(run("units", "import", file, "--json").stdout)
    assert facts["units"] == {"added": 0, "changed": 0, "left": 7}
    assert facts["numbers"]["added"] == facts["numbers"]["changed"] == 0
    assert run("units", "export", file).exit_code == 1  # not over an existing file


def test_a_misspelled_act_is_told(run):
    result = run("units", "exprot", "x.csv")
    assert result.exit_code == 2
    assert "exprot" in result.stderr
