"""Backups while members answer, and backups that die half-way."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app import services
from survey_app.backup.loading import restore
from survey_app.backup.reading import opened_backup
from survey_app.backup.writing import write_backup
from survey_app.crypto.box import ATTEMPT_BYTES
from survey_app.database import build_engine
from survey_app.models import Ballot, Survey
from survey_app.services import COMMAND_LINE, OpenedSurvey
from tests.databases import copy_database
from tests.district import found_district
from tests.unit.app.small_questionnaire import CONTENT

ROOT = Path(__file__).parents[2]
PHONES = 4
PATIENCE = 60


def open_for(session: Session, clock, secret: bytes) -> OpenedSurvey:
    district = found_district(session, clock)
    opened = services.open_survey(session, district.draft("education"), by=COMMAND_LINE, clock=clock, secret=secret)
    session.commit()
    return opened


class Phones:
    """Members who answer one after the other on several phones; keeps the receipts that they have been shown."""

    def __init__(self, engine, opened: OpenedSurvey, secret: bytes, clock) -> None:
        self.shown: list[bytes] = []
        self._engine, self._survey, self._secret, self._clock = engine, opened.survey.id, secret, clock
        self._slips = [(group, code) for group, codes in opened.codes.items() for code in codes]
        self._threads = [threading.Thread(target=self._answer) for _ in range(PHONES)]
        for thread in self._threads:
            thread.start()

    def wait_for(self, count: int) -> frozenset[bytes]:
        until = time.monotonic() + PATIENCE
        while len(self.shown) < count and time.monotonic() < until:
            time.sleep(0.005)
        return frozenset(self.shown)

    def finish(self) -> frozenset[bytes]:
        for thread in self._threads:
            thread.join(PATIENCE)
        return frozenset(self.shown)

    def _answer(self) -> None:
        while self._slips:
            try:
                slug, code = self._slips.pop()
            except IndexError:
                return
            with Session(self._engine) as session:
                survey = session.get_one(Survey, self._survey)
                group = next(group for group in survey.groups if group.slug == slug)
                cast = services.cast_played(
                    session, survey, group, code, os.urandom(ATTEMPT_BYTES), CONTENT,
                    secret=self._secret, clock=self._clock,
                )  # fmt: skip
            self.shown.append(cast.receipt)


def test_no_ballot_acknowledged_before_a_backup_is_missing_from_it(either_database, tmp_path, clock, secret):
    with Session(either_database, expire_on_commit=False) as session:
        opened = open_for(session, clock, secret)
        slips = sum(len(codes) for codes in opened.codes.values())
    phones = Phones(either_database, opened, secret, clock)
    files = [tmp_path / f"{number}.zip" for number in range(2)]
    acknowledged = []
    for number, file in enumerate(files):
        acknowledged.append(phones.wait_for(4 + 8 * number))
        write_backup(either_database, file, secret=secret, clock=clock)
    assert len(phones.finish()) == slips
    for file, shown in zip(files, acknowledged, strict=True):
        url = f"sqlite:///{file.with_suffix('.sqlite3')}"
        with opened_backup(file) as backup:
            (survey,) = backup.surveys_under_way()
            keys = {survey.id: survey.unlock(opened.passphrases[:2])}
            restore(url, backup, keys=keys, secret=secret, because="", now=clock.now())
        engine = build_engine(url)
        with Session(engine) as session:
            found = frozenset(session.scalars(select(Ballot.receipt)))
            used, _handed_in = services.marks_by_group(session, session.get_one(Survey, survey.id))
        engine.dispose()
        assert shown <= found
        assert len(found) <= sum(used.values()) <= len(found) + PHONES  # a pass may be out whose ballot is under way


@pytest.fixture
def home(tmp_path, migrated_file, clock, secret) -> Path:
    folder = tmp_path / "instance"
    folder.mkdir()
    copy_database(migrated_file, folder / "branch-survey.sqlite3")
    (folder / "installation-secret").write_text(secret.hex())
    (folder / "session-key").write_text("for tests")
    engine = build_engine(f"sqlite:///{folder / 'branch-survey.sqlite3'}")
    with Session(engine) as session:
        open_for(session, clock, secret)
    engine.dispose()
    return folder


def back_up(home: Path, file: Path, clock, secret: bytes) -> None:
    engine = build_engine(f"sqlite:///{home / 'branch-survey.sqlite3'}")
    write_backup(engine, file, secret=secret, clock=clock)
    engine.dispose()


def start_backup(home: Path, *arguments: str, first: str = "") -> subprocess.Popen[str]:
    """The command in a process of its own."""
    program = f"{first}\nfrom survey_app.cli import main\nmain()"
    return subprocess.Popen(
        [sys.executable, "-c", program, "--lang", "en", "backup", *arguments],
        env={**os.environ, "BRANCH_SURVEY_INSTANCE": str(home), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_a_backup_killed_half_way_leaves_no_file_and_the_next_one_is_made(home, tmp_path, clock, secret):
    file = tmp_path / "backup.zip"
    with sqlite3.connect(home / "branch-survey.sqlite3", isolation_level=None) as somebody_writes:
        somebody_writes.execute("begin immediate")
        process = start_backup(home, str(file))
        until = time.monotonic() + PATIENCE
        while not (begun := list(tmp_path.glob(".backup.zip.*"))) and time.monotonic() < until:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        somebody_writes.execute("rollback")
    somebody_writes.close()
    assert begun
    assert not file.exists()
    back_up(home, file, clock, secret)
    with opened_backup(file) as backup:
        assert len(backup.surveys_under_way()) == 1


def test_a_backup_for_which_the_disk_is_too_small_leaves_nothing_behind(home, tmp_path, clock, secret):
    file = tmp_path / "backup.zip"
    back_up(home, file, clock, secret)
    earlier, most = file.read_bytes(), file.stat().st_size - 2000
    limit = f"import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most}))"
    process = start_backup(home, str(file), "--force", first=limit)
    _said, failed = process.communicate()
    assert process.returncode == 1
    assert failed == "The file cannot be written or read: File too large\n"
    assert file.read_bytes() == earlier
    assert sorted(path.name for path in tmp_path.iterdir() if "backup" in path.name) == ["backup.zip"]
