"""Pulses: a short questionnaire, made into a survey that can be opened at once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.models import AccessMode, InstrumentVersion, Survey, Unit
from survey_app.services.audit import Actor
from survey_app.services.burden import minutes_asked
from survey_app.services.drafts import create_survey
from survey_app.services.questionnaires import instrument_of, versions
from survey_app.services.suggestions import USUAL_QUESTIONNAIRE

FIRST = "pulse"
"""The questionnaire that is offered first."""
SHORT_MINUTES = 3
PULSE_LASTS = timedelta(days=7)
PULSE_THRESHOLD = 10


def pulse_templates(session: Session, within: Collection[UUID]) -> list[InstrumentVersion]:
    """The newest of each short questionnaire that is not an annual one: the pulse first, then the quickest.

    Not the one for suggestions, whose texts are read through a channel alone.
    """
    newest: dict[str, InstrumentVersion] = {}
    for version in versions(session, within):
        newest.setdefault(version.code, version)
    short = [version for version in newest.values() if _is_short(version)]
    return sorted(short, key=lambda version: (version.code != FIRST, _minutes(version), version.title))


def draft_pulse(
    session: Session,
    *,
    unit: Unit,
    version: InstrumentVersion,
    title: str,
    closes_on: date,
    access_mode: AccessMode,
    scrutineers: int,
    by: Actor,
    clock: Clock,
) -> Survey:
    """A survey of this year for whoever belongs to the unit today, with the usual rules in everything else."""
    today = clock.today()
    return create_survey(
        session, title=title, year=today.year, unit=unit, version=version, access_mode=access_mode,
        closes_on=closes_on, reference_day=today, threshold=PULSE_THRESHOLD, scrutineers=scrutineers,
        by=by, clock=clock,
    )  # fmt: skip


def _is_short(version: InstrumentVersion) -> bool:
    is_for_suggestions = version.code == USUAL_QUESTIONNAIRE
    return not is_for_suggestions and not instrument_of(version).is_annual and _minutes(version) <= SHORT_MINUTES


def _minutes(version: InstrumentVersion) -> int:
    return minutes_asked(instrument_of(version))
