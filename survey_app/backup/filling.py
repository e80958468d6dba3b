"""Filling an empty database of the right shape with rows that were kept elsewhere, on either kind of database.

Triggers that keep opened surveys as they are rest meanwhile: what is loaded was kept by them where it comes from.
References between tables stay enforced.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from survey_app.backup.tables import Row, TableShape, write_rows
from survey_app.database import STORE_TABLES

LEFT_BY_INIT = ("audit_entry", "audit_head", "instrument_version")
"""Tables that are not empty after `branch-survey init`."""
MAY_HAVE_ROWS = ("alembic_version", *LEFT_BY_INIT)


def is_empty(connection: sa.Connection) -> bool:
    """Is there nothing in the database but what `init` puts there? Stores of another installation are something."""
    found = sa.inspect(connection)
    present = found.get_table_names()
    of_stores = [(store, name) for store, tables in STORE_TABLES.items() for name in tables]
    in_stores = [(store, name) for store, name in of_stores if found.has_table(name, schema=store)]
    if in_stores and not present:  # though nothing may be in them
        return False
    return not any(
        connection.scalar(sa.select(sa.literal(1)).select_from(sa.table(name, schema=schema)).limit(1)) is not None
        for schema, name in [*((None, name) for name in present if name not in MAY_HAVE_ROWS), *in_stores]
    )


@contextmanager
def being_filled(connection: sa.Connection) -> Iterator[None]:
    """Without what `init` left there, and without the database's own rules about rows, which come as they were."""
    with _resting_triggers(connection):
        for name in set(LEFT_BY_INIT) & set(sa.inspect(connection).get_table_names()):
            connection.execute(sa.delete(sa.table(name)))
        yield


def fill_table(connection: sa.Connection, shape: TableShape, rows: Iterable[Row]) -> int:
    """Insert rows; new ones will be numbered after them. Returns how many."""
    if shape.box is not None:
        return write_rows(connection, shape, rows)
    with _late_references(connection, shape.name):
        count = write_rows(connection, shape, rows)
    _count_on(connection, shape)
    return count


@contextmanager
def _resting_triggers(connection: sa.Connection) -> Iterator[None]:
    if connection.dialect.name == "sqlite":
        found = connection.execute(sa.text("select name, sql from sqlite_master where type = 'trigger'")).all()
        for trigger in found:
            connection.exec_driver_sql(f'drop trigger "{trigger.name}"')
        yield
        for trigger in found:
            connection.exec_driver_sql(trigger.sql)
        return
    tables = sa.inspect(connection).get_table_names()
    for act in ("disable", "enable"):
        for table in tables:
            connection.exec_driver_sql(f'alter table "{table}" {act} trigger user')
        if act == "disable":
            yield


@contextmanager
def _late_references(connection: sa.Connection, table: str) -> Iterator[None]:
    """References of a table to itself are looked at when all its rows are there: a parent may come after its child."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("pragma defer_foreign_keys = on")
        yield
        return
    found = sa.inspect(connection).get_foreign_keys(table)
    own = [str(key["name"]) for key in found if key["referred_table"] == table]
    for name in own:
        connection.exec_driver_sql(f'alter table "{table}" alter constraint "{name}" deferrable initially deferred')
    yield
    if own:
        connection.exec_driver_sql("set constraints all immediate")
    for name in own:
        connection.exec_driver_sql(f'alter table "{table}" alter constraint "{name}" not deferrable')


def _count_on(connection: sa.Connection, shape: TableShape) -> None:
    """PostgreSQL numbers new rows after those that were loaded."""
    if connection.dialect.name == "sqlite":
        return
    for name in (name for name, kind in shape.columns.items() if kind == "integer"):
        sequence = connection.scalar(sa.select(sa.func.pg_get_serial_sequence(shape.name, name)))
        last = connection.scalar(sa.select(sa.func.max(shape.clause.c[name]))) if sequence else None
        if last is not None:
            connection.execute(sa.select(sa.func.setval(sequence, last)))
