"""The tree of units to look things up in: plain rows, read once and kept until anybody acts.

Committee pages ask again and again who is below whom, in organisations of a thousand units. Every act moves the head of
the record of acts to a hash that never comes again, so a tree read under one hash is right for as long as that hash
stands. Transactions that write do not see it: they may have changed units before they write down what they did.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.models import AuditHead, Unit, UnitKind, UnitLevel
from survey_app.services.shelf import Shelf

ONLY_READS = "only_reads"
"""In the `info` of a session whose transaction changes nothing."""


@dataclass(frozen=True, slots=True)
class Place:
    """A unit as it stands in the tree; names are those of `models.Unit`."""

    id: UUID
    code: str
    name: str
    level: UnitLevel
    kind: UnitKind
    parent_id: UUID | None
    is_sample: bool
    ended_on: date | None


AnyUnit = Place | Unit


class UnitTree:
    """All units by identifier, siblings in their order. What has been asked once is remembered."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._places = {place.id: place for place in places}
        self._children: defaultdict[UUID | None, list[Place]] = defaultdict(list)
        for place in self._places.values():
            self._children[place.parent_id].append(place)
        self._below: dict[UUID, tuple[Place, ...]] = {}
        self._ids_below: dict[UUID, frozenset[UUID]] = {}

    def __contains__(self, unit_id: UUID) -> bool:
        return unit_id in self._places

    def __getitem__(self, unit_id: UUID) -> Place:
        return self._places[unit_id]

    def __iter__(self) -> Iterator[Place]:
        return iter(self._places.values())

    def children(self, unit_id: UUID | None) -> tuple[Place, ...]:
        return tuple(self._children.get(unit_id, ()))

    def below(self, unit_id: UUID) -> tuple[Place, ...]:
        """The unit and everything below it, parents before children, siblings in their order."""
        if unit_id not in self._below:
            found, waiting = [], [self._places[unit_id]]
            while waiting:
                following = waiting.pop()
                found.append(following)
                waiting.extend(reversed(self._children.get(following.id, ())))
            self._below[unit_id] = tuple(found)
        return self._below[unit_id]

    def ids_below(self, unit_id: UUID) -> frozenset[UUID]:
        """The same as identifiers."""
        if unit_id not in self._ids_below:
            self._ids_below[unit_id] = frozenset(place.id for place in self.below(unit_id))
        return self._ids_below[unit_id]

    def above(self, unit_id: UUID) -> tuple[Place, ...]:
        """From the parent up to the top."""
        found: list[Place] = []
        parent = self._places[unit_id].parent_id
        while parent is not None:
            found.append(self._places[parent])
            parent = found[-1].parent_id
        return tuple(found)


TREES: Shelf[UnitTree] = Shelf(4)
"""By hash of the head of the record of acts."""


def unit_tree(session: Session) -> UnitTree:
    """The tree as this transaction sees it; one query where it is known, two where somebody has acted since."""
    if not session.info.get(ONLY_READS):
        return _read(session)
    tree: UnitTree | None = session.info.get("unit_tree")
    if tree is None:
        head = session.scalar(select(AuditHead.hash))
        tree = session.info["unit_tree"] = _read(session) if head is None else TREES.get(head, lambda: _read(session))
    return tree


def _read(session: Session) -> UnitTree:
    rows = session.execute(
        select(
            Unit.id, Unit.code, Unit.name, Unit.level, Unit.kind, Unit.parent_id, Unit.is_sample, Unit.ended_on
        ).order_by(Unit.position, Unit.code)
    )
    return UnitTree(Place(*row) for row in rows)
