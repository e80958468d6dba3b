"""Units beside each other, fairly: limits that widen where few answered, rates drawn towards the class, tiers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from analysis.arrays import Array, Interval
from analysis.distributions import binomial_two_sided, upper_probability
from analysis.errors import InsufficientData
from analysis.multiplicity import benjamini_hochberg
from analysis.proportion import group_counts

SMALLEST_PRIOR = 1e-6
FALSE_DISCOVERIES = 0.05


class Tier(StrEnum):
    ADVANCED = "advanced"
    MIDDLE = "middle"
    LAGGING = "lagging"
    NOT_DISTINGUISHABLE = "not_distinguishable"
    """差异不足以区分: no unit of the class stands apart from the others."""


@dataclass(frozen=True, slots=True)
class EmpiricalBayes:
    mu: float
    rho: float
    """Share of variance between units; not above 0 where they differ no more than by counting error."""
    shrunken: tuple[float, ...]
    intervals: tuple[Interval, ...]
    """95 % equal-tailed posterior intervals."""


def funnel_limits(n: ArrayLike, target: float, *, level: float = 0.95) -> tuple[Array, Array]:
    """Exact binomial control limits of a share around a target, interpolated to a smooth curve.

    ``r = qbinom(p, n, target)``, ``limit = (r - (F(r) - p)/f(r)) / n`` at p = (1 -/+ level)/2 (Spiegelhalter 2005,
    Statistics in Medicine 24:1185, appendix A.1.1). Limits may leave [0, 1]: nothing is clipped.

    Parameters: n, answers per unit. Raises: InsufficientData("empty") for a unit without answers; ValueError for n that
    are no whole numbers, or a target or level outside (0, 1).
    """
    from scipy.stats import binom

    upper_probability(level)
    _require_target(target)
    _, sizes = _counts(np.zeros_like(np.asarray(n, float)), n)

    def limit(probability: float) -> Array:
        rank = binom.ppf(probability, sizes, target)
        excess = (binom.cdf(rank, sizes, target) - probability) / binom.pmf(rank, sizes, target)
        return np.asarray((rank - excess) / sizes, float)

    return limit((1 - level) / 2), limit((1 + level) / 2)


def overdispersion(x: ArrayLike, n: ArrayLike, target: float) -> float:
    """How much more units vary than counting error explains: mean squared z after winsorising 10 % at either end.

    ``z = (x/n - target) / sqrt(target (1 - target) / n)`` (Spiegelhalter 2005, section 3.2). About 1 means not at all.
    Raises: as `funnel_limits`; ValueError unless 0 <= x <= n.
    """
    counts, sizes = _counts(x, n)
    _require_target(target)
    z = (counts / sizes - target) / np.sqrt(target * (1 - target) / sizes)
    lower, upper = np.quantile(z, [0.1, 0.9])
    return float((np.clip(z, lower, upper) ** 2).mean())


def beta_binomial(x: ArrayLike, n: ArrayLike) -> EmpiricalBayes:
    """Rates shrunk towards their mean by a beta prior fitted by moments.

    ``mu = sum x / sum n``, ``rho = [S - mu(1-mu) sum(1 - n/W)] / [mu(1-mu) (sum n(1 - n/W) - sum(1 - n/W))]`` with
    ``S = sum n (x/n - mu)²``, ``W = sum n``; ``M = 1/rho - 1``, shrunken ``(x + M mu)/(n + M)`` (Kleinman 1973, JASA
    68:46). Where rho <= 0 all units are given the common rate.

    Raises: InsufficientData("empty") for a unit without answers, ("too_few_rows") under two units or where all have a
    single answer, ("constant_item") if all or none are counted; ValueError unless 0 <= x <= n.
    """
    counts, sizes = _counts(x, n)
    if counts.size < 2:
        raise InsufficientData("too_few_rows", "a class needs two units")
    total = sizes.sum()
    mu = float(counts.sum() / total)
    chance = mu * (1 - mu)
    spare = float((sizes * (1 - sizes / total)).sum() - (1 - sizes / total).sum())
    if chance == 0 or spare <= 0:
        raise InsufficientData("constant_item" if chance == 0 else "too_few_rows")
    spread = float((sizes * (counts / sizes - mu) ** 2).sum())
    rho = (spread - chance * float((1 - sizes / total).sum())) / (chance * spare)
    if rho <= 0:
        return EmpiricalBayes(mu, rho, (mu,) * counts.size, ((mu, mu),) * counts.size)
    prior = max(1 / rho - 1, SMALLEST_PRIOR)
    return EmpiricalBayes(
        mu=mu,
        rho=rho,
        shrunken=tuple(map(float, (counts + prior * mu) / (sizes + prior))),
        intervals=_posterior_intervals(counts, sizes, mu, prior),
    )


def tiers(x: ArrayLike, n: ArrayLike) -> tuple[Tier, ...]:
    """Advanced, middle or lagging within a class of units, only where the data tell them apart.

    A unit is advanced (lagging) if its 95 % posterior interval lies wholly above (below) the class mean and its exact
    binomial test against that mean holds at a false discovery rate of 5 % (Benjamini and Hochberg 1995). If no unit
    is either, all are not distinguishable; else the others are middle. A class of one unit, or one where all agree,
    is not distinguishable. Raises: InsufficientData("empty") for a unit without answers; ValueError unless 0 <= x <= n.
    """
    counts, sizes = _counts(x, n)
    try:
        posterior = beta_binomial(counts, sizes)
    except InsufficientData:
        return (Tier.NOT_DISTINGUISHABLE,) * counts.size
    apart = _discoveries(counts, sizes, posterior.mu)
    found = [
        _tier(interval, posterior.mu) if differs else Tier.MIDDLE
        for interval, differs in zip(posterior.intervals, apart, strict=True)
    ]
    if all(tier is Tier.MIDDLE for tier in found):
        return (Tier.NOT_DISTINGUISHABLE,) * counts.size
    return tuple(found)


def _tier(interval: Interval, mean: float) -> Tier:
    if interval[0] > mean:
        return Tier.ADVANCED
    return Tier.LAGGING if interval[1] < mean else Tier.MIDDLE


def _discoveries(counts: Array, sizes: Array, mean: float) -> list[bool]:
    p = binomial_two_sided(counts, sizes, mean)
    return [q is not None and q <= FALSE_DISCOVERIES for q in benjamini_hochberg(p.tolist())]


def _posterior_intervals(counts: Array, sizes: Array, mu: float, prior: float) -> tuple[Interval, ...]:
    from scipy.special import betaincinv

    alpha, beta = counts + prior * mu, sizes - counts + prior * (1 - mu)
    lower, upper = betaincinv(alpha, beta, 0.025), betaincinv(alpha, beta, 0.975)
    return tuple(zip(map(float, lower), map(float, upper), strict=True))


def _require_target(target: float) -> None:
    if not 0 < target < 1:
        raise ValueError(f"a target lies between 0 and 1, not {target}")


def _counts(x: ArrayLike, n: ArrayLike) -> tuple[Array, Array]:
    counts, sizes = group_counts(x, n)
    if counts.size == 0 or (sizes == 0).any():
        raise InsufficientData("empty", "every unit needs answers")
    return counts, sizes
