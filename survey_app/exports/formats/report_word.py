"""The annual report as a Word document."""

from __future__ import annotations

from collections.abc import Iterator

from instruments.wording import N_
from survey_app.exports.base import ExportContext, Exporter, Material


def document(material: Material, context: ExportContext) -> Iterator[bytes]:
    """The .docx in the current language."""
    from survey_app.exports.outline import outline_of
    from survey_app.exports.report_document import report_document

    outline = outline_of(material, context.language)
    yield report_document(outline, language=context.language, made_on=context.made_on)


EXPORTERS = (
    Exporter(
        "report-word",
        N_("Annual report (Word)"),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "docx",
        document,
        position=20,
        ending="report",
    ),
)
