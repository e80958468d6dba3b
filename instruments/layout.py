"""Where the parts of a YAML text stand: for every key and list element its signs, its lines, the comments above it.

Changing a text by this is `editing`; what YAML may contain is `reading`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from instruments.problems import Step
from instruments.reading import DEEPEST, FORBIDDEN, LARGEST, Building, PlainComposer, read

BLANK = re.compile(r"(?:\s|#[^\n]*)*")
"""Everything that stands between parts."""
COLON = re.compile(r"\s*:")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A text with its tree of nodes and its plain data, which nobody changes."""

    text: str
    node: Any
    data: object


@lru_cache(maxsize=32)
def parsed(text: str) -> Parsed:
    """Raises InstrumentError for a text that `reading.read` refuses, and says what it says."""
    is_odd = len(text.encode("utf-8", "replace")) > LARGEST or FORBIDDEN.search(text.replace("\r\n", "\n"))
    if is_odd or (node := composed(text)) is None or (isinstance(node, ScalarNode) and not node.value.strip()):
        read(text)
        node = composed(text)
    return Parsed(text, node, Building().value(node, ()))


def composed(text: str) -> Any:
    """The tree of nodes; None where there is none, of which `reading.read` says why."""
    reader = YAML(typ="safe", pure=True)
    reader.Composer = PlainComposer
    reader.max_depth = DEEPEST
    try:
        return reader.compose(text)
    except (YAMLError, RecursionError):
        return None


@dataclass(frozen=True, slots=True)
class Entry:
    """One key with its value, or one list element; positions count signs of the text."""

    step: Step
    start: int
    """Its first sign: key or dash; between brackets the element itself."""
    after: int
    """Behind the colon or dash."""
    value: Any
    end: int
    """Behind the last sign of its value."""

    @property
    def is_empty(self) -> bool:
        """Nothing is written behind the colon or dash."""
        return self.end == self.after and not isinstance(self.value, MappingNode | SequenceNode)

    @property
    def begin(self) -> int:
        """The first sign of its value."""
        return self.after if self.is_empty else int(self.value.start_mark.index)


@dataclass(frozen=True, slots=True)
class Container:
    """A mapping or list and its entries in the order of the text."""

    text: str
    node: Any
    entries: tuple[Entry, ...]
    is_whole: bool
    """It is the file itself."""

    @property
    def is_list(self) -> bool:
        return isinstance(self.node, SequenceNode)

    @property
    def in_brackets(self) -> bool:
        return bool(self.node.flow_style)

    @property
    def begin(self) -> int:
        return int(self.node.start_mark.index)

    @property
    def column(self) -> int:
        return self.begin - line_start(self.text, self.begin)

    @property
    def is_behind_dash(self) -> bool:
        """Its first entry stands on the line of the dash around it."""
        return bool(self.text[line_start(self.text, self.begin) : self.begin].strip())

    def position_of(self, step: Step) -> int | None:
        return next((n for n, entry in enumerate(self.entries) if entry.step == step), None)

    def lines_end(self, position: int) -> int:
        """Behind the last line of an entry, comment at its end included."""
        return line_end(self.text, self.entries[position].end)

    def lines_start(self, position: int) -> int:
        """Where the lines of an entry begin, with the comment lines directly above it."""
        entry = self.entries[position]
        if position == 0 and self.is_behind_dash:
            return entry.start
        at = line_start(self.text, entry.start)
        if position == 0 and self.is_whole:
            return at  # what stands at the head of the file is about the file
        floor = self.lines_end(position - 1) if position else 0
        while at > floor and self._is_comment_for(line_start(self.text, at - 1), at):
            at = line_start(self.text, at - 1)
        return at

    def _is_comment_for(self, start: int, end: int) -> bool:
        line = self.text[start:end]
        words = line.lstrip(" ")
        return words.startswith("#") and len(line) - len(words) <= self.column


def container_at(source: Parsed, steps: tuple[Step, ...]) -> Container | None:
    """The mapping or list at a place; None where there is none."""
    container = container_of(source.text, source.node, is_whole=True)
    for step in steps:
        position = container.position_of(step) if container else None
        if container is None or position is None:
            return None
        container = container_of(source.text, container.entries[position].value)
    return container


def container_of(text: str, node: Any, *, is_whole: bool = False) -> Container | None:
    if not isinstance(node, MappingNode | SequenceNode):
        return None
    entries = pairs(text, node) if isinstance(node, MappingNode) else elements(text, node)
    return Container(text, node, entries, is_whole)


def pairs(text: str, node: Any) -> tuple[Entry, ...]:
    """Entries of a mapping; of a key that stands twice the first, which is the one that is read."""
    found: dict[str, Entry] = {}
    for key, value in node.value:
        if not isinstance(key, ScalarNode):
            continue
        colon = COLON.match(text, key.end_mark.index)
        after = colon.end() if colon else key.end_mark.index
        entry = Entry(key.value, key.start_mark.index, after, value, end_of(text, value, after))
        found.setdefault(key.value, entry)
    return tuple(found.values())


def elements(text: str, node: Any) -> tuple[Entry, ...]:
    found: list[Entry] = []
    at = node.start_mark.index
    for position, value in enumerate(node.value):
        start = value.start_mark.index if node.flow_style else next_part(text, at)
        after = start if node.flow_style else start + 1
        at = end_of(text, value, after)
        found.append(Entry(position, start, after, value, at))
    return tuple(found)


def end_of(text: str, node: Any, after: int) -> int:
    """Behind the last sign of a value; `after` is where a value could begin, and ends if nothing is written."""
    if isinstance(node, ScalarNode):
        return scalar_end(text, node, after)
    if node.flow_style or not node.value:
        return int(node.end_mark.index)
    entries = pairs(text, node) if isinstance(node, MappingNode) else elements(text, node)
    return entries[-1].end if entries else int(node.end_mark.index)


def scalar_end(text: str, node: Any, after: int) -> int:
    start, end = node.start_mark.index, node.end_mark.index
    if start == end:
        return after
    if not is_paragraphs(node):
        return int(end)
    head = text[start : line_end(text, start)].partition("#")[0]
    if "+" in head:
        return int(end)
    return line_end(text, start + len(text[start:end].rstrip()))


def is_paragraphs(node: Any) -> bool:
    """Text written over lines of its own, after `|` or `>`."""
    return isinstance(node, ScalarNode) and node.style in ("|", ">")


def next_part(text: str, at: int) -> int:
    match = BLANK.match(text, at)
    return match.end() if match else at


def line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def line_end(text: str, at: int) -> int:
    """Behind the line feed of the line; a position behind a line feed stays."""
    if at and text[at - 1] == "\n":
        return at
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1
