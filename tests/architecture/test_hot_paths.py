"""What members wait for is plain SQL on keys drawn at random: any PostgreSQL-compatible cluster can carry it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from sqlite3 import Connection as SQLiteConnection

import pytest
from flask import Flask
from sqlalchemy import Identity, Integer, Sequence, event

from survey_app.models import (
    Ballot,
    Base,
    InstrumentVersion,
    Invitation,
    PlayedCount,
    ReportingGroup,
    Survey,
    Unit,
)
from tests.open_survey import open_survey
from tests.unit.app.small_questionnaire import CONTENT
from tests.voter import ClientPhone, ScriptVoter

ROOT = Path(__file__).resolve().parents[2]
HOT: tuple[type[Base], ...] = (Ballot, Invitation, PlayedCount, InstrumentVersion, ReportingGroup, Survey, Unit)
BOUND_TO_ONE_MACHINE = re.compile(
    r"advisory_|nextval|currval|setval\(|\bLISTEN\b|pg_notify|\bNOTIFY\b|SKIP LOCKED|autoincrement=True|\bSequence\(|"
    r"\bIdentity\(|\bSERIAL\b"
)
FUNCTION = re.compile(r"\b([a-z_]+)\s*\(", re.I)
AROUND = {"BEGIN", "COMMIT", "ROLLBACK", "PRAGMA", "ATTACH", "--"}
"""Not about rows; SQLite tells of its triggers as comments."""
NO_FUNCTIONS = {"VALUES", "IN", "AND", "OR", "INTO", "ballot", "ON", "EXISTS", "NOT"}


def test_hot_tables_are_kept_by_keys_that_nobody_has_to_count():
    for model in HOT:
        table = model.__table__
        for column in table.columns:
            assert not isinstance(column.default, Sequence), column
            assert not isinstance(column.server_default, Identity), column
        for column in table.primary_key:
            assert not isinstance(column.type, Integer), column


def test_nothing_is_asked_of_the_database_that_only_one_machine_can_give():
    """Locks by a name, numbers in turn, messages between connections: clusters have none of them, or dear ones."""
    found = [
        (path.name, word)
        for pattern in ("*.py", "models/*.py", "services/*.py", "web/*.py")
        for path in sorted((ROOT / "survey_app").glob(pattern))
        for word in BOUND_TO_ONE_MACHINE.findall(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.fixture
def said(app: Flask) -> Iterator[list[str]]:
    """Every statement that reaches the database, whoever sent it, as SQLite itself tells."""
    statements: list[str] = []

    def listen(connection: SQLiteConnection, *_of_pool: object) -> None:
        connection.set_trace_callback(statements.append)

    event.listen(app.extensions["engine"], "checkout", listen)
    yield statements
    event.remove(app.extensions["engine"], "checkout", listen)


def test_a_whole_respondent_costs_two_rows_written_and_no_function_of_the_database(app, client, said):
    survey = open_survey(app)
    first, second = (ScriptVoter(ClientPhone(client), survey.path, code, CONTENT) for code in survey.codes[:2])
    first.persist()  # reads what is kept in memory from then on
    said.clear()
    client.get(second.path)
    client.get(f"{second.path}/sheet")
    second.persist()
    statements = [statement for statement in said if statement.split(maxsplit=1)[0] not in AROUND]
    kinds = Counter(statement.split(maxsplit=1)[0] for statement in statements if not statement.endswith("WHERE 0"))
    assert kinds.pop("SELECT") <= 16
    assert kinds == {"UPDATE": 1, "INSERT": 1}
    called = {name for statement in statements for name in FUNCTION.findall(statement)}
    assert {name for name in called if name.upper() not in NO_FUNCTIONS} <= {"ballot"}
