"""Several years: trends of shares (Cochran-Armitage) and of any figure (Mann-Kendall, Theil-Sen), and a forecast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np
from numpy.typing import ArrayLike

from analysis.arrays import Array, Interval
from analysis.distributions import normal_quantile, t_quantile, two_sided_normal, upper_probability
from analysis.errors import InsufficientData
from analysis.proportion import group_counts

FEWEST_POINTS = 4
FEWEST_FOR_FORECAST = 5


@dataclass(frozen=True, slots=True)
class TrendOfShares:
    chi2: float
    z: float
    p: float


@dataclass(frozen=True, slots=True)
class MonotoneTrend:
    s: int
    variance: float
    z: float
    p: float
    tau: float
    can_reach_5_percent: bool
    """False where even a perfect trend in so few points could not be told from chance."""


@dataclass(frozen=True, slots=True)
class Slope:
    slope: float
    intercept: float
    ci: Interval
    can_reach_5_percent: bool


def cochran_armitage(x: ArrayLike, n: ArrayLike, scores: ArrayLike | None = None) -> TrendOfShares:
    """Test for a linear trend in shares x/n over ordered groups.

    ``T = sum s (x - n p)``, ``V = p(1-p) [sum n s² - (sum n s)²/N]``, z = T / sqrt(V) (Armitage 1955, Biometrics
    11:375; variance with N). Agrees with R ``prop.trend.test(x, n, score)``, chi2 = z².

    Parameters: counts per group; scores default 1, 2, 3, …; a group without answers takes no part.
    Raises: InsufficientData("too_few_rows") under two groups, ("constant_item") where all or none are counted or all
    scores are equal; ValueError unless 0 <= x <= n in whole numbers, with a score for each group.
    """
    counts, totals = group_counts(x, n)
    score = np.arange(1, counts.size + 1, dtype=float) if scores is None else np.asarray(scores, float).ravel()
    if score.shape != counts.shape or not np.isfinite(score).all():
        raise ValueError("each group needs a score")
    counts, totals, score = (values[totals > 0] for values in (counts, totals, score))
    if counts.size < 2:
        raise InsufficientData("too_few_rows", "a trend needs two groups")
    if counts.sum() in (0, totals.sum()) or np.ptp(score) == 0:
        raise InsufficientData("constant_item")
    share = counts.sum() / totals.sum()
    centred = score - (totals * score).sum() / totals.sum()
    variance = share * (1 - share) * float(totals @ centred**2)
    z = float(centred @ (counts - totals * share)) / sqrt(variance)
    return TrendOfShares(chi2=z * z, z=z, p=two_sided_normal(z))


def mann_kendall(y: ArrayLike, t: ArrayLike | None = None) -> MonotoneTrend:
    """Test for a monotone trend of a series, missing points left out.

    S = number of rising minus falling pairs; variance with the correction for ties in y and t; z with continuity
    correction ``(S - sign S) / sqrt V``; tau is Kendall's tau-b (Mann 1945, Econometrica 13:245; Kendall 1975, 4.4).
    Agrees with R ``Kendall::MannKendall`` but for the exact p of a short series without ties, which is not used here.

    Raises: InsufficientData("too_few_rows") under 4 points, ("constant_item") if all values or all times are equal;
    ValueError for infinities.
    """
    values, times = _series(y, t)
    rises, runs = np.sign(_pair_differences(values)), np.sign(_pair_differences(times))
    if not rises.any() or not runs.any():
        raise InsufficientData("constant_item")
    s, variance = int((rises * runs).sum()), _variance_of_s(values, times)
    z = _continuous_z(s, variance)
    return MonotoneTrend(
        s=s,
        variance=variance,
        z=z,
        p=two_sided_normal(z),
        tau=s / sqrt(float(np.abs(rises).sum()) * float(np.abs(runs).sum())),
        can_reach_5_percent=_can_reach(int(np.abs(rises * runs).sum()), variance),
    )


def theil_sen(y: ArrayLike, t: ArrayLike | None = None, *, confidence: float = 0.95) -> Slope:
    """Median of the slopes of all pairs of points at different times, with the interval of Gilbert.

    The bounds are the slopes of rank ``(N' - C)/2`` and ``(N' + C)/2 + 1`` with ``C = z sqrt(V)``, interpolated, and at
    the outermost slopes where ranks lie beyond (Theil 1950; Sen 1968, JASA 63:1379; Gilbert 1987, 16.4.2). The
    intercept is the median of ``y - slope t``. Missing points are left out.

    Raises: InsufficientData("too_few_rows") under 4 points, ("constant_item") if all times are equal; ValueError for
    infinities or a confidence outside (0, 1).
    """
    z = normal_quantile(confidence)
    values, times = _series(y, t)
    runs = _pair_differences(times)
    apart = runs != 0
    if not apart.any():
        raise InsufficientData("constant_item", "a slope needs different times")
    slopes = np.sort(_pair_differences(values)[apart] / runs[apart])
    slope, variance = float(np.median(slopes)), _variance_of_s(values, times)
    spread = z * sqrt(variance)
    ranks = np.clip([(slopes.size - spread) / 2, (slopes.size + spread) / 2 + 1], 1, slopes.size)
    lower, upper = np.interp(ranks, np.arange(1, slopes.size + 1), slopes)
    return Slope(
        slope=slope,
        intercept=float(np.median(values - slope * times)),
        ci=(float(lower), float(upper)),
        can_reach_5_percent=variance > 0 and _can_reach(slopes.size, variance),
    )


@dataclass(frozen=True, slots=True)
class Forecast:
    """Of one new point, in the units of the series."""

    lower: float
    upper: float
    expected: float


def forecast(
    y: ArrayLike, t: ArrayLike | None = None, *, at: float | None = None, confidence: float = 0.95
) -> Forecast:
    """Where the next point of a series will lie if it goes on as a straight line, missing points left out.

    The least-squares line at ``at`` (default: the last time + 1) with its prediction interval
    ``-/+ t(n-2) s sqrt(1 + 1/n + (at - mean t)² / sum (t - mean t)²)``, s² = residual squares / (n - 2) (Draper and
    Smith 1998, Applied Regression Analysis, 1.4). Agrees with R ``predict(lm(y ~ t), data.frame(t = at),
    interval="prediction")``. Not clipped: bounds of a share may leave [0, 1].

    Raises: InsufficientData("too_few_rows") under 5 points, ("constant_item") if all share a time; ValueError for
    infinities or a confidence outside (0, 1).
    """
    upper_probability(confidence)
    values, times = _series(y, t, FEWEST_FOR_FORECAST)
    centred, deviations = times - times.mean(), values - values.mean()
    spread = float(centred @ centred)
    if np.ptp(times) == 0:
        raise InsufficientData("constant_item", "a line needs different times")
    distance = (float(times.max()) + 1 if at is None else _time(at)) - float(times.mean())
    slope = float(centred @ deviations) / spread
    expected = float(values.mean()) + slope * distance
    residuals = deviations - slope * centred
    df = values.size - 2
    error = sqrt(float(residuals @ residuals) / df * (1 + 1 / values.size + distance**2 / spread))
    half = t_quantile(confidence, df) * error
    return Forecast(expected - half, expected + half, expected)


def _time(at: float) -> float:
    if not isfinite(at):
        raise ValueError(f"a forecast is for a moment, not for {at}")
    return float(at)


def _series(y: ArrayLike, t: ArrayLike | None, fewest: int = FEWEST_POINTS) -> tuple[Array, Array]:
    values = np.asarray(y, float).ravel()
    times = np.arange(1, values.size + 1, dtype=float) if t is None else np.asarray(t, float).ravel()
    if values.shape != times.shape:
        raise ValueError("a series needs one time for each value")
    if np.isinf(values).any() or np.isinf(times).any():
        raise ValueError("a point is infinite")
    known = ~(np.isnan(values) | np.isnan(times))
    if known.sum() < fewest:
        raise InsufficientData("too_few_rows", f"{fewest} points are needed")
    return values[known], times[known]


def _pair_differences(values: Array) -> Array:
    earlier, later = np.triu_indices(values.size, k=1)
    return values[later] - values[earlier]


def _variance_of_s(values: Array, times: Array) -> float:
    """Of S if the values came in any order, with ties in both (Kendall 1975, 4.4); 0 where all values are equal."""
    n = values.size
    u, w = (np.unique(series, return_counts=True)[1].astype(float) for series in (values, times))
    one, two, three = ([float(term(ties).sum()) for ties in (u, w)] for term in _TIES)
    return (
        (n * (n - 1) * (2 * n + 5) - sum(three)) / 18
        + two[0] * two[1] / (9 * n * (n - 1) * (n - 2))
        + one[0] * one[1] / (2 * n * (n - 1))
    )


_TIES: tuple[Callable[[Array], Array], ...] = (
    lambda ties: ties * (ties - 1),
    lambda ties: ties * (ties - 1) * (ties - 2),
    lambda ties: ties * (ties - 1) * (2 * ties + 5),
)


def _continuous_z(s: int, variance: float) -> float:
    return (s - (s > 0) + (s < 0)) / sqrt(variance)


def _can_reach(largest_s: int, variance: float) -> bool:
    return two_sided_normal(_continuous_z(largest_s, variance)) <= 0.05
