"""The annual report as PDF: PDF/UA-1, with a bookmark for every heading."""

from __future__ import annotations

from collections.abc import Iterator

from instruments.wording import N_
from survey_app.exports.base import ExportContext, Exporter, Material


def document(material: Material, context: ExportContext) -> Iterator[bytes]:
    """The .pdf in the current language. Raises: NoChineseFont."""
    from survey_app.exports.outline import outline_of
    from survey_app.printing.report import report_pdf

    outline = outline_of(material, context.language)
    yield report_pdf(outline, language=context.language, made_on=context.made_on)


EXPORTERS = (
    Exporter("report-pdf", N_("Annual report (PDF)"), "application/pdf", "pdf", document, position=21, ending="report"),
)
