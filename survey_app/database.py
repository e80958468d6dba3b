"""Engines for SQLite and PostgreSQL, and what this application asks of each connection.

Codes and ballots lie in boxes apart from the rest: files beside the main one, attached to every connection under a
schema name, or schemas of a PostgreSQL database. With rollback journals a commit over several files is atomic. Names of
people to be invited lie in a third store of that kind, which no backup takes.

Writing transactions on SQLite begin IMMEDIATE, so that reading first and then changing what was read (a code that
works once) cannot be interleaved; `reading` gives an engine whose transactions only read and never wait.
"""

from __future__ import annotations

from pathlib import Path
from sqlite3 import Connection as SQLiteConnection
from sqlite3 import Error as SQLiteError
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from instruments.wording import N_
from survey_app.errors import Refusal

BUSY_SECONDS = 10
DRIVERS = ("sqlite", "sqlite+pysqlite", "postgresql", "postgres", "postgresql+psycopg")
ISSUE_BOX, BALLOT_BOX = "issue_box", "ballot_box"
BOX_FILES = {ISSUE_BOX: "issue", BALLOT_BOX: "ballots"}
"""Schema of a box -> what its file is called."""
ROSTER_STORE = "roster_store"
STORE_FILES = {**BOX_FILES, ROSTER_STORE: "roster"}
"""The boxes and the store of names."""
BOX_TABLES = {ISSUE_BOX: ("invitation", "played_count"), BALLOT_BOX: ("ballot",)}
SQLITE_PRAGMAS = ("foreign_keys = ON", f"busy_timeout = {BUSY_SECONDS * 1000}")
FILE_PRAGMAS = ("secure_delete = ON", "synchronous = FULL", "journal_mode = DELETE")
"""Of each file: a write-ahead log would keep the order of arrival, freed pages what was erased."""


class NotADatabase(Refusal):
    """The sentence leaves out the address: a password may stand in it."""

    status = 500
    template = N_(
        "DATABASE_URL is not the address of an SQLite or PostgreSQL database (sqlite:///… or postgresql://…)."
    )


def database_url(address: str) -> URL:
    """The URL as SQLAlchemy needs it: PostgreSQL is always spoken to through psycopg 3. Raises: NotADatabase."""
    try:
        url = make_url(address)
    except ArgumentError:
        raise NotADatabase from None
    if url.drivername not in DRIVERS:
        raise NotADatabase
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgresql", "postgres") else url


def box_files(database: str | Path) -> dict[str, Path]:
    """The files of the boxes beside an SQLite database, by schema."""
    return {schema: path for schema, path in store_files(database).items() if schema in BOX_FILES}


def store_files(database: str | Path) -> dict[str, Path]:
    """The files of all stores beside an SQLite database, by schema."""
    path = Path(database)
    return {schema: path.with_name(f"{path.stem}.{name}{path.suffix}") for schema, name in STORE_FILES.items()}


def build_engine(address: str, *, enforces_references: bool = True) -> Engine:
    """An engine whose errors never print parameters: those could be answers.

    Migrations that make a table anew do not enforce references between tables meanwhile.
    """
    url = database_url(address)
    if url.get_backend_name() != "sqlite":
        return create_engine(url, hide_parameters=True, pool_pre_ping=True)
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})
    is_file = url.database not in (None, "", ":memory:")
    stores = store_files(str(url.database)) if is_file else dict.fromkeys(STORE_FILES, Path(":memory:"))

    def prepare(connection: SQLiteConnection, _record: Any) -> None:
        _prepare_sqlite(connection, stores)
        if not enforces_references:
            connection.execute("PRAGMA foreign_keys = OFF")

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def reading(engine: Engine) -> Engine:
    """The same pool for transactions that only read."""
    return engine.execution_options(sqlite_begin="BEGIN")


def rewrite_boxes(engine: Engine) -> None:
    """Write boxes and names anew, so that nothing in their files tells in which order rows came, changed or went.

    SQLite: VACUUM, which leaves rows in the order of their random keys. PostgreSQL: every row inserted again by one
    transaction in random order (VACUUM FULL and CLUSTER would keep each row's own transaction number).
    """
    if engine.dialect.name == "sqlite":
        connection = engine.raw_connection()
        try:
            for schema in STORE_FILES:
                connection.cursor().execute(f"VACUUM {schema}")
        finally:
            connection.close()
        return
    tables = [f"{schema}.{table}" for schema in (BALLOT_BOX, ISSUE_BOX) for table in BOX_TABLES[schema]]
    tables.append(f"{ROSTER_STORE}.roster_person")
    with engine.begin() as transaction:  # locked in the order in which sealing reads them
        transaction.execute(text(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE"))
        for table in tables:
            _rewrite_table(transaction, table)


def try_to_rewrite_boxes(engine: Engine) -> bool:
    """Whether the boxes could be written anew; somebody who reads for long can prevent it."""
    try:
        rewrite_boxes(engine)
    except (OperationalError, SQLiteError):
        return False
    return True


def _rewrite_table(transaction: Connection, table: str) -> None:
    """Only fixed names come here."""
    transaction.execute(text(f"CREATE TEMPORARY TABLE anew ON COMMIT DROP AS SELECT * FROM {table} ORDER BY random()"))  # noqa: S608
    transaction.execute(text(f"TRUNCATE {table}"))
    transaction.execute(text(f"INSERT INTO {table} SELECT * FROM anew"))  # noqa: S608
    transaction.execute(text("DROP TABLE anew"))


def _prepare_sqlite(connection: SQLiteConnection, stores: dict[str, Path]) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    for schema, path in stores.items():
        connection.execute(f"ATTACH DATABASE ? AS {schema}", (str(path),))
    for pragma in SQLITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    for schema in ("main", *stores):
        for pragma in FILE_PRAGMAS:
            connection.execute(f"PRAGMA {schema}.{pragma}")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN IMMEDIATE"))
