"""What changed from one version of a questionnaire to the next, part by part, for people to read.

How single fields are compared is `changes`; what a change does to comparing the years is `analysis.comparability`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from instruments.changes import FIELDS, Change, ChangeKind, Part, Versions, levels_of, merged
from instruments.model import Instrument, Item, Scale, Translation
from instruments.wording import N_

__all__ = ["Change", "ChangeKind", "difference"]

ADDED: Mapping[Part, str] = MappingProxyType(
    {
        "section": N_("section added"),
        "item": N_("question added"),
        "scale": N_("scale added"),
        "dimension": N_("dimension added"),
    }
)
REMOVED: Mapping[Part, str] = MappingProxyType(
    {
        "section": N_("section removed"),
        "item": N_("question removed"),
        "scale": N_("scale removed"),
        "dimension": N_("dimension removed"),
    }
)
MOVED = N_("moved to another position")
MOVED_HERE = N_("moved to another section")


def difference(older: Instrument, newer: Instrument) -> tuple[Change, ...]:
    """Every change in the order of the newer version, what is gone at its old place; empty iff the content is equal."""
    both = Versions(older, newer)
    return (
        *fields(both, "questionnaire", newer.code, older, newer),
        *parts(both, "scale", older.scales, newer.scales),
        *parts(both, "dimension", by_code(older.dimensions), by_code(newer.dimensions)),
        *places(both, "dimension", [part.code for part in older.dimensions], [part.code for part in newer.dimensions]),
        *sections(both),
    )


def parts(both: Versions, kind: Part, older: Mapping[str, Any], newer: Mapping[str, Any]) -> Iterator[Change]:
    for code in merged(list(older), list(newer)):
        yield from part(both, kind, code, older.get(code), newer.get(code))


def part(both: Versions, kind: Part, code: str, before: Any, after: Any) -> Iterator[Change]:
    if before is None:
        yield Change(ChangeKind.ADDED, kind, code, ADDED[kind], {}, "", name_of(after))
    elif after is None:
        yield Change(ChangeKind.REMOVED, kind, code, REMOVED[kind], {}, name_of(before), "")
    else:
        yield from fields(both, kind, code, before, after)


def fields(both: Versions, kind: Part, code: str, before: Any, after: Any) -> Iterator[Change]:
    for name, look in FIELDS[kind].items():
        one, other = getattr(before, name), getattr(after, name)
        if one != other:
            yield from look(both, kind, code, one, other)


def sections(both: Versions) -> Iterator[Change]:
    older, newer = by_code(both.older.sections), by_code(both.newer.sections)
    was, now = placed(both.older), placed(both.newer)
    yield from places(both, "section", list(older), list(newer))
    for code in merged(list(older), list(newer)):
        yield from part(both, "section", code, older.get(code), newer.get(code))
        here = [item for item in now if now[item].section == code]
        there = [item for item in was if was[item].section == code]
        for item in merged([item for item in there if item in here or item not in now], here):
            before, after = was.get(item), now.get(item)
            yield from part(both, "item", item, before and before.item, after and after.item)
        stayed = [item for item in there if item in here]
        yield from places(both, "item", stayed, [item for item in here if item in stayed])
        for item in here:
            if item in was and was[item].section != code:
                title = was[item].title
                yield Change(ChangeKind.MOVED, "item", item, MOVED_HERE, {}, title, now[item].title)


def places(both: Versions, kind: Part, older: Sequence[str], newer: Sequence[str]) -> Iterator[Change]:
    """Parts that have come to stand before or after others, as few as explain the new order."""
    before, after = [code for code in older if code in newer], [code for code in newer if code in older]
    staying = set(longest_in_order([before.index(code) for code in after]))
    for position, code in enumerate(after):
        old = before.index(code)
        if old not in staying:
            yield Change(ChangeKind.MOVED, kind, code, MOVED, {}, str(old + 1), str(position + 1))


@dataclass(frozen=True, slots=True)
class Placed:
    section: str
    title: str
    item: Item


def placed(instrument: Instrument) -> dict[str, Placed]:
    return {
        item.code: Placed(section.code, section.title.zh_Hans, item)
        for section in instrument.sections
        for item in section.items
    }


def by_code(found: Iterable[Any]) -> dict[str, Any]:
    return {one.code: one for one in found}


def longest_in_order(numbers: Sequence[int]) -> list[int]:
    """The longest rising selection (Schensted 1961, Canadian Journal of Mathematics 13:179)."""
    best: list[list[int]] = []
    for number in numbers:
        length = bisect_left([run[-1] for run in best], number)
        best[length : length + 1] = [[*(best[length - 1] if length else []), number]]
    return best[-1] if best else []


def name_of(whole: Any) -> str:
    """What a part is called, for reading."""
    if isinstance(whole, Scale):
        return levels_of(whole)
    words: Translation = whole.text if isinstance(whole, Item) else whole.title
    return words.zh_Hans
