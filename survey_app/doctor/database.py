"""Does the database answer, is it one that this version knows, in its present shape, and whole?"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from instruments.wording import N_
from survey_app.database import MAIN, NotADatabase, damage_in
from survey_app.doctor.finding import Finding, trouble, warning, well
from survey_app.doctor.installation import Installation, missing_stores, opened_alone, schemas
from survey_app.machine_trouble import trouble_of
from survey_app.migrate import DatabaseMoved, NewerDatabase, require_known_revision

OLDEST_SQLITE: Final = (3, 35, 0)
"""The first with RETURNING."""
OLDEST_POSTGRESQL = 130_000
NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ncpfs", "fuse.sshfs", "fuse.glusterfs", "ceph", "fuse.ceph",
     "fuse.ceph-fuse", "fuse.rclone", "fuse.s3fs", "davfs", "fuse.davfs", "vboxsf", "lustre", "beegfs", "ocfs2"}
)  # fmt: skip
MOUNTS = Path("/proc/mounts")
MAGIC = b"SQLite format 3\0"
WRITE_AHEAD = 2
"""Byte 18 of the file: written through a write-ahead log."""
A_MOMENT = 0.5
"""Seconds after which the journal of a transaction that goes on has changed."""
RESTORE = N_("Stop the service, move the damaged files away, and restore the newest backup: branch-survey restore FILE")
DISK_FAILS = N_(
    "Stop the service, copy everything to another disk while it can be read, and see what journalctl -k says of the "
    "disk (docs/operations.md, “When something went wrong”)."
)
MENDING_OF_FILE: Mapping[str, str] = {
    "damaged": RESTORE,
    "disk": DISK_FAILS,
    "busy": N_("Another program holds the file: wait until a backup has ended, or end that program. Nothing is lost."),
}
"""By what is wrong with the machine."""
LET_IT_READ = N_("Let the account of the service read and write the file, its folder and its mount.")
IS_IT_RUNNING = N_(
    "Is it running (systemctl status postgresql), and are host, name and password in DATABASE_URL right?"
)
DAMAGED_SERVER = N_(
    "Stop the service, keep a copy of the server's files, and restore the newest backup into a new database "
    "(docs/operations.md, “When something went wrong”)."
)
MENDING_OF_SERVER: Mapping[str, str] = {"damaged": DAMAGED_SERVER, "disk": DAMAGED_SERVER}
SINCE_CHECKSUMS_ARE_COUNTED = 120_000
CHECKSUM_FAILURES = text("SELECT checksum_failures FROM pg_stat_database WHERE datname = current_database()")


def check_database(installation: Installation) -> Iterator[Finding]:
    try:
        is_file = installation.url.get_backend_name() == "sqlite"
    except NotADatabase as refusal:
        yield trouble(refusal.sentence, N_("Correct DATABASE_URL in config.toml or in the environment."))
        return
    yield from _of_sqlite(installation) if is_file else _of_server(installation)


def _of_sqlite(installation: Installation) -> Iterator[Finding]:
    path = installation.database_file
    if path is None:
        yield warning(
            N_("The database lies in memory: it is gone when the service stops."),
            N_("Remove DATABASE_URL from config.toml and from the environment."),
        )
        return
    if not path.exists() or not path.stat().st_size:
        yield _no_file(installation, path)
        return
    found: list[Finding] = []
    try:
        found += _of_file(installation, path)
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        found.append(_unreadable(error, MENDING_OF_FILE, LET_IT_READ))
    version = f"SQLite {sqlite3.sqlite_version}"
    yield from found or [_whole(installation, version)]


def _of_file(installation: Installation, path: Path) -> Iterator[Finding]:
    """Raises: SQLAlchemyError, sqlite3.Error, OSError."""
    no_databases = [file for file in schemas(path).values() if (beginning_of(file) or MAGIC)[: len(MAGIC)] != MAGIC]
    for file in no_databases:
        yield trouble(N_("%(path)s is no SQLite database, or its beginning is destroyed."), RESTORE, path=file)
    if no_databases:
        return
    yield from _of_journals(path)
    yield from _of_version(sqlite3.sqlite_version_info)
    yield from _of_file_system(path)
    damaged = list(_of_contents(path))
    yield from damaged or _of_shape(installation) or _of_missing(path)
    yield from _of_keeping(path)


def _of_server(installation: Installation) -> Iterator[Finding]:
    try:
        with installation.engine.connect() as connection:
            number, version = _server_version(connection)
            damaged = _damaged_pages(connection, number)
        found = _of_shape(installation)
    except (SQLAlchemyError, UnicodeError) as error:
        yield _unreadable(error, MENDING_OF_SERVER, IS_IT_RUNNING)
        return
    if damaged:
        found.append(
            trouble(N_("PostgreSQL has read damaged pages in this database: %(count)s."), DAMAGED_SERVER, count=damaged)
        )
    if number < OLDEST_POSTGRESQL:
        found.append(
            trouble(
                N_("PostgreSQL %(version)s is older than this version can use."),
                N_("Upgrade the database server to PostgreSQL 13 or later."),
                version=version,
            )
        )
    yield from found or [_whole(installation, f"PostgreSQL {version}")]


def _whole(installation: Installation, version: str) -> Finding:
    return well(
        N_("%(version)s answers, in the present shape (revision %(revision)s)."),
        version=version,
        revision=installation.revision,
    )


def _no_file(installation: Installation, path: Path) -> Finding:
    if installation.is_set_up:
        return trouble(
            N_("There is no database at %(path)s, though other parts of an installation are here."),
            N_("Put the file back, correct DATABASE_URL, or restore a backup: branch-survey restore FILE"),
            path=path,
        )
    return trouble(N_("There is no database yet at %(path)s."), N_("Make it: branch-survey init"), path=path)


def _of_shape(installation: Installation) -> list[Finding]:
    """Raises: SQLAlchemyError."""
    revision = installation.revision
    if installation.is_current:
        return []
    if revision is None:
        return [trouble(N_("The database is empty."), N_("Make its tables: branch-survey init"))]
    try:
        require_known_revision(revision)
    except NewerDatabase as newer:
        return [trouble(newer.sentence, N_("Install that version again, or a later one."), **newer.values)]
    except DatabaseMoved:
        return [
            trouble(
                N_("Everything in this database has moved to another one."),
                N_("Let DATABASE_URL in config.toml name the other one."),
            )
        ]
    return [
        trouble(
            N_("The database has the shape of an earlier version (revision %(revision)s)."),
            N_("Stop the service, copy the database for safety, then: branch-survey init"),
            revision=revision,
        )
    ]


def _of_missing(path: Path) -> list[Finding]:
    """Of a database in the present shape; earlier ones had fewer files."""
    return [
        trouble(N_("%(path)s is missing: it belongs to the database."), RESTORE, path=store)
        for store in missing_stores(path)
    ]


def _of_contents(path: Path) -> Iterator[Finding]:
    """Every file for itself, from end to end: to a damaged one no other can be attached. Raises: sqlite3.Error."""
    for file in schemas(path).values():
        with closing(opened_alone(file)) as connection:
            if (said := damage_in(connection.cursor(), MAIN)) is not None:
                yield trouble(N_("%(path)s is damaged: %(said)s"), RESTORE, path=file, said=said)


def _of_keeping(path: Path) -> Iterator[Finding]:
    for file in schemas(path).values():
        if beginning_of(file)[18:19] == bytes([WRITE_AHEAD]):
            yield warning(
                N_("Something else has switched %(path)s to a write-ahead log, which keeps who came when."),
                N_("Start the service again: it switches back. Let no other program open this file."),
                path=file,
            )


def _of_journals(path: Path) -> Iterator[Finding]:
    """Of a transaction that was cut short; one that goes on changes or goes while we look."""
    before = _journals(path)
    if not before:
        return
    time.sleep(A_MOMENT)
    for journal, size in _journals(path).items():
        if before.get(journal) == size:
            yield warning(
                N_("%(path)s is left of a change that was cut short, by a crash or a loss of power."),
                N_("Leave it where it is and start the service: it takes the unfinished change back."),
                path=journal,
            )


def _journals(path: Path) -> dict[Path, tuple[int, int]]:
    """Those with content, and how they stand."""
    files = [found for file in schemas(path).values() for found in path.parent.glob(f"{file.name}-journal")]
    return {file: (file.stat().st_size, file.stat().st_mtime_ns) for file in files if file.stat().st_size}


def _of_version(version: tuple[int, ...]) -> Iterator[Finding]:
    if version < OLDEST_SQLITE:
        yield trouble(
            N_("SQLite %(version)s of this Python is too old."),
            N_("Use a Python with SQLite 3.35 or later, such as that of Debian 12."),
            version=".".join(map(str, version)),
        )


def _of_file_system(path: Path) -> Iterator[Finding]:
    kind = file_system_of(path, MOUNTS.read_text(encoding="utf-8", errors="replace") if MOUNTS.exists() else "")
    if kind in NETWORK_FILE_SYSTEMS:
        yield trouble(
            N_("%(path)s lies on a network file system (%(kind)s), where SQLite cannot keep two writers apart."),
            N_("Move the folder to a disk of this machine, or use PostgreSQL: branch-survey migrate-to URL"),
            path=path,
            kind=kind,
        )


def file_system_of(path: Path, mounts: str) -> str:
    """Kind of the file system that a path lies on, by the lines of /proc/mounts; empty where they do not say."""
    places = [line.split() for line in mounts.splitlines()]
    kinds = {Path(_unescaped(place[1])): place[2] for place in places if len(place) > 2}  # the last one covers others
    whole = path.resolve()
    return next((kinds[parent] for parent in (whole, *whole.parents) if parent in kinds), "")


def beginning_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(100)


def _server_version(connection: Connection) -> tuple[int, str]:
    number = int(connection.scalar(text("SHOW server_version_num")) or 0)
    return number, f"{number // 10_000}.{number % 10_000}"


def _damaged_pages(connection: Connection, version: int) -> int:
    """As often as pages did not fit their checksums; 0 as well where the server keeps none."""
    return int(connection.scalar(CHECKSUM_FAILURES) or 0) if version >= SINCE_CHECKSUMS_ARE_COUNTED else 0


def _unreadable(error: Exception, mendings: Mapping[str, str], otherwise: str) -> Finding:
    """In the driver's words, which hold no password."""
    reason = str(getattr(error, "orig", None) or error).partition("\n")[0]
    what = trouble_of(error)
    mending = mendings.get(what.reason, otherwise) if what is not None else otherwise
    return trouble(N_("The database cannot be used: %(reason)s"), mending, reason=reason)


def _unescaped(place: str) -> str:
    """Blanks and the like stand there as three octal digits."""
    return place.encode("ascii", "backslashreplace").decode("unicode_escape")
