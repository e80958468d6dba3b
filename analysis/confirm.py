"""Confirmatory factor analysis: how well a structure of factors fits. Equality over groups is in `invariance`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from analysis.arrays import Array, Interval, as_table, whole
from analysis.distributions import chi_square_above
from analysis.errors import Reason
from analysis.latent import (
    Group,
    Implied,
    Model,
    Structure,
    degrees_of_freedom,
    estimate,
    in_shared_units,
    items_of,
    model_of,
)
from analysis.moments import Moments, complete_moments, correlations, covariance_matrix


@dataclass(frozen=True, slots=True)
class Fit:
    chi2: float
    df: int
    p: float | None
    """None where no degrees of freedom are left to test with."""
    cfi: float
    tli: float
    rmsea: float
    rmsea_ci: Interval
    """90 %."""
    srmr: float
    loadings: Array
    """Standardised, items used (in column order) x factors; zero where a factor does not load. First group."""
    phi: Array
    """Correlations of the factors in the first group."""
    reasons: Mapping[str, Reason] = field(default_factory=dict)


def confirm(x: ArrayLike, structure: Structure) -> Fit:
    """Fit a structure of correlated factors to the complete rows of its columns.

    Factor variances are 1, every loading is free, the first of each factor positive; the only item of a factor is that
    factor, without error. ``chi2 = n F`` with the normal-theory discrepancy F and covariances of divisor n (Jöreskog
    1969, Psychometrika 34:183); RMSEA with the 90 % interval of Browne and Cudeck 1993. Agrees with R
    ``lavaan::cfa(model, x)``.

    Parameters: x, n x k; structure, factor name -> column indices. Raises: InsufficientData("empty"), ("too_few_rows")
    unless rows outnumber items, ("too_few_items") for more parameters than moments, ("constant_item"), ("singular"),
    ("no_convergence"); ValueError for a column that is not there.
    """
    values = as_table(x)
    return fit_moments([complete_moments(values[:, items_of(structure, values.shape[1])])], model_of(structure))


def confirm_from_covariance(covariance: ArrayLike, n: int, structure: Structure) -> Fit:
    """`confirm` from the items' k x k covariances (divisor n - 1) over n rows; structure names rows of the matrix."""
    C = covariance_matrix(covariance)
    used = items_of(structure, C.shape[0])
    moments = Moments(whole(n, "n"), np.zeros(len(used)), C[np.ix_(used, used)])
    return fit_moments([moments], model_of(structure))


def fit_moments(moments: Sequence[Moments], model: Model) -> Fit:
    """A model of one or several groups. Raises InsufficientData as `confirm`."""
    groups = in_shared_units(moments)
    found = estimate(groups, model)
    people, df = sum(group.n for group in groups), degrees_of_freedom(model)
    chi2 = max(0.0, sum(group.n * one.discrepancy for group, one in zip(groups, found, strict=True))) if df else 0.0
    baseline, baseline_df = _independence(groups)
    loadings, phi = _standardised(model, found[0])
    return Fit(
        chi2=chi2,
        df=df,
        p=chi_square_above(chi2, df) if df else None,
        cfi=_cfi(chi2, df, baseline, baseline_df),
        tli=_tli(chi2, df, baseline, baseline_df),
        rmsea=_rmsea(chi2, df, people, len(groups)),
        rmsea_ci=_rmsea_interval(chi2, df, people, len(groups)),
        srmr=_srmr(groups, found, with_means=len(groups) > 1),
        loadings=loadings,
        phi=phi,
        reasons={} if df else {"p": "too_few_items"},
    )


def one_factor(covariance: Array) -> tuple[Array, Array]:
    """Loadings and residual variances of k items with one factor, in the items' units. Raises as `confirm`."""
    spread = np.diag(np.sqrt(np.diag(covariance)))
    group = Group(1, np.zeros(covariance.shape[0]), correlations(covariance))
    (found,) = estimate([group], model_of({"": range(covariance.shape[0])}))
    loadings = spread @ found.loadings[:, 0]
    return loadings, np.diag(spread @ found.covariance @ spread) - loadings**2


def _standardised(model: Model, found: Implied) -> tuple[Array, Array]:
    """Loadings in standard deviations, correlations of factors, each factor turned to the side of its first item."""
    length = np.sqrt(np.diag(found.phi))
    loadings = found.loadings * length / np.sqrt(np.diag(found.covariance))[:, None]
    (rows, factors) = model.cells
    first = [rows[factors == f][0] for f in range(model.factors)]
    side = np.where(loadings[first, np.arange(model.factors)] < 0, -1.0, 1.0)
    return loadings * side, found.phi / np.outer(length, length) * np.outer(side, side)


def _independence(groups: Sequence[Group]) -> tuple[float, int]:
    chi2 = sum(
        group.n * float(np.log(np.diag(group.covariance)).sum() - np.linalg.slogdet(group.covariance)[1])
        for group in groups
    )
    k = groups[0].means.size
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


def _srmr(groups: Sequence[Group], found: Sequence[Implied], *, with_means: bool) -> float:
    """Standardised by the observed deviations, groups weighted by size (Bentler 1995)."""
    total, people = 0.0, sum(group.n for group in groups)
    for group, one in zip(groups, found, strict=True):
        k = group.means.size
        spread = np.sqrt(np.diag(group.covariance))
        residuals = ((group.covariance - one.covariance) / np.outer(spread, spread))[np.tril_indices(k)]
        squares = float((residuals**2).sum() + ((one.away / spread) ** 2).sum())
        total += group.n / people * np.sqrt(squares / (residuals.size + (k if with_means else 0)))
    return float(total)
