"""Last year's actions, one row each in the order of the plan: baseline, this year, what was expected without it.

Where the range is not shown, or this year's rate only as a bound, the mark is left out and the words say so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flask_babel import gettext as _

from analysis.tree import ActionResult, Rate, Report
from survey_app.charts.layout import LINE_HEIGHT, NARROW, WIDE, Axis, broken, stacked, text_width
from survey_app.charts.marks import Box, Dot, Drawing, Label, Line, Mark
from survey_app.wording.actions import (
    action_reason,
    action_title,
    action_verdict,
    baseline_of,
    expected_text,
    from_to,
)
from survey_app.wording.figures import target_percent
from survey_app.wording.names import Names

_USUAL_LOW = 0.5
_ROW = 66
_TOP = 26


def draw_actions(report: Report, names: Names, width: int) -> Drawing | None:
    if not report.actions:
        return None
    axis_low = _USUAL_LOW if min(_places(report.actions)) >= _USUAL_LOW else 0.0
    draw = _wide if width == WIDE else _narrow
    marks, height = draw(report.actions, names, axis_low)
    title = _(
        "Actions: ring, baseline; dot, this year; thick line, range expected without the action (90%); dashes, "
        "acceptance"
    )
    return Drawing(width, height, title, _described(report, names), tuple(marks))


def _places(actions: Sequence[ActionResult]) -> Iterator[float]:
    for found in actions:
        yield from (baseline_of(found.action).value, float(found.action.acceptance))
        if found.lower is not None:
            yield found.lower
        if isinstance(found.rate, Rate):
            yield found.rate.value


def _wide(actions: Sequence[ActionResult], names: Names, low: float) -> tuple[list[Mark], float]:
    words = max(max(text_width(action_verdict(f.verdict)) * 1.05, text_width(from_to(f), 13)) for f in actions)
    right = WIDE - max(words, 120)
    axis = Axis(low, 1, 226, right - 26)
    bottom = _TOP + _ROW * len(actions)
    marks: list[Mark] = [
        Label(0, 14, _("Action"), "note"),
        Label(axis.start, 14, _("Share satisfied"), "note"),
        Label(right, 14, _("Verdict"), "note"),
        *_ticks(axis, 0.1 if low else 0.2, bottom, grid_from=_TOP),
    ]
    for row, found in enumerate(actions):
        centre = _TOP + _ROW * row + _ROW / 2 + 4
        name = broken(action_title(found.action, names), axis.start - 16)
        marks += stacked(0, centre + 5 - LINE_HEIGHT * (len(name) - 1) / 2, name, "strong")
        marks += _row(found, axis, centre)
        marks.append(Label(right, centre - 6, action_verdict(found.verdict), "strong"))
        marks.append(Label(right, centre + 14, from_to(found), "note"))
        if row:
            marks.append(Line(0, _TOP + _ROW * row, WIDE, _TOP + _ROW * row, "grid"))
    return marks, bottom + 26


def _narrow(actions: Sequence[ActionResult], names: Names, low: float) -> tuple[list[Mark], float]:
    axis = Axis(low, 1, 8, NARROW - 8)
    marks: list[Mark] = []
    y = 4.0
    for row, found in enumerate(actions):
        if row:
            marks.append(Line(0, y, NARROW, y, "grid"))
        name = broken(action_title(found.action, names), NARROW)
        marks += stacked(0, y + 22, name, "strong")
        after = y + 22 + LINE_HEIGHT * len(name)
        marks.append(Label(0, after, action_verdict(found.verdict)))
        marks.append(Label(NARROW, after, from_to(found), "note", "right"))
        marks += _row(found, axis, after + 46)
        y = after + 70
    marks += _ticks(axis, 0.1 if low else 0.2, y)
    return marks, y + 26


def _row(found: ActionResult, axis: Axis, y: float) -> Iterator[Mark]:
    if found.lower is not None and found.upper is not None:
        yield Line(axis(found.lower), y, axis(found.upper), y, "bounds")
    yield Dot(axis(baseline_of(found.action).value), y, "hollow")
    if isinstance(found.rate, Rate) and found.rate.bound == "exact":
        yield Dot(axis(found.rate.value), y, "now")
    goal = axis(float(found.action.acceptance))
    yield Line(goal, y - 15, goal, y + 15, "goal")
    words = _("acceptance %(percent)s", percent=target_percent(found.action.acceptance))
    half = text_width(words, 13) / 2
    middle = min(max(goal, axis.start + half - 8), axis.end - half + 8)
    yield Box(middle - half - 2, y - 30, 2 * half + 4, 14, "ground")
    yield Label(middle, y - 19, words, "note", "center")


def _ticks(axis: Axis, step: float, bottom: float, grid_from: float | None = None) -> Iterator[Mark]:
    ticks = axis.ticks(step)
    if grid_from is not None:
        yield from (Line(axis(tick), grid_from, axis(tick), bottom, "grid") for tick in ticks)
    yield Line(axis.start, bottom, axis.end, bottom, "axis")
    for tick in ticks[:-1]:
        yield Label(axis(tick), bottom + 18, f"{tick * 100:.0f}", "note", "center")
    if grid_from is None:  # on phones the axis ends at the edge of the card
        yield Label(axis.end + 8, bottom + 18, "100%", "note", "right")
    else:
        yield Label(axis.end, bottom + 18, "100%", "note", "center")


def _described(report: Report, names: Names) -> str:
    return _("; ").join(
        _(
            "%(action)s: %(people)s, acceptance %(acceptance)s, expected without it (90%%) %(expected)s, %(verdict)s. "
            "%(why)s",
            action=action_title(found.action, names),
            people=from_to(found),
            acceptance=target_percent(found.action.acceptance),
            expected=expected_text(found),
            verdict=action_verdict(found.verdict),
            why=action_reason(found),
        )
        for found in report.actions
    )
