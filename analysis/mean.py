"""Means of a group of known size, and the change of such a mean between two years.

Shares are in `proportion`; tests that treat a year as a draw from a process are in `comparison`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import sqrt

from numpy.typing import ArrayLike

from analysis.arrays import Array, Interval, known, whole
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


def finite_mean(x: ArrayLike, population: int | None, *, confidence: float = 0.95) -> FiniteMean:
    """Mean of a group from n of its N people: ``m -/+ t(n-1) s sqrt((1 - n/N) / n)`` (Cochran 1977, 2.6-2.8).

    Everybody answered: se 0, the interval is the mean. One answer of several people: se and ci None. Population None:
    unlimited. Agrees with R ``survey::svymean`` with ``fpc`` and ``confint(df=n-1)``.

    Raises: InsufficientData("empty") without answers; ValueError for n > population.
    """
    upper_probability(confidence)
    values = known(x)
    n, mean = values.size, _mean(values)
    people = _people(n, population)
    if n == people:
        return FiniteMean(mean, 0.0, (mean, mean), n)
    if n < 2:
        return FiniteMean(mean, None, None, n, {"se": "too_few_rows", "ci": "too_few_rows"})
    se = standard_error_of_mean(float(values.std(ddof=1)), n, people)
    half = t_quantile(confidence, n - 1) * se
    return FiniteMean(mean, se, (mean - half, mean + half), n)


def _mean(values: Array) -> float:
    if values.size == 0:
        raise InsufficientData("empty")
    return float(values.mean())


def _people(n: int, population: int | None) -> int | None:
    if population is None:
        return None
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
    earlier, later = known(x1), known(x2)
    gap = _mean(later) - _mean(earlier)
    n1, n2 = earlier.size, later.size
    everybody1, everybody2 = _people(n1, whole(N1, "N1")), _people(n2, whole(N2, "N2"))
    if n1 == everybody1 and n2 == everybody2:
        return FiniteDifference(gap, 0.0, (gap, gap), None, None, None, exact=True)
    s1, s2 = _spread(earlier, everybody1), _spread(later, everybody2)
    variance = standard_error_of_mean(s1, n1, everybody1) ** 2 + standard_error_of_mean(s2, n2, everybody2) ** 2
    if common is not None:
        _check_overlap(overlap, common, rho, (n1, n2), (N1, N2))
        variance -= 2 * rho * s1 * s2 * (overlap / (n1 * n2) - common / (N1 * N2))
    df = n1 + n2 - 2
    if df < 1 or variance <= 0:
        reason: Reason = "too_few_rows" if df < 1 else "constant_item" if s1 == s2 == 0 else "singular"
        return FiniteDifference(
            gap, None, None, None, None, None, False, dict.fromkeys(("se", "ci", "t", "df", "p"), reason)
        )
    se = sqrt(variance)
    half = t_quantile(confidence, df) * se
    return FiniteDifference(gap, se, (gap - half, gap + half), gap / se, df, two_sided_t(gap / se, df), exact=False)


def _spread(values: Array, people: int | None) -> float:
    """Standard deviation; of a census of one person 0, since nothing of it is left to chance."""
    if values.size > 1:
        return float(values.std(ddof=1))
    if values.size == people:
        return 0.0
    raise InsufficientData("too_few_rows")


def _check_overlap(overlap: int, common: int, rho: float, answered: tuple[int, int], people: tuple[int, int]) -> None:
    if not -1 <= rho <= 1:
        raise ValueError(f"a correlation lies between -1 and 1, not {rho}")
    if not 0 <= overlap <= min(*answered, common) or common > min(people):
        raise ValueError(f"{overlap} answered twice, {common} common people: more than there can be")
