"""Means of a group of known size, and the change of such a mean between two years.

Shares are in `proportion`; tests that treat a year as a draw from a process are in `comparison`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import sqrt

from numpy.typing import ArrayLike

from analysis.arrays import Interval, known, mean_and_deviation, tallied, whole
from analysis.distributions import standard_error_of_mean, t_quantile, two_sided_t, upper_probability
from analysis.errors import InsufficientData, Reason


@dataclass(frozen=True, slots=True)
class FiniteMean:
    mean: float
    se: float | None
    ci: Interval | None
    n: int
    reasons: Mapping[str, Reason] = field(default_factory=dict)
    """Why a field is None."""


def finite_mean(
    x: ArrayLike, population: int | None, *, confidence: float = 0.95, times: ArrayLike | None = None
) -> FiniteMean:
    """Mean of a group from n of its N people: ``m -/+ t(n-1) s sqrt((1 - n/N) / n)`` (Cochran 1977, 2.6-2.8).

    Everybody answered: se 0, the interval is the mean. One answer of several people: se and ci None. Population None:
    unlimited. ``times``: how many people gave each of ``x``, one each without it. Agrees with R ``survey::svymean``
    with ``fpc`` and ``confint(df=n-1)``.

    Raises: InsufficientData("empty") without answers; ValueError for n > population.
    """
    upper_probability(confidence)
    values, people_with = tallied(x, times)
    n = int(people_with.sum())
    mean, deviation = mean_and_deviation(values, people_with)
    people = None if population is None else _at_least(n, population)
    if n == people:
        return FiniteMean(mean, 0.0, (mean, mean), n)
    if n < 2:
        return FiniteMean(mean, None, None, n, {"se": "too_few_rows", "ci": "too_few_rows"})
    se = standard_error_of_mean(deviation, n, people)
    half = t_quantile(confidence, n - 1) * se
    return FiniteMean(mean, se, (mean - half, mean + half), n)


def _at_least(n: int, population: int) -> int:
    people = whole(population, "population")
    if n > people:
        raise ValueError(f"{n} answers from {people} people")
    return people


@dataclass(frozen=True, slots=True)
class FiniteDifference:
    """A change of the group's mean, later - earlier. ``exact``: two censuses, so there is nothing to test."""

    difference: float
    se: float | None
    ci: Interval | None
    t: float | None
    df: int | None
    p: float | None
    exact: bool
    reasons: Mapping[str, Reason] = field(default_factory=dict)


def finite_difference(
    x1: ArrayLike,
    N1: int,
    x2: ArrayLike,
    N2: int,
    *,
    overlap: int = 0,
    common: int | None = None,
    rho: float = 0.0,
    confidence: float = 0.95,
) -> FiniteDifference:
    """mean(x2) - mean(x1) of a group that changed from N1 to N2 people (Tam 1984, Biometrika 71:645).

    ``SE² = (1-n1/N1) s1²/n1 + (1-n2/N2) s2²/n2 - 2 rho s1 s2 [overlap/(n1 n2) - common/(N1 N2)]``: ``common`` people
    belong to both years' group, ``overlap`` of them answered in both, ``rho`` correlates their answers; without
    ``common`` the bracket is left out. t with n1 + n2 - 2, as R ``survey`` with the year as stratum. Two censuses:
    ``exact``, se 0, p None.

    Raises: InsufficientData("empty" | "too_few_rows"); ValueError for counts that cannot be or rho outside [-1, 1].
    """
    upper_probability(confidence)
    (mean1, s1), (mean2, s2) = (mean_and_deviation(*tallied(x, None)) for x in (x1, x2))
    gap = mean2 - mean1
    n1, n2 = known(x1).size, known(x2).size
    everybody1, everybody2 = _at_least(n1, N1), _at_least(n2, N2)
    if n1 == everybody1 and n2 == everybody2:
        return FiniteDifference(gap, 0.0, (gap, gap), None, None, None, exact=True)
    _require_spread(n1, everybody1)
    _require_spread(n2, everybody2)
    variance = standard_error_of_mean(s1, n1, everybody1) ** 2 + standard_error_of_mean(s2, n2, everybody2) ** 2
    _check_overlap(overlap, common, rho, (n1, n2), (everybody1, everybody2))
    if common is not None:
        variance -= 2 * rho * s1 * s2 * (overlap / (n1 * n2) - common / (everybody1 * everybody2))
    df = n1 + n2 - 2
    if df < 1 or variance <= 0:
        reason: Reason = "too_few_rows" if df < 1 else "constant_item" if s1 == s2 == 0 else "singular"
        return FiniteDifference(
            gap, None, None, None, None, None, False, dict.fromkeys(("se", "ci", "t", "df", "p"), reason)
        )
    se = sqrt(variance)
    half = t_quantile(confidence, df) * se
    return FiniteDifference(gap, se, (gap - half, gap + half), gap / se, df, two_sided_t(gap / se, df), exact=False)


def _require_spread(n: int, people: int) -> None:
    """One answer has no standard deviation, but in a census of one person nothing is left to chance."""
    if n == 1 != people:
        raise InsufficientData("too_few_rows")


def _check_overlap(
    overlap: int, common: int | None, rho: float, answered: tuple[int, int], people: tuple[int, int]
) -> None:
    if not -1 <= rho <= 1:
        raise ValueError(f"a correlation lies between -1 and 1, not {rho}")
    both = min(people) if common is None else whole(common, "common")
    if both > min(people) or whole(overlap, "overlap") > min(*answered, both):
        raise ValueError(f"{overlap} answered twice, {both} common people: more than there can be")
