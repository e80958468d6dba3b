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
class _Figure:
    length: float
    """Of the longest possible bar, 0 to 1."""
    written: str
    """In the picture."""
    said: str
    """In its place, with the measure word."""


@dataclass(frozen=True, slots=True)
class _Bar:
    label: str
    now: _Figure
    before: _Figure | None
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
    fields = [field for field in count_names() if getattr(now, field) is not None]
    most = max((getattr(year, field) or 0 for field in fields for year in (now, before) if year), default=0) or 1
    known = [(name, field, figure) for field, name in count_names().items()
             if (figure := _counted(now, field, most)) is not None]  # fmt: skip
    return [
        _Bar(name, figure, _counted(before, field, most) if before else None,
             "bar_solid" if field == "valid" else "bar", 2 + _ROW * row)
        for row, (name, field, figure) in enumerate(known)
    ]  # fmt: skip


def _counted(roster: Roster, field: str, most: int) -> _Figure | None:
    count = getattr(roster, field)
    if count is None:
        return None
    said = _("%(count)s people", count=count) if field == "eligible" else _("%(count)s ballots", count=count)
    return _Figure(count / most, str(count), said)


def _rates(now: Roster, before: Roster | None, top: float) -> list[_Bar]:
    known = [(name, rate, _percent(share(before, part, whole))) for name, part, whole in rate_names()
             if (rate := _percent(share(now, part, whole))) is not None]  # fmt: skip
    return [_Bar(name, rate, then, "bar", top + _ROW * row) for row, (name, rate, then) in enumerate(known)]


def _percent(found: tuple[Fraction, int] | None) -> _Figure | None:
    if found is None:
        return None
    rate, of = found
    return _Figure(float(rate), percent(rate, of), percent(rate, of))


def _marks(bars: list[_Bar], width: int) -> Iterator[Mark]:
    label_end = max(text_width(bar.label) for bar in bars) + (24 if width == WIDE else 12)
    figure = 1.05 * max(text_width(bar.now.written) for bar in bars) + 12  # bold is a little wider
    room = figure + max(text_width(_before(bar), 13) for bar in bars) + 10
    axis = Axis(0, 1, label_end, width - room)
    for bar in bars:
        top = bar.y + (_ROW - _BAR) / 2
        yield Label(0, top + 16, bar.label)
        yield Box(axis.start, top, axis(bar.now.length) - axis.start, _BAR, bar.look)
        if bar.before is not None:
            yield Line(axis(bar.before.length), top - 4, axis(bar.before.length), top + _BAR + 4, "zero")
        yield Label(axis.end + 10, top + 16, bar.now.written, "strong")
        yield Label(axis.end + 10 + figure, top + 16, _before(bar), "note")
        yield Line(axis.start, bar.y, axis.start, bar.y + _ROW, "axis")


def _before(bar: _Bar) -> str:
    return _("year before %(n)s", n=bar.before.written) if bar.before else ""


def _described(bars: list[_Bar]) -> str:
    return _("; ").join(
        _("%(name)s %(now)s (%(before)s the year before)", name=bar.label, now=bar.now.said, before=bar.before.said)
        if bar.before
        else _("%(name)s %(now)s", name=bar.label, now=bar.now.said)
        for bar in bars
    )
