"""How many factors a questionnaire has: its eigenvalues against those of random answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.arrays import Array, whole
from analysis.errors import InsufficientData
from analysis.explore import minres_loadings
from analysis.moments import correlation_matrix, correlation_of, correlations
from analysis.wishart import wishart


@dataclass(frozen=True, slots=True)
class ParallelAnalysis:
    n_factors: int
    n_components: int
    eigenvalues: Array
    """Of the items' correlations, largest first."""


def parallel_analysis(x: ArrayLike, *, seed: int, iterations: int = 100, quantile: float = 0.95) -> ParallelAnalysis:
    """How many factors and components exceed those of random data (Horn 1965, Psychometrika 30:179).

    Random data: normal, of the same n and k. Components compare eigenvalues of R; factors those of R with the
    communalities of one minres factor in the diagonal. Counted up to the first that does not exceed the quantile over
    the iterations. R ``psych::fa.parallel``.

    Raises: InsufficientData("empty"), ("too_few_rows") under three, ("constant_item"), ("too_few_items") under two
    items; ValueError for no iteration or a quantile outside [0, 1].
    """
    real, n = correlation_of(x)
    return parallel_analysis_from_correlation(real, n, seed=seed, iterations=iterations, quantile=quantile)


def parallel_analysis_from_correlation(
    r: ArrayLike, n: int, *, seed: int, iterations: int = 100, quantile: float = 0.95
) -> ParallelAnalysis:
    """`parallel_analysis` from a k x k correlation matrix of n rows.

    Random correlations come from Wishart covariances: distributed as those of n x k normal answers, at a cost that does
    not grow with n.
    """
    real = correlation_matrix(r)
    if iterations < 1 or not 0 <= quantile <= 1:
        raise ValueError(f"{iterations} iterations, quantile {quantile}")
    if real.shape[0] < 2:
        raise InsufficientData("too_few_items")
    if whole(n, "n") < 3:
        raise InsufficientData("too_few_rows" if n else "empty")
    drawn = [correlations(one) for one in wishart(real.shape[0], n - 1, iterations, seed=seed)]
    components = np.quantile([_eigenvalues(one) for one in drawn], quantile, axis=0)
    factors = np.quantile([_eigenvalues(_reduced(one)) for one in drawn], quantile, axis=0)
    return ParallelAnalysis(
        n_factors=_leading(_eigenvalues(_reduced(real)) > factors),
        n_components=_leading(_eigenvalues(real) > components),
        eigenvalues=_eigenvalues(real),
    )


def _eigenvalues(r: Array) -> Array:
    return np.asarray(np.linalg.eigvalsh(r)[::-1], float)


def _reduced(r: Array) -> Array:
    """With the communalities of one factor in the diagonal."""
    found = r.copy()
    np.fill_diagonal(found, (minres_loadings(r, 1) ** 2).sum(axis=1))
    return found


def _leading(exceeds: NDArray[np.bool_]) -> int:
    return int(exceeds.size if exceeds.all() else np.argmin(exceeds))
