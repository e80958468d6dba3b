"""Sheets with the figures in detail: dimensions, items, groups, years.

How a sheet is drawn is `sheet`, how a figure becomes a cell `cells`; the native charts are `chart_parts`.
"""

from __future__ import annotations

from dataclasses import replace

from flask_babel import gettext as _

from analysis.tree import Change, Detail, GroupTable, Hidden, ItemResult, Rate, ReliabilityResult, Report
from analysis.types import Measure
from instruments.model import Scale
from survey_app.exports.base import Material
from survey_app.exports.cells import (
    bounds_cells,
    dimension_cell,
    interval_cells,
    is_told_in_people,
    people_cell,
    rate_cell,
    scored_cell,
    targets_of,
)
from survey_app.exports.chart_parts import rate_bars, side_by_side, stacked_levels
from survey_app.exports.sheet import Cell, Column, Sheet
from survey_app.wording.approval import approval
from survey_app.wording.groups import group_notes, groups_cannot, groups_sentence
from survey_app.wording.items import items_cannot, items_sentence
from survey_app.wording.labels import change_label, comparability_text, refusal_label, verdict_label
from survey_app.wording.names import Names
from survey_app.wording.notes import detail_notes
from survey_app.wording.years import family_notes, years_cannot, years_sentence


def dimensions(sheet: Sheet, material: Material, names: Names) -> None:
    """Mean of the items' rates and indices per dimension, weighted equally."""
    report, targets = material.report, targets_of(material.report, Measure.DIMENSION)
    sheet.title(_("Dimensions"))
    columns = [
        Column(_("Dimension")), Column(_("Questions"), "count"), Column(_("People"), "count"),
        Column(approval(names).rate, "percent"), Column(_("Target"), "percent"),
        Column(_("Interval (95%), from"), "percent"), Column(_("Interval (95%), to"), "percent"),
        Column(_("Index"), "points"), Column(_("Cronbach's alpha"), "decimal"),
    ]  # fmt: skip
    rows: list[list[Cell]] = [
        [names.dimension(d.code), len(d.items), d.n, dimension_cell(d), targets.get(d.code),
         *interval_cells(d.interval), d.index, _alpha_cell(d.reliability)]
        for d in report.dimensions
    ]  # fmt: skip
    area = sheet.table(columns, rows, freeze=True, name="dimensions")
    sheet.mark_below(area, 3, f"$E{area.first_row + 1}")
    drawn = _numeric_rows(rows, 3)
    rate_bars(sheet, area, title=approval(names).rate, label_column=0, rate_column=3, rows=drawn)


def items(sheet: Sheet, material: Material, names: Names) -> None:
    """Every scored item: people, rate with interval, awareness, mean and index."""
    report = material.report
    sheet.title(_("Question by question"))
    sheet.paragraph(items_sentence(report, names))
    columns = [
        Column(_("Question")), Column(_("Dimension")), Column(approval(names).of_scored, "interval"),
        Column(_("Scored"), "count"), Column(approval(names).rate, "percent"), Column(_("Target"), "percent"),
        Column(_("Interval (95%), from"), "percent"), Column(_("Interval (95%), to"), "percent"),
        Column(_("No opinion"), "count"), Column(_("Not applicable"), "count"), Column(_("Skipped"), "count"),
        Column(_("Awareness rate"), "percent"), Column(_("Mean"), "decimal"),
        Column(_("Standard deviation"), "decimal"), Column(_("Index"), "points"),
    ]  # fmt: skip
    targets = targets_of(report, Measure.ITEM) | {report.overall: targets_of(report, Measure.OVERALL).get(None)}
    rows: list[list[Cell]] = [_item_row(item, targets.get(item.code), names) for item in _by_rate(report)]
    area = sheet.table(columns, rows, freeze=True, name="items")
    sheet.mark_below(area, 4, f"$F{area.first_row + 1}")
    sheet.notes(detail_notes(report, names))
    drawn = _numeric_rows(rows, 4)
    rate_bars(sheet, area, title=approval(names).rate, label_column=0, rate_column=4, rows=drawn)
    sheet.closing(items_cannot(report, names))


def levels(sheet: Sheet, material: Material, names: Names) -> None:
    """Answers level by level, a table for each scale of the questionnaire; what is not shown in full comes last."""
    report = material.report
    sheet.title(_("Answers level by level"), freeze=True)
    by_scale: dict[Scale, list[ItemResult]] = {}
    for item in report.items:
        by_scale.setdefault(names.instrument.scale_of(names.instrument.by_code[item.code]), []).append(item)
    sheet.narrow_to(1 + max(len(scale.levels) for scale in by_scale))
    for number, (scale, using) in enumerate(by_scale.items(), start=1):
        best_first = sorted(scale.levels, key=lambda level: -level.code)
        heads = [Column(level.label.in_language(names.language), "count") for level in best_first]
        sheet.gap()
        rows: list[list[Cell]] = [
            [names.item(item.code), *_level_cells(item, [level.code for level in best_first])] for item in using
        ]
        rows.sort(key=_has_gaps)
        area = sheet.table([Column(_("Question")), *heads], rows, name=f"levels_{number}")
        whole = len(rows) - sum(map(_has_gaps, rows))
        if whole:
            drawn = replace(area, last_row=area.first_row + whole - 1)
            stacked_levels(sheet, drawn, title=_("Answers level by level"))
    sheet.notes(detail_notes(report, names))


def groups(sheet: Sheet, material: Material, names: Names) -> None:
    """Dimensions by the answers of each grouping question; hidden cells as words."""
    sheet.narrow_to(1 + max(len(table.columns) for table in material.report.groups))
    sheet.title(_("Groups"), freeze=True)
    sheet.paragraph(groups_sentence(material.report, names))
    for number, table in enumerate(material.report.groups, start=1):
        sheet.heading(names.question(table.item))
        _group_table(sheet, table, names, f"groups_{number}")
    sheet.notes(group_notes(material.report))
    sheet.closing(groups_cannot())


def years(sheet: Sheet, material: Material, names: Names) -> None:
    """Each item beside the year before: facts, tests, comparability; then all years of the primary family."""
    report = material.report
    sheet.title(_("Year over year"))
    sheet.paragraph(years_sentence(report, names))
    columns = [
        Column(_("Question")), Column(_("Primary")), Column(_("Earlier year"), "count"),
        Column(_("Earlier, satisfied of scored"), "interval"), Column(_("Earlier rate"), "percent"),
        Column(_("This year, satisfied of scored"), "interval"), Column(_("This year's rate"), "percent"),
        Column(_("Judgement")),
        Column(_("Cliff's delta"), "decimal"), Column(_("p (Holm)"), "decimal"),
        Column(_("Smallest visible change"), "percent"), Column(_("Comparability")),
    ]  # fmt: skip
    ordered = sorted(report.changes, key=lambda change: not change.primary)
    rows = [_change_row(change, names) for change in ordered]
    area = sheet.table(columns, rows, freeze=True, name="years")
    sheet.mark_word(area, [7], verdict_label("declined"), "marked_bad")
    sheet.mark_word(area, [7], verdict_label("improved"), "marked_good")
    primary = [place for place, change in enumerate(ordered) if change.primary]
    drawn = [place for place in primary if all(isinstance(rows[place][column], float) for column in (4, 6))]
    many = len(drawn) if drawn == list(range(len(drawn))) else 0
    side_by_side(sheet, area, title=_("Year over year"), columns=(0, 4, 6), rows=many)
    _history(sheet, report, names)
    sheet.notes(family_notes(report))
    sheet.closing(years_cannot(report, names))


def _by_rate(report: Report) -> list[ItemResult]:
    """Items with a percent first, highest rate first, ties as in the questionnaire; then the others."""
    percent = [i for i in report.items if isinstance(i.rate, Rate) and not is_told_in_people(i.rate)]
    ranked = sorted(percent, key=lambda item: -item.rate.value if isinstance(item.rate, Rate) else 0.0)
    return ranked + [item for item in report.items if item not in percent]


def _numeric_rows(rows: list[list[Cell]], column: int) -> int:
    """How many rows from the top have a number in this column."""
    return next((place for place, row in enumerate(rows) if not isinstance(row[column], float)), len(rows))


def _item_row(item: ItemResult, target: float | None, names: Names) -> list[Cell]:
    n = scored_cell(item.rate)
    return [
        names.item(item.code), names.dimension(item.dimension) if item.dimension else "", people_cell(item.rate), n,
        rate_cell(item.rate), target, *bounds_cells(item.rate), item.dont_know, item.not_applicable, item.skipped,
        item.awareness, item.mean, item.sd, item.index,
    ]  # fmt: skip


def _has_gaps(row: list[Cell]) -> bool:
    return not all(isinstance(cell, int) for cell in row[1:])


def _level_cells(item: ItemResult, codes: list[int]) -> list[Cell]:
    if isinstance(item.levels, Hidden):
        return [item.levels] * len(codes)
    alone = {level.codes[0]: level.count for level in item.levels if len(level.codes) == 1}
    return [alone.get(code, 0 if item.detail is Detail.FULL else Hidden.COARSENED) for code in codes]


def _alpha_cell(result: ReliabilityResult) -> Cell:
    return result.alpha.raw if result.alpha else refusal_label(result)


def _group_table(sheet: Sheet, table: GroupTable, names: Names, name: str) -> None:
    columns = [
        Column(f"{names.option(table.item, column.option)}\n{_group_size(column.n)}", "percent")
        for column in table.columns
    ]
    order = [cell.dimension for cell in table.columns[0].cells] if table.columns else []
    sheet.table(
        [Column(_("Dimension")), *columns],
        [
            [
                names.dimension(code),
                *[rate_cell(column.cells[place].rate) for column in table.columns],
            ]
            for place, code in enumerate(order)
        ],
        name=name,
    )


def _group_size(n: int | Hidden) -> str:
    return "" if isinstance(n, Hidden) else _("%(n)s people", n=n)


def _change_row(change: Change, names: Names) -> list[Cell]:
    comparison = change.comparison
    delta = comparison.cliffs_delta if comparison else None
    return [
        names.item(change.code), _("primary") if change.primary else "", change.earlier.year,
        people_cell(change.earlier.rate), rate_cell(change.earlier.rate), people_cell(change.later.rate),
        rate_cell(change.later.rate), change_label(change), delta.value if delta else None,
        comparison.holm if comparison and change.primary else None, change.smallest_visible_change,
        comparability_text(change),
    ]  # fmt: skip


def _history(sheet: Sheet, report: Report, names: Names) -> None:
    points = {code: {point.year: point.rate for point in line} for code, line in report.history}
    shown = sorted({year for line in points.values() for year in line})
    if len(shown) < 2:
        return
    sheet.heading(_("All years of the primary questions"))
    sheet.table(
        [Column(_("Question")), *[Column(str(year), "percent") for year in shown]],
        [[names.item(code), *[_year_cell(line.get(year)) for year in shown]] for code, line in points.items()],
        name="history",
    )


def _year_cell(rate: Rate | float | Hidden | None) -> Cell:
    return rate_cell(rate) if isinstance(rate, Rate) else rate
