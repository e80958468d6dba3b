"""Statements of the paths that every member takes, written out once and given to the driver itself.

The way through SQLAlchemy costs ten times what the database does for such a statement. What SQLAlchemy knows is kept:
how values are written and read, who listens to statements, what an error is called and does to its connection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.types import TypeEngine

Change = Callable[[Any], Any] | None


@dataclass(frozen=True, slots=True)
class _Written:
    """A statement in the words of one database."""

    sql: str
    names: Sequence[str]
    fixed: Mapping[str, Any]
    """Values that stand in the statement itself."""
    writing: Mapping[str, Change]
    reading: Sequence[Change]
    is_positional: bool

    def values(self, given: Mapping[str, Any]) -> Any:
        all_values = {**self.fixed, **given}
        written = {
            name: change(all_values[name]) if (change := self.writing[name]) else all_values[name]
            for name in self.names
        }
        return tuple(written.values()) if self.is_positional else written


class Prepared:
    """A statement whose parameters are named, each once; lists of values are not among them."""

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._written: dict[str, _Written] = {}

    def row(self, connection: Connection, **given: Any) -> tuple[Any, ...] | None:
        """The first row that the database finds."""
        written, cursor = self._execute(connection, given)
        found = cursor.fetchone()
        cursor.close()
        if found is None:
            return None
        return tuple(change(value) if change else value for change, value in zip(written.reading, found, strict=True))

    def count(self, connection: Connection, **given: Any) -> int:
        """How many rows it has changed."""
        _written, cursor = self._execute(connection, given)
        changed = int(cursor.rowcount)
        cursor.close()
        return changed

    def _execute(self, connection: Connection, given: Mapping[str, Any]) -> tuple[_Written, Any]:
        dialect = connection.dialect
        written = self._written.get(dialect.name) or self._written.setdefault(dialect.name, self._write(dialect))
        cursor, errors = connection.connection.cursor(), dialect.loaded_dbapi.Error
        values = written.values(given)
        listening = connection.dispatch if connection.engine._has_events else None
        for hear in listening.before_cursor_execute if listening else ():
            hear(connection, cursor, written.sql, values, None, False)
        try:
            cursor.execute(written.sql, values)
        except errors as error:  # told as SQLAlchemy's own, to whoever listens for errors of this engine
            connection._handle_dbapi_exception(error, written.sql, None, cursor, None)
        for hear in listening.after_cursor_execute if listening else ():
            hear(connection, cursor, written.sql, values, None, False)
        return written, cursor

    def _write(self, dialect: Dialect) -> _Written:
        compiled = self._statement.compile(dialect=dialect)
        binds = compiled.binds  # type: ignore[attr-defined]
        columns = self._statement.selected_columns if isinstance(self._statement, Select) else ()

        def impl(kind: TypeEngine[Any]) -> TypeEngine[Any]:
            return kind.dialect_impl(dialect)

        return _Written(
            sql=str(compiled),
            names=compiled.positiontup if compiled.positional else list(binds),  # type: ignore[attr-defined]
            fixed={name: bind.value for name, bind in binds.items() if bind.value is not None},
            writing={name: impl(bind.type).bind_processor(dialect) for name, bind in binds.items()},
            reading=[impl(column.type).result_processor(dialect, None) for column in columns],
            is_positional=bool(compiled.positional),  # type: ignore[attr-defined]
        )
