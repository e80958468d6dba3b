"""From codes to scores: keyed levels, satisfied answers, index, a person's share of satisfied answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from instruments.model import Instrument, Item

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
