"""Moving to another database while members answer: whoever has a receipt is in the new one, nobody else is told so."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from survey_app import services
from survey_app.clock import system_clock
from survey_app.config import write_secrets
from survey_app.crypto.box import printed_receipt
from survey_app.database import build_engine
from survey_app.migrate import is_current
from survey_app.models import UNUSED, Ballot, Invitation, Survey
from survey_app.services import COMMAND_LINE
from tests.district import found_district
from tests.faults.commands import command_line, surroundings, well_typed
from tests.faults.server import DATABASES, migrated_database, running, wait_until
from tests.unit.app.small_questionnaire import CONTENT
from tests.voter import LostError, Phone, RefusedError, ScriptVoter

VOTERS = 20
BEFORE = 5
"""Ballots acknowledged before the move begins."""


@dataclass
class Members:
    """They go through their steps one after the other, on three phones, and try again whenever they are put off."""

    voters: Sequence[ScriptVoter]
    refusals: list[tuple[int, object]] = field(default_factory=list)
    _may_try: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        self._may_try.set()
        self._threads = ThreadPoolExecutor(3)
        self._under_way = [self._threads.submit(self._persist, voter) for voter in self.voters]

    @property
    def receipts(self) -> list[str]:
        return [voter.receipt for voter in self.voters if voter.receipt]

    def wait(self) -> None:
        """The service is being started anew: nobody tries meanwhile."""
        self._may_try.clear()

    def go_on(self, port: int) -> None:
        for voter in self.voters:
            voter.phone.hang_up()
            voter.phone.port = port
        self._may_try.set()

    def finish(self) -> None:
        for one in self._under_way:
            one.result()
        self._threads.shutdown()

    def _persist(self, voter: ScriptVoter) -> None:
        while not voter.has_finished:
            self._may_try.wait(120)
            try:
                voter.go()
            except RefusedError as refusal:
                self.refusals.append(refusal.args)
                assert refusal.args == (503, {"error": "trouble"})
            except LostError:
                pass
            time.sleep(0.02)
        voter.phone.hang_up()


@pytest.fixture(params=DATABASES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def url(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    with migrated_database(kind, tmp_path, request) as url:
        yield url


@pytest.fixture
def new_url(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    if kind == "postgresql":
        return f"sqlite:///{tmp_path / 'new.sqlite3'}"
    return str(request.getfixturevalue("fresh_postgres_url"))


def open_survey_on(url: str, secret: bytes) -> tuple[services.OpenedSurvey, str, list[str]]:
    engine = build_engine(url)
    with Session(engine, expire_on_commit=False) as session:
        draft = found_district(session, system_clock).draft("education")
        draft.closes_on = system_clock.today() + timedelta(days=30)
        opened = services.open_survey(session, draft, by=COMMAND_LINE, clock=system_clock, secret=secret)
        session.commit()
        group = draft.groups[0]
    engine.dispose()
    return opened, f"/s/{draft.slug}/{group.slug}", opened.codes[group.slug]


def boxes_of(url: str, survey: Survey) -> tuple[set[str], int]:
    """Receipts of the ballots, and the number of codes used."""
    engine = build_engine(url)
    with Session(engine) as session:
        receipts = session.scalars(select(Ballot.receipt).where(Ballot.survey_id == survey.id)).all()
        used = select(func.count()).select_from(Invitation).where(Invitation.mark != UNUSED)
        count = session.scalar(used.where(Invitation.survey_id == survey.id)) or 0
    engine.dispose()
    return {printed_receipt(receipt) for receipt in receipts}, count


def test_a_service_still_running_refuses_what_would_be_lost_and_everybody_ends_with_one_ballot(url, new_url, tmp_path):
    with running(tmp_path, url) as service:
        opened, path, codes = open_survey_on(url, service.secret)
        members = Members([ScriptVoter(Phone(service.port), path, code, CONTENT) for code in codes[:VOTERS]])
        members.start()
        wait_until(lambda: len(members.receipts) >= BEFORE)
        well_typed(service.folder, url, "migrate-to", new_url, "--yes")
        in_the_old_one, _used = boxes_of(url, opened.survey)
        in_the_new_one, _used = boxes_of(new_url, opened.survey)
        assert in_the_old_one == in_the_new_one
        assert set(members.receipts) <= in_the_new_one
        late = ScriptVoter(Phone(service.port), path, codes[VOTERS], CONTENT)
        with pytest.raises(RefusedError) as refusal:
            late.go()
        assert refusal.value.args == (503, {"error": "trouble"})
        late.phone.hang_up()
        assert boxes_of(url, opened.survey)[0] == in_the_old_one
        members.wait()
        service.stop()
        service.url = new_url
        service.start()
        members.go_on(service.port)
        members.finish()
        late.persist()
    receipts, used = boxes_of(new_url, opened.survey)
    assert receipts == {*members.receipts, late.receipt}
    assert used == len(receipts) == VOTERS + 1


@pytest.fixture
def home(tmp_path: Path, url: str) -> Path:
    """An instance folder with a survey under way, and no service."""
    folder = tmp_path / "instance"
    write_secrets(folder)
    open_survey_on(url, bytes.fromhex((folder / "installation-secret").read_text(encoding="ascii")))
    return folder


def test_a_move_killed_half_way_leaves_the_old_database_in_use_and_can_be_made_again(kind, url, new_url, home):
    process = subprocess.Popen(
        command_line("migrate-to", new_url, "--yes"), env=surroundings(home, url),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_until(lambda: is_held(url) or process.poll() is not None)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.returncode == -signal.SIGKILL
    wait_until(lambda: not is_held(url))
    assert is_current(url)
    said = well_typed(home, url, "migrate-to", new_url, "--yes")
    assert "Moved: " in said
    assert not is_current(url)
    assert is_current(new_url)


def is_held(url: str) -> bool:
    """Is somebody keeping all others from writing?"""
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=0, isolation_level=None)) as file:
            try:
                file.execute("begin immediate")
            except sqlite3.OperationalError:
                return True
            return False
    engine = build_engine(url)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("lock table ballot_box.ballot in row exclusive mode nowait")
            return False
    except OperationalError:
        return True
    finally:
        engine.dispose()
