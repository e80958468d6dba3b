"""Blocks that compare: groups, earlier years."""

from __future__ import annotations

from analysis.tree import Report
from survey_app.charts import figure
from survey_app.web.annual.content import Content, filled
from survey_app.wording import notes, sentences, tables
from survey_app.wording.names import Names


def groups_block(report: Report, names: Names) -> Content | None:
    if not report.groups:
        return None
    return Content(
        sentences.groups_sentence(report),
        sentences.groups_cannot(),
        tables=tuple(tables.group_table(table, report, names) for table in report.groups),
        notes=notes.group_notes(report),
    )


def years_block(report: Report, names: Names) -> Content | None:
    if not report.changes and not (report.items and names.instrument.is_annual):
        return None
    return Content(
        sentences.years_sentence(report, names),
        sentences.years_cannot(report),
        figure("years", report, names),
        tables=filled(tables.years_table(report, names)),
        notes=notes.family_notes(report),
    )
