"""The form of a question, whatever its type. The other parts of a questionnaire are `editor`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from instruments.checks import BELONGS_TO
from instruments.model import OPTION_TYPES, ItemType, Role
from survey_app.forms.editor import CodedForm, both, label_of, labelled, without_default, without_nothing
from survey_app.forms.editor_fields import (
    AnyOfField,
    LineField,
    Part,
    Row,
    RowsField,
    WordsField,
    as_number,
    as_numbers,
    as_translation,
    as_typed,
    mappings_in,
)
from survey_app.forms.editor_rule import RuleField

READY = "library:"
"""Before the name of a ready scale, where it is chosen like one of the questionnaire's own."""

TYPES = MappingProxyType(
    {
        ItemType.SCALE: _l("A level of a scale"),
        ItemType.RECOMMEND: _l("Recommendation, 0 to 10"),
        ItemType.YES_NO: _l("Yes or no"),
        ItemType.SINGLE: _l("One of several"),
        ItemType.MULTIPLE: _l("Several of several"),
        ItemType.RANKING: _l("Put in order"),
        ItemType.NUMBER: _l("A number"),
        ItemType.DATE: _l("A day"),
        ItemType.TEXT: _l("Free text"),
        ItemType.INFORMATION: _l("Words to read, nothing is asked"),
    }
)
ROLES = MappingProxyType(
    {
        Role.OVERALL: _l("the overall question"),
        Role.ACTION_TAKEN: _l("whether last year’s results had an effect"),
        Role.CANDOUR: _l("whether people can answer frankly"),
    }
)


class ItemForm(CodedForm):
    """An item of any type; what its type does not have is carried along unseen until it is saved."""

    KEYS = (
        "code", "type", "text", "short", "hint", "scale", "dimension", "role", "reversed", "required", "grouping",
        "options", "minimum", "maximum", "bands", "earliest", "latest", "places", "max_length", "one_line", "matrix",
        "attention", "visible_if",
    )  # fmt: skip
    DEFAULTS: ClassVar[Mapping[str, object]] = {
        "type": "scale",
        "required": True,
        "reversed": False,
        "grouping": False,
        "one_line": False,
        "max_length": 500,
    }
    PLACES: ClassVar[Mapping[str, str]] = {
        "text": "text_zh",
        "text.en": "text_en",
        "short": "short_zh",
        "short.en": "short_en",
        "hint": "hint_zh",
        "hint.en": "hint_en",
        "visible_if": "rule",
        "options": "options",
        "options[]": "options-{}-code",
        "options[].code": "options-{}-code",
        "options[].label": "options-{}-zh",
        "options[].label.en": "options-{}-en",
        "options[].exclusive": "options-{}-exclusive",
        "options[].other": "options-{}-other",
    } | {
        name: name
        for name in (
            "code", "type", "scale", "dimension", "role", "reversed", "required", "grouping", "minimum", "maximum",
            "bands", "earliest", "latest", "places", "max_length", "one_line", "matrix", "attention",
        )
    }  # fmt: skip

    type = AnyOfField(_l("Type"))
    text_zh = WordsField(_l("Question"), rows=3)
    text_en = WordsField(_l("Question"), rows=3)
    short_zh = LineField(_l("Short label"))
    short_en = LineField(_l("Short label"))
    hint_zh = WordsField(_l("Hint below the question"))
    hint_en = WordsField(_l("Hint below the question"))
    required = BooleanField(_l("It has to be answered"))
    scale = AnyOfField(
        _l("Scale"), description=_l("A ready scale is added to the questionnaire when the question is saved.")
    )
    options = RowsField(_l("Options"), ("code", "zh", "en", "exclusive", "other"))
    places = LineField(_l("Places to fill"), description=_l("Empty: all options are put in order."))
    minimum = LineField(_l("Smallest number"))
    maximum = LineField(_l("Largest number"))
    bands = LineField(
        _l("Bands: where each begins"),
        description=_l("Such as 0, 6, 16. At sealing only the band is kept, so that no number leads to a person."),
    )
    earliest = LineField(_l("Earliest day"), render_kw={"placeholder": "2026-01-01"})
    latest = LineField(_l("Latest day"), render_kw={"placeholder": "2026-12-31"})
    max_length = LineField(_l("Characters at most"))
    one_line = BooleanField(_l("One line only"))
    dimension = AnyOfField(_l("Dimension"))
    dimension_zh = LineField(_l("New dimension"))
    dimension_en = LineField(_l("New dimension"))
    role = AnyOfField(_l("It stands for"))
    reversed = BooleanField(
        _l("Reversed"), description=_l("Agreeing is bad: “I often hear of decisions too late.” It is scored backwards.")
    )
    grouping = BooleanField(
        _l("Forms groups"), description=_l("Results are also shown by its answers, such as by age. At most three.")
    )
    matrix = LineField(
        _l("Table"),
        description=_l("Neighbouring questions with the same word here stand in one table on wide screens."),
    )
    attention = AnyOfField(
        _l("Attention check"),
        description=_l("The level that whoever reads the question chooses. It is scored nowhere."),
    )
    rule = RuleField(
        _l("Rule as text"),
        description=_l("Such as: overall == 2 or topics has 3. Empty: everybody is asked."),
    )

    @classmethod
    def typed_of(cls, part: Part) -> dict[str, Any]:
        plain = ("code", "scale", "dimension", "role", "minimum", "maximum", "bands", "earliest", "latest", "places")
        return (
            both(part, "text", "short", "hint")
            | {name: as_typed(part.get(name)) for name in (*plain, "matrix", "attention")}
            | {name: part.get(name) is True for name in ("reversed", "grouping", "one_line")}
            | {
                "type": as_typed(part.get("type", cls.DEFAULTS["type"])),
                "required": part.get("required", True) is not False,
                "max_length": as_typed(part.get("max_length", cls.DEFAULTS["max_length"])),
                "options": [
                    labelled(row) | {name: "y" if row.get(name) is True else "" for name in ("exclusive", "other")}
                    for row in mappings_in(part.get("options"))
                ],
                "rule": as_typed(part.get("visible_if")),
            }
        )

    def belongs(self, key: str) -> bool:
        """Does an item of the chosen type have this?"""
        if key == "visible_if":
            return bool(self.type.data != ItemType.INFORMATION.value)
        types = BELONGS_TO.get(FIELD_OF_KEY.get(key, key))
        return types is None or bool(self.type.data in {kind.value for kind in types})

    def act(self, verb: str) -> None:
        super().act(verb)
        if self.type.data in set(OPTION_TYPES) and not self.options.rows:
            for _row in range(2):
                self.options.act("add")

    @property
    def library_scale(self) -> str:
        """Name of the ready scale that was chosen; empty for one of the questionnaire's own."""
        return self.scale.data.removeprefix(READY) if (self.scale.data or "").startswith(READY) else ""

    @property
    def new_dimension(self) -> dict[str, str] | None:
        """Title of the dimension that was typed instead of chosen."""
        return as_translation(self.dimension_zh.data, self.dimension_en.data) if self.belongs("dimension") else None

    def written(self) -> dict[str, Any]:
        typed: dict[str, Any] = {
            "code": self.code.data,
            "type": self.type.data if self.type.data != self.DEFAULTS["type"] else None,
            "text": as_translation(self.text_zh.data, self.text_en.data, is_needed=True),
            "short": as_translation(self.short_zh.data, self.short_en.data),
            "hint": as_translation(self.hint_zh.data, self.hint_en.data),
            "required": None if self.required.data else False,
            "options": [option_of(row) for row in self.options.filled],
            "max_length": without_default(as_number(self.max_length.data), self.DEFAULTS["max_length"]),
            "bands": as_numbers(self.bands.data),
            "visible_if": self.rule.data,
        }
        typed |= {name: self[name].data for name in ("scale", "dimension", "role", "earliest", "latest", "matrix")}
        typed |= {name: as_number(self[name].data) for name in ("minimum", "maximum", "places", "attention")}
        typed |= {name: self[name].data or None for name in ("reversed", "grouping", "one_line")}
        typed = without_nothing(typed)
        return {key: typed[key] for key in self.KEYS if key in typed and self.belongs(key)}


FIELD_OF_KEY = MappingProxyType({"one_line": "is_short"})


def option_of(row: Row) -> dict[str, Any]:
    ticked = {name: True for name in ("exclusive", "other") if row[name]}
    return {"code": as_number(row["code"]), "label": label_of(row)} | ticked


def part_choices(codes: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Codes with their words, behind an empty first line."""
    return [("", _("none")), *((code, f"{words} · {code}" if words else code) for code, words in codes)]
