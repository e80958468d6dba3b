"""Instrument -> WTForms class: the one place that says which answers are complete and well formed.

The same class renders a page, checks a posted page and checks an opened ballot when a survey is sealed, so a ballot
is never invalid for a reason its author was not told. Single fields are `item_types`; the way through the pages is
`sheet`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from werkzeug.datastructures import MultiDict
from wtforms import Form

from instruments.model import Instrument, Item
from instruments.rules import visible_items
from survey_app.forms.fields import AnswerField, AnswerValue, offers_of
from survey_app.forms.item_types import ITEM_FIELDS

PREFIX = "q_"
"""Before every item code in a form, so that no code can clash with another control."""


class AnswerForm(Form):
    """A form whose fields are questions."""

    def questions(self) -> Iterator[AnswerField]:
        return cast(Iterator[AnswerField], iter(self))

    def answers(self) -> dict[str, AnswerValue]:
        """What could be read, by item code; None where nothing (or nothing readable) was given."""
        return {field.item.code: None if field.process_errors else field.data for field in self.questions()}


def form_class(
    instrument: Instrument, items: Iterable[Item] | None = None, *, language: str = "zh_Hans"
) -> type[AnswerForm]:
    """A form asking these items of an instrument (all of them by default), in this order."""
    asked = instrument.items if items is None else items
    fields = {
        field_name(item): ITEM_FIELDS[item.type](item, offers_of(instrument, item), language)  # an UnboundField
        for item in asked
    }
    return cast(type[AnswerForm], type("InstrumentForm", (AnswerForm,), fields))


def field_name(item: Item) -> str:
    return PREFIX + item.code


def accepted_answers(instrument: Instrument, posted: MultiDict[str, str]) -> dict[str, AnswerValue] | None:
    """A complete and well-formed set of answers, one entry per item, or None if anything asked is amiss.

    Answers to items that were not asked are left out (None).
    """
    form = form_class(instrument)(posted)
    asked = {item.code for item in visible_items(instrument, form.answers())}
    wrong = [field for field in form.questions() if field.item.code in asked and not field.validate(form)]
    return None if wrong else {code: value if code in asked else None for code, value in form.answers().items()}


def valid_answers(instrument: Instrument, raw: object) -> dict[str, AnswerValue] | None:
    """The answers of an opened ballot after the checks of the page, or None if the ballot is not valid."""
    if not isinstance(raw, Mapping) or not set(raw) <= set(instrument.by_code):
        return None
    posted: MultiDict[str, str] = MultiDict()
    for code, value in raw.items():
        item = instrument.by_code[code]
        words = [] if value is None else ITEM_FIELDS[item.type].as_posted(value)
        if words is None:
            return None
        posted.setlist(field_name(item), words)
    return accepted_answers(instrument, posted)
