"""What every exporter is: an identifier, a label and a function from material to the pieces of a file.

An exporter takes Material: figures as a Report (already suppressed), the rest as words. Only one that says so
(`takes_rows`) is given the sealed answers, and only for somebody who has the right to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING

from analysis.tree import ActionResult, Report
from instruments.model import Instrument
from survey_app.wording.names import Names

if TYPE_CHECKING:
    from analysis.dataset import SealedDataset
    from survey_app.exports.minutes import Minutes

Progress = Callable[[int, int], None]
"""Told how many steps are done, of how many."""


def unheard(done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class ExportContext:
    """Language of the labels (texts follow the current locale), the day the file is made, who watches."""

    language: str
    made_on: date
    progress: Progress = unheard


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One action of the ledger in words, and what the survey that followed says of it."""

    year: int
    """Of the survey it rests on."""
    title: str
    item: str
    finding: str
    causes: tuple[str, ...]
    measure: str
    process: str
    owner: str
    resources: str
    due: date
    done_on: date | None
    status: str
    """`ActionStatus`."""
    baseline_satisfied: int
    baseline_n: int
    acceptance: str
    rule: str
    stopped_because: str
    evidence: tuple[tuple[str, str], ...]
    """Name and SHA-256 of each file."""
    verified_in: int | None
    """Year of the survey that followed."""
    result: ActionResult | None


@dataclass(frozen=True, slots=True)
class Material:
    """All that may be told of one result of a unit."""

    report: Report
    instrument: Instrument
    earlier: Mapping[int, Instrument] = field(default_factory=lambda: MappingProxyType({}))
    """Year -> what was asked in it."""
    plan: tuple[PlanRow, ...] = ()
    narrative: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Section of the annual report -> what the committee wrote."""
    minutes: Minutes | None = None
    """Of the review of this year's results."""
    rules: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    """As locked at opening (services.rules)."""
    rows: SealedDataset | None = None
    """The sealed answers: for exporters that take rows, else None."""

    def names(self, language: str) -> Names:
        return Names(self.instrument, language, self.earlier)


@dataclass(frozen=True, slots=True)
class Exporter:
    """One format: ``label`` is a msgid, ``extension`` has no dot."""

    identifier: str
    label: str
    mime: str
    extension: str
    produce: Callable[[Material, ExportContext], Iterable[bytes]]
    """Pieces of the file, in order."""
    position: int = 50
    """Where it stands in lists."""
    takes_rows: bool = False
    """Made of single answers: for people with the right to rows alone."""
    ending: str = ""
    """Told in the file name after unit, audience and year, where several formats share an extension."""

    def whole(self, material: Material, context: ExportContext) -> bytes:
        return b"".join(self.produce(material, context))

    def filename(self, report: Report) -> str:
        """Name for the download: unit code, audience and year, ASCII only."""
        parts = (
            report.unit,
            report.context.audience,
            str(report.context.year),
            *([self.ending] if self.ending else []),
        )
        return f"{'-'.join(parts)}.{self.extension}"
