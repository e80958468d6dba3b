"""Controls of the editor of questionnaires: plain data of a file <-> what stands in a form.

Whatever is typed can be written into a file; what is wrong with it the questionnaire's own checks say afterwards.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Field, HiddenField, SelectField, StringField, TextAreaField
from wtforms.utils import unset_value

WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")
PARTED = re.compile(r"[\s,，、;；]+")
MOST_ROWS = 101
"""Codes of options and levels go from 0 to 100."""

Part = Mapping[str, Any]
Row = dict[str, str]


def as_typed(value: object) -> str:
    """A plain value as it stands in a control."""
    if value is None or isinstance(value, Mapping):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(as_typed(part) for part in value)
    return str(value)


def as_number(typed: str | None) -> int | str | None:
    """A whole number, also in full width; the text itself where it is none, None where there is nothing."""
    written = unicodedata.normalize("NFKC", typed or "").strip()
    if not written:
        return None
    return int(written) if WHOLE_NUMBER.fullmatch(written) else written


def as_position(typed: str) -> int | None:
    """A place in a list as a button or an address names it; None for what is none."""
    return int(typed) if typed.isdecimal() and len(typed) < 6 else None


def as_numbers(typed: str | None) -> list[int | str]:
    """Numbers with commas or spaces between them."""
    found = (as_number(part) for part in PARTED.split(typed or ""))
    return [number for number in found if number is not None]


def as_translation(chinese: str | None, english: str | None, *, is_needed: bool = False) -> dict[str, str] | None:
    """Both languages of a text; None where neither is there and the text may be missing."""
    texts = {"zh_Hans": _lines(chinese), "en": _lines(english)}
    if not texts["en"]:
        del texts["en"]
    return texts if is_needed or any(texts.values()) else None


def chinese_of(part: Part, key: str) -> str:
    text = part.get(key)
    return as_typed(text.get("zh_Hans")) if isinstance(text, Mapping) else as_typed(text)


def english_of(part: Part, key: str) -> str:
    text = part.get(key)
    return as_typed(text.get("en")) if isinstance(text, Mapping) else ""


def mappings_in(value: object) -> list[Part]:
    """The rows of a list; what is no row is an empty one."""
    return [row if isinstance(row, Mapping) else {} for row in value] if isinstance(value, list) else []


def _lines(typed: str | None) -> str:
    return (typed or "").replace("\r\n", "\n").strip()


def trimmed(typed: str | None) -> str:
    return (typed or "").strip()


class LineField(StringField):
    """One line of text."""

    def __init__(self, label: Any = "", **kwargs: Any) -> None:
        super().__init__(label, filters=[trimmed], **kwargs)


class WordsField(TextAreaField):
    """A text of one language, usually a line or two."""

    def __init__(self, label: Any = "", rows: int = 2, **kwargs: Any) -> None:
        super().__init__(label, render_kw={"rows": rows}, **kwargs)


class AnyOfField(SelectField):
    """One of a list; what stands in the file and is not on the list stays possible."""

    choices: Any

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(label, validate_choice=False, **kwargs)

    def offer(self, choices: Iterable[tuple[str, Any]]) -> None:
        self.choices = self._with_present(list(choices), ())

    def offer_groups(self, groups: Mapping[str, list[tuple[str, Any]]]) -> None:
        """Choices below headings; what is not among them comes first."""
        known = [choice for rows in groups.values() for choice in rows]
        first = next(iter(groups))
        self.choices = {**groups, first: self._with_present(groups[first], known)}

    def _with_present(self, choices: list[tuple[str, Any]], others: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
        known = {value for value, _label in (*choices, *others)}
        return choices if not self.data or self.data in known else [*choices, (self.data, self.data)]


class RowsField(Field):
    """Rows of controls named like `options-0-code`; buttons add rows, take them away and move them."""

    rows: list[Row]

    def __init__(self, label: Any, columns: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.columns = columns

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        self.process_errors: list[Any] = []
        given = () if data is unset_value or data is None else data
        self.rows = [dict(row) for row in given] if formdata is None else self._posted(formdata)
        self.data = self.rows

    def _posted(self, formdata: Any) -> list[Row]:
        pattern = re.compile(rf"{re.escape(self.name)}-([0-9]{{1,3}})-(?:{'|'.join(self.columns)})")
        places = {int(match[1]) for name in formdata if (match := pattern.fullmatch(name))}
        return [
            {column: trimmed(formdata.get(f"{self.name}-{place}-{column}")) for column in self.columns}
            for place in sorted(places)[:MOST_ROWS]
        ]

    def control(self, position: int, column: str) -> str:
        """Name and id of one control."""
        return f"{self.name}-{position}-{column}"

    @property
    def filled(self) -> list[Row]:
        """Rows in which something stands besides their code."""
        return [row for row in self.rows if any(row[column] for column in self.columns if column != "code")]

    def act(self, verb: str, position: int | None = None) -> None:
        """What a button beside the rows does; a button of a row that is not there does nothing."""
        if verb == "add":
            self.rows.append(dict.fromkeys(self.columns, "") | {"code": str(self._next_code())})
        elif position is not None and position < len(self.rows):
            row = self.rows.pop(position)
            if verb in STEPS:
                self.rows.insert(max(0, position + STEPS[verb]), row)

    def _next_code(self) -> int:
        return max((as_position(row.get("code", "")) or 0 for row in self.rows), default=0) + 1


STEPS = {"up": -1, "down": 1}


class RevisionField(HiddenField):
    """Which state of the draft a form was made from."""

    @property
    def number(self) -> int:
        return as_position(self.data or "") or 0


def code_field() -> LineField:
    return LineField(
        _l("Code"),
        description=_l("Letters, digits and _, for the data and for rules. Nobody who answers sees it."),
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "maxlength": 40},
    )
