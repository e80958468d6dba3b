"""YAML text -> plain data with the line of every part. Knows nothing of questionnaires; see `loader` for those.

Only the plain part of YAML is taken: mappings, lists, text, whole numbers, fractions, true/false and null. Anchors,
aliases and tags are refused, so a small file cannot unfold into a large one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from instruments.problems import InstrumentError, Problem, Step, path_of
from instruments.wording import N_

LARGEST = 1_000_000
"""Bytes of the largest questionnaire file that is read."""
DEEPEST = 16
"""Levels of nesting; a questionnaire needs nine."""
MOST_PARTS = 20_000
"""Keys, values and list entries of a file; the largest questionnaires have some 5,000. Keeps reading within seconds."""

TURNING = "\u202a-\u202e\u2066-\u2069"
"""Marks that turn the direction of writing and, left open, that of whatever stands after the text."""
FORBIDDEN = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029{TURNING}\ud800-\udfff\ufffe\uffff]")
"""Characters that some document format does not carry unchanged: controls other than tab and line feed, the other
line separators of Unicode, halves of surrogate pairs; and those that turn the direction of writing."""

CONTROL = N_("the text contains a control character")

TAG = "tag:yaml.org,2002:"
PLAIN_TAGS = frozenset(TAG + name for name in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq"))

Located = Mapping[tuple[Step, ...], int]


@dataclass(frozen=True, slots=True)
class Source:
    """What a file says: plain data, the line (from 1) of every part, and what was refused on the way."""

    data: object
    lines: Located
    problems: tuple[Problem, ...]

    def line_of(self, steps: tuple[Step, ...]) -> int | None:
        """Line of a part, or of the nearest part around it where the part itself is missing."""
        return next((self.lines[steps[:n]] for n in range(len(steps), -1, -1) if steps[:n] in self.lines), None)


def read(text: str | bytes) -> Source:
    """Raises InstrumentError where the text is too large, not UTF-8, not YAML or empty."""
    if len(text) > LARGEST or (isinstance(text, str) and len(text.encode("utf-8", "replace")) > LARGEST):
        raise refusal(N_("the file is larger than %(limit)s bytes"), limit=LARGEST)
    decoded = decode(text)
    if turning := re.search(f"[{TURNING}]", decoded):  # in comments too, which read otherwise than they are stored
        raise refusal(CONTROL, line=decoded.count("\n", 0, turning.start()) + 1)
    reader = YAML(typ="safe", pure=True)
    reader.Composer = PlainComposer
    reader.max_depth = DEEPEST
    try:
        node = reader.compose(decoded)
    except RecursionError:
        raise refusal(N_("the file is nested too deeply")) from None
    except MarkedYAMLError as error:
        raise yaml_refusal(error) from None
    except ReaderError as error:
        line = decoded.count("\n", 0, error.position) + 1
        raise refusal(N_("the file contains characters that YAML does not allow"), line=line) from None
    if node is None or (isinstance(node, ScalarNode) and not node.value.strip()):
        raise refusal(N_("the file is empty"))
    building = Building()
    return Source(building.value(node, ()), building.lines, tuple(building.problems))


def decode(text: str | bytes) -> str:
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise refusal(N_("the file is not UTF-8 text"), line=line) from None


def refusal(template: str, line: int | None = None, **values: object) -> InstrumentError:
    return InstrumentError((Problem("", line, template, values),))


def yaml_refusal(error: MarkedYAMLError) -> InstrumentError:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else None
    if "maximum depth" in str(error.problem):
        return refusal(N_("the file is nested too deeply"), line=line)
    if "another document" in str(error.context) + str(error.problem):
        return refusal(N_("the file holds more than one document"), line=line)
    for said, template in COMMON_SLIPS.items():
        if said in str(error.problem):
            return refusal(template, line=line)
    return refusal(N_("this is not valid YAML: %(reason)s"), line=line, reason=error.problem or error.context or "")


COMMON_SLIPS: Mapping[str, str] = {
    "mapping values are not allowed": N_(
        "a colon stands where none can be: put a text that holds one in quotation marks, or mend the indentation"
    ),
    "'\\t' that cannot start": N_("lines are indented with spaces, not with tabs"),
    "cannot start any token": N_("a text that begins with a mark such as @ or ` stands in quotation marks"),
    "<document start>": N_("this is not a questionnaire: it begins with “key: value”, for example “schema: 1”"),
    "found unexpected end of stream": N_("a quotation mark is opened and not closed"),
    "could not find expected ':'": N_("this line needs the form “key: value”"),
    "expected <block end>": N_("the indentation of this line does not fit the lines above"),
    "expected ',' or ']'": N_("a bracket [ is opened and not closed"),
    "expected ',' or '}'": N_("a bracket { is opened and not closed"),
    "<stream end>": N_("the file ends in the middle; is a bracket open?"),
}
"""What the reader of YAML says of the usual slips of the pen, and how we say it."""


class PlainComposer(Composer):
    """Builds the node tree; an alias becomes an empty node that remembers it was one, so nothing is ever repeated."""

    parts = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.parts += 1
        if self.parts > MOST_PARTS:
            raise refusal(N_("the file has more than %(limit)s parts"), limit=MOST_PARTS)
        if self.parser.check_event(AliasEvent):
            event = self.parser.get_event()
            return ScalarNode("!alias", "", event.start_mark, event.end_mark)
        return super().compose_node(parent, index)


@dataclass
class Building:
    """One pass over the node tree, gathering values, lines and what has to be refused."""

    lines: dict[tuple[Step, ...], int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def value(self, node: Any, steps: tuple[Step, ...]) -> object:
        self.lines.setdefault(steps, node.start_mark.line + 1)
        if node.anchor is not None or str(node.tag) == "!alias":
            self.refuse(steps, node, N_("anchors and aliases (& and *) are not used in questionnaires"))
        elif str(node.tag) not in PLAIN_TAGS:
            tag = FORBIDDEN.sub("", str(node.tag))
            self.refuse(steps, node, N_("tags such as %(tag)s are not used in questionnaires"), tag=tag)
        if isinstance(node, MappingNode):
            return self.mapping(node, steps)
        if isinstance(node, SequenceNode):
            return [self.value(child, (*steps, position)) for position, child in enumerate(node.value)]
        return self.scalar(node, steps)

    def mapping(self, node: Any, steps: tuple[Step, ...]) -> dict[str, object]:
        found: dict[str, object] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode) or str(key_node.tag) == "!alias":
                self.refuse(steps, key_node, N_("a key has to be a plain word"))
                continue
            key = self.clean(key_node, steps)
            inside = (*steps, key)
            if key in found:
                first = self.lines[inside]
                self.refuse(
                    inside, key_node, N_("key '%(key)s' stands here twice, first in line %(line)s"), key=key, line=first
                )
                continue
            self.lines[inside] = key_node.start_mark.line + 1
            found[key] = self.value(value_node, inside)
        return found

    def scalar(self, node: Any, steps: tuple[Step, ...]) -> object:
        return READ_SCALAR.get(str(node.tag), str)(self.clean(node, steps))

    def clean(self, node: Any, steps: tuple[Step, ...]) -> str:
        if FORBIDDEN.search(node.value):
            self.refuse(steps, node, CONTROL)
        return FORBIDDEN.sub("", node.value)

    def refuse(self, steps: tuple[Step, ...], node: Any, template: str, **values: object) -> None:
        self.problems.append(Problem(path_of(steps), node.start_mark.line + 1, template, values))


def whole_number(text: str) -> int | str:
    """The number, or the text itself where it is longer than any code or limit can be."""
    digits = text.replace("_", "")
    if len(digits) > 18:
        return text
    try:
        return int(digits, 10)
    except ValueError:
        return int(digits, 0)


def fraction(text: str) -> float | str:
    """The number, or the text itself for what JSON cannot say (infinity, not a number)."""
    try:
        number = float(text.replace("_", ""))
    except ValueError:
        return text
    return number if math.isfinite(number) else text


READ_SCALAR: Mapping[str, Callable[[str], object]] = {
    TAG + "int": whole_number,
    TAG + "float": fraction,
    TAG + "bool": lambda text: text.lower() == "true",
    TAG + "null": lambda text: None,
}
