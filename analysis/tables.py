"""Tables: integer counts per group from one pass over the codes; counts add, so any split of the data gives the same.

Everything an annual result needs of single answers is in here, prepared in that one pass: levels per item, all pairs of
items, complete cases of each scale, people by their share of satisfied answers, splits by grouping questions, flags.
Rates, means, covariances, alpha, polychorics, drivers and comparisons follow in time that does not depend on the number
of respondents. The pass itself is `tabulation`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from instruments.model import Instrument

Counts = NDArray[np.int64]
Part = TypeVar("Part")


@dataclass(frozen=True, eq=False, slots=True)
class ScaleCounts:
    """Keyed sums over the people who answered every item of a scale; axis 0 is the group."""

    items: tuple[str, ...]
    n: Counts
    """Groups: complete cases."""
    sums: Counts
    """Groups x items."""
    products: Counts
    """Groups x items x items."""


@dataclass(frozen=True, eq=False, slots=True)
class DimensionCounts:
    """What people said on the items of a dimension together; axis 0 is the group."""

    items: tuple[str, ...]
    people: Counts
    """Groups x answered x satisfied: people with so many scored answers, so many of them satisfied."""
    scores: Counts
    """Groups x answered x points: people with so many scored answers and so many points in them. The best level of an
    item gives ``scoring.full_points``, the worst none, those between in equal steps."""
    without_opinion: Counts
    """Groups: people who answered every item with 不了解 or 不适用."""
    cross: Counts
    """Groups x levels x levels: as `Tables.cross`, of the dimension's own items."""
    scale: ScaleCounts
    """Of the items that everybody is asked."""


@dataclass(frozen=True, eq=False, slots=True)
class Split:
    """People by their answer to a grouping question (axis 1, in the order of ``options``); axis 0 is the group."""

    options: tuple[int, ...]
    people: Counts
    """Groups x options."""
    answered: Counts
    """Groups x options x ``Tables.subjects``: people with a scored answer to it."""
    satisfied: Counts
    """Groups x options x ``Tables.subjects``: satisfied with it; with a dimension: with most of what they answered."""


@dataclass(frozen=True, eq=False, slots=True)
class ChoiceCounts:
    """Answers to a choice or a banded number; axis 0 is the group."""

    options: tuple[int, ...]
    answered: Counts
    """Groups."""
    chosen: Counts
    """Groups x options."""


@dataclass(frozen=True, eq=False, slots=True)
class Tables:
    """Counts of one questionnaire; axis 0 of every array is the group, but for ``cross``."""

    instrument: Instrument
    groups: tuple[str, ...]
    items: tuple[str, ...]
    """Scored items in questionnaire order."""
    codes: tuple[int, ...]
    """Codes along the last axis of ``levels``: all levels, then -1, -2 and NOT_ANSWERED."""
    subjects: tuple[str, ...]
    """What splits are counted for: dimensions, then the overall item if there is one."""
    people: Counts
    """Groups."""
    levels: Counts
    """Groups x items x codes, as answered (not reversed)."""
    pair_n: Counts
    """Groups x items x items: rows with both items scored; the diagonal is each item's n."""
    pair_sum: Counts
    """Groups x items x items: sum of the keyed first item over the rows that have both."""
    pair_product: Counts
    """Groups x items x items: sum of products of the keyed items over the rows that have both."""
    questionnaire: ScaleCounts
    """Of the items of dimensions that everybody is asked (all such items where there are no dimensions)."""
    drivers: ScaleCounts | None
    """Of the items of dimensions and, last, the overall item; None without either."""
    dimensions: Mapping[str, DimensionCounts]
    splits: Mapping[str, Split]
    """Per grouping question."""
    choices: Mapping[str, ChoiceCounts]
    """Per choice or banded number that is no grouping question."""
    flags: Counts
    """Groups x `quality.COUNTED_FLAGS`: people whose answers were flagged."""
    cross: Counts | None
    """Levels x levels over all groups: people who gave both answers, a row and a column for every level of every item
    in the order of `level_columns`, as answered. The table of any two items is a block of it. None for a choice of
    groups (`of`)."""

    def __add__(self, other: Tables) -> Tables:
        """Counts of both parts of the data. Raises ValueError unless both count the same groups and items."""
        if (self.instrument, self.groups) != (other.instrument, other.groups):
            raise ValueError("tables of different groups or questionnaires do not add")
        return _combined(lambda ours, theirs: ours + theirs, self, other)

    def choice(self, groups: Sequence[str]) -> Tables:
        """The chosen groups, apart."""
        chosen = self.positions(groups)
        whole = self.cross if set(groups) == set(self.groups) else None
        found = _combined(lambda counts: counts[chosen], replace(self, cross=None))
        return replace(found, groups=tuple(groups), cross=whole)

    def of(self, groups: Sequence[str]) -> Tables:
        """The chosen groups counted as one, named after the first."""
        chosen = self.choice(groups)
        added = _combined(lambda counts: counts.sum(axis=0, keepdims=True), replace(chosen, cross=None))
        return replace(added, groups=(groups[0],) if groups else ("",), cross=chosen.cross)

    def positions(self, groups: Sequence[str]) -> list[int]:
        """Where these groups stand along axis 0."""
        found = {group: position for position, group in enumerate(self.groups)}
        return [found[group] for group in groups]

    def counts(self, item: str, groups: Sequence[str] | None = None) -> dict[int, int]:
        """Answers per code over all, or the chosen, groups; codes the item does not have count 0."""
        chosen = slice(None) if groups is None else self.positions(groups)
        by_code = self.levels[chosen, self.items.index(item)].sum(axis=0)
        return {code: int(count) for code, count in zip(self.codes, by_code, strict=True)}

    def by_group(self, item: str, codes: Sequence[int]) -> Counts:
        """How many of each group answered one of these codes."""
        wanted = [position for position, code in enumerate(self.codes) if code in codes]
        found: Counts = self.levels[:, self.items.index(item)][:, wanted].sum(axis=1)
        return found

    def pair_table(self, first: str, second: str) -> Counts:
        """Levels of the first item x levels of the second, as answered. Raises ValueError without ``cross``."""
        if self.cross is None:
            raise ValueError("pairs of items are counted over all groups together")
        columns = level_columns(self.instrument, self.items)
        rows = [position for position, (item, _) in enumerate(columns) if item == first]
        across = [position for position, (item, _) in enumerate(columns) if item == second]
        found: Counts = self.cross[np.ix_(rows, across)]
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


def level_columns(instrument: Instrument, items: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """(item, level) of every row and column of a cross-product, levels low to high as answered."""
    return tuple(
        (item, level) for item in items for level in sorted(instrument.scale_of(instrument.by_code[item]).codes)
    )


def _combined(put: Callable[..., Any], first: Part, *others: Part) -> Part:
    """Every array of a tree of counts ``put`` together; what is no count stays as in the first."""
    if isinstance(first, np.ndarray):
        found: Part = put(first, *others)
        return found
    if isinstance(first, Mapping):
        return {key: _combined(put, first[key], *(other[key] for other in others)) for key in first}  # type: ignore[index,return-value]
    if is_dataclass(first) and not isinstance(first, type):
        names = [field.name for field in fields(first)]
        changed = {name: _combined(put, *(getattr(part, name) for part in (first, *others))) for name in names}
        return replace(first, **changed)
    return first
