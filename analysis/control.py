"""Control charts over pulses: is the way of working stable, or is there a signal worth looking into?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.arrays import Array, finite
from analysis.errors import InsufficientData
from analysis.proportion import group_counts

FEWEST_BASELINE_POINTS = 8
XMR_FACTOR = 2.66
"""3 / 1.128: three sigma from the mean moving range of two (Wheeler 1992)."""
MOVING_RANGE_TO_SIGMA = 1.128
RUN_LENGTH = 8


@dataclass(frozen=True, slots=True)
class ControlChart:
    """Limits per point; None where no signal is possible: a limit outside [0, 1], or a point without an answer."""

    centre: float
    lower: tuple[float | None, ...]
    upper: tuple[float | None, ...]
    signals: tuple[int, ...]
    """Positions outside the limits, or the eighth and later in a run on one side of the centre; from 0."""
    inflation: float = 1.0
    """Laney's sigma z: how much the points vary beyond counting error."""


def p_chart(x: ArrayLike, n: ArrayLike) -> ControlChart:
    """Shewhart chart of shares: centre ``sum x / sum n``, limits ``c -/+ 3 sqrt(c(1-c)/n)``.

    Agrees with R ``qcc::qcc(x, type="p", sizes=n)``; limits are not clipped but withdrawn where no share can pass them.
    Points without answers are passed over.
    Raises: InsufficientData("too_few_rows") under 8 points with answers; ValueError unless 0 <= x <= n.
    """
    return _share_chart(x, n, inflate=False)


def laney_p(x: ArrayLike, n: ArrayLike) -> ControlChart:
    """p' chart for large n: the limits of `p_chart` widened by the short-term spread of the z scores.

    sigma z = mean |z_i - z_(i-1)| / 1.128 (Laney 2002, Quality Engineering 14:531).
    Raises: as `p_chart`; InsufficientData("constant_item") where the shares never move.
    """
    return _share_chart(x, n, inflate=True)


def xmr(y: ArrayLike) -> ControlChart:
    """Chart of individual values: mean -/+ 2.66 mean moving range (Wheeler and Chambers 1992).

    Missing values are passed over: a moving range is that of two neighbours which are there.
    Raises: InsufficientData("too_few_rows") under 8 values, ("constant_item") if they never move; ValueError for
    infinities.
    """
    values = finite(np.asarray(y, float).ravel())
    there = ~np.isnan(values)
    points = values[there]
    _require_points(points.size)
    if np.ptp(points) == 0:
        raise InsufficientData("constant_item")
    centre, half = float(points.mean()), XMR_FACTOR * float(np.abs(np.diff(points)).mean())
    return ControlChart(
        centre=centre,
        lower=tuple(centre - half if known else None for known in there),
        upper=tuple(centre + half if known else None for known in there),
        signals=_signals(there, points - centre, np.abs(points - centre) > half),
    )


def _share_chart(x: ArrayLike, n: ArrayLike, *, inflate: bool) -> ControlChart:
    counts, totals = group_counts(x, n)
    there = totals > 0
    counts, totals = counts[there], totals[there]
    _require_points(counts.size)
    shares, centre = counts / totals, float(counts.sum() / totals.sum())
    sigma = np.sqrt(centre * (1 - centre) / totals)
    inflation = _laney_sigma(shares - centre, sigma) if inflate else 1.0
    lower, upper = np.full(there.size, np.nan), np.full(there.size, np.nan)
    lower[there], upper[there] = centre - 3 * inflation * sigma, centre + 3 * inflation * sigma
    return ControlChart(
        centre=centre,
        lower=tuple(float(limit) if limit > 0 else None for limit in lower),
        upper=tuple(float(limit) if limit < 1 else None for limit in upper),
        signals=_signals(there, shares - centre, (shares < lower[there]) | (shares > upper[there])),
        inflation=inflation,
    )


def _laney_sigma(deviations: Array, sigma: Array) -> float:
    if not deviations.any():
        raise InsufficientData("constant_item")
    return float(np.abs(np.diff(deviations / sigma)).mean()) / MOVING_RANGE_TO_SIGMA


def _require_points(points: int) -> None:
    if points < FEWEST_BASELINE_POINTS:
        raise InsufficientData("too_few_rows", f"limits need {FEWEST_BASELINE_POINTS} points")


def _signals(there: NDArray[np.bool_], deviations: Array, outside: NDArray[np.bool_]) -> tuple[int, ...]:
    run, side, found = 0, 0.0, []
    for position, deviation, is_outside in zip(np.flatnonzero(there), np.sign(deviations), outside, strict=True):
        run = 0 if deviation == 0 else run + 1 if deviation == side else 1
        side = float(deviation)
        if is_outside or run >= RUN_LENGTH:
            found.append(int(position))
    return tuple(found)
