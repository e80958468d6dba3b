"""Rows in a form that no kind of database owns: one JSON object per line, each column of a plain kind.

The kinds of a backup's columns stand in its manifest, so a later version reads tables of the shape they had then.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict
from sqlalchemy.types import TypeEngine

KindName = Literal["boolean", "integer", "moment", "day", "uuid", "bytes", "json", "text"]
Row = dict[str, Any]

LEFT_BEHIND = ("user_session", "export_part", "export_job", "participation_of_day")
"""Neither written nor brought back: who has signed out since the backup was made stays signed out; exports, single
answers among them, and counts of the day are made anew."""
BATCH = 200
"""Rows that are under way between file and database at a time."""
BATCH_BYTES = 8 * 1024 * 1024
"""And no more of them than hold so much."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How values of a kind are asked of a database, and how they are written in a file."""

    sql: TypeEngine[Any]
    to_json: Callable[[Any], Any]
    from_json: Callable[[Any], Any]


def _same(value: Any) -> Any:
    return value


KINDS: Mapping[KindName, Kind] = {
    "boolean": Kind(sa.Boolean(), _same, bool),
    "integer": Kind(sa.Integer(), _same, int),
    "moment": Kind(sa.DateTime(), datetime.isoformat, datetime.fromisoformat),
    "day": Kind(sa.Date(), date.isoformat, date.fromisoformat),
    "uuid": Kind(sa.Uuid(), str, UUID),
    "bytes": Kind(sa.LargeBinary(), lambda value: b64encode(value).decode("ascii"), b64decode),
    "json": Kind(sa.JSON(), _same, _same),
    "text": Kind(sa.String(), _same, str),
}


class TableShape(BaseModel):
    """A table as it was when the backup was made."""

    model_config = ConfigDict(frozen=True)

    name: str
    box: str | None
    """The schema, for tables of a box."""
    columns: dict[str, KindName]

    @property
    def clause(self) -> sa.TableClause:
        """As statements name it."""
        columns: list[sa.ColumnClause[Any]] = [sa.column(name, KINDS[kind].sql) for name, kind in self.columns.items()]
        return sa.table(self.name, *columns, schema=self.box)


def shape_of(table: sa.Table) -> TableShape:
    """The shape that a model's table has now."""
    return TableShape(
        name=table.name, box=table.schema, columns={column.name: _kind(column.type) for column in table.columns}
    )


def _kind(found: TypeEngine[Any]) -> KindName:
    plain = found.impl_instance if isinstance(found, sa.types.TypeDecorator) else found
    return next(name for name, kind in KINDS.items() if isinstance(plain, type(kind.sql)))


def read_rows(connection: sa.Connection, table: sa.Table, *, survey_id: UUID | None = None) -> Iterator[bytes]:
    """The rows in the order of their key, all or those of a survey, each as one line of JSON."""
    shape = shape_of(table)
    for row in plain_rows(connection, table, shape, survey_id=survey_id):
        yield encode(shape, row)


def plain_rows(
    connection: sa.Connection, table: sa.Table, shape: TableShape, *, survey_id: UUID | None = None
) -> Iterator[Row]:
    """The rows in the order of their key, each column a value of its plain kind."""
    clause = shape.clause
    wanted = sa.select(*clause.c).order_by(*(clause.c[column.name] for column in table.primary_key))
    if survey_id is not None:
        wanted = wanted.where(clause.c.survey_id == survey_id)
    with connection.execute(wanted.execution_options(yield_per=_rows_at_once(table))) as found:
        for row in found:
            yield row._asdict()


def _rows_at_once(table: sa.Table) -> int:
    """Sealed data and files may be large: one at a time. Ballots are not."""
    holds_files = any(isinstance(column.type, sa.LargeBinary) and not column.type.length for column in table.columns)
    return 1 if holds_files and table.schema is None else BATCH


def encode(shape: TableShape, row: Mapping[str, Any]) -> bytes:
    """A row as one line."""
    plain = {
        name: None if row[name] is None else KINDS[kind].to_json(row[name]) for name, kind in shape.columns.items()
    }
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def decode(shape: TableShape, line: bytes) -> Row:
    """The row in a line. Raises: ValueError, TypeError, KeyError for what `encode` has not made."""
    plain = json.loads(line)
    return {
        name: None if plain[name] is None else KINDS[kind].from_json(plain[name])
        for name, kind in shape.columns.items()
    }


def write_rows(connection: sa.Connection, shape: TableShape, rows: Iterable[Row]) -> int:
    """Insert rows, some at a time. Returns how many."""
    count = 0
    for batch in _batches(rows):
        connection.execute(sa.insert(shape.clause), batch)
        count += len(batch)
    return count


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    held = 0
    for row in rows:
        batch.append(row)
        held += sum(len(value) for value in row.values() if isinstance(value, bytes | str))
        if len(batch) == BATCH or held >= BATCH_BYTES:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch
