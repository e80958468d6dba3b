"""Returns as bars from zero: eligible, issued, returned, valid; last year as a tick."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import gettext as _

from analysis.tree import Report
from analysis.types import Roster
from survey_app.charts.layout import WIDE, Axis, text_width
from survey_app.charts.marks import Box, Drawing, Label, Line, Mark
from survey_app.wording.names import Names

_ROW = 40
_BAR = 22


@dataclass(frozen=True, slots=True)
class _Count:
    label: str
    now: int
    before: int | None

    @property
    def before_text(self) -> str:
        return "" if self.before is None else _("year before %(n)s", n=self.before)


def draw_returns(report: Report, names: Names, width: int) -> Drawing | None:
    """None where the returned ballots are all that is known."""
    counts = _counts(report.roster, report.previous_roster)
    if len(counts) < 3:
        return None
    title = _("Numbers of the returns, the tick is the year before")
    return Drawing(width, _ROW * len(counts) + 4, title, _described(counts), tuple(_marks(counts, width)))


def _counts(now: Roster, before: Roster | None) -> list[_Count]:
    fields = ((_("Eligible"), "eligible"), (_("Issued"), "issued"), (_("Returned"), "returned"), (_("Valid"), "valid"))
    return [
        _Count(label, getattr(now, field), getattr(before, field) if before else None)
        for label, field in fields
        if getattr(now, field) is not None
    ]


def _marks(counts: list[_Count], width: int) -> Iterator[Mark]:
    label_end = max(text_width(count.label) for count in counts) + (24 if width == WIDE else 12)
    figure = max(text_width(str(count.now)) for count in counts) + 8
    room = figure + max(text_width(count.before_text, 13) for count in counts) + 10
    most = max(max(count.now, count.before or 0) for count in counts)
    axis = Axis(0, most or 1, label_end, width - room)
    for row, count in enumerate(counts):
        top = 2 + row * _ROW + (_ROW - _BAR) / 2
        look = "bar_solid" if row == len(counts) - 1 else "bar"
        yield Label(0, top + 16, count.label)
        yield Box(axis.start, top, axis(count.now) - axis.start, _BAR, look)
        if count.before is not None:
            yield Line(axis(count.before), top - 4, axis(count.before), top + _BAR + 4, "zero")
        yield Label(axis.end + 10, top + 16, str(count.now), "strong")
        yield Label(axis.end + 10 + figure, top + 16, count.before_text, "note")
    yield Line(axis.start, 2, axis.start, 2 + _ROW * len(counts), "axis")


def _described(counts: list[_Count]) -> str:
    parts = [
        _("%(label)s %(n)s", label=count.label, n=count.now)
        if count.before is None
        else _("%(label)s %(n)s, %(before)s", label=count.label, n=count.now, before=count.before_text)
        for count in counts
    ]
    return _("; ").join(parts)
