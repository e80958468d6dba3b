"""Groups as a heat map: dimensions down in their order, the answers of grouping questions across with their people.

Tinted in percent only where two groups of a question have enough people; else people without tint. What is hidden is
hatched and says why. Nothing points from one group to another: differences are not tested.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from flask_babel import gettext as _

from analysis.tree import GroupCell, GroupColumn, GroupTable, Hidden, Rate, Report
from survey_app.charts.layout import LINE_HEIGHT, NARROW, WIDE, broken, label_column, stacked, text_width
from survey_app.charts.marks import Box, Drawing, Label, Line, Mark
from survey_app.charts.palette import TEXT_ON_TINT
from survey_app.wording.figures import percent, rate_text, rate_with_people, share_of_people
from survey_app.wording.groups import comparable_cells
from survey_app.wording.labels import hidden_label
from survey_app.wording.names import Names

EDGES = (60, 70, 80, 90)
"""Percents, as printed, from which on the next tint begins."""
_TINTS = tuple(TEXT_ON_TINT)
_GAP = 16
"""Between the answers of two questions."""
_WIDEST_COLUMN = 130
_HATCH = 12


@dataclass(frozen=True, slots=True)
class _Segment:
    """Neighbouring answers of one question."""

    table: GroupTable
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Frame:
    """How a chart of one width is divided: column of names, least column of figures, height of a row.

    ``names`` is 0 where dimensions are written above their row.
    """

    width: int
    names: float
    least: float
    row: float

    @property
    def room(self) -> float:
        return self.width - self.names


@dataclass(frozen=True, slots=True)
class _Content:
    """What is written and where a tint may be."""

    labels: Sequence[str]
    tinted: set[tuple[str, int, int]]
    """(grouping question, place of the dimension, number of the column)"""
    names: Names


def draw_groups(report: Report, names: Names, width: int) -> Drawing | None:
    shown = [column for table in report.groups for column in table.columns if not isinstance(column.n, Hidden)]
    if not shown or not report.dimensions:
        return None
    labels = [names.dimension(dimension.code) for dimension in report.dimensions]
    wide = _Frame(WIDE, names=label_column(labels, 170) + 16, least=92, row=36)
    frame = wide if width == WIDE else _Frame(NARROW, names=0, least=68, row=32)
    tinted = {
        (table.item, place, number)
        for table in report.groups
        for place in range(len(labels))
        for number, _rate in comparable_cells(table, place)
    }
    content = _Content(labels, tinted, names)
    marks: list[Mark] = []
    y = 0.0
    if tinted:
        legend, y = _legend(frame.width)
        marks += legend
    for band in _bands(report.groups, frame):
        drawn, y = _band(band, content, frame, y)
        marks += drawn
    title = _("Groups beside each other, each dimension a row; hatched where a group is hidden")
    if tinted:
        title = _(
            "Groups beside each other, each dimension a row; darker from %(edges)s on, hatched where a group is hidden",
            edges=_(", ").join(f"{edge}%" for edge in EDGES),
        )
    return Drawing(width, y - 12, title, _described(report, names), tuple(marks))


def _bands(tables: Sequence[GroupTable], frame: _Frame) -> Iterator[list[_Segment]]:
    """Questions side by side as far as they fit; one of too many answers takes several bands."""
    band: list[_Segment] = []
    for segment in (segment for table in tables for segment in _segments(table, frame)):
        if band and _needed([*band, segment], frame) > frame.room:
            yield band
            band = []
        band.append(segment)
    yield band


def _segments(table: GroupTable, frame: _Frame) -> Iterator[_Segment]:
    count = len(table.columns)
    pieces = ceil(count / max(1, int(frame.room // frame.least)))
    size = ceil(count / pieces) if pieces else 0
    for start in range(0, count, size or 1):
        yield _Segment(table, tuple(range(start, min(start + size, count))))


def _needed(band: Sequence[_Segment], frame: _Frame) -> float:
    return sum(len(segment.numbers) for segment in band) * frame.least + _GAP * (len(band) - 1)


def _band(band: Sequence[_Segment], content: _Content, frame: _Frame, top: float) -> tuple[list[Mark], float]:
    columns = sum(len(segment.numbers) for segment in band)
    step = min(_WIDEST_COLUMN, (frame.room - _GAP * (len(band) - 1)) / columns)
    places = _places(band, frame, step)
    marks, y = _heads(band, places, content.names, step, top)
    for place, label in enumerate(content.labels):
        lines = broken(label, (frame.names or frame.width) - 15)
        if frame.names:
            marks += stacked(0, y + frame.row / 2 + 5 - LINE_HEIGHT * (len(lines) - 1) / 2, lines)
        else:
            marks += stacked(0, y + 18, lines)
            y += 24 + LINE_HEIGHT * (len(lines) - 1)
        for segment, xs in zip(band, places, strict=True):
            for number, x in zip(segment.numbers, xs, strict=True):
                box = (x, y, step, frame.row)
                is_tinted = (segment.table.item, place, number) in content.tinted
                marks += _cell(segment.table.columns[number].cells[place], box, is_tinted=is_tinted)
        y += frame.row
    return marks, y + 28


def _places(band: Sequence[_Segment], frame: _Frame, step: float) -> list[list[float]]:
    """Left edges of the columns of each segment."""
    found, x = [], frame.names
    for segment in band:
        found.append([x + step * number for number in range(len(segment.numbers))])
        x += step * len(segment.numbers) + _GAP
    return found


def _heads(
    band: Sequence[_Segment], places: Sequence[Sequence[float]], names: Names, step: float, top: float
) -> tuple[list[Mark], float]:
    """Question over its answers, answers over their people."""
    questions = [broken(names.item(s.table.item), step * len(s.numbers) - 4) for s in band]
    answers = [[broken(names.option(s.table.item, c.option), step - 8, 13) for c in _columns(s)] for s in band]
    y = top + 16
    first = y + LINE_HEIGHT * max(len(lines) for lines in questions) + 4
    last = first + LINE_HEIGHT * max(len(lines) for of_one in answers for lines in of_one)
    marks: list[Mark] = []
    for segment, xs, question, told in zip(band, places, questions, answers, strict=True):
        marks += stacked(xs[0] + 2, y, question, "strong")
        for column, x, lines in zip(_columns(segment), xs, told, strict=True):
            marks += stacked(x + step / 2, last - LINE_HEIGHT * len(lines), lines, "note", "center")
            marks.append(Label(x + step / 2, last, _people(column), "note", "center"))
    return marks, last + 10


def _columns(segment: _Segment) -> list[GroupColumn]:
    return [segment.table.columns[number] for number in segment.numbers]


def _people(column: GroupColumn) -> str:
    return "" if isinstance(column.n, Hidden) else _("%(n)s people", n=column.n)


def _cell(cell: GroupCell, box: tuple[float, float, float, float], *, is_tinted: bool) -> Iterator[Mark]:
    x, y, width, height = box[0] + 1, box[1] + 1, box[2] - 2, box[3] - 2
    if isinstance(cell.rate, Hidden):
        yield Box(x, y, width, height, "cell")
        yield from _hatched(x, y, width, height)
        yield from _words(hidden_label(cell.rate), x, y, width, height)
        return
    tint = _tint(cell.rate) if is_tinted and isinstance(cell.rate, Rate) else None
    yield Box(x, y, width, height, tint or "cell")
    lines = broken(_figure(cell, is_tinted=is_tinted), width - 4)
    first = y + height / 2 + 5 - LINE_HEIGHT * (len(lines) - 1) / 2
    yield from stacked(x + width / 2, first, lines, f"on_{tint}" if tint else "text", "center")


def _hatched(x: float, y: float, width: float, height: float) -> Iterator[Line]:
    for step in range(_HATCH, int(width + height), _HATCH):
        yield Line(
            x + max(0.0, step - height),
            y + min(step, height),
            x + min(step, width),
            y + max(0.0, step - width),
            "hatch",
        )


def _words(words: str, x: float, y: float, width: float, height: float) -> Iterator[Mark]:
    """Why a cell is hidden, on paper so that the hatching does not run through it."""
    lines = broken(words, width - 8, 13)
    room = max(text_width(line, 13) for line in lines) + 6
    first = y + height / 2 + 5 - 16 * (len(lines) - 1) / 2
    yield Box(x + (width - room) / 2, first - 14, room, 16 * len(lines) + 2, "ground")
    for number, line in enumerate(lines):
        yield Label(x + width / 2, first + 16 * number, line, "note", "center")


def _figure(cell: GroupCell, *, is_tinted: bool) -> str:
    """Percent where groups may be held against each other, else people."""
    if isinstance(cell.rate, Rate) and not is_tinted:
        return share_of_people(cell.rate)
    return rate_text(cell.rate, cell.n)


def _tint(rate: Rate) -> str:
    printed = float(percent(rate.value, rate.n).removesuffix("%"))
    return _TINTS[sum(printed >= edge for edge in EDGES)]


def _legend(width: int) -> tuple[list[Mark], float]:
    words = [_("below %(edge)s%%", edge=EDGES[0]), *(_("from %(edge)s%%", edge=edge) for edge in EDGES)]
    marks: list[Mark] = []
    x, y = 0.0, 3.0
    for tint, text in zip(_TINTS, words, strict=True):
        step = 19 + text_width(text, 13) + 14
        if x and x + step - 14 > width:
            x, y = 0.0, y + 22
        marks += (Box(x, y, 14, 12, tint), Label(x + 19, y + 11, text, "note"))
        x += step
    return marks, y + 30


def _described(report: Report, names: Names) -> str:
    return _("; ").join(_spoken(table, column, report, names) for table in report.groups for column in table.columns)


def _spoken(table: GroupTable, column: GroupColumn, report: Report, names: Names) -> str:
    group = {"question": names.item(table.item), "group": names.option(table.item, column.option)}
    if isinstance(column.n, Hidden):
        return _("%(question)s, %(group)s: %(reason)s", reason=hidden_label(column.n), **group)
    told = [
        f"{names.dimension(dimension.code)} {_spoken_figure(cell)}"
        for dimension, cell in zip(report.dimensions, column.cells, strict=True)
    ]
    return _("%(question)s, %(group)s, %(n)s people: %(figures)s", n=column.n, figures=_(", ").join(told), **group)


def _spoken_figure(cell: GroupCell) -> str:
    return rate_with_people(cell.rate) if isinstance(cell.rate, Rate) else rate_text(cell.rate, cell.n)
