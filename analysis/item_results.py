"""What a survey says item by item and dimension by dimension, with exact figures; hiding is `disclosure`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analysis.dataset import NOT_ANSWERED, SealedDataset
from analysis.errors import InsufficientData
from analysis.limits import unit_tables
from analysis.mean import finite_mean
from analysis.proportion import hypergeometric_bounds, wilson, wilson_finite, worst_best
from analysis.scoring import index, is_satisfied, keyed_level, levels_best_first, mean_and_sd, shares
from analysis.tables import Tables
from analysis.tree import Detail, DimensionResult, Hidden, ItemResult, LevelCount, Rate, ReliabilityResult
from analysis.types import Roster
from instruments.model import DONT_KNOW, NOT_APPLICABLE, Instrument, Item


def tables_of(dataset: SealedDataset) -> Tables:
    """Counts of a view: those of its units added."""
    return unit_tables(dataset.whole).of(dataset.manifest.subtree(dataset.unit))


def item_results(
    dataset: SealedDataset, roster: Roster, limits: Mapping[str, Detail | Hidden]
) -> tuple[ItemResult, ...]:
    """One result per scored item in questionnaire order; ``detail`` is what the unit tree allows at most."""
    tables = tables_of(dataset)
    return tuple(
        item_result(dataset.instrument, item, tables.counts(item.code), roster, limit=limits.get(item.code))
        for item in dataset.instrument.scored_items
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
    return ItemResult(
        code=item.code,
        dimension=item.dimension,
        role=item.role.value if item.role else None,
        detail=limit if isinstance(limit, Detail) else Detail.FULL,
        rate=rate_of(satisfied, n, population_of(item, roster, dont_know + not_applicable)) if n else Hidden.TOO_FEW,
        levels=levels,
        dont_know=dont_know,
        not_applicable=not_applicable,
        skipped=counts[NOT_ANSWERED],
        awareness=n / (n + dont_know) if offered and n + dont_know else None,
        mean=mean,
        sd=sd,
        index=mean if isinstance(mean, Hidden) else index(mean, scale.low, scale.high),
    )


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
    dataset: SealedDataset, items: Sequence[ItemResult], roster: Roster, reliability: Mapping[str, ReliabilityResult]
) -> tuple[DimensionResult, ...]:
    """One result per dimension that has scored items, in the order of the questionnaire."""
    return tuple(
        _dimension_result(dataset, dimension.code, members, roster, reliability[dimension.code])
        for dimension in dataset.instrument.dimensions
        if (members := [item for item in items if item.dimension == dimension.code])
    )


def _dimension_result(
    dataset: SealedDataset,
    code: str,
    members: Sequence[ItemResult],
    roster: Roster,
    reliability: ReliabilityResult,
) -> DimensionResult:
    codes = tuple(item.code for item in members)
    people = shares(dataset, codes)
    rates = [item.rate.value for item in members if isinstance(item.rate, Rate)]
    indices = [item.index for item in members if not isinstance(item.index, Hidden)]
    if not rates:
        return DimensionResult(code, codes, 0, Hidden.TOO_FEW, None, Hidden.TOO_FEW, reliability)
    rate = sum(rates) / len(rates)
    return DimensionResult(
        code=code,
        items=codes,
        n=int(people.size),
        rate=rate,
        interval=_interval_around(rate, people.tolist(), dimension_population(dataset, codes, roster)),
        index=sum(indices) / len(indices),
        reliability=reliability,
    )


def dimension_population(dataset: SealedDataset, codes: Sequence[str], roster: Roster) -> int | None:
    """People a dimension is asked of: eligible less those who returned no opinion on any of its items."""
    items = [dataset.instrument.by_code[code] for code in codes]
    if any(item.visible_if is not None for item in items):
        return None
    columns = [dataset.column(code) for code in codes]
    answered = sum((column >= 0).astype(int) for column in columns) > 0
    opinionless = sum(((column == DONT_KNOW) | (column == NOT_APPLICABLE)).astype(int) for column in columns)
    return population_of(None, roster, int(((opinionless == len(columns)) & ~answered).sum()))


def _interval_around(rate: float, people: Sequence[float], population: int | None) -> tuple[float, float] | None:
    """The 95 % interval of people's mean share of satisfied answers, laid around the rate; None where it has none.

    The two centres differ only by skipped answers. None too where all shares are equal and not everybody answered: the
    t interval would have no width.
    """
    if population is not None and population < len(people):
        population = None
    if len(people) != population and len(set(people)) == 1:
        return None
    try:
        found = finite_mean(people, population)
    except InsufficientData:
        return None
    if found.ci is None:
        return None
    return rate + (found.ci[0] - found.mean), rate + (found.ci[1] - found.mean)
