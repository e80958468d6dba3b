"""Cronbach's alpha of each scale with its 95 % interval; words over the bands, no coloured bands.

The whole questionnaire first, then by value. A value borrowed from an ancestor is hollow and says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import floor

from flask_babel import gettext as _

from analysis.reliability import Alpha
from analysis.tree import ReliabilityResult, Report
from survey_app.charts.layout import LINE_HEIGHT, NARROW, WIDE, Axis, broken, label_column, stacked, text_width
from survey_app.charts.marks import Dot, Drawing, Label, Line, Mark
from survey_app.wording.figures import coefficient_interval, decimal_text
from survey_app.wording.labels import ALPHA_BANDS
from survey_app.wording.names import Names

Scale = tuple[ReliabilityResult, Alpha]


def draw_reliability(report: Report, names: Names, width: int) -> Drawing | None:
    dimensions = sorted(
        _with_alpha(tuple(dimension.reliability for dimension in report.dimensions)), key=lambda scale: -scale[1].raw
    )
    scales = [*_with_alpha((report.reliability,)), *dimensions]
    if not scales:
        return None
    lowest = min(min(alpha.feldt[0], alpha.raw) for _scale, alpha in scales)
    low = max(0.0, min(0.5, floor(lowest * 10) / 10))
    marks, height = (_wide if width == WIDE else _narrow)(scales, names, low)
    described = _("; ").join(_spoken(scale, names) for scale in scales)
    return Drawing(width, height, _("Cronbach's alpha with its interval (95%)"), described, tuple(marks))


def _with_alpha(scales: tuple[ReliabilityResult, ...]) -> list[Scale]:
    return [(scale, scale.alpha) for scale in scales if scale.alpha is not None]


def _wide(scales: list[Scale], names: Names, low: float) -> tuple[list[Mark], float]:
    labels = [_name(scale, names) for scale, _alpha in scales]
    column = label_column(labels, 190)
    axis = Axis(low, 1, column + 24, 624)
    pitch, top = 36, 22
    bottom = top + 12 + pitch * len(scales)
    marks = [*_bands(axis, low), *_ticks(axis, top, bottom)]
    for row, ((scale, alpha), label) in enumerate(zip(scales, labels, strict=True)):
        y = top + 30 + pitch * row
        lines = broken(label, column + 1)
        marks += stacked(0, y + 5 - LINE_HEIGHT * (len(lines) - 1) / 2, lines)
        marks += _interval(scale, alpha, axis, y)
        marks.append(Label(WIDE, y + 5, _figure(alpha), "text", "right"))
    return marks, bottom + 24


def _narrow(scales: list[Scale], names: Names, low: float) -> tuple[list[Mark], float]:
    axis = Axis(low, 1, 12, 284)
    top = 22
    rows: list[Mark] = []
    y = 31.0
    for scale, alpha in scales:
        figure = _figure(alpha)
        lines = broken(_name(scale, names), NARROW - text_width(figure, 13) - 8)
        rows += stacked(0, y + 18, lines)
        rows.append(Label(NARROW, y + 18, figure, "note", "right"))
        y += 18 + LINE_HEIGHT * (len(lines) - 1)
        rows += _interval(scale, alpha, axis, y + 17)
        y += 38
    return [*_bands(axis, low), *_ticks(axis, top, y), *rows], y + 24


def _bands(axis: Axis, low: float) -> Iterator[Mark]:
    """Words over the bands, those that fit between their edges."""
    upper = 1.0
    for edge, word in ALPHA_BANDS:
        start = max(edge, low)
        words = _(word)
        if axis(upper) - axis(start) >= text_width(words, 13):
            yield Label((axis(start) + axis(upper)) / 2, 16, words, "note", "center")
        upper = start


def _ticks(axis: Axis, top: float, bottom: float) -> Iterator[Mark]:
    for tick in axis.ticks(0.1):
        yield Line(axis(tick), top, axis(tick), bottom, "grid")
        yield Label(axis(tick), bottom + 18, f"{tick:.1f}", "note", "center")


def _interval(scale: ReliabilityResult, alpha: Alpha, axis: Axis, y: float) -> Iterator[Mark]:
    yield Line(axis(alpha.feldt[0]), y, axis(alpha.feldt[1]), y, "range")
    yield Dot(axis(alpha.raw), y, "hollow" if scale.source else "now")


def _name(scale: ReliabilityResult, names: Names) -> str:
    name = names.scope(scale.scope, len(scale.items))
    return _("%(name)s (from above)", name=name) if scale.source else name


def _figure(alpha: Alpha) -> str:
    return decimal_text(alpha.raw) + coefficient_interval(alpha.feldt)


def _spoken(scale: Scale, names: Names) -> str:
    result, alpha = scale
    low, high = (decimal_text(end) for end in alpha.feldt)
    return _(
        "%(name)s: %(value)s, interval %(low)s to %(high)s",
        name=_name(result, names), value=decimal_text(alpha.raw), low=low, high=high,
    )  # fmt: skip
