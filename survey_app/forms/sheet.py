"""The answer sheet: what a member has filled in so far and the way through the sections.

Nothing is kept between requests; a page carries the whole sheet in its own form. What is right or wrong with an
answer is decided by the form class of `builder`; requests and templates stay outside.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from instruments.model import Instrument, Item, ItemType, Section
from instruments.rules import visible_items
from survey_app.forms.builder import accepted_answers, field_name, form_class
from survey_app.forms.fields import AnswerField, AnswerValue

KINDS = {ItemType.TEXT: "lines", ItemType.NUMBER: "number", ItemType.DATE: "date", ItemType.RANKING: "places"}


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
    kind: str
    """Which control takes the words typed: "lines", "line", "number" or "date"; of a ranking "places"."""
    places: tuple[tuple[str, str], ...] = ()
    """Of a ranking: the name of each place and the word chosen for it."""
    matrix: str = ""
    """The table it stands in on wide screens."""
    words: tuple[str, ...] = ()
    """To be read before the question."""

    @property
    def is_long(self) -> bool:
        return self.kind == "lines"

    @property
    def first_control(self) -> str:
        return f"{self.id}-0"

    @property
    def described_by(self) -> str:
        parts = [f"{self.id}-hint"] * bool(self.hint) + [f"{self.id}-error"] * bool(self.error)
        return " ".join(parts)


@dataclass(frozen=True)
class SectionPage:
    """One section ready to be shown."""

    code: str
    title: str
    intros: tuple[str, ...]
    number: int
    sections: int
    minutes: int
    questions: tuple[Question, ...]

    @property
    def mistakes(self) -> tuple[Question, ...]:
        return tuple(question for question in self.questions if question.error)

    @property
    def added(self) -> tuple[Question, ...]:
        return tuple(question for question in self.questions if question.is_new)


@dataclass(frozen=True)
class Given:
    """An answer as the review page repeats it: labels of what was chosen, or the words written."""

    number: int
    text: str
    labels: tuple[str, ...]
    is_long: bool
    """Several labels or free text: stands below the question instead of beside it."""


@dataclass(frozen=True)
class ReviewPart:
    code: str
    title: str
    given: tuple[Given, ...]


@dataclass(frozen=True)
class AnswerSheet:
    """A questionnaire with everything typed into it so far, right or wrong."""

    instrument: Instrument
    typed: MultiDict[str, str] = field(default_factory=MultiDict)
    language: str = "zh_Hans"

    @classmethod
    def posted(cls, instrument: Instrument, form: MultiDict[str, str], language: str) -> AnswerSheet:
        """Takes from a posted form what belongs to this questionnaire and nothing else."""
        typed: MultiDict[str, str] = MultiDict()
        for item in instrument.items:
            if field_name(item) in form:
                typed.setlist(field_name(item), form.getlist(field_name(item)))
        return cls(instrument, typed, language)

    @cached_property
    def answers(self) -> dict[str, AnswerValue]:
        return form_class(self.instrument)(self.typed).answers()

    @cached_property
    def asked(self) -> tuple[Item, ...]:
        """Items that are asked given the answers so far."""
        return visible_items(self.instrument, self.answers)

    @cached_property
    def path(self) -> tuple[Section, ...]:
        """Sections with something to ask, in order."""
        return tuple(section for section in self.instrument.sections if self.asked_in(section))

    def asked_in(self, section: Section) -> tuple[Item, ...]:
        codes = {item.code for item in section.items}
        return tuple(item for item in self.asked if item.code in codes)

    def section(self, code: str) -> Section:
        """The section of this code, or the first one."""
        return next((section for section in self.path if section.code == code), self.path[0])

    def after(self, section: Section) -> Section | None:
        """The next section to ask, None after the last."""
        place = self.path.index(section) + 1
        return self.path[place] if place < len(self.path) else None

    def before(self, code: str) -> Section:
        """The section before the one of this code; the last one for anything after all sections."""
        codes = [section.code for section in self.path]
        return self.path[max(codes.index(code) - 1, 0)] if code in codes else self.path[-1]

    def errors_in(self, section: Section) -> Mapping[str, Any]:
        """Sentence of the first error by item code."""
        form = form_class(self.instrument, self.asked_in(section), language=self.language)(self.typed)
        form.validate()
        return {asked.item.code: asked.errors[0] for asked in form.questions() if asked.errors}

    def unanswered_in(self, section: Section) -> frozenset[str]:
        """Required items of a section that nothing at all was posted for."""
        asked = self.asked_in(section)
        return frozenset(item.code for item in asked if item.required and field_name(item) not in self.typed)

    def added_to(self, section: Section, shown: Collection[str]) -> frozenset[str]:
        """Items of a section that its own answers have called for and its author has not been shown yet."""
        return frozenset(item.code for item in self.asked_in(section) if item.code not in shown)

    def first_open_section(self) -> Section | None:
        """The first section in which something is missing or wrong."""
        return next((section for section in self.path if self.errors_in(section)), None)

    def accepted(self) -> dict[str, AnswerValue] | None:
        """The answers to be cast, None while anything is missing or wrong."""
        return accepted_answers(self.instrument, self.typed)

    def carried(self, shown: Section | None = None) -> tuple[tuple[str, str], ...]:
        """Names and values of everything typed outside the section shown, for the hidden fields of its page."""
        names = {field_name(item) for item in self.asked_in(shown)} if shown else set()
        return tuple((name, value) for name, value in self.typed.items(multi=True) if name not in names)

    def page(
        self, section: Section, *, errors: Mapping[str, Any] | None = None, added: Collection[str] = ()
    ) -> SectionPage:
        """A section as it is shown, with errors by item code and the questions that have just been added."""
        wrong = errors or {}
        items = self.asked_in(section)
        form = form_class(self.instrument, items, language=self.language)(self.typed)
        first = self.asked.index(items[0]) + 1
        questions = tuple(
            self._question(asked, number, wrong.get(asked.item.code), asked.item.code in added)
            for number, asked in enumerate(form.questions(), start=first)
        )
        return SectionPage(
            code=section.code,
            title=section.title.in_language(self.language),
            intros=self._intros(section),
            number=self.path.index(section) + 1,
            sections=len(self.path),
            minutes=self._minutes_from(items[0]),
            questions=questions,
        )

    def review(self) -> tuple[ReviewPart, ...]:
        """Every question with the answer given, by section."""
        form = form_class(self.instrument, self.asked, language=self.language)(self.typed)
        given = {
            asked.item.code: Given(
                number,
                asked.item.label(self.language),
                self._labels(asked),
                asked.item.type in (ItemType.TEXT, ItemType.MULTIPLE, ItemType.RANKING),
            )
            for number, asked in enumerate(form.questions(), start=1)
        }
        return tuple(
            ReviewPart(
                section.code,
                section.title.in_language(self.language),
                tuple(given[item.code] for item in self.asked_in(section)),
            )
            for section in self.path
        )

    def _intros(self, section: Section) -> tuple[str, ...]:
        """What stands above the questions: the questionnaire's note on its first page, then the section's own."""
        note = self.instrument.note if section == self.path[0] else None
        return tuple(text.in_language(self.language) for text in (note, section.intro) if text)

    def _minutes_from(self, item: Item) -> int:
        remaining = len(self.asked) - self.asked.index(item)
        return max(1, ceil(self.instrument.minutes * remaining / len(self.asked)))

    def _question(self, asked: AnswerField, number: int, error: Any, is_new: bool) -> Question:
        item = asked.item
        return Question(
            code=item.code,
            id=asked.id,
            name=asked.name,
            number=number,
            text=item.text.in_language(self.language),
            short=item.label(self.language),
            hint=item.hint.in_language(self.language) if item.hint else "",
            error=error,
            is_new=is_new,
            is_optional=not item.required,
            choices=_choices(asked),
            typed=asked.typed,
            kind="line" if item.is_short else KINDS.get(item.type, ""),
            places=_places(asked) if item.type is ItemType.RANKING else (),
            matrix=item.matrix or "",
            words=tuple(text.in_language(self.language) for text in self.instrument.words_before(item)),
        )

    def _labels(self, asked: AnswerField) -> tuple[str, ...]:
        if asked.data in (None, ()):
            return ()
        if not asked.offers:
            return (str(asked.data),)
        chosen = asked.data if isinstance(asked.data, tuple) else (asked.data,)
        return tuple(offer.label.in_language(self.language) for offer in asked.offers if offer.code in chosen)


def _choices(asked: AnswerField) -> tuple[Choice, ...]:
    """Rows of a question; the last level closes the block before the answers that stand apart.

    One answer of several cannot be taken back by a browser, so a question that may stay blank offers that as a row.
    """
    chosen = asked.data if isinstance(asked.data, tuple) else (asked.data,)
    levels = [offer for offer in asked.offers if not offer.is_apart]
    is_several = asked.item.type is ItemType.MULTIPLE
    rows = tuple(
        Choice(
            name=asked.name,
            value=offer.word,
            id=f"{asked.id}-{place}",
            label=offer.label.in_language(asked.language),
            control="checkbox" if is_several else "radio",
            is_first=offer is levels[0],
            is_last=offer is levels[-1],
            is_apart=offer.is_apart,
            is_chosen=offer.code in chosen,
        )
        for place, offer in enumerate(asked.offers)
    )
    if not rows or is_several or asked.item.required:
        return rows
    return (*rows, _blank_row(asked))


def _places(asked: AnswerField) -> tuple[tuple[str, str], ...]:
    """The places of a ranking from the first on, with the word that stands there."""
    count = asked.item.places or len(asked.offers)
    words = [*(asked.raw_data or ()), *[""] * count]
    return tuple((_("Place %(number)s", number=place + 1), words[place]) for place in range(count))


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


def count_of_questions(instrument: Instrument) -> tuple[int, int]:
    """What everybody is asked: questions with answers to choose from (or a number to give), and free texts."""
    asked = visible_items(instrument, {})
    texts = sum(item.type is ItemType.TEXT for item in asked)
    return len(asked) - texts, texts
