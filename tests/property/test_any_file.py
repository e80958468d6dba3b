"""Whatever file a command is given: it does its work, or says what is wrong with the file; it never breaks.

Good files a little damaged, and files that are something else. Each run takes the same; `ANY_INPUT_MINUTES` and
`ANY_INPUT_SEED` are those of test_any_input.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session

from instruments.exporters.xlsform import write_xlsform
from instruments.loader import load
from survey_app import services
from survey_app.backup.writing import write_backup
from survey_app.cli import main
from survey_app.clock import SetClock
from survey_app.database import build_engine
from survey_app.models import Dataset
from tests.answering import answer_all, count_and_seal
from tests.databases import copy_database
from tests.district import found_district
from tests.property.hostile_input import NO_FILES, File, damaged
from tests.property.test_any_input import MINUTES, SEED
from tests.property.test_package_tampering import PACKAGE
from tests.unit.app.small_questionnaire import CONTENT

MOMENT = datetime(2026, 11, 2, 9, tzinfo=UTC)
DATA = Path(__file__).parents[1] / "data"
UNITS = "code,name,level,kind,parent,year,reference_day,member\nnorth,北区支部,branch,organ,organs,2026,2026-11-30,12\n"
COMMANDS: dict[str, tuple[str, ...]] = {
    "units": ("units", "import", "FILE", "--dry-run"),
    "units of a year": ("units", "import", "FILE", "--year", "2026"),
    "questionnaire": ("questionnaire", "check", "FILE"),
    "import": ("questionnaire", "import", "FILE", "--out", "OUT", "--force"),
    "restore": ("restore", "FILE", "--without-boxes"),
    "passphrases": ("restore", "BACKUP", "--passphrases-from", "FILE"),
    "verify": ("verify", "FILE"),
    "report": ("verify", "DATASET", "--report", "FILE"),
    "analyse": ("analyse", "FILE", "--instrument", "QUESTIONNAIRE"),
    "analyse alone": ("analyse", "FILE"),
    "map": ("analyse", "ANSWERS", "--instrument", "QUESTIONNAIRE", "--map", "FILE"),
    "answers": ("history", "import", "FILE", "--instrument", "small", "--unit", "education", "--year", "2020"),
    "audit": ("audit", "verify", "--backup", "FILE"),
}


@pytest.fixture(scope="module")
def home(migrated_file, tmp_path_factory, quick_keys) -> Path:
    """A folder with an installation, an empty one, and a good file of every kind."""
    folder = tmp_path_factory.mktemp("any-file")
    clock, secret, rng = SetClock(MOMENT), bytes(range(32)), Random(3)
    for name in ("instance", "empty"):
        (folder / name).mkdir()
        copy_database(migrated_file, folder / name / "branch-survey.sqlite3")
        (folder / name / "installation-secret").write_text(secret.hex())
        (folder / name / "session-key").write_text("for tests")
    good = folder / "good"
    good.mkdir()
    engine = build_engine(f"sqlite:///{folder / 'instance' / 'branch-survey.sqlite3'}")
    with Session(engine, expire_on_commit=False) as session:
        district = found_district(session, clock)
        opened = services.open_survey(
            session, district.draft("education"), by=services.COMMAND_LINE, clock=clock, secret=secret
        )
        answer_all(session, opened, "education", [CONTENT] * 12, secret=secret)
        services.close_survey(session, opened.survey, by=services.COMMAND_LINE, clock=clock)
        count_and_seal(session, opened.survey, opened.passphrases, clock=clock, secret=secret, rng=rng)
        services.open_survey(
            session, district.draft("waterworks"), by=services.COMMAND_LINE, clock=clock, secret=secret
        )
        session.commit()
        (good / "sealed.parquet").write_bytes(session.get_one(Dataset, opened.survey.id).parquet)
    write_backup(engine, good / "backup.zip", secret=secret, clock=clock)
    engine.dispose()
    (good / "package.zip").write_bytes(PACKAGE)
    (good / "units.csv").write_text(UNITS, encoding="utf-8")
    for name in ("satisfaction.yaml", "satisfaction.csv", "mobi.csv"):
        (good / name).write_bytes((DATA / name).read_bytes())
    (good / "map.yaml").write_text("q1: meetings\n", encoding="utf-8")
    (good / "form.xlsx").write_bytes(write_xlsform(load((DATA / "satisfaction.yaml").read_bytes())).content)
    return folder


def problem_with(home: Path, name: str, file: File) -> str:
    """What is wrong with how a command ended; empty where it did its work or said what it cannot do."""
    given = home / ("given" + (Path(file.name).suffix or ".csv"))
    given.write_bytes(file.content)
    good = home / "good"
    places = {
        "FILE": given, "OUT": home / "out.yaml", "BACKUP": good / "backup.zip", "DATASET": good / "sealed.parquet",
        "QUESTIONNAIRE": good / "satisfaction.yaml", "ANSWERS": good / "satisfaction.csv",
    }  # fmt: skip
    arguments = [str(places.get(word, word)) for word in COMMANDS[name]]
    result = CliRunner().invoke(main, ["--lang", "en", *arguments])
    if result.exit_code == 0 and result.exception is None:
        return ""
    if not isinstance(result.exception, SystemExit):
        return f"{name}: {type(result.exception).__name__} {result.exception} {file}"[:1500]
    if result.exit_code not in (1, 2) or not result.stderr.strip() or "Traceback" in result.output:
        return f"{name}: {result.exit_code} {result.output[:500]} {file}"[:1500]
    return ""


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_what_is_wrong_with_a_file_and_never_breaks(home, name, monkeypatch):
    monkeypatch.setenv("BRANCH_SURVEY_INSTANCE", str(home / ("empty" if "restore" in COMMANDS[name] else "instance")))
    files = [*NO_FILES, *(File(path.name, path.read_bytes()) for path in sorted((home / "good").iterdir()))]
    problems: dict[str, str] = {}
    number, until = 0, time.monotonic() + 60 * MINUTES
    while number < OFTEN or time.monotonic() < until:
        rng = Random(f"{SEED} {name} {number}")
        problem = problem_with(home, name, damaged(rng.choice(files), rng))
        number += 1
        if problem:
            problems.setdefault(problem[:100], problem)
    assert not problems, "\n\n".join(problems.values())


OFTEN = 25
