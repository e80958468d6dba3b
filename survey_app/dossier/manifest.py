"""What stands at the head of an evidence package: its files, what its figures rest on, all in one fixed form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

SCHEMA = "branch-survey/package/1"
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"


class Rests(StrEnum):
    """What the figures of a result can be reckoned again from."""

    ALL_DATA = "all_data"
    """The sealed data of this year and of the earlier ones: every figure."""
    OWN_DATA = "own_data"
    """The sealed data of this year: every figure but those that look at earlier years."""
    TABLES = "tables"
    """The counts that are shown: what follows from them."""


@dataclass(frozen=True, slots=True)
class ResultEntry:
    """One survey of the year and audience."""

    folder: str
    survey: str
    title: str
    audience: str
    dataset_sha256: str
    instrument_sha256: str
    earlier: tuple[str, ...]
    """Hashes of the datasets of earlier years that the result looks at, oldest first."""
    rests: Rests


@dataclass(frozen=True, slots=True)
class FileEntry:
    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class PackageManifest:
    unit: str
    unit_name: str
    cycle: int
    language: str
    state_of: str
    """Day of the last act that the package tells of."""
    software: str
    public_key: str
    """Ed25519, of the installation, in hexadecimal."""
    results: tuple[ResultEntry, ...]
    files: tuple[FileEntry, ...]

    @property
    def filename(self) -> str:
        return f"evidence-{self.unit}-{self.cycle}.zip"


def file_entries(files: Mapping[str, bytes]) -> tuple[FileEntry, ...]:
    return tuple(FileEntry(name, sha256(content).hexdigest(), len(content)) for name, content in files.items())


def manifest_written(manifest: PackageManifest) -> bytes:
    """Sorted keys, no spaces, UTF-8: what is signed."""
    return fixed_json({"schema": SCHEMA, **asdict(manifest)})


def manifest_read(data: bytes) -> PackageManifest:
    """Raises: ValueError, KeyError or TypeError for what is no manifest of this schema in its fixed form."""
    content: dict[str, Any] = json.loads(data)
    if fixed_json(content) != data or content.pop("schema") != SCHEMA:
        raise ValueError("no manifest of this schema")
    results = tuple(
        ResultEntry(**{**one, "earlier": tuple(one["earlier"]), "rests": Rests(one["rests"])})
        for one in content["results"]
    )
    return PackageManifest(**{**content, "results": results, "files": tuple(FileEntry(**f) for f in content["files"])})


def fixed_json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
