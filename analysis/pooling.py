"""Covariances of a unit from counts: its own, or those of the nearest unit above that has enough complete answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from analysis.counted import Counted
from analysis.errors import InsufficientData
from analysis.moments import correlations
from analysis.tables import Counts, ScaleCounts, Tables
from analysis.tree import Computed, Hidden

Array = NDArray[np.float64]
ScaleOf = Callable[[Tables], ScaleCounts]
Figure = TypeVar("Figure")


@dataclass(frozen=True, eq=False, slots=True)
class Pooled:
    """Covariances (divisor n - 1) and means of the complete cases of a scale; of an ancestor pooled within its units.

    ``n`` of pooled covariances is their degrees of freedom + 1. ``source`` names the ancestor, None: the unit's own.
    """

    items: tuple[str, ...]
    covariance: Array
    means: Array
    n: int
    source: str | None = None

    @property
    def correlation(self) -> Array:
        """Raises: InsufficientData("constant_item")."""
        return correlations(self.covariance)

    def of(self, items: Sequence[str]) -> Pooled:
        """Some of the items, over the same people."""
        chosen = [self.items.index(item) for item in items]
        return Pooled(tuple(items), self.covariance[np.ix_(chosen, chosen)], self.means[chosen], self.n, self.source)


def own(survey: Counted, scale: ScaleOf) -> Pooled:
    """Of the unit itself, all its people together."""
    counts = scale(survey.view)
    return Pooled(counts.items, pooled_covariance(counts), _means(counts), int(counts.n[0]))


def candidates(survey: Counted, scale: ScaleOf) -> list[Pooled]:
    """The unit's own, then those of the units above, nearest first, as they would stand in for it.

    Differences between reporting units are taken out of an ancestor's, so that they say what a unit's own would say;
    units that are hidden count as one with what surrounds them.
    """
    found = [own(survey, scale)]
    for ancestor in survey.ancestors:
        apart = _as_shown(ancestor, scale(ancestor.apart))
        name = ancestor.manifest.unit(ancestor.unit).name
        means = _means(scale(ancestor.view))
        found.append(Pooled(apart.items, pooled_covariance(apart), means, effective_n(apart), name))
    return found


def _as_shown(survey: Counted, scale: ScaleCounts) -> ScaleCounts:
    """Counts of the units that may be told apart: those of hidden units join the unit above them.

    A covariance pooled within units says something about where each unit's mean lies, so also about a hidden one's.
    """
    parents, hidden = survey.manifest.parents, survey.manifest.hidden_units
    holder: dict[str, str] = {}
    for unit in survey.units:
        is_apart = unit == survey.unit or unit not in hidden
        holder[unit] = unit if is_apart else holder[parents[unit] or ""]
    kept = {unit: position for position, unit in enumerate(dict.fromkeys(holder.values()))}
    joined = [kept[holder[unit]] for unit in survey.units]

    def added(counts: Counts) -> Counts:
        found = np.zeros((len(kept), *counts.shape[1:]), dtype=counts.dtype)
        np.add.at(found, joined, counts)
        return found

    return replace(scale, n=added(scale.n), sums=added(scale.sums), products=added(scale.products))


def computed(found: Sequence[Pooled], fewest: int, figure: Callable[[Pooled], Figure]) -> Computed[Figure]:
    """The figure of the first with enough complete cases; ``refused`` where none has, or where it does not exist."""
    enough = next((pooled for pooled in found if pooled.n >= fewest), None)
    if enough is None:
        return Computed(None, found[0].n, "too_few_rows")
    try:
        return Computed(figure(enough), enough.n, None, enough.source)
    except InsufficientData as refusal:
        return Computed(None, enough.n, refusal.reason, enough.source)


def shown(found: Computed[Figure], threshold: int) -> Computed[Figure]:
    """Without the number of complete cases where it is below the threshold."""
    few = not isinstance(found.n, Hidden) and found.n < threshold
    return Computed(found.value, Hidden.TOO_FEW if few else found.n, found.refused, found.source)


def effective_n(scale: ScaleCounts) -> int:
    """Complete cases that a pooled covariance counts for: its degrees of freedom + 1."""
    return int(scale.n.sum()) - int((scale.n > 0).sum()) + 1


def pooled_covariance(scale: ScaleCounts) -> Array:
    """Covariances of complete cases pooled within groups; of one group its plain covariances.

    ``S = sum over groups g of sum (x - m_g)(x - m_g)' / (n - number of groups)``, from whole numbers: an item that is
    constant within every group has variance 0 exactly.
    """
    found = np.zeros(scale.products.shape[1:])
    for n, sums, products in zip(scale.n.tolist(), scale.sums, scale.products, strict=True):
        if n:
            found += (n * products - np.outer(sums, sums)) / n
    return found / max(effective_n(scale) - 1, 1)


def _means(scale: ScaleCounts) -> Array:
    people = max(int(scale.n.sum()), 1)
    means: Array = scale.sums.sum(axis=0) / people
    return means
