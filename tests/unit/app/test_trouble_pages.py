"""When disk or database fails, pages say so in words, members hear that nothing is lost, the log says what to do."""

from __future__ import annotations

import errno
import logging
import sqlite3

import psycopg
import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from survey_app.errors import MachineTrouble
from survey_app.machine_trouble import trouble_of
from tests.page_checks import check_page, text_of


def of_sqlite(code: int) -> OperationalError:
    cause = sqlite3.OperationalError("whatever it says")
    cause.sqlite_errorcode = code
    return OperationalError("a statement", {}, cause)


def of_postgresql(kind: type[psycopg.Error]) -> OperationalError:
    return OperationalError("a statement", {}, kind("whatever it says"))


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (of_sqlite(sqlite3.SQLITE_FULL), "full"),
        (of_sqlite(sqlite3.SQLITE_IOERR_FSYNC), "disk"),
        (of_sqlite(sqlite3.SQLITE_READONLY_DIRECTORY), "read_only"),
        (of_sqlite(sqlite3.SQLITE_CANTOPEN), "away"),
        (of_sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT), "busy"),
        (of_sqlite(sqlite3.SQLITE_CORRUPT), "damaged"),
        (of_postgresql(psycopg.errors.DiskFull), "full"),
        (of_postgresql(psycopg.errors.ReadOnlySqlTransaction), "read_only"),
        (of_postgresql(psycopg.errors.AdminShutdown), "away"),
        (of_postgresql(psycopg.errors.CannotConnectNow), "away"),
        (of_postgresql(psycopg.errors.TooManyConnections), "busy"),
        (of_postgresql(psycopg.errors.DataCorrupted), "damaged"),
        (of_postgresql(psycopg.errors.UndefinedFile), "damaged"),
        (of_postgresql(psycopg.OperationalError), "away"),
        (PoolExhausted(), "busy"),
        (OSError(errno.ENOSPC, "No space left on device"), "full"),
        (OSError(errno.EROFS, "Read-only file system"), "read_only"),
    ],
)
def test_an_error_of_disk_or_database_is_known_by_what_it_tells(error, reason):
    trouble = trouble_of(error)
    assert trouble is not None
    assert trouble.reason == reason
    assert trouble.status == 503
    assert trouble.hint


@pytest.mark.parametrize(
    "error",
    [
        of_sqlite(sqlite3.SQLITE_CONSTRAINT),
        of_postgresql(psycopg.errors.UniqueViolation),
        OSError(errno.ENOENT, "No such file"),
        ValueError("of ours"),
    ],
)
def test_a_mistake_of_the_program_is_no_trouble_of_the_machine(error):
    assert trouble_of(error) is None


def test_every_trouble_has_its_sentence_and_its_hint():
    assert MachineTrouble.sentences.keys() == MachineTrouble.hints.keys()


@pytest.fixture
def without_database(app, tmp_path):
    """The file that stands where the database was is none."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.extensions["engine"].dispose()
    for file in tmp_path.glob("test*.sqlite3"):
        file.write_bytes(b"not a database at all" * 1000)
    return app.test_client()


def test_a_page_of_the_committee_says_what_is_wrong_and_asks_the_database_nothing(without_database, caplog):
    with caplog.at_level(logging.ERROR):
        page = without_database.get("/login?lang=en")
    assert page.status_code == 503
    assert page.headers["Retry-After"]
    said = text_of(check_page(page.text))
    assert "This cannot be done at the moment" in said
    assert "The database cannot be read any more. Please tell the administrator at once" in said
    assert "restore the last backup" in caplog.text


@pytest.fixture
def with_database_away(app, tmp_path):
    """Where the file was stands what cannot be opened, as when a mount is missing."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.extensions["engine"].dispose()
    for file in tmp_path.glob("test*.sqlite3"):
        file.rename(file.with_suffix(".away"))
        file.mkdir()
    return app.test_client()


def test_members_are_told_that_nothing_is_lost(with_database_away):
    page = with_database_away.post("/s/abc/def?lang=en", data={"go": "submit"})
    assert page.status_code == 503
    said = text_of(check_page(page.text))
    assert "Nothing you have sent before is lost, and your code stays good." in said
    assert "database" not in said
    assert with_database_away.get("/").status_code == 200


def test_of_what_is_broken_members_are_promised_nothing(without_database):
    page = without_database.post("/s/abc/def?lang=en", data={"go": "submit"})
    assert page.status_code == 503
    said = text_of(check_page(page.text))
    assert "Please keep your slip." in said
    assert "lost" not in said
    assert "database" not in said
    assert without_database.get("/").status_code == 200
