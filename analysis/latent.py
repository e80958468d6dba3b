"""Models of latent factors fitted to moments by maximum likelihood: where parameters stand, how far, which way down.

What is fitted, and what the fit says, is in `confirm` and `invariance`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.arrays import Array
from analysis.errors import InsufficientData
from analysis.moments import Moments

Structure = Mapping[str, Sequence[int]]
Numbers = NDArray[np.intp]
_STEPS = 300
_GRADIENT = 1e-9
_ROUNDING = 1e-12
_STRONGEST_DAMPING = 1e12


@dataclass(frozen=True, slots=True)
class Group:
    """Size, means, and covariances with divisor n, in units that all groups share."""

    n: int
    means: Array
    covariance: Array


@dataclass(frozen=True, slots=True)
class Places:
    """Numbers in theta of one group's free parameters; no intercepts: the means are free and fit exactly."""

    loadings: Numbers
    phi: Numbers
    pairs: tuple[Numbers, Numbers]
    """The factors each phi belongs to."""
    residuals: Numbers
    intercepts: Numbers
    factor_means: Numbers


@dataclass(frozen=True, slots=True)
class Model:
    """Factors with variance 1 (free where loadings are shared with an earlier group), one loading per cell."""

    items: int
    factors: int
    cells: tuple[Numbers, Numbers]
    """Item and factor of each loading."""
    noisy: Numbers
    """Items with a residual variance: all but the only item of a factor, which is the factor."""
    groups: tuple[Places, ...]
    size: int


@dataclass(frozen=True, slots=True)
class Implied:
    """What a theta says of one group, and how far that is from the group."""

    loadings: Array
    phi: Array
    factor_means: Array
    covariance: Array
    inverse: Array
    away: Array
    """Observed minus implied means."""
    discrepancy: float


def items_of(structure: Structure, columns: int) -> list[int]:
    """Columns that a structure uses, ascending.

    Raises: InsufficientData("too_few_items") for no factor or an empty one; ValueError for a column that is not there,
    or twice in a factor.
    """
    if not structure or any(len(items) == 0 for items in structure.values()):
        raise InsufficientData("too_few_items", "a factor has no items")
    if any(len(set(items)) < len(items) for items in structure.values()):
        raise ValueError("an item stands twice in a factor")
    used = sorted({item for items in structure.values() for item in items})
    if not set(used) <= set(range(columns)):
        raise ValueError(f"the structure names another column than 0 to {columns - 1}")
    return used


def model_of(
    structure: Structure, groups: int = 1, *, equal_loadings: bool = False, equal_means: bool = False
) -> Model:
    """Parameters of the structure in each group; `equal_means`: intercepts are shared, later factor means free.

    Raises: InsufficientData("too_few_items") where there are more of them than moments.
    """
    used = sorted({item for items in structure.values() for item in items})
    rows = np.array([used.index(item) for items in structure.values() for item in items])
    factors = np.repeat(np.arange(len(structure)), [len(items) for items in structure.values()])
    alone = {used.index(items[0]) for items in structure.values() if len(items) == 1}
    noisy = np.array([item for item in range(len(used)) if item not in alone], np.intp)
    k, m, size, places = len(used), len(structure), 0, list[Places]()

    def numbers(count: int) -> Numbers:
        nonlocal size
        size += count
        return np.arange(size - count, size)

    for position in range(groups):
        first = places[0] if places else None
        pairs = np.tril_indices(m, 0 if first and equal_loadings else -1)
        places.append(
            Places(
                loadings=first.loadings if first and equal_loadings else numbers(rows.size),
                phi=numbers(pairs[0].size),
                pairs=pairs,
                residuals=numbers(noisy.size),
                intercepts=first.intercepts if first else numbers(k if equal_means else 0),
                factor_means=numbers(m if position and equal_means else 0),
            )
        )
    model = Model(k, m, (rows, factors), noisy, tuple(places), size)
    if degrees_of_freedom(model) < 0:
        raise InsufficientData("too_few_items", "more parameters than the items can tell")
    return model


def degrees_of_freedom(model: Model) -> int:
    k, with_means = model.items, bool(model.groups[0].intercepts.size)
    return len(model.groups) * (k * (k + 1) // 2 + (k if with_means else 0)) - model.size


def in_shared_units(groups: Sequence[Moments]) -> list[Group]:
    """Groups around the first one's means, by the spread within all of them: a fit is the same in any units.

    Raises: InsufficientData("too_few_rows") unless every group has more rows than items, ("constant_item").
    """
    if any(group.n <= group.means.size for group in groups):
        raise InsufficientData("too_few_rows")
    if any((np.diag(group.covariance) <= 0).any() for group in groups):
        raise InsufficientData("constant_item")
    within = sum((np.diag(group.covariance) * group.n for group in groups), np.zeros(groups[0].means.size))
    spread = np.sqrt(within / sum(group.n for group in groups))
    return [
        Group(
            group.n,
            (group.means - groups[0].means) / spread,
            group.covariance / np.outer(spread, spread) * (group.n - 1) / group.n,
        )
        for group in groups
    ]


def estimate(groups: Sequence[Group], model: Model) -> list[Implied]:
    """What the parameters of the smallest discrepancy imply for each group.

    By Fisher scoring, damped where a step leads up (Marquardt 1963). Raises: InsufficientData("singular") where a
    group's items depend on each other, ("no_convergence").
    """
    if any(np.linalg.cond(group.covariance) > 1e12 for group in groups):
        raise InsufficientData("singular", "an item is a sum of others")
    for start in (_start_from_axes, _start_from_halfway):
        found = _descend(groups, model, start(groups, model))
        if found is not None:
            return found
    raise InsufficientData("no_convergence")


def _descend(groups: Sequence[Group], model: Model, theta: Array) -> list[Implied] | None:
    """None where the way down has no end, such as a residual variance that falls for ever."""
    found, damping = _implied(groups, model, theta), 0.0
    for _ in range(_STEPS):
        gradient, information = _scoring(groups, model, found)
        if np.abs(gradient).max() < _GRADIENT:
            return found
        ridge = np.maximum(np.diag(information), 1e-12)
        while damping < _STRONGEST_DAMPING:
            moved = theta - np.linalg.solve(information + np.diag((damping + _ROUNDING) * ridge), gradient)
            following = _implied(groups, model, moved)
            if following and _total(groups, following) <= _total(groups, found) + _ROUNDING:
                break
            damping = max(10 * damping, 1e-4)
        else:
            return None
        theta, found, damping = moved, following, damping / 10 if damping > 1e-6 else 0.0
    return None


def _total(groups: Sequence[Group], found: Sequence[Implied]) -> float:
    """Discrepancy per person."""
    people = sum(group.n for group in groups)
    return sum(group.n * one.discrepancy for group, one in zip(groups, found, strict=True)) / people


def _implied(groups: Sequence[Group], model: Model, theta: Array) -> list[Implied]:
    """Of every group; empty where theta implies what cannot be a covariance matrix."""
    found = []
    for group, places in zip(groups, model.groups, strict=True):
        loadings, phi, means = np.zeros((model.items, model.factors)), np.eye(model.factors), np.zeros(model.factors)
        loadings[model.cells] = theta[places.loadings]
        phi[places.pairs] = phi[places.pairs[::-1]] = theta[places.phi]
        if places.factor_means.size:
            means = theta[places.factor_means]
        covariance = loadings @ phi @ loadings.T
        covariance[model.noisy, model.noisy] += theta[places.residuals]
        try:
            logarithm = 2 * float(np.log(np.diag(np.linalg.cholesky(covariance))).sum())
        except np.linalg.LinAlgError:
            return []
        inverse = np.asarray(np.linalg.inv(covariance), float)
        with_means = places.intercepts.size > 0
        away = group.means - theta[places.intercepts] - loadings @ means if with_means else np.zeros(model.items)
        distance = float((inverse * group.covariance).sum() + away @ inverse @ away) - model.items
        discrepancy = logarithm - float(np.linalg.slogdet(group.covariance)[1]) + distance
        found.append(Implied(loadings, phi, means, covariance, inverse, away, discrepancy))
    return found


def _scoring(groups: Sequence[Group], model: Model, found: Sequence[Implied]) -> tuple[Array, Array]:
    """Gradient of half the discrepancy per person and its expected second derivatives.

    Every derivative of the implied covariances is ``u v' + v u'``. So with W their inverse the information of two
    parameters, ``tr(W dS W dS) / 2``, is ``(u'Wu)(v'Wv) + (u'Wv)(v'Wu)``: no matrix per parameter is needed.
    """
    gradient, information = np.zeros(model.size), np.zeros((model.size, model.size))
    people = sum(group.n for group in groups)
    for group, places, now in zip(groups, model.groups, found, strict=True):
        share, unit, W = group.n / people, np.eye(model.items), now.inverse
        (rows, columns), (first, second) = model.cells, places.pairs
        halves = np.where(first == second, 0.5, 1.0)[:, None]
        U = np.vstack([unit[rows], now.loadings.T[first] * halves, unit[model.noisy] / 2])
        V = np.vstack([(now.loadings @ now.phi).T[columns], now.loadings.T[second], unit[model.noisy]])
        own = np.concatenate([places.loadings, places.phi, places.residuals])
        weight = W @ (now.covariance - group.covariance - np.outer(now.away, now.away)) @ W
        gradient[own] += share * ((U @ weight) * V).sum(axis=1)
        WU, WV = U @ W, V @ W
        crossed = WU @ V.T
        information[np.ix_(own, own)] += share * ((WU @ U.T) * (WV @ V.T) + crossed * crossed.T)
        if places.intercepts.size:
            D = np.vstack([unit[rows] * now.factor_means[columns, None], unit, now.loadings.T])
            own = np.concatenate([places.loadings, places.intercepts, places.factor_means])
            D = D[: own.size]
            gradient[own] -= share * (D @ W @ now.away)
            information[np.ix_(own, own)] += share * (D @ W @ D.T)
    return gradient, information


def _start_from_axes(groups: Sequence[Group], model: Model) -> Array:
    """From the first axis of each factor's items: loadings a little shorter, factors as these sums correlate."""
    theta = np.zeros(model.size)
    for group, places in reversed(list(zip(groups, model.groups, strict=True))):
        spread = np.sqrt(np.diag(group.covariance))
        R = group.covariance / np.outer(spread, spread)
        loadings, weights = np.zeros((model.items, model.factors)), np.zeros((model.items, model.factors))
        for f in range(model.factors):
            mine = model.cells[0][model.cells[1] == f]
            values, vectors = np.linalg.eigh(R[np.ix_(mine, mine)])
            axis = vectors[:, -1] * np.sign(vectors[np.abs(vectors[:, -1]).argmax(), -1])
            weights[mine, f] = axis
            loadings[mine, f] = np.clip(axis * np.sqrt(values[-1]), -0.95, 0.95) * (0.85 if mine.size > 1 else 1 / 0.95)
        common = weights.T @ R @ weights
        phi = common / np.sqrt(np.outer(np.diag(common), np.diag(common)))
        theta[places.loadings] = (loadings * spread[:, None])[model.cells]
        theta[places.phi] = np.where(places.pairs[0] == places.pairs[1], 1.0, 0.8 * phi[places.pairs])
        explained = np.einsum("if,fg,ig->i", loadings, phi, loadings)
        theta[places.residuals] = (np.clip(1 - explained, 0.3, 1.0) * spread**2)[model.noisy]
        if places.intercepts.size:
            theta[places.intercepts] = group.means
    return theta


def _start_from_halfway(groups: Sequence[Group], model: Model) -> Array:
    """All loadings positive and equal, factors that correlate a little: farther away, but far from any edge."""
    theta = _start_from_axes(groups, model)
    for group, places in reversed(list(zip(groups, model.groups, strict=True))):
        spread = np.sqrt(np.diag(group.covariance))
        theta[places.loadings] = 0.6 * spread[model.cells[0]]
        theta[places.phi] = np.where(places.pairs[0] == places.pairs[1], 1.0, 0.3)
        theta[places.residuals] = 0.5 * spread[model.noisy] ** 2
    return theta
