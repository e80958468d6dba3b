"""A questionnaire's YAML text, changed part by part; everything else in it stays as it is, comments and order included.

Every change is made on the text and held against the same change on the plain data. Where a text is laid out in a way
that does not allow it (keys over several lines, brackets left open by a comment), the part around it is written anew.

Where the parts stand is `layout`, how new ones are written `writing`, what may be read `reading`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from functools import reduce
from itertools import chain
from typing import Any

from instruments.layout import Parsed, container_at, parsed
from instruments.parsing import RuleError, tokens
from instruments.parts import (
    EditError,
    Path,
    insert_in,
    is_there,
    made_up_to,
    missing,
    move_in,
    part_of,
    position_and_list,
    remove_in,
    set_in,
)
from instruments.problems import InstrumentError, path_of
from instruments.reading import decode
from instruments.rewriting import (
    Span,
    applied,
    as_it_stood,
    pieces,
    rearranged,
    removed,
    replaced,
    with_element,
    with_key,
    with_scale_called,
)
from instruments.writing import plain_copy

__all__ = ["EditError", "Path", "moved", "renamed", "value_at", "with_inserted", "with_value", "without"]


def value_at(text: str, path: Path) -> object:
    """Plain data of a part, as `instruments.reading.read` gives it.

    Raises: InstrumentError for a text that cannot be read; EditError where there is no such part.
    """
    return deepcopy(part_of(opened(text).data, path))


def with_value(text: str, path: Path, value: object) -> str:
    """The text with a key or list element set. A new key comes where the order of the questionnaire has it; mappings
    missing on the way are made.

    Raises: InstrumentError for a text that cannot be read or a value with control characters; EditError.
    """
    source, value = opened(text), plain_copy(value)
    path, value = made_up_to(source.data, path, value)
    if is_there(source.data, path):
        if same(part_of(source.data, path), value):
            return text
        return changed(text, path, lambda data: set_in(data, path, value), lambda source: replaced(source, path, value))
    return changed(text, path, lambda data: set_in(data, path, value), lambda source: with_key(source, path, value))


def without(text: str, path: Path) -> str:
    """The text without a key or list element and the comments directly above it. A list may become empty.

    Raises: InstrumentError for a text that cannot be read; EditError where there is no such part.
    """
    part_of(opened(text).data, path)
    if not path:
        raise EditError("the whole questionnaire cannot be taken out of itself")
    return changed(text, path, lambda data: remove_in(data, path), lambda source: removed(source, path))


def with_inserted(text: str, path: Path, value: object) -> str:
    """The text with a new list element; the last step is its position, the length of the list for its end. A list that
    is missing or null is made.

    Raises: InstrumentError for a text that cannot be read or a value with control characters; EditError.
    """
    data, value, (position, around) = opened(text).data, plain_copy(value), position_and_list(path)
    if position == 0 and (not is_there(data, around) or part_of(data, around) is None):
        return with_value(text, around, [value])
    present = part_of(data, around)
    if not isinstance(present, list) or not 0 <= position <= len(present):
        raise missing(path)
    if not present:
        return with_value(text, around, [value])
    return changed(
        text, path, lambda data: insert_in(data, path, value), lambda source: with_element(source, path, value)
    )


def moved(text: str, path: Path, to: Path) -> str:
    """The text with a list element at another position of its list or of another, with the comments directly above it.
    `to` counts as if the element had been taken out already. Between brackets there is no room for comments.

    Raises: InstrumentError for a text that cannot be read; EditError.
    """
    source = opened(text)
    value, (position, around), (wanted, target) = (
        part_of(source.data, path),
        position_and_list(path),
        position_and_list(to),
    )
    if around != target:
        return looking_as_before(with_inserted(without(text, path), to, value), to, source, path)
    if not 0 <= wanted < len(part_of(source.data, around)):
        raise missing(to)
    if wanted == position:
        return text
    return changed(
        text, path, lambda data: move_in(data, path, wanted), lambda source: rearranged(source, path, wanted)
    )


def looking_as_before(text: str, path: Path, before: Parsed, was_at: Path) -> str:
    """The text with the lines of a list element as they were, where it can have lines of its own."""
    container = container_at(before, was_at[:-1])
    if container is None or container.in_brackets:
        return text
    _gaps, parts = pieces(container)
    position, _around = position_and_list(was_at)
    spans = as_it_stood(opened(text), path, parts[position], container.column)
    return in_place(text, opened(text).data, spans) or text


def renamed(text: str, kind: str, old: str, new: str) -> str:
    """The text with another code for an item, a section, a scale or a dimension, wherever it is referred to.

    Raises: InstrumentError for a text that cannot be read; EditError where no part has the old code or one has the new.
    """
    data, new = opened(text).data, str(plain_copy(new))
    if old == new:
        return text
    codes = codes_of(data, kind)
    if old not in codes or new in codes:
        raise EditError(f"{kind} '{old}' cannot be called '{new}'")
    found = dict(REFERENCES[kind](data, old, new))

    def on_data(data: Any) -> object:
        if kind == "scale":
            data["scales"] = {new if code == old else code: scale for code, scale in data["scales"].items()}
        return reduce(lambda data, path: set_in(data, path, found[path]), found, data)

    def on_text(source: Parsed) -> list[Span]:
        names = with_scale_called(source, old, new) if kind == "scale" else []
        return [*names, *(span for path in found for span in replaced(source, path, found[path]) or ())]

    return changed(text, ("sections",), on_data, on_text)


# One change, held against the data -----------------------------------------------------------------------------------


def opened(text: str) -> Parsed:
    """Raises InstrumentError for a text that `reading.read` refuses."""
    return parsed(decode(text))


def changed(
    text: str, path: Path, on_data: Callable[[Any], object], on_text: Callable[[Parsed], Iterable[Span] | None]
) -> str:
    """The text after a change, made in place or, where that does not come out as on the data, in the part around it."""
    source = opened(text)
    wanted = on_data(deepcopy(source.data))
    for spans in chain((on_text(source),), anew(source, path, wanted)):
        result = in_place(text, wanted, spans)
        if result is not None:
            return result
    parsed(applied(source.text, replaced(source, (), wanted) or ()))  # says why: too large, too many parts, too deep
    raise EditError(f"{path_of(path)} cannot be changed in this text")


def in_place(text: str, wanted: object, spans: Iterable[Span] | None) -> str | None:
    """The text with spans replaced; None where it does not mean what is wanted."""
    plain = decode(text)
    result = applied(plain, spans or ())
    byte_order_mark = text[: len(text) - len(plain)]
    return byte_order_mark + result if spans is not None and means(result, wanted) else None


def anew(source: Parsed, path: Path, wanted: object) -> Iterator[Iterable[Span] | None]:
    """Ever larger parts around a place written anew, the whole file in the end."""
    for length in range(len(path) - 1, -1, -1):
        if is_there(source.data, path[:length]) and is_there(wanted, path[:length]):
            yield replaced(source, path[:length], part_of(wanted, path[:length]))


def means(text: str, wanted: object) -> bool:
    try:
        return same(parsed(text).data, wanted)
    except InstrumentError:
        return False


def same(one: object, other: object) -> bool:
    """Equal as JSON: unlike in Python, 1 is neither true nor 1.0."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


# Codes and what refers to them ---------------------------------------------------------------------------------------


def codes_of(data: Any, kind: str) -> list[object]:
    if kind == "scale":
        scales = data.get("scales") if isinstance(data, dict) else None
        return list(scales) if isinstance(scales, dict) else []
    return [part.get("code") for _path, part in KINDS[kind](data)]


def rows(data: Any, path: Path, key: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The mappings of a list, with their places, as far as there is one."""
    found = data.get(key) if isinstance(data, dict) else None
    for position, part in enumerate(found if isinstance(found, list) else ()):
        if isinstance(part, dict):
            yield (*path, key, position), part


def items(data: Any) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path, section in rows(data, (), "sections"):
        yield from rows(section, path, "items")


KINDS: Mapping[str, Callable[[Any], Iterator[tuple[Path, dict[str, Any]]]]] = {
    "section": lambda data: rows(data, (), "sections"),
    "dimension": lambda data: rows(data, (), "dimensions"),
    "item": items,
}


def places(found: Iterable[tuple[Path, dict[str, Any]]], key: str, old: str, new: str) -> Iterator[tuple[Path, str]]:
    return (((*path, key), new) for path, part in found if part.get(key) == old)


def places_of_item(data: Any, old: str, new: str) -> Iterator[tuple[Path, str]]:
    """The item itself, and the rules that look at it or at the line on which "other" is written."""
    yield from places(items(data), "code", old, new)
    codes = {old: new}
    if any(has_other_line(item) for _path, item in items(data) if item.get("code") == old):
        codes[f"{old}_other"] = f"{new}_other"
    for path, item in items(data):
        rule = item.get("visible_if")
        if isinstance(rule, str) and (rewritten := rule_with(rule, codes)) != rule:
            yield (*path, "visible_if"), rewritten


def has_other_line(item: dict[str, Any]) -> bool:
    return any(option.get("other") is True for _path, option in rows(item, (), "options"))


def rule_with(rule: str, codes: Mapping[str, str]) -> str:
    """The rule with other codes of items; one that cannot be read stays."""
    try:
        words = [token for token in tokens(rule) if token.kind == "word" and token.text in codes]
    except RuleError:
        return rule
    for token in reversed(words):
        start = token.position - 1
        rule = rule[:start] + codes[token.text] + rule[start + len(token.text) :]
    return rule


def places_of_dimension(data: Any, old: str, new: str) -> Iterator[tuple[Path, str]]:
    yield from places(rows(data, (), "dimensions"), "code", old, new)
    yield from places(items(data), "dimension", old, new)


REFERENCES: Mapping[str, Callable[[Any, str, str], Iterator[tuple[Path, str]]]] = {
    "item": places_of_item,
    "section": lambda data, old, new: places(rows(data, (), "sections"), "code", old, new),
    "scale": lambda data, old, new: places(items(data), "scale", old, new),
    "dimension": places_of_dimension,
}
