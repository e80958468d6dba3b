"""From codes to scores: keyed levels, satisfied answers, index, a person's share of satisfied answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import lcm

import numpy as np
from numpy.typing import NDArray

from analysis.types import Definition, Objective
from instruments.model import Instrument, Item, Scale

Floats = NDArray[np.float64]


def keyed_level(instrument: Instrument, item: Item, code: int) -> int:
    """A level in the direction of the dimension: ``low + high - code`` for a reversed item."""
    scale = instrument.scale_of(item)
    return scale.low + scale.high - code if item.reversed else code


def is_satisfied(instrument: Instrument, item: Item, code: int) -> bool:
    """Whether a level counts as satisfied, after reversal."""
    return keyed_level(instrument, item, code) in instrument.scale_of(item).satisfied


def satisfied_codes(instrument: Instrument, item: Item) -> tuple[int, ...]:
    """The levels, as they stand in the data, that count as satisfied."""
    return tuple(code for code in instrument.scale_of(item).codes if is_satisfied(instrument, item, code))


def codes_of_levels(instrument: Instrument, item: Item, levels: Sequence[int]) -> tuple[int, ...]:
    """Levels named in the direction of the dimension, as they stand in the data."""
    return tuple(code for code in instrument.scale_of(item).codes if keyed_level(instrument, item, code) in levels)


def levels_best_first(instrument: Instrument, item: Item) -> tuple[int, ...]:
    """Level codes as they stand in the data, the most favourable first."""
    return tuple(
        sorted(instrument.scale_of(item).codes, key=lambda code: keyed_level(instrument, item, code), reverse=True)
    )


def keyed_counts(instrument: Instrument, code: str, counts: Mapping[int, int]) -> list[int]:
    """Answers to an item per level in the direction of its dimension, low to high."""
    return [counts[level] for level in reversed(levels_best_first(instrument, instrument.by_code[code]))]


def share_values(people: NDArray[np.int64]) -> tuple[Floats, NDArray[np.int64]]:
    """Shares of satisfied answers among a person's scored ones that occur, and how many people have each.

    ``people`` as in `DimensionCounts`: answered x satisfied. People without a scored answer are left out.
    """
    answered, satisfied = np.nonzero(people)
    counted = answered > 0
    answered, satisfied = answered[counted], satisfied[counted]
    return satisfied / answered, people[answered, satisfied]


def full_points(instrument: Instrument, items: Sequence[str]) -> int:
    """Points for the best level of each of these items, so that every level of every scale has a whole number."""
    scales = (instrument.scale_of(instrument.by_code[item]) for item in items)
    return lcm(*(scale.high - scale.low for scale in scales))


def points_of(instrument: Instrument, item: Item, code: int, full: int) -> int:
    """Points of a level, from none for the worst to ``full`` for the best."""
    scale = instrument.scale_of(item)
    return (keyed_level(instrument, item, code) - scale.low) * full // (scale.high - scale.low)


def mean_scores(scores: NDArray[np.int64], full: int) -> tuple[Floats, NDArray[np.int64]]:
    """Mean points in [0, 1] of a person's scored answers that occur, and how many people have each.

    ``scores`` as in `DimensionCounts`: answered x points. People without a scored answer are left out.
    """
    answered, points = np.nonzero(scores)
    counted = answered > 0
    answered, points = answered[counted], points[counted]
    return points / (answered * full), scores[answered, points]


def scores_of_levels(objective: Objective, scale: Scale) -> dict[int, float] | None:
    """What each keyed level counts by the definition of an objective; None where its points are of other levels."""
    if objective.definition is Definition.INDEX:
        return {code: index(code, scale.low, scale.high) for code in scale.codes}
    if objective.definition is Definition.MEAN:
        return {code: float(code) for code in scale.codes}
    weights = objective.weights or {}
    found = {code: float(weights[code]) for code in scale.codes if code in weights}
    return found if set(weights) == set(scale.codes) and len(set(found.values())) > 1 else None


def index(mean: float, low: float, high: float) -> float:
    """满意度指数: ``(mean - low) / (high - low) x 100``."""
    return (mean - low) / (high - low) * 100


def mean_and_sd(levels: Sequence[int], counts: Sequence[int]) -> tuple[float, float | None]:
    """Mean and standard deviation (n - 1) of a distribution, from exact integer sums; sd None for one answer.

    Raises: ZeroDivisionError for an empty distribution, which has neither.
    """
    n = sum(counts)
    total = sum(level * count for level, count in zip(levels, counts, strict=True))
    squares = sum(level**2 * count for level, count in zip(levels, counts, strict=True))
    variance = (n * squares - total**2) / (n * (n - 1)) if n > 1 else None
    return total / n, None if variance is None else float(variance**0.5)
