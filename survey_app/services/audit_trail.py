"""Does the record of acts still fit together? Every entry is reckoned again, from the first to the head.

A chain that somebody wrote anew to its end fits by itself; a head noted earlier outside the database tells it apart.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from survey_app.models import AuditEntry, AuditHead
from survey_app.services.audit import FIRST_HASH, entry_hash

PAGE = 5_000
"""Entries read at once."""
MOST_MOVED = 12
"""Up to so many entries that do not fit, it is tried where each belongs."""
NOTED_HEAD = re.compile(r"(\d{1,18}):([0-9a-f]{16,64})")
UNREADABLE = (ValueError, TypeError, AttributeError)
"""What turning a stored value into a moment, an identifier or JSON raises."""
ENTRY = (
    AuditEntry.number, AuditEntry.at, AuditEntry.actor, AuditEntry.act, AuditEntry.object_kind, AuditEntry.object_id,
    AuditEntry.unit_id, AuditEntry.detail, AuditEntry.hash,
)  # fmt: skip
HEAD = AuditHead.number.label("head_number"), AuditHead.hash.label("head_hash")


class Fault(StrEnum):
    ALTERED = "altered"
    """Does not follow from the entry before: one of the two was changed."""
    MOVED = "moved"
    """Stands at another number than it was written under."""
    DOUBLED = "doubled"
    MISSING = "missing"
    AFTER_HEAD = "after_head"
    """Not written by the service: it would have moved the head."""
    HEAD = "head"
    """The head names another hash than the entry has at which it stands, or there is no head."""
    NOT_AS_NOTED = "not_as_noted"
    """Another hash than was noted earlier: the chain was written anew."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry: with its hash all entries before it are fixed."""

    number: int
    hash: bytes

    def __str__(self) -> str:
        """The line to be noted outside the database."""
        return f"{self.number}:{self.hash.hex()}"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with the entries `number` to `last`. `belongs`: where a moved entry was written."""

    fault: Fault
    number: int
    last: int
    belongs: int | None = None


@dataclass(frozen=True, slots=True)
class Trail:
    entries: int
    head: Head | None
    findings: tuple[Finding, ...]


def head_of(session: Session) -> Head | None:
    row = session.execute(select(AuditHead.number, AuditHead.hash)).first()
    return Head(row.number, row.hash) if row else None


def noted_head(line: str) -> tuple[int, str] | None:
    """Number and beginning of the hash of a line noted earlier; None if it is no such line."""
    found = NOTED_HEAD.fullmatch(line.strip().lower())
    return (int(found[1]), found[2]) if found else None


def unlinked(session: Session, entries: Sequence[AuditEntry]) -> frozenset[int]:
    """Numbers of those that do not follow from the entry before them; one query."""
    before = select(AuditEntry.number, AuditEntry.hash).where(AuditEntry.number.in_([e.number - 1 for e in entries]))
    hashes = {0: FIRST_HASH} | {row.number: row.hash for row in session.execute(before)}
    return frozenset(
        entry.number
        for entry in entries
        if entry.number - 1 not in hashes or entry.hash != entry_hash(hashes[entry.number - 1], entry)
    )


def head_fits(session: Session, head: Head | None) -> bool:
    """Is the last entry the one that the head names? One query."""
    last = session.execute(
        select(AuditEntry.number, AuditEntry.hash).order_by(AuditEntry.number.desc()).limit(1)
    ).first()
    return head == (Head(last.number, last.hash) if last else Head(0, FIRST_HASH))


def verify_trail(session: Session, *, noted: Iterable[tuple[int, str]] = ()) -> Trail:
    """Reckon every entry again; `noted`: numbers of entries with the beginnings of their hashes, as noted earlier.

    Each page of entries is read in a transaction of its own: nobody who acts meanwhile has to wait.
    """
    walk, head = _Walk(noted), head_of(session)
    for number, entry, head in _entries(session):
        walk.see(number, entry, head)
    return Trail(walk.entries, head, walk.findings(head))


class _Walk:
    """The way along the chain: where it stands, and what did not fit."""

    def __init__(self, noted: Iterable[tuple[int, str]]) -> None:
        self.entries = 0
        self._unseen: defaultdict[int, list[str]] = defaultdict(list)
        for number, beginning in noted:
            self._unseen[number].append(beginning)
        self._number = 0
        self._before: tuple[bytes, ...] = (FIRST_HASH,)
        """Hashes that the next entry may follow: the one stored last, and the one that was to be stored there."""
        self._at_head = Head(0, FIRST_HASH)
        self._findings: list[Finding] = []
        self._altered: list[Finding] = []
        self._misfits: list[Row[Any]] = []
        self._places: list[tuple[int, bytes]] = []
        """Numbers at which the chain is broken, with the hash before."""

    def see(self, number: int, entry: Row[Any] | None, head: Head | None) -> None:
        """The next entry, and the head as it then was. None for an entry: what is stored of it cannot be read."""
        self.entries += 1
        if number <= self._number:
            _extend(self._findings, Fault.DOUBLED if self.entries > 1 else Fault.ALTERED, number)
            return
        hashes = [] if entry is None else [_hash(before, entry) for before in dict.fromkeys(self._before)]
        stored = b"" if entry is None else entry.hash
        if number > self._number + 1:
            self._places.append((self._number + 1, self._before[0]))
            self._findings.append(Finding(Fault.MISSING, self._number + 1, number - 1))
        elif stored not in hashes:
            self._break(number, entry)
        self._look_back(number, stored, head)
        self._number, self._before = number, (stored, stored if stored in hashes else (hashes or [b""])[0])

    def _break(self, number: int, entry: Row[Any] | None) -> None:
        _extend(self._altered, Fault.ALTERED, number)
        if len(self._misfits) <= MOST_MOVED:
            self._places.append((number, self._before[0]))
            if entry is not None:
                self._misfits.append(entry)

    def _look_back(self, number: int, stored: bytes, head: Head | None) -> None:
        """Is it the entry that was noted, or that the head names?"""
        if not all(stored.hex().startswith(beginning) for beginning in self._unseen.pop(number, ())):
            self._findings.append(Finding(Fault.NOT_AS_NOTED, number, number))
        if head is not None and head.number == number:
            self._at_head = Head(number, stored)

    def findings(self, head: Head | None) -> tuple[Finding, ...]:
        """All of them by number."""
        found = [*self._findings, *self._altered_or_moved(), *self._at_the_end(head)]
        return tuple(sorted(found, key=lambda finding: (finding.number, finding.fault)))

    def _at_the_end(self, head: Head | None) -> Iterator[Finding]:
        yield from (Finding(Fault.NOT_AS_NOTED, number, number) for number in self._unseen)
        if head is None:
            yield Finding(Fault.HEAD, self._number, self._number)
            return
        if head.number > self._number:
            yield Finding(Fault.MISSING, self._number + 1, head.number)
        elif head.number == self._at_head.number and head.hash != self._at_head.hash:
            yield Finding(Fault.HEAD, head.number, head.number)
        if head.number < self._number:
            yield Finding(Fault.AFTER_HEAD, head.number + 1, self._number)

    def _altered_or_moved(self) -> Iterator[Finding]:
        """Where few entries do not fit, it is tried whether they do at another broken place."""
        if len(self._misfits) > MOST_MOVED:
            yield from self._altered
            return
        befores = {before for _number, before in self._places} | {entry.hash for entry in self._misfits}
        belongs = {entry.number: self._home(entry, befores) for entry in self._misfits}
        for run in self._altered:
            for number in range(run.number, run.last + 1):
                home = belongs.get(number)
                if home is None:
                    yield Finding(Fault.ALTERED, number, number)
                elif home != number:  # where it is its own, only the entry before it stands elsewhere
                    yield Finding(Fault.MOVED, number, number, home)

    def _home(self, entry: Row[Any], befores: Iterable[bytes]) -> int | None:
        tried = product({number for number, _before in self._places}, befores)
        return next((number for number, before in tried if _hash(before, entry, number) == entry.hash), None)


def _hash(before: bytes, entry: Row[Any], number: int | None = None) -> bytes:
    """Nothing where a column holds what the service never writes."""
    try:
        return entry_hash(before, entry, number)
    except UNREADABLE:
        return b""


def _extend(findings: list[Finding], fault: Fault, number: int) -> None:
    """One finding for entries that follow each other."""
    if findings and findings[-1].fault is fault and findings[-1].last == number - 1:
        findings[-1] = replace(findings[-1], last=number)
    else:
        findings.append(Finding(fault, number, number))


def _entries(session: Session) -> Iterator[tuple[int, Row[Any] | None, Head | None]]:
    """Number and content of every entry, with the head at the moment of reading."""
    after: int | None = None
    while True:
        session.rollback()
        page = _page(session, after)
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1][0]


def _page(session: Session, after: int | None) -> list[tuple[int, Row[Any] | None, Head | None]]:
    """The entries after a number, read with the head in one statement: nobody can act in between."""
    try:
        return [(row.number, row, _head_in(row)) for row in session.execute(_query(after, *ENTRY))]
    except UNREADABLE:
        numbers = session.execute(_query(after, AuditEntry.number)).all()
        return [(row.number, _readable(session, row.number), _head_in(row)) for row in numbers]


def _query(after: int | None, *columns: Any) -> Select[Any]:
    query = select(*columns, *HEAD).select_from(AuditEntry).outerjoin(AuditHead, AuditHead.id == 1)
    following = query if after is None else query.where(AuditEntry.number > after)
    return following.order_by(AuditEntry.number).limit(PAGE)


def _head_in(row: Row[Any]) -> Head | None:
    return None if row.head_number is None else Head(row.head_number, row.head_hash)


def _readable(session: Session, number: int) -> Row[Any] | None:
    try:
        return session.execute(select(*ENTRY).where(AuditEntry.number == number)).one()
    except UNREADABLE:
        return None
