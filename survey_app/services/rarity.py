"""Rare combinations of grouping answers, set to null at sealing so that no row stands alone. Pure functions.

Afterwards every combination of reporting group and grouping answers occurs at least `SMALLEST` times, wherever the
reporting group itself has that many ballots.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence

from instruments.model import Instrument, Item

SMALLEST = 5
PEOPLE_PER_LEVEL = 10

Combination = tuple[Hashable, ...]


def too_fine(instrument: Instrument, eligible: int) -> list[Item]:
    """Grouping questions with more answers than a tenth of the people asked: many of those answers will be blanked."""
    return [item for item in instrument.grouping_items if len(item.options) * PEOPLE_PER_LEVEL > eligible]


def without_rare(
    groups: Sequence[str], combinations: Sequence[Combination], smallest: int = SMALLEST
) -> list[Combination]:
    """The grouping answers of each ballot with rare ones set to None, last question first.

    Where fewer than `smallest` ballots of a reporting group end with no answer left, its rarest remaining
    combination is given up too: else the empty ones would be known to belong to the rare.
    """
    kept = [list(combination) for combination in combinations]
    width = len(kept[0]) if kept else 0
    for position in reversed(range(width)):
        counts = Counter(_whole(groups, kept))
        for row, whole in enumerate(list(_whole(groups, kept))):
            if counts[whole] < smallest:
                kept[row][position] = None
    for group in sorted(set(groups)):
        _cover(group, groups, kept, smallest)
    return [tuple(combination) for combination in kept]


def _cover(group: str, groups: Sequence[str], kept: list[list[Hashable]], smallest: int) -> None:
    """Give up combinations of one group, rarest first, until its empty ones are none or enough."""
    rows = [row for row, member in enumerate(groups) if member == group]
    while True:
        counts = Counter(tuple(kept[row]) for row in rows)
        empty = sum(count for combination, count in counts.items() if _is_empty(combination))
        others = [(count, str(found), found) for found, count in counts.items() if not _is_empty(found)]
        if not 0 < empty < smallest or not others:
            return
        _, _, rarest = min(others)
        for row in rows:
            if tuple(kept[row]) == rarest:
                kept[row] = [None] * len(rarest)


def _whole(groups: Sequence[str], kept: Sequence[Sequence[Hashable]]) -> Iterator[Combination]:
    return ((group, *combination) for group, combination in zip(groups, kept, strict=True))


def _is_empty(combination: Combination) -> bool:
    return all(answer is None for answer in combination)
