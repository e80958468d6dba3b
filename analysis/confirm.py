"""Confirmatory factor analysis by maximum likelihood, in one group or several with equal parameters."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincc

from analysis.errors import InsufficientData

Array = NDArray[np.float64]
Structure = Mapping[str, Sequence[int]]
_STEPS = 500
_GRADIENT = 1e-9


@dataclass(frozen=True, slots=True)
class Fit:
    chi2: float
    df: int
    p: float
    cfi: float
    tli: float
    rmsea: float
    rmsea_ci: tuple[float, float]
    """90 %."""
    srmr: float
    loadings: Array
    """Standardised, items used (in column order) x factors; zero where a factor does not load. First group."""
    phi: Array
    """Correlations of the factors in the first group."""


class InvarianceVerdict(StrEnum):
    """The strongest equality over groups that still holds."""

    NONE = "none"
    CONFIGURAL = "configural"
    METRIC = "metric"
    SCALAR = "scalar"


@dataclass(frozen=True, slots=True)
class Invariance:
    configural: Fit
    metric: Fit
    scalar: Fit
    verdict: InvarianceVerdict


@dataclass(frozen=True, slots=True)
class _Group:
    """Sufficient statistics of one group: size, means, covariances with divisor n."""

    n: int
    mean: Array
    covariance: Array


@dataclass(frozen=True, slots=True)
class _Model:
    """Which parameter stands where: per group an index into theta for each free entry."""

    size: int
    loadings: tuple[tuple[tuple[int, int, int], ...], ...]
    phi: tuple[tuple[tuple[int, int, int], ...], ...]
    residuals: tuple[tuple[int, ...], ...]
    intercepts: tuple[tuple[int, ...], ...]
    factor_means: tuple[tuple[int, ...], ...]
    factors: int


def confirm(x: ArrayLike, structure: Structure) -> Fit:
    """Fit a structure of correlated factors to the complete rows of its columns.

    Factor variances are 1, every loading is free; ``chi2 = n F`` with the normal-theory discrepancy F and covariances
    of divisor n (Jöreskog 1969, Psychometrika 34:183). Agrees with R ``lavaan::cfa(model, x, std.lv=TRUE)``.

    Parameters: x, n x k; structure, factor name -> column indices. Raises: InsufficientData("too_few_items") without
    degrees of freedom, ("too_few_rows"), ("constant_item"), ("singular"), ("no_convergence").
    """
    used = _columns(structure)
    group = _summary(np.asarray(x, float)[:, used])
    return _fit([group], _model(structure, used, groups=1, level="configural", means=False), means=False)


def invariance(x: ArrayLike, structure: Structure, groups: Sequence[Hashable]) -> Invariance:
    """Do the items mean the same in every group? Equal form, then equal loadings, then equal intercepts.

    Mean structure included, factor means and variances free in all groups but the first. A step holds while CFI falls
    by at most .010 and RMSEA rises by at most .015 (smallest group under 150: .005, .010; Chen 2007, Struct. Equ.
    Modeling 14:464); the configural model holds at CFI >= .90 and RMSEA <= .10. Agrees with R ``lavaan::cfa(group=,
    group.equal=)``.

    Parameters: groups, one label per row of x. Raises: as `confirm`; ValueError for fewer than two groups.
    """
    used = _columns(structure)
    answers = np.asarray(x, float)[:, used]
    labels = list(dict.fromkeys(groups))
    if len(labels) < 2:
        raise ValueError("invariance compares at least two groups")
    member = np.array([labels.index(label) for label in groups])
    summaries = [_summary(answers[member == position]) for position in range(len(labels))]
    configural, metric, scalar = (
        _fit(summaries, _model(structure, used, groups=len(labels), level=level, means=True), means=True)
        for level in ("configural", "metric", "scalar")
    )
    verdict = _verdict((configural, metric, scalar), min(group.n for group in summaries))
    return Invariance(configural, metric, scalar, verdict)


def _verdict(fits: Sequence[Fit], smallest_group: int) -> InvarianceVerdict:
    fall, rise = (0.005, 0.010) if smallest_group < 150 else (0.010, 0.015)
    if fits[0].cfi < 0.90 or fits[0].rmsea > 0.10:
        return InvarianceVerdict.NONE
    reached = InvarianceVerdict.CONFIGURAL
    for looser, stricter, name in zip(fits, fits[1:], ("metric", "scalar"), strict=False):
        if stricter.cfi - looser.cfi < -fall or stricter.rmsea - looser.rmsea > rise:
            return reached
        reached = InvarianceVerdict(name)
    return reached


def _columns(structure: Structure) -> list[int]:
    if not structure or any(len(items) == 0 for items in structure.values()):
        raise InsufficientData("too_few_items")
    return sorted({item for items in structure.values() for item in items})


def _summary(answers: Array) -> _Group:
    complete = answers[~np.isnan(answers).any(axis=1)]
    n, k = complete.shape
    if n <= k:
        raise InsufficientData("too_few_rows" if n else "empty")
    covariance = np.atleast_2d(np.cov(complete, rowvar=False, bias=True))
    if (np.diag(covariance) <= 1e-12).any():
        raise InsufficientData("constant_item")
    if np.linalg.cond(covariance) > 1e12:
        raise InsufficientData("singular")
    return _Group(n, complete.mean(axis=0), np.asarray(covariance, float))


def _model(structure: Structure, used: list[int], *, groups: int, level: str, means: bool) -> _Model:
    place = {item: position for position, item in enumerate(used)}
    cells = [(place[item], f) for f, items in enumerate(structure.values()) for item in items]
    m, k = len(structure), len(used)
    equal_loadings, equal_intercepts = level != "configural", level == "scalar"
    size = 0

    def numbers(count: int) -> list[int]:
        nonlocal size
        size += count
        return list(range(size - count, size))

    shared_loadings = numbers(len(cells)) if equal_loadings else []
    shared_intercepts = numbers(k) if equal_intercepts else []
    loadings: list[tuple[tuple[int, int, int], ...]] = []
    phi: list[tuple[tuple[int, int, int], ...]] = []
    residuals: list[tuple[int, ...]] = []
    intercepts: list[tuple[int, ...]] = []
    factor_means: list[tuple[int, ...]] = []
    for group in range(groups):
        free_scale = equal_loadings and group > 0
        places = [(i, j) for i in range(m) for j in range(i + 1) if i != j or free_scale]
        own = shared_loadings or numbers(len(cells))
        loadings.append(tuple((row, f, number) for (row, f), number in zip(cells, own, strict=True)))
        phi.append(tuple((i, j, number) for (i, j), number in zip(places, numbers(len(places)), strict=True)))
        residuals.append(tuple(numbers(k)))
        intercepts.append(tuple(shared_intercepts or numbers(k)) if means else ())
        factor_means.append(tuple(numbers(m)) if equal_intercepts and group > 0 else ())
    return _Model(
        size, tuple(loadings), tuple(phi), tuple(residuals), tuple(intercepts), tuple(factor_means), factors=m
    )


def _matrices(model: _Model, theta: Array, group: int, k: int) -> tuple[Array, Array, Array, Array, Array]:
    loadings, phi = np.zeros((k, model.factors)), np.eye(model.factors)
    for row, f, number in model.loadings[group]:
        loadings[row, f] = theta[number]
    for i, j, number in model.phi[group]:
        phi[i, j] = phi[j, i] = theta[number]
    intercepts, factor_means = np.zeros(k), np.zeros(model.factors)
    if model.intercepts[group]:
        intercepts = theta[list(model.intercepts[group])]
    if model.factor_means[group]:
        factor_means = theta[list(model.factor_means[group])]
    return loadings, phi, theta[list(model.residuals[group])], intercepts, factor_means


def _derivatives(model: _Model, theta: Array, group: int, k: int) -> tuple[list[int], Array, Array]:
    """Numbers of the group's parameters and, for each, the derivative of covariances (q x k x k) and means (q x k)."""
    loadings, phi, _, _, factor_means = _matrices(model, theta, group, k)
    numbers: list[int] = []
    covariances: list[Array] = []
    means: list[Array] = []

    def add(number: int, covariance: Array, mean: Array) -> None:
        numbers.append(number)
        covariances.append(covariance)
        means.append(mean)

    unit, nothing = np.eye(k), np.zeros((k, k))
    for row, f, number in model.loadings[group]:
        half = np.outer(unit[row], loadings @ phi[f])
        add(number, half + half.T, unit[row] * factor_means[f])
    for i, j, number in model.phi[group]:
        half = np.outer(loadings[:, i], loadings[:, j])
        add(number, half if i == j else half + half.T, np.zeros(k))
    for row, number in enumerate(model.residuals[group]):
        add(number, np.outer(unit[row], unit[row]), np.zeros(k))
    for row, number in enumerate(model.intercepts[group]):
        add(number, nothing, unit[row])
    for f, number in enumerate(model.factor_means[group]):
        add(number, nothing, loadings[:, f])
    return numbers, np.array(covariances), np.array(means)


def _implied(model: _Model, theta: Array, group: int, k: int) -> tuple[Array, Array]:
    loadings, phi, residuals, intercepts, factor_means = _matrices(model, theta, group, k)
    return loadings @ phi @ loadings.T + np.diag(residuals), intercepts + loadings @ factor_means


def _discrepancy(groups: Sequence[_Group], model: _Model, theta: Array, means: bool) -> float:
    """n-weighted sum of F over groups, infinite outside the admissible region."""
    total = 0.0
    for position, group in enumerate(groups):
        sigma, mu = _implied(model, theta, position, group.mean.size)
        sign, logarithm = np.linalg.slogdet(sigma)
        if sign <= 0 or np.linalg.eigvalsh(sigma)[0] <= 0:
            return float("inf")
        away = group.mean - mu if means else np.zeros_like(mu)
        misfit = np.trace(np.linalg.solve(sigma, group.covariance)) + away @ np.linalg.solve(sigma, away)
        total += group.n * float(logarithm + misfit - np.linalg.slogdet(group.covariance)[1] - group.mean.size)
    return total


def _scoring_step(groups: Sequence[_Group], model: _Model, theta: Array, means: bool) -> tuple[Array, Array]:
    """Gradient of half the discrepancy and the Fisher information."""
    gradient, information = np.zeros(model.size), np.zeros((model.size, model.size))
    for position, group in enumerate(groups):
        k = group.mean.size
        sigma, mu = _implied(model, theta, position, k)
        numbers, by_covariance, by_mean = _derivatives(model, theta, position, k)
        inverse = np.linalg.inv(sigma)
        away = group.mean - mu if means else np.zeros(k)
        weight = inverse @ (sigma - group.covariance - np.outer(away, away)) @ inverse
        own = np.einsum("qij,ji->q", by_covariance, weight) / 2 - by_mean @ inverse @ away
        spread = inverse @ by_covariance
        fisher = np.einsum("aij,bji->ab", spread, spread) / 2 + by_mean @ inverse @ by_mean.T
        np.add.at(gradient, numbers, group.n * own)
        information[np.ix_(numbers, numbers)] += group.n * fisher
    return gradient, information


def _start(groups: Sequence[_Group], model: _Model) -> Array:
    theta = np.zeros(model.size)
    for position, group in reversed(list(enumerate(groups))):
        spread = np.sqrt(np.diag(group.covariance))
        for row, _, number in model.loadings[position]:
            theta[number] = 0.6 * spread[row]
        for i, j, number in model.phi[position]:
            theta[number] = 1.0 if i == j else 0.3
        theta[list(model.residuals[position])] = 0.5 * spread**2
        if model.intercepts[position]:
            theta[list(model.intercepts[position])] = group.mean
    _turn_loadings(groups[0], model, theta)
    return theta


def _turn_loadings(group: _Group, model: _Model, theta: Array) -> None:
    """Give an item that runs against its factor's first item a negative start, in every group."""
    first: dict[int, int] = {}
    against: set[tuple[int, int]] = set()
    for row, f, _ in model.loadings[0]:
        if group.covariance[first.setdefault(f, row), row] < 0:
            against.add((row, f))
    turned = {number for cells in model.loadings for row, f, number in cells if (row, f) in against}
    theta[list(turned)] *= -1


def _estimate(groups: Sequence[_Group], model: _Model, means: bool) -> Array:
    theta = _start(groups, model)
    value = _discrepancy(groups, model, theta, means)
    people = sum(group.n for group in groups)
    for _ in range(_STEPS):
        gradient, information = _scoring_step(groups, model, theta, means)
        if np.abs(gradient).max() / people < _GRADIENT:
            return theta
        step = np.linalg.lstsq(information, -gradient, rcond=None)[0]
        pace = 1.0
        while pace > 1e-12:
            moved = theta + pace * step
            following = _discrepancy(groups, model, moved, means)
            if following < value + 1e-12 * max(1.0, abs(value)):
                break
            pace /= 2
        else:
            raise InsufficientData("no_convergence")
        theta, value = moved, following
    raise InsufficientData("no_convergence")


def _fit(groups: Sequence[_Group], model: _Model, *, means: bool) -> Fit:
    k = groups[0].mean.size
    moments = len(groups) * (k * (k + 1) // 2 + (k if means else 0))
    df = moments - model.size
    if df < 0:
        raise InsufficientData("too_few_items", "more parameters than the items can tell")
    theta = _estimate(groups, model, means)
    chi2 = max(0.0, _discrepancy(groups, model, theta, means))
    people = sum(group.n for group in groups)
    baseline, baseline_df = _independence(groups)
    loadings, phi, residuals, _, _ = _matrices(model, theta, 0, k)
    scale, length = np.sqrt(np.diag(loadings @ phi @ loadings.T) + residuals), np.sqrt(np.diag(phi))
    return Fit(
        chi2=chi2,
        df=df,
        p=float(gammaincc(df / 2, chi2 / 2)) if df else 1.0,
        cfi=_cfi(chi2, df, baseline, baseline_df),
        tli=_tli(chi2, df, baseline, baseline_df),
        rmsea=_rmsea(chi2, df, people, len(groups)),
        rmsea_ci=_rmsea_interval(chi2, df, people, len(groups)),
        srmr=_srmr(groups, model, theta, means),
        loadings=loadings * length / scale[:, None],
        phi=phi / np.outer(length, length),
    )


def _independence(groups: Sequence[_Group]) -> tuple[float, int]:
    chi2 = sum(
        group.n * float(np.log(np.diag(group.covariance)).sum() - np.linalg.slogdet(group.covariance)[1])
        for group in groups
    )
    k = groups[0].mean.size
    return chi2, len(groups) * k * (k - 1) // 2


def _cfi(chi2: float, df: int, baseline: float, baseline_df: int) -> float:
    worst = max(chi2 - df, baseline - baseline_df, 0.0)
    return 1.0 if worst == 0 else 1 - max(chi2 - df, 0.0) / worst


def _tli(chi2: float, df: int, baseline: float, baseline_df: int) -> float:
    if df == 0 or baseline_df in (0, baseline):
        return 1.0
    ratio = baseline / baseline_df
    return (ratio - chi2 / df) / (ratio - 1)


def _rmsea(chi2: float, df: int, people: int, groups: int) -> float:
    return float(np.sqrt(max(chi2 - df, 0.0) / (df * people) * groups)) if df else 0.0


def _rmsea_interval(chi2: float, df: int, people: int, groups: int) -> tuple[float, float]:
    """90 % interval from the noncentral chi-square (Browne and Cudeck 1993)."""
    from scipy.optimize import brentq
    from scipy.special import chndtr

    if df == 0:
        return (0.0, 0.0)

    def noncentrality(probability: float) -> float:
        if chndtr(chi2, df, 0.0) < probability:
            return 0.0
        upper = max(10.0, 2 * chi2 + 50 * np.sqrt(chi2 + 1))
        return float(brentq(lambda nc: chndtr(chi2, df, nc) - probability, 0.0, upper, xtol=1e-12, rtol=1e-14))

    lower, upper = (np.sqrt(noncentrality(tail) / (df * people) * groups) for tail in (0.95, 0.05))
    return (float(lower), float(upper))


def _srmr(groups: Sequence[_Group], model: _Model, theta: Array, means: bool) -> float:
    """Standardised by the observed deviations, groups weighted by size (Bentler 1995)."""
    total, people = 0.0, sum(group.n for group in groups)
    for position, group in enumerate(groups):
        k = group.mean.size
        sigma, mu = _implied(model, theta, position, k)
        spread = np.sqrt(np.diag(group.covariance))
        residuals = ((group.covariance - sigma) / np.outer(spread, spread))[np.tril_indices(k)]
        squares, entries = float((residuals**2).sum()), residuals.size
        if means:
            squares, entries = squares + float((((group.mean - mu) / spread) ** 2).sum()), entries + k
        total += group.n / people * np.sqrt(squares / entries)
    return float(total)
