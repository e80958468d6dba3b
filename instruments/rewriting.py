"""Changes of a YAML text: the signs to replace so that a value, key or list element is another, gone or elsewhere.

Whether a change comes out as meant is looked at in `editing`; None says that this layout cannot be changed in place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ruamel.yaml.nodes import ScalarNode

from instruments.form import known_keys
from instruments.layout import (
    Container,
    Entry,
    Parsed,
    container_at,
    container_of,
    end_of,
    is_paragraphs,
    line_end,
    line_start,
    next_part,
)
from instruments.parts import Path, name, position_and_list
from instruments.writing import (
    STEP,
    behind,
    element,
    in_brackets,
    indented,
    lines_of,
    on_one_line,
    pair_in_brackets,
    paragraphs,
    scalar,
)

COMMENT = re.compile(r"(?<!\S)#[^\n]*")
EMPTY_LINES = re.compile(r"(?:[ \r]*\n)*")
SPACES = re.compile(r" *(?!#| )")


@dataclass(frozen=True, slots=True)
class Span:
    """Signs of the text from `start` to before `end`, and what takes their place."""

    start: int
    end: int
    new: str


def applied(text: str, spans: Iterable[Span]) -> str:
    """The text with the spans replaced, with line ends like its own."""
    feed = "\r\n" if "\r\n" in text[: text.find("\n") + 1] else "\n"
    for span in sorted(spans, key=lambda span: span.start, reverse=True):
        new = span.new.replace("\r\n", "\n").replace("\n", feed)
        needs_feed = "\n" in new and span.start == len(text) and text and not text.endswith("\n")
        text = text[: span.start] + (feed if needs_feed else "") + new + text[span.end :]
    return text


# Values --------------------------------------------------------------------------------------------------------------


def replaced(source: Parsed, path: Path, value: object) -> list[Span] | None:
    """Another value at a place that is there, comments at the end of its line kept."""
    if not path:
        return whole(source, value)
    container = container_at(source, path[:-1])
    position = container.position_of(path[-1]) if container else None
    if container is None or position is None:
        return None
    entry = container.entries[position]
    written = new_on_one_line(container, entry, value)
    if written is not None and is_on_line(source.text, entry):
        return [Span(entry.begin, entry.end, " " + written if entry.is_empty else written)]
    return [rewritten(container, entry, value, written)]


def whole(source: Parsed, value: object) -> list[Span] | None:
    """The file but for what stands above and below its data."""
    if not is_part(value):
        return None
    text, start = source.text, source.node.start_mark.index
    line = line_start(text, start)
    is_alone = not text[line:start].strip()
    new = "\n".join(lines_of(value, 0) or [in_brackets(value)]) + "\n"
    end = line_end(text, end_of(text, source.node, start))
    return [Span(line if is_alone else start, end, new if is_alone else "\n" + new)]


def new_on_one_line(container: Container, entry: Entry, value: object) -> str | None:
    """How a value is written behind its colon or dash; None where it takes lines of its own.

    What stood between brackets stays between brackets, what stood on lines of its own does not go there.
    """
    if container.in_brackets:
        return in_brackets(value)
    before = container_of(container.text, entry.value)
    if before and before.entries and value and is_part(value):
        return in_brackets(value) if before.in_brackets else None
    return on_one_line(value, in_list=container.is_list)


def is_part(value: object) -> bool:
    return isinstance(value, dict | list)


def is_on_line(text: str, entry: Entry) -> bool:
    """The present value begins behind its colon or dash and can be cut out of its line."""
    inner = container_of(text, entry.value)
    return inner.in_brackets if inner else not is_paragraphs(entry.value)


def rewritten(container: Container, entry: Entry, value: object, written: str | None) -> Span:
    """A value that stands or is to stand on lines of its own."""
    text, remark, column = container.text, remarks(container.text, entry), container.column
    first, body = f" {written}", list[str]()
    if written is None and is_part(value):
        first, body = "", lines_of(value, column + STEP)
        if container.is_list and not remark:
            first = " " + body.pop(0).lstrip(" ")
    elif written is None:
        head, *body = paragraphs(value) or [scalar(value)]
        first, body = f" {head}", indented(body, column + STEP)
    line = first + (f"  {remark}" if remark else "")
    return Span(entry.after, line_end(text, entry.end), "\n".join([line, *body]) + "\n")


def remarks(text: str, entry: Entry) -> str:
    """Comments at the end of a line that are about the value and no part of it."""
    if is_on_line(text, entry):
        places = text[entry.after : entry.begin], text[entry.end : line_end(text, entry.end)]
    elif is_paragraphs(entry.value):
        places = text[entry.after : line_end(text, entry.begin)], ""
    else:
        places = text[entry.after : min(entry.begin, line_end(text, entry.after))], ""
    return " ".join(found.rstrip() for place in places for found in COMMENT.findall(place))


# Entries -------------------------------------------------------------------------------------------------------------


def with_key(source: Parsed, path: Path, value: object) -> list[Span] | None:
    """A key that is not there yet, at its place in the order of the questionnaire."""
    container, key = container_at(source, path[:-1]), name(path)
    if container is None:
        return None
    if not container.entries:
        return replaced(source, path[:-1], {key: value})
    position = place_of_key(path, [str(entry.step) for entry in container.entries])
    if container.in_brackets:
        return [between_brackets(container, position, pair_in_brackets(key, value))]
    return [inserted(container, position, behind(" " * container.column + scalar(key) + ":", value, container.column))]


def place_of_key(path: Path, present: list[str]) -> int:
    known = () if path[:-1] == ("scales",) else known_keys(path[:-1])
    if path[-1] not in known:
        return len(present)
    earlier = known[: known.index(str(path[-1]))]
    return max((position + 1 for position, key in enumerate(present) if key in earlier), default=0)


def with_element(source: Parsed, path: Path, value: object) -> list[Span] | None:
    (position, around) = position_and_list(path)
    container = container_at(source, around)
    if container is None or not container.entries:
        return None
    if container.in_brackets:
        return [between_brackets(container, position, in_brackets(value))]
    return [inserted(container, position, element_like_others(container, value))]


def element_like_others(container: Container, value: object) -> list[str]:
    """Between brackets or on lines of its own, as the other elements are."""
    others = {inner.in_brackets for entry in container.entries if (inner := container_of(container.text, entry.value))}
    pad = " " * container.column
    if not is_part(value) or not value or len(others) != 1:
        return element(value, container.column)
    if others == {True}:
        return [f"{pad}- {in_brackets(value)}"]
    first, *rest = lines_of(value, container.column + STEP)
    return [f"{pad}- {first.lstrip(' ')}", *rest]


def removed(source: Parsed, path: Path) -> list[Span] | None:
    container = container_at(source, path[:-1])
    position = container.position_of(path[-1]) if container else None
    if container is None or position is None:
        return None
    if len(container.entries) == 1:
        return replaced(source, path[:-1], [] if container.is_list else {})
    if container.in_brackets:
        return out_of_brackets(container, position)
    gaps, parts = pieces(container)
    del parts[position]
    gap = gaps.pop(max(position, 1))
    if gap.strip() and position < len(parts):
        gaps[position] = gap + gaps[position]
    elif gap.strip():
        parts[-1] += gap
    return [joined(container, gaps, parts)]


def rearranged(source: Parsed, path: Path, to: int) -> list[Span] | None:
    """A list with one of its elements at another position; the empty lines between them stay where they are."""
    (position, around) = position_and_list(path)
    container = container_at(source, around)
    if container is None:
        return None
    if container.in_brackets:
        words = [source.text[entry.start : entry.end] for entry in container.entries]
        words.insert(to, words.pop(position))
        return [Span(entry.start, entry.end, new) for entry, new in zip(container.entries, words, strict=True)]
    gaps, parts = pieces(container)
    parts.insert(to, parts.pop(position))
    return [joined(container, gaps, parts)]


def with_scale_called(source: Parsed, old: str, new: str) -> list[Span]:
    """Another code, which is the key, for a scale that is there."""
    container = container_at(source, ("scales",))
    if container is None:
        return []
    keys = (key for key, _value in container.node.value if isinstance(key, ScalarNode) and key.value == old)
    written = scalar(new, in_flow=container.in_brackets)
    return [Span(key.start_mark.index, key.end_mark.index, written) for key in keys]


def as_it_stood(source: Parsed, path: Path, lines: str, column: int) -> list[Span] | None:
    """A list element written as it was in another list, where its dash stood in that column."""
    (position, around) = position_and_list(path)
    container = container_at(source, around)
    if container is None or container.in_brackets:
        return None
    gaps, parts = pieces(container)
    further = container.column - column
    parts[position] = "".join(shifted(line, further) for line in lines.splitlines(keepends=True))
    return [joined(container, gaps, parts)]


def shifted(line: str, further: int) -> str:
    if not line.strip():
        return line
    return " " * further + line if further > 0 else line[min(-further, len(line) - len(line.lstrip(" "))) :]


# Lines of entries ----------------------------------------------------------------------------------------------------


def pieces(container: Container) -> tuple[list[str], list[str]]:
    """What stands before each entry (empty lines, comments about nothing below), and the lines of each entry."""
    text, count = container.text, len(container.entries)
    starts = [container.lines_start(position) for position in range(count)]
    ends = [container.lines_end(position) for position in range(count)]
    gaps = ["", *(text[end:start] for end, start in zip(ends, starts[1:], strict=False))]
    parts = [text[start:end] for start, end in zip(starts, ends, strict=True)]
    if container.is_behind_dash:
        parts[0] = " " * container.column + parts[0]
    return gaps, [part if part.endswith("\n") else part + "\n" for part in parts]


def joined(container: Container, gaps: list[str], parts: list[str]) -> Span:
    start, end = container.lines_start(0), container.lines_end(-1)
    new = "".join(gap + part for gap, part in zip(gaps, parts, strict=True))
    if not container.is_behind_dash:
        return Span(start, end, new)
    if new.lstrip().startswith("#"):  # a line of its own: behind the dash it would be about the element
        return Span(len(container.text[:start].rstrip(" ")), end, "\n" + EMPTY_LINES.sub("", new, count=1))
    return Span(start, end, new.lstrip(" "))


def inserted(container: Container, position: int, lines: list[str]) -> Span:
    """New lines among the entries, set off by empty lines where the others are."""
    new, gap = "\n".join(lines) + "\n", empty_lines(container)
    if position:
        at = container.lines_end(position - 1)
        return Span(at, at, gap + new)
    at = container.lines_start(0)
    if container.is_behind_dash:
        return Span(at, at, new.lstrip(" ") + gap + " " * container.column)
    return Span(at, at, new + gap)


def empty_lines(container: Container) -> str:
    """The empty lines between entries, where there are some between all of them."""
    gaps, _parts = pieces(container)
    counts = [match[0].count("\n") for gap in gaps[1:] if (match := EMPTY_LINES.match(gap))]
    return "\n" * min(counts, default=0)


# Between brackets ----------------------------------------------------------------------------------------------------


def between_brackets(container: Container, position: int, new: str) -> Span:
    if not container.entries:
        return Span(container.begin + 1, container.begin + 1, new)
    if position == len(container.entries):
        end = container.entries[-1].end
        return Span(end, end, f", {new}")
    start = container.entries[position].start
    return Span(start, start, f"{new}, ")


def out_of_brackets(container: Container, position: int) -> list[Span] | None:
    """Without an entry and the comma behind it, of the last one the comma before it."""
    text, entry = container.text, container.entries[position]
    is_last = position + 1 == len(container.entries)
    comma = next_part(text, container.entries[position - 1].end if is_last else entry.end)
    spaces = SPACES.match(text, comma + 1)
    if text[comma] != ",":
        return None
    return [Span(comma, spaces.end() if spaces else comma + 1, ""), Span(entry.start, entry.end, "")]
