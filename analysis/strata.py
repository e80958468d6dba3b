"""Strata of a unit's people: branches as far as their numbers are told apart by what reports print exactly.

A rate in which every eligible person weighs the same is an equation about the counts of branches. It is therefore made
of nothing but numbers that anybody finds by subtracting exact figures of reports. Who may show what is `limits`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import fsum

from analysis.arrays import Interval
from analysis.counted import Counted
from analysis.distributions import normal_quantile
from analysis.errors import InsufficientData
from analysis.item_results import population_of
from analysis.limits import item_limits
from analysis.manifest import total_roster
from analysis.pattern import Tally, is_exact, subtree_totals
from analysis.proportion import score_interval
from analysis.scoring import codes_of_levels, satisfied_codes
from analysis.targets import Judgement, judge_stratified
from analysis.tree import Detail, Hidden, ItemResult, WeightedRate
from analysis.types import Roster
from instruments.model import DONT_KNOW, NOT_APPLICABLE


@dataclass(frozen=True, slots=True)
class Region:
    """Reporting groups whose answers to an item are known together, and no finer, from exact figures."""

    units: tuple[str, ...]
    """The unit that shows the figure, then those below it that no other region holds."""
    satisfied: int
    n: int


@dataclass(frozen=True, slots=True)
class Stratum:
    """A part of a unit's people: satisfied ones, scored answers, and how many people are asked."""

    satisfied: int
    n: int
    population: int
    units: tuple[str, ...]

    @property
    def rate(self) -> float:
        return self.satisfied / self.n


def regions_of(
    survey: Counted,
    item: str,
    threshold: int,
    *,
    classes: Sequence[Detail] = tuple(Detail),
    levels: Sequence[int] | None = None,
) -> tuple[Region, ...]:
    """What the exact figures of an item, in the reports of the unit and of those below it, cut their people into.

    Each region is a unit that shows its exact number, less the units below it that do: nobody, or a group whose number
    may be known (`pattern.limits`). ``classes`` are the details in which a unit has to be shown to count. Empty where
    the unit itself does not. ``levels``: see `tallies_of`.
    """
    limit = item_limits(survey.whole, threshold)[item]
    parents, own = survey.manifest.parents, tallies_of(survey, item, levels)
    totals = subtree_totals(own, {unit: parents[unit] if unit != survey.unit else None for unit in own})
    holder: dict[str, str] = {}
    held: dict[str, list[str]] = {}
    for unit in own:
        is_shown = limit[unit] in classes and is_exact(*totals[unit])
        if not is_shown and unit == survey.unit:
            return ()
        holder[unit] = unit if is_shown else holder[parents[unit] or ""]
        held.setdefault(holder[unit], []).append(unit)
    return tuple(
        Region(tuple(group), sum(own[unit][1] for unit in group), sum(own[unit][0] for unit in group))
        for group in held.values()
    )


def tallies_of(survey: Counted, item: str, levels: Sequence[int] | None = None) -> dict[str, Tally]:
    """Scored and satisfied people of each reporting group of the subtree, parents before children.

    Satisfied by the scale, or who gave one of these ``levels`` (in the direction of the dimension).
    """
    instrument, tables, units = survey.instrument, survey.tables, survey.units
    asked = instrument.by_code[item]
    positions = tables.positions(units)
    n = tables.by_group(item, instrument.scale_of(asked).codes)[positions].tolist()
    codes = satisfied_codes(instrument, asked) if levels is None else codes_of_levels(instrument, asked, levels)
    satisfied = tables.by_group(item, codes)[positions].tolist()
    return dict(zip(units, zip(n, satisfied, strict=True), strict=True))


def strata_of(
    survey: Counted, item: str, threshold: int, levels: Sequence[int] | None = None
) -> tuple[Stratum, ...] | None:
    """The strata of an item in a unit: its regions, each with the people it is asked of.

    These are eligible less 不了解 and 不适用, as everywhere. Where anybody in the unit gave no opinion the number of
    such people must be known of each stratum too: then only units that print it, in more than two classes, count, and
    smaller ones are merged with what surrounds them. People of whom nobody answered belong to the smallest stratum
    below the same unit; every other stratum has at least the threshold of answers, or 20.

    Where an objective names its own satisfied ``levels``, only units count that show all levels.

    None where the unit does not show its exact number and those without an opinion, where the item stands behind a
    condition, or where it is not known how many people each part has.
    """
    limit = item_limits(survey.whole, threshold)[item][survey.unit]
    if isinstance(limit, Hidden) or limit is Detail.TWO_WAY:
        return None
    units = survey.units
    own = survey.tables.by_group(item, (DONT_KNOW, NOT_APPLICABLE))[survey.tables.positions(units)].tolist()
    without_opinion = dict(zip(units, own, strict=True))
    classes = (Detail.THREE_WAY, Detail.FULL) if any(own) else tuple(Detail)
    if levels is not None:
        classes = (Detail.FULL,)
    found = []
    for region in regions_of(survey, item, threshold, classes=classes, levels=levels):
        population = _population(survey, item, region, sum(without_opinion[unit] for unit in region.units))
        if population is None or population < region.n:
            return None
        if population:
            found.append(Stratum(region.satisfied, region.n, population, region.units))
    return tuple(_merged(survey, found)) or None


def _population(survey: Counted, item: str, region: Region, without_opinion: int) -> int | None:
    rosters = [survey.manifest.rosters[unit] for unit in region.units if unit in survey.manifest.rosters]
    if not rosters:
        return 0
    return population_of(survey.instrument.by_code[item], total_roster(rosters), without_opinion)


def _merged(survey: Counted, strata: Sequence[Stratum]) -> list[Stratum]:
    """Strata nobody answered in, each put to the smallest one with answers below the unit that leads it."""
    answered = {stratum.units[0]: stratum for stratum in strata if stratum.n}
    for stratum in strata:
        if stratum.n == 0 and answered:
            below = set(survey.manifest.subtree(stratum.units[0]))
            lead = min((unit for unit in answered if unit in below), key=lambda unit: answered[unit].n)
            other = answered[lead]
            answered[lead] = replace(
                other, population=other.population + stratum.population, units=(*other.units, *stratum.units)
            )
    return list(answered.values())


def weighted_rate(strata: Sequence[Stratum]) -> WeightedRate:
    """The rate in which every eligible person weighs the same: ``sum W_h p_h``, W_h = N_h/N (Cochran 1977, 5.3).

    The 95 % interval is Wilson's with the effective number of answers ``p(1-p)/V`` (Kott and Carr 1997, J. Off. Stat.
    13:81), V being the larger of two variances ``sum W_h² (N_h-n_h) / ((N_h-1) n_h) p(1-p)``: of one common rate, and
    of the strata's own rates. Of a single stratum that is `proportion.wilson_finite`; it has no width where everybody
    answered. Strata nobody answered in leave the value to the others and the interval None.

    Raises: InsufficientData("empty") without any answer.
    """
    asked = [stratum for stratum in strata if stratum.population]
    answered = [stratum for stratum in asked if stratum.n]
    if not answered:
        raise InsufficientData("empty")
    represented = sum(stratum.population for stratum in answered)
    weights = [stratum.population / represented for stratum in answered]
    value = fsum(weight * stratum.rate for weight, stratum in zip(weights, answered, strict=True))
    return WeightedRate(
        value=value,
        interval=_interval(value, answered, weights) if len(answered) == len(asked) else None,
        strata=len(asked),
        eligible=sum(stratum.population for stratum in asked),
    )


def _interval(value: float, strata: Sequence[Stratum], weights: Sequence[float]) -> Interval:
    parts = [
        (weight**2 * (stratum.population - stratum.n) / ((stratum.population - 1) * stratum.n), stratum.rate)
        for weight, stratum in zip(weights, strata, strict=True)
        if stratum.population > stratum.n
    ]
    if not parts:
        return value, value
    chance = value * (1 - value)
    common = fsum(unit for unit, _ in parts)
    own = fsum(unit * rate * (1 - rate) for unit, rate in parts) / chance if chance > 0 else common
    return score_interval(value, 1 / max(common, own), normal_quantile(0.95))


def with_weighted_rates(
    survey: Counted, items: Sequence[ItemResult], roster: Roster, threshold: int
) -> tuple[ItemResult, ...]:
    """Items with the weighted rate of a unit whose people fall into two strata or more.

    A ``roster`` that is not the manifest's says nothing about how many people each branch has: no weighted rate.
    """
    if len(survey.units) == 1 or roster != survey.roster:
        return tuple(items)
    return tuple(_with_weighted_rate(item, strata_of(survey, item.code, threshold)) for item in items)


def _with_weighted_rate(item: ItemResult, strata: Sequence[Stratum] | None) -> ItemResult:
    return replace(item, weighted=weighted_rate(strata)) if strata and len(strata) > 1 else item


def stratified_judgement(strata: Sequence[Stratum], threshold: str) -> Judgement:
    """The verdict on a unit in which every eligible person weighs the same (`targets.judge_stratified`)."""
    return judge_stratified([(stratum.satisfied, stratum.n, stratum.population) for stratum in strata], threshold)
