"""Recommendation from 0 to 10: the net promoter score with its interval."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from analysis.arrays import Interval, counts_within, whole
from analysis.distributions import normal_quantile

PASSIVES_FROM = 7
"""Promoters say 9 or 10, the satisfied levels of their scale; below 7 are detractors (Reichheld 2003)."""
PASSIVES_FROM_SHARE = 0.7
"""The same as a share of the way from the worst level to the best."""
_CLOSE = 1e-12


@dataclass(frozen=True, slots=True)
class NetPromoter:
    """``score`` and ``interval`` (95 %) are differences of shares, from -1 to 1."""

    score: float
    promoters: int
    detractors: int
    n: int
    interval: Interval


def net_promoter(
    promoters: int, detractors: int, n: int, population: int | None = None, *, confidence: float = 0.95
) -> NetPromoter:
    """``promoters/n - detractors/n`` with the score interval of the difference of two shares of one trinomial.

    Keeps every d with ``|p - q - d| <= z sqrt((p_d + q_d - d^2) / n)``, where p_d and q_d are the likeliest shares
    whose difference is d (Tango 1998, Stat. Med. 17:891; among the best for this score in Rocks 2016, Am. Stat.
    70:365). Agrees with R ``PropCIs::scoreci.mp(detractors, promoters, n, 0.95)``. In a group of known size n counts
    as ``n(N-1)/(N-n)``, as in `proportion.wilson_finite`; a census has no width.

    Parameters: counts of people. Raises: InsufficientData("empty") for n = 0; ValueError for counts that cannot be.
    """
    people = n if population is None else population
    p_count, q_count = whole(promoters, "promoters"), whole(detractors, "detractors")
    _, n, people = counts_within(p_count + q_count, n, people)
    p, q = p_count / n, q_count / n
    score = (p_count - q_count) / n
    z = normal_quantile(confidence)
    if population is not None and n == people:
        return NetPromoter(score, p_count, q_count, n, (score, score))
    effective = n if population is None else n * (people - 1) / (people - n)

    def end(outside: float) -> float:
        """Between the score, which is always kept, and an end of the scale, by halving."""
        inside = score
        while abs(outside - inside) > _CLOSE:
            middle = (inside + outside) / 2
            if effective * (score - middle) ** 2 <= z**2 * _variance(p, q, middle):
                inside = middle
            else:
                outside = middle
        return inside

    return NetPromoter(score, p_count, q_count, n, (end(-1.0), end(1.0)))


def _variance(p: float, q: float, d: float) -> float:
    """Of one answer (1, 0 or -1) at the likeliest shares whose difference is ``d``: ``2 q_d + d (1 - d)``."""
    b = (2 - p + q) * d - p - q
    likeliest = (sqrt(max(b * b + 8 * q * d * (1 - d), 0.0)) - b) / 4
    return 2 * likeliest + d * (1 - d)
