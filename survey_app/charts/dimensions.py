"""Overall satisfaction and the dimensions, one row each: the rate with its interval; index and people beside it.

Overall first, then the order of the questionnaire. What is told "about" is hollow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import gettext as _

from analysis.tree import DimensionResult, Hidden, ItemResult, Report
from survey_app.charts.layout import LINE_HEIGHT, NARROW, WIDE, Axis, broken, label_column, stacked, text_width
from survey_app.charts.marks import Anchor, Dot, Drawing, Label, Line, Mark
from survey_app.wording.approval import approval
from survey_app.wording.dimensions import dimension_rate
from survey_app.wording.figures import count_text, index_text, percent_interval, rate_text
from survey_app.wording.names import Names

_USUAL_LOW = 0.5
_PITCH = 38


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    rate: str
    """In words: percent, people, or why it is not shown."""
    index: str
    n: str
    point: float | None
    interval: tuple[float, float] | None
    is_about: bool = False
    is_overall: bool = False

    def lowest(self) -> float:
        ends = [end for end in (self.point, *(self.interval or ())) if end is not None]
        return min(ends, default=1.0)


def draw_dimensions(report: Report, names: Names, width: int) -> Drawing | None:
    """None without dimensions, or where none of them may be shown."""
    if all(isinstance(found.rate, Hidden) for found in report.dimensions):
        return None
    rows = [_of_dimension(found, names) for found in report.dimensions]
    if report.overall is not None:
        rows.insert(0, _of_overall(report.item(report.overall), names))
    low = _USUAL_LOW if min(row.lowest() for row in rows) >= _USUAL_LOW else 0.0
    marks, height = (_wide if width == WIDE else _narrow)(rows, low, names)
    title = _("Overall and dimensions: dot, rate; line, interval (95%)")
    return Drawing(width, height, title, _("; ").join(_spoken(row) for row in rows), tuple(marks))


def _of_overall(item: ItemResult, names: Names) -> _Row:
    rate, name = item.rate, names.item(item.code)
    if isinstance(rate, Hidden):
        return _Row(name, rate_text(rate), "", "", None, None, is_overall=True)
    point = rate.value if rate.bound == "exact" else None
    index = "" if isinstance(item.index, Hidden) else index_text(item.index, rate.n)
    return _Row(name, rate_text(rate), index, str(rate.n), point, rate.interval, is_overall=True)


def _of_dimension(found: DimensionResult, names: Names) -> _Row:
    name, told = names.dimension(found.code), dimension_rate(found).text
    if isinstance(found.rate, Hidden):
        return _Row(name, told, "", "", None, None)
    index = "" if isinstance(found.index, Hidden) else index_text(found.index, found.n)
    interval = None if isinstance(found.interval, Hidden) else found.interval
    return _Row(name, told, index, count_text(found.n), found.rate, interval, is_about=found.rounded)


def _wide(rows: list[_Row], low: float, names: Names) -> tuple[list[Mark], float]:
    heads = (approval(names).rate_in_short, _("Index"), _("People"))
    texts = [(row.rate, row.index, row.n) for row in rows]
    widths = [max(text_width(head), *(text_width(text[at]) for text in texts)) for at, head in enumerate(heads)]
    index_end = WIDE - widths[2] - 20
    rate_end = index_end - widths[1] - 20
    column = label_column([row.name for row in rows], 200)
    axis = Axis(low, 1, column + 24, rate_end - widths[0] - 24)
    top = 22
    bottom = top + 6 + _PITCH * len(rows)
    ends = (rate_end, index_end, WIDE)
    marks: list[Mark] = [Label(end, 14, head, "note", "right") for end, head in zip(ends, heads, strict=True)]
    marks += _ticks(axis, top, bottom)
    for place, row in enumerate(rows):
        y = top + 6 + _PITCH * place + _PITCH / 2
        lines = broken(row.name, column + 1)
        marks += stacked(0, y + 5 - LINE_HEIGHT * (len(lines) - 1) / 2, lines, _look(row))
        marks += _figure(row, axis, y)
        marks.append(Label(rate_end, y + 5, row.rate, "strong", "right"))
        marks.append(Label(index_end, y + 5, row.index, "text", "right"))
        marks.append(Label(WIDE, y + 5, row.n, "note", "right"))
        if row.is_overall:
            marks.append(Line(0, y + _PITCH / 2, WIDE, y + _PITCH / 2, "grid"))
    return marks, bottom + 24


def _narrow(rows: list[_Row], low: float, _names: Names) -> tuple[list[Mark], float]:
    axis = Axis(low, 1, 12, NARROW - 12)
    marks: list[Mark] = []
    y = 0.0
    for row in rows:
        told = row.rate if not row.index else _("%(rate)s, index %(index)s", rate=row.rate, index=row.index)
        lines = broken(row.name, NARROW - text_width(told, 13) - 10)
        marks += stacked(0, y + 18, lines, _look(row))
        marks.append(Label(NARROW, y + 18, told, "note", "right"))
        y += 18 + LINE_HEIGHT * (len(lines) - 1)
        marks += (Line(axis(tick), y + 8, axis(tick), y + 26, "grid") for tick in axis.ticks(0.1 if low else 0.2))
        marks += _figure(row, axis, y + 17)
        y += 36
    marks.append(Line(axis.start, y, axis.end, y, "axis"))
    marks += _tick_labels(axis, y)
    return marks, y + 24


def _look(row: _Row) -> str:
    return "strong" if row.is_overall else "text"


def _figure(row: _Row, axis: Axis, y: float) -> Iterator[Mark]:
    if row.interval is not None:
        yield Line(axis(row.interval[0]), y, axis(row.interval[1]), y, "bounds")
    if row.point is not None:
        yield Dot(axis(row.point), y, "hollow" if row.is_about else "now")


def _ticks(axis: Axis, top: float, bottom: float) -> Iterator[Mark]:
    yield from (Line(axis(tick), top, axis(tick), bottom, "grid") for tick in axis.ticks(0.1 if axis.low else 0.2))
    yield Line(axis.start, bottom, axis.end, bottom, "axis")
    yield from _tick_labels(axis, bottom)


def _tick_labels(axis: Axis, bottom: float) -> Iterator[Mark]:
    ticks = axis.ticks(0.1 if axis.low else 0.2)
    for tick in ticks:
        is_last = tick == ticks[-1]
        anchor: Anchor = "right" if is_last and axis.end > NARROW - 20 and axis.end < NARROW else "center"
        x = axis(tick) + (8 if anchor == "right" else 0)
        yield Label(x, bottom + 18, f"{tick * 100:.0f}" + ("%" if is_last else ""), "note", anchor)


def _spoken(row: _Row) -> str:
    parts = [_("%(name)s: %(figure)s", name=row.name, figure=row.rate)]
    if row.interval is not None:
        parts.append(_("interval %(interval)s", interval=percent_interval(row.interval)))
    if row.index:
        parts.append(_("index %(index)s", index=row.index))
    if row.n:
        parts.append(_("%(n)s people answered", n=row.n))
    return _(", ").join(parts)
