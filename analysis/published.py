"""Figures of organisations over years as somebody published them: percentiles among organisations, a figure's place
among them, and whether the wording of an item stayed.

No answers lie behind these figures here. Where the number of answers is not published there is no interval, and in no
case a test: what is described is the spread among organisations, not the chance in one of them.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import pairwise

from analysis.arrays import Interval
from analysis.comparability import plain
from analysis.distributions import normal_quantile
from analysis.errors import InsufficientData
from analysis.proportion import score_interval

LEAST_FOR_BANDS = 10
"""Organisations below which percentiles say less than the figures themselves."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A published percentage: its text, its value on 0 to 100 (or above), the number of answers (None = unknown)."""

    text: str
    percent: float
    n: int | None = None


@dataclass(frozen=True, slots=True)
class Organisation:
    """One row of a year: an organisation, or a reference such as a mean of all."""

    name: str
    group: str
    figures: Mapping[str, Figure]
    """By item; an item that was not published is not there."""


@dataclass(frozen=True, slots=True)
class Year:
    year: int
    items: tuple[str, ...]
    """Codes in the order of the publication, participation not among them."""
    organisations: Mapping[str, Organisation]
    references: Mapping[str, Organisation]
    wordings: Mapping[str, str]
    participation: str | None
    """Code under which the response rate stands among the figures."""
    measure: str = ""
    """What the percentages are of, such as “agree or strongly agree”."""


@dataclass(frozen=True, slots=True)
class Bands:
    """Percentiles of a figure among organisations, in percent, and among how many."""

    p10: float
    p25: float
    p50: float
    p75: float
    p90: float
    organisations: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How many other organisations have a lower figure, the same and a higher one."""

    below: int
    equal: int
    above: int

    @property
    def others(self) -> int:
        return self.below + self.equal + self.above

    @property
    def percentile(self) -> float | None:
        """Percentile rank: ``100 (below + equal / 2) / others`` (mid-rank); None without others."""
        return 100 * (self.below + self.equal / 2) / self.others if self.others else None


class WordingChange(StrEnum):
    SAME = "same"
    EDITED = "edited"
    """Only spaces, punctuation, case or width differ: the years stay joined, both wordings are shown."""
    CHANGED = "changed"
    UNKNOWN = "unknown"
    """A wording is missing in one of the years."""


@dataclass(frozen=True, slots=True)
class Passage:
    """From one year in which an item was asked to the next."""

    earlier: int
    later: int
    change: WordingChange
    before: str
    after: str

    @property
    def is_joined(self) -> bool:
        """May the two years stand in one line?"""
        return self.change in (WordingChange.SAME, WordingChange.EDITED)


@dataclass(frozen=True, slots=True)
class Published:
    """A series with what follows from it; made once by `describe`."""

    years: tuple[Year, ...]
    constant: tuple[str, ...]
    """Organisations of all years, by name; percentiles are taken among them."""
    partial: Mapping[str, tuple[int, ...]]
    """Organisations of some years only, with these years."""
    items: tuple[str, ...]
    """All items of all years, in the order of the latest year that has them."""
    values: Mapping[tuple[int, str], tuple[float, ...]]
    """Year and code (participation too) -> the figures of the constant organisations in rising order."""

    def year(self, number: int) -> Year | None:
        return next((year for year in self.years if year.year == number), None)


def describe(years: Sequence[Year]) -> Published:
    """Gather the years of a series, earliest first: which organisations stay, and the sorted figures of each item.

    An organisation is there in a year if it has a figure in it.
    """
    ordered = tuple(sorted((_with_figures(year) for year in years), key=lambda year: year.year))
    names = sorted({name for year in ordered for name in year.organisations})
    present = {name: tuple(year.year for year in ordered if name in year.organisations) for name in names}
    constant = tuple(name for name in names if len(present[name]) == len(ordered))
    values: dict[tuple[int, str], list[float]] = {}
    for year in ordered:
        for name in constant:
            for code, figure in year.organisations[name].figures.items():
                values.setdefault((year.year, code), []).append(figure.percent)
    return Published(
        ordered,
        constant,
        {name: present[name] for name in names if len(present[name]) < len(ordered)},
        _all_items(ordered),
        {key: tuple(sorted(found)) for key, found in values.items()},
    )


def _with_figures(year: Year) -> Year:
    return replace(
        year,
        organisations={name: row for name, row in year.organisations.items() if row.figures},
        references={name: row for name, row in year.references.items() if row.figures},
    )


def _all_items(years: Sequence[Year]) -> tuple[str, ...]:
    """Items of earlier years that are no longer asked stand behind the one they followed then."""
    order: list[str] = []
    for year in reversed(years):
        place = 0
        for code in year.items:
            if code in order:
                place = order.index(code) + 1
            else:
                order.insert(place, code)
                place += 1
    return tuple(order)


def quantile(ordered: Sequence[float], share: float) -> float:
    """The quantile of values in rising order by linear interpolation, ``h = (n - 1) p``.

    Hyndman and Fan 1996 (Am. Stat. 50:361), type 7; agrees with R ``quantile(x, p)``.
    Raises: InsufficientData("empty"); ValueError unless 0 <= p <= 1.
    """
    if not ordered:
        raise InsufficientData("empty")
    if not 0 <= share <= 1:
        raise ValueError("a quantile lies between 0 and 1")
    place = (len(ordered) - 1) * share
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def bands(series: Published, year: int, code: str) -> Bands | None:
    """Percentiles among the organisations of all years; None for fewer than 10 of them with this figure."""
    values = series.values.get((year, code), ())
    if len(values) < LEAST_FOR_BANDS:
        return None
    p10, p25, p50, p75, p90 = (quantile(values, share) for share in (0.1, 0.25, 0.5, 0.75, 0.9))
    return Bands(p10, p25, p50, p75, p90, len(values))


def standing(series: Published, year: int, code: str, name: str) -> Standing | None:
    """Where an organisation's figure lies among those of the (other) organisations of all years; None without one."""
    found = series.year(year)
    organisation = found.organisations.get(name) if found else None
    figure = organisation.figures.get(code) if organisation else None
    if figure is None:
        return None
    values = series.values.get((year, code), ())
    below, upto = bisect_left(values, figure.percent), bisect_right(values, figure.percent)
    is_among_them = name not in series.partial
    return Standing(below, upto - below - is_among_them, len(values) - upto)


def interval(figure: Figure, *, confidence: float = 0.95) -> Interval | None:
    """Wilson's interval of a published percentage, in percent; None where the number of answers is unknown.

    Taken around the share as published, which may have been rounded. None above 100, where it is no share of answers.
    """
    if figure.n is None or figure.percent > 100:
        return None
    low, high = score_interval(figure.percent / 100, figure.n, normal_quantile(confidence))
    return 100 * low, 100 * high


def passages(series: Published, code: str) -> tuple[Passage, ...]:
    """From each year in which the item was asked to the next one, and what became of its wording."""
    asked = [year for year in series.years if code in year.items]
    return tuple(_passage(earlier, later, code) for earlier, later in pairwise(asked))


def _passage(earlier: Year, later: Year, code: str) -> Passage:
    before, after = earlier.wordings.get(code, ""), later.wordings.get(code, "")
    return Passage(earlier.year, later.year, wording_change(before, after), before, after)


def wording_change(before: str, after: str) -> WordingChange:
    """As for questionnaires: spaces, punctuation and case aside, another wording is another question."""
    if not before or not after:
        return WordingChange.UNKNOWN
    if before == after:
        return WordingChange.SAME
    return WordingChange.EDITED if plain(before) == plain(after) else WordingChange.CHANGED


class Fate(StrEnum):
    KEPT = "kept"
    GONE = "gone"
    NEW = "new"


def word_difference(before: str, after: str) -> tuple[tuple[Fate, str], ...]:
    """Two wordings as one text: what stayed, what is gone, what is new, word by word (Chinese: sign by sign)."""
    old, new = _words(before), _words(after)
    pieces: list[tuple[Fate, str]] = []
    for kind, start, end, start_new, end_new in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append((Fate.KEPT, "".join(old[start:end])))
            continue
        for fate, words in ((Fate.GONE, old[start:end]), (Fate.NEW, new[start_new:end_new])):
            if words:
                pieces.append((fate, "".join(words)))
    return tuple(pieces)


def _words(text: str) -> list[str]:
    return re.findall(r"[A-Za-z0-9\u00c0-\u024f]+|\s+|.", text, re.DOTALL)
