"""Sheets for those who reckon again: how every figure is reckoned, and all figures once more in long form.

Formulas with their sources are in docs/methods.md; here stands what a reader of the workbook needs.
"""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import gettext as _

from analysis.recommendation import NetPromoter
from analysis.tree import Hidden, ItemResult, Report
from survey_app.exports.base import Material
from survey_app.exports.cells import bounds_cells, dimension_cell, interval_cells, people_cell, rate_cell, scored_cell
from survey_app.exports.sheet import Cell, Column, Sheet
from survey_app.wording.care import FLAG_LABELS, told_flags
from survey_app.wording.method import method_facts
from survey_app.wording.names import Names
from survey_app.wording.sentences import method_cannot, method_sentence


def method(sheet: Sheet, material: Material, names: Names) -> None:
    """Definitions as locked when the survey opened, intervals, thresholds, and where the data are."""
    report = material.report
    sheet.title(_("Method"))
    sheet.paragraph(method_sentence(report))
    sheet.table([Column(_("What")), Column(_("How"))], method_facts(report, names), freeze=True, name="method")
    sheet.closing(method_cannot(report))
    sheet.paragraph(
        _(
            "Anybody who has the sealed dataset can reckon these figures again with branch-survey analyse, and check "
            "with branch-survey verify that it is the same file."
        ),
        "note",
    )


def data(sheet: Sheet, material: Material, names: Names) -> None:
    """Every figure in one long table, one figure a row, for filtering and for other programs."""
    sheet.title(_("Data"))
    columns = [
        Column(_("Block")), Column(_("Code")), Column(_("Label")), Column(_("Figure")), Column(_("Value"), "decimal"),
        Column(_("n"), "count"), Column(_("Lower"), "decimal"), Column(_("Upper"), "decimal"),
    ]  # fmt: skip
    rows = list(long_form(material.report, names))
    area = sheet.table(columns, rows, freeze=True, name="figures")
    sheet.worksheet.autofilter(area.first_row - 1, 0, max(area.last_row, area.first_row), len(columns) - 1)


def long_form(report: Report, names: Names) -> Iterator[list[Cell]]:
    """Rows (block, code, label, figure, value, n, lower, upper); a hidden figure keeps its reason as value."""
    yield from _roster_rows(report)
    for item in report.items:
        label = names.item(item.code)
        n = scored_cell(item.rate)
        yield ["item", item.code, label, "satisfied", people_cell(item.rate), n, None, None]
        yield ["item", item.code, label, "rate", rate_cell(item.rate), n, *bounds_cells(item.rate)]
        figures: tuple[tuple[str, Cell], ...] = (
            ("mean", item.mean), ("sd", item.sd), ("index", item.index),
            ("dont_know", item.dont_know), ("not_applicable", item.not_applicable), ("skipped", item.skipped),
        )  # fmt: skip
        yield from (["item", item.code, label, figure, value, n, None, None] for figure, value in figures)
        if not isinstance(item.levels, Hidden):
            for level in item.levels:
                codes = "+".join(str(code) for code in level.codes)
                yield ["item", item.code, label, f"level {codes}", level.count, n, None, None]
        yield from _recommendation_rows(item, label)
    for d in report.dimensions:
        label = names.dimension(d.code)
        yield ["dimension", d.code, label, "rate", dimension_cell(d), d.n, *interval_cells(d.interval)]
        yield ["dimension", d.code, label, "index", d.index, d.n, None, None]
    yield from _reliability_rows(report, names)
    yield from _care_rows(report)
    yield from _comparison_rows(report, names)


def _recommendation_rows(item: ItemResult, label: str) -> Iterator[list[Cell]]:
    found = item.recommendation
    if isinstance(found, NetPromoter):
        for figure, count in (("promoters", found.promoters), ("detractors", found.detractors)):
            yield ["item", item.code, label, figure, count, found.n, None, None]
        yield ["item", item.code, label, "net promoter score", found.score, found.n, *found.interval]
    elif found is not None:
        yield ["item", item.code, label, "net promoter score", found, None, None, None]


def _care_rows(report: Report) -> Iterator[list[Cell]]:
    if report.quality is None:
        return
    for flag, count in told_flags(report):
        yield ["care", flag, _(FLAG_LABELS[flag]), "people", count, report.quality.n, None, None]


def _roster_rows(report: Report) -> Iterator[list[Cell]]:
    for figure in ("eligible", "issued", "returned", "valid"):
        yield ["returns", report.unit, report.unit_name, figure, getattr(report.roster, figure), None, None, None]


def _reliability_rows(report: Report, names: Names) -> Iterator[list[Cell]]:
    for result in (report.reliability, *[dimension.reliability for dimension in report.dimensions]):
        if result.alpha is not None:
            code, label = result.scope or "all", names.scope(result.scope, len(result.items))
            yield ["reliability", code, label, "alpha", result.alpha.raw, result.n, *result.alpha.feldt]


def _comparison_rows(report: Report, names: Names) -> Iterator[list[Cell]]:
    for change in report.changes:
        label = names.item(change.code)
        for point in (change.earlier, change.later):
            rate = point.rate
            bounds = bounds_cells(rate)
            yield ["years", change.code, label, f"rate {point.year}", rate_cell(rate), scored_cell(rate), *bounds]
        comparison = change.comparison
        if comparison is not None and comparison.proportion is not None:
            difference = comparison.proportion
            yield ["years", change.code, label, "difference", difference.difference, None, *difference.ci]
        if comparison is not None:
            yield ["years", change.code, label, "verdict", str(comparison.verdict), None, None, None]
