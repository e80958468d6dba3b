"""Reads the boxes as somebody with a copy of them would: every column there is, and where each row lies.

SQLite: bytes of the files, searched for the keys. PostgreSQL: place and transaction number of every row, and the bytes
of the tables' files where the account may read them.
"""

from __future__ import annotations

import sqlite3
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID
from zipfile import ZipFile

from sqlalchemy import ColumnElement, Connection, Engine, MetaData, Table, inspect, literal_column, select, text
from sqlalchemy.exc import DBAPIError

from survey_app.anonymity.nights import Night
from survey_app.database import BALLOT_BOX, BOX_FILES, ISSUE_BOX, STORE_FILES, box_files, reading
from survey_app.models import UNUSED, VOID

ByKey = Mapping[bytes, Mapping[str, Any]]
"""Rows by their key; each with its columns and with where it lies."""
LOGS = ("-wal", "-journal")
ITEMS_OF_A_PAGE = 2**16
LARGEST_FILE = 2**40
FILE_OFFSET, INDEX_OFFSET, LOG_OFFSET = "file offset", "index offset", "log offset"
GIVEN_ORDER, NIGHT = "given order", "first seen"
PLACE, TRANSACTION = "ctid", "xmin"
"""Clues that are no columns."""
READS_FILES = "pg_read_binary_file(pg_relation_filepath(oid))"


@dataclass(frozen=True, slots=True, repr=False)
class Copy:
    """What one copy of a survey's boxes gives away."""

    codes: ByKey = field(default_factory=dict)
    """Used codes, by their hash."""
    ballots: ByKey = field(default_factory=dict)
    """By hash of the credential."""
    played: int = 0

    @property
    def night(self) -> Night:
        return Night(frozenset(self.codes), frozenset(self.ballots), self.played)


def copy_of(engine: Engine, survey_id: UUID) -> Copy:
    """A raw copy of the live stores at this moment."""
    with reading(engine).connect() as connection:
        codes = rows_of(connection, ISSUE_BOX, "invitation", survey_id)
        ballots = rows_of(connection, BALLOT_BOX, "ballot", survey_id)
        counts = rows_of(connection, ISSUE_BOX, "played_count", survey_id)
    used = {bytes(row["code_hash"]): row for row in codes if bytes(row["mark"]) not in (UNUSED, VOID)}
    arrived = {bytes(row["spent"]): row for row in ballots}
    files = database_files(engine)
    return Copy(
        with_places(used, files.get(ISSUE_BOX), marked="mark", followed_by=survey_id.hex.encode()),
        with_places(arrived, files.get(BALLOT_BOX), marked="spent", followed_by=survey_id.hex.encode()),
        sum(int(row["count"]) for row in counts),
    )


def first_seen(copies: Sequence[Copy]) -> Copy:
    """What copies of many nights tell together: each row as it lay in the first copy that has it.

    New rows of an SQLite page lie before older ones, so within a night the later of them has the smaller offset.
    """
    return Copy(
        _first_seen([copy.codes for copy in copies]), _first_seen([copy.ballots for copy in copies]), copies[-1].played
    )


def _first_seen(nights: Sequence[ByKey]) -> ByKey:
    rows = {
        key: {**row, NIGHT: night} for night, rows in reversed(list(enumerate(nights))) for key, row in rows.items()
    }
    return {
        key: {
            **row,
            **{name: row[NIGHT] * LARGEST_FILE - row[name] for name in (FILE_OFFSET, INDEX_OFFSET) if name in row},
        }
        for key, row in rows.items()
    }


def rows_of(
    connection: Connection, schema: str | None, table: str, survey_id: UUID | None = None
) -> list[dict[str, Any]]:
    """All columns of the table as it is, in the order in which the database gives its rows."""
    stored = Table(table, MetaData(), schema=schema, autoload_with=connection)
    hidden = (PLACE, TRANSACTION) if connection.dialect.name == "postgresql" else ()
    system: list[ColumnElement[Any]] = [
        literal_column(f"{stored.fullname}.{name}::text").label(name) for name in hidden
    ]
    found = [dict(row._mapping) for row in connection.execute(select(stored, *system))]
    return [
        {**_numbered(row), GIVEN_ORDER: place}
        for place, row in enumerate(found)
        if survey_id is None or UUID(str(row["survey_id"])) == survey_id
    ]


def with_places(rows: ByKey, file: Path | None, *, marked: str, followed_by: bytes = b"") -> ByKey:
    """Where the file has each row's key, and where a log beside it has what the row was marked with."""
    if file is None:
        return rows
    data = file.read_bytes()
    logs = [path.read_bytes() for ending in LOGS if (path := beside(file, ending)).exists()]
    return {
        key: {
            **row,
            **_offsets(data, key, followed_by),
            **{f"{LOG_OFFSET} {number}": log.find(_bytes(row[marked])) for number, log in enumerate(logs)},
        }
        for key, row in rows.items()
    }


def _offsets(data: bytes, key: bytes, followed_by: bytes) -> dict[str, int]:
    """Where the row lies (its key comes first), and where an index has the key."""
    row, found = data.find(key + followed_by), data.find(key)
    return {FILE_OFFSET: row, INDEX_OFFSET: found if found != row else data.find(key, row + 1)}


def _bytes(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)


def tells_order(rows: ByKey, file: Path | None) -> bool:
    """Whether the order in which rows came or changed could be read off where they lie.

    SQLite: whether any row lies elsewhere than after writing the file anew, in the order of keys. PostgreSQL (no
    file): whether rows were written by more than one transaction.
    """
    if file is None:
        return len({row[TRANSACTION] for row in rows.values()}) > 1
    data = file.read_bytes()
    anew = written_anew(data)
    return any(data.find(key) != anew.find(key) for key in rows)


def written_anew(data: bytes) -> bytes:
    """The bytes of an SQLite file after VACUUM, in memory."""
    with closing(sqlite3.connect(":memory:")) as memory:
        memory.deserialize(data)
        memory.execute("VACUUM")
        return memory.serialize()


def database_files(engine: Engine) -> dict[str, Path]:
    """The files of an SQLite database by schema; none on PostgreSQL."""
    if engine.dialect.name != "sqlite":
        return {}
    main = Path(str(engine.url.database))
    return {"main": main, **box_files(main)}


def beside(file: Path, ending: str) -> Path:
    return file.with_name(file.name + ending)


def leftover_files(files: Iterable[Path]) -> list[Path]:
    """Journals and logs that lie beside the files."""
    return [path for file in files for path in sorted(file.parent.glob(f"{file.name}-*"))]


def stored_bytes(engine: Engine) -> list[bytes] | None:
    """Everything that lies in the files of the boxes; None where this account may not read them.

    PostgreSQL: tables with their indexes and long values, after everything in memory has been written.
    """
    if engine.dialect.name == "sqlite":
        files = [file for schema, file in database_files(engine).items() if schema in BOX_FILES]
        return [path.read_bytes() for path in [*files, *leftover_files(files)]]
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("CHECKPOINT"))
            return [bytes(data) for data in connection.scalars(_relation_files(connection)) if data]
    except DBAPIError:
        return None


def parts_of(backup: Path) -> dict[str, bytes]:
    """What a backup of this software holds, unpacked."""
    with ZipFile(backup) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def remnants(files: Iterable[bytes], needles: Iterable[bytes]) -> int:
    """How many of these byte strings are to be found somewhere: as they are, or written in base64 or hexadecimal."""
    data = list(files)
    return sum(any(form in one for one in data for form in _forms(needle)) for needle in needles)


def _forms(needle: bytes) -> tuple[bytes, ...]:
    whole = len(needle) - len(needle) % 3
    return needle, b64encode(needle[:whole]), needle.hex().encode()


def box_tables(connection: Connection) -> list[tuple[str, str]]:
    """Schema and name of every table in the boxes, known to this version or not."""
    return [(schema, table) for schema, table in store_tables(connection) if schema in BOX_FILES]


def store_tables(connection: Connection) -> list[tuple[str, str]]:
    """The same with the store of names."""
    inspector = inspect(connection)
    return [(schema, table) for schema in STORE_FILES for table in sorted(inspector.get_table_names(schema=schema))]


def _relation_files(connection: Connection) -> Any:
    names = ", ".join(f"'{schema}.{table}'::regclass" for schema, table in box_tables(connection))
    return text(
        f"SELECT {READS_FILES} FROM pg_class WHERE oid IN ({names})"  # noqa: S608 (names of our own tables)
        f" OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid IN ({names}))"
        f" OR oid IN (SELECT reltoastrelid FROM pg_class WHERE oid IN ({names}))"
    )


def _numbered(row: dict[str, Any]) -> dict[str, Any]:
    """PostgreSQL's place and transaction number as numbers that can be put in order."""
    if PLACE not in row:
        return row
    page, item = row[PLACE].strip("()").split(",")
    return {**row, PLACE: int(page) * ITEMS_OF_A_PAGE + int(item), TRANSACTION: int(row[TRANSACTION])}
