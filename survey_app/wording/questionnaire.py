"""A questionnaire as it is read on paper or in a terminal: numbered questions, what may be answered, rules in words.

The numbers are those of a member who is asked everything and opens no line for "other". How a rule is put in words is
`rules`. The locale has to be the language asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from instruments.model import SCORED_TYPES, Instrument, Item, ItemType, Scale, Section
from instruments.wording import N_
from survey_app.wording.labels import listed, quoted
from survey_app.wording.rules import numbers_of, offers_of, rule_in_words, said

TYPE_LABELS: Mapping[ItemType, str] = {
    ItemType.SCALE: N_("one level"),
    ItemType.RECOMMEND: N_("0 to 10"),
    ItemType.YES_NO: N_("yes or no"),
    ItemType.SINGLE: N_("one answer"),
    ItemType.MULTIPLE: N_("several answers"),
    ItemType.RANKING: N_("put in order"),
    ItemType.NUMBER: N_("number"),
    ItemType.DATE: N_("date"),
    ItemType.TEXT: N_("text"),
}


@dataclass(frozen=True, slots=True)
class Offered:
    """One answer that can be ticked or put in order."""

    label: str
    has_line: bool = False
    """What it is has to be written beside it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question in one language."""

    number: int
    item: Item
    text: str
    remarks: tuple[str, ...]
    """Who is asked where it is not everybody, the questionnaire's own hint, and how to answer where it is no tick."""
    offered: tuple[Offered, ...]
    scale: Scale | None
    words: tuple[str, ...]
    """To be read before the question."""

    @property
    def mark(self) -> str:
        return "" if self.item.required else _("(may be left blank)")


@dataclass(frozen=True, slots=True)
class Part:
    """One section; the questions of a block follow each other and are answered with the same levels."""

    title: str
    intro: str
    blocks: tuple[tuple[Asked, ...], ...]


def parts_of(instrument: Instrument, language: str) -> tuple[Part, ...]:
    """The whole questionnaire, with every question that somebody may be asked."""
    numbers = numbers_of(instrument)
    return tuple(
        Part(
            said(section.title, language),
            said(section.intro, language) if section.intro else "",
            _blocks_of(_asked_in(section, instrument, numbers, language)),
        )
        for section in instrument.sections
    )


def type_label(item: Item) -> str:
    """The kind of question, for those who approve it."""
    label = _(TYPE_LABELS[item.type])
    if item.type is ItemType.TEXT:
        return _("%(kind)s, at most %(most)s characters", kind=label, most=item.max_length)
    return label


def satisfied_labels(scale: Scale, language: str) -> str:
    return listed([said(level.label, language) for level in scale.levels if level.code in scale.satisfied])


def number_ranges(numbers: Sequence[int]) -> str:
    """Rising numbers of questions, those in a row by the first and the last: ``1–4、6``."""
    rows: list[list[int]] = []
    for number in numbers:
        if rows and number == rows[-1][-1] + 1:
            rows[-1].append(number)
        else:
            rows.append([number])
    return listed([str(row[0]) if len(row) == 1 else f"{row[0]}–{row[-1]}" for row in rows])


def ends_of_ladder() -> tuple[str, str]:
    """What the lowest and the highest step of a recommendation mean."""
    return _("0: certainly not"), _("10: certainly")


def _asked_in(section: Section, instrument: Instrument, numbers: Mapping[str, int], language: str) -> Iterator[Asked]:
    for item in section.items:
        if item.type is ItemType.INFORMATION:
            continue
        rule = rule_in_words(instrument, item, numbers, language) if item.visible_if else ""
        hint = said(item.hint, language) if item.hint else ""
        yield Asked(
            number=numbers[item.code],
            item=item,
            text=said(item.text, language),
            remarks=tuple(part for part in (rule, hint, _instruction(item, language)) if part),
            offered=tuple(_offered(instrument, item, language)),
            scale=instrument.scale_of(item) if item.type in SCORED_TYPES else None,
            words=tuple(said(text, language) for text in instrument.words_before(item)),
        )


def _offered(instrument: Instrument, item: Item, language: str) -> Iterator[Offered]:
    if item.type is ItemType.RECOMMEND:
        yield from (Offered(str(code)) for code in instrument.scale_of(item).codes)
    elif item.type in SCORED_TYPES:
        yield from (Offered(said(offer.label, language)) for offer in offers_of(instrument.scale_of(item)))
    yield from (Offered(said(option.label, language), option.other) for option in item.options)


def _blocks_of(asked: Iterator[Asked]) -> tuple[tuple[Asked, ...], ...]:
    blocks: list[tuple[Asked, ...]] = []
    for one in asked:
        if blocks and one.scale and one.scale == blocks[-1][-1].scale and not one.words:
            blocks[-1] = (*blocks[-1], one)
        else:
            blocks.append((one,))
    return tuple(blocks)


def _instruction(item: Item, language: str) -> str:
    """How to answer, where it is not a single tick or words."""
    if item.type is ItemType.MULTIPLE:
        alone = [quoted(said(option.label, language)) for option in item.options if option.exclusive]
        several = _("Tick all that apply.")
        return several + " " + _("Tick %(answers)s only by itself.", answers=listed(alone)) if alone else several
    if item.type is ItemType.RANKING:
        return _("Write 1 for the first place, and so on to %(last)s.", last=item.places or len(item.options))
    if item.type is ItemType.NUMBER:
        return _("A whole number from %(low)s to %(high)s.", low=item.minimum, high=item.maximum)
    if item.type is ItemType.DATE:
        return _("A day from %(first)s to %(last)s.", first=item.earliest, last=item.latest)
    return ""
