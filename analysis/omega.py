"""Reliability from a factor model or for ordered levels: omega, ordinal alpha. Public through `reliability`."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.arrays import Array, complete_rows
from analysis.confirm import one_factor
from analysis.errors import InsufficientData
from analysis.explore import explore_correlation, minres_loadings
from analysis.moments import complete_moments, correlation_matrix, correlations, covariance_matrix
from analysis.polychoric import polychoric

Method = Literal["minres", "ml"]


@dataclass(frozen=True, slots=True)
class Omega:
    total: float
    hierarchical: float | None
    """Share of the general factor; None for one factor."""


def omega(x: ArrayLike, *, method: Method = "minres", n_factors: int = 1) -> Omega:
    """McDonald's omega over complete rows.

    One factor: ``(sum l)² / ((sum l)² + sum psi)``, implied by the model; minres on correlations (R ``psych::fa``),
    ml on covariances (R ``semTools::compRelSEM(obs.var=FALSE)``). Several: Schmid-Leiman over oblimin minres factors
    (R ``psych::omega``): total ``1 - sum u² / sum R``, hierarchical ``(sum g)² / sum R``, after turning items that
    load negatively on the general factor; with two factors their loadings on the general one are set equal.

    Raises: InsufficientData("empty"), ("too_few_rows") under three, by ml unless rows outnumber items,
    ("constant_item"), ("too_few_items") for an unidentified model, ("singular"), by ml also ("no_convergence");
    ValueError for no factor or another method.
    """
    moments = complete_moments(x)
    if moments.n < 3 or (method == "ml" and moments.n <= moments.means.size):
        raise InsufficientData("too_few_rows")
    return omega_from_covariance(moments.covariance, method=method, n_factors=n_factors)


def omega_from_covariance(covariance: ArrayLike, *, method: Method = "minres", n_factors: int = 1) -> Omega:
    """`omega` from the items' k x k covariances; of correlations, that of standardised items."""
    C = covariance_matrix(covariance)
    if method not in _ONE_FACTOR or n_factors < 1:
        raise ValueError(f"{n_factors} factors by {method}")
    if C.shape[0] < 3:
        raise InsufficientData("too_few_items")
    if n_factors > 1:
        return _schmid_leiman(correlations(C), n_factors)
    loadings, uniqueness = _ONE_FACTOR[method](C)
    common = float(loadings.sum() ** 2)
    return Omega(common / (common + float(uniqueness.sum())), None)


def _minres_factor(C: Array) -> tuple[Array, Array]:
    found = explore_correlation(correlations(C), 1, rotation="none")
    return found.loadings[:, 0], found.uniqueness


_ONE_FACTOR = {"minres": _minres_factor, "ml": one_factor}


def _schmid_leiman(R: Array, n_factors: int) -> Omega:
    found = explore_correlation(R, n_factors, rotation="oblimin")
    if n_factors == 2:
        shared = float(found.phi[0, 1])
        on_general = sqrt(abs(shared)) * np.array([1.0, np.sign(shared)])
    else:
        on_general = minres_loadings(found.phi, 1)[:, 0]
    general = found.loadings @ on_general
    turned = np.where(general < 0, -1.0, 1.0)
    total = float(turned @ R @ turned)
    if total <= 1e-12 * R.shape[0]:
        raise InsufficientData("singular", "the sum of the items does not vary")
    return Omega(1 - float(found.uniqueness.sum()) / total, float(np.abs(general).sum() ** 2) / total)


def ordinal_alpha(x: ArrayLike) -> float:
    """Standardized alpha of the polychoric correlations (Zumbo et al. 2007, J. Mod. Appl. Stat. Meth. 6:21).

    What alpha would be if the answers were not cut into levels; never a property of the sum score itself. Over complete
    rows. Agrees with R ``psych::alpha(lavaan::lavCor(x, ordered=names(x)))``. Raises: as `polychoric.polychoric`, and
    ("singular").
    """
    return ordinal_alpha_from_correlation(polychoric(complete_rows(x)).correlations)


def ordinal_alpha_from_correlation(r: ArrayLike) -> float:
    """`ordinal_alpha` from the items' k x k polychoric correlations: ``k/(k-1) (1 - k / sum R)``."""
    R = correlation_matrix(r)
    k, total = float(R.shape[0]), float(R.sum())
    if k < 2:
        raise InsufficientData("too_few_items")
    if total <= 1e-12 * k:
        raise InsufficientData("singular", "the sum of the items does not vary")
    return k / (k - 1) * (1 - k / total)
