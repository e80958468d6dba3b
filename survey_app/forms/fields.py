"""Item type -> form field: how one answer is asked for, read and checked.

A field reads what was posted leniently and says in the member's words what is wrong with it. Which items belong
together in a form is `builder`; how a page shows a field is `sheet`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import Field
from wtforms.validators import StopValidation

from instruments.model import DONT_KNOW, NOT_APPLICABLE, SCORED_TYPES, Instrument, Item, ItemType, Translation
from survey_app.clean_text import without_controls

AnswerValue = int | tuple[int, ...] | str | None
"""Level or option code (-1 不了解, -2 不适用), chosen options, text, or None: not answered."""

UNSCORED_WORDS = {"dont_know": DONT_KNOW, "not_applicable": NOT_APPLICABLE}
LOWEST_NUMBER, HIGHEST_NUMBER = 0, 999_999
"""Bounds of a number whose item names none."""
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NEWLINES = re.compile("\r\n|[\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]")


@dataclass(frozen=True)
class Offer:
    """One thing that can be chosen: its code in data, its word in the form, its label."""

    code: int
    word: str
    label: Translation
    is_apart: bool = False
    """不了解 and 不适用 stand apart from the levels."""
    is_exclusive: bool = False
    """Chosen alone."""


def offers_of(instrument: Instrument, item: Item) -> tuple[Offer, ...]:
    """What can be chosen for an item, in the order shown: best level first, unscored answers last."""
    if item.type not in SCORED_TYPES:
        return tuple(
            Offer(option.code, str(option.code), option.label, is_exclusive=option.exclusive) for option in item.options
        )
    scale = instrument.scale_of(item)
    levels = tuple(Offer(level.code, str(level.code), level.label) for level in scale.levels)
    return levels + tuple(Offer(way.code, way.kind, way.label, is_apart=True) for way in scale.unscored)


class AnswerField(Field):
    """A question's field: knows its item; `data` is an AnswerValue, None while nothing readable was posted."""

    data: AnswerValue
    raw_data: list[str] | None

    def __init__(self, item: Item, offers: tuple[Offer, ...], language: str, **kwargs: Any) -> None:
        super().__init__(item.text.in_language(language), **kwargs)
        self.item, self.offers, self.language = item, offers, language

    @property
    def typed(self) -> str:
        """What the member wrote, kept as written even where it cannot be read."""
        return self.raw_data[0] if self.raw_data else ""

    def missing(self) -> Any:
        """What to say when a required answer is not there."""
        return _("Please answer this question.")

    def pre_validate(self, form: Any) -> None:
        """Raises StopValidation with the sentence shown beside the question."""
        if self.process_errors:
            raise StopValidation
        if self.data in (None, (), ""):
            if self.item.required:
                raise StopValidation(self.missing())
            self.data = None


class OneOfField(AnswerField):
    """Exactly one level or option."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = None
        words = [word for word in valuelist if word]
        if not words:
            return
        code = _code_of(words[0])
        if len(words) > 1 or code not in {offer.code for offer in self.offers}:
            raise ValueError(_("Please choose one of the answers listed."))
        self.data = code

    def missing(self) -> Any:
        way_out = next((offer for offer in self.offers if offer.is_apart), None)
        if way_out is None:
            return _("Please choose one answer.")
        return _(
            "Please choose one answer; if you have had nothing to do with it, choose “%(way_out)s”.",
            way_out=way_out.label.in_language(self.language),
        )


class SeveralField(AnswerField):
    """Any number of options, in the order of the questionnaire."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = None
        chosen = {_code_of(word) for word in valuelist if word}
        if not chosen <= {offer.code for offer in self.offers}:
            raise ValueError(_("Please choose from the answers listed."))
        picked = [offer for offer in self.offers if offer.code in chosen]
        alone = next((offer for offer in picked if offer.is_exclusive), None)
        if alone is not None and len(picked) > 1:
            raise ValueError(self.not_alone(alone))
        self.data = tuple(offer.code for offer in picked) or None

    def missing(self) -> Any:
        return _("Please choose at least one answer.")

    def not_alone(self, alone: Offer) -> Any:
        """What to say when something else was chosen beside an answer that stands alone."""
        label = alone.label.in_language(self.language)
        return _("“%(label)s” stands alone. Please take it away, or the other answers.", label=label)


class RankingField(AnswerField):
    """Options in the order given to them, the first place first; every place is filled or none."""

    @property
    def places(self) -> int:
        return self.item.places or len(self.offers)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = None
        words = [word for word in valuelist if word]
        if not words:
            return
        codes = tuple(_code_of(word) for word in words)
        known = {offer.code for offer in self.offers}
        if len(codes) != self.places or len(set(codes)) < len(codes) or not set(codes) <= known:
            raise ValueError(self.missing())
        self.data = codes  # type: ignore[assignment]  # all are known, so none is None

    def missing(self) -> Any:
        return _("Please fill every place from 1 to %(places)s, each with something else.", places=self.places)


class DateField(AnswerField):
    """A day between the item's limits, as YYYY-MM-DD."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = None
        written = unicodedata.normalize("NFKC", "".join(valuelist[:1])).strip()
        if not written:
            return
        if not _DAY.fullmatch(written):
            raise ValueError(self.missing())
        try:
            day = date.fromisoformat(written)
        except ValueError:
            raise ValueError(self.missing()) from None
        if not (self.item.earliest or date.min) <= day <= (self.item.latest or date.max):
            raise ValueError(self.missing())
        self.data = day.isoformat()

    def missing(self) -> Any:
        return _(
            "Please write a day from %(earliest)s to %(latest)s, such as %(latest)s.",
            earliest=self.item.earliest,
            latest=self.item.latest,
        )


class NumberField(AnswerField):
    """A whole number between the item's bounds; full-width digits are read too."""

    @property
    def bounds(self) -> tuple[int, int]:
        low = LOWEST_NUMBER if self.item.minimum is None else self.item.minimum
        high = HIGHEST_NUMBER if self.item.maximum is None else self.item.maximum
        return low, high

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = None
        written = "".join(valuelist[:1]).strip()
        if not written:
            return
        low, high = self.bounds
        try:
            number = int(unicodedata.normalize("NFKC", written).replace(",", ""))
        except ValueError:
            raise ValueError(self.missing()) from None
        if not low <= number <= high:
            raise ValueError(self.missing())
        self.data = number

    def missing(self) -> Any:
        low, high = self.bounds
        return _("Please write a whole number from %(low)s to %(high)s.", low=low, high=high)


class WordsField(AnswerField):
    """Free text: control characters removed, line ends made one kind, no longer than the item allows."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        text = plain_text("".join(valuelist[:1]))
        self.data = text or None
        excess = len(text) - self.item.max_length
        if excess > 0:
            raise ValueError(
                _(
                    "You have written %(written)s characters, at most %(most)s are possible. "
                    "Please shorten it by %(excess)s.",
                    written=len(text),
                    most=self.item.max_length,
                    excess=excess,
                )
            )

    def missing(self) -> Any:
        return _("Please write a few words.")


def plain_text(written: str) -> str:
    """Text as it is kept: one kind of line end, no control or unpaired characters, no space around."""
    return without_controls(_NEWLINES.sub("\n", written)).strip()


def _code_of(word: str) -> int | None:
    if word in UNSCORED_WORDS:
        return UNSCORED_WORDS[word]
    return int(word) if re.fullmatch(r"-?[0-9]{1,4}", word) else None


ITEM_FIELDS: Mapping[ItemType, type[AnswerField]] = {
    ItemType.SCALE: OneOfField,
    ItemType.RECOMMEND: OneOfField,
    ItemType.YES_NO: OneOfField,
    ItemType.SINGLE: OneOfField,
    ItemType.MULTIPLE: SeveralField,
    ItemType.RANKING: RankingField,
    ItemType.NUMBER: NumberField,
    ItemType.DATE: DateField,
    ItemType.TEXT: WordsField,
}
