"""A rule ("show if") as rows to choose from and as text: rows where it is simple, text always.

Whoever changes the text has the last word; otherwise the rows say what the rule is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field
from wtforms.utils import unset_value
from wtforms.validators import StopValidation

from instruments.conditions import AllOf, Answered, AnyOf, Comparison, Condition, Has
from instruments.parsing import NAMED_CODES, RuleError
from instruments.rules import parse

OPERATORS = (
    ("==", _l("is")),
    ("!=", _l("is not")),
    ("<=", _l("is at most")),
    (">=", _l("is at least")),
    ("<", _l("is below")),
    (">", _l("is above")),
    ("has", _l("has among the chosen")),
    ("answered", _l("has been answered")),
)
JOINTS = (("and", _l("all of these hold")), ("or", _l("one of these holds")))
MOST_ROWS = 20
NAMES = {code: name for name, code in NAMED_CODES.items()}


@dataclass(frozen=True, slots=True)
class Statement:
    """One row: the answer to an item, compared with a code."""

    item: str = ""
    operator: str = "=="
    answer: str = ""

    @property
    def is_complete(self) -> bool:
        return bool(self.item and (self.answer or self.operator == "answered"))

    def __str__(self) -> str:
        return f"answered({self.item})" if self.operator == "answered" else f"{self.item} {self.operator} {self.answer}"


@dataclass(frozen=True, slots=True)
class Rows:
    """A rule as rows, all joined in one way."""

    joint: str
    statements: tuple[Statement, ...]

    def __str__(self) -> str:
        return f" {self.joint} ".join(str(statement) for statement in self.statements)


def rows_of(text: str) -> Rows | None:
    """The rows of a rule; None where it is more than rows can say, or cannot be read."""
    if not text:
        return Rows("and", ())
    try:
        condition = parse(text).condition
    except RuleError:
        return None
    joint = "or" if isinstance(condition, AnyOf) else "and"
    parts = condition.conditions if isinstance(condition, AllOf | AnyOf) else (condition,)
    statements = [_statement(part) for part in parts]
    known = tuple(statement for statement in statements if statement is not None)
    return Rows(joint, known) if len(known) == len(parts) <= MOST_ROWS else None


def _statement(condition: Condition) -> Statement | None:
    if isinstance(condition, Comparison):
        return Statement(condition.item, condition.operator, str(NAMES.get(condition.code, condition.code)))
    if isinstance(condition, Has):
        return Statement(condition.item, "has", str(condition.code))
    return Statement(condition.item, "answered") if isinstance(condition, Answered) else None


class RuleField(Field):
    """The text, the rows (None where the text is more than they can say), and the text as it was shown before."""

    rows: Rows | None
    typed: Rows | None

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        self.process_errors: list[Any] = []
        if formdata is None:
            self.data = "" if data is unset_value or data is None else str(data)
            self.typed = None
        else:
            self.data, self.typed = self._posted(formdata)
        self.rows = self.typed or rows_of(self.data)

    def _posted(self, formdata: Any) -> tuple[str, Rows | None]:
        text = _one_line(formdata.get(self.name, ""))
        shown = _one_line(formdata.get(f"{self.name}-shown", ""))
        if text != shown or f"{self.name}-joint" not in formdata:
            return text, None
        joint = "or" if formdata.get(f"{self.name}-joint") == "or" else "and"
        rows = Rows(joint, tuple(self._statements(formdata)))
        complete = replace(rows, statements=tuple(row for row in rows.statements if row.is_complete))
        return (text if rows_of(text) == complete else str(complete)), rows

    def _statements(self, formdata: Any) -> list[Statement]:
        posted = [
            Statement(*(_one_line(formdata.get(f"{self.name}-{place}-{column}", "")) for column in COLUMNS))
            for place in range(MOST_ROWS)
            if f"{self.name}-{place}-item" in formdata
        ]
        return [row for row in posted if row.item or row.answer]

    def pre_validate(self, form: Any) -> None:
        """A row is complete or empty; the text can be read."""
        for row in self.typed.statements if self.typed else ():
            if not row.is_complete:
                raise StopValidation(_("Please choose the question and its answer in every line of the rule."))
        if self.data:
            try:
                parse(self.data)
            except RuleError as error:
                raise StopValidation(_(error.template, **error.values)) from None

    @property
    def shown_rows(self) -> tuple[Statement, ...]:
        """The rows with an empty one below to add to them."""
        return (*self.rows.statements, Statement()) if self.rows else ()


COLUMNS = ("item", "operator", "answer")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that a rule can look at: its words and the answers it offers, by code."""

    words: str
    answers: tuple[tuple[str, str], ...]


Earlier = Mapping[str, Asked]


def _one_line(typed: str) -> str:
    return " ".join(typed.split())
