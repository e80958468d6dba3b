"""What the record of acts says about a unit's year, each entry with the hash of the one before it.

So anybody can reckon the hash of each entry again, and compare it with an end of the record noted elsewhere. Acts of
taking files away are left out: a package made twice would not be the same.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.models import AuditEntry, Survey, Unit
from survey_app.services.assessment_lock import LOCK
from survey_app.services.audit import FIRST_HASH, entry_hash
from survey_app.services.organisation import ancestors

OF_SURVEYS = frozenset(
    f"survey.{act}"
    for act in (
        "create", "change", "choose_family", "add_module", "remove_module", "open", "extend", "close", "withdraw",
        "count", "count_refused", "seal", "import",
    )
)  # fmt: skip
"""The course of a survey, without who handed out or took in what: that is nobody's outside the record itself."""
OF_THE_UNIT = frozenset(
    {"objective", "action", "proposal", "evidence", "processes", "review", "publication", "narrative", "assessment"}
)
"""Families of acts on what a unit's committee answers for."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the record with the names that `services.audit.entry_hash` reads."""

    number: int
    at: datetime
    actor: str
    act: str
    object_kind: str
    object_id: str
    unit_id: UUID | None
    detail: dict[str, Any]
    hash: bytes
    previous: bytes
    """Hash of the entry before it in the whole record."""

    @property
    def is_whole(self) -> bool:
        return entry_hash(self.previous, self) == self.hash  # type: ignore[arg-type]


def extract_of(session: Session, unit: Unit, year: int, surveys: Collection[Survey]) -> tuple[Entry, ...]:
    """Acts on these surveys, those of the unit as far as they do not name a later year, and the locking of the schemes
    by which units above assess it."""
    identities = {str(survey.id) for survey in surveys}
    places = {unit.id, *(above.id for above in ancestors(unit)), *(survey.unit_id for survey in surveys)}
    about = select(AuditEntry).where(AuditEntry.unit_id.in_(places)).order_by(AuditEntry.number)
    chosen = [entry for entry in session.scalars(about) if _belongs(entry, unit, year, identities)]
    before = select(AuditEntry.number, AuditEntry.hash).where(AuditEntry.number.in_([e.number - 1 for e in chosen]))
    hashes = {0: FIRST_HASH} | {row.number: row.hash for row in session.execute(before)}
    return tuple(_entry(entry, hashes.get(entry.number - 1, b"")) for entry in chosen)


def _belongs(entry: AuditEntry, unit: Unit, year: int, surveys: Collection[str]) -> bool:
    family, _dot, act = entry.act.partition(".")
    if family == "survey":
        return entry.act in OF_SURVEYS and entry.object_id in surveys
    named = entry.detail.get("year")
    is_later = isinstance(named, int) and named > year
    if entry.act == LOCK:
        return named == year
    return family in OF_THE_UNIT and "export" not in act and entry.unit_id == unit.id and not is_later


def _entry(entry: AuditEntry, previous: bytes) -> Entry:
    return Entry(
        entry.number, entry.at, entry.actor, entry.act, entry.object_kind, entry.object_id, entry.unit_id,
        dict(entry.detail), entry.hash, previous,
    )  # fmt: skip


def extract_written(entries: Sequence[Entry]) -> bytes:
    """A line of JSON for each entry, in one fixed form."""
    return b"".join(_line(entry) for entry in entries)


def _line(entry: Entry) -> bytes:
    said = {
        "number": entry.number,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": entry.actor,
        "act": entry.act,
        "object_kind": entry.object_kind,
        "object_id": entry.object_id,
        "unit_id": None if entry.unit_id is None else str(entry.unit_id),
        "detail": entry.detail,
        "previous": entry.previous.hex(),
        "hash": entry.hash.hex(),
    }
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def extract_read(data: bytes) -> tuple[Entry, ...]:
    """Raises: ValueError, KeyError, TypeError or AttributeError for what is none."""
    return tuple(_read(json.loads(line)) for line in data.split(b"\n") if line)


def _read(said: dict[str, Any]) -> Entry:
    unit = said["unit_id"]
    return Entry(
        number=int(said["number"]),
        at=datetime.fromisoformat(said["at"]),
        actor=str(said["actor"]),
        act=str(said["act"]),
        object_kind=str(said["object_kind"]),
        object_id=str(said["object_id"]),
        unit_id=None if unit is None else UUID(unit),
        detail=dict(said["detail"]),
        hash=bytes.fromhex(said["hash"]),
        previous=bytes.fromhex(said["previous"]),
    )


def misfits(entries: Sequence[Entry]) -> Iterator[int]:
    """Numbers of entries that do not follow from what they name, or not from the one before where it is here too."""
    before: Entry | None = None
    for entry in entries:
        follows = before is None or entry.number > before.number
        if before is not None and entry.number == before.number + 1:
            follows = entry.previous == before.hash
        if not (entry.is_whole and follows):
            yield entry.number
        before = entry
