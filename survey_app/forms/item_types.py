"""Item type -> answer field, one small class per type: what is read, what is wrong with it and in which words.

A field reads what was posted leniently and says in the member's words what is wrong with it. Words to read (item type
`information`) are no question and have no field.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _

from instruments.model import Item, ItemType
from survey_app.forms.fields import (
    AnswerField,
    Offer,
    code_of,
    codes_as_posted,
    plain_text,
    words_in,
)

LOWEST_NUMBER, HIGHEST_NUMBER = 0, 999_999
"""Bounds of a number whose item names none."""
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


class OneOfField(AnswerField):
    """Exactly one level or option; the types differ in what they offer and how it is laid out."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = None
        words = words_in(valuelist)
        if not words:
            return
        code = code_of(words[0])
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

    def labels(self) -> tuple[str, ...]:
        return tuple(self.said(offer) for offer in self.offers if offer.code == self.data)


class ScaleField(OneOfField):
    """A level of a named scale or grade set, or a way out."""


class SingleField(OneOfField):
    """One option."""


class YesNoField(OneOfField):
    """Yes or no, side by side."""

    control = "pair"


class RecommendField(OneOfField):
    """0 to 10, upwards in a row; what the ends mean is said in words."""

    control = "ladder"

    def said(self, offer: Offer) -> str:
        return str(offer.code)


class MultipleField(AnswerField):
    """Any number of options, in the order of the questionnaire."""

    control = "ticks"
    reads = "several"
    is_long = True

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = None
        chosen = {code_of(word) for word in words_in(valuelist)}
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
        return _("“%(label)s” stands alone. Please take it away, or the other answers.", label=self.said(alone))

    def rule(self) -> dict[str, Any]:
        return {"alone": {offer.word: str(self.not_alone(offer)) for offer in self.offers if offer.is_exclusive}}

    def labels(self) -> tuple[str, ...]:
        chosen = self.data if isinstance(self.data, tuple) else ()
        return tuple(self.said(offer) for offer in self.offers if offer.code in chosen)

    @classmethod
    def as_posted(cls, value: object) -> list[str] | None:
        return codes_as_posted(value)


class RankingField(AnswerField):
    """Options in the order given to them, the first place first; every place is filled or none."""

    control = "places"
    reads = "places"
    is_long = True

    @property
    def places(self) -> int:
        return self.item.places or len(self.offers)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = None
        by_code: dict[int | None, Offer] = {offer.code: offer for offer in self.offers}
        codes = [code_of(word) for word in words_in(valuelist)]
        if not all(code in by_code for code in codes):
            raise ValueError(_("Please choose from the answers listed."))
        order = [by_code[code] for code in codes]
        twice = next((offer for offer in self.offers if order.count(offer) > 1), None)
        if twice is not None:
            raise ValueError(self.at_two_places(twice))
        if order and len(order) != self.places:
            raise ValueError(self.missing())
        self.data = tuple(offer.code for offer in order) or None

    def missing(self) -> Any:
        return _("Please fill every place from 1 to %(places)s, each with something else.", places=self.places)

    def at_two_places(self, offer: Offer) -> Any:
        """What to say when one thing was given more than one place."""
        return _("“%(label)s” stands at more than one place. Please keep it at one of them.", label=self.said(offer))

    def rule(self) -> dict[str, Any]:
        return {
            "places": self.places,
            "twice": [[offer.word, str(self.at_two_places(offer))] for offer in self.offers],
        }

    def labels(self) -> tuple[str, ...]:
        by_code = {offer.code: offer for offer in self.offers}
        order = self.data if isinstance(self.data, tuple) else ()
        return tuple(f"{place}. {self.said(by_code[code])}" for place, code in enumerate(order, start=1))

    @classmethod
    def as_posted(cls, value: object) -> list[str] | None:
        return codes_as_posted(value)


class NumberField(AnswerField):
    """A whole number between the item's bounds; full-width digits are read too."""

    control = "number"
    reads = "number"

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

    def rule(self) -> dict[str, Any]:
        low, high = self.bounds
        return {"low": low, "high": high}


class DateField(AnswerField):
    """A day between the item's limits, as YYYY-MM-DD."""

    control = "date"
    reads = "date"

    @property
    def limits(self) -> tuple[str, str]:
        """First and last day possible; ISO dates compare as text."""
        return (self.item.earliest or date.min).isoformat(), (self.item.latest or date.max).isoformat()

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = None
        written = unicodedata.normalize("NFKC", "".join(valuelist[:1])).strip()
        if not written:
            return
        try:
            is_day = bool(_DAY.fullmatch(written) and date.fromisoformat(written))
        except ValueError:
            is_day = False
        low, high = self.limits
        if not (is_day and low <= written <= high):
            raise ValueError(self.missing())
        self.data = written

    def missing(self) -> Any:
        earliest, latest = self.limits
        return _(
            "Please write a day from %(earliest)s to %(latest)s, such as %(latest)s.", earliest=earliest, latest=latest
        )

    def rule(self) -> dict[str, Any]:
        low, high = self.limits
        return {"low": low, "high": high}

    @classmethod
    def as_posted(cls, value: object) -> list[str] | None:
        return [value] if isinstance(value, str) else None


class TextField(AnswerField):
    """Free text: control characters removed, line ends made one kind, no longer than the item allows."""

    control = "lines"
    reads = "text"
    is_long = True

    def __init__(self, item: Item, offers: tuple[Offer, ...], language: str, **kwargs: Any) -> None:
        super().__init__(item, offers, language, **kwargs)
        if item.is_short:
            self.control = "line"

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        text = plain_text("".join(valuelist[:1]))
        self.data = text or None
        if len(text) > self.item.max_length:
            raise ValueError(too_long(len(text), self.item.max_length, len(text) - self.item.max_length))

    def missing(self) -> Any:
        return _("Please write a few words.")

    def rule(self) -> dict[str, Any]:
        return {"most": self.item.max_length}

    @classmethod
    def as_posted(cls, value: object) -> list[str] | None:
        return [value] if isinstance(value, str) else None


def too_long(written: object, most: object, excess: object) -> Any:
    """What to say of a text that is too long; static/sheet.js fills in figures of its own."""
    return _(
        "You have written %(written)s characters, at most %(most)s are possible. Please shorten it by %(excess)s.",
        written=written,
        most=most,
        excess=excess,
    )


ITEM_FIELDS: Mapping[ItemType, type[AnswerField]] = {
    ItemType.SCALE: ScaleField,
    ItemType.RECOMMEND: RecommendField,
    ItemType.YES_NO: YesNoField,
    ItemType.SINGLE: SingleField,
    ItemType.MULTIPLE: MultipleField,
    ItemType.RANKING: RankingField,
    ItemType.NUMBER: NumberField,
    ItemType.DATE: DateField,
    ItemType.TEXT: TextField,
}
