"""One cell of an answers file -> the code of an answer: a reader per type of item.

Which column belongs to which item is `answers_file`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date

from instruments.model import DONT_KNOW, NOT_APPLICABLE, UNSCORED_CODES, Instrument, Item, ItemType, Level, Unscored
from instruments.wording import N_

AnswerValue = int | tuple[int, ...] | str | None
CellReader = Callable[[str], AnswerValue]
MISSING = frozenset({"", "NA"})
"""Cells that stand for "not answered"; NA is how R writes it."""
UNSCORED_WORDS = {
    "dont_know": DONT_KNOW, "don't know": DONT_KNOW, "不了解": DONT_KNOW,
    "not_applicable": NOT_APPLICABLE, "not applicable": NOT_APPLICABLE, "不适用": NOT_APPLICABLE,
}  # fmt: skip


class CellError(ValueError):
    """A cell that cannot be read; becomes a TableProblem with its place."""

    def __init__(self, template: str, **values: object) -> None:
        super().__init__(template)
        self.template, self.values = template, values


def reader(instrument: Instrument, item: Item) -> CellReader:
    """The function that turns a cell of this item into its answer; it raises CellError."""
    return _READERS[item.type](instrument, item)


def _scale_reader(instrument: Instrument, item: Item) -> CellReader:
    scale = instrument.scale_of(item)
    offered = {unscored.code for unscored in scale.unscored}
    words = {word: code for word, code in UNSCORED_WORDS.items() if code in offered}
    answers: tuple[Level | Unscored, ...] = (*scale.levels, *scale.unscored)
    for answer in answers:
        words |= dict.fromkeys(_labels(answer.label.zh_Hans, answer.label.en), answer.code)
    codes = set(scale.codes) | offered
    return lambda cell: _code(cell, codes, words, scale.low, scale.high)


def _single_reader(_: Instrument, item: Item) -> CellReader:
    codes, words = _options(item)
    return lambda cell: _code(cell, codes, words, min(codes), max(codes))


def _multiple_reader(_: Instrument, item: Item) -> CellReader:
    codes, words = _options(item)

    def read(cell: str) -> AnswerValue:
        parts = [part.strip() for part in cell.replace("；", ";").replace("|", ";").split(";")]
        chosen = {_code(part, codes, words, min(codes), max(codes)) for part in parts if part not in MISSING}
        return tuple(sorted(code for code in chosen if code is not None)) or None

    return read


def _number_reader(_: Instrument, item: Item) -> CellReader:
    def read(cell: str) -> AnswerValue:
        if cell in MISSING:
            return None
        number = _whole_number(cell)
        if number is None:
            raise CellError(N_("“%(value)s” is not a whole number."), value=cell)
        low = number if item.minimum is None else item.minimum
        high = number if item.maximum is None else item.maximum
        if not low <= number <= high:
            raise CellError(N_("%(value)s lies outside %(low)s to %(high)s."), value=number, low=low, high=high)
        return number

    return read


def _text_reader(_: Instrument, item: Item) -> CellReader:
    def read(cell: str) -> AnswerValue:
        text = "".join(character for character in cell if character.isprintable() or character == "\n").strip()
        if len(text) > item.max_length:
            raise CellError(
                N_("The text has %(length)s characters; %(limit)s are allowed."),
                length=len(text),
                limit=item.max_length,
            )
        return text or None

    return read


def _ranking_reader(_: Instrument, item: Item) -> CellReader:
    codes, words = _options(item)

    def read(cell: str) -> AnswerValue:
        if cell in MISSING:
            return None
        parts = [part.strip() for part in re.split("[;；>]", cell) if part.strip()]
        order = [_code(part, codes, words, min(codes), max(codes)) for part in parts]
        if None in order or len(set(order)) < len(order):
            raise CellError(N_("“%(value)s” does not put the answers in order."), value=cell)
        return tuple(code for code in order if code is not None)

    return read


def _date_reader(_: Instrument, item: Item) -> CellReader:
    def read(cell: str) -> AnswerValue:
        if cell in MISSING:
            return None
        try:
            day = date.fromisoformat(cell[:10])
        except ValueError:
            raise CellError(N_("“%(value)s” is not a day such as 2026-12-31."), value=cell) from None
        low, high = item.earliest or day, item.latest or day
        if not low <= day <= high:
            raise CellError(N_("%(value)s lies outside %(low)s to %(high)s."), value=day, low=low, high=high)
        return day.isoformat()

    return read


_READERS: Mapping[ItemType, Callable[[Instrument, Item], CellReader]] = {
    ItemType.SCALE: _scale_reader,
    ItemType.RECOMMEND: _scale_reader,
    ItemType.YES_NO: _scale_reader,
    ItemType.SINGLE: _single_reader,
    ItemType.MULTIPLE: _multiple_reader,
    ItemType.RANKING: _ranking_reader,
    ItemType.NUMBER: _number_reader,
    ItemType.DATE: _date_reader,
    ItemType.TEXT: _text_reader,
}


def _labels(*labels: str | None) -> list[str]:
    return [label.strip().casefold() for label in labels if label]


def _options(item: Item) -> tuple[set[int], dict[str, int]]:
    words = {label: option.code for option in item.options for label in _labels(option.label.zh_Hans, option.label.en)}
    return {option.code for option in item.options}, words


def _whole_number(cell: str) -> int | None:
    try:
        number = float(cell)
    except ValueError:
        return None
    return int(number) if number.is_integer() and "_" not in cell else None


def _code(cell: str, codes: set[int], words: Mapping[str, int], low: int, high: int) -> int | None:
    """The code a cell stands for: a label of the answer first, else its number."""
    if cell in MISSING:
        return None
    word = words.get(cell.casefold())
    if word is not None:
        return word
    number = _whole_number(cell)
    if number is None:
        raise CellError(N_("“%(value)s” is neither a number nor one of the answers."), value=cell)
    if number not in codes:
        if number in UNSCORED_CODES:
            raise CellError(N_("The code %(value)s (no scored answer) is not offered by this item."), value=number)
        raise CellError(
            N_("%(value)s is not one of the answers (%(low)s to %(high)s)."), value=cell, low=low, high=high
        )
    return number
