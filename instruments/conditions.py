"""What a ``visible_if`` rule consists of: statements about single items and their combinations.

Reading a rule from text is `parsing`; applying rules to a questionnaire is `rules`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

Answer = int | tuple[int, ...] | str | None
"""One answer: a code (or a number), codes of a multiple choice, text, or None for not answered."""
Answers = Mapping[str, Answer]

COMPARES: Mapping[str, Callable[[int, int], bool]] = MappingProxyType(
    {
        "==": lambda answer, code: answer == code,
        "!=": lambda answer, code: answer != code,
        "<": lambda answer, code: answer < code,
        "<=": lambda answer, code: answer <= code,
        ">": lambda answer, code: answer > code,
        ">=": lambda answer, code: answer >= code,
    }
)


def is_answered(answer: Answer) -> bool:
    """Whether something was said; 不了解 and 不适用 are answers, empty text and an empty choice are not."""
    if isinstance(answer, str):
        return bool(answer.strip())
    return answer is not None and answer != ()


class Condition(Protocol):
    """A node of a parsed rule."""

    def holds(self, answers: Answers) -> bool: ...

    def parts(self) -> tuple[Condition, ...]:
        """Conditions this one is made of; empty for a statement about one item."""


@dataclass(frozen=True, slots=True)
class Comparison:
    item: str
    operator: str
    code: int

    def holds(self, answers: Answers) -> bool:
        answer = answers.get(self.item)
        if not isinstance(answer, int) or (answer < 0 <= self.code):
            return False
        return COMPARES[self.operator](answer, self.code)

    def parts(self) -> tuple[Condition, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class Membership:
    item: str
    codes: tuple[int, ...]

    def holds(self, answers: Answers) -> bool:
        return answers.get(self.item) in self.codes

    def parts(self) -> tuple[Condition, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class Has:
    item: str
    code: int

    def holds(self, answers: Answers) -> bool:
        chosen = answers.get(self.item)
        return isinstance(chosen, tuple) and self.code in chosen

    def parts(self) -> tuple[Condition, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class Answered:
    item: str

    def holds(self, answers: Answers) -> bool:
        return is_answered(answers.get(self.item))

    def parts(self) -> tuple[Condition, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class Not:
    condition: Condition

    def holds(self, answers: Answers) -> bool:
        return not self.condition.holds(answers)

    def parts(self) -> tuple[Condition, ...]:
        return (self.condition,)


@dataclass(frozen=True, slots=True)
class AllOf:
    conditions: tuple[Condition, ...]

    def holds(self, answers: Answers) -> bool:
        return all(condition.holds(answers) for condition in self.conditions)

    def parts(self) -> tuple[Condition, ...]:
        return self.conditions


@dataclass(frozen=True, slots=True)
class AnyOf:
    conditions: tuple[Condition, ...]

    def holds(self, answers: Answers) -> bool:
        return any(condition.holds(answers) for condition in self.conditions)

    def parts(self) -> tuple[Condition, ...]:
        return self.conditions


Statement = Comparison | Membership | Has | Answered
