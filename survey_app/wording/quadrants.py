"""Where each dimension stands between its association with overall satisfaction and the unit's own rate.

The lines are an equal share of association for each dimension (1/k), and the mean of the rates of the dimensions.
A dimension belongs to a quadrant only if both of its intervals stay inside; otherwise it is left open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean

from flask_babel import gettext as _

from analysis.distributions import normal_quantile
from analysis.drivers import MOST_PREDICTORS_FOR_LMG_INTERVALS, RelativeImportance
from analysis.proportion import score_interval
from analysis.tree import DimensionResult, Hidden, Report
from instruments.wording import N_

Span = tuple[float, float]
Z_OF_95 = normal_quantile(0.95)


class Quadrant(StrEnum):
    """By association (strong, weak) and rate (low, high)."""

    WORK_ON = "work_on"
    STRENGTH = "strength"
    KEEP = "keep"
    CHANCE = "chance"


QUADRANT_LABELS: Mapping[Quadrant, str] = {
    Quadrant.WORK_ON: N_("To work on"),
    Quadrant.STRENGTH: N_("Strengths"),
    Quadrant.KEEP: N_("To keep up"),
    Quadrant.CHANCE: N_("Opportunities"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    dimension: str
    share: float
    """Of what the dimensions together say about overall satisfaction."""
    share_span: Span
    rate: float
    rate_span: Span | None
    """None for so few answers that the rate itself is rounded."""
    quadrant: Quadrant | None
    """None where an interval crosses a line."""


@dataclass(frozen=True, slots=True)
class Quadrants:
    standings: tuple[Standing, ...]
    hidden: tuple[str, ...]
    """Dimensions without a place, since their rate is not shown."""
    share_line: float
    rate_line: float


def quadrants_of(report: Report) -> Quadrants | None:
    """None where importance is refused, nothing goes along with overall satisfaction, or no rate is shown."""
    found = report.importance
    value = found.importance.value if found is not None else None
    if found is None or value is None or value.r2 <= 0 or not value.share_intervals:
        return None
    dimensions = {dimension.code: dimension for dimension in report.dimensions}
    rates = {code: rate for code in found.dimensions if isinstance(rate := dimensions[code].rate, float)}
    if not rates:
        return None
    share_line, rate_line = 1 / len(found.dimensions), fmean(rates.values())
    standings = tuple(
        _standing(dimensions[code], rates[code], share, span, (share_line, rate_line))
        for code, share, span in _shares(found.dimensions, value)
        if code in rates
    )
    return Quadrants(standings, tuple(code for code in found.dimensions if code not in rates), share_line, rate_line)


def strongest(report: Report) -> frozenset[str]:
    """Dimensions whose association lies above an equal share with its whole interval."""
    found = report.importance
    value = found.importance.value if found is not None else None
    if found is None or value is None or value.r2 <= 0 or not value.share_intervals:
        return frozenset()
    line = 1 / len(found.dimensions)
    return frozenset(code for code, _share, span in _shares(found.dimensions, value) if span[0] > line)


def quadrant_label(quadrant: Quadrant | None) -> str:
    return _("Not to be decided") if quadrant is None else _(QUADRANT_LABELS[quadrant])


def _shares(codes: tuple[str, ...], value: RelativeImportance) -> list[tuple[str, float, Span]]:
    """Shares that add up to 1, each with its interval."""
    few = len(codes) <= MOST_PREDICTORS_FOR_LMG_INTERVALS and value.lmg is not None
    parts = value.lmg if few and value.lmg is not None else value.johnson
    shares = (part / value.r2 for part in parts)
    return list(zip(codes, shares, value.share_intervals, strict=True))


def _standing(dimension: DimensionResult, rate: float, share: float, span: Span, lines: Span) -> Standing:
    interval = _rate_span(dimension, rate)
    sides = [_side(span, lines[0]), _side(interval, lines[1])]
    quadrant = None if None in sides else _QUADRANTS[sides[0] == "above", sides[1] == "above"]
    return Standing(dimension.code, share, span, rate, interval, quadrant)


def _rate_span(dimension: DimensionResult, rate: float) -> Span | None:
    """Wilson's interval of so many people, without finite population: of the way of working, not of this group alone.

    A person's share of satisfied answers varies at most as much as a single answer, so it is rather too wide.
    """
    if dimension.rounded or isinstance(dimension.n, Hidden):
        return None
    return score_interval(rate, dimension.n, Z_OF_95)


def _side(span: Span | None, line: float) -> str | None:
    if span is None or span[0] <= line <= span[1]:
        return None
    return "above" if span[0] > line else "below"


_QUADRANTS = {
    (True, False): Quadrant.WORK_ON,
    (True, True): Quadrant.STRENGTH,
    (False, True): Quadrant.KEEP,
    (False, False): Quadrant.CHANCE,
}
