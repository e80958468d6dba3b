"""Polychoric correlations: what two ordered items would correlate if their levels cut up normal variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from analysis.arrays import Array, answers
from analysis.errors import InsufficientData

LARGEST_RHO = 0.9999
_NODES = 40
_STEPS = 60
_TOLERANCE = 1e-12


@dataclass(frozen=True, slots=True)
class Polychoric:
    correlations: Array
    thresholds: list[Array]
    """Per item: normal quantiles of the cumulative shares of its own answers."""
    positive_definite: bool
    empty_cells: int
    """Empty cells over the tables of all pairs: many of them make single correlations uncertain."""


def polychoric(x: ArrayLike) -> Polychoric:
    """Two-step maximum likelihood for every pair of items (Olsson 1979, Psychometrika 44:443).

    Thresholds come from the margins of the pair's complete table, then rho maximises the likelihood of the table;
    levels nobody used are dropped, empty cells stay empty, nothing is smoothed, abs(rho) <= .9999. Agrees with R
    ``lavaan::lavCor(x, ordered=names(x))`` to 1e-6 or better.

    Parameters: x, n x k, NaN = not answered (left out pair by pair). Raises: InsufficientData("empty") for an item or a
    pair nobody answered, ("too_few_items") under two, ("constant_item") for an item of one level, also within a pair.
    """
    answered = answers(x)
    items = [_coded(column) for column in answered.T]
    tables = {(i, j): _pair_table(items[i], items[j]) for i in range(len(items)) for j in range(i)}
    return polychoric_from_tables(tables, [np.bincount(codes[codes >= 0], minlength=n) for codes, n in items])


def polychoric_from_tables(tables: Mapping[tuple[int, int], ArrayLike], margins: Sequence[ArrayLike]) -> Polychoric:
    """`polychoric` from counts.

    Parameters: tables, one per pair of items (i, j), levels of i (low to high) x levels of j, of the answers that have
    both; margins, answers per level of each item. Raises: as `polychoric`; ValueError for a pair that is missing or
    counts that are none.
    """
    if len(margins) < 2:
        raise InsufficientData("too_few_items")
    pairs = [(i, j) for i in range(len(margins)) for j in range(i)]
    used = [_used(_counts(_table_of(i, j, tables), 2)) for i, j in pairs]
    correlations = np.eye(len(margins))
    for (i, j), rho in zip(pairs, correlations_of_tables(used), strict=True):
        correlations[i, j] = correlations[j, i] = rho
    return Polychoric(
        correlations=correlations,
        thresholds=[_cuts(_used(_counts(margin, 1))) for margin in margins],
        positive_definite=bool(np.linalg.eigvalsh(correlations)[0] > 0),
        empty_cells=sum(int((table == 0).sum()) for table in used),
    )


def _table_of(i: int, j: int, tables: Mapping[tuple[int, int], ArrayLike]) -> ArrayLike:
    """Either way round: turning a table leaves rho as it is."""
    if (i, j) not in tables and (j, i) not in tables:
        raise ValueError(f"there is no table of items {i} and {j}")
    return tables[(i, j) if (i, j) in tables else (j, i)]


def _counts(table: ArrayLike, dimensions: int) -> Array:
    counts = np.asarray(table, float)
    if counts.ndim != dimensions or not (np.isfinite(counts) & (counts >= 0)).all():
        raise ValueError("a table holds numbers of people")
    return counts


def _used(counts: Array) -> Array:
    """Without the levels nobody used. Raises InsufficientData as `polychoric`."""
    if counts.sum() == 0:
        raise InsufficientData("empty")
    for axis in range(counts.ndim):
        counts = np.compress(counts.any(axis=tuple(a for a in range(counts.ndim) if a != axis)), counts, axis)
    if min(counts.shape) < 2:
        raise InsufficientData("constant_item")
    return counts


def correlations_of_tables(tables: Sequence[Array]) -> Array:
    """Rho of each two-way table of counts, all maximised side by side. Tables have no empty row or column."""
    shape = max(table.shape[0] for table in tables), max(table.shape[1] for table in tables)
    counts = np.zeros((len(tables), *shape))
    rows = np.full((len(tables), shape[0] + 1), np.inf)
    columns = np.full((len(tables), shape[1] + 1), np.inf)
    rows[:, 0] = columns[:, 0] = -np.inf
    for position, table in enumerate(tables):
        counts[position, : table.shape[0], : table.shape[1]] = table
        rows[position, 1 : table.shape[0]] = _cuts(table.sum(axis=1))
        columns[position, 1 : table.shape[1]] = _cuts(table.sum(axis=0))
    return _maximise(counts, rows[:, :, None], columns[:, None, :])


def _coded(column: Array) -> tuple[NDArray[np.int64], int]:
    known = ~np.isnan(column)
    if not known.any():
        raise InsufficientData("empty")
    levels, codes = np.unique(column[known], return_inverse=True)
    coded = np.full(column.size, -1)
    coded[known] = codes
    return coded, levels.size


def _pair_table(first: tuple[NDArray[np.int64], int], second: tuple[NDArray[np.int64], int]) -> Array:
    (a, levels_a), (b, levels_b) = first, second
    both = (a >= 0) & (b >= 0)
    joint = a * levels_b + b if both.all() else (a * levels_b + b)[both]
    return np.bincount(joint, minlength=levels_a * levels_b).reshape(levels_a, levels_b).astype(float)


def _cuts(margin: Array) -> Array:
    return np.asarray(ndtri(np.cumsum(margin)[:-1] / margin.sum()), float)


def _maximise(counts: Array, rows: Array, columns: Array) -> Array:
    """Scoring steps on rho, kept inside a bracket where the score changes sign."""
    lower = np.full(counts.shape[0], -LARGEST_RHO)
    upper = -lower
    rho = np.zeros(counts.shape[0])
    for _ in range(_STEPS):
        score, information = _score(rho, counts, rows, columns)
        lower = np.where(score > 0, rho, lower)
        upper = np.where(score > 0, upper, rho)
        step = rho + score / np.maximum(information, 1e-300)
        following = np.where((step > lower) & (step < upper), step, (lower + upper) / 2)
        if np.abs(following - rho).max() < _TOLERANCE:
            break
        rho = following
    return rho


def _score(rho: Array, counts: Array, rows: Array, columns: Array) -> tuple[Array, Array]:
    """Derivative of the log likelihood by rho and its expected square, for each table."""
    probability = np.maximum(_cells(_bivariate_cdf(rows, columns, rho[:, None, None])), 1e-16)
    slope = _cells(_bivariate_density(rows, columns, rho[:, None, None]))
    total = counts.sum(axis=(1, 2))
    return (counts * slope / probability).sum(axis=(1, 2)), total * (slope**2 / probability).sum(axis=(1, 2))


def _cells(corners: Array) -> Array:
    return np.diff(np.diff(corners, axis=1), axis=2)


def _bivariate_density(h: Array, k: Array, rho: Array) -> Array:
    """Density of two standard normals with correlation rho: the derivative of their joint cdf by rho (Plackett)."""
    finite = np.isfinite(h) & np.isfinite(k)
    a, b = np.where(finite, h, 0.0), np.where(finite, k, 0.0)
    rest = 1 - rho**2
    density = np.exp(-(a * a - 2 * rho * a * b + b * b) / (2 * rest)) / (2 * np.pi * np.sqrt(rest))
    return np.where(finite, density, 0.0)


def _bivariate_cdf(h: Array, k: Array, rho: Array) -> Array:
    """P(X <= h, Y <= k): the product of the margins plus the integral of the density from 0 to rho.

    With sin as variable and nodes drawn towards rho, where the integrand bends (Drezner and Wesolowsky 1990).
    """
    finite = np.isfinite(h) & np.isfinite(k)
    a, b = np.where(finite, h, 0.0), np.where(finite, k, 0.0)
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    angle = np.arcsin(rho)
    integral = np.zeros(np.broadcast_shapes(a.shape, rho.shape))
    for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        theta = angle * (1 - node**2)
        sine = np.sin(theta)
        integral += weight * 2 * node * np.exp(-(a * a + b * b - 2 * a * b * sine) / (2 * (1 - sine**2)))
    return np.asarray(ndtr(h) * ndtr(k) + np.where(finite, integral * angle / (2 * np.pi), 0.0), float)
