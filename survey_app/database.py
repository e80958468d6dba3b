"""Engines for SQLite and PostgreSQL, and what this application asks of each connection.

Codes and ballots lie in boxes apart from the rest: files beside the main one, attached to every connection under a
schema name, or schemas of a PostgreSQL database. With rollback journals a commit over several files is atomic. Names of
people to be invited lie in a third store of that kind, which no backup takes.

Writing transactions on SQLite begin IMMEDIATE, so that reading first and then changing what was read (a code that
works once) cannot be interleaved; `reading` gives an engine whose transactions only read and never wait.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from select import POLLIN, poll
from sqlite3 import Connection as SQLiteConnection
from sqlite3 import Error as SQLiteError
from typing import Any, ClassVar

from psycopg import Connection as PostgreSQLConnection
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError, OperationalError

from instruments.wording import N_
from survey_app.errors import MachineTrouble, Refusal
from survey_app.machine_trouble import trouble_of

BUSY_SECONDS = 10
POOL: dict[str, Any] = {"pool_size": 32, "max_overflow": 32, "pool_timeout": 30, "pool_use_lifo": True}
"""More than a process has threads: who comes while all are busy waits, and no connection is made for one request."""
LASTING = ("read_only", "disk", "away")
"""Troubles that a connection keeps when the machine is rid of them."""
DRIVERS = ("sqlite", "sqlite+pysqlite", "postgresql", "postgres", "postgresql+psycopg")
ISSUE_BOX, BALLOT_BOX = "issue_box", "ballot_box"
BOX_FILES = {ISSUE_BOX: "issue", BALLOT_BOX: "ballots"}
"""Schema of a box -> what its file is called."""
ROSTER_STORE = "roster_store"
STORE_FILES = {**BOX_FILES, ROSTER_STORE: "roster"}
"""The boxes and the store of names."""
BOX_TABLES = {ISSUE_BOX: ("invitation", "played_count"), BALLOT_BOX: ("ballot",)}
STORE_TABLES = {BALLOT_BOX: BOX_TABLES[BALLOT_BOX], ISSUE_BOX: BOX_TABLES[ISSUE_BOX], ROSTER_STORE: ("roster_person",)}
"""In the order in which sealing reads them, which is that of locking."""
MAIN = "main"
"""Schema of everything else in an SQLite file."""
SQLITE_PRAGMAS = ("foreign_keys = ON", f"busy_timeout = {BUSY_SECONDS * 1000}")
FILE_PRAGMAS = ("secure_delete = ON", "synchronous = FULL", "journal_mode = DELETE")
"""Of each file: a write-ahead log would keep the order of arrival, freed pages what was erased."""


class NotADatabase(Refusal):
    """The sentence leaves out the address: a password may stand in it."""

    status = 500
    template = N_(
        "DATABASE_URL is not the address of an SQLite or PostgreSQL database (sqlite:///… or postgresql://…)."
    )


class DamagedFile(MachineTrouble):
    """A file of an SQLite database does not hold together."""

    sentences: ClassVar[dict[str, str]] = {
        "damaged": N_(
            "%(path)s is damaged: %(said)s. Please stop the service, keep a copy of all files as they are, and restore "
            "the newest backup (docs/operations.md, “When something went wrong”)."
        )
    }


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
        engine = create_engine(url, hide_parameters=True, connect_args={"connect_timeout": BUSY_SECONDS}, **POOL)
        event.listen(engine, "checkout", _refuse_dropped)
        event.listen(engine, "handle_error", _leave_for_good)
        return engine
    is_file = url.database not in (None, "", ":memory:")
    pool = POOL if is_file else {}
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS}, **pool)
    stores = store_files(str(url.database)) if is_file else dict.fromkeys(STORE_FILES, Path(":memory:"))

    def prepare(connection: SQLiteConnection, _record: Any) -> None:
        _prepare_sqlite(connection, stores)
        if not enforces_references:
            connection.execute("PRAGMA foreign_keys = OFF")

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", _begin_sqlite)
    event.listen(engine, "handle_error", _leave_for_good)
    return engine


def reading(engine: Engine) -> Engine:
    """The same pool for transactions that only read."""
    return engine.execution_options(sqlite_begin="BEGIN")


def writing_to(engine: Engine, box: str) -> Engine:
    """The same pool for transactions that write to one box and otherwise read.

    SQLite: only that box is locked and only its file written and waited for. It is locked before anything else is
    read, so that whoever writes everywhere (and locks all before) and this transaction never wait for each other.
    """
    return engine.execution_options(sqlite_begin="BEGIN", sqlite_box=box)


def looking(engine: Engine) -> Engine:
    """The same pool for single questions: PostgreSQL answers each without being told of a beginning and an end."""
    if engine.dialect.name == "sqlite":
        return reading(engine)
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def rewrite_boxes(engine: Engine, stores: Collection[str] = tuple(STORE_TABLES)) -> None:
    """Write boxes and names anew, so that nothing in their files tells in which order rows came, changed or went.

    Members wait meanwhile, unless `stores` are the names alone. SQLite: VACUUM, which leaves rows in the order of their
    random keys. PostgreSQL: every row inserted again by one transaction in random order (VACUUM FULL and CLUSTER would
    keep each row's own transaction number). Raises: DamagedFile; a file written anew would show its damage no more.
    """
    require_whole(engine, stores)
    if engine.dialect.name == "sqlite":
        connection = engine.raw_connection()
        try:
            for schema in stores:
                connection.cursor().execute(f"VACUUM {schema}")
        finally:
            connection.close()
        return
    tables = [f"{schema}.{table}" for schema, names in STORE_TABLES.items() if schema in stores for table in names]
    with engine.begin() as transaction:
        transaction.execute(text(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE"))
        for table in tables:
            _rewrite_table(transaction, table)


def try_to_rewrite_boxes(engine: Engine, stores: Collection[str] = tuple(STORE_TABLES)) -> bool:
    """Whether the boxes could be written anew; somebody who reads for long can prevent it."""
    try:
        rewrite_boxes(engine, stores)
    except (OperationalError, SQLiteError, DamagedFile):
        return False
    return True


def require_whole(engine: Engine, schemas: Collection[str] = (MAIN, *STORE_TABLES)) -> None:
    """Read the files of an SQLite database from end to end; PostgreSQL has checksums for that. Raises: DamagedFile."""
    if engine.dialect.name != "sqlite":
        return
    with closing(engine.raw_connection()) as connection:
        files = {schema: file for _number, schema, file in connection.cursor().execute("PRAGMA database_list")}
        for schema in schemas:
            if (said := damage_in(connection.cursor(), schema)) is not None:
                raise DamagedFile("damaged", path=files[schema], said=said)


def damage_in(cursor: Any, schema: str) -> str | None:
    """The first thing that SQLite finds wrong in a file, in its words. Raises: SQLiteError where it cannot be read."""
    try:
        said = str(cursor.execute(f"PRAGMA {schema}.quick_check(1)").fetchone()[0])
    except SQLiteError as error:
        trouble = trouble_of(error)
        if trouble is None or trouble.reason != "damaged":
            raise
        return str(error)
    return None if said == "ok" else said.splitlines()[-1]


def _rewrite_table(transaction: Connection, table: str) -> None:
    """Only fixed names come here."""
    transaction.execute(text(f"CREATE TEMPORARY TABLE anew ON COMMIT DROP AS SELECT * FROM {table} ORDER BY random()"))  # noqa: S608
    transaction.execute(text(f"TRUNCATE {table}"))
    transaction.execute(text(f"INSERT INTO {table} SELECT * FROM anew"))  # noqa: S608
    transaction.execute(text("DROP TABLE anew"))


def _refuse_dropped(connection: PostgreSQLConnection[Any], *_of_pool: Any) -> None:
    """The server says nothing unasked but that it goes away: a connection with something to read is made anew.

    The question that SQLAlchemy can ask instead before each use costs as much as the use itself.
    """
    if not connection.closed:
        looked = poll()
        looked.register(connection.fileno(), POLLIN)
        if not looked.poll(0):
            return
    raise DisconnectionError


def _leave_for_good(failed: ExceptionContext) -> None:
    """A connection that may not write, or whose file is gone, stays like that: those that follow are made anew.

    SQLite's keeps its locks as long as anything remembers it, unless it is rolled back before.
    """
    trouble = trouble_of(failed.original_exception)
    if trouble is None or trouble.reason not in LASTING:
        return
    failed.is_disconnect = True
    if failed.dialect.name == "sqlite" and failed.connection is not None:
        failed.connection.connection.rollback()


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
    chosen = connection.get_execution_options()
    connection.exec_driver_sql(chosen.get("sqlite_begin", "BEGIN IMMEDIATE"))
    if box := chosen.get("sqlite_box"):  # changes nothing, but locks as what changes something
        connection.exec_driver_sql(f"DELETE FROM {box}.{BOX_TABLES[box][0]} WHERE 0")  # noqa: S608 (fixed names)
