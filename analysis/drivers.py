"""What goes together with overall satisfaction: relative importance of dimensions. Association, never cause."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import InsufficientData

Array = NDArray[np.float64]
Shares = Callable[[Array], Array]
MOST_PREDICTORS_FOR_LMG = 15
MOST_PREDICTORS_FOR_LMG_INTERVALS = 8


@dataclass(frozen=True, slots=True)
class RelativeImportance:
    r2: float
    lmg: tuple[float, ...] | None
    """Shapley value of R² per predictor; None for more than 15."""
    johnson: tuple[float, ...]
    standardized_beta: tuple[float, ...]
    intervals: tuple[tuple[float, float], ...]
    """95 % intervals of `lmg`, of `johnson` for more than 8 predictors; empty if n does not exceed k + 1."""


def relative_importance(x: ArrayLike, y: ArrayLike, *, draws: int = 1000, seed: int = 0) -> RelativeImportance:
    """Shares of R² by predictor over complete rows.

    LMG averages the increase of R² over all orders (Lindeman, Merenda and Gold 1980), by the Shapley formula over
    subsets; Johnson's relative weights go through the nearest orthogonal predictors (Johnson 2000, Multivariate
    Behavioral Research 35:1). Both sum to R². Intervals: quantiles over Wishart draws of the covariance.
    R ``relaimpo::calc.relimp(type="lmg")``.

    Raises: InsufficientData("too_few_rows") for n <= k + 1, ("constant_item"), ("singular") for collinear predictors.
    """
    predictors, target = np.asarray(x, float), np.asarray(y, float).ravel()
    predictors = predictors.reshape(target.size, -1)
    rows = np.column_stack([predictors, target])
    rows = rows[~np.isnan(rows).any(axis=1)]
    n, k = rows.shape[0], predictors.shape[1]
    if k == 0:
        raise InsufficientData("too_few_items")
    if n <= k + 1:
        raise InsufficientData("too_few_rows" if n else "empty")
    return importance_from_covariance(np.cov(rows, rowvar=False), n, draws=draws, seed=seed)


def importance_from_covariance(covariance: Array, n: int, *, draws: int = 1000, seed: int = 0) -> RelativeImportance:
    """`relative_importance` from the (k+1) x (k+1) covariance matrix of predictors and target (last) over n rows."""
    correlation = _correlation(covariance)
    k = correlation.shape[0] - 1
    if np.linalg.matrix_rank(correlation[:k, :k]) < k:
        raise InsufficientData("singular")
    shares = _lmg if k <= MOST_PREDICTORS_FOR_LMG_INTERVALS else _johnson
    beta = np.linalg.solve(correlation[:k, :k], correlation[:k, k])
    return RelativeImportance(
        r2=float(beta @ correlation[:k, k]),
        lmg=tuple(map(float, _lmg(correlation[None])[0])) if k <= MOST_PREDICTORS_FOR_LMG else None,
        johnson=tuple(map(float, _johnson(correlation[None])[0])),
        standardized_beta=tuple(map(float, beta)),
        intervals=_intervals(shares, covariance, n, draws, seed),
    )


def _correlation(covariance: Array) -> Array:
    spread = np.sqrt(np.diag(covariance))
    if (spread <= 1e-12 * max(spread.max(), 1.0)).any():
        raise InsufficientData("constant_item")
    correlation = covariance / np.outer(spread, spread)
    np.fill_diagonal(correlation, 1.0)
    return np.asarray(correlation, float)


def _lmg(correlations: Array) -> Array:
    """Shapley shares of R² for a stack of correlation matrices, d x (k+1) x (k+1) -> d x k."""
    d, k = correlations.shape[0], correlations.shape[1] - 1
    r2 = np.zeros((d, 1 << k))
    members = [[j for j in range(k) if subset >> j & 1] for subset in range(1 << k)]
    for size in range(1, k + 1):
        subsets = [subset for subset in range(1 << k) if len(members[subset]) == size]
        chosen = np.array([members[subset] for subset in subsets])
        within = correlations[:, chosen[:, :, None], chosen[:, None, :]]
        with_target = correlations[:, chosen, k]
        beta = np.linalg.solve(within, with_target[..., None])[..., 0]
        r2[:, subsets] = (beta * with_target).sum(axis=-1)
    weight = _shapley_weights(k)
    sizes = np.array([len(chosen) for chosen in members])
    shares = np.empty((d, k))
    for j in range(k):
        without = np.array([subset for subset in range(1 << k) if not subset >> j & 1])
        shares[:, j] = ((r2[:, without | 1 << j] - r2[:, without]) * weight[sizes[without]]).sum(axis=1)
    return shares


def _shapley_weights(k: int) -> Array:
    """Weight of a subset of each size: |S|! (k - |S| - 1)! / k!."""
    return np.array([1 / (k * comb(k - 1, size)) for size in range(k)] + [0.0])


def _johnson(correlations: Array) -> Array:
    """Johnson's relative weights for a stack of correlation matrices, d x (k+1) x (k+1) -> d x k."""
    k = correlations.shape[1] - 1
    values, vectors = np.linalg.eigh(correlations[:, :k, :k])
    root = np.sqrt(np.clip(values, 0.0, None))
    link = np.einsum("dij,dj,dkj->dik", vectors, root, vectors)
    beta = np.linalg.solve(link, correlations[:, :k, k][..., None])[..., 0]
    return np.asarray(np.einsum("dij,dj->di", link**2, beta**2), float)


def _intervals(shares: Shares, covariance: Array, n: int, draws: int, seed: int) -> tuple[tuple[float, float], ...]:
    k = covariance.shape[0] - 1
    if draws < 1 or n - 1 < k + 1:
        return ()
    factor = np.linalg.cholesky(covariance + 1e-12 * np.trace(covariance) * np.eye(k + 1))
    normal = np.random.default_rng(seed).standard_normal((draws, k + 1, k + 1))
    degrees = n - 1 - np.arange(k + 1)
    chi = np.sqrt(np.random.default_rng(seed + 1).chisquare(degrees, (draws, k + 1)))
    bartlett = np.tril(normal, -1)
    bartlett[:, np.arange(k + 1), np.arange(k + 1)] = chi
    wishart = factor @ bartlett
    drawn = wishart @ wishart.transpose(0, 2, 1)
    spread = np.sqrt(np.einsum("dii->di", drawn))
    estimates = shares(drawn / (spread[:, :, None] * spread[:, None, :]))
    lower, upper = np.quantile(estimates, [0.025, 0.975], axis=0)
    return tuple(zip(map(float, lower), map(float, upper), strict=True))
