"""Machines in trouble: a disk that is full, a database that may only be read. Each trouble begins and ends.

On SQLite the instance folder is a small disk of its own, mounted for the service alone; where the machine allows no
mounts, files of the service may not grow instead. Of PostgreSQL the server says what it would say.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from survey_app.clock import system_clock
from survey_app.config import write_secrets
from survey_app.database import build_engine
from survey_app.models import Base, UserRole
from survey_app.services import OpenedSurvey
from tests.district import found_district
from tests.faults.polls import Poll, open_for_education, poll_on
from tests.faults.server import Service, migrated_database, running, wait_until

SMALL_DISK = """
kept=$(mktemp -d); cp -a "$0"/. "$kept"
mount -t tmpfs -o size=8m none "$0"
cp -a "$kept"/. "$0"; rm -r "$kept"
exec "$@"
"""
IN_NO_FILE = 512
"""Bytes: less than SQLite needs to begin a transaction that writes."""
LOG_IN_PIPE = ("bash", "-c", 'exec "$@" > >(cat) 2>&1', "bash")
"""Else it could not grow either."""
HEEDING_MODES = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
"""root, too, may then only do what the mode of a file says."""
PERSON = "secretary"
END_OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
NO_ROOM = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION 'could not extend file "base/16385/16420": No space left on device' USING ERRCODE = '53100';
END $$
"""
SMALLEST_FILL = 4096


@dataclass
class Machine:
    """A running service, surveys opened on it, and what can befall it."""

    service: Service
    polls: list[Poll]
    troubles: Mapping[str, Callable[[], AbstractContextManager[None]]]
    look: Callable[[], AbstractContextManager[Engine]]
    """What is stored, at a moment at which nobody sends."""


@contextmanager
def machine_with(kind: str, folder: Path, request: pytest.FixtureRequest, *, polls: int) -> Iterator[Machine]:
    """The surveys are opened before the service starts: afterwards it alone sees its disk."""
    with migrated_database(kind, folder, request) as url:
        write_secrets(folder / "instance")
        secret = bytes.fromhex((folder / "instance" / "installation-secret").read_text(encoding="ascii"))
        engine = build_engine(url)
        with Session(engine, expire_on_commit=False) as session:
            district = found_district(session, system_clock)
            district.person(UserRole.SECRETARY, "education", login=PERSON)
            opened = [open_for_education(district, secret) for _ in range(polls)]
            session.commit()
        engine.dispose()
        if kind == "sqlite":
            yield from _on_small_disk(folder, url, engine, opened)
        else:
            yield from _beside_postgresql(folder, url, engine, opened, request.getfixturevalue("postgres_url"))
        engine.dispose()


def _on_small_disk(folder: Path, url: str, engine: Engine, opened: Sequence[OpenedSurvey]) -> Iterator[Machine]:
    instance = folder / "instance"
    mounts = ["unshare", "-rm"]
    may_mount = (
        subprocess.run([*mounts, "mount", "-t", "tmpfs", "none", instance], check=False, capture_output=True).returncode
        == 0
    )
    heeding = [*HEEDING_MODES] if may_mount or os.geteuid() == 0 else []
    small_disk = [*mounts, "sh", "-ec", SMALL_DISK, str(instance)]
    around = [*(small_disk if may_mount else LOG_IN_PIPE), *heeding]
    with running(folder, url, around=around) as service:
        seen = Path(f"/proc/{service.pid}/root{instance}") if may_mount else instance

        @contextmanager
        def look() -> Iterator[Engine]:
            """A copy: SQLite would follow the path out of the service's own world."""
            with TemporaryDirectory() as copy:
                shutil.copytree(seen, copy, dirs_exist_ok=True)
                copied = build_engine(f"sqlite:///{copy}/branch-survey.sqlite3")
                yield copied
                copied.dispose()

        troubles = {
            "full": partial(_filled, seen) if may_mount else partial(_kept_from_growing, service),
            "folder": partial(_write_protected_folder, seen),
            "files": partial(_write_protected_files, seen, service),
        }
        yield Machine(service, [poll_on(service, engine, one) for one in opened], troubles, look)


@contextmanager
def _filled(disk: Path) -> Iterator[None]:
    balloon = disk / "balloon"
    with balloon.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(SMALLEST_FILL)) == SMALLEST_FILL:
            pass
    yield
    balloon.unlink()


@contextmanager
def _kept_from_growing(service: Service) -> Iterator[None]:
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in service.workers()}
    for pid, (_soft, hard) in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (IN_NO_FILE, hard))
    yield
    for pid, limits in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


@contextmanager
def _write_protected_folder(folder: Path) -> Iterator[None]:
    mode = folder.stat().st_mode
    folder.chmod(0o555)
    yield
    folder.chmod(mode)


@contextmanager
def _write_protected_files(folder: Path, service: Service) -> Iterator[None]:
    """Found like this by a worker that has just been started, in the place of one that was killed."""
    files = list(folder.glob("*.sqlite3"))
    for file in files:
        file.chmod(0o444)
    [killed] = service.workers()
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: service.workers() not in ([], [killed]))
    yield
    for file in files:
        file.chmod(0o644)


def _beside_postgresql(
    folder: Path, url: str, engine: Engine, opened: Sequence[OpenedSurvey], server: str
) -> Iterator[Machine]:
    @contextmanager
    def look() -> Iterator[Engine]:
        yield engine

    with running(folder, url) as service:
        troubles = {"full": partial(_out_of_room, engine), "read_only": partial(_only_reading, server, engine)}
        yield Machine(service, [poll_on(service, engine, one) for one in opened], troubles, look)


@contextmanager
def _out_of_room(engine: Engine) -> Iterator[None]:
    with engine.begin() as connection:
        connection.exec_driver_sql(NO_ROOM)
        for table in Base.metadata.tables.values():
            connection.exec_driver_sql(
                f"CREATE TRIGGER no_room BEFORE INSERT OR UPDATE OR DELETE ON {table.fullname} "
                "FOR EACH STATEMENT EXECUTE FUNCTION no_room()"
            )
    yield
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP FUNCTION no_room CASCADE")


@contextmanager
def _only_reading(server: str, engine: Engine) -> Iterator[None]:
    """As on a server that stands by for another."""
    engine.dispose()
    admin = build_engine(server).execution_options(isolation_level="AUTOCOMMIT")
    name = engine.url.database
    with admin.connect() as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        connection.execute(text(END_OTHERS), {"name": name})
        yield
        connection.exec_driver_sql(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    admin.dispose()
