"""What comments are about: people per theme as bars from zero, and beside them the most used words, by question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from analysis.tree import Comments, Report
from survey_app.charts.layout import LINE_HEIGHT, WIDE, Axis, broken, label_column, stacked, text_width
from survey_app.charts.marks import Box, Drawing, Label, Line, Mark
from survey_app.wording.comments import by_people, people_figure, people_told
from survey_app.wording.names import Names

MOST_WORDS = 10
_BAR, _PITCH = 20, 32
_GAP = 32
"""Between themes and words beside each other."""


@dataclass(frozen=True, slots=True)
class _Panel:
    heading: str
    rows: tuple[tuple[str, int, str], ...]
    """Label, people, and these as they are told."""


def draw_themes(report: Report, names: Names, width: int) -> Drawing | None:
    """None where no theme and no word is named."""
    told = [asked for asked in report.comments if asked.themes or asked.words]
    if not told:
        return None
    most = max(people for asked in told for panel in _panels(asked) for _label, people, _told in panel.rows)
    marks: list[Mark] = []
    bottom = 0.0
    for asked in told:
        if len(told) > 1:
            lines = broken(names.comments(asked.code), width)
            marks += stacked(0, bottom + 15, lines)
            bottom += LINE_HEIGHT * len(lines) + 8
        drawn, bottom = _arranged(_panels(asked), width, bottom, most)
        marks += drawn
        bottom += 16
    title = _("What the comments speak of, in people")
    return Drawing(width, bottom - 8, title, _described(told, names), tuple(marks))


def _arranged(panels: Sequence[_Panel], width: int, top: float, most: int) -> tuple[list[Mark], float]:
    """Beside each other where there is room, else one below the other. Returns the marks and where they end."""
    marks: list[Mark] = []
    if width < WIDE or len(panels) == 1:
        bottom = top
        for panel in panels:
            drawn, bottom = _drawn(panel, (0, width), bottom + (12 if marks else 0), most)
            marks += drawn
        return marks, bottom
    middle = width / 2
    sides = ((0, middle - _GAP / 2), (middle + _GAP / 2, width))
    both = [_drawn(panel, side, top, most) for panel, side in zip(panels, sides, strict=True)]
    return [mark for drawn, _end in both for mark in drawn], max(end for _marks, end in both)


def _panels(asked: Comments) -> list[_Panel]:
    themes = [(theme.title, theme.people) for theme in by_people(asked.themes)]
    words = [(word.word, word.people) for word in asked.words[:MOST_WORDS]]
    return [
        _Panel(heading, tuple((label, people, people_figure(asked, people)) for label, people in counted))
        for heading, counted in ((_("Themes"), themes), (_("Most used words"), words))
        if counted
    ]


def _drawn(panel: _Panel, side: tuple[float, float], top: float, most: int) -> tuple[list[Mark], float]:
    left, right = side
    labels = [label for label, _people, _told in panel.rows]
    column = label_column(labels, (right - left) * 0.45)
    figure = max(text_width(told) for _label, _people, told in panel.rows) + 10
    axis = Axis(0, most, left + column + 12, right - figure)
    marks: list[Mark] = [Label(left, top + 15, panel.heading, "note")]
    y = top + 24
    for label, people, told in panel.rows:
        lines = broken(label, column + 1)
        height = max(_PITCH, LINE_HEIGHT * len(lines) + 8)
        centre = y + height / 2
        marks += stacked(left, centre + 5 - LINE_HEIGHT * (len(lines) - 1) / 2, lines)
        marks.append(Box(axis.start, centre - _BAR / 2, axis(people) - axis.start, _BAR, "bar"))
        marks.append(Label(axis(people) + 8, centre + 5, told, "strong"))
        y += height
    marks.append(Line(axis.start, top + 24, axis.start, y, "axis"))
    return marks, y


def _described(told: Sequence[Comments], names: Names) -> str:
    return _("; ").join(_descriptions(told, names))


def _descriptions(told: Sequence[Comments], names: Names) -> Iterator[str]:
    for asked in told:
        if len(told) > 1:
            yield names.comments(asked.code)
        for panel in _panels(asked):
            figures = _(", ").join(
                _("%(label)s: %(people)s", label=label, people=people_told(asked, people))
                for label, people, _told in panel.rows
            )
            yield f"{panel.heading}: {figures}"
