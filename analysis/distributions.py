"""Tails and quantiles of the distributions that tests need. From scipy.special: scipy.stats takes a second to load.

Hypergeometric tails are compared exactly with a level, because with few people ties are common: one of twenty is .05.
"""

from __future__ import annotations

from bisect import bisect_left
from fractions import Fraction
from math import comb, lgamma, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, fdtrc, fdtri, gammaincc, gammaln, ndtr, ndtri, stdtrit, xlogy

Array = NDArray[np.float64]
EXACT_UP_TO = 20_000
"""People up to whom a near tie is settled in whole numbers; above, a tail has 1e-9 relative accuracy."""
_NEAR = 1e-7
_ALL_UP_TO = 1_000
_LOG_OF_NOTHING = -745.0


def normal_quantile(confidence: float) -> float:
    """z of a two-sided interval: 1.96 for .95. Raises ValueError outside (0, 1)."""
    return float(ndtri(upper_probability(confidence)))


def t_quantile(confidence: float, df: float) -> float:
    """t of a two-sided interval."""
    return float(stdtrit(df, upper_probability(confidence)))


def upper_probability(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence lies between 0 and 1, not {confidence}")
    return 0.5 + confidence / 2


def two_sided_normal(z: float) -> float:
    return float(2 * ndtr(-abs(z)))


def two_sided_t(t: float, df: float) -> float:
    return float(betainc(df / 2, 0.5, df / (df + t * t)))


def t_above(t: float, df: float) -> float:
    """P(T >= t)."""
    half = two_sided_t(t, df) / 2
    return half if t >= 0 else 1 - half


def chi_square_above(chi2: float, df: float) -> float:
    return float(gammaincc(df / 2, max(chi2, 0.0) / 2))


def f_above(f: float, df1: float, df2: float) -> float:
    return float(fdtrc(df1, df2, f))


def f_quantile(probability: float, df1: float, df2: float) -> float:
    return float(fdtri(df1, df2, probability))


def hypergeometric(satisfied: int, n: int, population: int) -> tuple[int, Array]:
    """Smallest possible x, and the probabilities of x, x + 1, ... satisfied among n drawn without replacement.

    Built from ratios of neighbours and scaled to sum to one: no large factorials, no loss for many people. Of many
    possible x only those with probabilities that a float can hold.
    """
    first, last = max(0, n - (population - satisfied)), min(n, satisfied)
    if last - first > _ALL_UP_TO:
        first, last = _likely(first, last, satisfied, n, population)
    x = np.arange(first, last, dtype=float)
    ratio = np.log(satisfied - x) + np.log(n - x) - np.log(x + 1) - np.log(population - satisfied - n + x + 1)
    logs = np.concatenate([[0.0], np.cumsum(ratio)])
    weights = np.exp(logs - logs.max())
    return first, weights / weights.sum()


def _likely(first: int, last: int, satisfied: int, n: int, population: int) -> tuple[int, int]:
    """The x that are no less likely than e^-745 times the likeliest: probabilities rise up to it and fall from it."""

    def log_ways(x: int) -> float:
        return -sum(map(lgamma, (x + 1, satisfied - x + 1, n - x + 1, population - satisfied - n + x + 1)))

    mode = (satisfied + 1) * (n + 1) // (population + 2)
    least = log_ways(mode) + _LOG_OF_NOTHING
    rises = bisect_left(range(first, mode), True, key=lambda x: log_ways(x) >= least)
    falls = bisect_left(range(mode, last), True, key=lambda x: log_ways(x + 1) < least)
    return first + rises, mode + falls


def at_least(x: int, satisfied: int, n: int, population: int) -> float:
    """P(X >= x)."""
    first, probabilities = hypergeometric(satisfied, n, population)
    if x <= first:
        return 1.0
    return float(probabilities[x - first :].sum())


def at_most(x: int, satisfied: int, n: int, population: int) -> float:
    """P(X <= x)."""
    return at_least(n - x, population - satisfied, n, population)


def is_as_rare_as(level: Fraction, x: int, satisfied: int, n: int, population: int) -> bool:
    """P(X >= x) <= level; in whole numbers where floats could not tell."""
    tail = at_least(x, satisfied, n, population)
    if abs(tail - level) > _NEAR * level or population > EXACT_UP_TO:
        return tail <= level
    return _ways_at_least(x, satisfied, n, population) <= level * comb(population, n)


def _ways_at_least(x: int, satisfied: int, n: int, population: int) -> int:
    others = population - satisfied
    start = max(x, n - others)
    ways = comb(satisfied, start) * comb(others, n - start) if start <= min(n, satisfied) else 0
    total = 0
    for drawn in range(start, min(n, satisfied) + 1):
        total += ways
        ways = ways * (satisfied - drawn) * (n - drawn) // ((drawn + 1) * (others - n + drawn + 1))
    return total


def fisher_two_sided(x1: int, n1: int, x2: int, n2: int) -> float:
    """Fisher's exact test of two shares: all tables no likelier than this one, as R ``fisher.test``."""
    first, probabilities = hypergeometric(x1 + x2, n1, n1 + n2)
    if not first <= x1 < first + probabilities.size:
        return 0.0
    here = probabilities[x1 - first]
    return min(1.0, float(probabilities[probabilities <= here * (1 + 1e-7)].sum()))


def binomial_two_sided(x: Array, n: Array, probability: float) -> Array:
    """Exact test of each x of n against one probability: all outcomes no likelier than x, as R ``binom.test``.

    Taken from the side of the mean that x lies on; how far the other tail reaches is found by halving.
    """
    mirrored = x < n * probability
    above, p = np.where(mirrored, n - x, x), np.where(mirrored, 1 - probability, probability)

    def log_weight(k: Array) -> Array:
        return np.asarray(xlogy(k, p) + xlogy(n - k, 1 - p) - gammaln(k + 1) - gammaln(n - k + 1))

    limit = log_weight(above) + 1e-7
    low, high = np.full(n.shape, -1.0), np.floor(n * p)
    while (low < high).any():
        middle = np.ceil((low + high) / 2)
        is_no_likelier = log_weight(middle) <= limit
        low, high = np.where(is_no_likelier, middle, low), np.where(is_no_likelier, high, middle - 1)
    other_tail = np.where(low >= 0, betainc(n - low, np.maximum(low, 0) + 1, 1 - p), 0.0)
    return np.minimum(1.0, betainc(np.maximum(above, 1), n - above + 1, p) + other_tail)


def standard_error_of_mean(sd: float, n: int, population: int | None) -> float:
    """``sd sqrt((1 - n/N) / n)``; N unknown or without limit: no correction."""
    rest = 1.0 if population is None else 1 - n / population
    return sd * sqrt(rest / n)
