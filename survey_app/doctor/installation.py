"""What the checks look at: folder, settings as far as they can be understood, and the database without touching it.

Commands make an SQLite file where none is, set its journal mode and lock it; a doctor may not. So SQLite is opened here
in a way that makes no file, and PostgreSQL with a limit of seconds.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from alembic.migration import MigrationContext
from sqlalchemy import URL, Engine, NullPool, create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from survey_app.clock import Clock, system_clock
from survey_app.config import SettingImpossible, look_at_settings
from survey_app.database import NotADatabase, database_url, store_files
from survey_app.migrate import newest_revision

SECONDS = 5
"""How long a database may be silent."""


@dataclass(frozen=True)
class Installation:
    """`faults`: settings that cannot be understood; their defaults stand in `settings`."""

    folder: Path
    settings: Mapping[str, Any]
    faults: Sequence[SettingImpossible] = ()
    clock: Clock = system_clock
    online: bool = False
    """Other machines may be asked."""

    @property
    def is_set_up(self) -> bool:
        """Has `init` ever been run here?"""
        return bool(self.settings["SECRET_KEY"] or self.settings["INSTALLATION_SECRET"] or self.database_files)

    @cached_property
    def url(self) -> URL:
        """Raises: NotADatabase."""
        return database_url(self.settings["DATABASE_URL"])

    @property
    def database_file(self) -> Path | None:
        """Of SQLite; None for PostgreSQL, for a database in memory and for an address that is none."""
        try:
            url = self.url
        except NotADatabase:
            return None
        is_file = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
        return Path(str(url.database)) if is_file else None

    @property
    def database_files(self) -> list[Path]:
        """The file of SQLite and those of its stores, as far as they are there."""
        file = self.database_file
        return [] if file is None else [path for path in (file, *store_files(file).values()) if path.exists()]

    @cached_property
    def engine(self) -> Engine:
        """Connects anew each time. Raises: NotADatabase."""
        file = self.database_file
        if file is not None:
            return create_engine(
                "sqlite://", creator=lambda: opened_file(file), poolclass=NullPool, hide_parameters=True
            )
        limit = {"connect_timeout": SECONDS} if self.url.get_backend_name() == "postgresql" else {}
        engine = create_engine(self.url, poolclass=NullPool, hide_parameters=True, connect_args=limit)
        return engine.execution_options(postgresql_readonly=True)

    @cached_property
    def revision(self) -> str | None:
        """Of the database; None for an empty one. Raises: SQLAlchemyError, NotADatabase."""
        with self.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()

    @property
    def is_current(self) -> bool:
        """Raises: SQLAlchemyError, NotADatabase."""
        return self.revision == newest_revision()

    @contextmanager
    def session(self) -> Iterator[Session | None]:
        """None where the database cannot be read as one of this version: that is told by the check of the database."""
        try:
            usable = self.is_current
        except (SQLAlchemyError, NotADatabase):
            usable = False
        if not usable:
            yield None
            return
        with Session(self.engine) as session:
            yield session


def installation_at(folder: Path, *, online: bool = False, clock: Clock = system_clock) -> Installation:
    """As the environment and the files in its folder describe it."""
    settings, faults = look_at_settings({}, folder)
    return Installation(folder, settings, faults, clock, online)


def opened_file(path: Path) -> sqlite3.Connection:
    """SQLite files that are there, the stores attached; none is made. Raises: sqlite3.Error."""
    connection = opened_alone(path)
    for schema, store in store_files(path).items():
        if store.exists():
            connection.execute(f"ATTACH DATABASE ? AS {schema}", (_existing(store),))
    return connection


def opened_alone(path: Path) -> sqlite3.Connection:
    """One file without those beside it. Raises: sqlite3.Error."""
    return sqlite3.connect(_existing(path), uri=True, timeout=SECONDS, check_same_thread=False)


def missing_stores(path: Path) -> list[Path]:
    return [store for store in store_files(path).values() if not store.exists()]


def schemas(path: Path) -> dict[str, Path]:
    """Schema of an SQLite connection -> its file, of the files that are there."""
    return {"main": path, **{schema: store for schema, store in store_files(path).items() if store.exists()}}


def _existing(path: Path) -> str:
    return f"file:{quote(str(path.resolve()))}?mode=rw"
