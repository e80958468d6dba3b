"""The questionnaire's own words in the reader's language: items, dimensions, levels, options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from flask_babel import get_locale
from flask_babel import gettext as _

from analysis.types import Measure, Objective
from instruments.bands import band_ranges
from instruments.model import BANDED_TYPES, Instrument, Item, ItemType, Role, Translation, other_lines


@dataclass(frozen=True)
class Names:
    """Labels of one instrument in one language. A code the instrument does not know stands for itself."""

    instrument: Instrument
    language: str
    earlier: Mapping[int, Instrument] = field(default_factory=dict, compare=False)
    """Year -> what was asked then, where it is known: the wording that this year's is held against."""

    def title(self) -> str:
        return self._read(self.instrument.title)

    def item(self, code: str) -> str:
        """The short label of an item."""
        item = self.instrument.by_code.get(code)
        return item.label(self.language) if item else code

    def question(self, code: str) -> str:
        """The whole text of an item."""
        item = self.instrument.by_code.get(code)
        return self._read(item.text) if item else code

    def hint(self, code: str) -> str:
        """What stands below an item's text; empty where nothing does."""
        item = self.instrument.by_code.get(code)
        return self._read(item.hint) if item and item.hint else ""

    def levels(self, item_code: str) -> tuple[str, ...]:
        """All answers of a scored item, best first, then those without an opinion."""
        scale = self.instrument.scale_of(self.instrument.by_code[item_code])
        best_first = sorted(scale.levels, key=lambda level: -level.code)
        labels = [*(level.label for level in best_first), *(answer.label for answer in scale.unscored)]
        return tuple(self._read(label) for label in labels)

    def of_year(self, year: int) -> Names | None:
        """The labels of an earlier year's questionnaire, where it is known."""
        instrument = self.earlier.get(year)
        return None if instrument is None else Names(instrument, self.language)

    def scored(self) -> tuple[str, ...]:
        return tuple(item.code for item in self.instrument.scored_items)

    def is_conditional(self, item_code: str) -> bool:
        """Whether only some people are asked the item."""
        return self.knows(item_code) and self.instrument.by_code[item_code].visible_if is not None

    def comments(self, code: str) -> str:
        """The heading of comments: their question; of what "other" is, the question and that answer."""
        for asked in self.instrument.items:
            for line, option in zip(other_lines(asked), (o for o in asked.options if o.other), strict=True):
                if line.code == code:
                    words = {"question": self._read(asked.text), "answer": self._read(option.label)}
                    return _("%(question)s %(answer)s:", **words)
        return self.question(code)

    def dimension(self, code: str) -> str:
        return next((self._read(d.title) for d in self.instrument.dimensions if d.code == code), code)

    def scope(self, code: str | None, items: int) -> str:
        """A scale of the reliability block: the whole questionnaire or a dimension."""
        return _("All %(n)s questions", n=items) if code is None else self.dimension(code)

    def measure(self, objective: Objective) -> str:
        """What an objective measures."""
        if objective.measure is Measure.PARTICIPATION:
            return _("Participation rate")
        if objective.measure is Measure.OVERALL:
            overall = self.instrument.item_with_role(Role.OVERALL)
            return self.item(overall.code) if overall else _("Overall satisfaction")
        target = objective.target or ""
        return self.dimension(target) if objective.measure is Measure.DIMENSION else self.item(target)

    def option(self, item_code: str, option: int) -> str:
        """An answer of a choice question, or a band of a number."""
        item = self.instrument.by_code.get(item_code)
        answers = dict(self._answers(item)) if item else {}
        return answers.get(option, str(option))

    def options(self, item_code: str) -> tuple[str, ...]:
        """All answers of a choice question in order, or the bands of a number."""
        item = self.instrument.by_code.get(item_code)
        return tuple(words for _code, words in self._answers(item)) if item else ()

    def level_group(self, item_code: str, codes: tuple[int, ...]) -> str:
        """An answer level, or the ends of a group of levels, best first in ``codes``."""
        item = self.instrument.by_code.get(item_code)
        known = {one.code: self._read(one.label) for one in self.instrument.scale_of(item).levels} if item else {}
        words = [known.get(code, str(code)) for code in codes]
        return words[0] if len(words) == 1 else f"{words[-1]}–{words[0]}"

    def knows(self, item_code: str) -> bool:
        """Whether this version of the questionnaire has the item."""
        return item_code in self.instrument.by_code

    def is_ranking(self, item_code: str) -> bool:
        return self.knows(item_code) and self.instrument.by_code[item_code].type is ItemType.RANKING

    def is_reversed(self, item_code: str) -> bool:
        """Whether the item asks the other way round."""
        return self.knows(item_code) and self.instrument.by_code[item_code].reversed

    def satisfied_of_scales(self) -> tuple[tuple[str, ...], ...]:
        """Names of the satisfied levels of every scale in use."""
        return tuple(dict.fromkeys(self.satisfied_levels(item.code) for item in self.instrument.scored_items))

    def approving_levels(self, item_code: str) -> tuple[str, ...]:
        """Names of the levels that count as satisfied, of an item asked the other way round those at its other end."""
        item = self.instrument.by_code[item_code]
        scale = self.instrument.scale_of(item)
        counted = {scale.low + scale.high - code if item.reversed else code for code in scale.satisfied}
        return tuple(self._read(level.label) for level in scale.levels if level.code in counted)

    def is_of_satisfaction(self, item_code: str) -> bool:
        """Whether the levels that count say satisfied themselves, as grades, agreement, yes and no do not."""
        scale = self.instrument.scale_of(self.instrument.by_code[item_code])
        return all("满意" in level.label.zh_Hans for level in scale.levels if level.code in scale.satisfied)

    def speaks_of_satisfaction(self) -> bool:
        """Whether any question is one of satisfaction; then the others are told in its words too, with a note."""
        return any(self.is_of_satisfaction(item.code) for item in self.instrument.scored_items)

    def satisfied_levels(self, item_code: str) -> tuple[str, ...]:
        """Names of the levels that count as satisfied, as in the questionnaire."""
        scale = self.instrument.scale_of(self.instrument.by_code[item_code])
        return tuple(self._read(level.label) for level in scale.levels if level.code in scale.satisfied)

    def _answers(self, item: Item) -> Iterator[tuple[int, str]]:
        if item.type in BANDED_TYPES:
            written = _day if item.type is ItemType.DATE else str
            for band, (first, last) in enumerate(band_ranges(item)):
                yield band, written(first) if first == last else _between(item, written(first), written(last))
        for option in item.options:
            yield option.code, self._read(option.label)

    def _read(self, text: Translation) -> str:
        return text.in_language(self.language)


def _between(item: Item, first: str, last: str) -> str:
    """A band from its first to its last value; days have strokes of their own."""
    if item.type is ItemType.DATE:
        return _("%(first)s to %(last)s", first=first, last=last)
    return f"{first}–{last}"


def _day(number: int) -> str:
    return date.fromordinal(number).isoformat()


def names_of(instrument: Instrument, earlier: Mapping[int, Instrument] | None = None) -> Names:
    """Labels in the language of the page or command under way."""
    return Names(instrument, str(get_locale() or "zh_Hans"), earlier or {})
