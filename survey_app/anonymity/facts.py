"""What matters of the database and of a survey's settings, each with whether it is as promised."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import sleep
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from instruments.wording import N_
from survey_app.anonymity.copies import box_tables, database_files, leftover_files, remnants, stored_bytes
from survey_app.database import STORE_FILES, reading
from survey_app.models import AccessMode, Ballot, Invitation, RosterPerson, State, Survey
from survey_app.services.opening import played_so_far

ROLLBACK_JOURNAL = b"\x01\x01"
"""Bytes 18 and 19 of an SQLite file; 2 stands for a write-ahead log."""
SECURE = 1
JOURNAL_SECONDS = 0.5
"""A journal that is still there after so long belongs to no commit under way."""
FEWEST_SHOWN = 5

ACCESS = {
    AccessMode.CODES: N_("Entry by codes on slips that are drawn: a code leads to nobody."),
    AccessMode.PERSONAL: N_("Entry by personal slips; no list of names and codes is kept."),
    AccessMode.OPEN: N_("Entry by an open link, without codes: there is nobody to link an answer with."),
    AccessMode.IMPORTED: N_("Brought in from a file: this service never had ballots of it."),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """A sentence with its values. `is_as_promised` is None for what is only told."""

    sentence: str
    values: dict[str, Any] = field(default_factory=dict)
    is_as_promised: bool | None = None


def database_facts(engine: Engine) -> list[Fact]:
    with reading(engine).connect() as connection:
        if engine.dialect.name != "sqlite":
            return list(_postgresql_facts(connection))
        files = list(database_files(engine).values())
        return [*file_facts(files), *_sqlite_facts(connection)]


def file_facts(files: Sequence[Path]) -> Iterator[Fact]:
    """Of SQLite files as they lie there, read without opening the database."""
    for file in files:
        with file.open("rb") as stored:
            mode = stored.read(20)[18:]
        yield Fact(
            N_("%(file)s keeps no write-ahead log (journal_mode)."), {"file": file.name}, mode == ROLLBACK_JOURNAL
        )
    if leftover_files(files):
        sleep(JOURNAL_SECONDS)
    left = ", ".join(path.name for path in leftover_files(files))
    if left:
        yield Fact(N_("Files of earlier changes lie beside the database: %(files)s."), {"files": left}, False)
    else:
        yield Fact(N_("No journal or log lies beside the database."), {}, True)


def remnant_fact(engine: Engine, survey_id: UUID) -> Fact:
    """After the end of a survey; every row of it, deleted or not, has its identifier."""
    files = stored_bytes(engine)
    if files is None:
        return Fact(N_("This account may not read the files of the boxes, so they were not searched for remnants."))
    return Fact(
        N_("Nothing of this survey is left in the files of the boxes."), {}, remnants(files, [survey_id.bytes]) == 0
    )


def survey_facts(session: Session, survey: Survey) -> Iterator[Fact]:
    yield Fact(ACCESS[survey.access_mode])
    yield from _box_facts(survey)
    yield Fact(N_("Groups smaller than %(threshold)s people are never shown apart."), {"threshold": survey.threshold})
    yield from _played_facts(session, survey)
    if survey.has_receipts:
        yield Fact(
            N_("Receipts are published at sealing. A receipt leads to its ballot, so nobody should show theirs before.")
        )
    else:
        yield Fact(N_("No receipts are published."))
    names = session.scalar(select(func.count()).where(RosterPerson.survey_id == survey.id)) or 0
    if survey.state in (State.SEALED, State.WITHDRAWN):
        yield from _end_facts(session, survey)
        yield Fact(N_("No list of names is left."), {}, names == 0)
    else:
        yield Fact(N_("Names listed for slips and reminders, without codes: %(names)s."), {"names": names})


def _box_facts(survey: Survey) -> Iterator[Fact]:
    if survey.has_ballot_box and survey.scrutineers == 1:
        yield Fact(N_("One scrutineer can open the ballots alone, after closing."))
    elif survey.has_ballot_box:
        yield Fact(N_("Any two of three scrutineers together can open the ballots; nobody can alone."))
    elif survey.state in (State.OPEN, State.CLOSED):
        yield Fact(N_("This survey has no ballot box: whoever has the server can open its ballots."), {}, False)
    else:
        yield Fact(N_("This survey had no ballot box."))


def _played_facts(session: Session, survey: Survey) -> Iterator[Fact]:
    if not survey.accepts_played:
        yield Fact(N_("Browsers that cannot encrypt are turned away."))
        return
    yield Fact(N_("For browsers that cannot encrypt, the server plays the voter: it sees those answers for a moment."))
    stored = survey.played_ballots
    count = played_so_far(session, survey) if stored is None else stored
    if count >= FEWEST_SHOWN:
        yield Fact(N_("Ballots that came this way: %(count)s."), {"count": count})
    else:
        yield Fact(N_("Fewer than five ballots came this way."))


def _end_facts(session: Session, survey: Survey) -> Iterator[Fact]:
    """After the end nothing of ballots, codes and keys is left."""
    left = sum(
        session.scalar(select(func.count()).select_from(box).where(box.survey_id == survey.id)) or 0
        for box in (Ballot, Invitation)
    )
    has_keys = survey.opening_lock is not None or any(group.signing_key for group in survey.groups)
    yield Fact(N_("Ballots and codes have been destroyed."), {}, left == 0)
    yield Fact(N_("The keys that sign and open have been destroyed."), {}, not has_keys)


def _sqlite_facts(connection: Connection) -> Iterator[Fact]:
    secure = [
        connection.exec_driver_sql(f"PRAGMA {schema}.secure_delete").scalar() for schema in ("main", *STORE_FILES)
    ]
    yield Fact(N_("What is deleted is overwritten (secure_delete)."), {}, secure == [SECURE] * len(secure))
    numbered = [
        f"{schema}.{table}" for schema, table in box_tables(connection) if _has_numbers(connection, schema, table)
    ]
    if numbered:
        yield Fact(N_("Rows are numbered in the order of arrival: %(tables)s."), {"tables": ", ".join(numbered)}, False)
    else:
        yield Fact(N_("Rows carry no numbers, they lie in the order of random keys (WITHOUT ROWID)."), {}, True)


def _has_numbers(connection: Connection, schema: str, table: str) -> bool:
    try:
        connection.execute(text(f"SELECT rowid FROM {schema}.{table} LIMIT 0"))  # noqa: S608 (names of the database)
    except OperationalError:
        return False
    return True


def _postgresql_facts(connection: Connection) -> Iterator[Fact]:
    def setting(name: str) -> str:
        return str(connection.scalar(select(func.current_setting(name))))

    yield Fact(
        N_("The server keeps no times of commits (track_commit_timestamp)."),
        {},
        setting("track_commit_timestamp") == "off",
    )
    yield Fact(
        N_("wal_level is %(level)s, archive_mode is %(archive)s: archived logs keep the order of arrival, so none "
           "should be kept while a survey is open."),
        {"level": setting("wal_level"), "archive": setting("archive_mode")},
    )  # fmt: skip
    yield Fact(
        N_(
            "Until the next backup or sealing, transaction numbers of rows tell their order: whoever copies the "
            "server's own files meanwhile links most answers with codes. Autovacuum changes nothing in this."
        )
    )
