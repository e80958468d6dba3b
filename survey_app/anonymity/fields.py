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
from survey_app.anonymity.copies import store_tables
from survey_app.database import BALLOT_BOX, ISSUE_BOX, ROSTER_STORE, STORE_FILES
from survey_app.models import Dataset, LocalDataset, LocalModule, SuggestionRound, Survey
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
    f"{ROSTER_STORE}.roster_person": {
        "survey_id": SURVEY_FIELD,
        "unit_id": N_("The unit of somebody who is to be asked; it says nothing about whether they answered."),
        "name": N_(
            "Somebody who is to be asked, for slips and reminders; no code stands beside it. Sealing erases it."
        ),
        "email": N_("Where a reminder goes, to everybody alike; sealing erases it."),
        "id": N_("A random number that stands nowhere else."),
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
    "suggestion": {
        "id": N_("A random number, by which the record of acts names it."),
        "survey_id": N_("The round with which it was read; texts that had to wait come with those of a later round."),
        "unit_id": N_("A unit of which at least ten people answered and five wrote, the same for all their texts."),
        "position": N_("Its place in an order that follows from the texts alone."),
        "original": N_("The text as the sealed data have it; only moderators read it."),
        "shown": N_("The text as a moderator released it, names and numbers taken out."),
        "state": N_("What a moderator decided."),
        "reason": N_("Why a moderator withheld it."),
        "answer": N_("The answer of the committee."),
        "answered_on": N_("The day of the answer; when the text was written is not kept."),
        "action_id": N_("The improvement action that followed from it."),
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
    """All fields in which anything about an answer of this survey lies, or the name of somebody who is asked."""
    connection = session.connection()
    fields = list(_store_fields(connection))
    dataset = session.get(Dataset, survey.id)
    if dataset is not None:
        fields += _table_fields(connection, None, SEALED_TABLES)
        fields += _parquet_fields(dataset.parquet, instrument_of(survey))
    if session.get(SuggestionRound, survey.id) is not None:
        fields += _table_fields(connection, None, ("suggestion",))
    for local in session.scalars(select(LocalDataset).where(LocalDataset.survey_id == survey.id)):
        module = session.get_one(LocalModule, (survey.id, local.unit_id))
        fields += [field for field in _table_fields(connection, None, ("local_dataset",)) if field not in fields]
        fields += _parquet_fields(local.parquet, instrument_of(module.instrument), f"local_dataset {module.unit.code}")
    return fields


def _store_fields(connection: Connection) -> Iterator[Field]:
    for schema, table in store_tables(connection):
        yield from _table_fields(connection, schema, (table,))
    for schema in STORE_FILES:
        yield from (Field(f"{schema}.{name}", "") for name in _programs(connection, schema))


def _table_fields(connection: Connection, schema: str | None, tables: tuple[str, ...]) -> Iterator[Field]:
    inspector = inspect(connection)
    for table in tables:
        full = f"{schema}.{table}" if schema else table
        for column in inspector.get_columns(table, schema=schema):
            yield Field(f"{full}.{column['name']}", EXPLAINED.get(full, {}).get(column["name"], ""))


def _programs(connection: Connection, schema: str) -> list[str]:
    """Triggers and views of a store, which has none of its own: they could write down more than its tables have."""
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
