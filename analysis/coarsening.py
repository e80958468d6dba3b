"""How a figure of few answers is made coarse: bounds for counts, levels in three or two classes, indices to 5 points.

Which figures these are and which vanish altogether is `disclosure`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil, floor

from analysis.pattern import detail_of, is_exact
from analysis.recommendation import PASSIVES_FROM_SHARE, NetPromoter
from analysis.tree import Detail, DimensionResult, Hidden, ItemResult, LevelCount, Rate

STEP = 5
"""Points to which the index of few answers is rounded."""
_ORDER = (Detail.TWO_WAY, Detail.THREE_WAY, Detail.FULL)


def coarser(*details: Detail) -> Detail:
    return min(details, key=_ORDER.index)


def coarse_rate(rate: Rate, *, population_shown: bool = True) -> Rate:
    """Below 20: "at least n-1 of n" for n-1 or n satisfied, "at most 1 of n" for 0 or 1, and no interval with them.

    Without the population (it would give away how many had no opinion) the interval is Wilson's.
    """
    if not is_exact(rate.n, rate.satisfied):
        at_least = 2 * rate.satisfied > rate.n
        population = rate.population if population_shown else None
        return Rate(rate.n - 1 if at_least else 1, rate.n, population, "at_least" if at_least else "at_most")
    if population_shown or rate.population is None:
        return rate
    from analysis.proportion import wilson

    return Rate(rate.satisfied, rate.n, interval=wilson(rate.satisfied, rate.n))


def coarse_levels(
    levels: Sequence[LevelCount], detail: Detail, rate: Rate, *, middle_from: float = 0.5
) -> tuple[LevelCount, ...] | Hidden:
    """Levels as they are; or satisfied / middle / dissatisfied; or satisfied / not.

    The middle begins at ``middle_from`` of the way from the worst level to the best.
    """
    if detail is Detail.FULL:
        return tuple(levels)
    if rate.bound != "exact":
        return Hidden.COARSENED
    best, worst = levels[0].codes[0], levels[-1].codes[0]

    def group(level: LevelCount) -> int:
        if level.satisfied:
            return 0
        in_the_middle = (level.codes[0] - worst) / (best - worst) >= middle_from
        return 1 if detail is Detail.THREE_WAY and in_the_middle else 2

    members = [[level for level in levels if group(level) == wanted] for wanted in range(3)]
    return tuple(
        LevelCount(tuple(level.codes[0] for level in found), sum(level.count for level in found), found[0].satisfied)
        for found in members
        if found
    )


def coarse_index(index: float, levels: Sequence[LevelCount], rate: Rate) -> float | Hidden:
    """To the nearest 5 points; under a bound also kept where both numbers that the bound stands for could put it.

    ``rate`` is the coarse one, ``levels`` are all levels, best first.
    """
    rounded = _to_step(index)
    if rate.bound == "exact":
        return float(rounded)
    best, worst = levels[0].codes[0], levels[-1].codes[0]
    points = {level.codes[0]: (level.codes[0] - worst) / (best - worst) * 100 for level in levels}
    satisfied = [points[level.codes[0]] for level in levels if level.satisfied]
    others = [points[level.codes[0]] for level in levels if not level.satisfied]
    if not others or not satisfied:
        return Hidden.COARSENED
    numbers = (rate.n - 1, rate.n) if rate.bound == "at_least" else (0, 1)
    low = max((x * min(satisfied) + (rate.n - x) * min(others)) / rate.n for x in numbers)
    high = min((x * max(satisfied) + (rate.n - x) * max(others)) / rate.n for x in numbers)
    lowest, highest = STEP * ceil(low / STEP - 1e-9), STEP * floor(high / STEP + 1e-9)
    return Hidden.COARSENED if lowest > highest else float(min(max(rounded, lowest), highest))


def _to_step(points: float) -> int:
    """To the nearest step, a half upwards (a float may lie a hair below its half)."""
    return STEP * floor(points / STEP + 0.5 + 1e-9)


def coarse_item(item: ItemResult) -> ItemResult:
    """An item that may be shown, in the detail its n and the unit tree allow."""
    if isinstance(item.rate, Hidden) or isinstance(item.levels, Hidden) or isinstance(item.index, Hidden):
        return item
    detail = coarser(item.detail, detail_of(item.rate.n))
    nobody_without = item.dont_know == item.not_applicable == item.skipped == 0
    others_shown = detail is not Detail.TWO_WAY or nobody_without
    rate = coarse_rate(item.rate, population_shown=others_shown)
    full = detail is Detail.FULL
    middle_from = 0.5 if item.recommendation is None else PASSIVES_FROM_SHARE
    return replace(
        item,
        detail=detail,
        rate=rate,
        levels=coarse_levels(item.levels, detail, rate, middle_from=middle_from),
        dont_know=item.dont_know if others_shown else Hidden.COARSENED,
        not_applicable=item.not_applicable if others_shown else Hidden.COARSENED,
        skipped=item.skipped if others_shown else Hidden.COARSENED,
        awareness=item.awareness if others_shown or item.awareness is None else Hidden.COARSENED,
        mean=item.mean if full else Hidden.COARSENED,
        sd=item.sd if full else Hidden.COARSENED,
        index=item.index if full else coarse_index(item.index, item.levels, rate),
        recommendation=_coarse_recommendation(item.recommendation, detail),
    )


def _coarse_recommendation(found: NetPromoter | Hidden | None, detail: Detail) -> NetPromoter | Hidden | None:
    """It is made of the three classes and goes where those are not shown."""
    return found if found is None or detail is not Detail.TWO_WAY else Hidden.COARSENED


def coarse_dimension(dimension: DimensionResult, items: Sequence[ItemResult]) -> DimensionResult:
    """A dimension of shown items: under a bound its rate is made of what the items show, to the nearest 5 points."""
    rates = [item.rate for item in items if isinstance(item.rate, Rate)]
    detail = coarser(*(item.detail for item in items))
    if detail is Detail.FULL or isinstance(dimension.index, Hidden):
        return dimension
    interval = Hidden.COARSENED if detail is Detail.TWO_WAY else dimension.interval
    if all(rate.bound == "exact" for rate in rates):
        return replace(dimension, interval=interval, index=float(_to_step(dimension.index)))
    shown = [item.index for item in items if not isinstance(item.index, Hidden)]
    percent = _to_step(sum(rate.value for rate in rates) / len(rates) * 100)
    return replace(
        dimension,
        rate=percent / 100,
        interval=interval,
        index=float(_to_step(sum(shown) / len(shown))) if len(shown) == len(items) else Hidden.COARSENED,
        rounded=True,
    )
