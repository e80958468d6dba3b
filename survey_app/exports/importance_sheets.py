"""The sheet about what goes along with overall satisfaction. Association, never cause."""

from __future__ import annotations

from math import ceil, floor

from flask_babel import gettext as _

from survey_app.exports.base import Material
from survey_app.exports.chart_parts import importance_map
from survey_app.exports.sheet import Cell, Column, Sheet
from survey_app.wording.approval import approval
from survey_app.wording.figures import percent
from survey_app.wording.importance import (
    first_items,
    first_items_title,
    importance_cannot,
    importance_reading,
    importance_sentence,
)
from survey_app.wording.names import Names
from survey_app.wording.quadrants import Quadrants, Standing, quadrant_label, quadrants_of


def importance(sheet: Sheet, material: Material, names: Names) -> None:
    """Association and own rate of each dimension with intervals, drawn as a map; then what to discuss first."""
    report = material.report
    sheet.title(_("Importance"), freeze=True)
    sheet.paragraph(importance_sentence(report, names))
    found = quadrants_of(report)
    if found is not None:
        _standings(sheet, found, names)
        sheet.paragraph(importance_reading(report, found, names), "note")
    first = first_items(report, names)
    if first:
        sheet.heading(first_items_title(len(first)))
        for question, why in first:
            sheet.paragraph(_("%(term)s: %(text)s", term=question, text=why))
    sheet.closing(importance_cannot())


def _standings(sheet: Sheet, found: Quadrants, names: Names) -> None:
    rate = approval(names).rate
    columns = [
        Column(_("Dimension")), Column(_("Share of association"), "percent"),
        Column(_("Interval (95%), from"), "percent"), Column(_("Interval (95%), to"), "percent"),
        Column(rate, "percent"),
        Column(_("Interval of the rate (95%), from"), "percent"),
        Column(_("Interval of the rate (95%), to"), "percent"), Column(_("Quarter")),
    ]  # fmt: skip
    ordered = sorted(found.standings, key=lambda standing: -standing.share)
    sheet.gap()
    area = sheet.table(columns, [_row(standing, names) for standing in ordered], name="importance")
    drawn = [standing for standing in ordered if standing.rate_span is not None]
    if len(drawn) < len(ordered):
        return
    sheet.heading(_("Lines of the map"))
    across = (0.0, min(1.0, ceil(10 * max(standing.share for standing in ordered)) / 10 + 0.1))
    up = (floor(10 * min(standing.rate for standing in ordered)) / 10, 1.0)
    ends: list[list[Cell]] = [[_("Equal share"), found.share_line, end] for end in up]
    ends += [[_("Mean of the dimensions"), end, found.rate_line] for end in across]
    heads = [Column(_("Dividing line")), Column(_("Share of association"), "percent"), Column(rate, "percent")]
    lines = sheet.table(heads, ends)
    importance_map(
        sheet, area, lines, title=_("Association and rate of the dimensions"),
        across=(_("Share of association"), *across), up=(rate, *up), columns=(0, 1, 4),
    )  # fmt: skip


def _row(standing: Standing, names: Names) -> list[Cell]:
    """A rate that comes rounded, since few answered, is told in words."""
    span = standing.rate_span
    rate: Cell = standing.rate if span else _("about %(figure)s", figure=percent(standing.rate, 0))
    return [
        names.dimension(standing.dimension), standing.share, *standing.share_span, rate, *(span or (None, None)),
        quadrant_label(standing.quadrant),
    ]  # fmt: skip
