"""Published figures: percentiles among organisations as a box, references as dashes, one organisation as a diamond.

A figure without a number of answers is a hollow diamond and has no interval. Years stand in lanes of their own, or side
by side with a line between them only where the wording stayed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from flask_babel import gettext as _

from analysis.arrays import Interval
from analysis.published import Bands, Figure, Passage
from survey_app.charts.layout import LINE_HEIGHT, NARROW, WIDE, Axis, broken, stacked, text_width
from survey_app.charts.marks import Anchor, Box, Dot, Drawing, Label, Line, Mark, Path
from survey_app.wording.published import bands_spoken, figure_text, join_mark, one_decimal

_PITCH = 22
_HALF_BOX = 6
_LABELS_WIDE = 292
_MOST_SPOKEN = 12
_TICKS = (0, 20, 40, 60, 80, 100)


@dataclass(frozen=True, slots=True)
class Lane:
    """One line of a chart: a year of an item, or an item of a year."""

    words: str
    bands: Bands | None
    references: tuple[float, ...] = ()
    figure: Figure | None = None
    interval: Interval | None = None
    place: str = ""
    """Where the figure lies among the others, in words."""


@dataclass(frozen=True, slots=True)
class Strip:
    """An item with its lanes."""

    label: str
    lanes: tuple[Lane, ...]


@dataclass(frozen=True, slots=True)
class YearColumn:
    year: int
    bands: Bands | None
    references: tuple[float, ...]


def draw_strips(strips: Sequence[Strip], title: str, width: int) -> Drawing | None:
    """Items below each other on one scale from 0 to 100."""
    if not any(strip.lanes for strip in strips):
        return None
    is_wide = width == WIDE
    legend, top = _legend(strips, width)
    axis, words_at = _frame(strips, is_wide)
    marks: list[Mark] = [*legend, *_tick_labels(axis, top + 14)]
    y = top + 22.0
    for number, strip in enumerate(strips):
        label = broken(strip.label, _LABELS_WIDE - 12 if is_wide else width)
        lanes_at = y if is_wide else y + LINE_HEIGHT * len(label) + 2
        height = max(_PITCH * len(strip.lanes), LINE_HEIGHT * len(label) if is_wide else 0)
        if number:
            marks.append(Line(0, y - 4, width, y - 4, "grid"))
        marks += stacked(0, y + 15, label)
        if not is_wide:
            marks += _grid(axis, lanes_at, lanes_at + _PITCH * len(strip.lanes))
        for place, lane in enumerate(strip.lanes):
            marks += _lane(lane, axis, lanes_at + _PITCH * (place + 0.5), words_at, width)
        y = lanes_at + height + 10
    if is_wide:
        marks += _grid(axis, top + 20, y - 4)
    marks += _tick_labels(axis, y + 8)
    return Drawing(width, y + 14, title, _spoken(strips), tuple(marks))


def _grid(axis: Axis, top: float, bottom: float) -> Iterator[Mark]:
    return (Line(axis(tick), top, axis(tick), bottom, "grid") for tick in _TICKS)


def _frame(strips: Sequence[Strip], is_wide: bool) -> tuple[Axis, float]:
    """The axis between the names of the lanes and the figures at the right end."""
    lanes = [lane for strip in strips for lane in strip.lanes]
    names = max(text_width(lane.words, 13) for lane in lanes)
    start = (_LABELS_WIDE if is_wide else 0) + (names + 12 if names else 8)
    told = max(text_width(_told(lane, is_wide), 13) for lane in lanes)
    return Axis(0, 100, start, (WIDE if is_wide else NARROW) - told - 16), _LABELS_WIDE if is_wide else 0


def _told(lane: Lane, is_wide: bool) -> str:
    if lane.figure is None:
        return one_decimal(lane.bands.p50) if lane.bands else ""
    return f"{figure_text(lane.figure)} {lane.place}".strip() if is_wide else figure_text(lane.figure)


def _lane(lane: Lane, axis: Axis, y: float, words_at: float, width: int) -> Iterator[Mark]:
    yield Label(words_at, y + 5, lane.words, "note")
    if lane.bands is not None:
        yield from _box(lane.bands, axis, y)
    yield from (Line(axis(one), y - 9, axis(one), y + 9, "goal") for one in lane.references)
    if lane.interval is not None:
        yield Line(axis(lane.interval[0]), y, axis(lane.interval[1]), y, "zero")
    if lane.figure is not None:
        yield Dot(axis(lane.figure.percent), y, "published" if lane.figure.n is None else "now")
    yield Label(width, y + 5, _told(lane, width == WIDE), "note", "right")


def _box(bands: Bands, axis: Axis, y: float) -> Iterator[Mark]:
    """Nine tenths to one tenth as a line, the middle half as a box, the median as a stroke."""
    yield Line(axis(bands.p10), y, axis(bands.p25), y, "range")
    yield Line(axis(bands.p75), y, axis(bands.p90), y, "range")
    yield Box(axis(bands.p25), y - _HALF_BOX, max(axis(bands.p75) - axis(bands.p25), 1), 2 * _HALF_BOX, "bar")
    yield Line(axis(bands.p50), y - _HALF_BOX - 1, axis(bands.p50), y + _HALF_BOX + 1, "range")


def _legend(strips: Sequence[Strip], width: int) -> tuple[tuple[Mark, ...], float]:
    """Samples with words, flowing to the width."""
    lanes = [lane for strip in strips for lane in strip.lanes]
    entries = [_("box: middle half"), _("line: middle four fifths"), _("stroke: median")]
    samples = ["box", "whiskers", "median"]
    if any(lane.references for lane in lanes):
        entries, samples = [*entries, _("dashes: reference rows")], [*samples, "reference"]
    if any(lane.figure and lane.figure.n is not None for lane in lanes):
        entries, samples = [*entries, _("dot: this organisation, number of answers known")], [*samples, "now"]
    if any(lane.figure and lane.figure.n is None for lane in lanes):
        words = _("diamond: this organisation, number of answers unknown")
        entries, samples = [*entries, words], [*samples, "published"]
    marks: list[Mark] = []
    x, y = 0.0, 10.0
    for sample, words in zip(samples, entries, strict=True):
        step = 28 + text_width(words, 13) + 16
        if x and x + step - 16 > width:
            x, y = 0.0, y + 22
        marks += _sample(sample, x, y)
        marks.append(Label(x + 28, y + 5, words, "note"))
        x += step
    return tuple(marks), y + 18


def _sample(kind: str, x: float, y: float) -> Iterator[Mark]:
    if kind == "box":
        yield Box(x + 2, y - _HALF_BOX, 20, 2 * _HALF_BOX, "bar")
    elif kind == "whiskers":
        yield Line(x + 2, y, x + 22, y, "range")
    elif kind in ("median", "reference"):
        look = "range" if kind == "median" else "goal"
        yield Line(x + 12, y - 8, x + 12, y + 8, look)
    else:
        yield Dot(x + 12, y, kind)


def _tick_labels(axis: Axis, y: float) -> Iterator[Mark]:
    narrow = axis.end - axis.start < 220
    for tick in _TICKS:
        if narrow and tick not in (0, 40, 80) and tick != 100:
            continue
        anchor: Anchor = "left" if axis(tick) < 10 else "center"
        yield Label(axis(tick) - (4 if anchor == "left" else 0), y, str(tick), "note", anchor)


def _spoken(strips: Sequence[Strip]) -> str:
    """The figures in words; of many items only that the table has them, where they can be found one by one."""
    if len(strips) > _MOST_SPOKEN:
        return _("%(count)s items; their figures stand in the table below.", count=len(strips))
    told = []
    for strip in strips:
        lanes = [
            " ".join(
                part
                for part in (lane.words, figure_text(lane.figure) if lane.figure else "", bands_spoken(lane.bands))
                if part
            )
            for lane in strip.lanes
        ]
        told.append(_("%(label)s: %(text)s", label=strip.label, text=_(", ").join(lanes)))
    return _("; ").join(told)


def draw_years_of_item(
    columns: Sequence[YearColumn], passages: Sequence[Passage], title: str, width: int
) -> Drawing | None:
    """One item: a box for each year, medians joined where the wording stayed, the mark in words where it did not."""
    if not any(column.bands for column in columns):
        return None
    height, top = 200, 30
    down = Axis(0, 100, top + height, top)
    end = width - 34
    step = (end - 20) / len(columns)
    xs = [20 + step * (place + 0.5) for place in range(len(columns))]
    marks: list[Mark] = []
    for tick in _TICKS:
        marks.append(Line(0, down(tick), end, down(tick), "grid"))
        marks.append(Label(width, down(tick) + 5, str(tick), "note", "right"))
    for column, x in zip(columns, xs, strict=True):
        marks += _column(column, x, down)
        marks.append(Label(x, down(0) + 20, str(column.year), "strong", "center"))
    joins = {(passage.earlier, passage.later): passage for passage in passages}
    bottom = 0.0
    for (before, x), (after, x2) in pairwise(zip(columns, xs, strict=True)):
        passage = joins.get((before.year, after.year))
        if passage is not None and passage.is_joined and before.bands and after.bands:
            marks.append(Path(((x, down(before.bands.p50)), (x2, down(after.bands.p50)))))
        if passage is not None and (words := join_mark(passage)):
            lines = broken(words, step - 8, 13)
            marks += stacked((x + x2) / 2, down(0) + 40, lines, "note", "center")
            bottom = max(bottom, LINE_HEIGHT * len(lines))
    return Drawing(width, down(0) + 32 + bottom, title, _columns_spoken(columns, passages), tuple(marks))


def _column(column: YearColumn, x: float, down: Axis) -> Iterator[Mark]:
    for one in column.references:
        yield Line(x - 26, down(one), x + 26, down(one), "goal")
    bands = column.bands
    if bands is None:
        return
    yield Line(x, down(bands.p10), x, down(bands.p25), "range")
    yield Line(x, down(bands.p75), x, down(bands.p90), "range")
    yield Box(x - 14, down(bands.p75), 28, max(down(bands.p25) - down(bands.p75), 1), "bar")
    yield Line(x - 15, down(bands.p50), x + 15, down(bands.p50), "range")
    yield Label(x, down(bands.p90) - 8, one_decimal(bands.p50), "note", "center")


def _columns_spoken(columns: Sequence[YearColumn], passages: Sequence[Passage]) -> str:
    told = [
        _("%(label)s: %(text)s", label=str(column.year), text=bands_spoken(column.bands) or _("no figures"))
        for column in columns
    ]
    told += [
        _("%(earlier)s to %(later)s: %(text)s", earlier=one.earlier, later=one.later, text=join_mark(one))
        for one in passages
        if join_mark(one)
    ]
    return _("; ").join(told)
