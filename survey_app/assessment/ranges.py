"""Between which ends a figure may lie, from what a Report shows of it and nothing more. All in exact fractions.

Where a Report gives no interval (few answers, a bound instead of a number), the widest that the shown numbers allow is
taken: a range that is too wide makes a place less certain, one that is too narrow would pretend.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from analysis.distributions import normal_quantile
from analysis.proportion import difference, score_interval, wilson, wilson_finite
from analysis.tree import DimensionResult, Hidden, Rate

CONFIDENCE = 0.95
ROUNDED_TO = Fraction(1, 20)
"""Of a dimension of few answers."""
NEAR = 1e-9
"""Floats that differ by less mean the same fraction."""


@dataclass(frozen=True, slots=True)
class Range:
    """A figure at face value, with the ends of its 95 % interval around it."""

    value: Fraction
    low: Fraction
    high: Fraction


def range_of_rate(rate: Rate) -> Range:
    """Face value ``satisfied / n``; under a bound ("at least") the range reaches as far as the bound leaves open."""
    value = Fraction(rate.satisfied, rate.n)
    if rate.bound == "at_least":
        return _around(value, _interval(rate.satisfied, rate)[0], 1.0)
    if rate.bound == "at_most":
        return _around(value, 0.0, _interval(rate.satisfied, rate)[1])
    return _around(value, *(rate.interval or _interval(rate.satisfied, rate)))


def range_of_dimension(dimension: DimensionResult, rates: Sequence[Rate | Hidden]) -> Range | None:
    """The mean of the items' rates, exactly where the items show theirs; None where the dimension is hidden.

    Without an interval of its own it has Wilson's of as many answers: shares of people scatter no more than yes and no.
    """
    if isinstance(dimension.rate, Hidden):
        return None
    value = _mean_of(dimension, rates)
    if isinstance(dimension.interval, tuple):
        low, high = dimension.interval
    elif isinstance(dimension.n, int) and dimension.n:
        low, high = score_interval(min(max(dimension.rate, 0.0), 1.0), dimension.n, normal_quantile(CONFIDENCE))
    else:
        low, high = 0.0, 1.0
    room = float(ROUNDED_TO / 2) if dimension.rounded else 0.0
    return _around(value, max(low - room, 0.0), min(high + room, 1.0))


def range_of_change(earlier: Rate, later: Rate) -> Range:
    """Later - earlier with Newcombe's interval; the ends of both rates against each other where one is a bound."""
    before, now = range_of_rate(earlier), range_of_rate(later)
    value = now.value - before.value
    if earlier.bound != "exact" or later.bound != "exact":
        return Range(value, now.low - before.high, now.high - before.low)
    found = difference(later.satisfied, later.n, earlier.satisfied, earlier.n, confidence=CONFIDENCE)
    return _around(value, *found.ci)


def _interval(satisfied: int, rate: Rate) -> tuple[float, float]:
    if rate.population is not None and rate.population >= rate.n:
        return wilson_finite(satisfied, rate.n, rate.population, confidence=CONFIDENCE)
    return wilson(satisfied, rate.n, confidence=CONFIDENCE)


def _mean_of(dimension: DimensionResult, rates: Sequence[Rate | Hidden]) -> Fraction:
    told = float(dimension.rate)
    if dimension.rounded:
        return round(told / ROUNDED_TO) * ROUNDED_TO
    exact = [Fraction(rate.satisfied, rate.n) for rate in rates if isinstance(rate, Rate) and rate.bound == "exact"]
    mean = sum(exact, Fraction()) / len(exact) if exact else Fraction()
    return mean if abs(float(mean) - told) < NEAR else Fraction(told)


def _around(value: Fraction, low: float, high: float) -> Range:
    """Ends that are the face value itself (a census) are that fraction, not the float beside it."""
    ends = [value if abs(end - float(value)) < NEAR else Fraction(end) for end in (low, high)]
    return Range(value, min(ends[0], value), max(ends[1], value))
