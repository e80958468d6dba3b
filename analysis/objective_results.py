"""Objectives held against the result, each measure in its own way; the verdict itself is `targets`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from analysis.dataset import SealedDataset
from analysis.item_results import dimension_population, rate_of
from analysis.scoring import shares
from analysis.targets import judge, judge_mean
from analysis.tree import DimensionResult, ItemResult, ObjectiveResult, Rate
from analysis.types import Measure, Objective, Roster


@dataclass(frozen=True, slots=True)
class Measured:
    """What objectives are held against."""

    dataset: SealedDataset
    roster: Roster
    items: Mapping[str, ItemResult]
    dimensions: Mapping[str, DimensionResult]
    overall: str | None


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
        judge(rate.satisfied, rate.n, rate.population, objective.threshold),
        None if rate.population is None else rate.population - rate.n,
    )


def _judge_dimension(objective: Objective, measured: Measured) -> ObjectiveResult:
    dimension = measured.dimensions.get(objective.target or "")
    if dimension is None or not isinstance(dimension.rate, float):
        return ObjectiveResult(objective, None if dimension is None else dimension.rate, None)
    population = dimension_population(measured.dataset, dimension.items, measured.roster)
    people = shares(measured.dataset, dimension.items)
    if population is not None and population < people.size:
        population = None
    return ObjectiveResult(
        objective,
        dimension.rate,
        judge_mean(people, population, objective.threshold, 0, 1),
        None if population is None else population - int(people.size),
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
