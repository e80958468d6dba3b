"""Validity of a scale: is it fit for factoring, and do its factors hold together and stand apart?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincc

from analysis.errors import InsufficientData
from analysis.factors import correlation_of

Array = NDArray[np.float64]
Structure = Mapping[str, Sequence[int]]


@dataclass(frozen=True, slots=True)
class SamplingAdequacy:
    overall: float
    items: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Sphericity:
    chi2: float
    df: int
    p: float


def kmo(x: ArrayLike) -> SamplingAdequacy:
    """Kaiser-Meyer-Olkin measure over complete rows (Kaiser 1974, Psychometrika 39:31). R ``psych::KMO``.

    Raises: InsufficientData("too_few_items") under two items, ("too_few_rows"), ("constant_item"), ("singular").
    """
    return kmo_from_correlation(correlation_of(x))


def kmo_from_correlation(r: ArrayLike) -> SamplingAdequacy:
    """`kmo` from a k x k correlation matrix: ``sum r² / (sum r² + sum q²)``, q the partial correlations."""
    correlation = _regular(r)
    inverse = np.linalg.inv(correlation)
    scale = np.sqrt(np.diag(inverse))
    partial = inverse / np.outer(scale, scale)
    off = ~np.eye(correlation.shape[0], dtype=bool)
    shared, left = np.where(off, correlation, 0.0) ** 2, np.where(off, partial, 0.0) ** 2
    if not shared.any():
        raise InsufficientData("singular", "no two items are correlated")
    items = shared.sum(axis=1) / (shared.sum(axis=1) + left.sum(axis=1))
    return SamplingAdequacy(float(shared.sum() / (shared.sum() + left.sum())), tuple(map(float, items)))


def bartlett(x: ArrayLike) -> Sphericity:
    """Bartlett's test that no items are correlated: ``-(n - 1 - (2k + 5)/6) ln|R|`` over complete rows (Bartlett 1951).

    Agrees with R ``psych::cortest.bartlett(cor(x), n)``. Raises: as `kmo`.
    """
    answers = np.asarray(x, float)
    n = int((~np.isnan(answers).any(axis=1)).sum())
    correlation = _regular(correlation_of(answers))
    k = correlation.shape[0]
    chi2 = -(n - 1 - (2 * k + 5) / 6) * float(np.linalg.slogdet(correlation)[1])
    df = k * (k - 1) // 2
    return Sphericity(chi2, df, float(gammaincc(df / 2, max(chi2, 0.0) / 2)))


def average_variance_extracted(loadings: ArrayLike) -> float:
    """Mean squared standardised loading (Fornell and Larcker 1981, J. Marketing Research 18:39)."""
    return float((_loadings(loadings) ** 2).mean())


def composite_reliability(loadings: ArrayLike) -> float:
    """``(sum l)² / ((sum l)² + sum (1 - l²))`` of standardised loadings (Fornell and Larcker 1981)."""
    values = _loadings(loadings)
    common = float(values.sum() ** 2)
    return common / (common + float((1 - values**2).sum()))


def fornell_larcker(loadings: Mapping[str, ArrayLike], phi: ArrayLike) -> Array:
    """Square roots of AVE in the diagonal, correlations of the factors beside it; factors in key order.

    Discriminant validity holds where a diagonal value exceeds all others in its row and column.
    """
    matrix = np.array(phi, float)
    if matrix.shape != (len(loadings), len(loadings)):
        raise ValueError("phi needs one row and column for each factor")
    np.fill_diagonal(matrix, [average_variance_extracted(values) ** 0.5 for values in loadings.values()])
    return matrix


def htmt(x: ArrayLike, structure: Structure) -> Array:
    """Heterotrait-monotrait ratio of absolute correlations over complete rows (Henseler et al. 2015).

    Mean correlation between the items of two factors over the geometric mean of those within; ones in the diagonal,
    factors in key order. Agrees with R ``semTools::htmt(htmt2=FALSE)``. Raises: InsufficientData("too_few_items") for
    a factor of one item, ("singular") where items within a factor do not correlate at all.
    """
    columns = [list(items) for items in structure.values()]
    if any(len(items) < 2 for items in columns):
        raise InsufficientData("too_few_items")
    used = sorted({item for items in columns for item in items})
    place = {item: position for position, item in enumerate(used)}
    correlation = np.abs(correlation_of(np.asarray(x, float)[:, used]))
    groups = [[place[item] for item in items] for items in columns]
    within = [float(correlation[np.ix_(g, g)][np.triu_indices(len(g), 1)].mean()) for g in groups]
    if min(within) <= 0:
        raise InsufficientData("singular")
    ratios = np.eye(len(groups))
    for i, first in enumerate(groups):
        for j in range(i):
            between = float(correlation[np.ix_(first, groups[j])].mean())
            ratios[i, j] = ratios[j, i] = between / (within[i] * within[j]) ** 0.5
    return ratios


def _loadings(loadings: ArrayLike) -> Array:
    values = np.asarray(loadings, float).ravel()
    if values.size == 0:
        raise InsufficientData("too_few_items")
    return values


def _regular(r: ArrayLike) -> Array:
    correlation = np.asarray(r, float)
    if correlation.ndim != 2 or correlation.shape[0] < 2:
        raise InsufficientData("too_few_items")
    sign, logarithm = np.linalg.slogdet(correlation)
    if sign <= 0 or logarithm < log(1e-14) or np.linalg.cond(correlation) > 1e12:
        raise InsufficientData("singular")
    return correlation
