"""What an error says about the machine: a disk without room, a database that is away. Tables, no words for people.

The words are `errors.machine`'s; who shows them are pages (`web.error_pages`), the ballot box and the log.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Mapping

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from survey_app.errors.machine import MachineTrouble

OF_SYSTEM: Mapping[int, str] = {
    errno.ENOSPC: "full", errno.EDQUOT: "full", errno.EFBIG: "full", errno.EROFS: "read_only", errno.EIO: "disk",
}  # fmt: skip
OF_SQLITE: Mapping[int, str] = {
    sqlite3.SQLITE_FULL: "full", sqlite3.SQLITE_IOERR: "disk", sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_PERM: "read_only", sqlite3.SQLITE_CANTOPEN: "away", sqlite3.SQLITE_BUSY: "busy",
    sqlite3.SQLITE_LOCKED: "busy", sqlite3.SQLITE_CORRUPT: "damaged", sqlite3.SQLITE_NOTADB: "damaged",
}  # fmt: skip
"""By primary result code."""
OF_POSTGRESQL: Mapping[str, str] = {
    "53100": "full", "25006": "read_only", "58030": "disk", "53300": "busy", "55P03": "busy", "57014": "busy",
    "40001": "busy", "40P01": "busy", "08": "away", "57P": "away", "28": "away", "3D": "away", "XX001": "damaged",
    "XX002": "damaged", "58P01": "damaged",
}  # fmt: skip
"""By SQLSTATE or how it begins."""
PRIMARY = 0xFF
HAS_MOVED = "this database has moved to another one"
"""What a database says to whoever still writes to it (`backup.retirement`)."""


def trouble_of(error: BaseException) -> MachineTrouble | None:
    """What is wrong with the machine; None for an error that does not speak of it."""
    if isinstance(error, MachineTrouble):
        return error
    if isinstance(error, PoolExhausted):
        return MachineTrouble("busy")
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, (sqlite3.Error, psycopg.Error)) and HAS_MOVED in str(cause):
        return MachineTrouble("moved")
    if isinstance(cause, sqlite3.Error):
        reason = OF_SQLITE.get(getattr(cause, "sqlite_errorcode", 0) & PRIMARY)
    elif isinstance(cause, psycopg.Error):
        reason = _of_postgresql(cause)
    else:
        reason = OF_SYSTEM.get(cause.errno or 0) if isinstance(cause, OSError) else None
    return MachineTrouble(reason) if reason else None


def _of_postgresql(error: psycopg.Error) -> str | None:
    """A driver that lost its connection has no SQLSTATE to tell."""
    state = error.sqlstate
    if state is None:
        return "away" if isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)) else None
    return next((reason for start, reason in OF_POSTGRESQL.items() if state.startswith(start)), None)
