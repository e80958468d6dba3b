"""Every stored field of an answer, read off the database as it is, and why it leads to nobody.

A column, table or trigger that is not explained here is one that somebody added: it has no sentence.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow.parquet as pq
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.orm import Session

from analysis.parquet import UNIT_COLUMN
from instruments.model import BANDED_TYPES, Instrument, Item, ItemType, option_column
from instruments.wording import N_
from survey_app.anonymity.copies import box_tables
from survey_app.database import BALLOT_BOX, BOX_FILES, ISSUE_BOX
from survey_app.models import Dataset, LocalDataset, LocalModule, Survey
from survey_app.services.questionnaires import instrument_of

SURVEY_FIELD = N_("The survey, the same for all its rows.")
SEALED_TABLES = ("dataset", "receipt_list")
METADATA = {b"format", b"manifest", b"instrument"}

EXPLAINED = {
    f"{ISSUE_BOX}.invitation": {
        "code_hash": N_("Keyed hash of the code of one slip. No list says who has which slip, no ballot has a code."),
        "survey_id": SURVEY_FIELD,
        "group_id": N_("The reporting group that the slip was made for, the same for all its members."),
        "mark": N_(
            "Unused, handed in, or the hash of a message that was signed unseen: it fits every ballot of the group "
            "equally well."
        ),
    },
    f"{ISSUE_BOX}.played_count": {
        "survey_id": SURVEY_FIELD,
        "count": N_("How many ballots came from browsers that cannot encrypt; no ballot says that it was one of them."),
    },
    f"{BALLOT_BOX}.ballot": {
        "spent": N_("Hash of a pass that was signed unseen: it fits every used code of the group equally well."),
        "survey_id": SURVEY_FIELD,
        "group_id": N_("The reporting group, the same for all its members."),
        "receipt": N_("Hash of the answers and of a random number that lies in the envelope: it gives away neither."),
        "envelope": N_("The answers, encrypted for the scrutineers and padded to one size for all."),
        "is_paper": N_("Whether it was typed in from a paper form, which bore no code."),
    },
    "dataset": {
        "survey_id": SURVEY_FIELD,
        "sha256": N_("Fingerprint of the sealed data."),
        "rows": N_("How many valid answers there are."),
        "parquet": N_("The sealed data, rows in random order; their columns stand below."),
        "comments": N_("Texts by reporting group, apart from the rows, in an order that follows from the texts alone."),
    },
    "local_dataset": {
        "survey_id": SURVEY_FIELD,
        "unit_id": N_("The unit whose local questions these are, the same for all its members."),
        "sha256": N_("Fingerprint of the sealed data."),
        "rows": N_("How many valid answers there are."),
        "parquet": N_(
            "The sealed answers to local questions, in a random order of their own: no row leads to one of the common "
            "questions."
        ),
        "comments": N_("Texts by reporting group, apart from the rows, in an order that follows from the texts alone."),
    },
    "receipt_list": {
        "survey_id": SURVEY_FIELD,
        "receipts": N_("All receipts in ascending order; none leads to a row of the sealed data."),
        "sha256": N_("Fingerprint of the list of receipts."),
    },
}
"""Table -> column -> why it leads to nobody."""
UNIT_SENTENCE = N_("The unit of the reporting group, the same for all its members.")
GROUPING_SENTENCE = N_("An answer about the person; combinations given by fewer than five people have been emptied.")
BAND_SENTENCE = N_("The range of a number or of a day; the number or the day itself has not been kept.")
ANSWER_SENTENCE = N_("An answer; rows are in random order and carry no number.")


@dataclass(frozen=True, slots=True)
class Field:
    """A stored field; `reason` is empty where nobody has explained it."""

    name: str
    reason: str


def stored_fields(session: Session, survey: Survey) -> list[Field]:
    """All fields in which anything about an answer of this survey lies."""
    connection = session.connection()
    fields = list(_box_fields(connection))
    dataset = session.get(Dataset, survey.id)
    if dataset is not None:
        fields += _table_fields(connection, None, SEALED_TABLES)
        fields += _parquet_fields(dataset.parquet, instrument_of(survey))
    for local in session.scalars(select(LocalDataset).where(LocalDataset.survey_id == survey.id)):
        module = session.get_one(LocalModule, (survey.id, local.unit_id))
        fields += [field for field in _table_fields(connection, None, ("local_dataset",)) if field not in fields]
        fields += _parquet_fields(local.parquet, instrument_of(module.instrument), f"local_dataset {module.unit.code}")
    return fields


def _box_fields(connection: Connection) -> Iterator[Field]:
    for schema, table in box_tables(connection):
        yield from _table_fields(connection, schema, (table,))
    for schema in BOX_FILES:
        yield from (Field(f"{schema}.{name}", "") for name in _programs(connection, schema))


def _table_fields(connection: Connection, schema: str | None, tables: tuple[str, ...]) -> Iterator[Field]:
    inspector = inspect(connection)
    for table in tables:
        full = f"{schema}.{table}" if schema else table
        for column in inspector.get_columns(table, schema=schema):
            yield Field(f"{full}.{column['name']}", EXPLAINED.get(full, {}).get(column["name"], ""))


def _programs(connection: Connection, schema: str) -> list[str]:
    """Triggers and views of a box, which has none of its own: they could write down more than its tables have."""
    if connection.dialect.name == "sqlite":
        query = f"SELECT name FROM {schema}.sqlite_master WHERE type IN ('trigger', 'view')"  # noqa: S608 (our schemas)
    else:
        query = (
            "SELECT trigger_name FROM information_schema.triggers WHERE event_object_schema = :schema "
            "UNION SELECT table_name FROM information_schema.views WHERE table_schema = :schema"
        )
    values = {} if connection.dialect.name == "sqlite" else {"schema": schema}
    return sorted(connection.scalars(text(query), values))


def _parquet_fields(data: bytes, instrument: Instrument, table: str = "dataset") -> Iterator[Field]:
    """Columns and metadata of the sealed data as they are written."""
    schema = pq.read_schema(io.BytesIO(data))
    items = {name: item for item in instrument.items for name in _columns(item)}
    for name in schema.names:
        yield Field(f"{table}.parquet.{name}", UNIT_SENTENCE if name == UNIT_COLUMN else _of_item(items.get(name)))
    yield from (
        Field(f"{table}.parquet.{name.decode(errors='replace')}", "") for name in set(schema.metadata or ()) - METADATA
    )


def _columns(item: Item) -> list[str]:
    is_split = item.type in (ItemType.MULTIPLE, ItemType.RANKING)
    return [option_column(item, option) for option in item.options] if is_split else [item.code]


def _of_item(item: Item | None) -> str:
    if item is None:
        return ""
    if item.grouping:
        return GROUPING_SENTENCE
    return BAND_SENTENCE if item.type in BANDED_TYPES else ANSWER_SENTENCE
