"""Main figures over the years as small multiples: the same axis in all, earlier years hollow, this year filled.

At most the latest five. The line is broken where years are not comparable or a year is hidden. There is no trend line.
A year of which only the rate is known, without the number of people, is a diamond and has no interval.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from analysis.tree import Change, Hidden, Rate, Report, YearPoint
from survey_app.charts.layout import LINE_HEIGHT, WIDE, Axis, broken, stacked, text_width
from survey_app.charts.marks import Dot, Drawing, Label, Line, Mark, Path
from survey_app.wording.figures import rate_percent, rate_text, rate_with_people, share_of_people
from survey_app.wording.labels import change_label, verdict_of
from survey_app.wording.names import Names

_TICKS = (0.0, 0.5, 1.0)
MOST_YEARS = 5
_BETWEEN = 6
"""Pixels between labels side by side."""


@dataclass(frozen=True, slots=True)
class _Panel:
    name: str
    points: tuple[YearPoint, ...]
    change: Change | None


@dataclass(frozen=True, slots=True)
class _Frame:
    """Place and size of one panel."""

    x: float
    y: float
    width: float
    plot: float
    name_lines: int


def draw_years(report: Report, names: Names, width: int) -> Drawing | None:
    changes = {change.code: change for change in report.changes}
    panels = [
        _Panel(names.item(code), points[-MOST_YEARS:], changes.get(code))
        for code, points in report.history
        if len(points) > 1
    ]
    if not panels:
        return None
    columns, gap, plot = (3, 32, 84) if width == WIDE else (2, 12, 66)
    panel_width = (width - gap * (columns - 1)) / columns
    marks: list[Mark] = []
    y = 0.0
    for start in range(0, len(panels), columns):
        row = panels[start : start + columns]
        lines = max(len(broken(panel.name, panel_width)) for panel in row)
        for place, panel in enumerate(row):
            x = place * (panel_width + gap)
            marks += _panel(panel, _Frame(x, y, panel_width, plot, lines))
        y += LINE_HEIGHT * lines + plot + 100
    title = _("Satisfaction rates over the years, the upright line is the interval (95%)")
    return Drawing(width, y - 16, title, _described(panels), tuple(marks))


def _panel(panel: _Panel, frame: _Frame) -> Iterator[Mark]:
    yield from stacked(frame.x, frame.y + 16, broken(panel.name, frame.width), "strong")
    top = frame.y + 16 + LINE_HEIGHT * frame.name_lines
    if panel.change is not None:
        look = "strong" if verdict_of(panel.change) in ("improved", "declined") else "note"
        yield Label(frame.x, top + 1, change_label(panel.change), look)
    down = Axis(0, 1, top + 22 + frame.plot, top + 22)
    end = frame.x + frame.width - 26
    for tick in _TICKS:
        yield Line(frame.x, down(tick), end, down(tick), "grid")
        yield Label(frame.x + frame.width, down(tick) + 5, f"{tick * 100:.0f}", "note", "right")
    xs = _places(len(panel.points), frame.x, end)
    yield from _course(panel, xs, down)
    for number, (point, x) in enumerate(zip(panel.points, xs, strict=True)):
        yield from _year(point, x, down, is_last=number == len(panel.points) - 1)
    yield from _year_labels(panel, xs, down(0), frame)


def _places(count: int, start: float, end: float) -> tuple[float, ...]:
    inset = 18
    step = (end - start - 2 * inset) / (count - 1)
    return tuple(start + inset + step * number for number in range(count))


def _course(panel: _Panel, xs: Sequence[float], down: Axis) -> Iterator[Mark]:
    """The line, in pieces: it breaks where a year is hidden and where it is not comparable with this year."""
    piece: list[tuple[float, float]] = []
    comparable = panel.points[0].comparable
    for point, x in zip(panel.points, xs, strict=True):
        value = _value(point)
        if value is None or point.comparable != comparable:
            yield from _drawn(piece)
            piece = []
        comparable = point.comparable
        if value is not None:
            piece.append((x, down(value)))
    yield from _drawn(piece)


def _drawn(piece: list[tuple[float, float]]) -> tuple[Path, ...]:
    return (Path(tuple(piece)),) if len(piece) > 1 else ()


def _value(point: YearPoint) -> float | None:
    """Where the point stands; None where it is hidden or only "at least" or "at most" is known."""
    if isinstance(point.rate, Rate):
        return point.rate.value if point.rate.bound == "exact" else None
    return point.rate if isinstance(point.rate, float) else None


def _year(point: YearPoint, x: float, down: Axis, *, is_last: bool) -> Iterator[Mark]:
    value = _value(point)
    if value is None:
        return
    if isinstance(point.rate, Rate) and point.rate.interval is not None:
        low, high = point.rate.interval
        yield Line(x, down(low), x, down(high), "range")
    look = "now" if is_last else "earlier" if isinstance(point.rate, Rate) else "published"
    yield Dot(x, down(value), look)


def _year_labels(panel: _Panel, xs: Sequence[float], y: float, frame: _Frame) -> Iterator[Mark]:
    """Years under the points and figures under the years."""
    years = [(point, str(point.year)) for point in panel.points]
    yield from _side_by_side(years, xs, y + 17, frame)
    yield from _side_by_side(_fitting_figures(panel, xs), xs, y + 34, frame)


def _side_by_side(
    told: Sequence[tuple[YearPoint, str]], xs: Sequence[float], y: float, frame: _Frame
) -> Iterator[Label]:
    """As many labels as do not touch: this year always, then years that are hidden, then the latest."""
    last = len(told) - 1
    order = sorted(range(len(told)), key=lambda i: (i != last, not isinstance(told[i][0].rate, Hidden), -i))
    taken: list[tuple[float, float]] = []
    for number in order:
        words = told[number][1]
        width = text_width(words, 13)
        left = min(max(xs[number] - width / 2, frame.x), frame.x + frame.width - width)
        if all(left >= end + _BETWEEN or left + width + _BETWEEN <= start for start, end in taken):
            taken.append((left, left + width))
            yield Label(left + width / 2, y, words, "note", "center")


def _fitting_figures(panel: _Panel, xs: Sequence[float]) -> list[tuple[YearPoint, str]]:
    """People under each year; percents where people would not stand side by side."""
    told = [(point, _figure(point)) for point in panel.points]
    room = xs[1] - xs[0] - _BETWEEN
    if max(text_width(words, 13) for _point, words in told) <= room:
        return told
    shares = [rate_percent(point.rate) if isinstance(point.rate, Rate) else None for point in panel.points]
    return [(point, share or words) for (point, words), share in zip(told, shares, strict=True)]


def _figure(point: YearPoint) -> str:
    return share_of_people(point.rate) if isinstance(point.rate, Rate) else rate_text(point.rate)


def _spoken(point: YearPoint) -> str:
    return rate_with_people(point.rate) if isinstance(point.rate, Rate) else rate_text(point.rate)


def _described(panels: Sequence[_Panel]) -> str:
    spoken = []
    for panel in panels:
        years = _(", ").join(_("%(year)s %(figure)s", year=point.year, figure=_spoken(point)) for point in panel.points)
        verdict = change_label(panel.change) if panel.change is not None else _("No verdict")
        spoken.append(_("%(name)s: %(years)s; %(verdict)s", name=panel.name, years=years, verdict=verdict))
    return _("; ").join(spoken)
