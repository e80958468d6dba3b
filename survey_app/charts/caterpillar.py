"""Units below one under the other: rate drawn towards the average, with its interval where it has one.

Those ahead, those not told apart as one grey block, those behind. No ranks; of very many units the block is one row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import floor

from flask_babel import gettext as _

from analysis.tree import BenchmarkRow, Report
from survey_app.charts.layout import LINE_HEIGHT, NARROW, WIDE, Axis, broken, label_column, stacked, text_width
from survey_app.charts.marks import Anchor, Box, Dot, Drawing, Label, Line, Mark
from survey_app.wording import units
from survey_app.wording.figures import percent
from survey_app.wording.names import Names

_MOST_IN_BLOCK = 20
"""Units not told apart up to which each has its row."""
_MOST_APART = 15
"""Units ahead, and units behind, that have a row of their own."""
_MOST_TOLD = 24
_LONGEST_LABEL = 230
_HEAD = 28.0
"""Height of a line of words."""


@dataclass(frozen=True, slots=True)
class _Frame:
    width: int
    axis: Axis

    @property
    def is_wide(self) -> bool:
        return self.width == WIDE

    def name(self, row: BenchmarkRow) -> tuple[str, ...]:
        if self.is_wide:
            return broken(row.name, self.axis.start - 24)
        return broken(row.name, NARROW - 24 - text_width(_people(row), 13))


@dataclass(frozen=True, slots=True)
class _Part:
    """What is drawn one under the other: its height, its marks at a height, whether it stands in the grey block."""

    height: float
    marks: tuple[Line | Dot | Label, ...]
    is_grey: bool = False


def draw_caterpillar(report: Report, names: Names, width: int) -> Drawing | None:
    found = report.benchmark
    if found is None:
        return None
    rows = units.by_standing(found)
    frame = _frame(rows, width)
    marks: list[Mark] = []
    y, grey = 26.0, []
    for part in _parts(frame, rows):
        marks += (_moved(mark, y) for mark in part.marks)
        y += part.height
        if part.is_grey:
            grey += [y - part.height, y]
    if grey:
        marks.append(Box(0, grey[0], width, grey[-1] - grey[0], "block"))
    marks += _scale(frame, found.target, 26.0, y)
    return Drawing(width, y + 26, _title(rows), _described(rows, found.target), tuple(marks))


def _title(rows: Sequence[BenchmarkRow]) -> str:
    if any(units.has_interval(row) for row in rows):
        return _("Units by their rate drawn towards the average, with where it may lie (95%)")
    return _("Units by their rate drawn towards the average")


def _frame(rows: Sequence[BenchmarkRow], width: int) -> _Frame:
    low = min(0.8, max(0.0, floor(min(row.interval[0] for row in rows) * 10) / 10))
    if width == NARROW:
        return _Frame(width, Axis(low, 1, 12, NARROW - 16))
    start = label_column([row.name for row in rows], _LONGEST_LABEL) + 24
    figures = max(text_width(_people(row), 13) for row in rows)
    return _Frame(width, Axis(low, 1, start, WIDE - figures - 24))


def _parts(frame: _Frame, rows: Sequence[BenchmarkRow]) -> Iterator[_Part]:
    ahead = [row for row in rows if row.tier == "advanced"]
    behind = [row for row in rows if row.tier == "lagging"]
    alike = [row for row in rows if not units.told_apart(row)]
    yield from (_row(frame, row) for row in ahead[:_MOST_APART])
    yield from _more(len(ahead) - _MOST_APART)
    yield from _block(frame, alike)
    yield from _more(len(behind) - _MOST_APART)
    yield from (_row(frame, row) for row in behind[-_MOST_APART:])


def _more(count: int) -> Iterator[_Part]:
    if count > 0:
        yield _Part(_HEAD, (Label(8, 19, _("%(n)s more units in the table", n=count), "note"),))


def _block(frame: _Frame, rows: Sequence[BenchmarkRow]) -> Iterator[_Part]:
    """Each in its row, or from the lowest to the highest rate of very many."""
    if not rows:
        return
    words = _("%(n)s units not told apart", n=len(rows))
    if len(rows) <= _MOST_IN_BLOCK:
        yield _Part(_HEAD, (Label(8, 19, words, "note"),), is_grey=True)
        yield from (_row(frame, row, is_grey=True) for row in rows)
        return
    low, high = min(row.shrunken for row in rows), max(row.shrunken for row in rows)
    between = _("%(low)s to %(high)s", low=percent(low, 0), high=percent(high, 0))
    line = Line(frame.axis(low), 42, frame.axis(high), 42, "bounds")
    figures = Label(frame.width - 8, 19, between, "note", "right")
    yield _Part(2 * _HEAD, (Label(8, 19, words, "note"), figures, line), is_grey=True)


def _row(frame: _Frame, row: BenchmarkRow, *, is_grey: bool = False) -> _Part:
    """Name beside the mark, above it on narrow screens; people at the end."""
    name = frame.name(row)
    people = _people(row)
    if frame.is_wide:
        height = max(30, LINE_HEIGHT * len(name) + 8)
        middle = height / 2
        first = middle + 5 - LINE_HEIGHT * (len(name) - 1) / 2
        words = (*stacked(8, first, name), Label(WIDE - 8, middle + 5, people, "note", "right"))
        return _Part(height, (*words, *_interval(frame.axis, row, middle)), is_grey)
    below = 18 + LINE_HEIGHT * (len(name) - 1)
    words = (*stacked(8, 18, name), Label(NARROW - 8, 18, people, "note", "right"))
    return _Part(below + 26, (*words, *_interval(frame.axis, row, below + 13)), is_grey)


def _interval(axis: Axis, row: BenchmarkRow, y: float) -> Iterator[Line | Dot]:
    if units.has_interval(row):
        low, high = row.interval
        yield Line(axis(low), y, axis(high), y, "range")
    yield Dot(axis(row.shrunken), y, "now" if units.told_apart(row) else "earlier")


def _people(row: BenchmarkRow) -> str:
    return f"{row.satisfied}/{row.n}"


def _moved(mark: Line | Dot | Label, y: float) -> Mark:
    if isinstance(mark, Line):
        return replace(mark, y=mark.y + y, y2=mark.y2 + y)
    return replace(mark, y=mark.y + y)


def _scale(frame: _Frame, target: float, top: float, bottom: float) -> Iterator[Mark]:
    axis = frame.axis
    step = 1 if axis.high - axis.low <= 0.5 else 2
    for tenth in range(10, round(axis.low * 10) - 1, -step):
        x, is_last = axis(tenth / 10), tenth == 10
        yield Line(x, top, x, bottom, "grid")
        anchor: Anchor = "right" if is_last else "center"
        yield Label(x + 14 * is_last, bottom + 18, f"{tenth * 10}" + "%" * is_last, "note", anchor)
    yield Line(axis(target), top - 6, axis(target), bottom, "goal")
    words = _("together %(rate)s", rate=percent(target, 0))
    half = text_width(words, 13) / 2
    yield Label(min(max(axis(target), half), frame.width - half), 14, words, "note", "center")


def _described(rows: Sequence[BenchmarkRow], target: float) -> str:
    """Every unit's figures and where it stands; of very many those told apart."""
    told = rows if len(rows) <= _MOST_TOLD else [row for row in rows if units.told_apart(row)][:_MOST_TOLD]
    said = [_told(row) for row in told]
    if len(told) < len(rows):
        said.append(_("%(n)s more units in the table", n=len(rows) - len(told)))
    return _("; ").join([_("All together %(rate)s", rate=percent(target, 0)), *said])


def _told(row: BenchmarkRow) -> str:
    figures = {"name": row.name, "people": _people(row), "rate": percent(row.shrunken, 0)}
    tier = units.tier_label(row.tier)
    if not units.has_interval(row):
        return _("%(name)s: %(people)s people, drawn towards the average %(rate)s, %(tier)s", **figures, tier=tier)
    return _(
        "%(name)s: %(people)s people, drawn towards the average %(rate)s %(interval)s, %(tier)s",
        **figures,
        interval=units.interval_of(row),
        tier=tier,
    )
