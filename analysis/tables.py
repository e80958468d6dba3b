"""Tables: integer counts per group from one pass over the codes; counts add, so any split of the data gives the same.

Levels per item and, for every pair of items, n, sum and sum of products over the rows that have both: rates, means and
covariances (pairwise complete too) follow from them in time that does not depend on the number of respondents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.dataset import NOT_ANSWERED, SealedDataset
from instruments.model import UNSCORED_CODES, Instrument

Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class Tables:
    """Counts of one questionnaire's scored items; axis 0 of every array is the group."""

    instrument: Instrument
    items: tuple[str, ...]
    codes: tuple[int, ...]
    """Codes along the last axis of ``levels``: all levels, then -1, -2 and NOT_ANSWERED."""
    groups: tuple[str, ...]
    levels: Counts
    """Groups x items x codes, as answered (not reversed)."""
    pair_n: Counts
    """Groups x items x items: rows with both items scored; the diagonal is each item's n."""
    pair_sum: Counts
    """Groups x items x items: sum of the keyed first item over the rows that have both."""
    pair_product: Counts
    """Groups x items x items: sum of products of the keyed items over the rows that have both."""

    def __add__(self, other: Tables) -> Tables:
        """Counts of both parts of the data. Raises ValueError unless both count the same groups and items."""
        if (self.instrument, self.groups) != (other.instrument, other.groups):
            raise ValueError("tables of different groups or questionnaires do not add")
        return replace(
            self,
            levels=self.levels + other.levels,
            pair_n=self.pair_n + other.pair_n,
            pair_sum=self.pair_sum + other.pair_sum,
            pair_product=self.pair_product + other.pair_product,
        )

    def of(self, groups: Sequence[str]) -> Tables:
        """The chosen groups counted as one, named after the first."""
        chosen = [self.groups.index(group) for group in groups]
        return replace(
            self,
            groups=(groups[0],) if groups else ("",),
            levels=self.levels[chosen].sum(axis=0, keepdims=True),
            pair_n=self.pair_n[chosen].sum(axis=0, keepdims=True),
            pair_sum=self.pair_sum[chosen].sum(axis=0, keepdims=True),
            pair_product=self.pair_product[chosen].sum(axis=0, keepdims=True),
        )

    def counts(self, item: str) -> dict[int, int]:
        """Answers per code over all groups; codes the item does not have count 0."""
        by_code = self.levels[:, self.items.index(item)].sum(axis=0)
        return {code: int(count) for code, count in zip(self.codes, by_code, strict=True)}

    def by_group(self, item: str, codes: Sequence[int]) -> Counts:
        """How many of each group answered one of these codes."""
        wanted = [position for position, code in enumerate(self.codes) if code in codes]
        found: Counts = self.levels[:, self.items.index(item)][:, wanted].sum(axis=1)
        return found

    def covariance(self) -> NDArray[np.float64]:
        """Pairwise complete covariances (n - 1) of the keyed items over all groups; NaN for fewer than two rows.

        Agrees with R ``cov(x, use = "pairwise")``.
        """
        n = self.pair_n.sum(axis=0).astype(float)
        sums = self.pair_sum.sum(axis=0).astype(float)
        products = self.pair_product.sum(axis=0).astype(float)
        with np.errstate(divide="ignore", invalid="ignore"):
            found: NDArray[np.float64] = (products - sums * sums.T / n) / (n - 1)
        return np.where(n > 1, found, np.nan)


def tabulate(dataset: SealedDataset, groups: NDArray[np.int64] | None = None, names: Sequence[str] = ()) -> Tables:
    """Counts of the scored items per group; without ``groups`` (a position in ``names`` per row) per reporting unit.

    Integer arithmetic throughout (products of levels up to 100 are exact in float64 below 9e11 rows), so the sum over
    any chunks is bit-identical to the whole.
    """
    if groups is None:
        groups = dataset.units.astype(np.int64)
        names = [unit.code for unit in dataset.manifest.units]
    instrument = dataset.instrument
    items = tuple(item.code for item in instrument.scored_items)
    levels = sorted({code for scale in instrument.scales.values() for code in scale.codes})
    codes = (*levels, *UNSCORED_CODES, NOT_ANSWERED)
    x = dataset.matrix(items)
    shape = (len(names), len(items), len(items))
    pair_n, pair_sum, pair_product = (np.zeros(shape, np.int64) for _ in range(3))
    for group in np.unique(groups):
        part = x[groups == group]
        scored = (~np.isnan(part)).astype(float)
        values = np.where(np.isnan(part), 0.0, part)
        pair_n[group] = scored.T @ scored
        pair_sum[group] = values.T @ scored
        pair_product[group] = values.T @ values
    return Tables(
        instrument=instrument,
        items=items,
        codes=codes,
        groups=tuple(names),
        levels=_level_counts(dataset, items, codes, groups, len(names)),
        pair_n=pair_n,
        pair_sum=pair_sum,
        pair_product=pair_product,
    )


def _level_counts(
    dataset: SealedDataset, items: Sequence[str], codes: Sequence[int], groups: NDArray[np.int64], n_groups: int
) -> Counts:
    position_of = np.zeros(256, np.int64)
    position_of[np.array(codes, np.int8).view(np.uint8)] = np.arange(len(codes))
    found = np.zeros((n_groups, len(items), len(codes)), np.int64)
    for position, item in enumerate(items):
        cells = groups * len(codes) + position_of[dataset.column(item).view(np.uint8)]
        found[:, position] = np.bincount(cells, minlength=n_groups * len(codes)).reshape(n_groups, len(codes))
    return found
