"""The result beside other years: comparability, changes, trends, composition, actions verified."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from analysis.comparison import ItemComparison, Verdict
from analysis.tree.figures import Detail, Hidden, Rate
from analysis.trend import Forecast, MonotoneTrend, Slope, TrendOfShares
from analysis.types import ActionSpec
from analysis.weighting import Kitagawa


class Comparability(StrEnum):
    COMPARABLE = "comparable"
    WITH_RESERVE = "with_reserve"
    NOT = "not"


@dataclass(frozen=True, slots=True)
class YearPoint:
    """One item (or dimension) in one year, as that year's own report showed it."""

    year: int
    rate: Rate | float | Hidden
    comparable: bool = True
    """With the year of the report; where False the line between the points breaks."""


@dataclass(frozen=True, slots=True)
class Change:
    """Year over year for one item: the two years' facts, whether they may be compared, and the tests."""

    code: str
    earlier: YearPoint
    later: YearPoint
    comparability: Comparability
    reasons: tuple[str, ...]
    primary: bool
    comparison: ItemComparison | None
    """None where not comparable, hidden in either year, too few for a test, or (in a Report) fewer than 30 answers
    in either year: its many figures would give the answers away. ``verdict`` and ``effect`` stand then alone. In a
    Report ``holm`` and ``bh`` are None too where an item whose own test is not shown belongs to the same family."""
    smallest_visible_change: float | None
    """The difference of rates, a fraction, from which on these n find rises and falls alike at 5 % (80 % power); of
    the one direction that is possible where the other is not."""
    verdict: Verdict | None = None
    """Of the comparison; None where there is none. Only changes with ``primary`` carry a sign on pages."""
    effect: float | None = None
    """Cliff's delta, later against earlier; to the nearest 0.05 where the comparison itself is not shown."""
    detail: Detail = Detail.FULL
    """The coarser of the two years."""


@dataclass(frozen=True, slots=True)
class ItemPair:
    """A comparable item in two years, in one branch of the unit."""

    unit: str
    item: str
    earlier: Rate
    later: Rate


@dataclass(frozen=True, slots=True)
class TrendResult:
    """A primary item over its comparable years, this year last; a figure is None where it needs more years.

    ``shares`` from three years, ``monotone`` and ``slope`` from four, ``forecast`` (next year, an interval) from five.
    All None in a Report that does not show every year's rate as a number.
    """

    code: str
    years: tuple[int, ...]
    shares: TrendOfShares | None
    monotone: MonotoneTrend | None
    slope: Slope | None
    forecast: Forecast | None


@dataclass(frozen=True, slots=True)
class CompositionResult:
    """How much of the change in overall satisfaction since ``year`` comes from who answered.

    ``by`` is None for the branches of the unit, else a grouping question; strata are merged until each has enough
    people in both years.
    """

    year: int
    by: str | None
    strata: int
    change: Kitagawa


ActionVerdict = Literal["worked", "not_shown", "worse", "no_control", "not_comparable"]


@dataclass(frozen=True, slots=True)
class ActionResult:
    """An improvement action held against this year's result."""

    action: ActionSpec
    rate: Rate | Hidden
    expected: float | None
    """The rate to be expected without the action: a low item moves back towards the others by itself."""
    lower: float | None
    upper: float | None
    """One-sided 95 % prediction bounds around ``expected``; all three None in a Report that does not show every rate
    behind them exactly."""
    reached: bool | None
    """The acceptance figure is met: a fact. None where it cannot be said."""
    verdict: ActionVerdict
    controls: int
    """Untouched items the expectation was drawn from; more than the questionnaire has where branches count apart."""


@dataclass(frozen=True, slots=True)
class Exemplar:
    """A unit below whose action worked, also among the actions of all units; both rates as its own reports show them.

    Named only where both are exact there.
    """

    unit: str
    name: str
    action: ActionSpec
    earlier: Rate
    later: Rate
