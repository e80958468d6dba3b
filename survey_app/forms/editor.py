"""Forms of the editor of questionnaires: each part of a file as controls, and what was typed as plain data again.

How a change gets into the text of a draft is `survey_app.web.editor_changes`; single controls are `editor_fields`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField
from wtforms.validators import ValidationError

from instruments.form import CODE as IMPOSSIBLE_CODE
from instruments.model import Audience
from instruments.parsing import KEYWORDS
from instruments.wording import N_
from survey_app.forms.base import FlaskForm
from survey_app.forms.editor_fields import (
    AnyOfField,
    LineField,
    Part,
    RevisionField,
    Row,
    RowsField,
    WordsField,
    as_number,
    as_position,
    as_translation,
    as_typed,
    chinese_of,
    code_field,
    english_of,
    mappings_in,
)

CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")
TAKEN = N_("'%(given)s' is the code of another part already")
RESERVED = N_("'%(given)s' is a word of the rules and cannot be a code")
AUDIENCES = MappingProxyType({Audience.MEMBER: _l("members"), Audience.STAFF: _l("staff")})


class PartForm(FlaskForm):
    """A part of a draft. Subclasses say which keys they write and where a problem of a key is shown."""

    KEYS: ClassVar[tuple[str, ...]] = ()
    DEFAULTS: ClassVar[Mapping[str, object]] = {}
    PLACES: ClassVar[Mapping[str, str]] = {}
    """Place inside the part (positions as []) -> id of the control, `{}` for the positions."""

    revision = RevisionField()
    was = HiddenField()
    """Code of the part the form was opened on; empty for a new one. Others may have moved it since."""

    @classmethod
    def typed_of(cls, part: Part) -> dict[str, Any]:
        """Plain data as they stand in the controls."""
        raise NotImplementedError

    def written(self) -> dict[str, Any]:
        """What was typed as plain data; what is empty is left out."""
        raise NotImplementedError

    def act(self, verb: str) -> None:
        """A button inside the form was pressed: `options:up:2`."""
        name, _colon, rest = verb.partition(":")
        step, _colon, position = rest.partition(":")
        if name in self._fields and isinstance(self[name], RowsField):
            self[name].act(step, as_position(position))

    @classmethod
    def control_at(cls, place: str) -> str | None:
        """Id of the control in which a problem at this place is mended; None for what the form does not show."""
        positions = re.findall(r"\[(\d+)\]", place)
        pattern = re.sub(r"\[\d+\]", "[]", place)
        while pattern:
            if pattern in cls.PLACES:
                return cls.PLACES[pattern].format(*positions)
            pattern = pattern[: max(pattern.rfind("."), 0)]
        return None


class CodedForm(PartForm):
    """A part that has a code, which no other part of its kind may have."""

    code = code_field()
    taken: frozenset[str] = frozenset()

    def validate_code(self, field: Any) -> None:
        refused = (
            (IMPOSSIBLE_CODE, not CODE.fullmatch(field.data)),
            (RESERVED, field.data in KEYWORDS),
            (TAKEN, field.data in self.taken),
        )
        for template, holds in refused:
            if holds:
                raise ValidationError(_(template, given=field.data[:40]))


class SectionForm(CodedForm):
    KEYS = ("code", "title", "intro", "shuffled")
    DEFAULTS: ClassVar[Mapping[str, object]] = {"shuffled": False}
    PLACES: ClassVar[Mapping[str, str]] = {
        "code": "code",
        "title": "title_zh",
        "title.en": "title_en",
        "intro": "intro_zh",
        "intro.en": "intro_en",
        "shuffled": "shuffled",
    }

    title_zh = LineField(_l("Title"))
    title_en = LineField(_l("Title"))
    intro_zh = WordsField(_l("Introduction"))
    intro_en = WordsField(_l("Introduction"))
    shuffled = BooleanField(
        _l("In another order for everybody"),
        description=_l("The questions of this section are mixed anew for each person; the order is kept nowhere."),
    )

    @classmethod
    def typed_of(cls, part: Part) -> dict[str, Any]:
        return both(part, "title", "intro") | {
            "code": as_typed(part.get("code")),
            "shuffled": part.get("shuffled") is True,
        }

    def written(self) -> dict[str, Any]:
        return without_nothing(
            {
                "code": self.code.data,
                "title": as_translation(self.title_zh.data, self.title_en.data, is_needed=True),
                "intro": as_translation(self.intro_zh.data, self.intro_en.data),
                "shuffled": self.shuffled.data or None,
            }
        )


class DimensionForm(CodedForm):
    KEYS = ("code", "title")
    PLACES: ClassVar[Mapping[str, str]] = {"code": "code", "title": "title_zh", "title.en": "title_en"}

    title_zh = LineField(_l("Title"))
    title_en = LineField(_l("Title"))

    @classmethod
    def typed_of(cls, part: Part) -> dict[str, Any]:
        return both(part, "title") | {"code": as_typed(part.get("code"))}

    def written(self) -> dict[str, Any]:
        title = as_translation(self.title_zh.data, self.title_en.data, is_needed=True)
        return {"code": self.code.data, "title": title}


class SettingsForm(PartForm):
    """What holds for the whole questionnaire."""

    KEYS = ("code", "title", "note", "audience", "annual", "minutes", "local_items")
    DEFAULTS: ClassVar[Mapping[str, object]] = {"annual": True, "minutes": 3, "local_items": 0}
    PLACES: ClassVar[Mapping[str, str]] = {
        "code": "code",
        "title": "title_zh",
        "title.en": "title_en",
        "note": "note_zh",
        "note.en": "note_en",
        "audience": "audience",
        "annual": "annual",
        "minutes": "minutes",
        "local_items": "local_items",
    }

    title_zh = LineField(_l("Title"))
    title_en = LineField(_l("Title"))
    note_zh = WordsField(_l("Note on the first page"), rows=3)
    note_en = WordsField(_l("Note on the first page"), rows=3)
    code = LineField(
        _l("Code of the questionnaire"),
        description=_l(
            "Small letters, digits and hyphens. A questionnaire published under the same code is a new version of it."
        ),
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "maxlength": 64},
    )
    audience = AnyOfField(_l("Audience"))
    minutes = LineField(
        _l("Minutes it takes"), description=_l("As it is told to those who are asked."), render_kw={"maxlength": 4}
    )
    annual = BooleanField(
        _l("It measures the year"),
        description=_l("Objectives are held against it. Not for a pulse or the evaluation of an activity."),
    )

    local_items = LineField(
        _l("Local questions"),
        description=_l("How many questions of its own a unit below may add; it cannot change those here. Usually 0."),
        render_kw={"maxlength": 3},
    )

    def offer(self) -> None:
        self.audience.offer([(audience.value, str(words)) for audience, words in AUDIENCES.items()])

    @classmethod
    def typed_of(cls, part: Part) -> dict[str, Any]:
        return both(part, "title", "note") | {
            "code": as_typed(part.get("code")),
            "audience": as_typed(part.get("audience")),
            **{name: as_typed(part.get(name, cls.DEFAULTS[name])) for name in ("minutes", "local_items")},
            "annual": part.get("annual", True) is not False,
        }

    def written(self) -> dict[str, Any]:
        return without_nothing(
            {
                "code": self.code.data,
                "title": as_translation(self.title_zh.data, self.title_en.data, is_needed=True),
                "note": as_translation(self.note_zh.data, self.note_en.data),
                "audience": self.audience.data,
                "annual": None if self.annual.data else False,
                "minutes": without_default(as_number(self.minutes.data), self.DEFAULTS["minutes"]),
                "local_items": without_default(as_number(self.local_items.data), self.DEFAULTS["local_items"]),
            }
        )


UNSCORED = MappingProxyType({"dont_know": _l("No opinion"), "not_applicable": _l("Not applicable")})


class ScaleForm(CodedForm):
    """Named levels, best first, and the ways out beside them."""

    KEYS = ("levels", "satisfied", "unscored")
    PLACES: ClassVar[Mapping[str, str]] = {
        "levels": "levels",
        "levels[].code": "levels-{}-code",
        "levels[].label": "levels-{}-zh",
        "levels[].label.en": "levels-{}-en",
        "satisfied": "levels",
        "unscored": "unscored",
        "unscored[].label": "unscored-{}-zh",
        "unscored[].label.en": "unscored-{}-en",
    }

    levels = RowsField(_l("Levels, best first"), ("code", "zh", "en", "satisfied"))
    unscored = RowsField(_l("Ways out, never scored"), ("kind", "zh", "en"))

    @classmethod
    def typed_of(cls, part: Part) -> dict[str, Any]:
        given = part.get("satisfied")
        satisfied = given if isinstance(given, list) else []
        levels = [
            labelled(row) | {"satisfied": "y" if row.get("code") in satisfied else ""}
            for row in mappings_in(part.get("levels"))
        ]
        ways = mappings_in(part.get("unscored"))
        unscored = [labelled(row) | {"kind": as_typed(row.get("kind"))} for row in ways]
        offered = {row["kind"] for row in unscored}
        unscored += [{"kind": kind, "zh": "", "en": ""} for kind in UNSCORED if kind not in offered]
        return {"levels": levels, "unscored": unscored}

    def written(self) -> dict[str, Any]:
        levels = [{"code": as_number(row["code"]), "label": label_of(row)} for row in self.levels.filled]
        satisfied = [as_number(row["code"]) for row in self.levels.filled if row["satisfied"]]
        unscored = [
            {"kind": row["kind"], "label": label_of(row)} for row in self.unscored.rows if row["zh"] or row["en"]
        ]
        return {"levels": levels, "satisfied": satisfied} | ({"unscored": unscored} if unscored else {})


def both(part: Part, *keys: str) -> dict[str, str]:
    """Texts in both languages, as `title_zh` and `title_en`."""
    chinese = {f"{key}_zh": chinese_of(part, key) for key in keys}
    return chinese | {f"{key}_en": english_of(part, key) for key in keys}


def labelled(row: Part) -> Row:
    return {"code": as_typed(row.get("code")), "zh": chinese_of(row, "label"), "en": english_of(row, "label")}


def label_of(row: Row) -> dict[str, str] | None:
    return as_translation(row["zh"], row["en"], is_needed=True)


def without_nothing(typed: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in typed.items() if value not in (None, "", [])}


def without_default(value: object, default: object) -> object:
    return None if value == default else value
