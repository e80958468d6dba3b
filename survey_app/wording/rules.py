"""The rules of a questionnaire (``visible_if``) in words: whom a question is for, by the numbers of other questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from flask_babel import gettext as _

from instruments.conditions import AllOf, Answered, AnyOf, Comparison, Condition, Has, Membership, Not
from instruments.model import SCORED_TYPES, Instrument, Item, ItemType, Level, Option, Scale, Translation, Unscored
from instruments.rules import parse
from survey_app.clean_text import without_controls
from survey_app.wording.labels import quoted

NUMBERS = (ItemType.NUMBER, ItemType.RECOMMEND)
"""Items whose answers are called by their number."""
MOST_NAMED = 3
"""Answers named one by one; more that follow each other are named by the first and the last."""
Offer: TypeAlias = Level | Unscored | Option


@dataclass(frozen=True, slots=True)
class Reading:
    """What is needed to put conditions into words."""

    instrument: Instrument
    numbers: Mapping[str, int]
    language: str


def numbers_of(instrument: Instrument) -> dict[str, int]:
    """Number of each question by item code; words to read have none, a line for "other" has that of its question."""
    asked = (item for section in instrument.sections for item in section.items if item.type is not ItemType.INFORMATION)
    numbers = {item.code: number for number, item in enumerate(asked, start=1)}
    return {item.code: numbers.get(item.code) or numbers[item.code.removesuffix("_other")] for item in instrument.items}


def said(text: Translation, language: str) -> str:
    """A text of the questionnaire, harmless to what stands around it."""
    return harmless(text.in_language(language))


def harmless(text: str) -> str:
    """Without characters that would turn round or break what stands around the text."""
    return without_controls(text)


def offers_of(scale: Scale) -> list[Offer]:
    """Levels best first, then the answers that are never scored."""
    return [*scale.levels, *scale.unscored]


def rule_in_words(instrument: Instrument, item: Item, numbers: Mapping[str, int], language: str) -> str:
    """``仅当第3题选择“不满意”时回答``; empty where everybody is asked. The locale has to be `language`.

    Raises RuleError for a rule that cannot be read, KeyError for one that looks at an item that is not there.
    """
    if item.visible_if is None:
        return ""
    condition = parse(item.visible_if).condition
    return _("Only if %(condition)s.", condition=_in_words(condition, Reading(instrument, numbers, language)))


def _in_words(condition: Condition, reading: Reading) -> str:
    return _WORDS[type(condition)](condition, reading)


def _compared(statement: Comparison | Membership, reading: Reading, *, is_negated: bool = False) -> str:
    item = reading.instrument.by_code[statement.item]
    number = reading.numbers[item.code]
    if item.type in NUMBERS:
        values = {"number": number, "relation": _relation(statement)}
        if is_negated:
            return _("the number in question %(number)s is not %(relation)s", **values)
        return _("the number in question %(number)s is %(relation)s", **values)
    values = {"number": number, "answers": _answers_named(statement, item, reading)}
    if is_negated:
        return _("the answer to question %(number)s is not %(answers)s", **values)
    return _("the answer to question %(number)s is %(answers)s", **values)


def _answers_named(statement: Comparison | Membership, item: Item, reading: Reading) -> str:
    """The answers that fulfil a statement, as they stand in the question."""
    offers: list[Offer] = list(item.options)
    if item.type in SCORED_TYPES:
        offers = offers_of(reading.instrument.scale_of(item))
    fits = [statement.holds({item.code: offer.code}) for offer in offers]
    named = [quoted(said(offer.label, reading.language)) for offer, fit in zip(offers, fits, strict=True) if fit]
    first = fits.index(True) if named else 0
    if len(named) > MOST_NAMED and all(fits[first : first + len(named)]):
        return _("%(first)s to %(last)s", first=named[0], last=named[-1])
    return _(" or ").join(named)


_RELATIONS: Mapping[str, Callable[[int], str]] = {
    "==": lambda code: _("equal to %(number)s", number=code),
    "!=": lambda code: _("other than %(number)s", number=code),
    "<": lambda code: _("below %(number)s", number=code),
    "<=": lambda code: _("at most %(number)s", number=code),
    ">": lambda code: _("above %(number)s", number=code),
    ">=": lambda code: _("at least %(number)s", number=code),
}


def _relation(statement: Comparison | Membership) -> str:
    if isinstance(statement, Comparison):
        return _RELATIONS[statement.operator](statement.code)
    return _("equal to %(number)s", number=_(" or ").join(map(str, statement.codes)))


def _has(statement: Has, reading: Reading, *, is_negated: bool = False) -> str:
    item = reading.instrument.by_code[statement.item]
    label = next(option.label for option in item.options if option.code == statement.code)
    values = {"number": reading.numbers[item.code], "answer": quoted(said(label, reading.language))}
    if is_negated:
        return _("%(answer)s is not ticked in question %(number)s", **values)
    return _("%(answer)s is ticked in question %(number)s", **values)


def _answered(statement: Answered, reading: Reading, *, is_negated: bool = False) -> str:
    number = reading.numbers[statement.item]
    if is_negated:
        return _("question %(number)s is not answered", number=number)
    return _("question %(number)s is answered", number=number)


def _not(condition: Not, reading: Reading) -> str:
    negated = condition.condition
    if isinstance(negated, (AllOf, AnyOf, Not)):
        return _("this does not hold: %(condition)s", condition=_bracketed(negated, reading))
    statement: Callable[..., str] = _WORDS[type(negated)]
    return statement(negated, reading, is_negated=True)


def _all(condition: AllOf, reading: Reading) -> str:
    return _(" and ").join(_bracketed(part, reading) for part in condition.conditions)


def _any(condition: AnyOf, reading: Reading) -> str:
    return _(", or ").join(_bracketed(part, reading) for part in condition.conditions)


def _bracketed(condition: Condition, reading: Reading) -> str:
    """In brackets where words alone would not say what belongs together."""
    words = _in_words(condition, reading)
    return _("(%(words)s)", words=words) if isinstance(condition, (AllOf, AnyOf)) else words


_WORDS: Mapping[type[Any], Callable[..., str]] = {
    Comparison: _compared,
    Membership: _compared,
    Has: _has,
    Answered: _answered,
    Not: _not,
    AllOf: _all,
    AnyOf: _any,
}
