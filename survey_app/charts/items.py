"""Items as diverging bars: zero is the edge between satisfied and not, so the length to the right is the rate.

Sorted by rate, ties in the order of the questionnaire; the same scale for all rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from flask_babel import gettext as _

from analysis.tree import Detail, Hidden, ItemResult, Rate, Report
from analysis.types import Measure
from survey_app.charts.bands import Band, bands
from survey_app.charts.layout import LINE_HEIGHT, NARROW, WIDE, Axis, broken, label_column, stacked, text_width
from survey_app.charts.marks import Anchor, Box, Drawing, Label, Line, Mark
from survey_app.wording.approval import Approval, approval, approving
from survey_app.wording.figures import people, percent, rate_percent, share_of_people
from survey_app.wording.labels import hidden_label, listed
from survey_app.wording.names import Names
from survey_app.wording.sentences import ranked

_PEOPLE_BELOW = 50
"""n from which on segments are numbered in percent."""
_NARROWEST = 13


@dataclass(frozen=True, slots=True)
class _Row:
    item: ItemResult
    bands: tuple[Band, ...]
    label: tuple[str, ...]
    target: float | None
    words: Approval
    told: str
    """What stands in the place of a bar that has no length."""

    @property
    def n(self) -> int:
        return sum(band.count for band in self.bands)

    def unsatisfied(self) -> float:
        return sum(band.count for band in self.bands if not band.is_satisfied) / self.n if self.n else 0.0


def draw_items(report: Report, names: Names, width: int) -> Drawing | None:
    shown = ranked(report)
    if not shown:
        return None
    ordered = [*shown, *(item for item in report.items if item not in shown)]
    labels = [names.item(item.code) for item in ordered]
    column = label_column(labels, 210 if width == WIDE else NARROW - 120)
    targets = _targets(report)
    words = approval(names)
    rows = [
        _Row(
            item,
            bands(item) if isinstance(item.rate, Rate) else (),
            broken(label, column + 1),
            targets.get(item.code),
            words,
            _told(item, names),
        )
        for item, label in zip(ordered, labels, strict=True)
    ]
    legend, top = _legend(rows, names, width)
    left = max(0.2, ceil(max(row.unsatisfied() for row in rows) * 5) / 5)
    draw = _wide if width == WIDE else _narrow
    marks, height = draw(rows, left, column, top)
    return Drawing(width, height, words.by_rate, _described(rows, names), (*legend, *marks))


def _told(item: ItemResult, names: Names) -> str:
    return approving(people(item.rate), item.code, names) if isinstance(item.rate, Rate) else ""


def _targets(report: Report) -> dict[str, float]:
    """Items whose rate, as it is drawn, has a target of its own."""
    targets = {}
    for objective in (result.objective for result in report.objectives):
        code = report.overall if objective.measure is Measure.OVERALL else objective.target
        if code is not None and objective.measure in (Measure.OVERALL, Measure.ITEM) and objective.is_usual_rate:
            targets[code] = float(objective.threshold)
    return targets


def _legend(rows: Sequence[_Row], names: Names, width: int) -> tuple[tuple[Mark, ...], float]:
    """One line of levels per scale, worst first, flowing to the width. A reversed item is coloured by what is good."""
    full = [row for row in rows if row.bands and row.item.detail is Detail.FULL]
    plain = [row for row in full if not names.is_reversed(row.item.code)] or full
    marks: list[Mark] = []
    x, y = 0.0, 3.0
    for line in dict.fromkeys(_legend_entries(row, names) for row in plain) or [_coarse_legend(rows)]:
        for level, words in line:
            step = 19 + text_width(words, 13) + 16
            if x and x + step - 16 > width:
                x, y = 0.0, y + 22
            marks += (Box(x, y, 14, 12, level), Label(x + 19, y + 11, words, "note"))
            x += step
        x, y = 0.0, y + 22
    return tuple(marks), y + 6


def _legend_entries(row: _Row, names: Names) -> tuple[tuple[str, str], ...]:
    return tuple((band.level, names.level_group(row.item.code, band.codes)) for band in reversed(row.bands))


def _coarse_legend(rows: Sequence[_Row]) -> tuple[tuple[str, str], ...]:
    words = rows[0].words
    good = ("l4", words.good)
    if any(row.item.detail is Detail.THREE_WAY for row in rows):
        return (("l2", words.bad), ("l3", _("in between")), good)
    return (("l3", words.other), good)


def _wide(rows: Sequence[_Row], left: float, column: float, top: float) -> tuple[list[Mark], float]:
    pitch, bar = 34, 20
    people_end = WIDE - 12 - max(text_width(_("Aware"), 13), 40)
    people_width = max(text_width(words, 13) for words in (_("People"), *(_people_words(row.item) for row in rows)))
    rate_end = people_end - people_width - 14
    axis = Axis(-left, 1, column + 24, rate_end - 50)
    heights = [max(pitch, LINE_HEIGHT * len(row.label) + 8) for row in rows]
    bottom = top + 32 + sum(heights)
    marks: list[Mark] = [
        Label(axis(0) - 8, top + 14, rows[0].words.left_of_zero, "note", "right"),
        Label(axis(0) + 8, top + 14, rows[0].words.right_of_zero, "note"),
        Label(rate_end, top + 14, rows[0].words.rate_in_short, "note", "right"),
        Label(people_end, top + 14, _("People"), "note", "right"),
        Label(800, top + 14, _("Aware"), "note", "right"),
        *_grid(axis, top + 22, bottom, left),
    ]
    y = top + 28.0
    for row, height in zip(rows, heights, strict=True):
        centre = y + height / 2
        marks += stacked(0, centre + 5 - LINE_HEIGHT * (len(row.label) - 1) / 2, row.label)
        marks += _bar(row, axis, centre - bar / 2, bar)
        marks += _columns(row.item, centre + 5, rate_end, people_end)
        y += height
    marks.append(Line(axis(0), top + 22, axis(0), bottom, "zero"))
    marks += _tick_labels(axis, bottom + 16, left)
    return marks, bottom + 24


def _people_words(item: ItemResult) -> str:
    return hidden_label(item.rate) if isinstance(item.rate, Hidden) else share_of_people(item.rate)


def _columns(item: ItemResult, y: float, rate_end: float, people_end: float) -> Iterator[Mark]:
    rate = item.rate
    yield Label(people_end, y, _people_words(item), "note", "right")
    if isinstance(rate, Hidden):
        return
    if (share := rate_percent(rate)) is not None:
        yield Label(rate_end, y, share, "strong", "right")
    if isinstance(item.awareness, float):
        yield Label(800, y, percent(item.awareness, rate.n), "note", "right")


def _narrow(rows: Sequence[_Row], left: float, column: float, top: float) -> tuple[list[Mark], float]:
    bar = 18
    axis = Axis(-left, 1, 8, 288)
    marks: list[Mark] = []
    y = top + 4.0
    for row in rows:
        marks += stacked(0, y + 16, row.label)
        marks += _figures_above(row.item, y + 16)
        strip = y + 16 + LINE_HEIGHT * (len(row.label) - 1) + 8
        marks += (Line(axis(tick), strip - 3, axis(tick), strip + bar + 3, "grid") for tick in _tick_values(left))
        marks += _bar(row, axis, strip, bar)
        marks.append(Line(axis(0), strip - 4, axis(0), strip + bar + 4, "zero"))
        y = strip + bar + 10
    marks += _tick_labels(axis, y + 10, left)
    return marks, y + 18


def _figures_above(item: ItemResult, y: float) -> Iterator[Mark]:
    rate = item.rate
    if isinstance(rate, Hidden):
        yield Label(NARROW, y, hidden_label(rate), "note", "right")
        return
    share = rate_percent(rate)
    if share is not None:
        yield Label(NARROW, y, share, "strong", "right")
    yield Label(NARROW - (46 if share else 0), y, people(rate), "note", "right")


def _bar(row: _Row, axis: Axis, top: float, height: float) -> Iterator[Mark]:
    if not row.n:
        yield from _words_for_bar(row, axis, top + height / 2 + 5)
    for band, start, end in _segments(row):
        x, width = axis(start), axis(end) - axis(start)
        if width <= 0:
            continue
        yield Box(x + 0.5, top, max(width - 1, 0.5), height, band.level)
        words = _segment_words(band, row)
        if width >= max(_NARROWEST, text_width(words, 13) + 2):
            yield Label(x + width / 2, top + height / 2 + 5, words, f"on_{band.level}", "center")
    if row.target is not None:
        x = axis(row.target)
        yield Line(x, top - 4, x, top + height + 4, "goal_ground")
        yield Line(x, top - 4, x, top + height + 4, "goal")


def _words_for_bar(row: _Row, axis: Axis, y: float) -> Iterator[Mark]:
    """ "At least" and "at most" have no length."""
    if row.told:
        yield Label(min(axis(0) + 8, axis.end - text_width(row.told, 13)), y, row.told, "note")


def _segments(row: _Row) -> Iterator[tuple[Band, float, float]]:
    """Outward from zero: to the right the weaker satisfied level first, to the left the milder level first."""
    position = 0.0
    for band in reversed([band for band in row.bands if band.is_satisfied]):
        end = position + band.count / row.n
        yield band, position, end
        position = end
    position = 0.0
    for band in (band for band in row.bands if not band.is_satisfied):
        start = position - band.count / row.n
        yield band, start, position
        position = start


def _segment_words(band: Band, row: _Row) -> str:
    number = _number(band, row)
    if row.item.detail is Detail.FULL or not band.is_satisfied:
        return number
    rate = row.item.rate
    if not isinstance(rate, Rate) or rate.bound != "exact":
        return number
    return _("%(n)s (%(levels)s)", n=number, levels=row.words.good)


def _number(band: Band, row: _Row) -> str:
    """People of a band where they are few, else its percent without the sign."""
    return str(band.count) if row.n < _PEOPLE_BELOW else percent(band.count / row.n, row.n).removesuffix("%")


def _tick_values(left: float) -> tuple[float, ...]:
    return tuple(step / 5 for step in range(-round(left * 5), 6))


def _grid(axis: Axis, top: float, bottom: float, left: float) -> Iterator[Mark]:
    return (Line(axis(tick), top, axis(tick), bottom, "grid") for tick in _tick_values(left))


def _tick_labels(axis: Axis, y: float, left: float) -> Iterator[Mark]:
    for tick in _tick_values(left):
        anchor: Anchor = "right" if tick == 1 and axis.end > NARROW - 20 and axis.end < NARROW else "center"
        yield Label(axis(tick) + (8 if anchor == "right" else 0), y, f"{abs(tick) * 100:.0f}", "note", anchor)


def _described(rows: Sequence[_Row], names: Names) -> str:
    """Every figure of the picture, row by row; of a hidden question nothing but that it is hidden."""
    return _("; ").join(_spoken(row, names) for row in rows if isinstance(row.item.rate, Rate))


def _spoken(row: _Row, names: Names) -> str:
    rate = row.item.rate
    parts = [_("%(name)s: %(people)s", name=names.item(row.item.code), people=row.told)]
    if isinstance(rate, Rate) and (share := rate_percent(rate)) is not None:
        parts.append(share)
    if isinstance(rate, Rate) and isinstance(row.item.awareness, float):
        parts.append(_("aware %(percent)s", percent=percent(row.item.awareness, rate.n)))
    if row.n:
        levels = [_("%(level)s %(n)s", level=_level(band, row, names), n=_number(band, row)) for band in row.bands]
        parts.append(listed(levels) if row.n < _PEOPLE_BELOW else _("in percent: %(levels)s", levels=listed(levels)))
    return _(", ").join(parts)


def _level(band: Band, row: _Row, names: Names) -> str:
    """As the legend names it."""
    if row.item.detail is Detail.FULL:
        return names.level_group(row.item.code, band.codes)
    if band.is_satisfied:
        return row.words.good
    classes = {"l3": _("in between"), "l2": row.words.bad} if row.item.detail is Detail.THREE_WAY else {}
    return classes.get(band.level, row.words.other)
