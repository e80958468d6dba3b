"""The tables of the annual result: rows of finished words, for pages and documents alike.

A table stands under each chart with the same figures in the same order. Nothing here formats a figure itself
(`figures`) or decides what may be shown (`analysis.disclosure`).
"""

from __future__ import annotations

from flask_babel import gettext as _

from analysis.tree import (
    ChoiceResult,
    Hidden,
    ItemResult,
    ObjectiveResult,
    Rate,
    Report,
)
from analysis.types import Measure
from survey_app.wording import figures
from survey_app.wording.approval import approval
from survey_app.wording.cells import Cell, Row, Table, cell, count_cell, people_cell, rate_cell
from survey_app.wording.definitions import (
    definition_text,
    figure_name,
    interval_text,
    threshold_text,
    unjudged_text,
    value_with_people,
)
from survey_app.wording.labels import (
    detail_label,
    grade_classes,
    grade_label,
    hidden_label,
)
from survey_app.wording.names import Names
from survey_app.wording.sentences import counted_choices, margin, ranked


def previous_year(report: Report) -> int:
    """The year this one is held against; the year before where nothing is."""
    return report.changes[0].earlier.year if report.changes else report.context.year - 1


def year_name(year: int) -> str:
    return _("%(year)s", year=year)


def objectives_table(report: Report, names: Names) -> Table:
    columns = (
        (_("Result"), True), (_("Satisfied of all"), True), (_("Needed"), True), (_("Verdict"), False),
        (_("What is open"), False), (_("How it is counted"), False),
    )  # fmt: skip
    rows = tuple(Row(objective_title(result, names), _objective_cells(result, names)) for result in report.objectives)
    return Table(_("Objectives met"), _("Objective"), columns, rows)


def objective_title(result: ObjectiveResult, names: Names) -> str:
    """``总体满意率不低于 90%``; with the name of the figure where it is another."""
    objective = result.objective
    told = {"measure": names.measure(objective), "target": threshold_text(objective)}
    if objective.is_usual_rate:
        return _("%(measure)s not below %(target)s", **told)
    return _("%(measure)s: %(figure)s not below %(target)s", figure=figure_name(objective, names), **told)


def _objective_cells(result: ObjectiveResult, names: Names) -> tuple[Cell, ...]:
    rate, judgement = result.rate, result.judgement
    shown = people_cell(rate) if result.objective.is_rate else cell(value_with_people(result), result.value)
    population = rate.population if isinstance(rate, Rate) else None
    bounds = _bounds(result)
    needed = f"{judgement.required}/{population}" if judgement and judgement.required and population else _("not given")
    counted = Cell(definition_text(result.objective, names))
    verdict = Cell(grade_label(judgement), grade=grade_classes(judgement)) if judgement else Cell(_("not judged"))
    if isinstance(rate, Hidden):
        bounds = needed = hidden_label(rate)
    return (shown, Cell(bounds), Cell(needed), verdict, Cell(margin(result) or unjudged_text(result, names)), counted)


def _bounds(result: ObjectiveResult) -> str:
    """90 % bounds for all eligible: people, percents of a mean of rates, or the figure in its own unit."""
    rate = result.rate
    if isinstance(rate, Rate) and result.objective.is_rate:
        is_satisfaction = result.objective.measure is not Measure.PARTICIPATION
        return figures.people_range(result.people) if result.people and is_satisfaction else _("not given")
    return bounds_of_mean(result) or _("not given")


def bounds_of_mean(result: ObjectiveResult) -> str:
    """90 % bounds for all eligible people of a mean, in the unit of the objective; empty of a share of people."""
    rate, judgement = result.rate, result.judgement
    is_share = isinstance(rate, Rate) and result.objective.is_rate
    if is_share or judgement is None or judgement.lower is None or judgement.upper is None:
        return ""
    if not result.objective.is_rate:
        return interval_text(result.objective, judgement.lower, judgement.upper)
    return figures.percent_interval((judgement.lower, judgement.upper))


def items_table(report: Report, names: Names) -> Table:
    """Items in the order of the chart: by rate, hidden ones last."""
    words = approval(names)
    columns = (
        (words.people, True), (words.rate, True), (_("Interval (95%)"), True), (_("Index"), True),
        (_("Mean"), True), (_("Don't know"), True), (_("Shown as"), False),
    )  # fmt: skip
    shown = ranked(report)
    items = [*shown, *(item for item in report.items if item not in shown)]
    return Table(_("Results by question"), _("Question"), columns, tuple(_item_row(item, names) for item in items))


def _item_row(item: ItemResult, names: Names) -> Row:
    rate = item.rate
    n = rate.n if isinstance(rate, Rate) else None
    counted = (
        Cell(figures.share_of_people(rate)) if isinstance(rate, Rate) else Cell(hidden_label(rate), is_hidden=True)
    )
    interval = rate.interval if isinstance(rate, Rate) else rate
    return Row(
        names.item(item.code),
        (
            counted,
            rate_cell(rate),
            cell(figures.percent_interval(interval), interval),
            cell(figures.index_text(item.index, n), item.index),
            cell(figures.decimal_text(item.mean), item.mean),
            count_cell(item.dont_know),
            Cell(detail_label(item.detail)),
        ),
    )


def choice_tables(report: Report, names: Names) -> tuple[Table, ...]:
    """One table per question whose answers may be counted."""
    return tuple(_choice_table(choice, names) for choice in counted_choices(report))


def _choice_table(choice: ChoiceResult, names: Names) -> Table:
    """Of a ranking how many put each answer first, with the number who ranked at all."""
    is_ranking = names.is_ranking(choice.code)
    answered = Row(_("People who answered"), (count_cell(choice.n),))
    counted = zip(names.options(choice.code), choice.counts, strict=True)
    rows = (answered, *(Row(label, (_chosen_cell(count, choice.n, is_ranking),)) for label, count in counted))
    head = _("Put first by") if is_ranking else _("People")
    return Table(names.question(choice.code), _("Answer"), ((head, True),), rows, "pairs")


def _chosen_cell(count: int | Hidden, n: int | Hidden, is_ranking: bool) -> Cell:
    shown = is_ranking and not isinstance(count, Hidden) and not isinstance(n, Hidden)
    return Cell(f"{count}/{n}") if shown else count_cell(count)
