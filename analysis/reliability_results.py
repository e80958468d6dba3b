"""Reliability of the questionnaire and its dimensions for one unit: its own where it may be printed, else borrowed.

The statistic is `reliability.cronbach_alpha`; here stands who it is computed from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from analysis.dataset import SealedDataset
from analysis.errors import InsufficientData
from analysis.reliability import Alpha, alpha_from_covariance, cronbach_alpha
from analysis.tree import ReliabilityResult
from instruments.model import Instrument

FEWEST_COMPLETE = 30
"""Complete answers from which alpha and item-total correlations are printed."""
ROUNDING_NOISE = 1e-9
"""Of a level less its unit's mean; an item that is constant within units is to have variance 0."""


def questionnaire_reliability(dataset: SealedDataset) -> ReliabilityResult:
    """Alpha over all items that belong to a dimension (all scored items where there are no dimensions)."""
    return reliability_of(dataset, None, whole_scale(dataset.instrument))


def dimension_reliability(dataset: SealedDataset) -> dict[str, ReliabilityResult]:
    """Alpha of each dimension that has scored items."""
    members = {
        dimension.code: _unconditional(dataset.instrument, dimension.code)
        for dimension in dataset.instrument.dimensions
        if dataset.instrument.items_of(dimension.code)
    }
    return {code: reliability_of(dataset, code, items) for code, items in members.items()}


def whole_scale(instrument: Instrument) -> tuple[str, ...]:
    """Items that the questionnaire's own alpha is made of: those of dimensions, asked of everybody."""
    items = [item for item in instrument.scored_items if item.visible_if is None]
    within = [item.code for item in items if item.dimension is not None]
    return tuple(within or [item.code for item in items])


def _unconditional(instrument: Instrument, dimension: str) -> tuple[str, ...]:
    return tuple(item.code for item in instrument.items_of(dimension) if item.visible_if is None)


def reliability_of(dataset: SealedDataset, scope: str | None, items: Sequence[str]) -> ReliabilityResult:
    """Alpha of these items over complete cases of the unit, from 30; else of the nearest ancestor that has 30.

    An ancestor's figure is pooled within its reporting units: differences between units are taken out first, so that
    it says what the unit's own would say. Where no ancestor has enough either, or it does not exist: ``refused``.
    """
    codes = tuple(items)
    x, _ = _complete(dataset, codes)
    if len(codes) < 2:
        return ReliabilityResult(scope, codes, len(x), None, "too_few_items")
    if len(x) >= FEWEST_COMPLETE:
        return _result(scope, codes, len(x), partial(cronbach_alpha, x))
    for ancestor in dataset.ancestors:
        above, units = _complete(ancestor, codes)
        covariance, n = pooled_covariance(above, units)
        if n >= FEWEST_COMPLETE:
            means, sds = above.mean(axis=0), np.sqrt(np.diag(covariance))
            alpha = partial(alpha_from_covariance, covariance, n, means=means, sds=sds)
            return _result(scope, codes, n, alpha, ancestor.manifest.unit(ancestor.unit).name)
    return ReliabilityResult(scope, codes, len(x), None, "too_few_rows")


def pooled_covariance(x: NDArray[np.float64], units: NDArray[np.int16]) -> tuple[NDArray[np.float64], int]:
    """Covariances of complete rows pooled within units, and the rows they count for: degrees of freedom + 1.

    ``S = sum over units u of sum (x - m_u)(x - m_u)' / (n - number of units)``.
    """
    present, positions = np.unique(units, return_inverse=True)
    freedom = len(x) - present.size
    sums = np.zeros((present.size, x.shape[1]))
    np.add.at(sums, positions, x)
    means = sums / np.bincount(positions, minlength=present.size)[:, None]
    within = x - means[positions]
    within[np.abs(within) < ROUNDING_NOISE] = 0.0
    covariance: NDArray[np.float64] = within.T @ within / max(freedom, 1)
    return covariance, freedom + 1


def _complete(dataset: SealedDataset, codes: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.int16]]:
    x = dataset.matrix(codes)
    complete = ~np.isnan(x).any(axis=1)
    return x[complete], dataset.units[complete]


def _result(
    scope: str | None, codes: tuple[str, ...], n: int, alpha: Callable[[], Alpha], source: str | None = None
) -> ReliabilityResult:
    try:
        return ReliabilityResult(scope, codes, n, alpha(), None, source)
    except InsufficientData as refusal:
        return ReliabilityResult(scope, codes, n, None, refusal.reason, source)
