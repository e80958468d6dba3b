"""The file of a backup: a zip with a manifest, a part per table and a part per survey whose boxes are not empty.

    manifest.json             format, version, revision, day, shapes of tables, SHA-256 of every part
    tables/<name>.jsonl       one row per line, in the order of the key
    boxes/<survey id>.bin     codes and ballots, see `boxes`

Nothing in it depends on when or where it was made but the day: the same state gives the same bytes, except for blobs.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from tempfile import mkstemp
from typing import IO, BinaryIO, ClassVar, Literal
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from pydantic import BaseModel, ConfigDict

from instruments.wording import N_
from survey_app.backup.tables import TableShape
from survey_app.errors import Refusal

FORMAT = "branch-survey-backup/1"
MANIFEST = "manifest.json"
LARGEST_MANIFEST = 8 * 1024 * 1024
DAMAGED = (BadZipFile, zlib.error, EOFError, ValueError, RuntimeError)
"""What reading a zip raises in which a byte has changed."""
"""Bytes; a line for each table and each box takes some hundred."""
CHUNK = 1024 * 1024
QUICK = 1
"""Level of compression: members wait while tables are read."""


class BackupRefused(Refusal):
    """A file from which nothing can be restored."""

    status = 422
    sentences: ClassVar[dict[str, str]] = {
        "unknown": N_("%(file)s is not a backup made by branch-survey."),
        "altered": N_("%(file)s is damaged or was altered: the part %(part)s is not what the backup says it is."),
        "newer": N_(
            "%(file)s was made by the newer version %(software)s (revision %(revision)s). "
            "Please update branch-survey first."
        ),
    }


class Part(BaseModel):
    """A file in the zip."""

    model_config = ConfigDict(frozen=True)

    sha256: str
    bytes: int


class Manifest(BaseModel):
    """What a backup says of itself."""

    model_config = ConfigDict(frozen=True)

    format: Literal["branch-survey-backup/1"]
    software: str
    revision: str
    day: date
    tables: tuple[TableShape, ...]
    """In an order in which they can be filled."""
    boxes: tuple[TableShape, ...]
    parts: dict[str, Part]


def digest_of(stream: IO[bytes]) -> str:
    """SHA-256 of what is left in a stream."""
    digest = hashlib.sha256()
    while chunk := stream.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def table_part(shape: TableShape) -> str:
    return f"tables/{shape.name}.jsonl"


def boxes_part(survey_id: object) -> str:
    return f"boxes/{survey_id}.bin"


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A file for its owner alone that comes to be under its name when it is complete and on the disk, or not at all."""
    descriptor, name = mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _keep_name(path.parent)


def _keep_name(folder: Path) -> None:
    """The name, too, is on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Writer:
    """A zip being written; knows the hashes of the parts so far."""

    def __init__(self, file: ZipFile) -> None:
        self._zip = file
        self.parts: dict[str, Part] = {}

    def add(self, name: str, chunks: Iterable[bytes], *, is_random: bool = False) -> int:
        """Write a part; random bytes are not worth compressing. Returns of how many chunks."""
        digest, length, count = hashlib.sha256(), 0, 0
        with self._zip.open(ZipInfo(name) if is_random else name, "w", force_zip64=True) as part:
            for chunk in chunks:
                part.write(chunk)
                digest.update(chunk)
                length, count = length + len(chunk), count + 1
        self.parts[name] = Part(sha256=digest.hexdigest(), bytes=length)
        return count


@contextmanager
def writing(file: BinaryIO) -> Iterator[Writer]:
    """A zip to be written into a file, complete at the end; after a failure it is let go."""
    made = ZipFile(file, "w", ZIP_DEFLATED, compresslevel=QUICK)
    try:
        yield Writer(made)
    except BaseException:
        with suppress(OSError):
            made.close()
        raise
    made.close()


@contextmanager
def opened(path: Path) -> Iterator[tuple[ZipFile, Manifest]]:
    """A backup whose parts all have the hashes of its manifest. Raises: BackupRefused."""
    try:
        file = ZipFile(path)
    except DAMAGED:
        raise BackupRefused("unknown", file=path) from None
    with file:
        manifest = _manifest_of(file, path)
        _require_untouched(file, manifest, path)
        yield file, manifest


def _manifest_of(file: ZipFile, path: Path) -> Manifest:
    try:
        if file.getinfo(MANIFEST).file_size > LARGEST_MANIFEST:
            raise BackupRefused("unknown", file=path)
        return Manifest.model_validate_json(file.read(MANIFEST))
    except (KeyError, OSError, *DAMAGED):
        raise BackupRefused("unknown", file=path) from None


def _require_untouched(file: ZipFile, manifest: Manifest, path: Path) -> None:
    named = sorted([*manifest.parts, MANIFEST])
    if sorted(file.namelist()) != named:
        raise BackupRefused("altered", file=path, part=MANIFEST)
    for name, part in manifest.parts.items():
        try:
            with file.open(name) as stream:
                found = digest_of(stream)
        except (OSError, *DAMAGED):
            found = ""
        if found != part.sha256:
            raise BackupRefused("altered", file=path, part=name)
