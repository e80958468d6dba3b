"""The mark on a database from which everything has moved: from then on it takes nothing, whoever asks.

A service that still runs on it is refused by the database itself, by triggers on what every pass, every ballot and
every act of a committee writes to; one that starts, and every command, by the revision. Nothing is deleted.
"""

from __future__ import annotations

import sqlalchemy as sa

from survey_app.database import BALLOT_BOX, ISSUE_BOX
from survey_app.machine_trouble import HAS_MOVED
from survey_app.migrate import MOVED

GUARDED = (f"{ISSUE_BOX}.invitation", f"{BALLOT_BOX}.ballot", "audit_head")
ACTS = ("insert", "update", "delete")
REVISION = sa.table("alembic_version", sa.column("version_num", sa.String()))


def retire(connection: sa.Connection) -> None:
    """Mark it, from the end of this transaction on."""
    for statement in _guards(connection):
        connection.exec_driver_sql(statement)
    connection.execute(sa.update(REVISION).values(version_num=sa.literal(MOVED).concat(REVISION.c.version_num)))


def take_back(connection: sa.Connection) -> bool:
    """Take the mark away. Returns whether there was one."""
    marked = connection.scalar(sa.select(REVISION.c.version_num)) or ""
    if not marked.startswith(MOVED):
        return False
    for statement in _unguards(connection):
        connection.exec_driver_sql(statement)
    connection.execute(sa.update(REVISION).values(version_num=marked.removeprefix(MOVED)))
    return True


def _guards(connection: sa.Connection) -> list[str]:
    if connection.dialect.name == "sqlite":
        return [
            f"create trigger {_named(table, act)} before {act} on {table.rpartition('.')[2]} "
            f"begin select raise(abort, '{HAS_MOVED}'); end"
            for table in GUARDED
            for act in ACTS
        ]
    function = (
        "create function has_moved() returns trigger language plpgsql as "
        f"$$ begin raise exception '{HAS_MOVED}' using errcode = 'object_not_in_prerequisite_state'; end $$"
    )
    every = " or ".join((*ACTS, "truncate"))
    return [
        function,
        *(
            f"create trigger has_moved before {every} on {table} for each statement execute function has_moved()"
            for table in GUARDED
        ),
    ]


def _unguards(connection: sa.Connection) -> list[str]:
    if connection.dialect.name == "sqlite":
        return [f"drop trigger {_named(table, act)}" for table in GUARDED for act in ACTS]
    return [*(f"drop trigger has_moved on {table}" for table in GUARDED), "drop function has_moved()"]


def _named(table: str, act: str) -> str:
    """Of an SQLite trigger, which lies in the file of its table."""
    return f"{table}_has_moved_on_{act}"
