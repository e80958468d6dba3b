"""Two groups of answers compared by their order alone: Mann-Whitney's test and Cliff's delta, from counts per level."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import comb, sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.arrays import Interval
from analysis.distributions import normal_quantile, two_sided_normal

Counts = NDArray[np.int64]
EXACT_UP_TO = 60


@dataclass(frozen=True, slots=True)
class MannWhitney:
    u: float
    """Pairs in which the later answer is the higher, and half of those in which they are equal."""
    p: float
    method: Literal["exact", "asymptotic"]


def mann_whitney(earlier: Counts, later: Counts) -> MannWhitney:
    """Wilcoxon-Mann-Whitney test from answers per level, low to high.

    Up to 60 answers exactly: the share of all divisions of the pooled answers, ties included, that lie as far from the
    middle (R ``coin::wilcox_test(distribution="exact")``). Above, normal with ties corrected and no continuity
    correction (R ``wilcox.test(exact=FALSE, correct=FALSE)``). All answers equal: p = 1.
    """
    m, n, pooled = int(earlier.sum()), int(later.sum()), earlier + later
    below = np.concatenate([[0], np.cumsum(earlier)[:-1]])
    twice_u = int((later * (2 * below + earlier)).sum())
    if m + n <= EXACT_UP_TO:
        p = _exact_p(tuple(pooled[pooled > 0].tolist()), min(m, n), twice_u - m * n)
        return MannWhitney(twice_u / 2, p, "exact")
    N = m + n
    variance = m * n / 12 * (N + 1 - float((pooled.astype(float) ** 3 - pooled).sum()) / (N * (N - 1)))
    p = 1.0 if variance <= 0 else two_sided_normal((twice_u - m * n) / 2 / sqrt(variance))
    return MannWhitney(twice_u / 2, p, "asymptotic")


def _exact_p(ties: tuple[int, ...], n: int, twice_deviation: int) -> float:
    ways, deviations = _divisions(ties, n)
    return float(ways[np.abs(deviations) >= abs(twice_deviation)].sum() / ways.sum())


@lru_cache(maxsize=512)
def _divisions(ties: tuple[int, ...], n: int) -> tuple[Counts, Counts]:
    """Ways to draw n of the pooled answers, by how far twice their rank sum lies from its expectation.

    One level after the other: ``ways[d, s]`` of drawing d answers with scores (ranks from the lowest on, without their
    common divisor) that sum to s; only the d from which n can still be reached. At most C(60, 30) in all.
    """
    total = sum(ties)
    twice_ranks = 2 * np.cumsum(ties) - np.array(ties) + 1
    unit = int(np.gcd.reduce(twice_ranks - twice_ranks[0])) or 1
    ways, below = np.ones((1, 1), np.int64), 0
    for tied, score in zip(ties, ((twice_ranks - twice_ranks[0]) // unit).tolist(), strict=True):
        fewest, most = max(0, n - (total - below - tied)), min(n, below + tied)
        largest = min(n * score, ways.shape[1] - 1 + tied * score)
        grown = np.zeros((most + 1, largest + 1), np.int64)
        for drawn in range(min(tied, n) + 1):
            known = ways[max(0, fewest - drawn) : n - drawn + 1, : largest + 1 - drawn * score]
            row, column = max(fewest, drawn), drawn * score
            grown[row : row + known.shape[0], column : column + known.shape[1]] += comb(tied, drawn) * known
        ways, below = grown, below + tied
    lowest = n * (int(twice_ranks[0]) - total - 1)
    return ways[n], lowest + unit * np.arange(ways.shape[1])


@dataclass(frozen=True, slots=True)
class CliffsDelta:
    value: float
    ci: Interval | None
    """None for a single answer in a year, and where every later answer is above (below) every earlier one."""


def cliffs_delta(earlier: Counts, later: Counts, *, confidence: float = 0.95) -> CliffsDelta:
    """P(later > earlier) - P(later < earlier), with the asymmetric interval of its unbiased variance.

    ``(d - d³ -/+ z s sqrt((1 - d²)² + z² s²)) / (1 - d² + z² s²)`` (Cliff 1996, Ordinal Methods, 5.15; Feng and Cliff
    2004), z the normal quantile.
    """
    m, n = int(earlier.sum()), int(later.sum())
    order = np.sign(np.subtract.outer(np.arange(later.size), np.arange(earlier.size)))
    above = order @ earlier / m
    below = later @ order / n
    delta = float(later @ above) / n
    if m < 2 or n < 2:
        return CliffsDelta(delta, None)
    spread_later = m**2 * float(later @ (above - delta) ** 2)
    spread_earlier = n**2 * float(earlier @ (below - delta) ** 2)
    spread_pairs = float((np.outer(later, earlier) * (order - delta) ** 2).sum())
    variance = max(0.0, (spread_later + spread_earlier - spread_pairs) / (m * n * (m - 1) * (n - 1)))
    z = normal_quantile(confidence)
    base = 1 - delta**2 + z**2 * variance
    if base <= 1e-15:
        return CliffsDelta(delta, None)
    half = z * sqrt(variance) * sqrt((1 - delta**2) ** 2 + z**2 * variance)
    return CliffsDelta(delta, ((delta - delta**3 - half) / base, (delta - delta**3 + half) / base))
