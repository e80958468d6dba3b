"""How far a scale's items say the same: Cronbach's alpha and its relatives. Agreement of raters is in `agreement`.

``x`` is n respondents x k items, items already reversed, NaN = no scored answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.agreement import (
    Agreement,
    FleissKappa,
    IntraclassCorrelations,
    WeightedKappa,
    fleiss_kappa,
    icc,
    rwg,
    rwg_j,
    weighted_kappa,
)
from analysis.arrays import Array, Interval, answers, whole
from analysis.distributions import f_quantile, normal_quantile, upper_probability
from analysis.errors import InsufficientData, Reason
from analysis.halves import Guttman, SplitHalf, guttman, split_half
from analysis.moments import Moments, complete_moments, correlations, covariance_matrix
from analysis.omega import Omega, omega, omega_from_covariance, ordinal_alpha, ordinal_alpha_from_correlation

__all__ = [
    "Agreement", "Alpha", "FleissKappa", "Guttman", "IntraclassCorrelations", "ItemReliability", "Omega", "SplitHalf",
    "WeightedKappa", "alpha_from_covariance", "cronbach_alpha", "fleiss_kappa", "guttman", "icc", "omega",
    "omega_from_covariance", "ordinal_alpha", "ordinal_alpha_from_correlation", "rwg", "rwg_j", "split_half",
    "weighted_kappa",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ItemReliability:
    r_drop: float | None
    """校正项总计相关性: correlation of the item with the sum of the others."""
    alpha_if_dropped: float | None
    """删除项后的α系数: raw alpha of the others; None where fewer than two of them vary."""
    mean: float | None
    """None only where a Report leaves it out."""
    sd: float | None


@dataclass(frozen=True, slots=True)
class Alpha:
    raw: float
    standardized: float | None
    mean_r: float | None
    feldt: Interval
    ase: float
    ase_ci: Interval
    items: tuple[ItemReliability, ...]
    n: int
    k: int
    reasons: Mapping[str, Reason] = field(default_factory=dict)
    """Why a field is None, by its path: "standardized", "items[2].r_drop"."""


def cronbach_alpha(
    x: ArrayLike, *, missing: Literal["complete", "pairwise"] = "complete", confidence: float = 0.95
) -> Alpha:
    """Cronbach's alpha ``k/(k-1) (1 - tr C / 1'C1)``, its intervals and each item's part in it.

    Standardized: the same of the correlations (Cronbach 1951, Psychometrika 16:297). Interval: Feldt et al. 1987,
    Appl. Psych. Meas. 11:93; asymptotic standard error: Duhachek and Iacobucci 2004, J. Appl. Psych. 89:792. Agrees
    with R ``psych::alpha(na.omit(x))``, and ``psych::alpha(x)`` for missing="pairwise", where every covariance has
    its own pairs and n is the number of rows.

    A constant item leaves raw alpha; its r_drop and the standardized figures are None with an entry in reasons.
    Raises: InsufficientData("empty") without complete rows (pairwise: for an item nobody answered), ("too_few_rows")
    under two rows (or pairs), ("too_few_items") under two items, ("constant_item") where fewer than two items vary,
    ("singular") where their sum does not vary; ValueError for another `missing`.
    """
    if missing not in _MOMENTS:
        raise ValueError(f"missing is complete or pairwise, not {missing}")
    moments = _MOMENTS[missing](x)
    sds = np.sqrt(np.diag(moments.covariance))
    return alpha_from_covariance(moments.covariance, moments.n, means=moments.means, sds=sds, confidence=confidence)


def _pairwise_moments(x: ArrayLike) -> Moments:
    """Each covariance from the rows that have both items, around the means of those rows, divided by their n - 1."""
    values = answers(x)
    present = ~np.isnan(values)
    if not present.any(axis=0).all():
        raise InsufficientData("empty")
    own = present.astype(float)
    pairs = own.T @ own
    if pairs.min() < 2:
        raise InsufficientData("too_few_rows", "two items were answered together by fewer than two people")
    means = np.where(present, values, 0.0).sum(axis=0) / np.diag(pairs)
    constant = np.array([np.ptp(column[here]) == 0 for column, here in zip(values.T, present.T, strict=True)])
    centred = np.where(present & ~constant, values - means, 0.0)
    sums = centred.T @ own
    covariance = (centred.T @ centred - sums * sums.T / pairs) / (pairs - 1)
    return Moments(values.shape[0], means, covariance)


_MOMENTS = {"complete": complete_moments, "pairwise": _pairwise_moments}


def alpha_from_covariance(
    covariance: ArrayLike, n: int, *, means: ArrayLike, sds: ArrayLike, confidence: float = 0.95
) -> Alpha:
    """`cronbach_alpha` from the items' k x k covariances over n rows, such as those pooled within units."""
    upper = upper_probability(confidence)
    C = covariance_matrix(covariance)
    k, variances = C.shape[0], np.diag(C)
    if k < 2:
        raise InsufficientData("too_few_items")
    if whole(n, "n") < 2:
        raise InsufficientData("too_few_rows" if n else "empty")
    if (variances > 0).sum() < 2:
        raise InsufficientData("constant_item")
    raw = _alpha(C)
    if raw is None:
        raise InsufficientData("singular", "the sum of the items does not vary")
    df = (n - 1, (n - 1) * (k - 1))
    ase = sqrt(max(0.0, _asymptotic_variance(C)) / n)
    half = normal_quantile(confidence) * ase
    items, reasons = _items(C, np.asarray(means, float), np.asarray(sds, float))
    standardized, mean_r = _standardized(C)
    if standardized is None:
        reason: Reason = "constant_item" if (variances <= 0).any() else "singular"
        reasons |= dict.fromkeys(("standardized", "mean_r"), reason)
    return Alpha(
        raw=raw,
        standardized=standardized,
        mean_r=mean_r,
        feldt=(1 - (1 - raw) * f_quantile(upper, *df), 1 - (1 - raw) * f_quantile(1 - upper, *df)),
        ase=ase,
        ase_ci=(raw - half, raw + half),
        items=items,
        n=n,
        k=k,
        reasons=reasons,
    )


def _alpha(C: Array) -> float | None:
    """Raw alpha of a covariance matrix; None where the sum of the items does not vary."""
    k, total = float(C.shape[0]), float(C.sum())
    if total <= 1e-12 * float(np.abs(C).sum()):
        return None
    return k / (k - 1) * (1 - float(np.trace(C)) / total)


def _standardized(C: Array) -> tuple[float | None, float | None]:
    """Alpha of the correlations, and their mean."""
    if (np.diag(C) <= 0).any():
        return None, None
    R = correlations(C)
    k = R.shape[0]
    alpha = _alpha(R)
    return alpha, None if alpha is None else float((R.sum() - k) / (k * (k - 1)))


def _asymptotic_variance(C: Array) -> float:
    """n times the variance of alpha (Duhachek and Iacobucci 2004, equation 2; van Zyl et al. 2000)."""
    k, total, trace, square = float(C.shape[0]), float(C.sum()), float(np.trace(C)), C @ C
    spread = total * (float(np.trace(square)) + trace**2) - 2 * trace * float(square.sum())
    return 2 * k**2 / ((k - 1) ** 2 * total**3) * spread


def _items(C: Array, means: Array, sds: Array) -> tuple[tuple[ItemReliability, ...], dict[str, Reason]]:
    found, reasons = [], dict[str, Reason]()
    for i in range(C.shape[0]):
        others = np.delete(np.arange(C.shape[0]), i)
        rest = C[np.ix_(others, others)]
        r_drop, dropped = _r_drop(C, i, rest), _alpha_of_others(rest)
        if r_drop is None:
            reasons[f"items[{i}].r_drop"] = "constant_item"
        if dropped is None:
            reasons[f"items[{i}].alpha_if_dropped"] = "too_few_items" if rest.shape[0] < 2 else "constant_item"
        found.append(ItemReliability(r_drop, dropped, float(means[i]), float(sds[i])))
    return tuple(found), reasons


def _r_drop(C: Array, i: int, rest: Array) -> float | None:
    own, others = float(C[i, i]), float(rest.sum())
    if own <= 0 or others <= 1e-12 * float(np.abs(rest).sum()):
        return None
    return float(C[i].sum() - own) / sqrt(own * others)


def _alpha_of_others(rest: Array) -> float | None:
    if rest.shape[0] < 2 or (np.diag(rest) > 0).sum() < 2:
        return None
    return _alpha(rest)
