"""The service as its own process, as an operator runs it: started, killed outright, started again.

All it says, from the first start on, is kept in one file outside the instance folder.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from survey_app.config import write_secrets
from survey_app.database import build_engine, database_url
from survey_app.migrate import upgrade
from tests.databases import copy_database

HOST = "127.0.0.1"
ROOT = Path(__file__).parents[2]
PATIENCE = 120
DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
NUMBERS = count(1)


@dataclass
class Service:
    """`branch-survey serve` on a free port of this machine, with an instance folder and a database of its own."""

    folder: Path
    url: str
    said: Path
    port: int
    settings: dict[str, str] = field(default_factory=dict)
    around: Sequence[str] = ()
    """A command that calls the service as its last words."""
    first: str = ""
    """Python that is run before: what only a test would change."""
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it answers."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("BRANCH_SURVEY_")}
        chosen = {"INSTANCE": str(self.folder), "DATABASE_URL": self.url, **self.settings}
        program = [sys.executable, "-c", f"{self.first}\nfrom survey_app.cli import main\nmain()"]
        call = [*self.around, *program, "--lang", "en", "serve", "--port", str(self.port)]
        with self.said.open("ab") as said:
            self._process = subprocess.Popen(
                call,
                cwd=ROOT,
                stdout=said,
                stderr=subprocess.STDOUT,
                env=inherited | {f"BRANCH_SURVEY_{name}": value for name, value in chosen.items()},
                start_new_session=True,
            )
        wait_until(lambda: self.is_listening() or self._has_given_up())
        assert not self._has_given_up(), self.output

    def kill(self) -> None:
        """As the out-of-memory killer would: the server and its worker, at once, without a word."""
        if self._process is not None:
            with suppress(ProcessLookupError):  # it could not even start
                os.killpg(self._process.pid, signal.SIGKILL)
            self._await_end()

    def stop(self) -> None:
        """As an operator would: answers in flight are finished."""
        if self._process is not None:
            self._process.terminate()
            self._await_end()

    def is_listening(self) -> bool:
        with socket.socket() as trial:
            return trial.connect_ex((HOST, self.port)) == 0

    @property
    def pid(self) -> int:
        """Of the process that watches over the workers."""
        assert self._process is not None
        return self._process.pid

    def workers(self) -> list[int]:
        """Its children that run the same program."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text(encoding="ascii").split()
        return [int(pid) for pid in children if _program_of(pid) == _program_of(self.pid)]

    @property
    def output(self) -> str:
        return self.said.read_text(encoding="utf-8")

    @property
    def secret(self) -> bytes:
        return bytes.fromhex((self.folder / "installation-secret").read_text(encoding="ascii"))

    def _await_end(self) -> None:
        assert self._process is not None
        self._process.wait(PATIENCE)
        self._process = None
        wait_until(lambda: not self.is_listening())

    def _has_given_up(self) -> bool:
        return self._process is None or self._process.poll() is not None


@contextmanager
def running(
    folder: Path, url: str, *, around: Sequence[str] = (), first: str = "", **settings: str
) -> Iterator[Service]:
    """The service on a migrated database, in `folder`; nothing of it runs afterwards."""
    instance = folder / "instance"
    write_secrets(instance)
    service = Service(instance, url, folder / "said.txt", _free_port(), settings, around, first)
    try:
        service.start()
        yield service
    finally:
        service.kill()


@contextmanager
def migrated_database(kind: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Address of an empty database: in the instance folder below `folder`, or on the PostgreSQL server of the tests."""
    if kind == "sqlite":
        (folder / "instance").mkdir()
        path = folder / "instance" / "branch-survey.sqlite3"
        yield f"sqlite:///{copy_database(request.getfixturevalue('migrated_file'), path)}"
        return
    server = request.getfixturevalue("postgres_url")
    name = f"faults_{os.getpid()}_{next(NUMBERS)}"
    admin = build_engine(server).execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    url = database_url(server).set(database=name).render_as_string(hide_password=False)
    upgrade(url)
    yield url
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


def _program_of(pid: int | str) -> Path | None:
    """None for a process that has ended, though nobody has asked yet how."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/exe").readlink()
    return None


def let_connections_end(engine: Engine) -> None:
    """PostgreSQL notices a dead client when it next looks: wait until nobody else is connected to this database."""
    if engine.dialect.name == "sqlite":
        return
    others = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    looking = engine.execution_options(isolation_level="AUTOCOMMIT")  # a transaction would see one moment throughout
    with looking.connect() as connection:
        wait_until(lambda: not connection.scalar(others))


def wait_until(happens: Callable[[], bool]) -> None:
    """Look again and again, for a minute at most."""
    deadline = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.005)


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind((HOST, 0))
        return int(trial.getsockname()[1])
