"""Sub-units beside each other by their overall rate, of those alone whose exact number is printed.

The figures themselves are `benchmark`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from analysis.benchmark import beta_binomial, funnel_limits, overdispersion, tiers
from analysis.counted import Counted
from analysis.errors import InsufficientData
from analysis.pattern import is_exact, subtree_totals
from analysis.strata import tallies_of
from analysis.tree import Benchmark, BenchmarkRow, Detail, Limits, Rate, UnitRow

FEWEST_UNITS = 5


def benchmark_of(survey: Counted, overall: str | None, limits: Limits) -> Benchmark | None:
    """Direct sub-units that show their exact overall rate, at least five, in the order of the manifest.

    The target is the rate of all of them together. Funnel limits are widened around it by ``sqrt(max(1, phi))``, phi
    being the overdispersion (Spiegelhalter 2005); they may leave [0, 1]. Shrunken rates, intervals and tiers are those
    of the class that these units make. None where all answer alike, everybody satisfied or nobody.
    """
    if overall is None:
        return None
    parents, own = survey.manifest.parents, tallies_of(survey, overall)
    totals = subtree_totals(own, {unit: parents[unit] if unit != survey.unit else None for unit in own})
    units = [unit for unit, limit in limits.rows.items() if isinstance(limit, Detail) and is_exact(*totals[unit])]
    if len(units) < FEWEST_UNITS:
        return None
    return _benchmark(overall, units, [totals[unit][1] for unit in units], [totals[unit][0] for unit in units])


def _benchmark(overall: str, units: Sequence[str], satisfied: Sequence[int], n: Sequence[int]) -> Benchmark | None:
    try:
        posterior = beta_binomial(satisfied, n)
    except InsufficientData:
        return None
    target = sum(satisfied) / sum(n)
    dispersion = overdispersion(satisfied, n, target)
    lower, upper = _widened(n, target, dispersion)
    columns = (
        units,
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


def shown_benchmark(found: Benchmark | None, rows: Sequence[UnitRow]) -> Benchmark | None:
    """The benchmark, if each of its numbers stands exactly in the sub-units ``rows`` of the Report; else nothing of it.

    A stricter threshold than the result's hides rows, and target, limits and tiers were made of all of them.
    """
    shown = {
        row.unit: (row.overall.satisfied, row.overall.n)
        for row in rows
        if isinstance(row.overall, Rate) and row.overall.bound == "exact"
    }
    if found is None or any(shown.get(row.unit) != (row.satisfied, row.n) for row in found.rows):
        return None
    return found
