"""Reliability from splitting a scale: Guttman's lambdas, split halves. Public through `reliability`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from math import sqrt
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.arrays import Array
from analysis.errors import InsufficientData, Reason
from analysis.moments import complete_moments, correlations

Metric = Literal["covariance", "correlation"]
ALL_SPLITS_UP_TO = 16
SAMPLED_SPLITS = 10_000


@dataclass(frozen=True, slots=True)
class Guttman:
    lambda1: float
    lambda2: float
    lambda3: float
    lambda4: float
    """Of the best split into halves."""
    lambda5: float
    lambda6: float | None
    """None where an item is a sum of others."""
    exhaustive: bool
    """All splits were tried for lambda4."""
    reasons: Mapping[str, Reason] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SplitHalf:
    odd_even_rulon: float
    odd_even_spearman_brown: float | None
    """None where a half does not vary."""
    maximum: float
    minimum: float
    mean: float
    n_splits: int
    exhaustive: bool
    reasons: Mapping[str, Reason] = field(default_factory=dict)


def guttman(x: ArrayLike, *, metric: Metric = "covariance") -> Guttman:
    """Guttman's six lower bounds of reliability (Guttman 1945, Psychometrika 10:255) over complete rows.

    With C the covariances (correlations), V = 1'C1, D = C without its diagonal: ``l1 = 1 - tr C/V``,
    ``l2 = l1 + sqrt(k/(k-1) sum D²)/V``, ``l3 = k/(k-1) l1`` (alpha), ``l4 = max 4 cov(A, B)/V`` over all splits into
    floor(k/2) and ceil(k/2) items, 10,000 seeded ones for k > 16, ``l5 = l1 + 2 sqrt(max colsum D²)/V``,
    ``l6 = 1 - sum(1/diag(C^-1))/V``. Agrees with R ``psych::guttman`` on correlations for even k; for odd k psych 2.2.9
    visits half of the splits.

    Raises: InsufficientData("empty" | "too_few_rows" | "too_few_items"), ("constant_item") where fewer than
    two items vary, or for correlations one does not, ("singular") where the sum of the items does not vary.
    """
    C = _matrix(x, metric)
    k, V = C.shape[0], float(C.sum())
    off = C - np.diag(np.diag(C))
    first = 1 - float(np.trace(C)) / V
    splits, exhaustive = _splits(k, seed=0)
    smallest = _unique_variance(C)
    return Guttman(
        lambda1=first,
        lambda2=first + sqrt(k / (k - 1) * float((off**2).sum())) / V,
        lambda3=first * k / (k - 1),
        lambda4=float(_rulon(C, splits).max()),
        lambda5=first + 2 * sqrt(float((off**2).sum(axis=0).max())) / V,
        lambda6=None if smallest is None else 1 - smallest / V,
        exhaustive=exhaustive,
        reasons={"lambda6": "singular"} if smallest is None else {},
    )


def split_half(x: ArrayLike, *, metric: Metric = "covariance", seed: int = 0) -> SplitHalf:
    """Split-half reliability over complete rows: odd against even items, and over the splits of `guttman`.

    Flanagan-Rulon ``4 cov(A, B) / var(A + B)`` (Rulon 1939); Spearman-Brown ``2r / (1 + r)``. R ``psych::splitHalf``
    (which works on correlations) for even k. Raises: as `guttman`.
    """
    C = _matrix(x, metric)
    odd = (np.arange(C.shape[0]) % 2 == 0).astype(float)
    splits, exhaustive = _splits(C.shape[0], seed=seed)
    values = _rulon(C, splits)
    stepped_up = _spearman_brown(C, odd)
    return SplitHalf(
        odd_even_rulon=float(_rulon(C, odd[None, :])[0]),
        odd_even_spearman_brown=stepped_up,
        maximum=float(values.max()),
        minimum=float(values.min()),
        mean=float(values.mean()),
        n_splits=values.size,
        exhaustive=exhaustive,
        reasons={"odd_even_spearman_brown": "constant_item"} if stepped_up is None else {},
    )


def _matrix(x: ArrayLike, metric: Metric) -> Array:
    if metric not in ("covariance", "correlation"):
        raise ValueError(f"metric is covariance or correlation, not {metric}")
    C = complete_moments(x).covariance
    if C.shape[0] < 2:
        raise InsufficientData("too_few_items")
    if (np.diag(C) > 0).sum() < 2:
        raise InsufficientData("constant_item")
    if metric == "correlation":
        C = correlations(C)
    if C.sum() <= 1e-12 * np.abs(C).sum():
        raise InsufficientData("singular", "the sum of the items does not vary")
    return C


def _splits(k: int, *, seed: int) -> tuple[Array, bool]:
    """One row per split, 1 for the items of its first half; all distinct ones, or a seeded sample."""
    if k > ALL_SPLITS_UP_TO:
        half = (np.arange(k) < k // 2).astype(float)
        rng = np.random.default_rng(seed)
        return rng.permuted(np.tile(half, (SAMPLED_SPLITS, 1)), axis=1), False
    fixed = () if k % 2 else (0,)
    halves = [fixed + rest for rest in combinations(range(len(fixed), k), k // 2 - len(fixed))]
    splits = np.zeros((len(halves), k))
    splits[np.arange(len(halves))[:, None], np.array(halves)] = 1.0
    return splits, True


def _rulon(C: Array, splits: Array) -> Array:
    between = ((splits @ C) * (1 - splits)).sum(axis=1)
    return np.asarray(4 * between / C.sum(), float)


def _spearman_brown(C: Array, half: Array) -> float | None:
    own, other, between = half @ C @ half, (1 - half) @ C @ (1 - half), half @ C @ (1 - half)
    if min(own, other) <= 1e-12 * float(np.abs(C).sum()):
        return None
    r = float(between / sqrt(own * other))
    return 2 * r / (1 + r) if r > -1 else None


def _unique_variance(C: Array) -> float | None:
    """Sum of what each item keeps to itself; None where C cannot be inverted."""
    spread = np.sqrt(np.diag(C))
    if (spread <= 0).any():
        return None
    R = C / np.outer(spread, spread)
    if np.linalg.cond(R) > 1e12:
        return None
    return float((np.diag(C) / np.diag(np.linalg.inv(R))).sum())
