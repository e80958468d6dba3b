"""Returns as bars from zero: eligible, issued, returned, valid, then the three rates; last year as a tick."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from flask_babel import gettext as _

from analysis.tree import Report
from analysis.types import Roster
from survey_app.charts.layout import WIDE, Axis, text_width
from survey_app.charts.marks import Box, Drawing, Label, Line, Mark
from survey_app.wording.figures import percent
from survey_app.wording.names import Names
from survey_app.wording.returns import count_names, rate_names, share

_ROW = 40
_BAR = 22
_BETWEEN = 14
"""Pixels between the counts and the rates."""


@dataclass(frozen=True, slots=True)
class _Bar:
    label: str
    length: float
    """Of the longest possible bar, 0 to 1."""
    told: str
    before: float | None
    before_told: str
    look: str
    y: float


def draw_returns(report: Report, names: Names, width: int) -> Drawing | None:
    """None where the returned ballots are all that is known."""
    counts = _counts(report.roster, report.previous_roster)
    if len(counts) < 3:
        return None
    bars = [*counts, *_rates(report.roster, report.previous_roster, _ROW * len(counts) + _BETWEEN)]
    title = _("Numbers and rates of the returns, the tick is the year before")
    return Drawing(width, bars[-1].y + _ROW + 4, title, _described(bars), tuple(_marks(bars, width)))


def _counts(now: Roster, before: Roster | None) -> list[_Bar]:
    """The longest bar is the largest number of either year."""
    known = [(name, field) for field, name in count_names().items() if getattr(now, field) is not None]
    most = max((getattr(year, field) or 0 for _name, field in known for year in (now, before) if year), default=0) or 1
    return [
        _bar(
            name, getattr(now, field) / most, str(getattr(now, field)),
            (None if then is None else (then / most, str(then))),
            "bar_solid" if field == "valid" else "bar", 2 + _ROW * row,
        )
        for row, (name, field) in enumerate(known)
        for then in (getattr(before, field) if before else None,)
    ]  # fmt: skip


def _rates(now: Roster, before: Roster | None, top: float) -> list[_Bar]:
    known = [(name, rate, then) for name, part, whole in rate_names()
             if (rate := share(now, part, whole)) is not None for then in (share(before, part, whole),)]  # fmt: skip
    return [
        _bar(name, *_percent(rate), None if then is None else _percent(then), "bar", top + _ROW * row)
        for row, (name, rate, then) in enumerate(known)
    ]


def _percent(found: tuple[Fraction, int]) -> tuple[float, str]:
    rate, of = found
    return float(rate), percent(rate, of)


def _bar(  # noqa: PLR0917
    label: str, length: float, told: str, before: tuple[float, str] | None, look: str, y: float
) -> _Bar:
    before_told = "" if before is None else _("year before %(n)s", n=before[1])
    return _Bar(label, length, told, before[0] if before else None, before_told, look, y)


def _marks(bars: list[_Bar], width: int) -> Iterator[Mark]:
    label_end = max(text_width(bar.label) for bar in bars) + (24 if width == WIDE else 12)
    figure = 1.05 * max(text_width(bar.told) for bar in bars) + 12  # bold is a little wider
    room = figure + max(text_width(bar.before_told, 13) for bar in bars) + 10
    axis = Axis(0, 1, label_end, width - room)
    for bar in bars:
        top = bar.y + (_ROW - _BAR) / 2
        yield Label(0, top + 16, bar.label)
        yield Box(axis.start, top, axis(bar.length) - axis.start, _BAR, bar.look)
        if bar.before is not None:
            yield Line(axis(bar.before), top - 4, axis(bar.before), top + _BAR + 4, "zero")
        yield Label(axis.end + 10, top + 16, bar.told, "strong")
        yield Label(axis.end + 10 + figure, top + 16, bar.before_told, "note")
        yield Line(axis.start, bar.y, axis.start, bar.y + _ROW, "axis")


def _described(bars: list[_Bar]) -> str:
    parts = [
        _("%(label)s %(n)s", label=bar.label, n=bar.told)
        if not bar.before_told
        else _("%(label)s %(n)s, %(before)s", label=bar.label, n=bar.told, before=bar.before_told)
        for bar in bars
    ]
    return _("; ").join(parts)
