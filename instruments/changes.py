"""How the single fields of a questionnaire's parts are compared, and what is said of a change.

Which parts there are in two versions, and where, is `difference`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Literal

from instruments.model import Instrument, Level, Option, Scale, Translation, Unscored
from instruments.wording import N_

Part = Literal["questionnaire", "section", "item", "scale", "dimension"]


class ChangeKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    REWORDED = "reworded"
    """Other Chinese words."""
    TRANSLATED = "translated"
    """Other English words."""
    SCALE = "scale"
    """Other answers to choose from."""
    DEFINITION = "definition"
    """What a figure is made of: dimension, direction, satisfied levels, role, groups, bands, who is asked."""
    MOVED = "moved"
    SETTING = "setting"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one part: an English template (a msgid) with its values, and the words before and after.

    Words are Chinese, those of a TRANSLATED change English; empty where there are none.
    """

    kind: ChangeKind
    part: Part
    code: str
    template: str
    values: Mapping[str, object] = field(default_factory=dict)
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Versions:
    older: Instrument
    newer: Instrument


Look = Callable[[Versions, Part, str, Any, Any], Iterator[Change]]
"""Compares one field of a part: the versions, the part and its code, the field before and after."""


def words(chinese: str, english: str) -> Look:
    """A text in its languages."""

    def look(both: Versions, kind: Part, code: str, before: Any, after: Any) -> Iterator[Change]:
        if in_chinese(before) != in_chinese(after):
            yield Change(ChangeKind.REWORDED, kind, code, chinese, {}, in_chinese(before), in_chinese(after))
        if in_english(before) != in_english(after):
            yield Change(ChangeKind.TRANSLATED, kind, code, english, {}, in_english(before), in_english(after))

    return look


def in_chinese(text: Translation | None) -> str:
    return text.zh_Hans if text else ""


def in_english(text: Translation | None) -> str:
    return text.en or "" if text else ""


def value(kind_of_change: ChangeKind, template: str, shown: Callable[[Instrument, Any], str] | None = None) -> Look:
    """A single value, shown as it is or in words."""

    def look(both: Versions, kind: Part, code: str, before: Any, after: Any) -> Iterator[Change]:
        in_words = shown or (lambda instrument, value: "" if value is None else str(value))
        yield Change(
            kind_of_change, kind, code, template, {}, in_words(both.older, before), in_words(both.newer, after)
        )

    return look


def switch(kind_of_change: ChangeKind, on: str, off: str) -> Look:
    """Something that is so or not."""

    def look(both: Versions, kind: Part, code: str, before: Any, after: Any) -> Iterator[Change]:
        yield Change(kind_of_change, kind, code, on if after else off)

    return look


def scale_of_item(both: Versions, kind: Part, code: str, before: Any, after: Any) -> Iterator[Change]:
    old, new = both.older.scales.get(before or ""), both.newer.scales.get(after or "")
    if old is not None and old == new:
        template = N_("the scale has another code")
        yield Change(ChangeKind.SETTING, kind, code, template, {}, before, after)
        return
    yield Change(ChangeKind.SCALE, kind, code, N_("answered on another scale"), {}, levels_of(old), levels_of(new))


def rows(both: Versions, kind: Part, code: str, before: Any, after: Any) -> Iterator[Change]:
    """Levels of a scale, options of an item, answers beside the levels."""
    older, newer = {row.code: row for row in before}, {row.code: row for row in after}
    for one in merged([str(row) for row in older], [str(row) for row in newer]):
        old, new = older.get(int(one)), newer.get(int(one))
        if old is None or new is None:
            kind_of_change = ChangeKind.SCALE
            template = ANSWER_REMOVED if new is None else ANSWER_ADDED
            yield Change(kind_of_change, kind, code, template, {}, label_of(old), label_of(new))
        elif old != new:
            yield from row(both, kind, code, old, new)
    if set(older) == set(newer) and list(older) != list(newer):
        orders = label_of(*before), label_of(*after)
        yield Change(ChangeKind.SETTING, kind, code, N_("the answers stand in another order"), {}, *orders)


def row(both: Versions, kind: Part, code: str, old: Any, new: Any) -> Iterator[Change]:
    answer = words(N_("an answer is called something else"), N_("an answer is called something else in English"))
    if old.label != new.label:
        yield from answer(both, kind, code, old.label, new.label)
    for name, on, off in (("exclusive", CHOSEN_ALONE, NOT_ALONE), ("other", OPENS_LINE, NO_LINE)):
        if getattr(old, name, False) != getattr(new, name, False):
            template = on if getattr(new, name) else off
            yield Change(ChangeKind.SETTING, kind, code, template, {"answer": new.label.zh_Hans})


def satisfied(both: Versions, kind: Part, code: str, before: Any, after: Any) -> Iterator[Change]:
    old, new = both.older.scales[code], both.newer.scales[code]
    template = N_("other levels count as satisfied")
    yield Change(ChangeKind.DEFINITION, kind, code, template, {}, named(old, before), named(new, after))


def named(scale: Scale, codes: Sequence[int]) -> str:
    labels = {level.code: level.label.zh_Hans for level in scale.levels}
    return " / ".join(labels.get(code, str(code)) for code in codes)


def merged(older: Sequence[str], newer: Sequence[str]) -> list[str]:
    """The newer order, with what is gone behind what it stood behind."""
    order = list(newer)
    for position, code in enumerate(older):
        if code not in newer:
            order.insert(order.index(older[position - 1]) + 1 if position else 0, code)
    return order


def label_of(*found: Level | Option | Unscored | None) -> str:
    return " / ".join(one.label.zh_Hans for one in found if one)


def levels_of(scale: Scale | None) -> str:
    return label_of(*scale.levels) if scale else ""


def dimension_title(instrument: Instrument, code: str | None) -> str:
    return next((found.title.zh_Hans for found in instrument.dimensions if found.code == code), code or "")


def numbers(_instrument: Instrument, found: Sequence[int]) -> str:
    return ", ".join(map(str, found))


ANSWER_ADDED = N_("an answer has been added")
ANSWER_REMOVED = N_("an answer has been removed")
CHOSEN_ALONE = N_("“%(answer)s” is chosen alone now")
NOT_ALONE = N_("“%(answer)s” may be chosen with others now")
OPENS_LINE = N_("“%(answer)s” opens a line to write on now")
NO_LINE = N_("“%(answer)s” opens no line to write on any more")
DEFINED, SET = ChangeKind.DEFINITION, ChangeKind.SETTING

TITLE = words(N_("title changed"), N_("English title changed"))
FIELDS: Mapping[Part, Mapping[str, Look]] = MappingProxyType(
    {
        "questionnaire": {
            "code": value(SET, N_("another code")),
            "title": TITLE,
            "note": words(N_("opening words changed"), N_("English opening words changed")),
            "audience": value(DEFINED, N_("asked of another audience")),
            "is_annual": switch(SET, N_("measures the year now"), N_("does not measure the year any more")),
            "minutes": value(SET, N_("stated minutes changed")),
            "local_items": value(SET, N_("number of local questions changed")),
        },
        "section": {
            "title": TITLE,
            "intro": words(N_("introduction changed"), N_("English introduction changed")),
            "shuffled": switch(SET, N_("questions come in any order now"), N_("questions come in a fixed order now")),
        },
        "dimension": {"title": TITLE},
        "scale": {"levels": rows, "satisfied": satisfied, "unscored": rows},
        "item": {
            "type": value(ChangeKind.SCALE, N_("another type of question")),
            "text": words(N_("wording changed"), N_("English wording changed")),
            "short": words(N_("short label changed"), N_("English short label changed")),
            "hint": words(N_("hint changed"), N_("English hint changed")),
            "scale": scale_of_item,
            "dimension": value(DEFINED, N_("belongs to another dimension"), dimension_title),
            "role": value(DEFINED, N_("stands for something else")),
            "reversed": switch(DEFINED, N_("counted in reverse now"), N_("not counted in reverse any more")),
            "required": switch(SET, N_("has to be answered now"), N_("may be left out now")),
            "grouping": switch(DEFINED, N_("forms groups now"), N_("forms no groups any more")),
            "options": rows,
            "minimum": value(DEFINED, N_("smallest number changed")),
            "maximum": value(DEFINED, N_("largest number changed")),
            "bands": value(DEFINED, N_("numbers are grouped otherwise"), numbers),
            "earliest": value(DEFINED, N_("earliest day changed")),
            "latest": value(DEFINED, N_("latest day changed")),
            "places": value(SET, N_("number of places changed")),
            "max_length": value(SET, N_("longest text changed")),
            "is_short": switch(SET, N_("written on one line now"), N_("written on several lines now")),
            "matrix": value(SET, N_("stands in another table")),
            "attention": value(DEFINED, N_("attention check changed")),
            "visible_if": value(DEFINED, N_("shown under another condition")),
        },
    }
)
"""How each field of a part is compared, in the order in which changes are told."""
