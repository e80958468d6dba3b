"""Reliability of the questionnaire and its dimensions for one unit: its own where it may be printed, else borrowed.

The statistics are `reliability` and `omega`; who they are computed from is `pooling`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import combinations

import numpy as np

from analysis.counted import Counted
from analysis.errors import InsufficientData
from analysis.omega import omega_from_covariance, ordinal_alpha_from_correlation
from analysis.polychoric import polychoric_from_tables
from analysis.pooling import Pooled, ScaleOf, candidates
from analysis.reliability import Alpha, alpha_from_covariance
from analysis.tables import Counts, ScaleCounts, Tables, level_columns
from analysis.tree import ReliabilityResult

FEWEST_COMPLETE = 30
"""Complete answers from which alpha, omega and item-total correlations are printed."""
FEWEST_FOR_POLYCHORICS = 200


def questionnaire_reliability(survey: Counted) -> ReliabilityResult:
    """Alpha over all items that belong to a dimension (all scored items where there are no dimensions)."""
    return _reliability_of(survey, None, lambda tables: tables.questionnaire)


def dimension_reliability(survey: Counted) -> dict[str, ReliabilityResult]:
    """Alpha of each dimension that has scored items."""
    return {
        code: _reliability_of(survey, code, partial(_scale_of, code), partial(_ordinal_alpha, survey, code))
        for code in survey.tables.dimensions
    }


def _scale_of(dimension: str, tables: Tables) -> ScaleCounts:
    return tables.dimensions[dimension].scale


def _reliability_of(
    survey: Counted, scope: str | None, scale: ScaleOf, ordinal: Callable[[], float | None] = lambda: None
) -> ReliabilityResult:
    """Over complete cases of the unit, from 30; else of the nearest ancestor that has 30, pooled within its units.

    Where no ancestor has enough either, or alpha does not exist: ``refused``.
    """
    found = candidates(survey, scale)
    items, n = found[0].items, found[0].n
    if len(items) < 2:
        return ReliabilityResult(scope, items, n, None, "too_few_items")
    enough = next((pooled for pooled in found if pooled.n >= FEWEST_COMPLETE), None)
    if enough is None:
        return ReliabilityResult(scope, items, n, None, "too_few_rows")
    try:
        alpha = _alpha(enough)
    except InsufficientData as refusal:
        return ReliabilityResult(scope, items, enough.n, None, refusal.reason, enough.source)
    return ReliabilityResult(scope, items, enough.n, alpha, None, enough.source, _omega(enough), ordinal())


def _alpha(pooled: Pooled) -> Alpha:
    sds = np.sqrt(np.diag(pooled.covariance))
    return alpha_from_covariance(pooled.covariance, pooled.n, means=pooled.means, sds=sds)


def _omega(pooled: Pooled) -> float | None:
    try:
        return omega_from_covariance(pooled.covariance).total
    except InsufficientData:
        return None


def _ordinal_alpha(survey: Counted, dimension: str) -> float | None:
    """Of the unit itself, from 200 answers to every pair of items; tables of pairs cannot be pooled within units."""
    counts = survey.view.dimensions[dimension]
    items = counts.scale.items
    columns = level_columns(survey.instrument, counts.items)
    parts = [[k for k, (item, _) in enumerate(columns) if item == wanted] for wanted in items]
    cross = counts.cross[0]
    tables = {
        (i, j): _keyed(cross[np.ix_(parts[i], parts[j])], survey, items[i], items[j])
        for i, j in combinations(range(len(items)), 2)
    }
    if not tables or min(int(table.sum()) for table in tables.values()) < FEWEST_FOR_POLYCHORICS:
        return None
    margins = [_keyed(cross.diagonal()[part], survey, item) for part, item in zip(parts, items, strict=True)]
    try:
        return ordinal_alpha_from_correlation(polychoric_from_tables(tables, margins).correlations)
    except InsufficientData:
        return None


def _keyed(table: Counts, survey: Counted, *items: str) -> Counts:
    """With the levels of reversed items the other way round, along the axis of each."""
    for axis, item in enumerate(items):
        if survey.instrument.by_code[item].reversed:
            table = np.flip(table, axis)
    return table
