"""Units below in a funnel: answers across, rate up, limits as lines that widen where few answered.

Dots of all units that show their exact figure; names of those outside the limits, of the others where few are drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import floor, log10

from flask_babel import gettext as _

from analysis.benchmark_results import limit_curve
from analysis.tree import Benchmark, BenchmarkRow, Report
from survey_app.charts.layout import LINE_HEIGHT, NARROW, WIDE, Axis, broken, stacked, text_width
from survey_app.charts.marks import Anchor, Dot, Drawing, Label, Line, Mark, Path
from survey_app.wording import units
from survey_app.wording.approval import approval
from survey_app.wording.figures import percent
from survey_app.wording.names import Names

_STEPS_OF_CURVE = 48
_FEW = 12
"""Units up to which those within the limits are named too, where there is room."""
_MOST_NAMED = {WIDE: 14, NARROW: 6}
_MOST_TOLD = 24
"""Units told one by one to whoever does not see the chart; of more, those outside the limits."""
_NAME_WIDTH = {WIDE: 200, NARROW: 112}
_NOTE = 13

Area = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class _Plot:
    width: int
    across: Axis
    up: Axis

    def place(self, row: BenchmarkRow) -> tuple[float, float]:
        return self.across(row.n), self.up(row.satisfied / row.n)


def draw_funnel(report: Report, names: Names, width: int) -> Drawing | None:
    found = report.benchmark
    if found is None:
        return None
    height = 340 if width == WIDE else 260
    sizes = _sizes(found)
    curve = limit_curve(found, sizes)
    lowest = min(*(row.satisfied / row.n for row in found.rows), *(lower for _n, lower, _upper in curve))
    low = max(0.0, floor(lowest * 10) / 10)
    plot = _Plot(width, Axis(0, _round_number(sizes[-1]), 44, width - 16), Axis(low, 1, height, 30))
    marks = [
        *_frame(plot, approval(names).rate),
        *_limits(plot, curve, found.target),
        *_dots(plot, found.rows),
        *_names(plot, found, curve),
    ]
    title = _("Answers and satisfaction rates of the units below, with the limits of chance (95%)")
    return Drawing(width, height + 44, title, _described(found), tuple(marks))


def _sizes(found: Benchmark) -> list[int]:
    """Numbers of answers at which the limits are drawn, the smallest and the largest unit included."""
    least, most = min(row.n for row in found.rows), max(row.n for row in found.rows)
    step = max(1, (most - least) // _STEPS_OF_CURVE)
    return sorted({*range(max(1, round(least * 0.8)), most, step), most, round(most * 1.05) + 1})


def _round_number(most: int) -> float:
    """The end of the axis: the next number with one figure and zeros, or half of one."""
    unit = 10.0 ** floor(log10(most))
    return next(step * unit for step in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 12) if step * unit >= most)


def _frame(plot: _Plot, rate: str) -> Iterator[Mark]:
    step = 0.1 if plot.up.high - plot.up.low <= 0.5 else 0.2
    ticks = [tick / 10 for tick in range(10, round(plot.up.low * 10) - 1, -round(step * 10))]
    for tick in ticks:
        yield Line(plot.across.start, plot.up(tick), plot.across.end, plot.up(tick), "grid")
        yield Label(plot.across.start - 6, plot.up(tick) + 5, f"{tick * 100:.0f}" + "%" * (tick == 1), "note", "right")
    yield Label(0, 12, rate, "note")
    bottom = plot.up.start
    yield Line(plot.across.start, bottom, plot.across.end, bottom, "axis")
    parts = 4
    for part in range(parts + 1):
        n = plot.across.high * part / parts
        if n == int(n):
            anchor: Anchor = "right" if part == parts else "center"
            x = plot.across(n) + (16 if part == parts else 0)
            yield Label(x, bottom + 18, f"{n:.0f}", "note", anchor)
    yield Label(plot.across.end + 16, bottom + 38, _("People who answered"), "note", "right")


def _limits(plot: _Plot, curve: Sequence[tuple[int, float, float]], target: float) -> Iterator[Mark]:
    """Both lines as far as a rate could pass them, and the rate of all."""
    lower = [(plot.across(n), plot.up(limit)) for n, limit, _upper in curve if limit >= plot.up.low]
    upper = [(plot.across(n), plot.up(limit)) for n, _lower, limit in curve if limit <= 1]
    yield from (Path(tuple(points)) for points in (lower, upper) if len(points) > 1)
    yield Line(plot.across.start, plot.up(target), plot.across.end, plot.up(target), "goal")
    yield Label(plot.across.start + 4, plot.up(target) - 6, _("together %(rate)s", rate=percent(target, 0)), "note")


def _dots(plot: _Plot, rows: Sequence[BenchmarkRow]) -> Iterator[Mark]:
    """One dot for all units in the same place."""
    places = {(*plot.place(row), units.side_of(row) == "inside") for row in rows}
    for x, y, is_inside in sorted(places):
        yield Dot(x, y, "earlier" if is_inside else "now")


def _names(plot: _Plot, found: Benchmark, curve: Sequence[tuple[int, float, float]]) -> Iterator[Label]:
    """As many names as have room, off the lines where there is: outside the limits first, the farthest first."""
    rows = [row for row in found.rows if len(found.rows) <= _FEW or units.side_of(row) != "inside"]
    rows.sort(key=_distance, reverse=True)
    taken = [_around(x, y) for x, y in {plot.place(row) for row in found.rows}]
    together, level = _("together %(rate)s", rate=percent(found.target, 0)), plot.up(found.target)
    taken.append((plot.across.start, level - 20, plot.across.start + 4 + text_width(together, _NOTE), level))
    limits = tuple(_pieces(plot, curve))
    for row in rows[: _MOST_NAMED[plot.width]]:
        lines = broken(row.name, _NAME_WIDTH[plot.width], _NOTE)
        x, y = plot.place(row)
        free = [
            position
            for position in _positions(lines, x, y)
            if _fits(position[0], plot) and not any(_overlap(position[0], other) for other in taken)
        ]
        if free:
            area, label_x, label_y, anchor = min(free, key=lambda position: _crosses(position[0], limits))
            taken.append(area)
            yield from stacked(label_x, label_y, lines, "note", anchor)


def _crosses(area: Area, limits: Sequence[Area]) -> bool:
    return any(_overlap(area, piece) for piece in limits)


def _pieces(plot: _Plot, curve: Sequence[tuple[int, float, float]]) -> Iterator[Area]:
    """What each piece of the two lines takes."""
    for (n, *one), (following, *other) in pairwise(curve):
        for start, end in zip(one, other, strict=True):
            top, bottom = sorted((plot.up(start), plot.up(end)))
            yield plot.across(n), top, plot.across(following), bottom + 1


def _distance(row: BenchmarkRow) -> float:
    """How far outside the limits, as a share; below 0 inside."""
    rate = row.satisfied / row.n
    return max(rate - row.upper, row.lower - rate)


def _around(x: float, y: float) -> Area:
    return x - 6, y - 6, x + 6, y + 6


def _positions(lines: Sequence[str], x: float, y: float) -> Iterator[tuple[Area, float, float, Anchor]]:
    """Right, left, below and above of a dot: the area taken, the first baseline, the side it starts from."""
    width, height = max(text_width(line, _NOTE) for line in lines), LINE_HEIGHT * len(lines)
    beside, below, above = y - height / 2, y + 9, y - 9 - height
    for left, top in (
        (x + 10, beside), (x - 10 - width, beside), (x - width / 2, below), (x - width / 2, above),
        (x + 4, below), (x - 4 - width, below), (x + 4, above), (x - 4 - width, above),
    ):  # fmt: skip
        yield (left, top, left + width, top + height), left, top + 14, "left"


def _fits(area: Area, plot: _Plot) -> bool:
    left, top, right, bottom = area
    return left >= plot.across.start + 2 and right <= plot.width and top >= 16 and bottom <= plot.up.start


def _overlap(one: Area, other: Area) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _described(found: Benchmark) -> str:
    """Every unit's figures and side; of very many those outside the limits."""
    rows = list(found.rows)
    if len(rows) > _MOST_TOLD:
        rows = sorted((row for row in rows if units.side_of(row) != "inside"), key=_distance, reverse=True)[:_MOST_TOLD]
    told = [
        _(
            "%(name)s: %(rate)s, %(side)s",
            name=row.name,
            rate=units.rate_of_row(row),
            side=units.side_label(row),
        )
        for row in rows
    ]
    if len(rows) < len(found.rows):
        told.append(_("%(n)s more units in the table", n=len(found.rows) - len(rows)))
    return _("; ").join([_("All together %(rate)s", rate=percent(found.target, 0)), *told])
