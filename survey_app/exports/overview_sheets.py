"""The first sheets of the workbook: the summary on one printed page, returns, objectives.

How a sheet is drawn is `sheet`; items, groups and years are `detail_sheets`.
"""

from __future__ import annotations

from flask_babel import gettext as _

from analysis.tree import Hidden, ObjectiveResult, Rate, Report
from analysis.types import Roster
from survey_app.exports.cells import bounds_cells, dimension_cell, people_cell, rate_cell, scored_cell, share_cell
from survey_app.exports.sheet import Cell, Column, Sheet
from survey_app.wording.approval import approval
from survey_app.wording.definitions import definition_text, threshold_text, unjudged_text, value_text
from survey_app.wording.headline import headline_figure, headline_parts, minute_list
from survey_app.wording.labels import change_label, grade_label
from survey_app.wording.names import Names
from survey_app.wording.returns import returns_cannot, returns_sentence
from survey_app.wording.sentences import (
    hidden_sentence,
    objectives_cannot,
    objectives_sentence,
)
from survey_app.wording.tables import bounds_of_mean
from survey_app.wording.units import unit_notes, units_cannot, units_sentence

WEAKEST_LISTED = 5


def summary(sheet: Sheet, report: Report, names: Names, made_on: str) -> None:
    """What a reader with one minute needs, on one printed page."""
    sheet.title(report.title)
    sheet.paragraph(
        _(
            "%(unit)s, %(year)s; questionnaire: %(title)s",
            unit=report.unit_name,
            year=report.context.year,
            title=names.title(),
        ),
        "note",
    )
    sheet.paragraph(_headline(report, names), "lead")
    if report.hidden is None:
        for line in minute_list(report, names):
            sheet.paragraph(line)
    sheet.heading(_("Returns"))
    sheet.table(
        [Column(_("Eligible"), "count"), Column(_("Issued"), "count"), Column(_("Returned"), "count"),
         Column(_("Valid"), "count"), Column(_("Participation"), "percent")],
        [_roster_cells(report.roster)],
    )  # fmt: skip
    if report.hidden is None:
        _objectives_in_short(sheet, report, names)
        _dimensions_in_short(sheet, report, names)
        _weakest_in_short(sheet, report, names)
    sheet.gap()
    sheet.paragraph(
        _("Made on %(day)s. Dataset sha256 %(hash)s", day=made_on, hash=report.provenance.dataset_sha256), "note"
    )


def returns(sheet: Sheet, report: Report, names: Names) -> None:
    """Counts of people and ballots with how each rate is reckoned, this year beside the last."""
    sheet.title(_("Returns"))
    sheet.paragraph(returns_sentence(report))
    rosters = [report.roster, *([report.previous_roster] if report.previous_roster else [])]
    labels = [_("This year"), _("The year before")][: len(rosters)]
    counts = (
        (_("Eligible on the reference day"), "eligible", ""),
        (_("Issued"), "issued", ""),
        (_("Returned"), "returned", ""),
        (_("Valid"), "valid", ""),
    )
    rates = (
        (_("Participation"), "returned", "eligible", _("returned ÷ eligible")),
        (_("Return rate"), "returned", "issued", _("returned ÷ issued")),
        (_("Valid rate"), "valid", "returned", _("valid ÷ returned")),
    )
    columns = [Column(_("Figure")), *[Column(label, "count") for label in labels], Column(_("How it is reckoned"))]
    rows: list[list[Cell]] = [
        [label, *[getattr(roster, name) for roster in rosters], how] for label, name, how in counts
    ]
    sheet.table(columns, rows, freeze=True)
    sheet.gap()
    columns = [Column(_("Rate")), *[Column(label, "percent") for label in labels], Column(_("How it is reckoned"))]
    sheet.table(
        columns,
        [
            [label, *[share_cell(getattr(roster, part), getattr(roster, whole)) for roster in rosters], how]
            for label, part, whole, how in rates
        ],
    )
    sheet.closing(returns_cannot(report))


def objectives(sheet: Sheet, report: Report, names: Names) -> None:
    """The register: target, result, bounds over all eligible people, verdict and what was missing."""
    sheet.title(_("Objectives"))
    sheet.paragraph(objectives_sentence(report, names))
    columns = [
        Column(_("Objective")), Column(_("Measure")), Column(_("Target"), "percent"),
        Column(approval(names).of_scored, "interval"),
        Column(approval(names).rate, "percent"), Column(_("People asked about"), "count"),
        Column(_("Satisfied among all, at least"), "count"), Column(_("Satisfied among all, at most"), "count"),
        Column(_("Figure for all eligible (90% bounds)"), "interval"),
        Column(_("Needed"), "count"), Column(_("Not counted among the scored"), "count"), Column(_("Verdict")),
        Column(_("Owner")), Column(_("How it is counted")), Column(_("How it is evaluated")),
    ]  # fmt: skip
    sheet.table(columns, [_objective_row(result, names) for result in report.objectives], freeze=True)
    sheet.closing(objectives_cannot(report))


def units(sheet: Sheet, report: Report, names: Names) -> None:
    """Direct sub-units: participation and overall satisfaction, for the higher committee."""
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
        returned: list[Cell] = [row.roster] * 5 if isinstance(row.roster, Hidden) else _roster_cells(row.roster)
        rated: list[Cell] = [people_cell(row.overall), rate_cell(row.overall), *bounds_cells(row.overall)]
        rows.append([row.name, *returned, *(rated if report.overall else [])])
    columns += overall if report.overall else []
    sheet.table(columns, rows, freeze=True)
    sheet.notes(unit_notes(report))
    sheet.closing(units_cannot())


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


def _roster_cells(roster: Roster) -> list[Cell]:
    return [roster.eligible, roster.issued, roster.returned, roster.valid, share_cell(roster.returned, roster.eligible)]


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
        objective.title, names.measure(objective), _target_cell(result), *_result_cells(result),
        population, *bounds, bounds_of_mean(result) or None, judgement.required if judgement else None,
        result.silent_out_of, unjudged_text(result, names) or _verdict(result), objective.owner,
        definition_text(objective, names), objective.evaluated or None,
    ]  # fmt: skip


def _target_cell(result: ObjectiveResult) -> Cell:
    """A share as a number; a figure in another unit in words, with its unit."""
    objective = result.objective
    return float(objective.threshold) if objective.is_rate else threshold_text(objective)


def _result_cells(result: ObjectiveResult) -> tuple[Cell, Cell]:
    """People and rate; of an index, a mean or a score how many answered, and the figure with its unit."""
    if result.objective.is_rate:
        return people_cell(result.rate), rate_cell(result.rate)
    return scored_cell(result.rate), value_text(result)


def _verdict(result: ObjectiveResult) -> Cell:
    if result.judgement is not None:
        return grade_label(result.judgement)
    return result.rate if isinstance(result.rate, Hidden) else _("nothing to judge")


def _objectives_in_short(sheet: Sheet, report: Report, names: Names) -> None:
    if not report.objectives:
        return
    sheet.heading(_("Objectives"))
    columns = [
        Column(_("Objective")),
        Column(_("Target"), "interval"),
        Column(approval(names).of_scored, "interval"),
        Column(approval(names).rate, "percent"),
        Column(_("Verdict")),
    ]
    sheet.table(
        columns,
        [
            [result.objective.title, threshold_text(result.objective), *_result_cells(result), _verdict(result)]
            for result in report.objectives
        ],
    )  # fmt: skip


def _dimensions_in_short(sheet: Sheet, report: Report, names: Names) -> None:
    if not report.dimensions:
        return
    sheet.heading(_("Dimensions"))
    columns = [
        Column(_("Dimension")),
        Column(_("Questions"), "count"),
        Column(_("People"), "count"),
        Column(approval(names).rate, "percent"),
        Column(_("Index"), "points"),
    ]
    sheet.table(
        columns,
        [[names.dimension(d.code), len(d.items), d.n, dimension_cell(d), d.index] for d in report.dimensions],
    )


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
    columns = [
        Column(_("Question")),
        Column(words.of_scored, "interval"),
        Column(_("Scored"), "count"),
        Column(words.rate, "percent"),
        Column(_("Since last year")),
    ]
    sheet.table(
        columns,
        [
            [names.item(item.code), people_cell(item.rate), scored_cell(item.rate), rate_cell(item.rate),
             change_label(changes[item.code]) if item.code in changes else _("no earlier year")]
            for item in weakest
        ],
    )  # fmt: skip
