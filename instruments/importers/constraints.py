"""Constraints of a form, put into items as limits and exclusive options as far as items have them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from types import MappingProxyType

from instruments.exporters.layout import UnsayableError
from instruments.importers.choices import Data
from instruments.importers.expressions import Node, conditions_of, exclusive_in, limit_in
from instruments.model import ItemType

LONGEST_ANSWER = 2000
LONGEST_NUMBER = 18
LOW, HIGH = 0, 1
STEPS: Mapping[str, tuple[tuple[int, int], ...]] = MappingProxyType(
    {
        ">=": ((LOW, 0),),
        ">": ((LOW, 1),),
        "<=": ((HIGH, 0),),
        "<": ((HIGH, -1),),
        "=": ((LOW, 0), (HIGH, 0)),
    }
)
"""Which end a sign limits, and how far the end is from the value."""


def constrained(data: Data, constraint: str, codes: Mapping[str, int]) -> bool:
    """Put what a constraint says into an item; False where some of it has no place. Codes are by choice name."""
    try:
        conditions = tuple(conditions_of(constraint))
    except UnsayableError:
        return False
    return [placed(data, condition, codes) for condition in conditions].count(False) == 0


def placed(data: Data, condition: Node, codes: Mapping[str, int]) -> bool:
    if data["type"] == ItemType.MULTIPLE:
        return made_exclusive(data, codes.get(exclusive_in(condition) or ""))
    limit = limit_in(condition)
    if limit is None or limit[1] not in STEPS or (data["type"], limit[0]) not in LIMITED:
        return False
    keys, value_of = LIMITED[data["type"], limit[0]]
    for end, step in STEPS[limit[1]]:
        key, value = keys[end], value_of(limit[2], step)
        if key is None or value is None:
            return False
        data[key] = value
    return True


def made_exclusive(data: Data, code: int | None) -> bool:
    chosen = [option for option in data["options"] if option["code"] == code]
    for option in chosen:
        option["exclusive"] = True
    return bool(chosen)


def number(text: str, step: int) -> int | None:
    plain = text.removesuffix(".0")
    digits = plain.removeprefix("-")
    is_whole = digits.isascii() and digits.isdecimal() and len(digits) <= LONGEST_NUMBER
    return int(plain) + step if is_whole else None


def day(text: str, step: int) -> str | None:
    try:
        return (date.fromisoformat(text) + timedelta(days=step)).isoformat()
    except (ValueError, OverflowError):
        return None


def length(text: str, step: int) -> int | None:
    found = number(text, step)
    return found if found is not None and 1 <= found <= LONGEST_ANSWER else None


LIMITED: Mapping[tuple[str, str], tuple[tuple[str | None, str | None], Callable[[str, int], int | str | None]]] = {
    (ItemType.NUMBER, "."): (("minimum", "maximum"), number),
    (ItemType.DATE, "."): (("earliest", "latest"), day),
    (ItemType.DATE, "date"): (("earliest", "latest"), day),
    (ItemType.TEXT, "string-length"): ((None, "max_length"), length),
}
"""Keys of an item for the lower and the upper end of what is limited."""
