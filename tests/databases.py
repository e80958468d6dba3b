"""Databases for tests: copies of SQLite files together with their stores, databases on a PostgreSQL server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from itertools import count
from pathlib import Path

from sqlalchemy import text

from survey_app.database import build_engine, database_url, store_files

NUMBERS = count(1)


def copy_database(source: Path, target: Path) -> Path:
    """The main file and the stores beside it, as far as they are there."""
    for store, path in store_files(source).items():
        if path.exists():
            shutil.copy(path, store_files(target)[store])
    return Path(shutil.copy(source, target))


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """No other process of this run makes the same file meanwhile."""
    with path.with_suffix(".lock").open("w") as lock:
        flock(lock, LOCK_EX)
        yield


@contextmanager
def postgres_database(server: str, template: str = "template1") -> Iterator[str]:
    """The address of a database of its own, a copy of the template to which nobody may be connected."""
    name = f"test_{os.getpid()}_{next(NUMBERS)}"
    say_to(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield database_url(server).set(database=name).render_as_string(hide_password=False)
    say_to(server, f"DROP DATABASE {name} WITH (FORCE)")


def say_to(server: str, *statements: str) -> None:
    """What concerns a PostgreSQL server as a whole."""
    engine = build_engine(server).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def name_of(address: str) -> str:
    return str(database_url(address).database)
