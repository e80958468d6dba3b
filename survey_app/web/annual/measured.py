"""Blocks of how well it was measured: reliability and validity, care in answering, method."""

from __future__ import annotations

from analysis.tree import Report
from survey_app.charts import figure
from survey_app.web.annual.content import Content
from survey_app.wording import care, method, notes, sentences, tables
from survey_app.wording.names import Names


def reliability_block(report: Report, names: Names) -> Content | None:
    if not sentences.scales_of(report):
        return None
    drawn = figure("reliability", report, names)
    members = tables.item_reliability_table(report.reliability, names)
    return Content(
        sentences.reliability_sentence(report, names),
        sentences.reliability_cannot(),
        drawn,
        tables=(tables.reliability_table(report, names), *((members,) if members else ())),
        notes=notes.reliability_notes(report),
    )


def care_block(report: Report, names: Names) -> Content | None:
    table = care.care_table(report)
    if not table.rows:
        return None
    return Content(care.care_sentence(report), care.care_cannot(), tables=(table,))


def method_block(report: Report, names: Names) -> Content:
    return Content(
        sentences.method_sentence(report), sentences.method_cannot(report), facts=method.method_facts(report, names)
    )
