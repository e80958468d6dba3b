"""Random covariance matrices: what n rows of normal answers would give, without the rows."""

from __future__ import annotations

import numpy as np

from analysis.arrays import Array


def wishart(k: int, degrees: int, draws: int, *, seed: int) -> Array:
    """Sums of squares and products of `degrees` independent standard normal rows of k, draws x k x k.

    By the triangular factor of chi and normal variables (Bartlett 1933); from the rows themselves where these are fewer
    than k and the matrix has no full rank.
    """
    rng = np.random.default_rng(seed)
    if degrees < k:
        rows = rng.standard_normal((draws, degrees, k))
        return np.asarray(rows.transpose(0, 2, 1) @ rows, float)
    factor = np.tril(rng.standard_normal((draws, k, k)), -1)
    place = np.arange(k)
    factor[:, place, place] = np.sqrt(rng.chisquare(degrees - place, (draws, k)))
    return np.asarray(factor @ factor.transpose(0, 2, 1), float)
