"""What goes together with overall satisfaction: relative importance of dimensions. Association, never cause."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import ArrayLike

from analysis.arrays import Array, Interval, whole
from analysis.errors import InsufficientData
from analysis.moments import complete_moments, correlations, covariance_matrix, inverse
from analysis.wishart import wishart

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
    """95 % intervals of `lmg`, of `johnson` for more than 8 predictors; empty for no draws."""
    share_intervals: tuple[tuple[float, float], ...]
    """The same of their shares, which add up to 1."""


def relative_importance(x: ArrayLike, y: ArrayLike, *, draws: int = 1000, seed: int = 0) -> RelativeImportance:
    """Shares of R² by predictor over complete rows.

    LMG averages the increase of R² over all orders (Lindeman, Merenda and Gold 1980), by the Shapley formula over
    subsets; Johnson's relative weights go through the nearest orthogonal predictors (Johnson 2000, Multivariate
    Behavioral Research 35:1). Both sum to R². Intervals: quantiles over Wishart draws of the covariance; those of
    shares are of each draw's parts over that draw's own R², since both move together. R
    ``relaimpo::calc.relimp(type="lmg")``.

    Raises: InsufficientData("empty"), ("too_few_rows") for n <= k + 1, ("too_few_items") without predictors,
    ("constant_item"), ("singular") for collinear predictors; ValueError unless x and y have the same rows.
    """
    predictors, target = np.asarray(x, float), np.asarray(y, float).ravel()
    if predictors.ndim == 1:
        predictors = predictors[:, None]
    if predictors.ndim != 2 or predictors.shape[0] != target.size:
        raise ValueError("every row of predictors has its target")
    moments = complete_moments(np.column_stack([predictors, target]))
    return importance_from_covariance(moments.covariance, moments.n, draws=draws, seed=seed)


def importance_from_covariance(
    covariance: ArrayLike, n: int, *, draws: int = 1000, seed: int = 0
) -> RelativeImportance:
    """`relative_importance` from the (k+1) x (k+1) covariance matrix of predictors and target (last) over n rows."""
    C = covariance_matrix(covariance)
    k = C.shape[0] - 1
    if k < 1:
        raise InsufficientData("too_few_items")
    if whole(n, "n") <= k + 1:
        raise InsufficientData("too_few_rows" if n else "empty")
    R = correlations(C)
    precision = inverse(R[:k, :k])
    beta = precision @ R[:k, k]
    shares = _lmg if k <= MOST_PREDICTORS_FOR_LMG_INTERVALS else _johnson
    drawn = _drawn(shares, R, n, draws, seed) if draws > 0 else np.empty((0, k))
    return RelativeImportance(
        r2=float(beta @ R[:k, k]),
        lmg=tuple(map(float, _lmg(R[None])[0])) if k <= MOST_PREDICTORS_FOR_LMG else None,
        johnson=tuple(map(float, _johnson(R[None])[0])),
        standardized_beta=tuple(map(float, beta)),
        intervals=_intervals(drawn),
        share_intervals=_intervals(drawn / drawn.sum(axis=1, keepdims=True)),
    )


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


def _drawn(shares: Shares, R: Array, n: int, draws: int, seed: int) -> Array:
    """Parts of R² in Wishart draws of the covariance, draws x k."""
    values, vectors = np.linalg.eigh(R)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    drawn = root @ wishart(R.shape[0], n - 1, draws, seed=seed) @ root.T
    spread = np.sqrt(np.einsum("dii->di", drawn))
    return shares(drawn / (spread[:, :, None] * spread[:, None, :]))


def _intervals(estimates: Array) -> tuple[Interval, ...]:
    if not estimates.size:
        return ()
    lower, upper = np.quantile(estimates, [0.025, 0.975], axis=0)
    return tuple(zip(map(float, lower), map(float, upper), strict=True))
