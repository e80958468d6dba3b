"""The whole questionnaire as one page, and the rules by which static/sheet.js decides what is asked and what is wrong.

The page parts are those of `sheet`, with everything asked; the script shows and hides them. The rules say in JSON what
`builder` and `instruments.rules` say in Python: which items are asked, what can be read, which sentence is due.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from instruments.conditions import AllOf, Answered, AnyOf, Comparison, Condition, Has, Membership, Not
from instruments.model import Item
from instruments.rules import parse
from survey_app.forms.builder import form_class
from survey_app.forms.fields import AnswerField
from survey_app.forms.item_types import too_long
from survey_app.forms.sheet import AnswerSheet, SectionPage


@dataclass(frozen=True)
class WholeSheet(AnswerSheet):
    """An empty answer sheet that shows every question, asked or not."""

    @cached_property
    def asked(self) -> tuple[Item, ...]:
        return self.instrument.items

    @cached_property
    def shown_in(self) -> Mapping[str, tuple[Item, ...]]:
        """As in the questionnaire, the same for everybody: static/sheet.js shuffles."""
        return {section.code: self.asked_in(section) for section in self.path}

    @cached_property
    def pages(self) -> tuple[SectionPage, ...]:
        return tuple(self.page(section) for section in self.path)

    @cached_property
    def rules(self) -> dict[str, Any]:
        """JSON: the questionnaire's length, an entry per item in order, and the sentences the entries point to."""
        fields = tuple(form_class(self.instrument, language=self.language)().questions())
        missing = {field.item.code: str(field.missing()) for field in fields}
        sentences = list(dict.fromkeys(missing.values()))
        items = [_entry(field, sentences.index(missing[field.item.code])) for field in fields]
        return {
            "minutes": self.instrument.minutes,
            "items": items,
            "missing": sentences,
            "excess": str(too_long("{written}", "{most}", "{excess}")),
        }


def _entry(field: AnswerField, missing: int) -> dict[str, Any]:
    item = field.item
    entry: dict[str, Any] = {"code": item.code, "reads": field.reads, "missing": missing, **field.rule()}
    if not item.required:
        entry["optional"] = True
    if item.visible_if is not None:
        entry["if"] = condition_as_lists(parse(item.visible_if).condition)
    return entry


def condition_as_lists(condition: Condition) -> list[Any]:
    """A condition as JSON: `[word, …]`, where the parts of `not`, `and` and `or` are lists of the same kind."""
    return _AS_LISTS[type(condition)](condition)


_AS_LISTS: Mapping[type[Any], Callable[[Any], list[Any]]] = {
    Comparison: lambda it: [it.operator, it.item, it.code],
    Membership: lambda it: ["in", it.item, list(it.codes)],
    Has: lambda it: ["has", it.item, it.code],
    Answered: lambda it: ["answered", it.item],
    Not: lambda it: ["not", condition_as_lists(it.condition)],
    AllOf: lambda it: ["and", *map(condition_as_lists, it.conditions)],
    AnyOf: lambda it: ["or", *map(condition_as_lists, it.conditions)],
}
