"""Control charts over pulses: is the way of working stable, or is there a signal worth looking into?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import InsufficientData

FEWEST_BASELINE_POINTS = 8
XMR_FACTOR = 2.66
"""3 / 1.128: three sigma from the mean moving range of two (Wheeler 1992)."""
MOVING_RANGE_TO_SIGMA = 1.128
RUN_LENGTH = 8


@dataclass(frozen=True, slots=True)
class ControlChart:
    """Limits per point; a side that cannot signal at a point (its limit lies outside [0, 1]) is None."""

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
    Raises: InsufficientData("too_few_rows") under 8 points with answers; ValueError unless 0 <= x <= n, n > 0.
    """
    return _share_chart(x, n, inflate=False)


def laney_p(x: ArrayLike, n: ArrayLike) -> ControlChart:
    """p' chart for large n: the limits of `p_chart` widened by the short-term spread of the z scores.

    sigma z = mean |z_i - z_(i-1)| / 1.128 (Laney 2002, Quality Engineering 14:531).
    Raises: as `p_chart`; InsufficientData("constant_item") where all or none are counted.
    """
    return _share_chart(x, n, inflate=True)


def xmr(y: ArrayLike) -> ControlChart:
    """Chart of individual values: mean -/+ 2.66 mean moving range (Wheeler and Chambers 1992).

    Raises: InsufficientData("too_few_rows") under 8 points, ("constant_item") if the values never move.
    """
    values = np.asarray(y, float).ravel()
    _require_points(values.size)
    if np.isnan(values).any():
        raise ValueError("a control chart has no gaps")
    moving_range = float(np.abs(np.diff(values)).mean())
    if moving_range == 0:
        raise InsufficientData("constant_item")
    centre = float(values.mean())
    lower, upper = centre - XMR_FACTOR * moving_range, centre + XMR_FACTOR * moving_range
    outside = (values < lower) | (values > upper)
    return ControlChart(
        centre=centre,
        lower=(lower,) * values.size,
        upper=(upper,) * values.size,
        signals=_signals(values - centre, outside),
    )


def _share_chart(x: ArrayLike, n: ArrayLike, *, inflate: bool) -> ControlChart:
    counts, totals = np.asarray(x, float).ravel(), np.asarray(n, float).ravel()
    if counts.shape != totals.shape or (totals <= 0).any() or (counts < 0).any() or (counts > totals).any():
        raise ValueError("counts must lie between 0 and their totals, totals above 0")
    _require_points(counts.size)
    centre = float(counts.sum() / totals.sum())
    sigma = np.sqrt(centre * (1 - centre) / totals)
    inflation = _laney_sigma(counts / totals - centre, sigma) if inflate else 1.0
    lower, upper = centre - 3 * inflation * sigma, centre + 3 * inflation * sigma
    shares = counts / totals
    return ControlChart(
        centre=centre,
        lower=tuple(float(value) if value > 0 else None for value in lower),
        upper=tuple(float(value) if value < 1 else None for value in upper),
        signals=_signals(shares - centre, (shares < lower) | (shares > upper)),
        inflation=inflation,
    )


def _laney_sigma(deviations: NDArray[np.float64], sigma: NDArray[np.float64]) -> float:
    if (sigma == 0).any():
        raise InsufficientData("constant_item")
    return float(np.abs(np.diff(deviations / sigma)).mean()) / MOVING_RANGE_TO_SIGMA


def _require_points(points: int) -> None:
    if points < FEWEST_BASELINE_POINTS:
        raise InsufficientData("too_few_rows", f"limits need {FEWEST_BASELINE_POINTS} points")


def _signals(deviations: NDArray[np.float64], outside: NDArray[np.bool_]) -> tuple[int, ...]:
    run, side, found = 0, 0.0, []
    for position, deviation in enumerate(deviations):
        run = run + 1 if deviation != 0 and np.sign(deviation) == side else int(deviation != 0)
        side = float(np.sign(deviation))
        if outside[position] or run >= RUN_LENGTH:
            found.append(position)
    return tuple(found)
