"""What every exporter is: an identifier and a function from a Report to bytes. The formats are in their own modules.

An exporter takes a Report (already suppressed), the questionnaire for its labels, and nothing that could lead back
to answers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from analysis.tree import Report
from instruments.model import Instrument


@dataclass(frozen=True, slots=True)
class ExportContext:
    """Language of the labels (texts follow the current locale) and the day the file is made."""

    language: str
    made_on: date


@dataclass(frozen=True, slots=True)
class Exporter:
    """One format: ``label`` is a msgid, ``extension`` has no dot."""

    identifier: str
    label: str
    mime: str
    extension: str
    produce: Callable[[Report, Instrument, ExportContext], bytes]

    def filename(self, report: Report) -> str:
        """Name for the download: unit code, audience and year, ASCII only."""
        return f"{report.unit}-{report.context.audience}-{report.context.year}.{self.extension}"
