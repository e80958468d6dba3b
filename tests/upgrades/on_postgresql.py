"""A kept SQLite database as that version would have left it on PostgreSQL: the same rows in the shape of then."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from survey_app.backup.filling import being_filled, fill_table
from survey_app.backup.tables import plain_rows, shape_of
from survey_app.database import STORE_TABLES, build_engine
from survey_app.migrate import upgrade


def revision_in(path: Path) -> str:
    """Without the stores: looking for them would make those that are missing."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
        return str(file.execute("select version_num from alembic_version").fetchone()[0])


def lay_out(path: Path, url: str) -> None:
    """Fill an empty PostgreSQL database with what is in an SQLite file and in the stores beside it."""
    upgrade(url, revision_in(path))
    old, new = build_engine(f"sqlite:///{path}"), build_engine(url)
    with old.connect() as here, new.begin() as there, being_filled(there):
        for table in _tables(there):
            shape = shape_of(table)
            fill_table(there, shape, plain_rows(here, table, shape))
    old.dispose()
    new.dispose()


def _tables(connection: sa.Connection) -> list[sa.Table]:
    """As the database itself describes them, those referred to before those that refer."""
    found = sa.MetaData()
    for schema in (None, *STORE_TABLES):
        found.reflect(connection, schema=schema)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]
