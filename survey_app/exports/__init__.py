"""Exports of a Report and their registry. An exporter never runs a query and never sees an unsuppressed figure."""

from __future__ import annotations

from survey_app.exports.base import ExportContext, Exporter
from survey_app.exports.plain import JSON
from survey_app.exports.workbook import WORKBOOK

EXPORTERS = (WORKBOOK, JSON)


def registry() -> tuple[Exporter, ...]:
    """All exporters in the order pages list them."""
    return EXPORTERS


def exporter(identifier: str) -> Exporter | None:
    return next((one for one in EXPORTERS if one.identifier == identifier), None)


__all__ = ["ExportContext", "Exporter", "exporter", "registry"]
