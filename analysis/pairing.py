"""Who could learn from whom: in a dimension, a unit ahead of the others beside one behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from analysis.benchmark import Tier, tiers
from analysis.counted import Counted
from analysis.limits import item_limits
from analysis.pattern import FULL_FROM, Tally, limits, subtree_totals
from analysis.scales import dimensions_of
from analysis.tabulation import mostly_satisfied
from analysis.tree import Detail, Pairing

MOST_VISITS = 2
"""How often the same unit ahead is suggested."""
FEWEST_UNITS = 5


def pairings_of(survey: Counted, threshold: int) -> tuple[Pairing, ...]:
    """Pairs of branches, at any depth below, per dimension: the farthest behind with the farthest ahead, and so on.

    Ahead and behind are `benchmark.tiers` of the people found satisfied in the dimension, that is with more than half
    of what they answered in it. Only units count of whom 30 people answered in the dimension and whose own reports show
    every item of it in full, at least five of them; a unit ahead is suggested twice in a dimension at most. Names only:
    the numbers behind them stand in no report.
    """
    return tuple(
        pairing for dimension in dimensions_of(survey.instrument) for pairing in _pairs(survey, dimension, threshold)
    )


def _pairs(survey: Counted, dimension: str, threshold: int) -> Iterator[Pairing]:
    tallies = _shown_tallies(survey.whole, dimension, threshold)
    units = [unit for unit in survey.manifest.branches(survey.unit) if unit in tallies]
    if len(units) < FEWEST_UNITS:
        return
    found = tiers([tallies[unit][1] for unit in units], [tallies[unit][0] for unit in units])
    rates = {unit: tallies[unit][1] / tallies[unit][0] for unit in units}
    ahead = sorted((u for u, tier in zip(units, found, strict=True) if tier is Tier.ADVANCED), key=lambda u: -rates[u])
    behind = sorted((u for u, tier in zip(units, found, strict=True) if tier is Tier.LAGGING), key=lambda u: rates[u])
    names = survey.manifest.names_apart(units)
    for strong, weak in zip(ahead * MOST_VISITS, behind, strict=False):
        yield Pairing(dimension, strong, names[strong], weak, names[weak])


@lru_cache(maxsize=64)
def _shown_tallies(whole: Counted, dimension: str, threshold: int) -> Mapping[str, Tally]:
    """Of units with their subtree: people who answered in the dimension, and those found satisfied in it."""
    manifest, counts = whole.manifest, whole.tables.dimensions[dimension]
    answered, satisfied = counts.people[:, 1:].sum(axis=(1, 2)), mostly_satisfied(counts.people)
    own = dict(zip(whole.tables.groups, zip(answered.tolist(), satisfied.tolist(), strict=True), strict=True))
    allowed = limits(own, manifest.parents, manifest.hidden_units, threshold)
    items = [item_limits(whole, threshold)[code] for code in counts.items]
    return {
        unit: tally
        for unit, tally in subtree_totals(own, manifest.parents).items()
        if tally[0] >= FULL_FROM and allowed[unit] is Detail.FULL and all(limit[unit] is Detail.FULL for limit in items)
    }
