"""May an item's figures of two years stand side by side? What was asked, of whom, and how, decides; not the answers."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from analysis.tree import Comparability
from analysis.types import Context
from instruments.model import Instrument, Item, Scale

PARTICIPATION_GAP = 0.15
MONTHS_APART = 2
DAYS_APART = 31
_LANGUAGE = "zh_Hans"
"""The wording that counts; the others are translations of it."""


class Reason(StrEnum):
    WORDING = "wording"
    LEVELS = "levels"
    DEFINITION = "definition"
    TRANSLATION = "translation"
    POSITION = "position"
    MODE = "mode"
    SCALE = "scale"
    REFERENCE_DATE = "reference_date"
    MONTH = "month"
    AUDIENCE = "audience"
    PARTICIPATION = "participation"
    NEW_ITEM = "new_item"


WEIGHT: Mapping[Reason, Comparability] = {
    Reason.WORDING: Comparability.NOT,
    Reason.LEVELS: Comparability.NOT,
    Reason.DEFINITION: Comparability.NOT,
    Reason.TRANSLATION: Comparability.WITH_RESERVE,
    Reason.POSITION: Comparability.WITH_RESERVE,
    Reason.MODE: Comparability.NOT,
    Reason.SCALE: Comparability.NOT,
    Reason.REFERENCE_DATE: Comparability.WITH_RESERVE,
    Reason.MONTH: Comparability.WITH_RESERVE,
    Reason.AUDIENCE: Comparability.NOT,
    Reason.PARTICIPATION: Comparability.WITH_RESERVE,
    Reason.NEW_ITEM: Comparability.NOT,
}
"""What a difference costs. A mode that is unknown (answers imported from elsewhere) costs a reserve only."""


@dataclass(frozen=True, slots=True)
class ItemComparability:
    status: Comparability
    reasons: tuple[Reason, ...]
    """What differs, heaviest first."""


def comparability(
    instrument_a: Instrument, instrument_b: Instrument, context_a: Context, context_b: Context
) -> dict[str, ItemComparability]:
    """For every scored item of the later year (b), whether its figures compare with those of the earlier (a).

    Not: another wording (spaces and punctuation aside), other levels or no-opinion options, another scale, definition
    of satisfied, key or condition, another audience, codes against an open link, or not asked before. With reserve:
    only a translation changed; another common item stands before it; held 2 months or more apart in the year, or its
    reference day more than 31 days; participation 15 points or more apart; a year imported from elsewhere, the mode of
    which is unknown. What is unknown in either year is not held against it.
    """
    shared = _circumstances(context_a, context_b)
    if instrument_a.audience is not instrument_b.audience:
        shared[Reason.AUDIENCE] = WEIGHT[Reason.AUDIENCE]
    before = {item.code: item for item in instrument_a.scored_items}
    common = {item.code for item in instrument_b.scored_items} & set(before)
    order_a, order_b = _predecessors(instrument_a, common), _predecessors(instrument_b, common)
    found = {}
    for item in instrument_b.scored_items:
        if item.code not in common:
            own = {Reason.NEW_ITEM}
        else:
            own = _differences((instrument_a, before[item.code]), (instrument_b, item))
            own |= {Reason.POSITION} if order_a[item.code] != order_b[item.code] else set()
        found[item.code] = _judged(shared | {reason: WEIGHT[reason] for reason in own})
    return found


_ORDER = (Comparability.NOT, Comparability.WITH_RESERVE)


def _judged(weights: Mapping[Reason, Comparability]) -> ItemComparability:
    status = next((weight for weight in _ORDER if weight in weights.values()), Comparability.COMPARABLE)
    places = list(Reason)
    reasons = sorted(weights, key=lambda reason: (_ORDER.index(weights[reason]), places.index(reason)))
    return ItemComparability(status, tuple(reasons))


def _predecessors(instrument: Instrument, common: set[str]) -> dict[str, str | None]:
    """Which of the common items stands before each: a question is read in the light of the one before."""
    order = [item.code for item in instrument.scored_items if item.code in common]
    return dict(zip(order, [None, *order[:-1]], strict=True)) if order else {}


Asked = tuple[Instrument, Item]


def _differences(a: Asked, b: Asked) -> set[Reason]:
    return {reason for reason, differs in _DIFFERENCES.items() if differs(a, b)}


def _scale(asked: Asked) -> Scale:
    instrument, item = asked
    return instrument.scale_of(item)


def plain(text: str | None) -> str:
    """Without spaces and punctuation, in one width: a comma more is not another question."""
    folded = unicodedata.normalize("NFKC", text or "").casefold()
    return "".join(character for character in folded if unicodedata.category(character)[0] not in "PZC")


def _wording(asked: Asked, language: str) -> tuple[str, str]:
    _, item = asked
    return plain(getattr(item.text, language)), plain(getattr(item.hint, language) if item.hint else None)


def _levels(asked: Asked, language: str) -> tuple[dict[int, str], dict[str, str]]:
    scale = _scale(asked)
    labels = {level.code: plain(getattr(level.label, language)) for level in scale.levels}
    return labels, {option.kind: plain(getattr(option.label, language)) for option in scale.unscored}


def _definition(asked: Asked) -> tuple[set[int], bool, str | None]:
    _, item = asked
    return set(_scale(asked).satisfied), item.reversed, item.visible_if


def _is_retranslated(a: Asked, b: Asked) -> bool:
    """A translation that both years had has changed; one that was added has not."""
    first, second = _english(a), _english(b)
    return any(first[place] != second[place] for place in first.keys() & second.keys())


def _english(asked: Asked) -> dict[object, str]:
    labels, options = _levels(asked, "en")
    text, hint = _wording(asked, "en")
    places: list[tuple[object, str]] = [("text", text), ("hint", hint), *labels.items(), *options.items()]
    return {place: words for place, words in places if words}


_DIFFERENCES: Mapping[Reason, Callable[[Asked, Asked], bool]] = {
    Reason.WORDING: lambda a, b: _wording(a, _LANGUAGE) != _wording(b, _LANGUAGE),
    Reason.LEVELS: lambda a, b: _levels(a, _LANGUAGE) != _levels(b, _LANGUAGE),
    Reason.DEFINITION: lambda a, b: _definition(a) != _definition(b),
    Reason.TRANSLATION: _is_retranslated,
    Reason.SCALE: lambda a, b: _scale(a).codes != _scale(b).codes,
}


def _circumstances(a: Context, b: Context) -> dict[Reason, Comparability]:
    """What differs between the two surveys as a whole."""
    found = {reason: WEIGHT[reason] for reason, differs in _CIRCUMSTANCES.items() if differs(a, b)}
    if Reason.MODE in found and "imported" in (a.mode, b.mode):
        found[Reason.MODE] = Comparability.WITH_RESERVE
    return found


def _in_another_season(a: Context, b: Context) -> bool:
    return a.month is not None and b.month is not None and _apart(a.month, b.month, 12) >= MONTHS_APART


def _at_another_time_of_year(a: Context, b: Context) -> bool:
    days = [_day_of_year(context.reference_day) for context in (a, b)]
    if days[0] is None or days[1] is None:
        return False
    return _apart(days[0], days[1], 365) > DAYS_APART


def _day_of_year(text: str | None) -> int | None:
    try:
        return None if text is None else date.fromisoformat(text).timetuple().tm_yday
    except ValueError:
        return None


def _apart(a: int, b: int, round_length: int) -> int:
    gap = abs(a - b) % round_length
    return min(gap, round_length - gap)


def _answered_by_other_shares(a: Context, b: Context) -> bool:
    if a.participation is None or b.participation is None:
        return False
    return abs(a.participation - b.participation) >= PARTICIPATION_GAP - 1e-9


_CIRCUMSTANCES: Mapping[Reason, Callable[[Context, Context], bool]] = {
    Reason.MODE: lambda a, b: a.mode != b.mode,
    Reason.REFERENCE_DATE: _at_another_time_of_year,
    Reason.MONTH: _in_another_season,
    Reason.AUDIENCE: lambda a, b: a.audience != b.audience,
    Reason.PARTICIPATION: _answered_by_other_shares,
}
