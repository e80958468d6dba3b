"""Making a backup while the service runs: one moment of all tables and both boxes.

SQLite: a transaction that holds the write lock on all three files; whoever answers meanwhile waits. PostgreSQL: a
snapshot; members wait only while the boxes are rewritten before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

import sqlalchemy as sa
from alembic.migration import MigrationContext
from sqlalchemy.orm import Session

from survey_app.backup import archive, boxes
from survey_app.backup.tables import LEFT_BEHIND, read_rows, shape_of
from survey_app.clock import Clock
from survey_app.database import MAIN, require_whole, rewrite_boxes
from survey_app.models import Base, Survey


@dataclass(frozen=True, slots=True)
class Backup:
    """What was written. `rows` by table; `under_way`: titles of the surveys whose boxes are in it."""

    bytes: int
    sha256: str
    rows: Mapping[str, int]
    under_way: tuple[str, ...]


def write_backup(engine: sa.Engine, path: Path, *, secret: bytes, clock: Clock) -> Backup:
    """Write everything to a file, or nothing. An existing file is replaced at the very end. Raises: DamagedFile."""
    require_whole(engine, (MAIN,))
    rewrite_boxes(engine)
    with archive.new_file(path) as file:
        with archive.writing(file) as written:
            with one_moment(engine) as connection:
                rows = {table.name: _add_table(written, connection, table) for table in main_tables()}
                under_way = _add_boxes(written, connection, secret)
                revision = MigrationContext.configure(connection).get_current_revision()
            manifest = _manifest(written, revision or "", clock)
            written.add(archive.MANIFEST, [manifest.model_dump_json(indent=1).encode() + b"\n"])
        return Backup(*_measured(file), rows, under_way)


def main_tables() -> list[sa.Table]:
    """All but the boxes and what ends with the installation, those referred to before those that refer."""
    tables = Base.metadata.sorted_tables
    return [table for table in tables if table.schema is None and table.name not in LEFT_BEHIND]


@contextmanager
def one_moment(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that sees all tables as they were at one moment."""
    if engine.dialect.name == "sqlite":
        with engine.begin() as connection:
            yield connection
        return
    reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with reader.begin() as connection:
        quoted = connection.dialect.identifier_preparer.format_table
        tables = ", ".join(quoted(table) for table in Base.metadata.sorted_tables)
        # Before the snapshot: to an older one, a box that is being rewritten looks empty.
        connection.exec_driver_sql(f"LOCK TABLE {tables} IN ACCESS SHARE MODE")
        yield connection


def _manifest(written: archive.Writer, revision: str, clock: Clock) -> archive.Manifest:
    return archive.Manifest(
        format=archive.FORMAT,
        software=version("branch-survey"),
        revision=revision,
        day=clock.today(),
        tables=tuple(shape_of(table) for table in main_tables()),
        boxes=tuple(shape_of(table) for table in boxes.TABLES),
        parts=written.parts,
    )


def _add_table(written: archive.Writer, connection: sa.Connection, table: sa.Table) -> int:
    return written.add(archive.table_part(shape_of(table)), read_rows(connection, table))


def _add_boxes(written: archive.Writer, connection: sa.Connection, secret: bytes) -> tuple[str, ...]:
    with Session(connection) as session:
        surveys = session.scalars(sa.select(Survey).where(Survey.state.in_(boxes.UNDER_WAY)).order_by(Survey.id)).all()
        for survey in surveys:
            blob = boxes.sealed_boxes(connection, survey, secret=secret)
            written.add(archive.boxes_part(survey.id), blob, is_random=True)
        return tuple(survey.title for survey in surveys)


def _measured(file: BinaryIO) -> tuple[int, str]:
    """Length and SHA-256 of what has been written."""
    length = file.tell()
    file.seek(0)
    return length, archive.digest_of(file)
