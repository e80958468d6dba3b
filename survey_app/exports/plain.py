"""The Report as JSON, every figure unrounded: for scripts and for checking another export against it."""

from __future__ import annotations

import json

from analysis.report_json import to_dict
from analysis.tree import Report
from instruments.model import Instrument
from instruments.wording import N_
from survey_app.exports.base import ExportContext, Exporter


def as_json(report: Report, instrument: Instrument, context: ExportContext) -> bytes:
    """The report's JSON form with sorted keys; the same report gives the same bytes."""
    return json.dumps(to_dict(report), ensure_ascii=False, indent=2, sort_keys=True).encode() + b"\n"


JSON = Exporter("json", N_("Figures (.json)"), "application/json", "json", as_json)
