"""XLSForm expressions (a part of XPath): read into a tree, said as a rule of ours, taken apart as constraints.

Anything beyond comparisons of answers with fixed values raises UnsayableError; the other way is `exporters.layout`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from instruments.exporters.layout import CHOSEN, NUMBERED, UNSCORED_NAMES, Question, UnsayableError
from instruments.model import ItemType

LONGEST = 4000
DEEPEST = 20
TOKEN = re.compile(
    r"\s*(?:\$\{\s*(?P<reference>[^}\s]+)\s*\}|'(?P<single>[^']*)'|\"(?P<double>[^\"]*)\"|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<word>[A-Za-z][\w-]*)|(?P<sign>!=|<=|>=|[=<>(),])|(?P<own>\.))"
)
SMART_QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"'})
FLIPPED = MappingProxyType({"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="})


@dataclass(frozen=True, slots=True)
class Reference:
    """An answer; its own stands under the name ``.``."""

    name: str


@dataclass(frozen=True, slots=True)
class Value:
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two parts with ``and``, ``or`` or a sign of comparison between them."""

    sign: str
    left: Node
    right: Node


Node = Reference | Value | Call | Pair


def tree_of(text: str) -> Node:
    """Raises UnsayableError."""
    if len(text) > LONGEST:
        raise UnsayableError
    reading = Reading(list(tokens(text.translate(SMART_QUOTES))))
    node = reading.combination(0)
    if reading.tokens:
        raise UnsayableError
    return node


def tokens(text: str) -> Iterator[tuple[str, str]]:
    at, end = 0, len(text.rstrip())
    while at < end:
        found = TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise UnsayableError
        yield found.lastgroup, found[found.lastgroup]
        at = found.end()


@dataclass(slots=True)
class Reading:
    """Tokens still to be read, from left to right."""

    tokens: list[tuple[str, str]]

    def combination(self, depth: int, *, sign: str = "or") -> Node:
        """Parts joined by ``or``, each of parts joined by ``and``."""
        if depth > DEEPEST:
            raise UnsayableError
        node = self.combination(depth, sign="and") if sign == "or" else self.comparison(depth)
        while self.tokens and self.tokens[0] == ("word", sign):
            self.tokens.pop(0)
            right = self.combination(depth, sign="and") if sign == "or" else self.comparison(depth)
            node = Pair(sign, node, right)
        return node

    def comparison(self, depth: int) -> Node:
        left = self.operand(depth)
        if self.tokens and self.tokens[0][0] == "sign" and self.tokens[0][1] in FLIPPED:
            sign = self.tokens.pop(0)[1]
            return Pair(sign, left, self.operand(depth))
        return left

    def operand(self, depth: int) -> Node:
        kind, text = self.tokens.pop(0) if self.tokens else ("end", "")
        match kind:
            case "reference":
                return Reference(text)
            case "own":
                return Reference(".")
            case "single" | "double" | "number":
                return Value(text)
            case "word":
                return Call(text, self.arguments(depth))
        if text != "(":
            raise UnsayableError
        inner = self.combination(depth + 1)
        self.expect(")")
        return inner

    def arguments(self, depth: int) -> tuple[Node, ...]:
        self.expect("(")
        found: list[Node] = []
        while self.tokens and self.tokens[0] != ("sign", ")"):
            if found:
                self.expect(",")
            found.append(self.combination(depth + 1))
        self.expect(")")
        return tuple(found)

    def expect(self, sign: str) -> None:
        if not self.tokens or self.tokens.pop(0) != ("sign", sign):
            raise UnsayableError


# As a rule of ours ---------------------------------------------------------------------------------------------------


def rule_of(expression: str, questions: Mapping[str, Question]) -> str:
    """The ``visible_if`` rule that says the same. Raises UnsayableError."""
    return said(tree_of(expression), questions)


def said(node: Node, questions: Mapping[str, Question]) -> str:
    match node:
        case Pair(sign="or" | "and"):
            parts = [said(part, questions) for part in (node.left, node.right)]
            inner = (node.left, node.right)
            return f" {node.sign} ".join(
                f"({text})" if isinstance(part, Pair) and part.sign == "or" and node.sign == "and" else text
                for part, text in zip(inner, parts, strict=True)
            )
        case Call(name="not", arguments=(inner_node,)):
            return negated(said(inner_node, questions))
        case Call(name="selected", arguments=(Reference(), Value())):
            return choice_said(node, questions)
        case Pair(left=Value()):
            return comparison_said(Pair(FLIPPED[node.sign], node.right, node.left), questions)
        case Pair():
            return comparison_said(node, questions)
    raise UnsayableError


def negated(rule: str) -> str:
    return f"not ({rule})" if " and " in rule or " or " in rule else f"not {rule}"


def question_named(name: str, questions: Mapping[str, Question]) -> Question:
    question = questions.get(name)
    if question is None:
        raise UnsayableError
    return question


def choice_said(node: Call, questions: Mapping[str, Question]) -> str:
    reference, value = node.arguments
    if not isinstance(reference, Reference) or not isinstance(value, Value):
        raise UnsayableError
    question = question_named(reference.name, questions)
    code = code_of(value.text, question)
    if question.type is ItemType.MULTIPLE:
        return f"{question.code} has {code}"
    if question.type in CHOSEN:
        return f"{question.code} == {code}"
    raise UnsayableError


def comparison_said(node: Pair, questions: Mapping[str, Question]) -> str:
    if isinstance(node.left, Call) and isinstance(node.right, Value):
        return count_said(node.left, node.sign, node.right.text, questions)
    if not isinstance(node.left, Reference) or not isinstance(node.right, Value):
        raise UnsayableError
    question, value = question_named(node.left.name, questions), node.right.text
    if value == "" and node.sign in ("=", "!="):
        return f"answered({question.code})" if node.sign == "!=" else f"not answered({question.code})"
    if question.type not in (*NUMBERED, *CHOSEN):
        raise UnsayableError
    code = code_of(value, question)
    if node.sign in ("=", "!="):
        rule = f"{question.code} == {code}"
        return rule if node.sign == "=" else f"not {rule}"
    if question.type in CHOSEN and any(str(known) != name for name, known in question.codes.items() if known >= 0):
        raise UnsayableError
    if not code.isdecimal():
        raise UnsayableError
    return f"{question.code} {node.sign} {code}"


def count_said(call: Call, sign: str, value: str, questions: Mapping[str, Question]) -> str:
    """``count-selected(${q}) > 0`` and the like: whether something was answered."""
    names = {"count-selected", "string-length"}
    if call.name not in names or len(call.arguments) != 1 or not isinstance(call.arguments[0], Reference):
        raise UnsayableError
    question = question_named(call.arguments[0].name, questions)
    if (sign, value) in ((">", "0"), (">=", "1"), ("!=", "0")):
        return f"answered({question.code})"
    if (sign, value) in (("=", "0"), ("<", "1")):
        return f"not answered({question.code})"
    raise UnsayableError


def code_of(value: str, question: Question) -> str:
    if question.type in NUMBERED:
        whole = value.removesuffix(".0")
        if not whole.isdecimal() or len(whole) > 9:
            raise UnsayableError
        return str(int(whole))
    code = question.codes.get(value)
    if code is None and question.type in CHOSEN and value.isdecimal() and int(value) <= 100 and identical(question):
        return str(int(value))
    if code is None:
        raise UnsayableError
    return UNSCORED_NAMES.get(code, str(code))


def identical(question: Question) -> bool:
    """Whether choices are named by their codes, so that a number between them has a meaning."""
    return all(str(code) == name for name, code in question.codes.items() if code >= 0)


# As constraints ------------------------------------------------------------------------------------------------------


def conditions_of(expression: str) -> Iterator[Node]:
    """What a constraint asks for, part by part. Raises UnsayableError."""

    def parts(node: Node) -> Iterator[Node]:
        if isinstance(node, Pair) and node.sign == "and":
            yield from parts(node.left)
            yield from parts(node.right)
        else:
            yield node

    yield from parts(tree_of(expression))


def limit_in(node: Node) -> tuple[str, str, str] | None:
    """What is limited (``.``, ``string-length``, ``date``), the sign and the value; None for what is no limit."""
    match node:
        case Pair(sign=sign, left=Value() as value, right=Reference(name=".") as own):
            return limit_in(Pair(FLIPPED[sign], own, value))
        case Pair(sign=sign, left=Reference(name="."), right=Value(text=text)):
            return ".", sign, text
        case Pair(sign=sign, left=Reference(name="."), right=Call(name="date", arguments=(Value(text=text),))):
            return "date", sign, text
        case Pair(sign=sign, left=Call(name="string-length", arguments=(Reference(name="."),)), right=Value(text=text)):
            return "string-length", sign, text
    return None


def exclusive_in(node: Node) -> str | None:
    """The choice that cannot stand beside others, where the condition says that."""
    match node:
        case Call(
            name="not",
            arguments=(
                Pair(
                    sign="and",
                    left=Call(name="selected", arguments=(Reference(name="."), Value(text=name))),
                    right=Pair(sign=">" | ">=", left=Call(name="count-selected"), right=Value(text="1" | "2")),
                ),
            ),
        ):
            return name
    return None
