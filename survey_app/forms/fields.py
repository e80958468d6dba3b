"""What all answer fields share: the item they ask for, what can be chosen, and what an item type has to say of itself.

One small class per item type is in `item_types`; which items belong together in a form is `builder`; how a page shows a
field is `questions`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import Field
from wtforms.validators import StopValidation

from instruments.model import DONT_KNOW, NOT_APPLICABLE, SCORED_TYPES, Instrument, Item, ItemType, Translation
from survey_app.clean_text import without_controls

AnswerValue = int | tuple[int, ...] | str | None
"""Level or option code (-1 不了解, -2 不适用), chosen options, text, or None: not answered."""

UNSCORED_WORDS = {"dont_know": DONT_KNOW, "not_applicable": NOT_APPLICABLE}
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
    """What can be chosen for an item, in the order shown: best level first (0 to 10 upwards), unscored answers last."""
    if item.type not in SCORED_TYPES:
        return tuple(
            Offer(option.code, str(option.code), option.label, is_exclusive=option.exclusive) for option in item.options
        )
    scale = instrument.scale_of(item)
    levels = tuple(Offer(level.code, str(level.code), level.label) for level in scale.levels)
    if item.type is ItemType.RECOMMEND:
        levels = levels[::-1]
    return levels + tuple(Offer(way.code, way.kind, way.label, is_apart=True) for way in scale.unscored)


class AnswerField(Field):
    """A question's field: knows its item; `data` is an AnswerValue, None while nothing readable was posted."""

    data: AnswerValue
    raw_data: list[str] | None

    control = "list"
    """Which macro of templates/macros/forms.html shows what can be answered."""
    reads = "one"
    """How static/sheet.js reads the words typed."""
    is_long = False
    """The review repeats the answer below the question instead of beside it."""

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

    def rule(self) -> dict[str, Any]:
        """What static/sheet.js has to know beyond `reads`, as JSON."""
        return {}

    def said(self, offer: Offer) -> str:
        """What stands beside the control of an offer."""
        return offer.label.in_language(self.language)

    def labels(self) -> tuple[str, ...]:
        """The answer as the review repeats it; empty without one."""
        return () if self.data in (None, ()) else (str(self.data),)

    @classmethod
    def as_posted(cls, value: object) -> list[str] | None:
        """An answer of an opened ballot as a browser would send it; None for what is no answer to such an item."""
        return [str(value)] if type(value) is int else None


def codes_as_posted(value: object) -> list[str] | None:
    """Codes of an opened ballot as a browser would send them, None for anything else."""
    if not isinstance(value, list | tuple) or any(type(code) is not int for code in value):
        return None
    return [str(code) for code in value]


def words_in(valuelist: Sequence[str]) -> list[str]:
    return [word for word in valuelist if word]


def code_of(word: str) -> int | None:
    """The code a word of the form stands for, None for what no form of ours contains."""
    if word in UNSCORED_WORDS:
        return UNSCORED_WORDS[word]
    return int(word) if re.fullmatch(r"-?[0-9]{1,4}", word) else None


def plain_text(written: str) -> str:
    """Text as it is kept: one kind of line end, no control or unpaired characters, no space around."""
    return without_controls(_NEWLINES.sub("\n", written)).strip()
