"""A store as it is often built: numbered rows in order of arrival, times, a log of changes.

It is here so that the attacks can be seen to find what is to be found. Nothing else ever uses it.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path

from sqlalchemy import create_engine

from survey_app.anonymity.copies import Copy, rows_of, with_places

TABLES = """
PRAGMA journal_mode = WAL;
CREATE TABLE code (id INTEGER PRIMARY KEY, code BLOB UNIQUE, used_at TEXT);
CREATE TABLE answer (id INTEGER PRIMARY KEY, key BLOB, submitted_at TEXT, answers TEXT);
"""


class NaiveStore:
    """One SQLite file, kept open as by a running service: its log lies beside it."""

    def __init__(self, file: Path, codes: list[bytes]) -> None:
        self.file = file
        self.connection = sqlite3.connect(file)
        self.connection.executescript(TABLES)
        self.connection.executemany("INSERT INTO code (code) VALUES (?)", [(code,) for code in codes])
        self.connection.commit()

    def take(self, code: bytes, key: bytes, answers: str, moment: datetime) -> None:
        """One request uses the code up and stores the answers, as such services do."""
        self.connection.execute("UPDATE code SET used_at = ? WHERE code = ?", (moment.isoformat(), code))
        self.connection.execute(
            "INSERT INTO answer (key, submitted_at, answers) VALUES (?, ?, ?)", (key, moment.isoformat(), answers)
        )
        self.connection.commit()

    def copy(self) -> Copy:
        engine = create_engine(f"sqlite:///{self.file}")
        with engine.connect() as connection:
            codes = [row for row in rows_of(connection, None, "code") if row["used_at"]]
            answers = rows_of(connection, None, "answer")
        engine.dispose()
        used = {bytes(row["code"]): row for row in codes}
        arrived = {bytes(row["key"]): row for row in answers}
        return Copy(
            with_places(used, self.file, marked="used_at"),
            with_places(arrived, self.file, marked="key"),
            0,
        )

    def close(self) -> None:
        self.connection.close()
