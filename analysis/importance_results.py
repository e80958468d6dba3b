"""What goes together with overall satisfaction in one unit, from counts; the shares themselves are `drivers`."""

from __future__ import annotations

import numpy as np

from analysis.counted import Counted
from analysis.drivers import RelativeImportance, importance_from_covariance
from analysis.pooling import Pooled, candidates, computed
from analysis.scales import asked_of_everybody, dimensions_of, overall_item
from analysis.tables import ScaleCounts, Tables
from analysis.tree import ImportanceResult


def importance_of(survey: Counted) -> ImportanceResult | None:
    """Shares of the variance of overall satisfaction by dimension (the mean of its items), over complete cases.

    Of the unit itself from ``max(50, 10 p)`` of them, else of the smallest unit above that has so many. None without an
    overall item or with fewer than two dimensions.
    """
    if survey.tables.drivers is None:
        return None
    overall = overall_item(survey.instrument)
    members = {
        code: [item for item in asked_of_everybody(survey.instrument, items) if item != overall]
        for code, items in dimensions_of(survey.instrument).items()
    }
    dimensions = {code: items for code, items in members.items() if items}
    fewest = max(50, 10 * len(dimensions))
    return ImportanceResult(
        dimensions=tuple(dimensions),
        importance=computed(candidates(survey, _drivers), fewest, lambda pooled: _importance(pooled, dimensions)),
    )


def _drivers(tables: Tables) -> ScaleCounts:
    if tables.drivers is None:
        raise ValueError("these tables have nothing to explain")
    return tables.drivers


def _importance(pooled: Pooled, dimensions: dict[str, list[str]]) -> RelativeImportance:
    """Covariances of dimension means and the overall item are those of weighted sums of items: ``A S A'``."""
    weights = np.zeros((len(dimensions) + 1, len(pooled.items)))
    for row, items in enumerate(dimensions.values()):
        weights[row, [pooled.items.index(item) for item in items]] = 1 / len(items)
    weights[-1, -1] = 1
    return importance_from_covariance(weights @ pooled.covariance @ weights.T, pooled.n)
