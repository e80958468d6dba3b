"""Trends over several years: of shares (Cochran-Armitage) and of any yearly figure (Mann-Kendall, Theil-Sen)."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from analysis.errors import InsufficientData

FEWEST_POINTS = 4


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
    ci: tuple[float, float]
    can_reach_5_percent: bool


def cochran_armitage(x: ArrayLike, n: ArrayLike, scores: ArrayLike | None = None) -> TrendOfShares:
    """Test for a linear trend in shares x/n over ordered groups.

    ``T = sum s (x - n p)``, ``V = p(1-p) [sum n s² - (sum n s)²/N]``, z = T / sqrt(V) (Armitage 1955, Biometrics
    11:375; variance with N). Agrees with R ``prop.trend.test(x, n, score)``, chi2 = z².

    Parameters: counts per group; scores default 1, 2, 3, …. Raises: InsufficientData("too_few_rows") under two groups,
    ("constant_item") where all or none are counted or all scores are equal; ValueError unless 0 <= x <= n.
    """
    counts, totals = np.asarray(x, float), np.asarray(n, float)
    if counts.shape != totals.shape or (counts < 0).any() or (counts > totals).any():
        raise ValueError("counts must lie between 0 and their totals")
    keep = totals > 0
    score = (np.arange(1, counts.size + 1, dtype=float) if scores is None else np.asarray(scores, float))[keep]
    counts, totals = counts[keep], totals[keep]
    if counts.size < 2:
        raise InsufficientData("too_few_rows", "a trend needs two groups")
    share = counts.sum() / totals.sum()
    centred = score - (totals * score).sum() / totals.sum()
    variance = share * (1 - share) * float(totals @ centred**2)
    if variance <= 0:
        raise InsufficientData("constant_item")
    z = float(centred @ (counts - totals * share)) / sqrt(variance)
    return TrendOfShares(chi2=z * z, z=z, p=float(2 * ndtr(-abs(z))))


def mann_kendall(y: ArrayLike, t: ArrayLike | None = None) -> MonotoneTrend:
    """Test for a monotone trend of a series, missing points left out.

    S = number of rising minus falling pairs; variance with tie correction; z with continuity correction
    ``(S - sign S) / sqrt V``; tau is Kendall's tau-b (Mann 1945, Econometrica 13:245; Kendall 1975).
    Agrees with R ``Kendall::MannKendall`` but for the exact p of a short series without ties, which is not used here.

    Raises: InsufficientData("too_few_rows") under 4 points, ("constant_item") if all are equal.
    """
    values, times = _series(y, t)
    rises = np.sign(_pair_differences(values))
    runs = np.sign(_pair_differences(times))
    signs = rises * runs
    s = int(signs.sum())
    variance = _variance_of_s(values)
    if variance <= 0:
        raise InsufficientData("constant_item")
    untied_values, untied_times = float(np.abs(rises).sum()), float(np.abs(runs).sum())
    return MonotoneTrend(
        s=s,
        variance=variance,
        z=_continuous_z(s, variance),
        p=float(2 * ndtr(-abs(_continuous_z(s, variance)))),
        tau=s / sqrt(untied_values * untied_times),
        can_reach_5_percent=_can_reach(int(np.abs(signs).sum()), variance),
    )


def theil_sen(y: ArrayLike, t: ArrayLike | None = None, *, confidence: float = 0.95) -> Slope:
    """Median of all pairwise slopes, with the interval of Gilbert.

    The bounds are the slopes of rank ``(N' - C)/2`` and ``(N' + C)/2 + 1`` with ``C = z sqrt(V)``, interpolated
    (Theil 1950; Sen 1968, JASA 63:1379; Gilbert 1987, 16.4.2). The intercept is the median of ``y - slope t``.

    Raises: InsufficientData("too_few_rows") under 4 points; ValueError if two points share a time.
    """
    values, times = _series(y, t)
    runs = _pair_differences(times)
    if (runs == 0).any():
        raise ValueError("two points of a series share a time")
    slopes = np.sort(_pair_differences(values) / runs)
    slope = float(np.median(slopes))
    variance = _variance_of_s(values)
    spread = float(ndtri(0.5 + confidence / 2)) * sqrt(max(variance, 0.0))
    ranks = np.clip([(slopes.size - spread) / 2, (slopes.size + spread) / 2 + 1], 1, slopes.size)
    lower, upper = np.interp(ranks, np.arange(1, slopes.size + 1), slopes)
    return Slope(
        slope=slope,
        intercept=float(np.median(values - slope * times)),
        ci=(float(lower), float(upper)),
        can_reach_5_percent=variance > 0 and _can_reach(slopes.size, variance),
    )


def _series(y: ArrayLike, t: ArrayLike | None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    values = np.asarray(y, float).ravel()
    times = np.arange(1, values.size + 1, dtype=float) if t is None else np.asarray(t, float).ravel()
    if values.shape != times.shape:
        raise ValueError("a series needs one time for each value")
    known = ~(np.isnan(values) | np.isnan(times))
    if known.sum() < FEWEST_POINTS:
        raise InsufficientData("too_few_rows", f"a trend needs {FEWEST_POINTS} points")
    return values[known], times[known]


def _pair_differences(values: NDArray[np.float64]) -> NDArray[np.float64]:
    earlier, later = np.triu_indices(values.size, k=1)
    return values[later] - values[earlier]


def _variance_of_s(values: NDArray[np.float64]) -> float:
    n = values.size
    ties = np.unique(values, return_counts=True)[1].astype(float)
    return float(n * (n - 1) * (2 * n + 5) - (ties * (ties - 1) * (2 * ties + 5)).sum()) / 18


def _continuous_z(s: int, variance: float) -> float:
    return (s - (s > 0) + (s < 0)) / sqrt(variance)


def _can_reach(largest_s: int, variance: float) -> bool:
    return bool(2 * ndtr(-_continuous_z(largest_s, variance)) <= 0.05)
