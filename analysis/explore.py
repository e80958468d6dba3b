"""Exploratory factor analysis: minimum residuals and rotations. How many factors is in `parallel`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.arrays import Array
from analysis.errors import InsufficientData
from analysis.moments import correlation_matrix, correlation_of

Rotation = Literal["oblimin", "varimax", "none"]
LEAST_UNIQUENESS = 0.005
MOST_TURNS = 1_000
"""Of a rotation, as GPArotation: where there is little structure to find it would go on and on."""
_STEPS = 300
_FLAT = 1e-12
_ROUNDING = 1e-15
_STRONGEST_DAMPING = 1e8


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

    Raises: InsufficientData("empty"), ("too_few_rows") under 3 rows, ("constant_item"), ("too_few_items") unless there
    are fewer factors than items; ValueError for no factor or another rotation.
    """
    return explore_correlation(correlation_of(x)[0], n_factors, rotation=rotation)


def explore_correlation(r: ArrayLike, n_factors: int, *, rotation: Rotation = "oblimin") -> Factors:
    """`explore` from a k x k correlation matrix."""
    correlation = correlation_matrix(r)
    if n_factors < 1 or rotation not in _ROTATIONS:
        raise ValueError(f"{n_factors} factors, rotated by {rotation}")
    if n_factors >= correlation.shape[0]:
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


def minres_loadings(r: Array, n_factors: int) -> Array:
    """Unrotated loadings (principal axes, column sums positive) that leave the smallest off-diagonal residuals.

    Newton steps on the uniquenesses, within their bounds, damped where they lead up.
    """
    uniqueness, damping = _first_uniqueness(r), 0.0
    now = _misfit(r, uniqueness, n_factors)
    for _ in range(_STEPS):
        free = ~((uniqueness <= LEAST_UNIQUENESS) & (now.slope > 0) | (uniqueness >= 1.0) & (now.slope < 0))
        if np.abs(now.slope[free]).max(initial=0.0) < _FLAT:
            break
        damping = max(damping, _up_to_convex(now.curvature[np.ix_(free, free)]))
        while damping < _STRONGEST_DAMPING:
            moved = _moved(uniqueness, now, free, damping)
            following = _misfit(r, moved, n_factors)
            if following.value <= now.value + _ROUNDING:
                break
            damping = max(10 * damping, 1e-4)
        else:
            break
        uniqueness, now, damping = moved, following, damping / 10 if damping > 1e-6 else 0.0
    return _principal_axes(r, uniqueness, n_factors)


@dataclass(frozen=True, slots=True)
class _Misfit:
    """Half the sum of the squared eigenvalues that the factors leave, and its derivatives by the uniquenesses."""

    value: float
    slope: Array
    curvature: Array


def _misfit(r: Array, uniqueness: Array, n_factors: int) -> _Misfit:
    values, vectors = np.linalg.eigh(r - np.diag(uniqueness))
    rest, axes = values[:-n_factors], vectors[:, :-n_factors]
    gaps = np.minimum(rest[:, None] - values[-n_factors:], -1e-12)
    crossed = (axes[:, :, None] * vectors[:, None, -n_factors:]).reshape(uniqueness.size, -1)
    curvature = (axes @ axes.T) ** 2 + crossed * (2 * rest[:, None] / gaps).ravel() @ crossed.T
    return _Misfit(float(rest @ rest) / 2, -(axes**2 @ rest), curvature)


def _up_to_convex(curvature: Array) -> float:
    lowest = float(np.linalg.eigvalsh(curvature)[0])
    return 0.0 if lowest > 1e-8 else 1e-3 * float(np.diag(curvature).mean()) - lowest


def _moved(uniqueness: Array, now: _Misfit, free: NDArray[np.bool_], damping: float) -> Array:
    inner = now.curvature[np.ix_(free, free)] + damping * np.eye(int(free.sum()))
    moved = uniqueness.copy()
    moved[free] -= np.linalg.solve(inner, now.slope[free])
    return np.clip(moved, LEAST_UNIQUENESS, 1.0)


def _first_uniqueness(r: Array) -> Array:
    """1 - squared multiple correlation, one half where R is singular."""
    if np.linalg.cond(r) > 1e12:
        return np.full(r.shape[0], 0.5)
    return np.clip(1 / np.diag(np.linalg.inv(r)), LEAST_UNIQUENESS, 1.0)


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
        if values.sum() <= reached * (1 + 1e-15):
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
    for _ in range(MOST_TURNS):
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
