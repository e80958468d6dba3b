"""Blocks for higher committees: the units below."""

from __future__ import annotations

from analysis.tree import Report
from survey_app.web.annual.content import Content
from survey_app.wording import notes, sentences, tables
from survey_app.wording.names import Names


def units_block(report: Report, names: Names) -> Content | None:
    if not report.units:
        return None
    return Content(
        sentences.units_sentence(report),
        sentences.units_cannot(),
        tables=(tables.units_table(report, names),),
        notes=notes.unit_notes(report),
    )
