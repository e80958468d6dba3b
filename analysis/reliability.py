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
from analysis.arrays import Array, Interval, answers, complete_rows
from analysis.distributions import f_quantile, normal_quantile, upper_probability
from analysis.errors import InsufficientData, Reason
from analysis.halves import Guttman, SplitHalf, guttman, split_half

__all__ = [
    "Agreement", "Alpha", "FleissKappa", "Guttman", "IntraclassCorrelations", "ItemReliability", "Omega", "SplitHalf",
    "WeightedKappa", "alpha_from_covariance", "cronbach_alpha", "fleiss_kappa", "guttman", "icc", "omega",
    "ordinal_alpha", "rwg", "rwg_j", "split_half", "weighted_kappa",
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
    Raises: InsufficientData("empty"), ("too_few_rows") under two rows (or pairs), ("too_few_items") under two items,
    ("constant_item") where fewer than two items vary, ("singular") where their sum does not vary.
    """
    values = answers(x) if missing == "pairwise" else complete_rows(x)
    if missing not in ("complete", "pairwise"):
        raise ValueError(f"missing is complete or pairwise, not {missing}")
    if values.shape[1] < 2:
        raise InsufficientData("too_few_items")
    covariance, means, sds = _pairwise_moments(values) if missing == "pairwise" else _moments(values)
    return alpha_from_covariance(covariance, values.shape[0], means=means, sds=sds, confidence=confidence)


def _moments(values: Array) -> tuple[Array, Array, Array]:
    if values.shape[0] < 2:
        raise InsufficientData("too_few_rows")
    return _covariance(values), values.mean(axis=0), np.sqrt(np.diag(_covariance(values)))


def _covariance(values: Array) -> Array:
    centred = np.where(np.ptp(values, axis=0) == 0, 0.0, values - values.mean(axis=0))
    return np.asarray(centred.T @ centred / (values.shape[0] - 1), float)


def _pairwise_moments(values: Array) -> tuple[Array, Array, Array]:
    """Each covariance from the rows that have both items, around the means of those rows, divided by their n - 1."""
    present = ~np.isnan(values)
    if not present.any():
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
    return covariance, means, np.sqrt(np.diag(covariance))


def alpha_from_covariance(
    covariance: ArrayLike, n: int, *, means: ArrayLike, sds: ArrayLike, confidence: float = 0.95
) -> Alpha:
    """`cronbach_alpha` from the items' covariances over n rows, such as those pooled within units."""
    upper_probability(confidence)
    C = np.asarray(covariance, float)
    k, variances = C.shape[0], np.diag(C)
    if (variances > 0).sum() < 2:
        raise InsufficientData("constant_item")
    raw = _alpha(C)
    if raw is None:
        raise InsufficientData("singular", "the sum of the items does not vary")
    upper = upper_probability(confidence)
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
    spread = np.sqrt(np.diag(C))
    R = C / np.outer(spread, spread)
    np.fill_diagonal(R, 1.0)
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


@dataclass(frozen=True, slots=True)
class Omega:
    total: float
    hierarchical: float | None
    """Share of the general factor; None for one factor."""


def omega(x: ArrayLike, *, method: Literal["minres", "ml"] = "minres", n_factors: int = 1) -> Omega:
    """McDonald's omega over complete rows.

    One factor: ``(sum l)² / ((sum l)² + sum psi)``, implied by the model; minres on correlations (R ``psych::fa``),
    ml on covariances (R ``semTools::compRelSEM(obs.var=FALSE)``). Several: Schmid-Leiman over oblimin minres factors
    (R ``psych::omega``): total ``1 - sum u² / sum R``, hierarchical ``(sum g)² / sum R``, after turning items that
    load negatively on the general factor; with two factors their loadings on the general one are set equal.

    Raises: as `factors.explore` and `confirm.confirm`; InsufficientData("too_few_items") for an unidentified model.
    """
    rows = complete_rows(x)
    if rows.shape[1] < 3:
        raise InsufficientData("too_few_items")
    if n_factors > 1:
        return _schmid_leiman(rows, n_factors)
    loadings, uniqueness = _ONE_FACTOR[method](rows)
    common = float(loadings.sum() ** 2)
    return Omega(common / (common + float(uniqueness.sum())), None)


def _minres_factor(rows: Array) -> tuple[Array, Array]:
    from analysis.factors import explore

    found = explore(rows, 1, rotation="none")
    return found.loadings[:, 0], found.uniqueness


def _ml_factor(rows: Array) -> tuple[Array, Array]:
    """Raw loadings and residual variances: a one-factor model by maximum likelihood reproduces every variance."""
    from analysis.confirm import confirm

    k = rows.shape[1]
    standard = np.asarray(confirm(rows, {"factor": list(range(k))}).loadings, float).reshape(k, -1)[:, 0]
    sds = rows.std(axis=0)
    return standard * sds, (1 - standard**2) * sds**2


_ONE_FACTOR = {"minres": _minres_factor, "ml": _ml_factor}


def _schmid_leiman(rows: Array, n_factors: int) -> Omega:
    from analysis.factors import correlation_of, explore_correlation, minres_loadings

    R = correlation_of(rows)
    found = explore_correlation(R, n_factors, rotation="oblimin")
    if n_factors == 2:
        shared = float(found.phi[0, 1])
        on_general = sqrt(abs(shared)) * np.array([1.0, np.sign(shared)])
    else:
        on_general = minres_loadings(found.phi, 1)[:, 0]
    general = found.loadings @ on_general
    turned = np.where(general < 0, -1.0, 1.0)
    total = float(turned @ R @ turned)
    return Omega(1 - float(found.uniqueness.sum()) / total, float(np.abs(general).sum() ** 2) / total)


def ordinal_alpha(x: ArrayLike) -> float:
    """Standardized alpha of the polychoric correlations (Zumbo et al. 2007, J. Mod. Appl. Stat. Meth. 6:21).

    What alpha would be if the answers were not cut into levels; never a property of the sum score itself. Agrees with
    R ``psych::alpha(lavaan::lavCor(x, ordered=names(x)))``. Raises: as `polychoric.polychoric`, and ("singular").
    """
    from analysis.polychoric import polychoric

    alpha = _alpha(polychoric(complete_rows(x)).correlations)
    if alpha is None:
        raise InsufficientData("singular")
    return alpha
