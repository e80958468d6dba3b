"""Engines for SQLite and PostgreSQL, and what this application asks of each connection.

Writing transactions on SQLite begin IMMEDIATE, so that reading first and then changing what was read (a code that
works once) cannot be interleaved; `reading` gives an engine whose transactions only read and never wait.
"""

from __future__ import annotations

from sqlite3 import Connection as SQLiteConnection
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from instruments.wording import N_
from survey_app.errors import Refusal

BUSY_SECONDS = 10
DRIVERS = ("sqlite", "sqlite+pysqlite", "postgresql", "postgres", "postgresql+psycopg")
SQLITE_PRAGMAS = (
    "foreign_keys = ON",
    f"busy_timeout = {BUSY_SECONDS * 1000}",
    "secure_delete = ON",
    "synchronous = FULL",
)


class NotADatabase(Refusal):
    """The sentence leaves out the address: a password may stand in it."""

    status = 500
    template = N_(
        "DATABASE_URL is not the address of an SQLite or PostgreSQL database (sqlite:///… or postgresql://…)."
    )


def database_url(text: str) -> URL:
    """The URL as SQLAlchemy needs it: PostgreSQL is always spoken to through psycopg 3. Raises: NotADatabase."""
    try:
        url = make_url(text)
    except ArgumentError:
        raise NotADatabase from None
    if url.drivername not in DRIVERS:
        raise NotADatabase
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgresql", "postgres") else url


def build_engine(text: str) -> Engine:
    """An engine whose errors never print parameters: those could be answers."""
    url = database_url(text)
    if url.get_backend_name() != "sqlite":
        return create_engine(url, hide_parameters=True, pool_pre_ping=True)
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def reading(engine: Engine) -> Engine:
    """The same pool for transactions that only read."""
    return engine.execution_options(sqlite_begin="BEGIN")


def _prepare_sqlite(connection: SQLiteConnection, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    for pragma in SQLITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN IMMEDIATE"))
