"""The zip file of an evidence package: one form for the same files, and nothing in it besides them.

Files are stored as they are, so that the archive follows byte for byte from its files on every machine: whoever
changes a byte anywhere in it, also between the files, leaves an archive that is not written so.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from io import BytesIO
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

FIRST_DAY = (1980, 1, 1, 0, 0, 0)
"""The earliest that a zip file can say."""
UNIX, READABLE = 3, 0o100644 << 16
LARGEST = 512 * 1024 * 1024
"""Bytes of a package that is read."""
MOST_FILES = 1000
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*){0,3}")


class NotAPackage(ValueError):  # noqa: N818 (named for what was found)
    """No archive that a package could be."""


def packed(files: Mapping[str, bytes]) -> bytes:
    """The archive of these files in their order. Raises: ValueError for a name that a package does not have."""
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_STORED) as archive:
        for name, content in files.items():
            if not NAME.fullmatch(name):
                raise ValueError(f"no name for a file of a package: {name}")
            entry = ZipInfo(name, FIRST_DAY)
            entry.create_system, entry.external_attr = UNIX, READABLE
            archive.writestr(entry, content)
    return stream.getvalue()


def unpacked(data: bytes) -> dict[str, bytes | None]:
    """The files by name; None for one whose bytes are damaged. Raises: NotAPackage."""
    if len(data) > LARGEST:
        raise NotAPackage
    try:
        with ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
            if not _is_harmless(entries, len(data)):
                raise NotAPackage
            return {entry.filename: _content(archive, entry) for entry in entries}
    except (BadZipFile, ValueError, NotImplementedError, OSError, EOFError) as problem:
        raise NotAPackage from problem


def _is_harmless(entries: list[ZipInfo], size: int) -> bool:
    """Each name once, in capitals or not, and one of ours; nothing packed that could become larger than the archive."""
    names = {entry.filename.lower() for entry in entries}
    return (
        0 < len(entries) == len(names) <= MOST_FILES
        and all(NAME.fullmatch(entry.filename) for entry in entries)
        and all(entry.compress_type == ZIP_STORED and not entry.flag_bits & 1 for entry in entries)
        and sum(entry.file_size for entry in entries) <= size
    )


def _content(archive: ZipFile, entry: ZipInfo) -> bytes | None:
    try:
        return archive.read(entry)
    except (BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError):
        return None
