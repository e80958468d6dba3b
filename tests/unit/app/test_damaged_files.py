"""A file of the database does not hold together: nothing is written over it, nothing taken from it, and it is said."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from survey_app.backup.moving import move
from survey_app.backup.writing import write_backup
from survey_app.cli import main
from survey_app.clock import system_clock
from survey_app.config import write_secrets
from survey_app.database import DamagedFile, build_engine, rewrite_boxes, store_files, try_to_rewrite_boxes
from survey_app.models import Ballot
from tests.databases import copy_database

PAGE = 4096
SAID = b"\x11" * 64
"""How an envelope ends that does not fit on one page."""
ONE = UUID(int=1)
FILES = ("main", "issue_box", "ballot_box", "roster_store")


@pytest.fixture
def folder(tmp_path: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation with one ballot in its box, and a backup of it."""
    for name in [name for name in os.environ if name.startswith("BRANCH_SURVEY_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "instance"
    monkeypatch.setenv("BRANCH_SURVEY_INSTANCE", str(folder))
    write_secrets(folder)
    copy_database(migrated_file, folder / "branch-survey.sqlite3")
    engine = build_engine(f"sqlite:///{folder / 'branch-survey.sqlite3'}")
    with Session(engine) as session:
        digest = bytes(range(32))
        session.add(Ballot(spent=digest, survey_id=ONE, group_id=ONE, receipt=digest, envelope=bytes(PAGE) + SAID))
        session.commit()
    engine.dispose()
    typed("backup", tmp_path / "kept.zip")
    return folder


@pytest.fixture
def engine(folder: Path):
    engine = build_engine(f"sqlite:///{folder / 'branch-survey.sqlite3'}")
    yield engine
    engine.dispose()


def file_of(folder: Path, schema: str) -> Path:
    path = folder / "branch-survey.sqlite3"
    return {"main": path, **store_files(path)}[schema]


def damage(path: Path) -> None:
    """A page in the middle holds what was never written; of the ballots the one with the end of an envelope.

    SQLite reads that end all the same, and would write it anew into a file that looks whole.
    """
    content = bytearray(path.read_bytes())
    place = content.find(SAID)
    start = (place if place >= 0 else len(content) // 2) // PAGE * PAGE
    content[start : start + PAGE] = b"\xa5" * PAGE
    path.write_bytes(content)


def typed(*words: object) -> Result:
    return CliRunner().invoke(main, ["--lang", "en", *map(str, words)])


@pytest.mark.parametrize("schema", FILES)
def test_nothing_is_written_over_a_damaged_file_and_nothing_taken_from_it(folder, engine, tmp_path, schema):
    path, kept = file_of(folder, schema), tmp_path / "kept.zip"
    damage(path)
    before = path.read_bytes(), kept.read_bytes()
    new = f"sqlite:///{tmp_path / 'new.sqlite3'}"
    with pytest.raises(DamagedFile, match=str(path)):
        write_backup(engine, kept, secret=bytes(32), clock=system_clock)
    with pytest.raises(DamagedFile, match=str(path)):
        move(engine, new, clock=system_clock, progress=lambda *_steps: None)
    if schema != "main":
        with pytest.raises(DamagedFile, match=str(path)):
            rewrite_boxes(engine)
        assert not try_to_rewrite_boxes(engine)
    engine.dispose()
    assert (path.read_bytes(), kept.read_bytes()) == before
    assert not list(tmp_path.glob("*.part"))
    assert not list(tmp_path.glob("new*"))


@pytest.mark.parametrize("schema", ["main", "ballot_box"])
def test_the_service_does_not_start_on_it_and_is_not_started_again(folder, schema):
    unit = Path(__file__).parents[3] / "deploy" / "branch-survey.service"
    assert f"RestartPreventExitStatus={os.EX_IOERR}\n" in unit.read_text(encoding="utf-8")
    damage(file_of(folder, schema))
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    for words in (["serve", "--port", port], ["backup", folder / "another.zip"]):
        refused = typed(*words)
        assert refused.exit_code == os.EX_IOERR
        assert f"{file_of(folder, schema)} is damaged: " in refused.stderr
        assert "restore the newest backup" in refused.stderr
        assert len(refused.stderr.splitlines()) == 1


@pytest.mark.parametrize("schema", ["main", "issue_box"])
def test_a_destroyed_beginning_is_no_reason_to_set_up_a_new_database(folder, schema):
    path = file_of(folder, schema)
    path.write_bytes(b"\xa5" * PAGE + path.read_bytes()[PAGE:])
    refused = typed("backup", folder / "another.zip")
    assert refused.exit_code == os.EX_IOERR
    assert refused.stderr == "The database cannot be used: file is not a database\n"


@pytest.mark.postgresql
def test_a_server_that_is_away_is_no_reason_to_set_up_a_new_database(folder, monkeypatch):
    monkeypatch.setenv("BRANCH_SURVEY_DATABASE_URL", "postgresql://survey@127.0.0.1:1/survey")
    refused = typed("backup", folder / "another.zip")
    assert refused.exit_code == 1
    assert refused.stderr.startswith("The database cannot be used: connection ")


def test_what_is_whole_is_backed_up_moved_and_written_anew(engine: Engine, tmp_path):
    rewrite_boxes(engine)
    assert write_backup(engine, tmp_path / "kept.zip", secret=bytes(32), clock=system_clock).rows
    moved = move(engine, f"sqlite:///{tmp_path / 'new.sqlite3'}", clock=system_clock, progress=lambda *_steps: None)
    assert moved.rows["ballot"] == 1
