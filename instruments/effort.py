"""How long a questionnaire takes a person: reading its words, and answering its questions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from types import MappingProxyType
from unicodedata import east_asian_width

from instruments.model import Instrument, Item, ItemType, Translation, other_lines

CHINESE_PER_MINUTE = 260
"""Characters (Trauzettel-Klosinski & Dietz 2012, Investigative Ophthalmology & Visual Science 53:5452: 255, SD 29)."""
ENGLISH_PER_MINUTE = 238
"""Words of prose (Brysbaert 2019, Journal of Memory and Language 109:104047: most adults 175 to 300)."""

ANSWERING: Mapping[ItemType, float] = MappingProxyType(
    {
        ItemType.SCALE: 2.5,
        ItemType.RECOMMEND: 3.5,
        ItemType.YES_NO: 2.0,
        ItemType.SINGLE: 2.5,
        ItemType.MULTIPLE: 5.0,
        ItemType.RANKING: 4.0,
        ItemType.NUMBER: 6.0,
        ItemType.DATE: 8.0,
        ItemType.TEXT: 45.0,
        ItemType.INFORMATION: 0.0,
    }
)
"""Seconds to decide and to tap, after reading; of a ranking for each place, of a text two short sentences on a phone.
With the reading, a question by itself comes to some ten seconds and one of a series to less, as Pew Research Center has
it from the times of its panel (2022, "How we keep our online surveys from running too long")."""
SHORT_TEXT = 15.0
OTHER_LINE = 1.5
"""One in ten writes what "other" is."""
UNDER_A_RULE = 0.5
LEFT_OUT = 0.25
"""Share of those who write something where nothing has to be written."""
AROUND = 10.0
"""Seconds to open the first page, and to look over the answers before sending."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What a questionnaire asks of one person."""

    seconds: int
    questions: int
    """Items that may be asked; a line for "other" is part of its item."""
    texts: int
    """Those among them that are answered in one's own words."""

    @property
    def minutes(self) -> int:
        """Rounded up, at least one."""
        return max(1, math.ceil(self.seconds / 60))


def effort(instrument: Instrument, language: str = "zh_Hans") -> Effort:
    """Estimated for somebody who reads everything.

    Seconds are the sum over all items of (words / reading speed) and of the answering time by type. Headings and levels
    of scales are read once; of a question that begins or ends like the one before it only the rest is read. Items under
    a rule count half, texts that may be left out a quarter.
    """
    asked = [item for section in instrument.sections for item in section.items if item.type is not ItemType.INFORMATION]
    seconds = AROUND + sum(reading_time(text, language) for text in words_around(instrument))
    for section in instrument.sections:
        for before, item in zip((None, *section.items), section.items, strict=False):
            share = 1.0 if item.visible_if is None else UNDER_A_RULE
            seconds += share * (item_reading_time(item, before, language) + answering_time(item))
    return Effort(round(seconds), len(asked), sum(item.type is ItemType.TEXT for item in asked))


def words_around(instrument: Instrument) -> Iterator[Translation | None]:
    """What is read once: title, note, headings, the levels of the scales in use."""
    yield from (instrument.title, instrument.note)
    for section in instrument.sections:
        yield from (section.title, section.intro)
    used = {item.scale for item in instrument.items}
    for code, scale in instrument.scales.items():
        if code in used:
            yield from (level.label for level in scale.levels)
            yield from (extra.label for extra in scale.unscored)


def item_reading_time(item: Item, before: Item | None, language: str) -> float:
    words = item.text.in_language(language)
    if before is not None and before.type is item.type and before.scale == item.scale:
        words = without_what_repeats(words, before.text.in_language(language))
    others = (item.hint, *(option.label for option in item.options))
    return seconds_for(words) + sum(reading_time(text, language) for text in others)


def answering_time(item: Item) -> float:
    seconds = SHORT_TEXT if item.is_short else ANSWERING[item.type]
    if item.type is ItemType.RANKING:
        seconds *= item.places or len(item.options)
    if item.type is ItemType.TEXT and not item.required:
        seconds *= LEFT_OUT
    return seconds + OTHER_LINE * len(other_lines(item))


def without_what_repeats(words: str, before: str) -> str:
    """A question without its beginning and end as far as they are those of the one before."""
    words = words[agreeing(words, before) :]
    ending = agreeing(words[::-1], before[::-1])
    return words[: len(words) - ending]


def agreeing(one: str, other: str) -> int:
    """How many signs two texts have in common from the start."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def reading_time(text: Translation | None, language: str) -> float:
    return seconds_for(text.in_language(language)) if text else 0.0


@lru_cache(maxsize=4096)
def seconds_for(words: str) -> float:
    """Wide characters at the speed of Chinese, what stands between them word by word."""
    wide = sum(is_wide(sign) and sign.isalnum() for sign in words)
    between = "".join(" " if is_wide(sign) else sign for sign in words).split()
    return 60 * (wide / CHINESE_PER_MINUTE + sum(map(has_letter, between)) / ENGLISH_PER_MINUTE)


def is_wide(sign: str) -> bool:
    return east_asian_width(sign) in "WF"


def has_letter(word: str) -> bool:
    return any(sign.isalnum() for sign in word)
