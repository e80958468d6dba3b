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
        return MannWhitney(twice_u / 2, _exact_p(tuple(pooled[pooled > 0].tolist()), n, twice_u - m * n), "exact")
    N = m + n
    variance = m * n / 12 * (N + 1 - float((pooled.astype(float) ** 3 - pooled).sum()) / (N * (N - 1)))
    p = 1.0 if variance <= 0 else two_sided_normal((twice_u - m * n) / 2 / sqrt(variance))
    return MannWhitney(twice_u / 2, p, "asymptotic")


def _exact_p(ties: tuple[int, ...], n: int, twice_deviation: int) -> float:
    ways, middle = _rank_sums(ties, n)
    far = np.abs(np.arange(ways.size) - middle) >= abs(twice_deviation)
    return float(ways[far].sum() / ways.sum())


@lru_cache(maxsize=512)
def _rank_sums(ties: tuple[int, ...], n: int) -> tuple[Counts, int]:
    """Ways to draw n of the pooled answers by twice their rank sum, and twice its expectation. At most C(60, 30)."""
    total = sum(ties)
    ways = np.zeros((n + 1, total * (total + 1) + 1), np.int64)
    ways[0, 0] = 1
    below = 0
    for tied in ties:
        twice_rank = 2 * below + tied + 1
        known = ways[: min(n, below) + 1, : below * (below + 1) + 1].copy()
        for drawn in range(1, min(tied, n) + 1):
            part = known[: n + 1 - drawn]
            shift = drawn * twice_rank
            ways[drawn : drawn + part.shape[0], shift : shift + part.shape[1]] += comb(tied, drawn) * part
        below += tied
    return ways[n], n * (total + 1)


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
