"""Branches beside each other by their overall rate, of those alone whose exact number is printed.

The figures themselves are `benchmark`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt

from analysis.benchmark import beta_binomial, funnel_limits, overdispersion, tiers
from analysis.counted import Counted
from analysis.errors import InsufficientData
from analysis.limits import item_limits
from analysis.pattern import Tally, is_exact
from analysis.strata import tallies_of
from analysis.tree import Benchmark, BenchmarkRow, Comparable, Detail

FEWEST_UNITS = 5


def benchmark_of(survey: Counted, overall: str | None, threshold: int) -> Benchmark | None:
    """Branches, at any depth below the unit, whose own reports print their exact overall rate; at least five.

    A branch is a unit without units below it (`Manifest.branches`): committees of different size and depth are no
    class. The target is the rate of all of them together. Funnel limits are widened around it by ``sqrt(max(1, phi))``,
    phi being the overdispersion (Spiegelhalter 2005); they may leave [0, 1]. Shrunken rates, intervals and tiers are
    those of the class that these branches make. None where all answer alike, everybody satisfied or nobody.
    """
    found = {} if overall is None else _exact_branches(survey, overall, threshold)
    if overall is None or len(found) < FEWEST_UNITS:
        return None
    return _benchmark(overall, survey.manifest.names_apart(tuple(found)), found)


def comparable_of(survey: Counted, overall: str | None, threshold: int) -> Comparable | None:
    """How many branches there are below, and how many of them `benchmark_of` may compare."""
    branches = survey.manifest.branches(survey.unit)
    if overall is None or not branches:
        return None
    return Comparable(len(branches), len(_exact_branches(survey, overall, threshold)))


def _exact_branches(survey: Counted, overall: str, threshold: int) -> dict[str, Tally]:
    own, limit = tallies_of(survey, overall), item_limits(survey.whole, threshold)[overall]
    return {
        unit: own[unit]
        for unit in survey.manifest.branches(survey.unit)
        if isinstance(limit[unit], Detail) and is_exact(*own[unit])
    }


def _benchmark(overall: str, names: Mapping[str, str], tallies: Mapping[str, Tally]) -> Benchmark | None:
    n, satisfied = [tally[0] for tally in tallies.values()], [tally[1] for tally in tallies.values()]
    try:
        posterior = beta_binomial(satisfied, n)
    except InsufficientData:
        return None
    target = sum(satisfied) / sum(n)
    dispersion = overdispersion(satisfied, n, target)
    lower, upper = _widened(n, target, dispersion)
    columns = (
        tallies,
        (names[unit] for unit in tallies),
        satisfied,
        n,
        lower,
        upper,
        posterior.shrunken,
        posterior.intervals,
        (tier.value for tier in tiers(satisfied, n)),
    )
    return Benchmark(
        item=overall,
        target=target,
        overdispersion=dispersion,
        rows=tuple(BenchmarkRow(*row) for row in zip(*columns, strict=True)),
    )


def _widened(n: Sequence[int], target: float, dispersion: float) -> tuple[list[float], list[float]]:
    width = sqrt(max(1.0, dispersion))
    lower, upper = (target + (limit - target) * width for limit in funnel_limits(n, target))
    return lower.tolist(), upper.tolist()


def limit_curve(found: Benchmark, sizes: Sequence[int]) -> tuple[tuple[int, float, float], ...]:
    """The funnel between the units: (n, lower, upper) at other numbers of answers, from the same target and width."""
    lower, upper = _widened(sizes, found.target, found.overdispersion)
    return tuple(zip(sizes, lower, upper, strict=True))
