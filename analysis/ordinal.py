"""Proportional-odds model of two groups: one number for how much higher the answers of the later one lie."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from analysis.distributions import two_sided_normal
from analysis.errors import InsufficientData

Array = NDArray[np.float64]
_STEPS = 100
_DECREMENT = 1e-20


@dataclass(frozen=True, slots=True)
class OrdinalLogit:
    beta: float
    """Log odds ratio of a higher level, later against earlier."""
    se: float
    p: float


def ordinal_logit(earlier: NDArray[np.int64], later: NDArray[np.int64]) -> OrdinalLogit:
    """``logit P(Y <= level) = threshold - beta [later]`` by maximum likelihood from answers per level, low to high.

    McCullagh 1980, JRSS B 42:109. Agrees with R ``ordinal::clm(y ~ later)``; p is Wald's. Unused levels are dropped.

    Raises: InsufficientData("constant_item") for a single used level, ("separated") where no later answer is below an
    earlier one, or none above: beta has no bound then; ("no_convergence").
    """
    used = (earlier + later) > 0
    counts = np.vstack([earlier[used], later[used]]).astype(float)
    if counts.shape[1] < 2:
        raise InsufficientData("constant_item")
    if _is_separated(counts):
        raise InsufficientData("separated")
    cumulative = np.cumsum(counts.sum(axis=0))[:-1] / counts.sum()
    point = np.append(np.log(cumulative / (1 - cumulative)), 0.0)
    value, gradient, information = _likelihood(point, counts)
    for _ in range(_STEPS):
        step = np.asarray(np.linalg.solve(information, gradient), float)
        decrement = float(gradient @ step)
        if decrement < _DECREMENT:
            break
        point, (value, gradient, information) = _better(point, step, value, counts)
    else:
        raise InsufficientData("no_convergence")
    se = sqrt(float(np.linalg.inv(information)[-1, -1]))
    return OrdinalLogit(float(point[-1]), se, two_sided_normal(float(point[-1]) / se))


def _is_separated(counts: Array) -> bool:
    (low0, high0), (low1, high1) = ((np.flatnonzero(row)[0], np.flatnonzero(row)[-1]) for row in counts)
    return bool(high0 <= low1 or high1 <= low0)


def _better(point: Array, step: Array, value: float, counts: Array) -> tuple[Array, tuple[float, Array, Array]]:
    """Newton's step, halved while it leaves the ordered thresholds or lowers the likelihood."""
    for _ in range(60):
        moved = point + step
        if (np.diff(moved[:-1]) > 0).all():
            found = _likelihood(moved, counts)
            if found[0] >= value - 1e-12 * abs(value):
                return moved, found
        step = step / 2
    raise InsufficientData("no_convergence")


def _likelihood(point: Array, counts: Array) -> tuple[float, Array, Array]:
    """Log likelihood, its gradient and the observed information at (thresholds, beta). It is concave.

    A share is ``expit(b) - expit(a) = expit(b) expit(-a) (1 - e^(a-b))``: nothing is lost where both are near 1.
    """
    k = point.size
    value, gradient, information = 0.0, np.zeros(k), np.zeros((k, k))
    for later, row in enumerate(counts):
        predictors = np.hstack([np.eye(k - 1), np.full((k - 1, 1), -float(later))])
        at = predictors @ point
        below, above = expit(at), expit(-at)
        density = below * above
        shares = np.append(below, 1.0) * np.append(1.0, above)
        shares[1:-1] *= -np.expm1(at[:-1] - at[1:])
        slope = row[:-1] / shares[:-1] - row[1:] / shares[1:]
        bend = row / shares**2
        curvature = np.diag(bend[:-1] + bend[1:]) - np.diag(bend[1:-1], 1) - np.diag(bend[1:-1], -1)
        inner = np.outer(density, density) * curvature - np.diag(slope * density * (above - below))
        value += float(row @ np.log(shares))
        gradient += predictors.T @ (slope * density)
        information += predictors.T @ inner @ predictors
    return value, gradient, information
