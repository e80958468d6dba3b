"""The Report as JSON, every figure unrounded: for scripts and for checking another export against it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from analysis.report_json import to_dict
from instruments.wording import N_
from survey_app.exports.base import ExportContext, Exporter, Material


def figures(material: Material, context: ExportContext) -> Iterator[bytes]:
    """The report's JSON form with sorted keys; the same report gives the same bytes."""
    yield json.dumps(to_dict(material.report), ensure_ascii=False, indent=2, sort_keys=True).encode() + b"\n"


EXPORTERS = (Exporter("json", N_("Figures (.json)"), "application/json", "json", figures, position=40),)
