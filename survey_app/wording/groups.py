"""Groups of people beside each other, in words and tables: who may be shown, and where they differ most.

Differences between groups are facts here and never tested. The chart is `charts.groups`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from flask_babel import gettext as _

from analysis.tree import GroupTable, Hidden, Rate, Report
from survey_app.wording.cells import Row, Table, count_cell, rate_cell
from survey_app.wording.figures import PERCENT_FROM, rate_with_people
from survey_app.wording.labels import quoted
from survey_app.wording.names import Names
from survey_app.wording.notes import suppression_notes
from survey_app.wording.sentences import paragraph

WORTH_NAMING = Fraction(1, 10)
"""A gap between two groups that is said in the sentence; smaller ones are one or two people."""

_MOST_COLUMNS_AS_ROWS = 3


@dataclass(frozen=True, slots=True)
class Gap:
    """The two groups of one question that lie furthest apart in a dimension, the lower one first."""

    item: str
    dimension: str
    lower: tuple[int, Rate]
    higher: tuple[int, Rate]

    @property
    def width(self) -> Fraction:
        return Fraction(self.higher[1].satisfied, self.higher[1].n) - Fraction(self.lower[1].satisfied, self.lower[1].n)


def comparable_cells(table: GroupTable, place: int) -> list[tuple[int, Rate]]:
    """Groups whose percents may stand beside each other in a dimension: enough people, and another group with enough.

    Each with the number of its column.
    """
    enough = [
        (number, rate)
        for number, column in enumerate(table.columns)
        if isinstance(rate := column.cells[place].rate, Rate) and rate.bound == "exact" and rate.n >= PERCENT_FROM
    ]
    return enough if len(enough) > 1 else []


def groups_sentence(report: Report, names: Names) -> str:
    columns = [column for table in report.groups for column in table.columns]
    shown = [column.n for column in columns if not isinstance(column.n, Hidden)]
    if not shown:
        return _("No group has enough people to be shown.")
    told = _("%(shown)s of %(all)s groups can be shown.", shown=len(shown), all=len(columns))
    if len(shown) == len(columns):
        told = _("All %(all)s groups can be shown.", all=len(columns))
    if all(n < PERCENT_FROM for n in shown):
        return paragraph((told, _("All have fewer than 20 people: counts only, no comparison.")))
    return paragraph((told, *_furthest_apart(report, names)))


def _furthest_apart(report: Report, names: Names) -> tuple[str, ...]:
    gaps = [gap for table in report.groups for gap in _gaps(table, report)]
    if not gaps:
        return (_("No two groups of one question have 20 people each, so that none are compared."),)
    widest = max(gaps, key=lambda gap: gap.width)
    if widest.width < WORTH_NAMING:
        return (_("Those with 20 people or more lie within 10 percentage points of each other."),)
    (low, lower), (high, higher) = widest.lower, widest.higher
    return (
        _(
            "Furthest apart are, in %(dimension)s, %(lower)s with %(low)s and %(higher)s with %(high)s.",
            dimension=quoted(names.dimension(widest.dimension)),
            lower=quoted(names.option(widest.item, low)),
            low=rate_with_people(lower),
            higher=quoted(names.option(widest.item, high)),
            high=rate_with_people(higher),
        ),
    )


def _gaps(table: GroupTable, report: Report) -> Iterator[Gap]:
    for place, dimension in enumerate(report.dimensions):
        cells = sorted(comparable_cells(table, place), key=lambda cell: Fraction(cell[1].satisfied, cell[1].n))
        if cells:
            (low, lower), (high, higher) = cells[0], cells[-1]
            yield Gap(
                table.item, dimension.code, (table.columns[low].option, lower), (table.columns[high].option, higher)
            )


def groups_cannot() -> str:
    return _(
        "The differences between groups are not tested here; small groups differ by chance alone, and of many pairs "
        "some always lie far apart. Why groups differ cannot be read from the answers."
    )


def groups_reading(report: Report, names: Names) -> str:
    """How to read the chart."""
    if names.speaks_of_satisfaction():
        figures = _("In each cell: who is satisfied with more than half of what they answered in the dimension.")
    else:
        figures = _("In each cell: who answered more than half of the dimension's questions favourably.")
    has_tint = any(comparable_cells(table, place) for table in report.groups for place in range(len(report.dimensions)))
    if not has_tint:
        return figures
    return paragraph(
        (figures, _("Tinted, in percent: groups of 20 people or more that have another such group beside them."))
    )


def group_tables(report: Report, names: Names) -> tuple[Table, ...]:
    """Of each question that shows a group; of all where none does, so that what is hidden stands there as hidden."""
    showing = [table for table in report.groups if any(not isinstance(column.n, Hidden) for column in table.columns)]
    return tuple(group_table(table, report, names) for table in showing or report.groups)


def group_table(table: GroupTable, report: Report, names: Names) -> Table:
    """Dimensions down, groups across; people first, hidden cells in words."""
    columns = tuple((names.option(table.item, column.option), True) for column in table.columns)
    people = Row(_("People in the group"), tuple(count_cell(column.n) for column in table.columns))
    rows = tuple(
        Row(names.dimension(d.code), tuple(rate_cell(c.cells[i].rate, c.cells[i].n) for c in table.columns))
        for i, d in enumerate(report.dimensions)
    )
    shape: Literal["rows", "matrix"] = "rows" if len(columns) <= _MOST_COLUMNS_AS_ROWS else "matrix"
    return Table(names.item(table.item), _("Dimension"), columns, (people, *rows), shape)


def group_notes(report: Report) -> tuple[str, ...]:
    columns = [column for table in report.groups for column in table.columns]
    figures = [*(column.n for column in columns), *(cell.rate for column in columns for cell in column.cells)]
    return suppression_notes(figures, report.provenance.threshold)
