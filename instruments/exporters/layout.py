"""How our questionnaires stand in an XLSForm workbook: sheets, columns, texts and rules; reading and writing share it.

What XLSForm cannot say stands in columns and sheets that begin with ``branch``: XLSForm applications pass them over.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from instruments.conditions import AllOf, Answered, AnyOf, Comparison, Condition, Has, Membership, Not
from instruments.model import DONT_KNOW, NOT_APPLICABLE, ItemType
from instruments.parsing import RuleError, condition_of

CHINESE = "中文 (zh)"
ENGLISH = "English (en)"
LANGUAGES: Mapping[str, str] = MappingProxyType({"zh_Hans": CHINESE, "en": ENGLISH})

OWN_SHEET = "branch"
DIMENSION_SHEET = "branch_dimensions"
SCALE_SHEET = "branch_scales"
OWN_SHEETS = (OWN_SHEET, DIMENSION_SHEET, SCALE_SHEET)
OWN = "branch"
"""First part of our columns of the sheet ``survey``: ``branch::dimension``. Those of ``choices`` become elements of an
XForm, where no colon can stand: ``branch_exclusive``."""

INTRODUCTION, OTHER_LINE, SECTION, TABLE = "intro", "other", "section", "table"
"""What a row stands for that is no item, in ``branch::part``."""

RECOMMENDATION_STEPS = "start=0 end=10 step=1"
UNSCORED_NAMES: Mapping[int, str] = MappingProxyType({DONT_KNOW: "dont_know", NOT_APPLICABLE: "not_applicable"})

NUMBERED = (ItemType.NUMBER, ItemType.RECOMMEND)
CHOSEN = (ItemType.SCALE, ItemType.YES_NO, ItemType.SINGLE)
FIELDS: Mapping[str, type] = MappingProxyType(
    {
        "scale": str, "dimension": str, "role": str, "reversed": bool, "required": bool, "grouping": bool,
        "minimum": int, "maximum": int, "bands": list, "earliest": str, "latest": str, "places": int,
        "max_length": int, "one_line": bool, "matrix": str, "attention": int,
    }
)  # fmt: skip
"""Keys of an item that have a column of ours each, with the kind of their value."""
SAID_BY_XLSFORM: Mapping[ItemType, frozenset[str]] = MappingProxyType(
    {
        **{kind: frozenset({"required"}) for kind in ItemType if kind is not ItemType.INFORMATION},
        ItemType.INFORMATION: frozenset[str](),
        ItemType.NUMBER: frozenset({"required", "minimum", "maximum"}),
        ItemType.DATE: frozenset({"required", "earliest", "latest"}),
        ItemType.TEXT: frozenset({"required", "max_length", "one_line"}),
    }
)
"""Keys that need no column of ours in rows of that type."""


@dataclass(frozen=True, slots=True)
class Question:
    """What rules need to know of a question: its name in the workbook, our code, and the codes of its choices."""

    name: str
    code: str
    type: ItemType
    codes: Mapping[str, int] = field(default_factory=dict)


# Texts ---------------------------------------------------------------------------------------------------------------

LIKE_A_REFERENCE = re.compile("\\$(\u200b*)\\{")
KEPT_APART = re.compile("\\$\u200b(\u200b*)\\{")


def guarded(text: str) -> str:
    """The text, in which nothing can be taken for a reference to an answer: ``${`` is parted by a mark of no width."""
    return LIKE_A_REFERENCE.sub("$\u200b\\1{", text)


def unguarded(text: str) -> str:
    """What `guarded` was given."""
    return KEPT_APART.sub("$\\1{", text)


def free_name(wanted: str, taken: Collection[str], *, longest: int | None = None) -> str:
    """The name, or with the first number behind it that makes it different from those taken, whatever their case."""
    lowered = {name.lower() for name in taken}
    name, number = wanted[:longest], 1
    while name.lower() in lowered:
        number += 1
        ending = f"_{number}"
        name = wanted[: longest - len(ending) if longest else None] + ending
    return name


# Rules ---------------------------------------------------------------------------------------------------------------


class UnsayableError(ValueError):
    """A rule for which the other side has no words."""


def relevant_of(rule: str, earlier: Iterable[Question]) -> str | None:
    """The ``relevant`` expression of a ``visible_if`` rule; None where it looks at what is not in the workbook."""
    questions = {question.code: question for question in earlier}
    try:
        return expression_of(condition_of(rule), questions)
    except (RuleError, UnsayableError):
        return None


def expression_of(condition: Condition, questions: Mapping[str, Question]) -> str:
    """Raises UnsayableError."""
    match condition:
        case AllOf():
            return " and ".join(bracketed(part, questions) for part in condition.conditions)
        case AnyOf():
            return " or ".join(bracketed(part, questions) for part in condition.conditions)
        case Not():
            return f"not({expression_of(condition.condition, questions)})"
    return statement_expression(condition, questions)


def statement_expression(condition: Condition, questions: Mapping[str, Question]) -> str:
    match condition:
        case Comparison():
            return comparison_expression(condition, question_of(condition.item, questions, *NUMBERED, *CHOSEN))
        case Membership():
            question = question_of(condition.item, questions, *NUMBERED, *CHOSEN)
            alternatives = [f"${{{question.name}}} = {literal(code, question)}" for code in condition.codes]
            return f"({' or '.join(alternatives)})" if len(alternatives) > 1 else alternatives[0]
        case Has():
            question = question_of(condition.item, questions, ItemType.MULTIPLE)
            return f"selected(${{{question.name}}}, {literal(condition.code, question)})"
        case Answered():
            return f"${{{question_of(condition.item, questions).name}}} != ''"
    raise UnsayableError


def bracketed(condition: Condition, questions: Mapping[str, Question]) -> str:
    text = expression_of(condition, questions)
    return f"({text})" if isinstance(condition, AllOf | AnyOf) else text


def question_of(code: str, questions: Mapping[str, Question], *types: ItemType) -> Question:
    question = questions.get(code)
    if question is None or (types and question.type not in types):
        raise UnsayableError
    return question


def comparison_expression(condition: Comparison, question: Question) -> str:
    """Holds for answers given only, as our comparisons do; an empty answer differs from everything in XPath."""
    reference = f"${{{question.name}}}"
    if condition.operator == "==":
        return f"{reference} = {literal(condition.code, question)}"
    if condition.operator != "!=":
        return f"{reference} {condition.operator} {condition.code}"
    unscored = [code for code in UNSCORED_NAMES if condition.code >= 0 and code in question.codes.values()]
    others = [f"{reference} != {literal(code, question)}" for code in (condition.code, *unscored)]
    given = f"{reference} != ''"
    return f"({' and '.join([given, *others])})"


def literal(code: int, question: Question) -> str:
    if question.type in NUMBERED and code >= 0:
        return str(code)
    names = {known: name for name, known in question.codes.items()}
    return f"'{names.get(code, UNSCORED_NAMES.get(code, str(code)))}'"
