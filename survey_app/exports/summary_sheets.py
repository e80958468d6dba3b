"""The summary on one printed page: what a reader with one minute needs.

How a sheet is drawn is `sheet`, how a figure becomes a cell `cells`.
"""

from __future__ import annotations

from flask_babel import gettext as _

from analysis.tree import Rate, Report
from survey_app.exports.base import Material
from survey_app.exports.cells import (
    bounds_cells,
    dimension_cell,
    objective_cells,
    people_cell,
    rate_cell,
    roster_cells,
    scored_cell,
    verdict_cell,
)
from survey_app.exports.sheet import Column, Sheet
from survey_app.wording.approval import approval
from survey_app.wording.definitions import threshold_text
from survey_app.wording.headline import headline_figure, headline_parts, minute_list
from survey_app.wording.labels import change_label
from survey_app.wording.names import Names
from survey_app.wording.sentences import hidden_sentence

WEAKEST_LISTED = 5


def summary(sheet: Sheet, material: Material, names: Names) -> None:
    report = material.report
    sheet.title(report.title)
    sheet.paragraph(_("%(unit)s, %(year)s; questionnaire: %(title)s",
                      unit=report.unit_name, year=report.context.year, title=names.title()), "note")  # fmt: skip
    sheet.paragraph(_headline(report, names), "lead")
    if report.hidden is None:
        for line in minute_list(report, names):
            sheet.paragraph(line)
    _returns_in_short(sheet, report)
    if report.hidden is None:
        _overall_in_short(sheet, report, names)
        _objectives_in_short(sheet, report, names)
        _dimensions_in_short(sheet, report, names)
        _weakest_in_short(sheet, report, names)


def _headline(report: Report, names: Names) -> str:
    """The overall rate with what belongs to it, or why nothing is shown."""
    if report.hidden is not None:
        return hidden_sentence(report)
    if report.overall is None:
        return str(_("%(n)s valid answers", n=report.roster.valid))
    overall, figure = approval(names).overall, headline_figure(report)
    if figure is None:
        return str(_("%(overall)s is not shown here.", overall=overall))
    told = _("; ").join([figure, *headline_parts(report, names)])
    return str(_("%(overall)s: %(told)s", overall=overall, told=told))


def _returns_in_short(sheet: Sheet, report: Report) -> None:
    sheet.heading(_("Returns"))
    area = sheet.table(
        [Column(_("Eligible"), "count"), Column(_("Issued"), "count"), Column(_("Returned"), "count"),
         Column(_("Valid"), "count"), Column(_("Participation"), "percent")],
        [roster_cells(report.roster)],
    )  # fmt: skip
    for place, name in enumerate(("eligible", "issued", "returned", "valid", "participation")):
        sheet.name(name, area.first_row, place, area.first_row, place)


def _overall_in_short(sheet: Sheet, report: Report, names: Names) -> None:
    if report.overall is None:
        return
    words, rate = approval(names), report.item(report.overall).rate
    sheet.heading(words.overall)
    area = sheet.table(
        [Column(_("Question")), Column(words.of_scored, "interval"), Column(_("Scored"), "count"),
         Column(words.rate, "percent"), Column(_("Interval (95%), from"), "percent"),
         Column(_("Interval (95%), to"), "percent")],
        [[names.item(report.overall), people_cell(rate), scored_cell(rate), rate_cell(rate), *bounds_cells(rate)]],
    )  # fmt: skip
    for place, name in ((2, "overall_n"), (3, "overall_rate"), (4, "overall_from"), (5, "overall_to")):
        sheet.name(name, area.first_row, place, area.first_row, place)


def _objectives_in_short(sheet: Sheet, report: Report, names: Names) -> None:
    if not report.objectives:
        return
    words = approval(names)
    sheet.heading(_("Objectives"))
    sheet.table(
        [Column(_("Objective")), Column(_("Target"), "interval"), Column(words.of_scored, "interval"),
         Column(words.rate, "percent"), Column(_("Verdict"))],
        [
            [result.objective.title, threshold_text(result.objective), *objective_cells(result),
             verdict_cell(result)]
            for result in report.objectives
        ],
    )  # fmt: skip


def _dimensions_in_short(sheet: Sheet, report: Report, names: Names) -> None:
    if not report.dimensions:
        return
    sheet.heading(_("Dimensions"))
    sheet.table(
        [Column(_("Dimension")), Column(_("Questions"), "count"), Column(_("People"), "count"),
         Column(approval(names).rate, "percent"), Column(_("Index"), "points")],
        [[names.dimension(d.code), len(d.items), d.n, dimension_cell(d), d.index] for d in report.dimensions],
    )  # fmt: skip


def _weakest_in_short(sheet: Sheet, report: Report, names: Names) -> None:
    """The items with the lowest rates that are shown exactly, and what became of them since last year."""
    shown = [
        (item.rate.value, item) for item in report.items if isinstance(item.rate, Rate) and item.rate.bound == "exact"
    ]
    weakest = [item for _rate, item in sorted(shown, key=lambda pair: pair[0])[:WEAKEST_LISTED]]
    if not weakest:
        return
    changes = {change.code: change for change in report.changes}
    words = approval(names)
    sheet.heading(words.fewest)
    sheet.table(
        [Column(_("Question")), Column(words.of_scored, "interval"), Column(_("Scored"), "count"),
         Column(words.rate, "percent"), Column(_("Since last year"))],
        [
            [names.item(item.code), people_cell(item.rate), scored_cell(item.rate), rate_cell(item.rate),
             change_label(changes[item.code]) if item.code in changes else _("no earlier year")]
            for item in weakest
        ],
    )  # fmt: skip
