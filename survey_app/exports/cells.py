"""Figures of a Report as cells of a table: numbers where they may be given, the reason in words where not.

Which figures stand on which sheet is in the modules that end in `_sheets`.
"""

from __future__ import annotations

from flask_babel import gettext as _

from analysis.tree import DimensionResult, Hidden, ObjectiveResult, Rate, Report
from analysis.types import Measure, Roster
from survey_app.exports.sheet import Cell
from survey_app.wording.definitions import value_text
from survey_app.wording.figures import PERCENT_FROM, percent, share_of_people
from survey_app.wording.labels import grade_label


def rate_cell(rate: Rate | float | Hidden | None) -> Cell:
    """A rate as a number, or as people in words where so few answered that a percent would say too much."""
    if not isinstance(rate, Rate):
        return rate
    return share_of_people(rate) if is_told_in_people(rate) else rate.value


def is_told_in_people(rate: Rate) -> bool:
    return rate.n < PERCENT_FROM or rate.bound != "exact"


def dimension_cell(dimension: DimensionResult) -> Cell:
    """The mean of the items' rates; in words where it comes rounded because few answered."""
    rate = dimension.rate
    if isinstance(rate, Hidden) or not dimension.rounded:
        return rate
    return str(_("about %(figure)s", figure=percent(rate, 0)))


def people_cell(rate: Rate | float | Hidden | None) -> Cell:
    """Satisfied of scored people: 30/32, at least 12/13; empty for a mean of rates."""
    if isinstance(rate, Hidden):
        return rate
    return share_of_people(rate) if isinstance(rate, Rate) else None


def scored_cell(rate: Rate | float | Hidden | None) -> Cell:
    if isinstance(rate, Hidden):
        return rate
    return rate.n if isinstance(rate, Rate) else None


def bounds_cells(rate: Rate | float | Hidden | None) -> tuple[Cell, Cell]:
    """Ends of the 95 % interval of a rate, kept within [0, 1]; empty where it is not given."""
    if isinstance(rate, Hidden):
        return rate, rate
    return interval_cells(rate.interval if isinstance(rate, Rate) else None)


def interval_cells(interval: tuple[float, float] | Hidden | None) -> tuple[Cell, Cell]:
    if isinstance(interval, Hidden):
        return interval, interval
    return (None, None) if interval is None else (max(interval[0], 0.0), min(interval[1], 1.0))


def share_cell(part: int | None, whole: int | None) -> Cell:
    return None if part is None or not whole else part / whole


def roster_cells(roster: Roster) -> list[Cell]:
    return [roster.eligible, roster.issued, roster.returned, roster.valid, share_cell(roster.returned, roster.eligible)]


def objective_cells(result: ObjectiveResult) -> tuple[Cell, Cell]:
    """People and rate; of an index, a mean or a score how many answered, and the figure with its unit."""
    if result.objective.is_rate:
        return people_cell(result.rate), rate_cell(result.rate)
    return scored_cell(result.rate), value_text(result)


def verdict_cell(result: ObjectiveResult) -> Cell:
    if result.judgement is not None:
        return grade_label(result.judgement)
    return result.rate if isinstance(result.rate, Hidden) else _("nothing to judge")


def targets_of(report: Report, measure: Measure) -> dict[str | None, float | None]:
    """Target rates by item or dimension, of objectives about the very rates that are printed."""
    return {
        result.objective.target: float(result.objective.threshold)
        for result in report.objectives
        if result.objective.measure is measure and result.objective.is_usual_rate
    }


def trace(report: Report) -> str:
    """What ties a printed page to its data: the beginning of the dataset's hash and the group threshold."""
    return f"sha256 {report.provenance.dataset_sha256[:16]} · n ≥ {report.provenance.threshold}"
