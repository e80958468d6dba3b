"""Validity of a scale: is it fit for factoring, and do its factors hold together and stand apart?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from analysis.arrays import Array, as_table, whole
from analysis.confirm import Fit, confirm, confirm_from_covariance
from analysis.distributions import chi_square_above
from analysis.errors import InsufficientData, Reason
from analysis.explore import Factors, explore, explore_correlation
from analysis.invariance import Invariance, InvarianceVerdict, invariance, invariance_from_moments
from analysis.latent import Structure, items_of
from analysis.moments import correlation_matrix, correlation_of, inverse
from analysis.parallel import ParallelAnalysis, parallel_analysis, parallel_analysis_from_correlation

__all__ = [
    "Factors", "Fit", "Invariance", "InvarianceVerdict", "ParallelAnalysis", "SamplingAdequacy", "Sphericity",
    "average_variance_extracted", "bartlett", "bartlett_from_correlation", "composite_reliability", "confirm",
    "confirm_from_covariance", "explore", "explore_correlation", "fornell_larcker", "htmt",
    "htmt_from_correlation", "invariance", "invariance_from_moments", "kmo", "kmo_from_correlation",
    "parallel_analysis", "parallel_analysis_from_correlation",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class SamplingAdequacy:
    overall: float
    items: tuple[float | None, ...]
    """None for an item that is correlated with no other."""
    reasons: Mapping[str, Reason] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sphericity:
    chi2: float
    df: int
    p: float


def kmo(x: ArrayLike) -> SamplingAdequacy:
    """Kaiser-Meyer-Olkin measure over complete rows (Kaiser 1974, Psychometrika 39:31). R ``psych::KMO``.

    Raises: InsufficientData("empty"), ("too_few_rows") under three, ("too_few_items") under two items,
    ("constant_item"), ("singular") where an item is a sum of others or no two are correlated.
    """
    return kmo_from_correlation(correlation_of(x)[0])


def kmo_from_correlation(r: ArrayLike) -> SamplingAdequacy:
    """`kmo` from a k x k correlation matrix: ``sum r² / (sum r² + sum q²)``, q the partial correlations."""
    correlation = _of_several(r)
    precision = inverse(correlation)
    scale = np.sqrt(np.diag(precision))
    off = ~np.eye(correlation.shape[0], dtype=bool)
    shared = np.where(off, correlation, 0.0) ** 2
    left = np.where(off, precision / np.outer(scale, scale), 0.0) ** 2
    if not shared.any():
        raise InsufficientData("singular", "no two items are correlated")
    both = shared.sum(axis=1) + left.sum(axis=1)
    items = [float(s / b) if b > 0 else None for s, b in zip(shared.sum(axis=1), both, strict=True)]
    return SamplingAdequacy(
        overall=float(shared.sum() / both.sum()),
        items=tuple(items),
        reasons={f"items[{i}]": "singular" for i, item in enumerate(items) if item is None},
    )


def bartlett(x: ArrayLike) -> Sphericity:
    """Bartlett's test that no items are correlated: ``-(n - 1 - (2k + 5)/6) ln|R|`` over complete rows (Bartlett 1951).

    Agrees with R ``psych::cortest.bartlett(cor(x), n)``. Raises: as `kmo`.
    """
    return bartlett_from_correlation(*correlation_of(x))


def bartlett_from_correlation(r: ArrayLike, n: int) -> Sphericity:
    """`bartlett` from a k x k correlation matrix of n rows."""
    correlation = _of_several(r)
    inverse(correlation)
    k = correlation.shape[0]
    chi2 = -(whole(n, "n") - 1 - (2 * k + 5) / 6) * float(np.linalg.slogdet(correlation)[1])
    df = k * (k - 1) // 2
    return Sphericity(chi2, df, chi_square_above(chi2, df))


def average_variance_extracted(loadings: ArrayLike) -> float:
    """Mean squared standardised loading (Fornell and Larcker 1981, J. Marketing Research 18:39)."""
    return float((_loadings(loadings) ** 2).mean())


def composite_reliability(loadings: ArrayLike) -> float:
    """``(sum l)² / ((sum l)² + sum (1 - l²))`` of standardised loadings (Fornell and Larcker 1981)."""
    values = _loadings(loadings)
    common, rest = float(values.sum() ** 2), float((1 - values**2).sum())
    if common + rest == 0:
        raise InsufficientData("singular", "the sum of the items does not vary")
    return common / (common + rest)


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
    factors in key order. Agrees with R ``semTools::htmt(htmt2=FALSE)``.

    Parameters: x, n x k; structure, factor name -> column indices; rows complete over its columns.
    Raises: InsufficientData("empty"), ("too_few_rows") under three, ("constant_item"), ("too_few_items") for a factor
    of one item, ("singular") where items within a factor do not correlate at all; ValueError as `confirm`.
    """
    values = as_table(x)
    used = items_of(structure, values.shape[1])
    places = {name: [used.index(item) for item in items] for name, items in structure.items()}
    _two_items_each(structure)
    return htmt_from_correlation(correlation_of(values[:, used])[0], places)


def htmt_from_correlation(r: ArrayLike, structure: Structure) -> Array:
    """`htmt` from a k x k correlation matrix; structure names its rows."""
    correlation = np.abs(correlation_matrix(r))
    items_of(structure, correlation.shape[0])
    _two_items_each(structure)
    groups = [list(items) for items in structure.values()]
    within = [float(correlation[np.ix_(g, g)][np.triu_indices(len(g), 1)].mean()) for g in groups]
    if min(within) <= 0:
        raise InsufficientData("singular", "items of a factor do not correlate")
    ratios = np.eye(len(groups))
    for i, first in enumerate(groups):
        for j in range(i):
            between = float(correlation[np.ix_(first, groups[j])].mean())
            ratios[i, j] = ratios[j, i] = between / (within[i] * within[j]) ** 0.5
    return ratios


def _two_items_each(structure: Structure) -> None:
    if any(len(items) < 2 for items in structure.values()):
        raise InsufficientData("too_few_items", "a factor has one item")


def _loadings(loadings: ArrayLike) -> Array:
    values = np.asarray(loadings, float).ravel()
    if values.size == 0:
        raise InsufficientData("too_few_items")
    if not np.isfinite(values).all():
        raise ValueError("a loading is a number")
    return values


def _of_several(r: ArrayLike) -> Array:
    correlation = correlation_matrix(r)
    if correlation.shape[0] < 2:
        raise InsufficientData("too_few_items")
    return correlation
