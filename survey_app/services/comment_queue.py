"""The comments of a unit that its committee decides on, and what is proposed for each.

They come from the unit's Report, which has none where too few answered or wrote, in an order that follows from the
texts alone. A unit counted in the group of another does not decide: the comments are the group's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from instruments.model import Instrument
from survey_app.errors import NothingToReport
from survey_app.models import CommentState, Survey, Unit
from survey_app.services.comments import WAITING, Release, Standing, Words, standings_for
from survey_app.services.modules import sealed_modules
from survey_app.services.questionnaires import instrument_of
from survey_app.services.results import local_report_unreviewed, report_unreviewed

if TYPE_CHECKING:
    from analysis.themes import ThemeRule
    from analysis.tree import Report


@dataclass(frozen=True, slots=True)
class QueuedComment:
    words: Words
    instrument: Instrument
    """The questionnaire that asked, that of the survey or a unit's own."""
    people: int
    """How many wrote exactly this."""
    standing: Standing

    @property
    def state(self) -> CommentState | None:
        """As it is shown in the report of the unit, whoever decided; None: waiting."""
        return self.standing.state


@dataclass(frozen=True, slots=True)
class CommentQueue:
    comments: tuple[QueuedComment, ...]
    decided_by: str = ""
    """Name of the unit in whose group this one is counted and whose committee decides; empty: the unit itself does."""

    def in_state(self, state: CommentState | None) -> list[QueuedComment]:
        return [one for one in self.comments if one.state is state]

    def find(self, item: str, text_sha256: str) -> QueuedComment | None:
        return next((one for one in self.comments if (one.words.item, one.words.sha256) == (item, text_sha256)), None)


@dataclass(frozen=True, slots=True)
class Proposal:
    """How a comment would be released if nobody changed anything."""

    release: Release
    taken_out: tuple[str, ...]
    """What could tell who somebody is."""


def comment_queue(session: Session, survey: Survey, unit: Unit) -> CommentQueue:
    """Raises: StateError before sealing; NothingToReport for a unit outside the survey; DatasetAltered."""
    report = report_unreviewed(session, survey, unit)
    standings = standings_for(session, survey, unit.code)
    sources = [(report, instrument_of(survey)), *_local_sources(session, survey, unit)]
    own = [(found, asked) for found, asked in sources if found.unit == unit.code]
    return CommentQueue(tuple(_queued(own, standings)), decided_by="" if report.unit == unit.code else report.unit_name)


def waiting_comments(session: Session, survey: Survey, unit: Unit) -> int:
    """How many comments nobody has decided on, those in the same words counted once."""
    return len(comment_queue(session, survey, unit).in_state(None))


def propose(comment: QueuedComment, rules: Sequence[ThemeRule]) -> Proposal:
    """Without what could tell who somebody is, and with the themes of the rules; as released where it has been.

    Where units below have released it, in the shortest of their words: who is named in it they know best.
    """
    from analysis.comments import code_themes  # load a dictionary, which answering never needs
    from analysis.redaction import redact, suggest_redactions

    text, standing = comment.words.text, comment.standing
    spans = suggest_redactions(text)
    shown = next((one.shown for one in standing.path if one.shown), None) or min(
        (one.shown for one in standing.below if one.shown), key=len, default=redact(text, spans)
    )
    themes = code_themes([text], rules)[0] if standing.nearest is None else standing.nearest.themes
    return Proposal(Release(comment.words, shown, themes), tuple(text[span.start : span.end] for span in spans))


def _local_sources(session: Session, survey: Survey, unit: Unit) -> Iterator[tuple[Report, Instrument]]:
    """The questions a unit above asked these people too, and those that only the unit itself asked."""
    for module in sealed_modules(session, survey, unit):
        try:
            yield local_report_unreviewed(session, module, unit), instrument_of(module.instrument)
        except NothingToReport:
            continue  # asked by a unit below, of its people only


def _queued(
    sources: Sequence[tuple[Report, Instrument]], standings: dict[tuple[str, str], Standing]
) -> Iterator[QueuedComment]:
    """Distinct texts of each question, in the order of the questions and of the report."""
    for report, instrument in sources:
        for found in report.comments:
            for text, people in Counter(found.texts).items():
                words = Words(found.code, text)
                yield QueuedComment(words, instrument, people, standings.get((words.item, words.sha256), WAITING))
