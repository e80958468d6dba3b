"""Agreement of raters, or of a unit's members: intraclass correlations, kappas, rwg. Public through `reliability`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, isfinite, sqrt
from typing import Literal, SupportsFloat

import numpy as np
from numpy.typing import ArrayLike

from analysis.arrays import Array, Interval, complete_rows, known, whole
from analysis.distributions import f_above, f_quantile, normal_quantile, two_sided_normal, upper_probability
from analysis.errors import InsufficientData, Reason


@dataclass(frozen=True, slots=True)
class Agreement:
    value: float | None
    """None only where the targets have the same mean, so that a mean of raters tells nothing."""
    ci: Interval | None
    f: float | None
    """None, like p and ci, where the raters differ by constants only: F has no bound then."""
    df1: int
    df2: int
    p: float | None
    reasons: Mapping[str, Reason] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IntraclassCorrelations:
    """One-way random (1), two-way random (2), two-way fixed raters (3); of one rating, and of k ratings' mean (k)."""

    icc1: Agreement
    icc2: Agreement
    icc3: Agreement
    icc1k: Agreement
    icc2k: Agreement
    icc3k: Agreement


@dataclass(frozen=True, slots=True)
class _Squares:
    """Mean squares of n targets x k raters."""

    n: int
    k: int
    targets: float
    within: float
    raters: float
    error: float


def icc(ratings: ArrayLike, *, confidence: float = 0.95) -> IntraclassCorrelations:
    """Intraclass correlations of complete targets x raters (Shrout and Fleiss 1979, Psych. Bull. 86:420).

    Intervals of McGraw and Wong 1996. Agrees with R ``psych::ICC(x, lmer=FALSE)``. For members of units see `rwg`.
    Raises: InsufficientData("empty"), ("too_few_rows") under two targets, ("too_few_items") under two raters,
    ("constant_item") where all ratings are equal.
    """
    rows = complete_rows(ratings)
    if rows.shape[1] < 2:
        raise InsufficientData("too_few_items")
    if rows.shape[0] < 2:
        raise InsufficientData("too_few_rows")
    if np.ptp(rows) == 0:
        raise InsufficientData("constant_item")
    ms, upper = _mean_squares(rows), upper_probability(confidence)
    one, fixed, random = _one_way(ms, upper), _two_way_fixed(ms, upper), _two_way_random(ms, upper)
    return IntraclassCorrelations(one[0], random[0], fixed[0], one[1], random[1], fixed[1])


def _mean_squares(rows: Array) -> _Squares:
    n, k = rows.shape
    by_target, by_rater, grand = rows.mean(axis=1), rows.mean(axis=0), rows.mean()
    targets, raters = k * float(((by_target - grand) ** 2).sum()), n * float(((by_rater - grand) ** 2).sum())
    within = float(((rows - by_target[:, None]) ** 2).sum())
    error = float(((rows - by_target[:, None] - by_rater + grand) ** 2).sum())
    if error <= 1e-20 * (targets + within):
        error = 0.0
    return _Squares(n, k, targets / (n - 1), within / (n * (k - 1)), raters / (k - 1), error / ((n - 1) * (k - 1)))


def _one_way(ms: _Squares, upper: float) -> tuple[Agreement, Agreement]:
    single = (ms.targets - ms.within) / (ms.targets + (ms.k - 1) * ms.within)
    average = None if ms.targets == 0 else (ms.targets - ms.within) / ms.targets
    return _from_f(single, average, ms, error=ms.within, df2=ms.n * (ms.k - 1), upper=upper)


def _two_way_fixed(ms: _Squares, upper: float) -> tuple[Agreement, Agreement]:
    base = ms.targets + (ms.k - 1) * ms.error
    single = 0.0 if base == 0 else (ms.targets - ms.error) / base
    average = None if ms.targets == 0 else (ms.targets - ms.error) / ms.targets
    return _from_f(single, average, ms, error=ms.error, df2=(ms.n - 1) * (ms.k - 1), upper=upper)


def _from_f(
    single: float, average: float | None, ms: _Squares, *, error: float, df2: int, upper: float
) -> tuple[Agreement, Agreement]:
    """Both forms with the interval that follows from F = targets / error."""
    df1 = ms.n - 1
    if error == 0:
        return _without_f(single, df1, df2), _without_f(average, df1, df2)
    f = ms.targets / error
    low, high = f / f_quantile(upper, df1, df2), f * f_quantile(upper, df2, df1)
    p = f_above(f, df1, df2)
    of_one = Agreement(single, ((low - 1) / (low + ms.k - 1), (high - 1) / (high + ms.k - 1)), f, df1, df2, p)
    if average is None:
        return of_one, Agreement(None, None, f, df1, df2, p, dict.fromkeys(("value", "ci"), "constant_item"))
    return of_one, Agreement(average, (1 - 1 / low, 1 - 1 / high), f, df1, df2, p)


def _without_f(value: float | None, df1: int, df2: int) -> Agreement:
    return Agreement(value, None, None, df1, df2, None, dict.fromkeys(("f", "p", "ci"), "singular"))


def _two_way_random(ms: _Squares, upper: float) -> tuple[Agreement, Agreement]:
    n, k, df1, df2 = ms.n, ms.k, ms.n - 1, (ms.n - 1) * (ms.k - 1)
    single = _ratio(ms.targets - ms.error, ms.targets + (k - 1) * ms.error + k * (ms.raters - ms.error) / n)
    average = _ratio(ms.targets - ms.error, ms.targets + (ms.raters - ms.error) / n)
    if ms.error == 0:
        return _without_f(single, df1, df2), _without_f(average, df1, df2)
    f = ms.targets / ms.error
    low, high = _random_bounds(ms, single, upper)
    of_one = None if low is None or high is None else (low, high)
    ends = [None if end is None else _ratio(end * k, 1 + end * (k - 1)) for end in (low, high)]
    of_mean = None if ends[0] is None or ends[1] is None else (ends[0], ends[1])
    p = f_above(f, df1, df2)
    return (
        Agreement(single, of_one, f, df1, df2, p, _missing(single, of_one)),
        Agreement(average, of_mean, f, df1, df2, p, _missing(average, of_mean)),
    )


def _random_bounds(ms: _Squares, single: float | None, upper: float) -> tuple[float | None, float | None]:
    """Satterthwaite's bounds (Shrout and Fleiss 1979, p. 424); None where the data leave no degrees of freedom."""
    if single is None:
        return None, None
    n, k, by_rater = ms.n, ms.k, ms.raters / ms.error
    rest = n * (1 + (k - 1) * single) - k * single
    df = _ratio(
        (k - 1) * (n - 1) * (k * single * by_rater + rest) ** 2, (n - 1) * (k * single * by_rater) ** 2 + rest**2
    )
    if not df:
        return None, None
    above, below = f_quantile(upper, n - 1, df), f_quantile(upper, df, n - 1)
    weight = k * ms.raters + (k * n - k - n) * ms.error
    return (
        _ratio(n * (ms.targets - above * ms.error), above * weight + n * ms.targets),
        _ratio(n * (below * ms.targets - ms.error), weight + n * below * ms.targets),
    )


def _ratio(numerator: float, denominator: float) -> float | None:
    """None where the quantity does not exist."""
    ratio = numerator / denominator if denominator != 0 else inf
    return ratio if isfinite(ratio) else None


def _missing(value: float | None, ci: Interval | None) -> dict[str, Reason]:
    return {name: "singular" for name, figure in (("value", value), ("ci", ci)) if figure is None}


@dataclass(frozen=True, slots=True)
class FleissKappa:
    kappa: float
    se: float
    """Under the hypothesis of no agreement beyond chance."""
    z: float
    p: float


def fleiss_kappa(codes: ArrayLike) -> FleissKappa:
    """Chance-corrected agreement of several raters on categories; complete subjects x raters.

    Fleiss 1971, Psych. Bull. 76:378; standard error Fleiss, Nee and Landis 1979. Agrees with R ``irr::kappam.fleiss``.
    Raises: InsufficientData("empty"), ("too_few_items") under two raters, ("constant_item") for a single category.
    """
    rows = complete_rows(codes)
    N, n = rows.shape
    if n < 2:
        raise InsufficientData("too_few_items")
    categories = np.unique(rows)
    if categories.size < 2:
        raise InsufficientData("constant_item")
    table = (rows[:, :, None] == categories).sum(axis=1).astype(float)
    p = table.sum(axis=0) / (N * n)
    by_chance = float((p**2).sum())
    observed = float(((table**2).sum() - N * n) / (N * n * (n - 1)))
    kappa, pq = (observed - by_chance) / (1 - by_chance), p * (1 - p)
    variance = 2 * (pq.sum() ** 2 - (pq * (1 - 2 * p)).sum()) / (pq.sum() ** 2 * N * n * (n - 1))
    se = sqrt(float(variance))
    return FleissKappa(kappa, se, kappa / se, two_sided_normal(kappa / se))


_POWER = {"quadratic": 2, "linear": 1}


@dataclass(frozen=True, slots=True)
class WeightedKappa:
    kappa: float
    ase: float
    ci: Interval


def weighted_kappa(
    a: ArrayLike,
    b: ArrayLike,
    *,
    weights: Literal["quadratic", "linear"] = "quadratic",
    levels: Sequence[float] | None = None,
    confidence: float = 0.95,
) -> WeightedKappa:
    """Agreement of two ratings on ordered levels (Cohen 1968; error of Fleiss, Cohen and Everitt 1969).

    Weights by the distance of the levels' places in ``levels`` (default: those used, ascending); pairs with a gap are
    left out. Agrees with R ``vcd::Kappa`` (Fleiss-Cohen = quadratic, Equal-Spacing = linear).
    Raises: InsufficientData("empty"), ("constant_item") where both used one and the same level; ValueError for another
    level than those named.
    """
    if weights not in _POWER:
        raise ValueError(f"weights are quadratic or linear, not {weights}")
    rows = complete_rows(np.column_stack([np.asarray(a, float).ravel(), np.asarray(b, float).ravel()]))
    places = np.unique(rows) if levels is None else np.asarray(levels, float)
    if not np.isin(rows, places).all():
        raise ValueError("an answer is none of the levels")
    if np.unique(rows).size < 2:
        raise InsufficientData("constant_item")
    table = np.array([[((rows[:, 0] == i) & (rows[:, 1] == j)).mean() for j in places] for i in places])
    steps = np.abs(np.subtract.outer(np.arange(places.size), np.arange(places.size))) / (places.size - 1)
    W = 1 - steps ** _POWER[weights]
    row, column = table.sum(axis=1), table.sum(axis=0)
    observed, by_chance = float((W * table).sum()), float(row @ W @ column)
    kappa = (observed - by_chance) / (1 - by_chance)
    margins = np.add.outer(W @ column, row @ W)
    spread = float((table * (W - margins * (1 - kappa)) ** 2).sum()) - (kappa - by_chance * (1 - kappa)) ** 2
    ase = sqrt(max(0.0, spread) / len(rows)) / (1 - by_chance)
    half = normal_quantile(confidence) * ase
    return WeightedKappa(kappa, ase, (kappa - half, kappa + half))


def rwg(x: ArrayLike, levels: int | Sequence[float]) -> float:
    """Agreement of a unit's members on one item: ``1 - s² / ((A² - 1)/12)``, not below 0 (James et al. 1984).

    A = number of levels; s² with n - 1. Agrees with R ``multilevel::rwg``.
    Raises: InsufficientData("empty" | "too_few_rows"); ValueError for fewer than two levels.
    """
    values = known(x)
    return 1 - _variance_share(values[:, None], levels)


def rwg_j(x: ArrayLike, levels: int | Sequence[float]) -> float:
    """`rwg` for J items: ``J r / (J r + 1 - r)``, r from the items' mean variance. R ``multilevel::rwg.j``.

    Raters x items, complete rows. Raises: as `rwg`, and InsufficientData("too_few_items") without items.
    """
    rows = complete_rows(x)
    if rows.shape[1] == 0:
        raise InsufficientData("too_few_items")
    share, items = _variance_share(rows, levels), float(rows.shape[1])
    return items * (1 - share) / (items * (1 - share) + share)


def _variance_share(rows: Array, levels: int | Sequence[float]) -> float:
    """Mean variance as a share of that of answers spread evenly over the levels, at most 1."""
    number = whole(levels, "levels") if isinstance(levels, SupportsFloat) else len(levels)
    if number < 2:
        raise ValueError("agreement needs at least two levels")
    if rows.shape[0] < 2:
        raise InsufficientData("too_few_rows" if rows.shape[0] else "empty")
    return min(1.0, float(rows.var(axis=0, ddof=1).mean()) / ((number**2 - 1) / 12))
