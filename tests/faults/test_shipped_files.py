"""The files of deploy/ as they are shipped: tried as an operator tries them, and the backups that a timer makes."""

from __future__ import annotations

import os
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from survey_app.clock import system_clock
from survey_app.config import write_secrets
from tests.databases import copy_database

ROOT = Path(__file__).resolve().parents[2]


def test_everything_shipped_works_as_it_stands():
    """Service, site with TLS, settings and units; a member answers through all of it."""
    tried = subprocess.run([ROOT / "deploy" / "try"], capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stdout + tried.stderr
    assert "WRONG" not in tried.stdout


@pytest.fixture
def nightly(tmp_path: Path, migrated_file: Path) -> dict[str, str]:
    """The environment in which the unit calls the script."""
    write_secrets(tmp_path / "instance")
    copy_database(migrated_file, tmp_path / "instance" / "branch-survey.sqlite3")
    return os.environ | {"BRANCH_SURVEY_INSTANCE": str(tmp_path / "instance")}


def test_the_nightly_backup_keeps_as_many_days_as_it_is_told(nightly, tmp_path):
    kept, others = tmp_path / "backups", ("notes.txt", "branch-survey-before-moving.zip")
    kept.mkdir()
    for age in (3, 13, 16, 40):
        _leave(kept / f"branch-survey-{system_clock.today() - timedelta(days=age)}.zip", age)
    for name in others:
        _leave(kept / name, 400)
    subprocess.run([ROOT / "deploy" / "backup", kept, "14"], check=True, env=nightly, capture_output=True)
    days = {path.name for path in kept.iterdir()} - set(others)
    assert days == {f"branch-survey-{system_clock.today() - timedelta(days=age)}.zip" for age in (0, 3, 13)}
    assert all((kept / name).exists() for name in others)


def test_a_backup_that_fails_takes_no_older_one_with_it(nightly, tmp_path):
    kept = tmp_path / "backups"
    kept.mkdir()
    _leave(kept / "branch-survey-2020-01-01.zip", 400)
    nowhere = nightly | {"BRANCH_SURVEY_DATABASE_URL": f"sqlite:///{tmp_path}/nowhere/none.sqlite3"}
    failed = subprocess.run([ROOT / "deploy" / "backup", kept], check=False, env=nowhere, capture_output=True)
    assert failed.returncode != 0
    assert [path.name for path in kept.iterdir()] == ["branch-survey-2020-01-01.zip"]


def _leave(path: Path, days_ago: int) -> None:
    path.write_text("an old one")
    then = path.stat().st_mtime - days_ago * 24 * 3600
    os.utime(path, (then, then))
