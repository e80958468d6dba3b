"""The scheme held against what it did: which check points tell units apart, and which never do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import sqrt

from survey_app.assessment.marking import AssessmentSheet, Line
from survey_app.assessment.scheme import Scheme

NOISE = 1e-9
"""In squared hundredths of a point: what sums of floats leave where all totals are equal."""


@dataclass(frozen=True, slots=True)
class PointReview:
    """What one check point did among the units that got points for it."""

    check_point: str
    n: int
    exempt: int
    all_same: bool
    """At least two units, and all got the same share of the points: it separates nobody."""
    share_full: float | None
    share_zero: float | None
    spread: float | None
    """Standard deviation of the share of the points, 0 to 0.5; None for nobody."""
    contribution: float | None
    """Share of the differences of totals within classes that comes from here; all together make 1."""


def scrutiny(sheets: Mapping[str, AssessmentSheet], scheme: Scheme) -> tuple[PointReview, ...]:
    """In the order of the scheme.

    Contribution: points are taken as differences from the mean of the class, d; an exempt line differs by nothing. With
    ``t = sum of d`` over a unit's lines it is ``sum(d t) / sum(t^2)`` over units. Below 0: it works against the rest.
    """
    differences = _differences(sheets, scheme)
    totals: dict[str, float] = defaultdict(float)
    for found in differences.values():
        for unit, difference in found.items():
            totals[unit] += difference
    scatter = sum(total**2 for total in totals.values())
    lines_of: dict[str, list[Line]] = defaultdict(list)
    for sheet in sheets.values():
        for line in sheet.lines:
            lines_of[line.check_point].append(line)
    return tuple(
        _review(point.code, lines_of[point.code], differences[point.code], totals, scatter)
        for point in scheme.check_points
    )


def _review(
    code: str, lines: Sequence[Line], differences: Mapping[str, float], totals: Mapping[str, float],
    scatter: float,
) -> PointReview:  # fmt: skip
    shares = [hundredths(line.points) / hundredths(line.out_of) for line in lines if line.points is not None]
    own = sum((difference * totals[unit] for unit, difference in differences.items()))
    return PointReview(
        check_point=code,
        n=len(shares),
        exempt=sum(line.why.is_exempt for line in lines),
        all_same=len(shares) > 1 and len(set(shares)) == 1,
        share_full=_share_of(shares, 1),
        share_zero=_share_of(shares, 0),
        spread=_deviation(shares) if shares else None,
        contribution=own / scatter if scatter > NOISE else None,
    )


def _share_of(shares: Sequence[float], value: int) -> float | None:
    return shares.count(value) / len(shares) if shares else None


def _differences(sheets: Mapping[str, AssessmentSheet], scheme: Scheme) -> dict[str, dict[str, float]]:
    """Check point -> unit -> its points less the mean of its class."""
    points: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for unit, sheet in sheets.items():
        for line in sheet.lines:
            if line.points is not None:
                points[line.check_point, sheet.unit_class][unit] = hundredths(line.points)
    found: dict[str, dict[str, float]] = {point.code: {} for point in scheme.check_points}
    for (code, _), given in points.items():
        mean = sum(given.values()) / len(given)
        found[code].update({unit: value - mean for unit, value in given.items()})
    return found


def hundredths(points: Decimal) -> int:
    """Whole numbers, so that equal points differ from their mean by exactly nothing."""
    return int(points.scaleb(2))


def _deviation(shares: Sequence[float]) -> float:
    """Of all units there are, so divided by n."""
    mean = sum(shares) / len(shares)
    return sqrt(sum((share - mean) ** 2 for share in shares) / len(shares))
