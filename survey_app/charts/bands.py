"""Which of the five colours an answer level gets: by its side of satisfied, and how far out it lies.

Scales of more levels are grouped first; a group of small n (two or three classes) keeps the colours of its side.
"""

from __future__ import annotations

from dataclasses import dataclass

from analysis.tree import Detail, ItemResult, LevelCount


@dataclass(frozen=True, slots=True)
class Band:
    """Answers of one colour."""

    level: str
    """Token of the palette, l5 (best) to l1 (worst)."""
    codes: tuple[int, ...]
    count: int
    is_satisfied: bool


_SATISFIED = {1: ("l4",), 2: ("l5", "l4")}
_NOT_SATISFIED = {1: ("l3",), 2: ("l3", "l2"), 3: ("l3", "l2", "l1")}
_WITHOUT_MIDDLE = ("l2", "l1")
_PASSIVE_LEVELS = 2
"""Of a recommendation: 8 and 7 are one band, all below are detractors."""


def bands(item: ItemResult) -> tuple[Band, ...]:
    """Best first; empty where the levels are hidden, as they are behind "at least" and "at most"."""
    if not isinstance(item.levels, tuple):
        return ()
    satisfied = [level for level in item.levels if level.satisfied]
    others = [level for level in item.levels if not level.satisfied]
    upper = _coloured(satisfied, _upper(satisfied), True)
    if item.recommendation is not None and item.detail is Detail.FULL:
        passives, detractors = others[:_PASSIVE_LEVELS], others[_PASSIVE_LEVELS:]
        return (*upper, *_coloured(passives, ("l3",), False), *_coloured(detractors, ("l2",), False))
    return (*upper, *_coloured(others, _lower(item, others), False))


def _upper(levels: list[LevelCount]) -> tuple[str, ...]:
    return _SATISFIED.get(len(levels), ("l5", "l4"))


def _lower(item: ItemResult, levels: list[LevelCount]) -> tuple[str, ...]:
    has_no_middle = item.detail is Detail.FULL and len(levels) == 2
    return _WITHOUT_MIDDLE if has_no_middle else _NOT_SATISFIED.get(len(levels), ("l3", "l2", "l1"))


def _coloured(levels: list[LevelCount], colours: tuple[str, ...], is_satisfied: bool) -> tuple[Band, ...]:
    """Levels split over the colours as evenly as can be, the best levels first."""
    size, rest = divmod(len(levels), len(colours))
    shares: list[list[LevelCount]] = []
    start = 0
    for number in range(len(colours)):
        end = start + size + (number < rest)
        shares.append(levels[start:end])
        start = end
    return tuple(
        Band(
            colour,
            tuple(code for level in share for code in level.codes),
            sum(level.count for level in share),
            is_satisfied,
        )
        for colour, share in zip(colours, shares, strict=True)
        if share
    )
