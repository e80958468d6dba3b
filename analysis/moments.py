"""Means, covariances and correlations: of complete rows in one pass, and as matrices that callers bring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.arrays import Array, as_table, complete_among
from analysis.errors import InsufficientData

_CHUNK = 4096
_BLOCK = 256
"""Rows multiplied at once: few enough that no second thread is woken, whose waiting costs more than it saves."""
_ALIKE = 1e-14
"""Answers this close to each other, relative to their size, differ by rounding only."""
_SYMMETRIC = 1e-8


@dataclass(frozen=True, slots=True)
class Moments:
    n: int
    means: Array
    covariance: Array
    """Divisor n - 1; an item that is constant has zeros exactly."""


def complete_moments(x: ArrayLike) -> Moments:
    """Of the rows without a gap, read once in pieces that fit a processor's cache.

    Answers are counted from the first complete row: whole numbers stay exact, a constant item is exactly 0, and the
    variances lose at most log10(n) digits of sixteen. Raises: InsufficientData("empty"), ("too_few_rows") under two.
    """
    values = as_table(x)
    n, k = 0, values.shape[1]
    shift, sums, products = np.zeros(k), np.zeros(k), np.zeros((k, k))
    for start in range(0, values.shape[0], _CHUNK):
        piece = values[start : start + _CHUNK]
        piece = piece[complete_among(piece)]
        if piece.shape[0] and not n:
            shift = piece[0].copy()
        piece -= shift
        n += piece.shape[0]
        sums += piece.sum(axis=0)
        for at in range(0, piece.shape[0], _BLOCK):
            block = piece[at : at + _BLOCK]
            products += block.T @ block
    if n < 2:
        raise InsufficientData("too_few_rows" if n else "empty")
    varies = np.diag(products) > n * (_ALIKE * shift) ** 2
    covariance = (products - np.outer(sums, sums) / n) / (n - 1)
    return Moments(n, shift + sums / n, np.where(np.outer(varies, varies), covariance, 0.0))


def correlation_of(x: ArrayLike) -> tuple[Array, int]:
    """Pearson correlations of the complete rows, and how many these are.

    Raises: InsufficientData("empty"), ("too_few_rows") under three, ("constant_item").
    """
    moments = complete_moments(x)
    if moments.n < 3:
        raise InsufficientData("too_few_rows")
    return correlations(moments.covariance), moments.n


def correlations(covariance: Array) -> Array:
    """Of a covariance matrix. Raises InsufficientData("constant_item") where a variance is 0."""
    spread = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    if (spread == 0).any():
        raise InsufficientData("constant_item")
    found = covariance / spread / spread[:, None]
    np.fill_diagonal(found, 1.0)
    return np.asarray(found, float)


def covariance_matrix(covariance: ArrayLike) -> Array:
    """k x k as floats. Raises ValueError unless square, finite, symmetric, without negative variances."""
    matrix = np.asarray(covariance, float)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not np.isfinite(matrix).all():
        raise ValueError("a matrix of covariances is square and finite")
    if (np.diag(matrix) < 0).any() or np.abs(matrix - matrix.T).max(initial=0.0) > _SYMMETRIC * np.abs(matrix).max(
        initial=0.0
    ):
        raise ValueError("a matrix of covariances is symmetric, with variances in the diagonal")
    return matrix


def correlation_matrix(r: ArrayLike) -> Array:
    """k x k as floats. Raises ValueError unless it can be a matrix of correlations."""
    matrix = covariance_matrix(r)
    if np.abs(np.diag(matrix) - 1).max(initial=0.0) > _SYMMETRIC or np.abs(matrix).max(initial=0.0) > 1 + _SYMMETRIC:
        raise ValueError("a matrix of correlations has ones in the diagonal and none above one")
    return matrix


def inverse(matrix: Array) -> Array:
    """Raises InsufficientData("singular") where one item is, but for rounding, a sum of others."""
    if np.linalg.cond(matrix) > 1e12:
        raise InsufficientData("singular", "an item is a sum of others")
    return np.asarray(np.linalg.inv(matrix), float)
