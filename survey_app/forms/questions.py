"""A question as a page shows it: its text, its rows to choose from or its control, and what is wrong with the answer.

What an answer may be is `item_types`; which questions a page has, and in which order, is `sheet`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from survey_app.forms.fields import AnswerField
from survey_app.forms.item_types import DateField, RankingField

MOST_COLUMNS = 8
"""Answers that have room side by side; questions with more are not shown as a table."""


@dataclass(frozen=True)
class Choice:
    """One row of a question that can be ticked."""

    name: str
    value: str
    id: str
    label: str
    control: str
    is_first: bool
    is_last: bool
    is_apart: bool
    is_chosen: bool
    is_exclusive: bool = False
    """Chosen alone among several."""


@dataclass(frozen=True)
class Question:
    """A question as the page shows it."""

    code: str
    id: str
    name: str
    number: int
    text: str
    short: str
    hint: str
    error: Any
    is_new: bool
    is_optional: bool
    choices: tuple[Choice, ...]
    typed: str
    control: str
    """Which macro shows what can be answered: "list", "ticks", "pair", "ladder", "places", "lines", "line", "number"
    or "date"."""
    is_long: bool
    """The review repeats the answer below the question."""
    ends: tuple[str, ...] = ()
    """What the lowest and the highest step of a ladder mean."""
    limits: tuple[str, ...] = ()
    """First and last day that can be chosen."""
    places: tuple[tuple[str, str], ...] = ()
    """Of a ranking: the name of each place and the word chosen for it."""
    words: tuple[str, ...] = ()
    """To be read before the question."""

    @property
    def first_control(self) -> str:
        return f"{self.id}-0"

    @property
    def described_by(self) -> str:
        parts = {"words": self.words, "hint": self.hint, "ends": self.ends, "error": self.error}
        return " ".join(f"{self.id}-{name}" for name, part in parts.items() if part)


@dataclass(frozen=True)
class QuestionBlock:
    """Questions that stay together: mostly one; a table where they share a row of `heads`."""

    questions: tuple[Question, ...]
    heads: tuple[str, ...] = ()

    @property
    def told(self) -> Question | None:
        """The question whose words are to be read before the block."""
        return next((ask for ask in self.questions if ask.words), None)


def block_of(questions: tuple[Question, ...], *, is_table: bool) -> QuestionBlock:
    widest = max(questions, key=lambda ask: len(ask.choices)).choices
    heads = tuple(choice.label for choice in widest) if is_table and len(widest) <= MOST_COLUMNS else ()
    return QuestionBlock(questions, heads)


def question_of(
    asked: AnswerField, number: int, *, error: Any = None, is_new: bool = False, words: tuple[str, ...] = ()
) -> Question:
    """The question a field asks, with this number on the page."""
    item = asked.item
    return Question(
        code=item.code,
        id=asked.id,
        name=asked.name,
        number=number,
        text=item.text.in_language(asked.language),
        short=item.label(asked.language),
        hint=item.hint.in_language(asked.language) if item.hint else "",
        error=error,
        is_new=is_new,
        is_optional=not item.required,
        choices=_choices(asked),
        typed=asked.typed,
        control=asked.control,
        is_long=asked.is_long,
        ends=(_("0: certainly not"), _("10: certainly")) if asked.control == "ladder" else (),
        limits=asked.limits if isinstance(asked, DateField) else (),
        places=_places(asked) if isinstance(asked, RankingField) else (),
        words=words,
    )


def _choices(asked: AnswerField) -> tuple[Choice, ...]:
    """Rows of a question; the last level closes the block before the answers that stand apart.

    One answer of several cannot be taken back by a browser, so a question that may stay blank offers that as a row.
    """
    chosen = asked.data if isinstance(asked.data, tuple) else (asked.data,)
    levels = [offer for offer in asked.offers if not offer.is_apart]
    is_several = asked.control == "ticks"
    rows = tuple(
        Choice(
            name=asked.name,
            value=offer.word,
            id=f"{asked.id}-{place}",
            label=asked.said(offer),
            control="checkbox" if is_several else "radio",
            is_first=offer is levels[0],
            is_last=offer is levels[-1],
            is_apart=offer.is_apart,
            is_chosen=offer.code in chosen,
            is_exclusive=offer.is_exclusive,
        )
        for place, offer in enumerate(asked.offers)
    )
    if not rows or asked.reads != "one" or asked.item.required:
        return rows
    return (*rows, _blank_row(asked))


def _blank_row(asked: AnswerField) -> Choice:
    return Choice(
        name=asked.name,
        value="",
        id=f"{asked.id}-blank",
        label=_("Leave blank"),
        control="radio",
        is_first=False,
        is_last=False,
        is_apart=True,
        is_chosen=asked.raw_data == [""],
    )


def _places(asked: RankingField) -> tuple[tuple[str, str], ...]:
    """The places of a ranking from the first on, with the word that stands there."""
    words = [*(asked.raw_data or ()), *[""] * asked.places]
    return tuple((_("Place %(number)s", number=place + 1), words[place]) for place in range(asked.places))
