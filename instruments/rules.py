"""The language of ``visible_if``: parsing, evaluating, and which items a person is asked.

    overall <= 2 and not (post == 3 or post == not_applicable)
    topics has 2        years in [1, 2]        answered(topics)

Comparisons hold only for answers that were given. Levels, options and numbers are compared by code; 不了解 and
不适用 are no level, so they satisfy nothing but ``==``, ``!=`` and ``in`` with ``dont_know`` or ``not_applicable``.
The grammar is `parsing`; whether a rule makes sense in its questionnaire (known items, codes) is `reachability`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from instruments.conditions import Answer, Answers, Condition, Statement, is_answered
from instruments.model import Instrument, Item
from instruments.parsing import KEYWORDS, RuleError, condition_of

__all__ = [
    "KEYWORDS",
    "Answer",
    "Answers",
    "Rule",
    "RuleError",
    "answers_that_count",
    "is_answered",
    "parse",
    "references",
    "statements",
    "visible_items",
]


@dataclass(frozen=True, slots=True)
class Rule:
    text: str
    condition: Condition

    def evaluate(self, answers: Answers) -> bool:
        return self.condition.holds(answers)


@lru_cache(maxsize=1024)
def parse(text: str) -> Rule:
    """Raises RuleError saying what was expected, and where."""
    return Rule(text, condition_of(text))


def statements(rule: Rule) -> tuple[Statement, ...]:
    """The rule's statements about single items, in the order of the text."""
    return tuple(_statements(rule.condition))


def _statements(condition: Condition) -> Iterator[Statement]:
    if isinstance(condition, Statement):
        yield condition
    for part in condition.parts():
        yield from _statements(part)


def references(rule: Rule) -> tuple[str, ...]:
    """Codes of the items a rule looks at, each once, in the order of the text."""
    return tuple(dict.fromkeys(statement.item for statement in statements(rule)))


def visible_items(instrument: Instrument, answers: Answers) -> tuple[Item, ...]:
    """The items a person with these answers is asked, in questionnaire order.

    Items are gone through once, first to last; the answer of an item that is not asked counts as not given, also
    for the rules of later items. Raises RuleError for a rule that cannot be read.
    """
    asked: list[Item] = []
    known: dict[str, Answer] = {}
    for item in instrument.items:
        if item.visible_if is None or parse(item.visible_if).evaluate(known):
            asked.append(item)
            known[item.code] = answers.get(item.code)
    return tuple(asked)


def answers_that_count(instrument: Instrument, answers: Answers) -> dict[str, Answer]:
    """The answers to the items asked; those to items that are not asked fall away, unanswered ones are None."""
    return {item.code: answers.get(item.code) for item in visible_items(instrument, answers)}
