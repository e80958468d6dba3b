"""Text of a ``visible_if`` rule -> conditions: or < and < not < statement, by recursive descent.

The meaning of the conditions is `conditions`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType

from instruments.conditions import (
    COMPARES,
    AllOf,
    Answered,
    AnyOf,
    Comparison,
    Condition,
    Has,
    Membership,
    Not,
)
from instruments.model import DONT_KNOW, NOT_APPLICABLE
from instruments.wording import N_

LONGEST = 500
DEEPEST = 20
NAMED_CODES = MappingProxyType({"dont_know": DONT_KNOW, "not_applicable": NOT_APPLICABLE})
KEYWORDS = frozenset({"and", "or", "not", "in", "has", "answered", *NAMED_CODES})
TOKEN = re.compile(r"\s*(?:(?P<number>\d{1,9}\b)|(?P<word>[A-Za-z]\w*)|(?P<sign>==|!=|<=|>=|[<>()\[\],]))", re.ASCII)
ORDERING = frozenset({"<", "<=", ">", ">="})
READABLE = MappingProxyType({"word": "q1", "number": "1", "end": "and, or"})
"""How a kind of token is shown to a reader; signs and keywords stand for themselves."""


class RuleError(ValueError):
    """A rule that cannot be read: an English template, its values, and the position (from 1) in the text."""

    def __init__(self, template: str, position: int, /, **values: object) -> None:
        super().__init__(template % values if values else template)
        self.template, self.position, self.values = template, position, values


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    """``number``, ``word``, ``sign``, a keyword, or ``end``."""
    text: str
    position: int


def condition_of(text: str) -> Condition:
    """Raises RuleError saying what was expected, and where."""
    if len(text) > LONGEST:
        raise RuleError(N_("the rule is longer than %(limit)s characters"), 1, limit=LONGEST)
    parser = Parser(tokens(text))
    condition = parser.alternatives(0)
    parser.expect("end")
    return condition


def tokens(text: str) -> tuple[Token, ...]:
    found, at = [], 0
    end = len(text.rstrip())
    while at < end:
        match = TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise RuleError(
                N_("'%(found)s' cannot stand in a rule (position %(position)s)"),
                at + 1,
                found=text[at],
                position=at + 1,
            )
        word = match[match.lastgroup]
        kind = word if match.lastgroup == "sign" or word in KEYWORDS else match.lastgroup
        found.append(Token(kind, word, match.start(match.lastgroup) + 1))
        at = match.end()
    return (*found, Token("end", "", end + 1))


class Parser:
    """Reads tokens from left to right; each method reads one level of the grammar."""

    def __init__(self, rule: tuple[Token, ...]) -> None:
        self._rule, self._at = rule, 0

    @property
    def token(self) -> Token:
        return self._rule[self._at]

    def accept(self, *kinds: str) -> Token | None:
        if self.token.kind not in kinds:
            return None
        token = self.token
        self._at = min(self._at + 1, len(self._rule) - 1)
        return token

    def expect(self, *kinds: str) -> Token:
        token = self.accept(*kinds)
        if token is None:
            raise self.unexpected(kinds)
        return token

    def unexpected(self, kinds: tuple[str, ...]) -> RuleError:
        wanted = ", ".join(READABLE.get(kind, kind) for kind in kinds)
        at = self.token.position
        if self.token.kind == "end":
            return RuleError(N_("the rule ends too early; possible here: %(wanted)s"), at, wanted=wanted)
        template = N_("unexpected '%(found)s' at position %(position)s; possible here: %(wanted)s")
        return RuleError(template, at, found=self.token.text, position=at, wanted=wanted)

    def alternatives(self, depth: int) -> Condition:
        if depth > DEEPEST:
            raise RuleError(N_("the rule is nested too deeply"), self.token.position)
        found = [self.conjunction(depth)]
        while self.accept("or"):
            found.append(self.conjunction(depth))
        return found[0] if len(found) == 1 else AnyOf(tuple(found))

    def conjunction(self, depth: int) -> Condition:
        found = [self.negation(depth)]
        while self.accept("and"):
            found.append(self.negation(depth))
        return found[0] if len(found) == 1 else AllOf(tuple(found))

    def negation(self, depth: int) -> Condition:
        negated = False
        while self.accept("not"):
            negated = not negated
        condition = self.statement(depth)
        return Not(condition) if negated else condition

    def statement(self, depth: int) -> Condition:
        start = self.expect("word", "answered", "(")
        if start.kind == "(":
            inner = self.alternatives(depth + 1)
            self.expect(")")
            return inner
        if start.kind == "answered":
            self.expect("(")
            item = self.expect("word").text
            self.expect(")")
            return Answered(item)
        return self.about(start.text)

    def about(self, item: str) -> Condition:
        operator = self.expect(*COMPARES, "in", "has").text
        if operator == "has":
            return Has(item, int(self.expect("number").text))
        if operator == "in":
            return Membership(item, self.code_list())
        return Comparison(item, operator, self.code(named=operator not in ORDERING))

    def code_list(self) -> tuple[int, ...]:
        self.expect("[")
        codes = [self.code(named=True)]
        while self.accept(","):
            codes.append(self.code(named=True))
        self.expect("]")
        return tuple(codes)

    def code(self, *, named: bool) -> int:
        token = self.expect("number", *(NAMED_CODES if named else ()))
        return NAMED_CODES[token.kind] if token.kind in NAMED_CODES else int(token.text)
