"""The tables of the annual result: rows of finished words, for pages and documents alike.

A table stands under each chart with the same figures in the same order. Nothing here formats a figure itself
(`figures`) or decides what may be shown (`analysis.disclosure`).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from flask_babel import gettext as _

from analysis.tree import (
    Change,
    ChoiceResult,
    DimensionResult,
    GroupTable,
    Hidden,
    ItemResult,
    ObjectiveResult,
    Rate,
    ReliabilityResult,
    Report,
)
from analysis.types import Measure, Roster
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
    alpha_word,
    change_label,
    comparability_text,
    detail_label,
    grade_classes,
    grade_label,
    hidden_label,
    refusal_label,
)
from survey_app.wording.names import Names
from survey_app.wording.sentences import counted_choices, margin, participation, ranked, scales_of

MOST_COLUMNS_AS_ROWS = 3


def returns_table(report: Report) -> Table:
    now, before = report.roster, report.previous_roster
    years = [(report.context.year, now), *([(previous_year(report), before)] if before else [])]
    shares = (
        (_("Participation rate"), "returned", "eligible", _("returned ÷ eligible")),
        (_("Return rate"), "returned", "issued", _("returned ÷ issued")),
        (_("Valid share"), "valid", "returned", _("valid ÷ returned")),
    )
    rows = tuple(
        Row(name, (*(Cell(_share(roster, part, whole)) for _year, roster in years), Cell(how)))
        for name, part, whole, how in shares
        if getattr(now, whole)
    )
    columns = (*((year_name(year), True) for year, _roster in years), (_("How it is counted"), False))
    return Table(_("Returns"), _("Figure"), columns, rows)


def previous_year(report: Report) -> int:
    """The year this one is held against; the year before where nothing is."""
    return report.changes[0].earlier.year if report.changes else report.context.year - 1


def year_name(year: int) -> str:
    return _("%(year)s", year=year)


def _share(roster: Roster, part: str, whole: str) -> str:
    counted, of = getattr(roster, part), getattr(roster, whole)
    if not of:
        return _("not known")
    return _("%(percent)s (%(count)s)", percent=figures.percent(Fraction(counted, of), of), count=f"{counted}/{of}")


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


def dimensions_table(report: Report, names: Names) -> Table:
    columns = (
        (_("Answered"), True), (approval(names).rate, True), (_("Interval (95%)"), True), (_("Index"), True),
        (_("Questions"), True),
    )  # fmt: skip
    rows = tuple(Row(names.dimension(d.code), _dimension_cells(d)) for d in report.dimensions)
    return Table(_("Dimensions"), _("Dimension"), columns, rows)


def _dimension_cells(dimension: DimensionResult) -> tuple[Cell, ...]:
    return (
        count_cell(dimension.n),
        _dimension_rate(dimension),
        cell(figures.percent_interval(dimension.interval), dimension.interval),
        cell(figures.index_text(dimension.index, dimension.n), dimension.index),
        Cell(str(len(dimension.items))),
    )


def _dimension_rate(dimension: DimensionResult) -> Cell:
    if dimension.rounded and isinstance(dimension.rate, float):
        return Cell(_("about %(figure)s", figure=figures.percent(dimension.rate, 0)))
    return rate_cell(dimension.rate, dimension.n)


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


def reliability_table(report: Report, names: Names) -> Table:
    rows = tuple(Row(names.scope(s.scope, len(s.items)), reliability_cells(s)) for s in scales_of(report))
    return Table(_("Cronbach's alpha"), _("Scale"), reliability_columns(), rows)


def reliability_columns() -> tuple[tuple[str, bool], ...]:
    return (
        (_("Questions"), True),
        (_("Answers"), True),
        (_("α"), True),
        (_("Interval (95%)"), True),
        (_("Word"), False),
    )


def reliability_cells(scale: ReliabilityResult) -> tuple[Cell, ...]:
    size = Cell(str(len(scale.items)))
    if scale.alpha is None:
        reason = refusal_label(scale) or _("not given")
        return (size, count_cell(scale.n), Cell(_("not given")), Cell(_("not given")), Cell(reason))
    word = alpha_word(scale.alpha)
    if scale.source:
        word = _("%(word)s (from %(unit)s)", word=word, unit=scale.source)
    return (
        size,
        count_cell(scale.n),
        Cell(figures.decimal_text(scale.alpha.raw)),
        Cell(figures.coefficient_interval(scale.alpha.feldt)),
        Cell(word),
    )


def item_reliability_table(scale: ReliabilityResult, names: Names) -> Table | None:
    """Item-total correlation and alpha if the item were dropped, of a scale that has an alpha."""
    if scale.alpha is None:
        return None
    columns = ((_("Corrected item-total correlation"), True), (_("α without the question"), True))
    rows = tuple(
        Row(
            names.item(code),
            (Cell(figures.decimal_text(item.r_drop)), Cell(figures.decimal_text(item.alpha_if_dropped))),
        )
        for code, item in zip(scale.items, scale.alpha.items, strict=True)
    )
    return Table(_("Each question within the whole"), _("Question"), columns, rows)


def group_table(table: GroupTable, report: Report, names: Names) -> Table:
    """Dimensions down, groups across; people first, hidden cells in words."""
    columns = tuple((names.option(table.item, column.option), True) for column in table.columns)
    people = Row(_("People in the group"), tuple(count_cell(column.n) for column in table.columns))
    rows = tuple(
        Row(names.dimension(d.code), tuple(rate_cell(c.cells[i].rate, c.cells[i].n) for c in table.columns))
        for i, d in enumerate(report.dimensions)
    )
    shape: Literal["rows", "matrix"] = "rows" if len(columns) <= MOST_COLUMNS_AS_ROWS else "matrix"
    return Table(names.item(table.item), _("Dimension"), columns, (people, *rows), shape)


def years_table(report: Report, names: Names) -> Table:
    columns = (
        (year_name(previous_year(report)), True), (year_name(report.context.year), True), (_("Verdict"), False),
        (_("Effect size δ"), True), (_("Comparability"), False),
    )  # fmt: skip
    ordered = sorted(report.changes, key=lambda change: not change.primary)
    return Table(
        _("Against the year before"),
        _("Figure"),
        columns,
        tuple(Row(names.item(change.code), _change_cells(change)) for change in ordered),
    )


def _change_cells(change: Change) -> tuple[Cell, ...]:
    effect = figures.signed(change.effect) if change.effect is not None else _("not given")
    return (
        people_cell(change.earlier.rate),
        people_cell(change.later.rate),
        Cell(change_label(change)),
        Cell(effect),
        Cell(comparability_text(change)),
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


def units_table(report: Report, names: Names) -> Table:
    columns = (
        (_("Eligible"), True),
        (_("Returned"), True),
        (_("Participation rate"), True),
        *([(approval(names).overall, True)] if report.overall else []),
    )
    rows = tuple(
        Row(row.name, (*_roster_cells(row.roster), *([rate_cell(row.overall)] if report.overall else [])), row.unit)
        for row in report.units
    )
    return Table(_("Sub-units"), _("Unit"), columns, rows)


def _roster_cells(roster: Roster | Hidden) -> tuple[Cell, ...]:
    if isinstance(roster, Hidden):
        return (Cell(hidden_label(roster), is_hidden=True),) * 3
    share = participation(roster)
    return (
        Cell(str(roster.eligible) if roster.eligible is not None else _("not known")),
        Cell(str(roster.returned)),
        Cell(figures.percent(share, roster.eligible or 0) if share is not None else _("not known")),
    )
