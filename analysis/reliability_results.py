"""Reliability of the questionnaire and its dimensions for one unit: its own where it may be printed, else borrowed.

The statistic is `reliability.cronbach_alpha`; here stands who it is computed from.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from analysis.counted import Counted
from analysis.errors import InsufficientData
from analysis.reliability import Alpha, alpha_from_covariance
from analysis.tables import ScaleCounts, Tables
from analysis.tree import ReliabilityResult

FEWEST_COMPLETE = 30
"""Complete answers from which alpha and item-total correlations are printed."""
Scale = Callable[[Tables], ScaleCounts]


def questionnaire_reliability(survey: Counted) -> ReliabilityResult:
    """Alpha over all items that belong to a dimension (all scored items where there are no dimensions)."""
    return _reliability_of(survey, None, lambda tables: tables.questionnaire)


def dimension_reliability(survey: Counted) -> dict[str, ReliabilityResult]:
    """Alpha of each dimension that has scored items."""
    return {code: _reliability_of(survey, code, partial(_scale_of, code)) for code in survey.tables.dimensions}


def _scale_of(dimension: str, tables: Tables) -> ScaleCounts:
    return tables.dimensions[dimension].scale


def _reliability_of(survey: Counted, scope: str | None, scale: Scale) -> ReliabilityResult:
    """Alpha over complete cases of the unit, from 30; else of the nearest ancestor that has 30.

    An ancestor's figure is pooled within its reporting units: differences between units are taken out first, so that
    it says what the unit's own would say. Where no ancestor has enough either, or it does not exist: ``refused``.
    """
    own = scale(survey.view)
    n = int(own.n[0])
    if len(own.items) < 2:
        return ReliabilityResult(scope, own.items, n, None, "too_few_items")
    if n >= FEWEST_COMPLETE:
        return _result(scope, own, pooled_covariance(own), n)
    for ancestor in survey.ancestors:
        covariance, people = pooled_covariance(scale(ancestor.apart)), effective_n(scale(ancestor.apart))
        if people >= FEWEST_COMPLETE:
            name = ancestor.manifest.unit(ancestor.unit).name
            return _result(scope, scale(ancestor.view), covariance, people, name)
    return ReliabilityResult(scope, own.items, n, None, "too_few_rows")


def effective_n(scale: ScaleCounts) -> int:
    """Complete cases that a pooled covariance counts for: its degrees of freedom + 1."""
    return int(scale.n.sum()) - int((scale.n > 0).sum()) + 1


def pooled_covariance(scale: ScaleCounts) -> NDArray[np.float64]:
    """Covariances of complete cases pooled within groups; of one group its plain covariances.

    ``S = sum over groups g of sum (x - m_g)(x - m_g)' / (n - number of groups)``, from whole numbers: an item that is
    constant within every group has variance 0 exactly.
    """
    found = np.zeros(scale.products.shape[1:])
    for n, sums, products in zip(scale.n.tolist(), scale.sums, scale.products, strict=True):
        if n:
            found += (n * products - np.outer(sums, sums)) / n
    return found / max(effective_n(scale) - 1, 1)


def _result(
    scope: str | None, scale: ScaleCounts, covariance: NDArray[np.float64], n: int, source: str | None = None
) -> ReliabilityResult:
    means = scale.sums[0] / scale.n[0]
    try:
        alpha: Alpha = alpha_from_covariance(covariance, n, means=means, sds=np.sqrt(np.diag(covariance)))
    except InsufficientData as refusal:
        return ReliabilityResult(scope, scale.items, n, None, refusal.reason, source)
    return ReliabilityResult(scope, scale.items, n, alpha, None, source)
