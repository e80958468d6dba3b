"""Sheets about the whole: returns, objectives, sub-units.

How a sheet is drawn is `sheet`; items, groups and years are `detail_sheets`.
"""

from __future__ import annotations

from flask_babel import gettext as _

from analysis.tree import Hidden, ObjectiveResult, Rate
from survey_app.exports.base import Material
from survey_app.exports.cells import (
    bounds_cells,
    objective_cells,
    people_cell,
    rate_cell,
    roster_cells,
    share_cell,
    verdict_cell,
)
from survey_app.exports.chart_parts import side_by_side
from survey_app.exports.sheet import Area, Cell, Column, Sheet
from survey_app.wording.approval import approval
from survey_app.wording.definitions import definition_text, threshold_text, unjudged_text
from survey_app.wording.labels import GRADE_LABELS
from survey_app.wording.names import Names
from survey_app.wording.returns import returns_cannot, returns_sentence
from survey_app.wording.sentences import objectives_cannot, objectives_sentence
from survey_app.wording.tables import bounds_of_mean, previous_year, year_name
from survey_app.wording.units import unit_notes, units_cannot, units_sentence

VERDICT_COLUMN = 11


def returns(sheet: Sheet, material: Material, names: Names) -> None:
    """Counts of people and ballots, rates with how each is reckoned, this year beside the last."""
    report = material.report
    sheet.title(_("Returns"), freeze=True)
    sheet.paragraph(returns_sentence(report))
    rosters = [report.roster, *([report.previous_roster] if report.previous_roster else [])]
    labels = [year_name(report.context.year), year_name(previous_year(report))][: len(rosters)]
    counts = (
        (_("Eligible on the reference day"), "eligible"),
        (_("Issued"), "issued"),
        (_("Returned"), "returned"),
        (_("Valid"), "valid"),
    )
    rates = (
        (_("Participation"), "returned", "eligible", _("returned ÷ eligible")),
        (_("Return rate"), "returned", "issued", _("returned ÷ issued")),
        (_("Valid rate"), "valid", "returned", _("valid ÷ returned")),
    )
    rows: list[list[Cell]] = [[label, *[getattr(roster, name) for roster in rosters]] for label, name in counts]
    sheet.table([Column(_("Figure")), *[Column(label, "count") for label in labels]], rows, name="returns")
    sheet.gap()
    shares: list[list[Cell]] = [
        [f"{label}\n{how}", *[share_cell(getattr(roster, part), getattr(roster, whole)) for roster in rosters]]
        for label, part, whole, how in rates
    ]
    sheet.table([Column(_("Figure")), *[Column(label, "percent") for label in labels]], shares, name="return_rates")
    sheet.closing(returns_cannot(report))


def objectives(sheet: Sheet, material: Material, names: Names) -> None:
    """The register: target, result, bounds over all eligible people, verdict and what was missing."""
    report = material.report
    sheet.title(_("Objectives"))
    sheet.paragraph(objectives_sentence(report, names))
    columns = [
        Column(_("Objective")), Column(_("Measure")), Column(_("Target"), "percent"),
        Column(approval(names).of_scored, "interval"),
        Column(approval(names).rate, "percent"), Column(_("People asked about"), "count"),
        Column(_("Satisfied among all, at least"), "count"), Column(_("Satisfied among all, at most"), "count"),
        Column(_("Figure for all eligible (90% bounds)"), "interval"),
        Column(_("Needed"), "count"), Column(_("Not counted among the scored"), "count"), Column(_("Verdict")),
    ]  # fmt: skip
    rows = [_objective_row(result, names) for result in report.objectives]
    area = sheet.table(columns, rows, freeze=True, name="objectives")
    _mark_verdicts(sheet, area)
    sheet.gap()
    sheet.table(
        [Column(_("Objective")), Column(_("Owner")), Column(_("How it is counted")), Column(_("How it is evaluated"))],
        [
            [one.title, one.owner, definition_text(one, names), one.evaluated]
            for one in (result.objective for result in report.objectives)
        ],
    )
    _targets_and_results(sheet, material, names)
    sheet.closing(objectives_cannot(report))


def units(sheet: Sheet, material: Material, names: Names) -> None:
    """Direct sub-units: participation and overall satisfaction, for the higher committee."""
    report = material.report
    sheet.title(_("Sub-units"))
    sheet.paragraph(units_sentence(report))
    words = approval(names)
    columns = [
        Column(_("Unit")), Column(_("Eligible"), "count"), Column(_("Issued"), "count"), Column(_("Returned"), "count"),
        Column(_("Valid"), "count"), Column(_("Participation"), "percent"),
    ]  # fmt: skip
    overall = [
        Column(_("%(overall)s, %(counted)s", overall=words.overall, counted=words.of_scored), "interval"),
        Column(_("%(overall)s, %(counted)s", overall=words.overall, counted=words.rate), "percent"),
        Column(_("Interval (95%), from"), "percent"), Column(_("Interval (95%), to"), "percent"),
    ]  # fmt: skip
    rows: list[list[Cell]] = []
    for row in report.units:
        returned: list[Cell] = [row.roster] * 5 if isinstance(row.roster, Hidden) else roster_cells(row.roster)
        rated: list[Cell] = [people_cell(row.overall), rate_cell(row.overall), *bounds_cells(row.overall)]
        rows.append([row.name, *returned, *(rated if report.overall else [])])
    columns += overall if report.overall else []
    sheet.table(columns, rows, freeze=True, name="units")
    sheet.notes(unit_notes(report))
    sheet.closing(units_cannot())


def _objective_row(result: ObjectiveResult, names: Names) -> list[Cell]:
    rate, judgement = result.rate, result.judgement
    population = rate if isinstance(rate, Hidden) else rate.population if isinstance(rate, Rate) else None
    bounds: tuple[Cell, Cell] = (None, None)
    if isinstance(rate, Hidden):
        bounds = (rate, rate)
    elif result.people is not None and result.objective.is_rate:
        bounds = result.people
    objective = result.objective
    return [
        objective.title, names.measure(objective), _target_cell(result), *objective_cells(result),
        population, *bounds, bounds_of_mean(result) or None, judgement.required if judgement else None,
        result.silent_out_of, unjudged_text(result, names) or verdict_cell(result),
    ]  # fmt: skip


def _target_cell(result: ObjectiveResult) -> Cell:
    """A share as a number; a figure in another unit in words, with its unit."""
    objective = result.objective
    return float(objective.threshold) if objective.is_rate else threshold_text(objective)


def _mark_verdicts(sheet: Sheet, area: Area) -> None:
    for grade, label in GRADE_LABELS.items():
        sheet.mark_word(area, [VERDICT_COLUMN], _(label), "marked_good" if grade.startswith("met") else "marked_bad")


def _targets_and_results(sheet: Sheet, material: Material, names: Names) -> None:
    """Objectives about shares beside their targets, as far as the figure may be told as a number."""
    rows: list[list[Cell]] = []
    for result in material.report.objectives:
        rate = rate_cell(result.rate)
        if result.objective.is_rate and isinstance(rate, float):
            target = float(result.objective.threshold)
            rows.append([result.objective.title, names.measure(result.objective), target, rate, 100 * (rate - target)])
    if not rows:
        return
    sheet.heading(_("Targets and results"))
    columns = [
        Column(_("Objective")), Column(_("Measure")), Column(_("Target"), "percent"), Column(_("Result"), "percent"),
        Column(_("Difference (percentage points)"), "difference"),
    ]  # fmt: skip
    area = sheet.table(columns, rows, name="targets")
    sheet.mark_below(area, 4, "0")
    side_by_side(sheet, area, title=_("Targets and results"), columns=(0, 2, 3), rows=len(rows))
