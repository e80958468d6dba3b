"""What a survey says item by item and dimension by dimension, with exact figures; hiding is `disclosure`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.counted import Counted
from analysis.dataset import NOT_ANSWERED
from analysis.errors import InsufficientData
from analysis.mean import finite_mean
from analysis.proportion import hypergeometric_bounds, wilson, wilson_finite, worst_best
from analysis.recommendation import PASSIVES_FROM, NetPromoter, net_promoter
from analysis.scoring import index, is_satisfied, keyed_level, levels_best_first, mean_and_sd, share_values
from analysis.tables import DimensionCounts
from analysis.tree import Detail, DimensionResult, Hidden, ItemResult, LevelCount, Rate, ReliabilityResult
from analysis.types import Roster
from instruments.model import DONT_KNOW, NOT_APPLICABLE, Instrument, Item, ItemType


def item_results(survey: Counted, roster: Roster, limits: Mapping[str, Detail | Hidden]) -> tuple[ItemResult, ...]:
    """One result per scored item in questionnaire order; ``detail`` is what the unit tree allows at most."""
    return tuple(
        item_result(survey.instrument, item, survey.counts(item.code), roster, limit=limits.get(item.code))
        for item in survey.instrument.scored_items
    )


def item_result(
    instrument: Instrument,
    item: Item,
    counts: Mapping[int, int],
    roster: Roster,
    *,
    limit: Detail | Hidden | None = None,
) -> ItemResult:
    """One item from its counts per code, those who did not answer included."""
    scale = instrument.scale_of(item)
    levels = tuple(
        LevelCount((code,), counts[code], is_satisfied(instrument, item, code))
        for code in levels_best_first(instrument, item)
    )
    n = sum(level.count for level in levels)
    dont_know, not_applicable = counts[DONT_KNOW], counts[NOT_APPLICABLE]
    offered = DONT_KNOW in {unscored.code for unscored in scale.unscored}
    satisfied = sum(level.count for level in levels if level.satisfied)
    mean, sd = _mean_and_sd(instrument, item, levels)
    population = population_of(item, roster, dont_know + not_applicable)
    return ItemResult(
        code=item.code,
        dimension=item.dimension,
        role=item.role.value if item.role else None,
        detail=limit if isinstance(limit, Detail) else Detail.FULL,
        rate=rate_of(satisfied, n, population) if n else Hidden.TOO_FEW,
        levels=levels,
        dont_know=dont_know,
        not_applicable=not_applicable,
        skipped=counts[NOT_ANSWERED],
        awareness=n / (n + dont_know) if offered and n + dont_know else None,
        mean=mean,
        sd=sd,
        index=mean if isinstance(mean, Hidden) else index(mean, scale.low, scale.high),
        recommendation=_recommendation(instrument, item, levels, population),
    )


def _recommendation(
    instrument: Instrument, item: Item, levels: Sequence[LevelCount], population: int | None
) -> NetPromoter | Hidden | None:
    if item.type is not ItemType.RECOMMEND:
        return None
    n = sum(level.count for level in levels)
    if not n:
        return Hidden.TOO_FEW
    promoters = sum(level.count for level in levels if level.satisfied)
    others = (level for level in levels if keyed_level(instrument, item, level.codes[0]) < PASSIVES_FROM)
    known = population if population is not None and population >= n else None
    return net_promoter(promoters, sum(level.count for level in others), n, known)


def _mean_and_sd(
    instrument: Instrument, item: Item, levels: Sequence[LevelCount]
) -> tuple[float | Hidden, float | Hidden | None]:
    if not any(level.count for level in levels):
        return Hidden.TOO_FEW, Hidden.TOO_FEW
    values = [keyed_level(instrument, item, level.codes[0]) for level in levels]
    return mean_and_sd(values, [level.count for level in levels])


def rate_of(satisfied: int, n: int, population: int | None) -> Rate:
    """A rate with its intervals; those of people only where the population is known and not smaller than n."""
    if population is None or population < n:
        return Rate(satisfied, n, interval=wilson(satisfied, n))
    return Rate(
        satisfied,
        n,
        population=population,
        interval=wilson_finite(satisfied, n, population),
        people=hypergeometric_bounds(satisfied, n, population, confidence=0.90),
        worst_best=worst_best(satisfied, n, population),
    )


def population_of(item: Item | None, roster: Roster, without_opinion: int = 0) -> int | None:
    """People an item is asked of: eligible less those who returned it with 不了解 or 不适用.

    None where nobody can know: an item behind a condition, an open link, or a roster that cannot hold the returns.
    """
    if not roster.verified or roster.eligible is None or roster.eligible < roster.valid:
        return None
    if item is not None and item.visible_if is not None:
        return None
    return roster.eligible - without_opinion


def dimension_results(
    survey: Counted, items: Sequence[ItemResult], roster: Roster, reliability: Mapping[str, ReliabilityResult]
) -> tuple[DimensionResult, ...]:
    """One result per dimension that has scored items, in the order of the questionnaire."""
    return tuple(
        _dimension_result(
            survey.instrument,
            code,
            counts,
            [item for item in items if item.dimension == code],
            roster,
            reliability[code],
        )
        for code, counts in survey.view.dimensions.items()
    )


def _dimension_result(  # noqa: PLR0917
    instrument: Instrument,
    code: str,
    counts: DimensionCounts,
    members: Sequence[ItemResult],
    roster: Roster,
    reliability: ReliabilityResult,
) -> DimensionResult:
    rates = [item.rate.value for item in members if isinstance(item.rate, Rate)]
    indices = [item.index for item in members if not isinstance(item.index, Hidden)]
    if not rates:
        return DimensionResult(code, counts.items, 0, Hidden.TOO_FEW, None, Hidden.TOO_FEW, reliability)
    rate = sum(rates) / len(rates)
    shares, people = share_values(counts.people[0])
    return DimensionResult(
        code=code,
        items=counts.items,
        n=int(people.sum()),
        rate=rate,
        interval=_interval_around(rate, shares, people, dimension_population(instrument, counts, roster)),
        index=sum(indices) / len(indices),
        reliability=reliability,
    )


def dimension_population(instrument: Instrument, counts: DimensionCounts, roster: Roster) -> int | None:
    """People a dimension is asked of: eligible less those who returned no opinion on any of its items."""
    if any(instrument.by_code[code].visible_if is not None for code in counts.items):
        return None
    return population_of(None, roster, int(counts.without_opinion[0]))


def _interval_around(
    rate: float, shares: NDArray[np.float64], people: NDArray[np.int64], population: int | None
) -> tuple[float, float] | None:
    """The 95 % interval of people's mean share of satisfied answers, laid around the rate; None where it has none.

    The two centres differ only by skipped answers. None too where all shares are equal and not everybody answered: the
    t interval would have no width.
    """
    n = int(people.sum())
    if population is not None and population < n:
        population = None
    if n != population and np.unique(shares).size == 1:
        return None
    try:
        found = finite_mean(shares, population, times=people)
    except InsufficientData:
        return None
    if found.ci is None:
        return None
    return rate + (found.ci[0] - found.mean), rate + (found.ci[1] - found.mean)
