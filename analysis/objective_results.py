"""Objectives held against the result, each measure and definition in its own way; the verdict itself is `targets`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from analysis.counted import Counted
from analysis.item_results import dimension_population, rate_of
from analysis.scales import items_measured
from analysis.scoring import full_points, keyed_level, mean_scores, scores_of_levels, share_values
from analysis.strata import strata_of, stratified_judgement, weighted_rate
from analysis.targets import judge, judge_mean
from analysis.tree import DimensionResult, Hidden, ItemResult, LevelCount, ObjectiveResult, Rate, WeightedRate
from analysis.types import Definition, Measure, Objective, Roster
from instruments.model import Instrument, Scale


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
    """In the order of the register. Neither figure nor verdict where the definition does not fit what was asked: any
    figure would stand under the words of another."""
    return tuple(
        _MEASURES[objective.measure](objective, measured)
        if fits(objective, measured.survey.instrument)
        else ObjectiveResult(objective, None, None)
        for objective in objectives
    )


def fits(objective: Objective, instrument: Instrument) -> bool:
    """Whether a questionnaire asks what an objective measures, on levels by which its definition can be counted.

    Levels named as satisfied are the best of the scale without a gap; points are given for every level and no other; a
    mean has one scale, and its threshold lies above the lowest level and not above the highest.
    """
    if objective.measure is Measure.PARTICIPATION:
        return True
    scales = [instrument.scale_of(item) for item in items_measured(instrument, objective.measure, objective.target)]
    if not scales:
        return False
    if objective.is_rate:
        named = objective.satisfied_levels
        return named is None or (objective.measure is not Measure.DIMENSION and _are_best(named, scales[0]))
    if objective.definition is Definition.MEAN:
        ends = {(scale.low, scale.high) for scale in scales}
        return len(ends) == 1 and scales[0].low < Fraction(objective.threshold) <= scales[0].high
    if objective.definition is Definition.SCORE100:
        return objective.measure is not Measure.DIMENSION and scores_of_levels(objective, scales[0]) is not None
    return True


def _are_best(levels: Sequence[int], scale: Scale) -> bool:
    """The best of the scale without a gap: at least one, and not all of them."""
    return 0 < len(levels) < len(scale.codes) and set(levels) == set(scale.codes[-len(levels) :])


def _judge_item(objective: Objective, measured: Measured) -> ObjectiveResult:
    code = measured.overall if objective.measure is Measure.OVERALL else objective.target
    item = measured.items.get(code or "")
    if item is None or not isinstance(item.rate, Rate) or isinstance(item.levels, Hidden):
        return ObjectiveResult(objective, None if item is None else item.rate, None)
    if not objective.is_rate:
        return _judge_scores(
            objective, item.rate, _keyed(item.code, item.levels, measured), _scale(item.code, measured)
        )
    if objective.satisfied_levels is None:
        return _judge_rate(objective, item.code, item.rate, item.weighted, measured)
    return _judge_other_levels(objective, objective.satisfied_levels, item.code, item.rate, measured)


def _scale(item: str, measured: Measured) -> Scale:
    instrument = measured.survey.instrument
    return instrument.scale_of(instrument.by_code[item])


def _keyed(item: str, levels: Sequence[LevelCount], measured: Measured) -> dict[int, int]:
    """How many people gave each level, in the direction of the dimension; levels nobody gave are left out."""
    instrument = measured.survey.instrument
    asked = instrument.by_code[item]
    return {keyed_level(instrument, asked, level.codes[0]): level.count for level in levels if level.count}


def _judge_rate(
    objective: Objective, item: str, rate: Rate, weighted: WeightedRate | Hidden | None, measured: Measured
) -> ObjectiveResult:
    """Over the branches of a unit where their weights are known, else of all people together."""
    strata = None
    if weighted is not None:
        strata = strata_of(measured.survey, item, measured.threshold, objective.satisfied_levels)
    judgement = (
        stratified_judgement(strata, objective.threshold)
        if strata
        else judge(rate.satisfied, rate.n, rate.population, objective.threshold)
    )
    return ObjectiveResult(objective, rate, judgement, _silent(rate), weighted)


def _judge_other_levels(
    objective: Objective, levels: Sequence[int], item: str, usual: Rate, measured: Measured
) -> ObjectiveResult:
    """A rate by other satisfied levels than the scale's, of the same answers."""
    result = measured.items[item]
    if isinstance(result.levels, Hidden):
        return ObjectiveResult(objective, None, None)
    counts = _keyed(item, result.levels, measured)
    rate = rate_of(sum(count for level, count in counts.items() if level in levels), usual.n, usual.population)
    weighted = None
    if result.weighted is not None:
        strata = strata_of(measured.survey, item, measured.threshold, levels)
        weighted = weighted_rate(strata) if strata and len(strata) > 1 else None
    return _judge_rate(objective, item, rate, weighted, measured)


def _judge_scores(objective: Objective, rate: Rate, counts: Mapping[int, int], scale: Scale) -> ObjectiveResult:
    """A mean over all people together, each answer counting what the definition says."""
    scores = scores_of_levels(objective, scale)
    if scores is None:
        return ObjectiveResult(objective, None, None)
    values, people = [scores[level] for level in counts], list(counts.values())
    return ObjectiveResult(
        objective,
        rate,
        judge_mean(
            values, rate.population, objective.threshold, min(scores.values()), max(scores.values()), times=people
        ),
        _silent(rate),
        value=sum(value * n for value, n in zip(values, people, strict=True)) / rate.n,
    )


def _silent(rate: Rate) -> int | None:
    return None if rate.population is None else rate.population - rate.n


def _judge_dimension(objective: Objective, measured: Measured) -> ObjectiveResult:
    """Each person's share of satisfied answers, or mean score, counts; what is told is the mean of the items."""
    dimension = measured.dimensions.get(objective.target or "")
    if dimension is None or not isinstance(dimension.rate, float) or isinstance(dimension.index, Hidden):
        return ObjectiveResult(objective, None if dimension is None else dimension.rate, None)
    counts = measured.survey.view.dimensions[dimension.code]
    low, high = _ends_of_dimension(objective, dimension, measured)
    if objective.is_rate:
        shares, people = share_values(counts.people[0])
    else:
        shares, people = mean_scores(counts.scores[0], full_points(measured.survey.instrument, counts.items))
    n, population = int(people.sum()), dimension_population(measured.survey.instrument, counts, measured.roster)
    if population is not None and population < n:
        population = None
    return ObjectiveResult(
        objective,
        dimension.rate,
        judge_mean(low + shares * (high - low), population, objective.threshold, low, high, times=people),
        None if population is None else population - n,
        value=None if objective.is_rate else low + dimension.index / 100 * (high - low),
    )


def _ends_of_dimension(objective: Objective, dimension: DimensionResult, measured: Measured) -> tuple[float, float]:
    """From which figure to which a person's answers can go; of a mean the ends of the one scale of its questions."""
    if objective.is_rate:
        return 0, 1
    if objective.definition is Definition.INDEX:
        return 0, 100
    scale = _scale(dimension.items[0], measured)
    return scale.low, scale.high


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
