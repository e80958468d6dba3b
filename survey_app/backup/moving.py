"""Moving everything into another database, of either kind, with surveys under way.

The old one stands still meanwhile: what is being written waits, and is refused where it takes too long, so that nothing
falls between. Every row of every table is copied in one transaction and read again; the old database is marked as moved
in a transaction that ends after it. Whatever stops this before the end leaves the old one as the one in use.

Boxes are copied in the order of their keys, which are hashes, by one transaction: neither order nor transaction numbers
of the new rows tell who came when.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.orm import Session

from instruments.wording import N_
from survey_app.backup.filling import being_filled, fill_table, is_empty
from survey_app.backup.retirement import retire
from survey_app.backup.tables import BATCH, KINDS, Row, TableShape, plain_rows, shape_of
from survey_app.backup.verification import Verified, verify_everything
from survey_app.clock import Clock
from survey_app.database import (
    BUSY_SECONDS,
    NotADatabase,
    build_engine,
    database_url,
    reading,
    require_whole,
    store_files,
)
from survey_app.errors import Refusal
from survey_app.machine_trouble import trouble_of
from survey_app.migrate import upgrade
from survey_app.models import Base
from survey_app.services.audit import COMMAND_LINE, record_of

POSTGRESQL_PORT = 5432
DIGEST = 2**256

Progress = Callable[[int, int], None]
"""Is told how much is done, and of how much."""


class MoveRefused(Refusal):
    """A database into which nothing can be moved, or one that does not stand still."""

    sentences: ClassVar[dict[str, str]] = {
        "scheme": N_("This is not the address of an SQLite or PostgreSQL database (sqlite:////… or postgresql://…)."),
        "memory": N_("This address names no file: an SQLite database needs one (sqlite:////a/folder/name.sqlite3)."),
        "folder": N_("There is no folder %(folder)s."),
        "same": N_("This is the database that is in use already."),
        "unreachable": N_("The new database cannot be used: %(why)s"),
        "full": N_("The new database is not empty. Please name an empty one, or one that does not exist yet."),
        "rights": N_(
            "The account %(account)s may not make tables in the new database. Its administrator can allow it: "
            "GRANT CREATE ON DATABASE %(database)s TO %(account)s; GRANT CREATE ON SCHEMA public TO %(account)s;"
        ),
        "characters": N_(
            "The new database keeps text as %(encoding)s and cannot hold every character. Please make it with: "
            "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0;"
        ),
        "busy": N_(
            "Somebody is writing into the old database for a long time, such as a sealing. Please try again when it is "
            "over, or stop the service."
        ),
        "different": N_("The table %(table)s did not arrive as it was. Nothing has been moved."),
    }


@dataclass(frozen=True, slots=True)
class Moved:
    """What is in the new database: rows by table, and what was found when it was reckoned again."""

    rows: Mapping[str, int]
    verified: Verified


def move(source: sa.Engine, address: str, *, clock: Clock, progress: Progress) -> Moved:
    """Copy everything into an empty database; afterwards the old one takes nothing any more.

    Raises: MoveRefused, NewerDatabase, DatabaseMoved, DamagedFile; then the old database is as before.
    """
    require_elsewhere(source, address)
    require_whole(source)
    target = build_engine(address)
    try:
        _require_usable(target)
        upgrade(address)
        _keep_private(target.url)
        with (
            _standing_still(source) as here,
            target.begin() as there,
        ):  # ends in the other order: first there, then here
            rows = _copied(here, there, progress)
            with Session(there, join_transaction_mode="create_savepoint") as session:
                verified = verify_everything(session)
                way = f"{source.dialect.name} → {target.dialect.name}"
                record_of(session, COMMAND_LINE, "database.move", "database", way, clock=clock)
                session.commit()
            retire(here)
        return Moved(rows, verified)
    finally:
        target.dispose()


def require_elsewhere(source: sa.Engine, address: str) -> None:
    """Is it the address of another database? Raises: MoveRefused."""
    try:
        url = database_url(address)
    except NotADatabase:
        raise MoveRefused("scheme") from None
    if url.get_backend_name() == "sqlite":
        if url.database in (None, "", ":memory:") or url.query:
            raise MoveRefused("memory")
        folder = Path(str(url.database)).resolve().parent
        if not folder.is_dir():
            raise MoveRefused("folder", folder=folder)
    if _places(url) & _places(source.url):
        raise MoveRefused("same")


def _places(url: URL) -> set[object]:
    """What tells databases apart, as far as an address does: a file, or server, port and name."""
    if url.get_backend_name() == "sqlite":
        path = Path(str(url.database)).resolve()
        return {path, *store_files(path).values()}
    return {(url.host or url.query.get("host"), url.port or POSTGRESQL_PORT, url.database)}


def _require_usable(target: sa.Engine) -> None:
    """Can the tables be made in it, and is it empty? Raises: MoveRefused."""
    try:
        with reading(target).connect() as connection:
            if connection.dialect.name == "postgresql":
                _require_rights(connection)
            if not is_empty(connection):
                raise MoveRefused("full")
    except DatabaseError as error:
        raise MoveRefused("unreachable", why=str(error.orig).partition("\n")[0]) from error


def _require_rights(connection: sa.Connection) -> None:
    found = connection.execute(
        sa.text(
            "select current_user as account, current_database() as name, "
            "current_setting('server_encoding') as encoding, "
            "has_database_privilege(current_database(), 'CREATE') and "
            "coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) as may_create"
        )
    ).one()
    if found.encoding != "UTF8":
        raise MoveRefused("characters", encoding=found.encoding)
    if not found.may_create:
        raise MoveRefused("rights", account=found.account, database=found.name)


def _keep_private(url: URL) -> None:
    """Files of a database are read by their owner alone, whatever folder they lie in."""
    if url.get_backend_name() == "sqlite":
        path = Path(str(url.database))
        for file in (path, *store_files(path).values()):
            file.chmod(0o600)


@contextmanager
def _standing_still(source: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction during which nobody else writes; whoever only reads goes on. Raises: MoveRefused."""
    with source.connect() as connection:
        try:
            connection.begin()
            if source.dialect.name == "postgresql":
                _lock_everything(connection)
        except OperationalError as error:
            trouble = trouble_of(error)
            if trouble is None or trouble.reason != "busy":
                raise
            raise MoveRefused("busy") from error
        yield connection
        connection.commit()


def _lock_everything(connection: sa.Connection) -> None:
    quoted = connection.dialect.identifier_preparer.format_table
    tables = ", ".join(quoted(table) for table in Base.metadata.sorted_tables)
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'")
    connection.exec_driver_sql(f"LOCK TABLE {tables} IN EXCLUSIVE MODE")


@dataclass(slots=True)
class _Content:
    """How many rows a table has, and a sum over their hashes that does not depend on their order."""

    rows: int = 0
    digest: int = 0

    def add(self, shape: TableShape, row: Row) -> None:
        self.rows += 1
        self.digest = (self.digest + int.from_bytes(_digest(shape, row))) % DIGEST


def _digest(shape: TableShape, row: Row) -> bytes:
    """Of a row as either kind of database gives it; large files are neither written out nor copied for it."""
    digest = sha256()
    for name, kind in shape.columns.items():
        value = row[name]
        if isinstance(value, bytes):
            said = value
        else:
            plain = None if value is None else KINDS[kind].to_json(value)
            said = json.dumps(plain, ensure_ascii=False).encode()
        digest.update(len(said).to_bytes(8))
        digest.update(said)
    return digest.digest()


@dataclass(slots=True)
class _Steps:
    """Rows seen, of all that are to be copied and read again."""

    total: int
    progress: Progress
    done: int = field(default=0)

    def step(self) -> None:
        self.done += 1
        if self.done % BATCH == 0:
            self.progress(self.done, self.total)


def _copied(here: sa.Connection, there: sa.Connection, progress: Progress) -> dict[str, int]:
    """Rows by table. Raises: MoveRefused if one did not arrive as it was."""
    tables = Base.metadata.sorted_tables
    total = sum(here.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in tables)
    steps, contents = _Steps(2 * total, progress), {}
    with being_filled(there):
        for table in tables:
            shape, content = shape_of(table), _Content()
            fill_table(there, shape, _seen(plain_rows(here, table, shape), shape, content, steps))
            contents[table.name] = content
    for table in tables:
        shape, arrived = shape_of(table), _Content()
        for _row in _seen(plain_rows(there, table, shape), shape, arrived, steps):
            pass
        if arrived != contents[table.name]:
            raise MoveRefused("different", table=table.name)
    return {name: content.rows for name, content in contents.items()}


def _seen(rows: Iterable[Row], shape: TableShape, content: _Content, steps: _Steps) -> Iterator[Row]:
    for row in rows:
        content.add(shape, row)
        steps.step()
        yield row
