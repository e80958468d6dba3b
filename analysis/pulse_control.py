"""Pulses of a unit in a control chart: one question over time, whether it is stable, and what stands out.

The charts themselves are `control`; here the points are those that reports print exactly, and signals get a name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from math import sqrt
from statistics import median

from analysis.control import FEWEST_BASELINE_POINTS, RUN_LENGTH, ControlChart, laney_p, p_chart
from analysis.errors import InsufficientData
from analysis.tree import Hidden, Rate

LARGE = 100
"""Answers of a usual pulse from which on the limits of counting error alone may be too narrow."""
BEYOND_THREE_SIGMA = 0.00135
"""Chance of a normal deviate to lie beyond three standard errors on one side."""


class SignalKind(StrEnum):
    ABOVE = "above"
    BELOW = "below"
    RUN_ABOVE = "run_above"
    """The eighth or later in a row above the centre."""
    RUN_BELOW = "run_below"
    UNLIKE_ALL = "unlike_all"
    """After pulses in which all answers agreed: so many differ that chance hardly explains it."""


@dataclass(frozen=True, slots=True)
class PulsePoint:
    """One pulse: its title, its day, and the rate of the question as its own report prints it."""

    title: str
    day: date
    rate: Rate | Hidden

    @property
    def share(self) -> float | None:
        """None where it is hidden or only "at least" is told: such a pulse has no place in the chart."""
        satisfied, n = _counts(self.rate)
        return satisfied / n if n else None


@dataclass(frozen=True, slots=True)
class PulseChart:
    """A question over the pulses that asked it alike, oldest first; without ``limits`` while there are too few."""

    item: str
    points: tuple[PulsePoint, ...]
    limits: ControlChart | None
    signals: tuple[tuple[int, SignalKind], ...]
    """Position of a point from 0, and what it signals."""
    missing: int
    """Earlier pulses with figures that are still missing before limits can be drawn."""

    @property
    def fresh(self) -> SignalKind | None:
        """What the latest pulse signals."""
        return next((kind for position, kind in self.signals if position == len(self.points) - 1), None)

    @property
    def is_unanimous(self) -> bool:
        """All answers of the earlier pulses agree, so that there is a centre and nothing around it."""
        return self.limits is not None and self.limits.centre in (0, 1)


def pulse_chart(item: str, points: Sequence[PulsePoint]) -> PulseChart:
    """The control chart of a question's shares, the latest pulse held against limits drawn from those before it.

    Earlier pulses that show their exact number, at least 8 (others are passed over), make `control.p_chart`, or
    `control.laney_p` from 100 answers a pulse on where that widens its limits; the latest has the same centre c and
    ``c -/+ 3 z sqrt(c(1-c)/n)``, z being Laney's sigma z (1 in a p chart; 2002, Quality Engineering 14:531). It takes
    no part in its own limits: one low pulse would draw the centre down and make a run of the others. With fewer the
    points stand alone.

    Of S answers that all agree there are no limits. Then the latest is a signal where so many of its n answers or more
    differ with a chance under .00135, their number being beta-binomial (n, 1/2, S + 1/2): the prediction after S
    answers without one, by Jeffreys' prior (Brown, Cai and DasGupta 2001, Statistical Science 16:101).
    """
    rates = [_counts(point.rate) for point in points]
    sizes = [n for _satisfied, n in rates[:-1] if n]
    missing = max(0, FEWEST_BASELINE_POINTS - len(sizes))
    if missing:
        return PulseChart(item, tuple(points), None, (), missing)
    baseline = _baseline(rates[:-1], is_large=median(sizes) >= LARGE)
    limits = _with_latest(baseline, rates)
    signals = tuple((position, _kind(rates[position], position, limits)) for position in limits.signals)
    return PulseChart(item, tuple(points), limits, signals, 0)


def _counts(rate: Rate | Hidden) -> tuple[int, int]:
    return (rate.satisfied, rate.n) if isinstance(rate, Rate) and rate.bound == "exact" else (0, 0)


def _baseline(rates: Sequence[tuple[int, int]], *, is_large: bool) -> ControlChart:
    """Never narrower than counting error: of a few pulses a sigma z below 1 is mostly chance, and alarms too often.

    Shares that never move have no short-term spread to widen limits by.
    """
    satisfied, n = [x for x, _n in rates], [n for _x, n in rates]
    counting = p_chart(satisfied, n)
    try:
        widened = laney_p(satisfied, n) if is_large else counting
    except InsufficientData:
        return counting
    return widened if widened.inflation >= 1 else counting


def _with_latest(baseline: ControlChart, rates: Sequence[tuple[int, int]]) -> ControlChart:
    (satisfied, n), centre = rates[-1], baseline.centre
    if centre in (0, 1):
        return _after_unanimous(baseline, rates)
    if n == 0:
        return replace(baseline, lower=(*baseline.lower, None), upper=(*baseline.upper, None))
    half = 3 * baseline.inflation * sqrt(centre * (1 - centre) / n)
    sides = [x / m - centre for x, m in rates if m][-RUN_LENGTH:]
    is_run = all(side > 0 for side in sides) or all(side < 0 for side in sides)
    is_signal = abs(satisfied / n - centre) > half or is_run
    return replace(
        baseline,
        lower=(*baseline.lower, centre - half if centre - half > 0 else None),
        upper=(*baseline.upper, centre + half if centre + half < 1 else None),
        signals=(*baseline.signals, len(rates) - 1) if is_signal else baseline.signals,
    )


def _after_unanimous(baseline: ControlChart, rates: Sequence[tuple[int, int]]) -> ControlChart:
    from scipy.stats import betabinom

    (satisfied, n), agreeing = rates[-1], sum(n for _satisfied, n in rates[:-1])
    differing = n - satisfied if baseline.centre else satisfied
    is_signal = n > 0 and betabinom.sf(differing - 1, n, 0.5, agreeing + 0.5) < BEYOND_THREE_SIGMA
    without = (None,) * len(rates)
    return replace(baseline, lower=without, upper=without, signals=(len(rates) - 1,) if is_signal else ())


def _kind(rate: tuple[int, int], position: int, limits: ControlChart) -> SignalKind:
    if limits.centre in (0, 1):
        return SignalKind.UNLIKE_ALL
    share, lower, upper = rate[0] / rate[1], limits.lower[position], limits.upper[position]
    if upper is not None and share > upper:
        return SignalKind.ABOVE
    if lower is not None and share < lower:
        return SignalKind.BELOW
    return SignalKind.RUN_ABOVE if share > limits.centre else SignalKind.RUN_BELOW
