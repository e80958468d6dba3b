"""What holds for every change of a questionnaire's text: it says what was meant, and nothing else in it is touched."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from instruments import catalogue
from instruments.editing import Path, moved, with_inserted, with_value, without
from instruments.layout import container_at, parsed
from instruments.reading import read

OFTEN = settings(max_examples=100, deadline=None)
SOMETIMES = settings(max_examples=25, deadline=None)

AWKWARD = (
    "yes", "No", "on", "null", "~", "1", "0x1F", "1e3", "2026-12-31", "12:30", "- x", "# x", "a # b", "a: b", "a:",
    ": ", "'", '"', "&a", "*a", "!t", "{x}", "[x]", "a, b", "%x", "@x", "`x", "|", ">", "?", "? x", "=", "<<", " x",
    "x ", "\t", "x\ny", "x\n", "\nx", "x\n\ny\n", " x\ny", "x\n y", "x\n#y", "x\n---\ny", "x\n\n", "\\n", "...", "---",
    "\ufeff", "", "满意", "“引号”", "35 岁及以下", "—", "\u3000全角", "a\u00a0", "𠮷", "x" * 300,
)  # fmt: skip
TURNING = "".join(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
printable = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufffe\uffff" + TURNING)
texts = st.sampled_from(AWKWARD) | st.text(printable, max_size=12)
DASHES = re.compile(r" *(?:- +)*")
scalars = texts | st.integers(-5, 100) | st.booleans() | st.none() | st.sampled_from([0.5, 1e-7, 1e30])
keys = st.sampled_from(["code", "title", "zh_Hans", "en", "items", "label", "yes", "1", "a b", "名", "# k", "k: v"])
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)


def edited(data: Any, act: str, path: Path, value: object, to: int | Path) -> object:
    """The same change of plain data, in the plainest words."""
    around = deepcopy(data)
    part = around
    for step in path[:-1]:
        part = part[step]
    match act:
        case "set":
            part[path[-1]] = value
        case "insert":
            part.insert(path[-1], value)
        case "remove":
            del part[path[-1]]
        case "move":
            part.insert(to, part.pop(path[-1]))
        case "carry":
            element = part.pop(path[-1])
            at(around, to[:-1]).insert(to[-1], element)
    return around


def changed_text(text: str, act: str, path: Path, value: object, to: int | Path) -> str:
    match act:
        case "set":
            return with_value(text, path, value)
        case "insert":
            return with_inserted(text, path, value)
        case "remove":
            return without(text, path)
        case "carry":
            return moved(text, path, to)
    return moved(text, path, (*path[:-1], to))


def places(data: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    for step, part in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from places(part, (*path, step))


def at(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data


@st.composite
def edits(draw: st.DrawFn, data: Any) -> tuple[str, Path, object, int | Path]:
    """A change that can be made to the data."""
    everywhere = list(places(data))
    mappings = [path for path in everywhere if isinstance(at(data, path), dict)]
    lists = [path for path in everywhere if isinstance(at(data, path), list)]
    several = [path for path in lists if len(at(data, path)) > 1]
    elements = [(*path, position) for path in lists for position in range(len(at(data, path)))]
    carried = [path for path in elements if any(around != path[:-1] and not below(around, path) for around in lists)]
    where = {
        "set": everywhere[1:], "add": mappings, "insert": lists, "remove": everywhere[1:], "move": several,
        "carry": carried,
    }  # fmt: skip
    act = draw(st.sampled_from([act for act, found in where.items() if found]))
    path = draw(st.sampled_from(where[act]))
    match act:
        case "set":
            return act, path, draw(values), 0
        case "remove":
            return act, path, None, 0
        case "add":
            return "set", (*path, draw(keys)), draw(values), 0
        case "insert":
            return act, (*path, draw(st.integers(0, len(at(data, path))))), draw(values), 0
        case "move":
            position = st.integers(0, len(at(data, path)) - 1)
            return act, (*path, draw(position)), None, draw(position)
    after = edited(data, "remove", path, None, 0)
    targets = [found for found in places(after) if isinstance(at(after, found), list) and found != path[:-1]]
    around = draw(st.sampled_from(targets))
    return act, path, None, (*around, draw(st.integers(0, len(at(after, around)))))


def json_of(data: object) -> str:
    return json.dumps(data, sort_keys=True, ensure_ascii=False)


# Layouts as people write them ----------------------------------------------------------------------------------------


@dataclass
class Sheet:
    """A text under way: its lines, the comments in it and whose they are, the places whose words are on each line."""

    draw: st.DrawFn
    lines: list[str] = field(default_factory=list)
    comments: dict[str, Path] = field(default_factory=dict)
    on_line: list[frozenset[Path]] = field(default_factory=list)

    def chance(self, of: int = 4) -> bool:
        return self.draw(st.integers(1, of)) == 1

    def comment(self, owner: Path) -> str:
        words = f"# c{len(self.comments)}."
        self.comments[words] = owner
        return words

    def line(self, words: str, *about: Path) -> None:
        self.lines.append(words)
        self.on_line.append(frozenset(about))

    def gap(self, around: Path, column: int) -> None:
        """Empty lines, now and then with a comment that is about nothing below."""
        if self.chance():
            self.line("")
            if self.chance():
                self.line(" " * column + self.comment((*around, "")), (*around, ""))
                self.line("")

    def part(self, data: Any, path: Path, column: int, first: str | None) -> None:
        """A mapping or list on lines of its own; `first` is the line it begins on, where it begins behind a dash."""
        is_list = isinstance(data, list)
        for number, (step, value) in enumerate(enumerate(data) if is_list else data.items()):
            inside = (*path, step)
            if first is not None:
                head, first = first, None
            else:
                if number:
                    self.gap(path, column)
                if self.chance() and (number or path):
                    self.line(" " * self.draw(st.integers(0, column)) + self.comment(inside), inside)
                head = " " * column
            head += "-" if is_list else self.key(step) + ":"
            self.value(head, value, inside, column)

    def key(self, key: str) -> str:
        return key if key.isidentifier() and key != "yes" else json.dumps(key, ensure_ascii=False)

    def value(self, head: str, value: Any, path: Path, column: int) -> None:
        inner = column + self.draw(st.integers(1, 4))
        if isinstance(value, dict | list) and value and not self.chance(3):
            if head.endswith("-") and self.chance(2):
                lead = head + " " * self.draw(st.integers(1, 3))
                self.part(value, path, len(lead), lead)
                return
            if isinstance(value, list) and not head.endswith("-") and self.chance(3):
                inner = column
            self.line(head + self.end_comment(path), path, *up(path))
            self.part(value, path, inner, None)
            return
        if isinstance(value, str) and "\n" in value and plain_lines(value) and self.chance(2):
            self.line(f"{head} {'|' if value.endswith(chr(10)) else '|-'}" + self.end_comment(path), path)
            for line in value.removesuffix("\n").split("\n"):
                self.line(" " * inner + line if line else "", path)
            return
        between = self.in_brackets(value, path)
        self.line(f"{head} {between}" + self.end_comment(path), *places_in(value, path))

    def end_comment(self, owner: Path) -> str:
        return f"  {self.comment(owner)}" if self.chance() else ""

    def in_brackets(self, value: Any, path: Path) -> str:
        space = " " * self.draw(st.integers(0, 1))
        comma = "," if value and self.chance(6) else ""
        if isinstance(value, dict):
            pairs = (f"{self.key(key)}: {self.in_brackets(part, (*path, key))}" for key, part in value.items())
            return "{" + space + ", ".join(pairs) + comma + space + "}"
        if isinstance(value, list):
            parts = (self.in_brackets(part, (*path, number)) for number, part in enumerate(value))
            return "[" + space + ", ".join(parts) + comma + space + "]"
        if (
            isinstance(value, str)
            and "\n" not in value
            and "\t" not in value
            and "\ufeff" not in value
            and self.chance(2)
        ):
            return "'" + value.replace("'", "''") + "'"
        return json.dumps(value, ensure_ascii=False).replace("\ufeff", "\\ufeff")


def plain_lines(value: str) -> bool:
    lines = value.removesuffix("\n").split("\n")
    return (
        not value[0].isspace()
        and all(line == line.strip() and "\ufeff" not in line for line in lines)
        and bool(lines[-1])
    )


def places_in(value: Any, path: Path) -> list[Path]:
    return [(*path, *inner) for inner in places(value)]


def up(path: Path) -> tuple[Path, ...]:
    """An element and the list or mapping that begins behind its dash share a line."""
    return (path[:-1],) if path and path[-1] == 0 else ()


@st.composite
def sheets(draw: st.DrawFn) -> tuple[Any, Sheet]:
    data = draw(st.dictionaries(keys, values, min_size=1, max_size=4) | st.lists(values, min_size=1, max_size=4))
    sheet = Sheet(draw)
    if sheet.chance():
        sheet.line(sheet.comment(()))
    sheet.part(data, (), 0, None)
    if sheet.chance():
        sheet.line(sheet.comment(()))
    return data, sheet


def below(path: Path, around: Path) -> bool:
    return path[: len(around)] == around


@OFTEN
@given(st.data())
def test_a_change_of_the_text_is_the_same_change_of_what_it_says(data):
    before, sheet = data.draw(sheets())
    feed = data.draw(st.sampled_from(["\n", "\n", "\r\n"]))
    text = feed.join(sheet.lines) + data.draw(st.sampled_from([feed, feed, ""]))
    assume(json_of(read(text).data) == json_of(before))  # an open last line ends a text written over lines
    act, path, value, to = data.draw(edits(before))
    after = changed_text(text, act, path, value, to)
    assert json_of(read(after).data) == json_of(edited(before, act, path, value, to))
    assert "\n" not in text or "\n" not in after or (feed == "\r\n") == ("\r\n" in after)
    assert after.count("\r") in (0, after.count("\n"))


@OFTEN
@given(st.data())
def test_comments_and_lines_outside_the_changed_part_stay(data):
    before, sheet = data.draw(sheets())
    text = "\n".join(sheet.lines) + "\n"
    act, path, value, to = data.draw(edits(before))
    after = changed_text(text, act, path, value, to)
    kept = [words for words, owner in sheet.comments.items() if not goes(owner, before, act, path)]
    if act == "carry" and container_at(parsed(after), to[:-1]).in_brackets:
        kept = [words for words in kept if not below(sheet.comments[words], path)]  # where there is no room for them
    assert [words for words in kept if after.count(words) != 1] == []
    around = [path[:-1], before_taking(path, to)[:-1]] if act == "carry" else [path[:-1]]
    touched = around if act in ("move", "carry") or len(at(before, path[:-1])) < 2 else [path]
    lines = zip(sheet.lines, sheet.on_line, strict=True)
    untouched = [line for line, about in lines if about and not any(is_in(about, place, line) for place in touched)]
    assert in_order(untouched, after.split("\n"))
    changed = [*around, path] if act == "set" else around
    resting = [words for words in kept if not any(below(place, sheet.comments[words]) for place in changed)]
    then, now = what_is_below(sheet.lines), what_is_below(after.split("\n"))
    assert {words: now.get(words) for words in resting} == {words: then.get(words) for words in resting}


def what_is_below(lines: list[str]) -> dict[str, str]:
    """For each comment on a line of its own the words of the next line, wherever they stand on it."""
    pairs = zip(lines, [*lines[1:], ""], strict=True)
    return {line.strip(): DASHES.sub("", after) for line, after in pairs if line.lstrip().startswith("#")}


def goes(owner: Path, data: Any, act: str, path: Path) -> bool:
    """Whether a comment belongs to what a change takes away."""
    if act == "set":
        return below(owner, path) and owner != path
    emptied = act in ("remove", "carry") and len(at(data, path[:-1])) == 1 and owner == (*path[:-1], "")
    return emptied or (act == "remove" and below(owner, path))


def before_taking(path: Path, to: Path) -> Path:
    """Where the target of a move stands while the element is still in its list."""
    depth = len(path) - 1
    is_behind = len(to) > depth and to[:depth] == path[:-1] and to[depth] >= path[-1]
    return (*to[:depth], to[depth] + 1, *to[depth + 1 :]) if is_behind else to


def is_in(about: frozenset[Path], place: Path, line: str) -> bool:
    """A line of the part itself, or one on which the part stands between brackets with others."""
    in_brackets = "{" in line or "[" in line
    return any(below(there, place) or (in_brackets and place and below(there, place[:-1])) for there in about)


def in_order(lines: list[str], among: list[str]) -> bool:
    """The dash of an element may have come to stand before another of its keys, but before no comment."""
    rest = iter(among)
    return all(any(line == other or undashed(line) == undashed(other) for other in rest) for line in lines)


def undashed(line: str) -> str:
    """The line with spaces for the dashes it begins with; a comment behind a dash is no line of comments."""
    words = DASHES.sub("", line)
    return line if words.startswith("#") else " " * (len(line) - len(words)) + words


# Questionnaires as they are ------------------------------------------------------------------------------------------


@cache
def questionnaire(name: str) -> tuple[str, Any]:
    """One of the catalogue: its text and what it says."""
    text = catalogue.read_text(name)
    return text, read(text).data


@SOMETIMES
@given(st.data(), st.sampled_from(catalogue.names()))
def test_a_change_of_a_questionnaire_stays_within_the_lines_of_its_part(data, name):
    text, before = questionnaire(name)
    act, path, value, to = data.draw(edits(before))
    after = changed_text(text, act, path, value, to)
    assert json_of(read(after).data) == json_of(edited(before, act, path, value, to))
    if act in ("set", "remove"):
        is_new = isinstance(path[-1], str) and path[-1] not in at(before, path[:-1])
        old, new = text.split("\n"), after.split("\n")
        touched = len(old) - agreeing(old, new) - agreeing(old[::-1], new[::-1])
        assert touched <= 1 + (0 if is_new else len(list(places(at(before, path)))))


def agreeing(one: list[str], other: list[str]) -> int:
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
