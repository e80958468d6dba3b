"""Blocks of how well it was measured: reliability and validity, care in answering, method."""

from __future__ import annotations

from analysis.tree import Report
from survey_app.charts import figure
from survey_app.web.annual.content import Content, filled
from survey_app.wording import care, method, reliability, sentences, validity, validity_details, validity_tables
from survey_app.wording.names import Names


def reliability_block(report: Report, names: Names) -> Content | None:
    """Reliability, then validity: each with a sentence, the figures of detail folded."""
    scales, checked = reliability.scales_of(report), validity_tables.validity_table(report, names)
    if not scales and not checked.rows:
        return None
    said = [reliability.reliability_sentence(report, names)] if scales else []
    limits = [reliability.reliability_cannot(), *([validity.validity_cannot()] if checked.rows else [])]
    return Content(
        sentences.paragraph([*said, *validity.validity_sentences(report, names)]),
        sentences.paragraph(limits),
        figure("reliability", report, names),
        reliability.reading(report),
        tables=(
            *([reliability.reliability_table(report, names)] if scales else []),
            *filled(checked),
            *filled(reliability.item_reliability_table(report.reliability, names)),
            *validity_details.detail_tables(report, names),
        ),
        notes=reliability.reliability_notes(report),
    )


def care_block(report: Report, names: Names) -> Content | None:
    found, unanswered = care.care_table(report), care.unanswered_table(report, names)
    if not found.rows and not unanswered.rows:
        return None
    return Content(care.care_sentence(report), care.care_cannot(), tables=(*filled(found), *filled(unanswered)))


def method_block(report: Report, names: Names) -> Content:
    return Content(
        sentences.method_sentence(report), sentences.method_cannot(report), facts=method.method_facts(report, names)
    )
