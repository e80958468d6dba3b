"""Surveys that are not yet open: making, changing and discarding a draft. Opening it is `surveys`."""

from __future__ import annotations

import secrets
from datetime import date

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.models import (
    AccessMode,
    Activity,
    InstrumentVersion,
    LocalModule,
    State,
    SuggestionRound,
    Survey,
    Unit,
)
from survey_app.services.audit import Actor, record
from survey_app.services.roster import purge_roster

SLUG_BYTES = 6


def create_survey(
    session: Session,
    *,
    title: str,
    year: int,
    unit: Unit,
    version: InstrumentVersion,
    access_mode: AccessMode,
    closes_on: date,
    reference_day: date,
    threshold: int,
    scrutineers: int = 3,
    accepts_played: bool = True,
    has_receipts: bool = True,
    by: Actor,
    clock: Clock,
) -> Survey:
    """A draft, for the audience of its questionnaire. A survey of a sample unit is itself a sample."""
    survey = Survey(
        slug=fresh_slug(),
        title=title,
        year=year,
        audience=version.audience,
        closes_on=closes_on,
        reference_day=reference_day,
        unit=unit,
        instrument=version,
        access_mode=access_mode,
        threshold=threshold,
        scrutineers=scrutineers,
        accepts_played=accepts_played,
        has_receipts=has_receipts,
        is_sample=unit.is_sample,
    )
    session.add(survey)
    record(session, by, "survey.create", survey, clock=clock, unit=unit, title=title, year=year)
    return survey


def change_survey(
    session: Session,
    survey: Survey,
    *,
    title: str,
    year: int,
    unit: Unit,
    version: InstrumentVersion,
    access_mode: AccessMode,
    closes_on: date,
    reference_day: date,
    threshold: int,
    scrutineers: int = 3,
    accepts_played: bool = True,
    has_receipts: bool = True,
    by: Actor,
    clock: Clock,
) -> None:
    """Give a draft other rules; the record of acts says of each what it was and what it is. Raises: StateError."""
    survey.require(State.DRAFT)
    before = _rules(survey)
    survey.title, survey.year, survey.threshold = title, year, threshold
    survey.unit, survey.is_sample = unit, unit.is_sample
    survey.instrument, survey.audience = version, version.audience
    survey.access_mode, survey.closes_on, survey.reference_day = access_mode, closes_on, reference_day
    if not survey.has_credentials:
        purge_roster(session, survey)
    survey.scrutineers, survey.accepts_played, survey.has_receipts = scrutineers, accepts_played, has_receipts
    changed = {name: f"{before[name]} → {now}" for name, now in _rules(survey).items() if now != before[name]}
    if changed:
        record(session, by, "survey.change", survey, clock=clock, unit=unit, **changed)


def discard_survey(session: Session, survey: Survey, *, by: Actor, clock: Clock) -> None:
    """Delete a draft; only the record of acts remembers it. Raises: StateError."""
    survey.require(State.DRAFT)
    record(session, by, "survey.discard", survey, clock=clock, unit=survey.unit, title=survey.title, year=survey.year)
    session.execute(delete(LocalModule).where(LocalModule.survey_id == survey.id))
    session.execute(delete(SuggestionRound).where(SuggestionRound.survey_id == survey.id))
    purge_roster(session, survey)
    replace_in_activity(session, survey, None)
    session.delete(survey)
    session.flush()


def replace_in_activity(session: Session, survey: Survey, by_other: Survey | None) -> None:
    """Where a survey stands beside an activity, another takes its place, or none."""
    belongs = or_(Activity.before_id == survey.id, Activity.after_id == survey.id)
    for activity in session.scalars(select(Activity).where(belongs)):
        if activity.before_id == survey.id:
            activity.before = by_other
        else:
            activity.after = by_other
    session.flush()


def fresh_slug() -> str:
    """Random and easy to type: it stands in the address that members see."""
    return secrets.token_hex(SLUG_BYTES)


def _rules(survey: Survey) -> dict[str, object]:
    """What a draft lays down, as the record of acts tells it."""
    return {
        "title": survey.title,
        "year": survey.year,
        "surveyed_unit": survey.unit.code,
        "audience": survey.audience,
        "questionnaire": f"{survey.instrument.code} {survey.instrument.sha256[:8]}",
        "access_mode": survey.access_mode.value,
        "closes_on": survey.closes_on.isoformat(),
        "reference_day": survey.reference_day.isoformat(),
        "threshold": survey.threshold,
        "scrutineers": survey.scrutineers,
        "accepts_played": survey.accepts_played,
        "has_receipts": survey.has_receipts,
    }
