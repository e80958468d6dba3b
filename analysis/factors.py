"""Exploratory factor analysis: minimum residuals, rotations, number of factors. Confirming one is `confirm`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.confirm import Fit, Invariance, InvarianceVerdict, confirm, invariance
from analysis.errors import InsufficientData

__all__ = [
    "Factors", "Fit", "Invariance", "InvarianceVerdict", "ParallelAnalysis", "confirm", "explore",
    "explore_correlation", "invariance", "parallel_analysis",
]  # fmt: skip

Array = NDArray[np.float64]
Rotation = Literal["oblimin", "varimax", "none"]
LEAST_UNIQUENESS = 0.005


@dataclass(frozen=True, slots=True)
class Factors:
    loadings: Array
    """k items x m factors (the pattern where factors are correlated)."""
    uniqueness: Array
    phi: Array
    """m x m correlations of the factors; the identity for orthogonal ones."""
    variance: Array
    """Share of the items' total variance that each factor accounts for."""


def explore(x: ArrayLike, n_factors: int, *, rotation: Rotation = "oblimin") -> Factors:
    """Minimum-residual factors of the complete rows' Pearson correlations, rotated.

    Minres: Harman and Jones (1966), Psychometrika 31:351; uniqueness kept in [.005, 1]. Varimax with Kaiser's
    normalisation, oblimin (quartimin, gamma 0) without. Factors by sum of squared loadings, column sums positive.
    Agrees with R ``psych::fa(x, m, fm="minres", rotate=...)`` run to convergence.

    Raises: InsufficientData("too_few_items") unless 0 < m < k, ("too_few_rows") under 3 rows, ("constant_item").
    """
    return explore_correlation(correlation_of(x), n_factors, rotation=rotation)


def explore_correlation(r: ArrayLike, n_factors: int, *, rotation: Rotation = "oblimin") -> Factors:
    """`explore` from a k x k correlation matrix."""
    correlation = np.asarray(r, float)
    if not 0 < n_factors < correlation.shape[0]:
        raise InsufficientData("too_few_items", f"{n_factors} factors of {correlation.shape[0]} items")
    unrotated = minres_loadings(correlation, n_factors)
    loadings, phi = _ROTATIONS["none" if n_factors == 1 else rotation](unrotated)
    order = np.argsort(-(loadings**2).sum(axis=0), kind="stable")
    sign = np.where(loadings[:, order].sum(axis=0) < 0, -1.0, 1.0)
    loadings, phi = loadings[:, order] * sign, phi[np.ix_(order, order)] * np.outer(sign, sign)
    return Factors(
        loadings=loadings,
        uniqueness=1 - (unrotated**2).sum(axis=1),
        phi=phi,
        variance=np.diag(phi @ loadings.T @ loadings) / loadings.shape[0],
    )


def correlation_of(x: ArrayLike) -> Array:
    """Pearson correlations of the complete rows. Raises InsufficientData as `explore`."""
    answers = np.asarray(x, float)
    complete = answers[~np.isnan(answers).any(axis=1)]
    if complete.shape[0] < 3:
        raise InsufficientData("too_few_rows" if complete.shape[0] else "empty")
    spread = complete.std(axis=0)
    if (spread <= 1e-12 * np.maximum(1.0, np.abs(complete).max(axis=0))).any():
        raise InsufficientData("constant_item")
    correlation = np.corrcoef(complete, rowvar=False)
    return np.atleast_2d(np.asarray(correlation, float))


def minres_loadings(r: Array, n_factors: int) -> Array:
    """Unrotated loadings (principal axes, column sums positive) that leave the smallest off-diagonal residuals."""
    from scipy.optimize import minimize

    def misfit(uniqueness: Array) -> tuple[float, Array]:
        values, vectors = np.linalg.eigh(r - np.diag(uniqueness))
        rest, axes = values[:-n_factors], vectors[:, :-n_factors]
        return float((rest**2).sum() / 2), -(axes**2 @ rest)

    bounds = [(LEAST_UNIQUENESS, 1.0)] * r.shape[0]
    found = minimize(
        misfit, _first_uniqueness(r), jac=True, method="L-BFGS-B", bounds=bounds,
        options={"maxiter": 10_000, "maxfun": 100_000, "ftol": 1e-16, "gtol": 1e-9, "maxcor": 30},
    )  # fmt: skip
    return _principal_axes(r, _polish(r, np.asarray(found.x, float), n_factors), n_factors)


def _first_uniqueness(r: Array) -> Array:
    """1 - squared multiple correlation, one half where R is singular."""
    if np.linalg.cond(r) > 1e12:
        return np.full(r.shape[0], 0.5)
    return np.clip(1 / np.diag(np.linalg.inv(r)), LEAST_UNIQUENESS, 1.0)


def _polish(r: Array, uniqueness: Array, n_factors: int) -> Array:
    """Newton steps on the free uniquenesses with Jöreskog's approximate second derivatives."""
    for _ in range(50):
        values, vectors = np.linalg.eigh(r - np.diag(uniqueness))
        rest, axes = values[:-n_factors], vectors[:, :-n_factors]
        slope = -(axes**2 @ rest)
        free = (uniqueness > LEAST_UNIQUENESS) & (uniqueness < 1.0) | (uniqueness <= LEAST_UNIQUENESS) & (slope < 0)
        curvature = (axes @ axes.T)[np.ix_(free, free)] ** 2
        step = np.zeros_like(uniqueness)
        step[free] = np.linalg.lstsq(curvature, slope[free], rcond=None)[0]
        if np.abs(step).max(initial=0.0) < 1e-13:
            break
        moved = np.clip(uniqueness - step, LEAST_UNIQUENESS, 1.0)
        if _rest_misfit(r, moved, n_factors) > (rest**2).sum() * (1 + 1e-12):
            break
        uniqueness = moved
    return uniqueness


def _rest_misfit(r: Array, uniqueness: Array, n_factors: int) -> float:
    return float((np.linalg.eigvalsh(r - np.diag(uniqueness))[:-n_factors] ** 2).sum())


def _principal_axes(r: Array, uniqueness: Array, n_factors: int) -> Array:
    values, vectors = np.linalg.eigh(r - np.diag(uniqueness))
    order = np.argsort(-values)[:n_factors]
    loadings = vectors[:, order] * np.sqrt(np.clip(values[order], 0.0, None))
    return np.asarray(loadings * np.where(loadings.sum(axis=0) < 0, -1.0, 1.0), float)


def _unrotated(loadings: Array) -> tuple[Array, Array]:
    return loadings, np.eye(loadings.shape[1])


def _varimax(loadings: Array) -> tuple[Array, Array]:
    """Kaiser (1958), Psychometrika 23:187, by singular value decomposition."""
    length = np.sqrt((loadings**2).sum(axis=1))
    normal = loadings / np.where(length > 0, length, 1.0)[:, None]
    turn, reached = np.eye(loadings.shape[1]), 0.0
    for _ in range(10_000):
        turned = normal @ turn
        u, values, v = np.linalg.svd(normal.T @ (turned**3 - turned * (turned**2).mean(axis=0)))
        turn = u @ v
        if values.sum() < reached * (1 + 1e-15):
            break
        reached = float(values.sum())
    return loadings @ turn, np.eye(loadings.shape[1])


def _oblimin(loadings: Array) -> tuple[Array, Array]:
    """Quartimin by gradient projection (Jennrich 2002, Psychometrika 67:7)."""
    m = loadings.shape[1]
    other = 1 - np.eye(m)

    def criterion(turn: Array) -> tuple[float, Array, Array]:
        inverse = np.linalg.inv(turn)
        pattern = loadings @ inverse.T
        squares = pattern**2
        slope = pattern * (squares @ other)
        return float((squares * (squares @ other)).sum() / 4), -(pattern.T @ slope @ inverse).T, pattern

    turn, pace = np.eye(m), 1.0
    value, slope, pattern = criterion(turn)
    for _ in range(20_000):
        tangent = slope - turn * (turn * slope).sum(axis=0)
        size = float(np.sqrt((tangent**2).sum()))
        if size < 1e-9:
            break
        pace *= 2
        for _ in range(60):
            moved = turn - pace * tangent
            moved = moved / np.sqrt((moved**2).sum(axis=0))
            following = criterion(moved)
            if following[0] < value - size**2 * pace / 2:
                break
            pace /= 2
        else:
            break
        turn, (value, slope, pattern) = moved, following
    return pattern, turn.T @ turn


_ROTATIONS = {"none": _unrotated, "varimax": _varimax, "oblimin": _oblimin}


@dataclass(frozen=True, slots=True)
class ParallelAnalysis:
    n_factors: int
    n_components: int
    eigenvalues: Array
    """Of the items' correlations, largest first."""


def parallel_analysis(x: ArrayLike, *, seed: int, iterations: int = 100, quantile: float = 0.95) -> ParallelAnalysis:
    """How many factors and components exceed those of random data (Horn 1965, Psychometrika 30:179).

    Random data: normal, of the same n and k. Components compare eigenvalues of R; factors those of R with the
    communalities of one minres factor in the diagonal. Counted up to the first that does not exceed. R
    ``psych::fa.parallel``.
    """
    answers = np.asarray(x, float)
    n = int((~np.isnan(answers).any(axis=1)).sum())
    real = correlation_of(answers)
    k = real.shape[0]
    if k < 2:
        raise InsufficientData("too_few_items")
    rng = np.random.default_rng(seed)
    drawn = [correlation_of(rng.standard_normal((n, k))) for _ in range(iterations)]
    components = np.quantile([_eigenvalues(r) for r in drawn], quantile, axis=0)
    factors = np.quantile([_reduced_eigenvalues(r) for r in drawn], quantile, axis=0)
    return ParallelAnalysis(
        n_factors=_leading(_reduced_eigenvalues(real) > factors),
        n_components=_leading(_eigenvalues(real) > components),
        eigenvalues=_eigenvalues(real),
    )


def _eigenvalues(r: Array) -> Array:
    return np.asarray(np.linalg.eigvalsh(r)[::-1], float)


def _reduced_eigenvalues(r: Array) -> Array:
    communality = (minres_loadings(r, 1) ** 2).sum(axis=1)
    return _eigenvalues(r - np.diag(1 - communality))


def _leading(exceeds: NDArray[np.bool_]) -> int:
    return int(exceeds.size if exceeds.all() else np.argmin(exceeds))
