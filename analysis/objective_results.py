"""Objectives held against the result, each measure in its own way; the verdict itself is `targets`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from analysis.counted import Counted
from analysis.item_results import dimension_population, rate_of
from analysis.scoring import share_values
from analysis.strata import strata_of, stratified_judgement
from analysis.targets import Judgement, judge, judge_mean
from analysis.tree import DimensionResult, Hidden, ItemResult, ObjectiveResult, Rate, WeightedRate
from analysis.types import Measure, Objective, Roster


@dataclass(frozen=True, slots=True)
class Measured:
    """What objectives are held against."""

    survey: Counted
    roster: Roster
    items: Mapping[str, ItemResult]
    dimensions: Mapping[str, DimensionResult]
    overall: str | None
    threshold: int


def objective_results(objectives: Sequence[Objective], measured: Measured) -> tuple[ObjectiveResult, ...]:
    """In the order of the register."""
    return tuple(_MEASURES[objective.measure](objective, measured) for objective in objectives)


def _judge_item(objective: Objective, measured: Measured) -> ObjectiveResult:
    code = measured.overall if objective.measure is Measure.OVERALL else objective.target
    item = measured.items.get(code or "")
    if item is None or not isinstance(item.rate, Rate):
        return ObjectiveResult(objective, None if item is None else item.rate, None)
    rate = item.rate
    return ObjectiveResult(
        objective,
        rate,
        _judge_rate(objective, item.code, rate, item.weighted, measured),
        None if rate.population is None else rate.population - rate.n,
        item.weighted,
    )


def _judge_rate(
    objective: Objective, item: str, rate: Rate, weighted: WeightedRate | Hidden | None, measured: Measured
) -> Judgement:
    """Over the branches of a unit where their weights are known, else of all people together."""
    strata = strata_of(measured.survey, item, measured.threshold) if weighted is not None else None
    if strata:
        return stratified_judgement(strata, objective.threshold)
    return judge(rate.satisfied, rate.n, rate.population, objective.threshold)


def _judge_dimension(objective: Objective, measured: Measured) -> ObjectiveResult:
    dimension = measured.dimensions.get(objective.target or "")
    if dimension is None or not isinstance(dimension.rate, float):
        return ObjectiveResult(objective, None if dimension is None else dimension.rate, None)
    counts = measured.survey.view.dimensions[dimension.code]
    population = dimension_population(measured.survey.instrument, counts, measured.roster)
    shares, people = share_values(counts.people[0])
    n = int(people.sum())
    if population is not None and population < n:
        population = None
    return ObjectiveResult(
        objective,
        dimension.rate,
        judge_mean(shares, population, objective.threshold, 0, 1, times=people),
        None if population is None else population - n,
    )


def _judge_participation(objective: Objective, measured: Measured) -> ObjectiveResult:
    """A count of people: certain either way."""
    eligible, returned = measured.roster.eligible, measured.roster.returned
    if not measured.roster.verified or not eligible or returned > eligible:
        return ObjectiveResult(objective, None, None)
    return ObjectiveResult(
        objective,
        rate_of(returned, eligible, eligible),
        judge(returned, eligible, eligible, objective.threshold),
        0,
    )


_MEASURES: dict[Measure, Callable[[Objective, Measured], ObjectiveResult]] = {
    Measure.OVERALL: _judge_item,
    Measure.ITEM: _judge_item,
    Measure.DIMENSION: _judge_dimension,
    Measure.PARTICIPATION: _judge_participation,
}
