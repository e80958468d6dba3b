"""Dimensions between association with overall satisfaction (across) and the unit's own rate (up), in four quarters.

Both intervals are drawn; a dot is filled only where both stay in one quarter. Association, never cause. The chart has
axes of its own, no zone but the one to work on, and names that keep clear of dots and of each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import ceil, floor

from flask_babel import gettext as _

from analysis.tree import Report
from survey_app.charts.layout import LINE_HEIGHT, WIDE, Axis, broken, stacked, text_width
from survey_app.charts.marks import Anchor, Box, Dot, Drawing, Label, Line, Mark
from survey_app.wording.approval import approval
from survey_app.wording.figures import percent, percent_interval
from survey_app.wording.names import Names
from survey_app.wording.quadrants import Quadrant, Quadrants, Standing, quadrant_label, quadrants_of

_USUAL_LOW = 0.7
"""Where rates begin unless one is lower: dots show where they lie by their place, so that zero is not needed."""
_ROUNDS = 3
_FROM_DOT = 9
_DOT = 7

Area = tuple[float, float, float, float]
"""Left, top, right, bottom."""


@dataclass(frozen=True, slots=True)
class _Plane:
    """The plotting area at one width: shares across, rates up."""

    across: Axis
    up: Axis
    label: float
    """Width at which a name is broken."""
    title: str
    """What goes up."""

    @property
    def area(self) -> Area:
        return self.across.start, self.up.end, self.across.end, self.up.start


def draw_importance(report: Report, names: Names, width: int) -> Drawing | None:
    found = quadrants_of(report)
    if found is None:
        return None
    left, bottom, label = (44, 396, 190) if width == WIDE else (30, 330, 104)
    right = width - (12 if width == WIDE else 10)
    plane = _Plane(
        Axis(0, _highest_share(found), left, right),
        Axis(_lowest_rate(found), 1, bottom, 32),
        label,
        approval(names).rate,
    )
    marks = [*_ground(found, plane), *_axes(plane, width), *_quarters(found, plane), *_points(found, plane)]
    marks += _names(found, names, plane)
    title = _("Association with overall satisfaction (across) and own rate (up) of each dimension, with intervals")
    return Drawing(width, bottom + 44, title, _described(found, names), tuple(marks))


def _highest_share(found: Quadrants) -> float:
    ends = [standing.share_span[1] for standing in found.standings]
    return min(1.0, ceil(max([*ends, 2 * found.share_line]) * 10 - 1e-9) / 10)


def _lowest_rate(found: Quadrants) -> float:
    lowest = min(standing.rate_span[0] if standing.rate_span else standing.rate for standing in found.standings)
    return min(_USUAL_LOW, max(0.0, floor(lowest * 10) / 10))


def _ground(found: Quadrants, plane: _Plane) -> Iterator[Mark]:
    """The quarter to work on, and the two lines that part the quarters."""
    left, top, right, bottom = plane.area
    x, y = plane.across(found.share_line), plane.up(found.rate_line)
    yield Box(x, y, right - x, bottom - y, "zone")
    yield Line(x, top, x, bottom, "goal")
    yield Line(left, y, right, y, "goal")


def _axes(plane: _Plane, width: int) -> Iterator[Mark]:
    left, top, right, bottom = plane.area
    yield Line(left, top, left, bottom, "axis")
    yield Line(left, bottom, right, bottom, "axis")
    for tick in plane.up.ticks(0.1):
        yield Label(left - 6, plane.up(tick) + 5, f"{tick * 100:.0f}", "note", "right")
    for tick in plane.across.ticks(0.1 if plane.across.high <= 0.6 else 0.2):
        anchor: Anchor = "right" if plane.across(tick) > width - 20 else "center"
        x = width if anchor == "right" else plane.across(tick)
        yield Label(x, bottom + 18, f"{tick * 100:.0f}", "note", anchor)
    yield Label(0, 14, _("↑ %(rate)s (%%)", rate=plane.title), "note")
    yield Label(width, bottom + 37, _("share of association (%) →"), "note", "right")


def _quarters(found: Quadrants, plane: _Plane) -> Iterator[Mark]:
    """Names of the quarters, in their outer corners."""
    for quadrant, (x, y, anchor) in _corners(plane).items():
        look = "strong" if quadrant is Quadrant.WORK_ON else "note"
        yield Label(x, y, quadrant_label(quadrant), look, anchor)


def _corners(plane: _Plane) -> dict[Quadrant, tuple[float, float, Anchor]]:
    left, top, right, bottom = plane.area
    return {
        Quadrant.KEEP: (left + 8, top + 16, "left"),
        Quadrant.STRENGTH: (right - 6, top + 16, "right"),
        Quadrant.CHANCE: (left + 8, bottom - 8, "left"),
        Quadrant.WORK_ON: (right - 6, bottom - 8, "right"),
    }


def _points(found: Quadrants, plane: _Plane) -> Iterator[Mark]:
    for standing in found.standings:
        x, y = plane.across(standing.share), plane.up(standing.rate)
        low, high = standing.share_span
        yield Line(plane.across(low), y, plane.across(high), y, "range")
        if standing.rate_span is not None:
            yield Line(x, plane.up(standing.rate_span[0]), x, plane.up(standing.rate_span[1]), "range")
        yield Dot(x, y, "hollow" if standing.quadrant is None else "now")


def _names(found: Quadrants, names: Names, plane: _Plane) -> Iterator[Mark]:
    """Each name at the one of four places beside its dot where it covers least, the first of them where two are free.

    Looked at more than once, since a name placed early does not know those placed later.
    """
    dots = [(plane.across(standing.share), plane.up(standing.rate)) for standing in found.standings]
    taken = [(x - _DOT, y - _DOT, x + _DOT, y + _DOT) for x, y in dots]
    taken += [_corner_area(quadrant, place) for quadrant, place in _corners(plane).items()]
    taken += [_line_area(mark) for mark in _points(found, plane) if isinstance(mark, Line)]
    told = [broken(names.dimension(standing.dimension), plane.label) for standing in found.standings]
    placed: dict[int, Area] = {}
    for number in [*range(len(told))] * _ROUNDS:
        others = [*taken, *(area for other, area in placed.items() if other != number)]
        placed[number] = _freest(_places(dots[number], told[number]), others, plane.area)
    for number, lines in enumerate(told):
        left, top, _right, _bottom = placed[number]
        for look in ("halo", "strong"):
            yield from stacked(left, top + 14, lines, look)


def _corner_area(quadrant: Quadrant, place: tuple[float, float, Anchor]) -> Area:
    x, y, anchor = place
    length = text_width(quadrant_label(quadrant))
    left = x - length if anchor == "right" else x
    return left, y - 13, left + length, y + 4


def _line_area(line: Line) -> Area:
    return line.x - 1, min(line.y, line.y2) - 1, line.x2 + 1, max(line.y, line.y2) + 1


def _places(dot: tuple[float, float], lines: Sequence[str]) -> list[Area]:
    """Right below, right above, left below, left above the dot."""
    x, y = dot
    width, height = max(text_width(line) for line in lines), LINE_HEIGHT * len(lines)
    lefts, tops = (x + _FROM_DOT, x - _FROM_DOT - width), (y + 3, y - 3 - height)
    return [(left, top, left + width, top + height) for left, top in product(lefts, tops)]


def _freest(places: Sequence[Area], taken: Sequence[Area], inside: Area) -> Area:
    return min(places, key=lambda area: _covered(area, taken, inside))


def _covered(area: Area, taken: Sequence[Area], inside: Area) -> float:
    """Square pixels of what a name would cover; far more where it would leave the plane."""
    left, top, right, bottom = area
    outside = max(0.0, inside[0] - left) + max(0.0, right - inside[2])
    outside += max(0.0, inside[1] - top) + max(0.0, bottom - inside[3])
    overlaps = (
        max(0.0, min(right, other[2]) - max(left, other[0])) * max(0.0, min(bottom, other[3]) - max(top, other[1]))
        for other in taken
    )
    return outside * 1000 + sum(overlaps)


def _described(found: Quadrants, names: Names) -> str:
    ordered = sorted(found.standings, key=lambda standing: -standing.share)
    return _("; ").join(_spoken(standing, names) for standing in ordered)


def _spoken(standing: Standing, names: Names) -> str:
    rate = percent(standing.rate, 0)
    if standing.rate_span is not None:
        rate += percent_interval(standing.rate_span)
    return _(
        "%(name)s: share of association %(share)s%(span)s, rate %(rate)s, %(quarter)s",
        name=names.dimension(standing.dimension), share=percent(standing.share, 0),
        span=percent_interval(standing.share_span), rate=rate, quarter=quadrant_label(standing.quadrant),
    )  # fmt: skip
