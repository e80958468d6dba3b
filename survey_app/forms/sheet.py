"""The answer sheet: what a member has filled in so far and the way through the sections.

Nothing is kept between requests; a page carries the whole sheet in its own form. What is right or wrong with an
answer is decided by the form class of `builder`; requests and templates stay outside.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil
from random import Random, SystemRandom
from typing import Any

from werkzeug.datastructures import MultiDict

from instruments.model import Instrument, Item, ItemType, Section
from instruments.rules import visible_items
from survey_app.forms.builder import accepted_answers, field_name, form_class
from survey_app.forms.fields import AnswerValue
from survey_app.forms.order import blocks_of, in_order_shown
from survey_app.forms.questions import Question, QuestionBlock, block_of, question_of


@dataclass(frozen=True)
class SectionPage:
    """One section ready to be shown."""

    code: str
    title: str
    intros: tuple[str, ...]
    number: int
    sections: int
    minutes: int
    blocks: tuple[QuestionBlock, ...]
    is_shuffled: bool = False
    shown: str = ""
    """Codes for the hidden field that keeps the order: of this page, and of shuffled sections shown before."""

    @property
    def questions(self) -> tuple[Question, ...]:
        return tuple(ask for block in self.blocks for ask in block.questions)

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
    seen: tuple[str, ...] = ()
    """Codes of items in the order in which pages before have shown them."""
    rng: Random = field(default_factory=SystemRandom, repr=False, compare=False)
    """Draws the order of shuffled sections."""

    @classmethod
    def posted(cls, instrument: Instrument, form: MultiDict[str, str], language: str) -> AnswerSheet:
        """Takes from a posted form what belongs to this questionnaire and nothing else."""
        typed: MultiDict[str, str] = MultiDict()
        for item in instrument.items:
            if field_name(item) in form:
                typed.setlist(field_name(item), form.getlist(field_name(item)))
        seen = (code for code in dict.fromkeys(form.get("shown", "").split()) if code in instrument.by_code)
        return cls(instrument, typed, language, tuple(seen))

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
        sections = self.instrument.section_by_item
        return tuple(item for item in self.asked if sections[item.code].code == section.code)

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

    @cached_property
    def shown_in(self) -> Mapping[str, tuple[Item, ...]]:
        """By section, the items asked in the order shown."""
        return {
            section.code: in_order_shown(section, self.asked_in(section), self.seen, self.rng) for section in self.path
        }

    @property
    def order(self) -> str:
        """Codes of all shuffled sections in the order shown, for the hidden field of the review."""
        shuffled = (section for section in self.path if section.shuffled)
        return " ".join(item.code for section in shuffled for item in self.shown_in[section.code])

    def page(
        self, section: Section, *, errors: Mapping[str, Any] | None = None, added: Collection[str] = ()
    ) -> SectionPage:
        """A section as it is shown, with errors by item code and the questions that have just been added."""
        items = self.shown_in[section.code]
        form = form_class(self.instrument, items, language=self.language)(self.typed)
        first = self.asked.index(self.asked_in(section)[0]) + 1
        questions = {
            asked.item.code: question_of(
                asked,
                number,
                error=(errors or {}).get(asked.item.code),
                is_new=asked.item.code in added,
                words=self._words_before(asked.item),
            )
            for number, asked in enumerate(form.questions(), start=first)
        }
        return SectionPage(
            code=section.code,
            title=section.title.in_language(self.language),
            intros=self._intros(section),
            number=self.path.index(section) + 1,
            sections=len(self.path),
            minutes=self._minutes_from(first - 1),
            blocks=tuple(
                block_of(tuple(questions[item.code] for item in block), is_table=block[0].matrix is not None)
                for block in blocks_of(section, items)
            ),
            is_shuffled=section.shuffled,
            shown=" ".join((*questions, *self._seen_elsewhere(section))),
        )

    def review(self) -> tuple[ReviewPart, ...]:
        """Every question with the answer given, by section, in the order and with the numbers shown."""
        items = [item for section in self.path for item in self.shown_in[section.code]]
        form = form_class(self.instrument, items, language=self.language)(self.typed)
        given = {
            asked.item.code: Given(number, asked.item.label(self.language), asked.labels(), asked.is_long)
            for number, asked in enumerate(form.questions(), start=1)
        }
        return tuple(
            ReviewPart(
                section.code,
                section.title.in_language(self.language),
                tuple(given[item.code] for item in self.shown_in[section.code]),
            )
            for section in self.path
        )

    def _seen_elsewhere(self, section: Section) -> tuple[str, ...]:
        sections = self.instrument.section_by_item
        return tuple(code for code in self.seen if sections[code].shuffled and sections[code].code != section.code)

    def _words_before(self, item: Item) -> tuple[str, ...]:
        return tuple(text.in_language(self.language) for text in self.instrument.words_before(item))

    def _intros(self, section: Section) -> tuple[str, ...]:
        """What stands above the questions: the questionnaire's note on its first page, then the section's own."""
        note = self.instrument.note if section == self.path[0] else None
        return tuple(text.in_language(self.language) for text in (note, section.intro) if text)

    def _minutes_from(self, place: int) -> int:
        """Minutes for the questions from this place on."""
        remaining = len(self.asked) - place
        return max(1, ceil(self.instrument.minutes * remaining / len(self.asked)))


def count_of_questions(instrument: Instrument) -> tuple[int, int]:
    """What everybody is asked: questions with answers to choose from (or a number to give), and free texts."""
    asked = visible_items(instrument, {})
    texts = sum(item.type is ItemType.TEXT for item in asked)
    return len(asked) - texts, texts
