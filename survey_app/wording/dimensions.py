"""Overall satisfaction and the dimensions in figures: the table under their chart."""

from __future__ import annotations

from flask_babel import gettext as _

from analysis.tree import DimensionResult, Hidden, ItemResult, Rate, Report
from survey_app.wording import figures
from survey_app.wording.approval import approval
from survey_app.wording.cells import Cell, Row, Table, cell, count_cell, rate_cell
from survey_app.wording.names import Names


def dimensions_table(report: Report, names: Names) -> Table:
    """Overall satisfaction first, then the dimensions in the order of the questionnaire; empty without dimensions."""
    columns = (
        (_("Answered"), True), (approval(names).rate, True), (_("Interval (95%)"), True), (_("Index"), True),
        (_("Questions"), True),
    )  # fmt: skip
    overall = [_overall_row(report.item(report.overall), names)] if report.overall and report.dimensions else []
    rows = (*overall, *(Row(names.dimension(d.code), _dimension_cells(d)) for d in report.dimensions))
    return Table(_("Overall and dimensions"), _("Dimension"), columns, rows)


def _overall_row(item: ItemResult, names: Names) -> Row:
    rate = item.rate
    n = rate.n if isinstance(rate, Rate) else rate
    interval = rate.interval if isinstance(rate, Rate) else rate
    return Row(
        names.item(item.code),
        (
            count_cell(n),
            rate_cell(rate),
            cell(figures.percent_interval(interval), interval),
            cell(figures.index_text(item.index, n), item.index),
            Cell("1"),
        ),
    )


def _dimension_cells(dimension: DimensionResult) -> tuple[Cell, ...]:
    return (
        count_cell(dimension.n),
        dimension_rate(dimension),
        cell(figures.percent_interval(dimension.interval), dimension.interval),
        cell(figures.index_text(dimension.index, dimension.n), dimension.index),
        Cell(str(len(dimension.items))),
    )


def dimension_rate(dimension: DimensionResult) -> Cell:
    """Percent, of few answers with "about", or why it is not shown."""
    if dimension.rounded and isinstance(dimension.rate, float):
        return Cell(_("about %(figure)s", figure=figures.percent(dimension.rate, 0)))
    return rate_cell(dimension.rate, dimension.n)


def dimension_index(dimension: DimensionResult) -> str:
    """Index in points; of few answers with "about"."""
    return "" if isinstance(dimension.index, Hidden) else figures.index_text(dimension.index, dimension.n)


def reading(names: Names) -> str:
    """How to read the chart."""
    return _(
        "How to read it: ● is the %(rate)s, the line its interval (95%%); the index, in points, also weighs how good "
        "or bad the answers are. A dimension counts the mean of its questions.",
        rate=approval(names).rate_within,
    )
