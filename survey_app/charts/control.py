"""A question over the pulses of a unit: its points in time, centre and limits, signals ringed.

Takes what `analysis.pulse_control` found; without limits the points stand alone. There is no trend line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import floor

from flask_babel import gettext as _

from analysis.control import ControlChart
from analysis.pulse_control import PulseChart, PulsePoint
from survey_app.charts.layout import WIDE, Axis, text_width
from survey_app.charts.marks import Anchor, Dot, Drawing, Label, Line, Mark, Path
from survey_app.wording import warnings
from survey_app.wording.figures import percent

_NOTE = 13
_BETWEEN = 8


@dataclass(frozen=True, slots=True)
class _Plot:
    xs: tuple[float, ...]
    step: float
    start: float
    end: float
    up: Axis


def draw_control(found: PulseChart, width: int) -> Drawing:
    plot = _plot(found, width)
    marks = [*_frame(plot), *_limits(found, plot), *_points(found, plot), *_labels(found, plot, width)]
    title = _("The share of satisfied people in each pulse, with the limits of usual ups and downs")
    return Drawing(width, plot.up.start + 28, title, warnings.told(found), tuple(marks))


def _plot(found: PulseChart, width: int) -> _Plot:
    shares = [share for point in found.points if (share := point.share) is not None]
    limits = [limit for limit in (found.limits.lower if found.limits else ()) if limit is not None]
    low = min(0.8, max(0.0, floor(min([*shares, *limits, 1.0]) * 10 - 0.5) / 10))
    start, end = 44.0, width - (58.0 if width == WIDE else 12.0)
    step = (end - start) / len(found.points)
    xs = tuple(start + step * (number + 0.5) for number in range(len(found.points)))
    return _Plot(xs, step, start, end, Axis(low, 1, 250 if width == WIDE else 210, 22 if width == WIDE else 34))


def _frame(plot: _Plot) -> Iterator[Mark]:
    spacing = 1 if plot.up.high - plot.up.low <= 0.5 else 2
    for tenth in range(10, round(plot.up.low * 10) - 1, -spacing):
        y = plot.up(tenth / 10)
        yield Line(plot.start, y, plot.end, y, "grid")
        yield Label(plot.start - 6, y + 5, f"{tenth * 10}" + "%" * (tenth == 10), "note", "right")


def _limits(found: PulseChart, plot: _Plot) -> Iterator[Mark]:
    """The centre, and each limit in steps: it is that of the pulse it stands over."""
    if found.limits is None:
        return
    centre = plot.up(found.limits.centre)
    yield Line(plot.start, centre, plot.end, centre, "goal")
    for limits in (found.limits.lower, found.limits.upper):
        yield from _steps(limits, plot)


def _steps(limits: Sequence[float | None], plot: _Plot) -> Iterator[Path]:
    piece: list[tuple[float, float]] = []
    for x, limit in zip((*plot.xs, 0.0), (*limits, None), strict=True):
        if limit is None:
            yield from (Path(tuple(piece)),) if piece else ()
            piece = []
        else:
            piece += [(x - plot.step / 2, plot.up(limit)), (x + plot.step / 2, plot.up(limit))]


def _points(found: PulseChart, plot: _Plot) -> Iterator[Mark]:
    ringed = {position for position, _kind in found.signals}
    last = len(found.points) - 1
    for position, (point, x) in enumerate(zip(found.points, plot.xs, strict=True)):
        if point.share is None:
            continue
        if position in ringed:
            yield Dot(x, plot.up(point.share), "ring")
        yield Dot(x, plot.up(point.share), "now" if position == last or position in ringed else "earlier")


def _labels(found: PulseChart, plot: _Plot, width: int) -> Iterator[Label]:
    """Days below, the latest first as far as they have room; rates of ringed points; what the lines are."""
    yield from _days(found.points, plot, width)
    for position, _kind in found.signals:
        share = found.points[position].share
        if share is not None:
            above = share >= (found.limits.centre if found.limits else 0)
            words = percent(share, 0)
            yield Label(plot.xs[position], plot.up(share) + (-16 if above else 28), words, "strong", "center")
    if found.limits is not None:
        yield from _names_of_lines(found.limits, plot, width)


def _names_of_lines(found: ControlChart, plot: _Plot, width: int) -> Iterator[Label]:
    """Beside the lines where there is room, else above the chart."""
    centre = _("middle %(rate)s", rate=percent(found.centre, 0))
    if width != WIDE:
        yield Label(plot.end, 12, _("dashes: %(middle)s", middle=centre), "note", "right")
        return
    yield Label(plot.end + 4, plot.up(found.centre) + 5, centre, "note")
    for limits, words in ((found.lower, _("lower limit")), (found.upper, _("upper limit"))):
        last = limits[-1]
        if last is not None and abs(plot.up(last) - plot.up(found.centre)) > 18:
            yield Label(plot.end + 4, plot.up(last) + 5, words, "note")


def _days(points: Sequence[PulsePoint], plot: _Plot, width: int) -> Iterator[Label]:
    y, edge = plot.up.start + 20, float("inf")
    for point, x in reversed(tuple(zip(points, plot.xs, strict=True))):
        words = f"{point.day:%Y-%m}"
        half = text_width(words, _NOTE) / 2
        place = min(x, width - half)
        anchor: Anchor = "center"
        if place + half + _BETWEEN <= edge:
            edge = place - half
            yield Label(place, y, words, "note", anchor)
