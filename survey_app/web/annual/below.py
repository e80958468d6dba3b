"""Blocks for higher committees: the units below, where they stand, who could learn from whom."""

from __future__ import annotations

from analysis.tree import Report
from survey_app.charts import figure
from survey_app.web.annual.content import Content
from survey_app.wording import units
from survey_app.wording.names import Names


def units_block(report: Report, names: Names) -> Content | None:
    if not report.units:
        return None
    return Content(
        units.units_sentence(report),
        units.units_cannot(),
        figure("funnel", report, names),
        units.funnel_reading(report),
        tables=(units.units_table(report, names),),
        notes=units.unit_notes(report),
    )


def standing_block(report: Report, names: Names) -> Content | None:
    """Which units stand apart from the others."""
    if report.benchmark is None:
        return None
    return Content(
        units.standing_sentence(report, report.benchmark),
        units.standing_cannot(),
        figure("caterpillar", report, names),
        units.standing_reading(report.benchmark),
        tables=(units.standing_table(report, report.benchmark, names),),
        notes=units.standing_notes(report, report.benchmark),
    )


def learning_block(report: Report, names: Names) -> Content | None:
    """Verified improvements below, and who could meet whom."""
    if not report.exemplars and not report.pairings:
        return None
    return Content(
        units.learning_sentence(report, names),
        units.learning_cannot(),
        tables=units.learning_tables(report, names),
        notes=units.learning_notes(report),
    )
