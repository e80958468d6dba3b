"""From codes to scores: keyed levels, satisfied answers, index, a person's share of satisfied answers.

Missing answers stay missing (NaN); what is printed of the scores is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.dataset import SealedDataset
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


def satisfied(dataset: SealedDataset, items: Sequence[str]) -> Floats:
    """Rows x items: 1 satisfied, 0 not, NaN no scored answer."""
    x = dataset.matrix(items)
    wanted = [dataset.instrument.scale_of(dataset.instrument.by_code[code]).satisfied for code in items]
    flags = np.column_stack([np.isin(x[:, k], levels) for k, levels in enumerate(wanted)]) if wanted else x
    return np.where(np.isnan(x), np.nan, flags.astype(float))


def mostly_satisfied(dataset: SealedDataset, items: Sequence[str]) -> Floats:
    """Per row: 1 if more than half of the scored answers to these items are satisfied, 0 if not, NaN without any."""
    flags = satisfied(dataset, items)
    answered = (~np.isnan(flags)).sum(axis=1)
    positive = np.nansum(flags, axis=1)
    return np.where(answered == 0, np.nan, (2 * positive > answered).astype(float))


def shares(dataset: SealedDataset, items: Sequence[str]) -> Floats:
    """Of each person with a scored answer: the share of satisfied ones among their scored answers."""
    flags = satisfied(dataset, items)
    answered = ~np.isnan(flags)
    people = answered.any(axis=1)
    found: Floats = np.nansum(flags[people], axis=1) / answered[people].sum(axis=1)
    return found


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
