"""What a committee writes into the annual report of a unit, section by section; figures in it are marks."""

from __future__ import annotations

from collections.abc import Collection
from hashlib import sha256

from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.errors import NarrativeRefused
from survey_app.models import ReportNarrative, State, Survey, Unit
from survey_app.services.audit import Actor, record
from survey_app.wording.report import ReportSection
from survey_app.wording.report_marks import misplaced

LONGEST_SECTION = 5000


def version_of(text: str) -> str:
    """By which it is told whether a text is still the one that was read."""
    return sha256(text.encode()).hexdigest()


def write_section(
    session: Session,
    survey: Survey,
    unit: Unit,
    section: ReportSection,
    text: str,
    *,
    read: str,
    marks: Collection[str],
    by: Actor,
    clock: Clock,
) -> None:
    """Write a section of the report, or with an empty text leave it to the generated words.

    ``read`` is the version of the text that was changed, ``marks`` what may stand between 【 and 】.
    Raises: StateError before sealing, NarrativeRefused.
    """
    survey.require(State.SEALED)
    _require_fit(text, marks)
    key = (survey.id, unit.id, section.value)
    known = session.get(ReportNarrative, key, with_for_update=True)
    written = known.text if known else ""
    if written == text:
        return
    if version_of(written) != read:
        raise NarrativeRefused("changed")
    if known is None:
        known = ReportNarrative(
            survey_id=survey.id, unit_id=unit.id, section=section.value, text=text, changed_at=clock.now()
        )
        session.add(known)
    known.text, known.changed_at = text, clock.now()
    record(session, by, "narrative.write", survey, clock=clock, unit=unit, section=section.value)
    if not text:
        session.delete(known)


def _require_fit(text: str, marks: Collection[str]) -> None:
    if len(text) > LONGEST_SECTION:
        raise NarrativeRefused("long", most=LONGEST_SECTION)
    for found in misplaced(text, marks):
        raise NarrativeRefused("mark", line=found.line, mark=found.text)
