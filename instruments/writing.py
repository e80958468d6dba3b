"""Plain data -> YAML text, as the questionnaires that come with the service are written; the counterpart of `reading`.

Texts stand without quotation marks only where every reader of YAML, old ones included, takes them for text.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence

from instruments.problems import InstrumentError, Problem
from instruments.reading import FORBIDDEN
from instruments.wording import N_

STEP = 2
"""Spaces by which a part stands further in than the part around it."""
ROW = frozenset({"code", "kind", "label", "title", "exclusive", "other"})
"""Keys of levels, options and dimensions: rows of a table, each on its line."""
LANGUAGES = frozenset({"zh_Hans", "en"})
SHORT = 72
"""Signs up to which a text in its languages stays on one line."""

OTHERWISE_READ = frozenset({"yes", "no", "on", "off", "y", "n", "true", "false", "null"})
INDICATORS = "-?:,[]{}#&*!|>'\"%@`~=<."
LIKE_A_NUMBER = re.compile(r"[-+]?[0-9][-+0-9a-fA-F_.,:xXoOeETZ ]*")
SPECIAL = re.compile(r": |:$| #|[\n\t\ufeff]")
SPECIAL_IN_FLOW = re.compile(r"[,:\[\]{}]")


def plain_copy(value: object) -> object:
    """The value as `reading.read` gives it back: line ends of browsers made line feeds, numbers of JSON only.

    Raises InstrumentError for signs that no questionnaire can hold, ValueError for what is no JSON data.
    """
    if isinstance(value, str):
        text = value.replace("\r\n", "\n")
        if FORBIDDEN.search(text):
            raise InstrumentError((Problem("", None, N_("the text contains a control character")),))
        return text
    if isinstance(value, Mapping):
        return {str(plain_copy(str(key))): plain_copy(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain_copy(part) for part in value]
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise ValueError(f"{value!r} cannot stand in a questionnaire")


def scalar(value: object, *, in_flow: bool = False) -> str:
    """Text, a number, true, false or null on one line; `in_flow` between brackets."""
    if not isinstance(value, str):
        return json.dumps(value)
    return (
        value
        if is_plain(value, in_flow=in_flow)
        else json.dumps(value, ensure_ascii=False).replace("\ufeff", "\\uFEFF")
    )


def is_plain(text: str, *, in_flow: bool) -> bool:
    """Whether the text means itself without quotation marks."""
    return not (
        not text
        or text != text.strip()
        or text[0] in INDICATORS
        or text.lower() in OTHERWISE_READ
        or LIKE_A_NUMBER.fullmatch(text)
        or SPECIAL.search(text)
        or (in_flow and SPECIAL_IN_FLOW.search(text))
    )


def in_brackets(value: object) -> str:
    """Any value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(pair_in_brackets(key, part) for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(in_brackets(part) for part in value) + "]"
    return scalar(value, in_flow=True)


def pair_in_brackets(key: str, value: object) -> str:
    return f"{scalar(key, in_flow=True)}: {in_brackets(value)}"


def on_one_line(value: object, *, in_list: bool) -> str | None:
    """The value as it stands behind `key:` or `-`; None for what takes lines of its own."""
    if isinstance(value, Mapping):
        return in_brackets(value) if is_row(value, in_list=in_list) else None
    if isinstance(value, list):
        return (
            None if any(isinstance(part, Mapping | list) or paragraphs(part) for part in value) else in_brackets(value)
        )
    return None if paragraphs(value) else scalar(value)


def is_row(value: Mapping[str, object], *, in_list: bool) -> bool:
    written = in_brackets(value)
    if "\\n" in written:
        return not value
    return not value or (in_list and value.keys() <= ROW) or (value.keys() <= LANGUAGES and len(written) <= SHORT)


def paragraphs(value: object) -> list[str] | None:
    """Head and lines of a text written as it is (`|`); None where that would not give the text back."""
    if not isinstance(value, str) or "\n" not in value or "\ufeff" in value:
        return None
    ends = value.endswith("\n")
    lines = value.removesuffix("\n").split("\n")
    if value[0].isspace() or not lines[-1].strip() or any(line and not line.strip() for line in lines):
        return None
    return ["|" if ends else "|-", *lines]


def lines_of(value: object, column: int) -> list[str]:
    """Lines of a mapping or list that is not empty, each element and key from this column on."""
    pad = " " * column
    if isinstance(value, Mapping):
        return [line for key, part in value.items() for line in behind(f"{pad}{scalar(key)}:", part, column)]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [line for part in value for line in element(part, column)]
    raise ValueError(f"{value!r} has no lines of its own")


def element(value: object, column: int) -> list[str]:
    """Lines of one list element, its dash in this column."""
    return behind(" " * column + "-", value, column)


def behind(head: str, value: object, column: int) -> list[str]:
    """Lines of `key:` or `-` with its value; `column` is where the key or dash stands."""
    in_list = head.endswith("-")
    written = on_one_line(value, in_list=in_list)
    if written is not None:
        return [f"{head} {written}"]
    text = paragraphs(value)
    if text:
        return [f"{head} {text[0]}", *indented(text[1:], column + STEP)]
    lines = lines_of(value, column + STEP)
    return [f"{head} {lines[0].lstrip(' ')}", *lines[1:]] if in_list else [head, *lines]


def indented(lines: Sequence[str], column: int) -> list[str]:
    return [" " * column + line if line else line for line in lines]
