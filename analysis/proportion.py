"""Shares of satisfied answers: their intervals, for a process and for a group of known size, and their difference.

Verdicts on objectives are in `targets`, comparisons of years in `comparison`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor, sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv

from analysis.arrays import Array, Interval, counts, counts_within, share, whole
from analysis.distributions import is_as_rare_as, normal_quantile, upper_probability


def wald(successes: int, n: int, *, confidence: float = 0.95) -> Interval:
    """``p -/+ z sqrt(p(1-p)/n)``. For comparison with other software only: it has no width at p = 0 and 1.

    Raises: as `wilson`.
    """
    x, n = counts(successes, n)
    p = x / n
    half = normal_quantile(confidence) * sqrt(p * (1 - p) / n)
    return p - half, p + half


def wilson(successes: int, n: int, *, confidence: float = 0.95) -> Interval:
    """Score interval for a proportion.

    Solves ``|p - x/n| = z sqrt(p(1-p)/n)`` for p (Wilson 1927, JASA 22:209). Agrees with R
    ``prop.test(x, n, correct=FALSE)``; ``Hmisc::binconf`` deviates at x = 1 and x = n-1.

    Parameters: counts of satisfied and of scored answers. Returns: bounds in [0, 1].
    Raises: InsufficientData("empty") for n = 0; ValueError unless 0 <= successes <= n.
    """
    x, n = counts(successes, n)
    return score_interval(x / n, n, normal_quantile(confidence))


def score_interval(p: float, n: float, z: float) -> Interval:
    """Wilson's interval around a share of n answers, n not necessarily whole (an effective number)."""
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return (0.0 if p == 0 else centre - half), (1.0 if p == 1 else centre + half)


def agresti_coull(successes: int, n: int, *, confidence: float = 0.95) -> Interval:
    """Wald after adding z²/2 to both sides (Agresti and Coull 1998, Am. Stat. 52:119). Not clipped to [0, 1].

    Agrees with R ``binom::binom.confint(method="agresti-coull")``. Raises: as `wilson`.
    """
    x, n = counts(successes, n)
    z = normal_quantile(confidence)
    enlarged = n + z**2
    p = (x + z**2 / 2) / enlarged
    half = z * sqrt(p * (1 - p) / enlarged)
    return p - half, p + half


def clopper_pearson(successes: int, n: int, *, confidence: float = 0.95) -> Interval:
    """Exact binomial interval from quantiles of the beta distribution (Clopper and Pearson 1934, Biometrika 26:404).

    Agrees with R ``binom.test``. Raises: as `wilson`.
    """
    x, n = counts(successes, n)
    upper = upper_probability(confidence)
    low = 0.0 if x == 0 else float(betaincinv(x, n - x + 1, 1 - upper))
    high = 1.0 if x == n else float(betaincinv(x + 1, n - x, upper))
    return low, high


def wilson_finite(successes: int, n: int, population: int, *, confidence: float = 0.95) -> Interval:
    """Score interval for a group of known size: Wilson's with ``n_eff = n(N-1)/(N-n)``; a census gives (p, p).

    The variance of a draw without replacement, ``pq/n (N-n)/(N-1)``, in the place of pq/n.
    Raises: as `wilson`, and ValueError for n > population.
    """
    x, n, people = counts_within(successes, n, population)
    if n == people:
        return x / n, x / n
    return score_interval(x / n, n * (people - 1) / (people - n), normal_quantile(confidence))


def hypergeometric_bounds(successes: int, n: int, population: int, *, confidence: float = 0.95) -> tuple[int, int]:
    """Bounds on how many of the whole population are satisfied, known answers included.

    A number K is kept while both ``P(X >= x | K)`` and ``P(X <= x | K)`` exceed (1 - confidence)/2 (Konijn 1973, 4.4;
    Wright 1991). n = 0 leaves (0, population), a census gives (x, x). Raises: ValueError unless 0 <= successes <= n
    <= population, 0 < confidence < 1.
    """
    upper_probability(confidence)
    if n == 0 and successes == 0:
        return worst_best(0, 0, population)
    x, n, people = counts_within(successes, n, population)
    return _people_not_ruled_out(x, n, people, (1 - share(confidence, "confidence")) / 2)


@lru_cache(maxsize=65_536)
def _people_not_ruled_out(x: int, n: int, people: int, level: Fraction) -> tuple[int, int]:
    """P(X >= x | K) grows with K and P(X <= x | K) falls; looked for around the score interval."""
    silent = people - n
    low, high = wilson_finite(x, n, people, confidence=1 - 2 * float(level)) if silent else (0.0, 0.0)
    lower = _first(silent, ceil(low * people) - x, lambda more: not is_as_rare_as(level, x, x + more, n, people))
    upper = _first(
        silent,
        people - n + x - floor(high * people),
        lambda fewer: not is_as_rare_as(level, n - x, n - x + fewer, n, people),
    )
    return x + lower, x + silent - upper


def _first(stop: int, guess: int, holds: Callable[[int], bool]) -> int:
    """The smallest number below ``stop`` from which on something holds (``stop`` if it never does): in growing steps
    away from the guess, then by halving."""
    if stop == 0:
        return 0
    above = min(max(guess, 0), stop - 1)
    step = 1
    if holds(above):
        while above > 0 and holds(max(above - step, 0)):
            above = max(above - step, 0)
            step *= 4
        below = max(above - step, 0)
    else:
        below = above
        while above < stop - 1 and not holds(min(above + step, stop - 1)):
            below = above = min(above + step, stop - 1)
            step *= 4
        above = min(above + step, stop)
    return bisect_left(range(stop), True, below, above, key=holds)


def worst_best(successes: int, n: int, population: int) -> tuple[int, int]:
    """Satisfied people if everybody who did not answer were dissatisfied, and if they were satisfied.

    Raises: ValueError as `wilson_finite`; n = 0 is allowed.
    """
    if whole(n, "n") == whole(successes, "successes") == 0:
        return 0, whole(population, "population")
    x, n, people = counts_within(successes, n, population)
    return x, x + people - n


@dataclass(frozen=True, slots=True)
class Difference:
    difference: float
    """p1 - p2."""
    ci: Interval


def difference(x1: int, n1: int, x2: int, n2: int, *, confidence: float = 0.95) -> Difference:
    """p1 - p2 with the hybrid score interval (Newcombe 1998, Stat. Med. 17:873, method 10).

    ``d - sqrt((p1-l1)² + (u2-p2)²)`` to ``d + sqrt((u1-p1)² + (p2-l2)²)`` with Wilson's bounds l, u: 56/70 against
    48/80 gives .2000 [.0524, .3339]. For a change, pass the later year first. Raises: as `wilson`.
    """
    (x1, n1), (x2, n2) = counts(x1, n1), counts(x2, n2)
    (low1, high1), (low2, high2) = (wilson(x, n, confidence=confidence) for x, n in ((x1, n1), (x2, n2)))
    p1, p2 = x1 / n1, x2 / n2
    gap = p1 - p2
    down, up = sqrt((p1 - low1) ** 2 + (high2 - p2) ** 2), sqrt((high1 - p1) ** 2 + (p2 - low2) ** 2)
    return Difference(gap, (gap - down, gap + up))


def group_counts(x: ArrayLike, n: ArrayLike) -> tuple[Array, Array]:
    """Satisfied and scored answers of several groups, one of each per group.

    Raises: ValueError unless they are whole numbers with 0 <= x <= n.
    """
    counts, totals = np.asarray(x, float).ravel(), np.asarray(n, float).ravel()
    if counts.shape != totals.shape:
        raise ValueError(f"{counts.size} counts for {totals.size} totals")
    is_whole = (np.rint(counts) == counts) & (np.rint(totals) == totals) & np.isfinite(totals)
    if not (is_whole & (counts >= 0) & (counts <= totals)).all():
        raise ValueError("counts are whole numbers between 0 and their totals")
    return counts, totals
