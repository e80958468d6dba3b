"""How well a questionnaire held together in past surveys of this installation, from what their Reports show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments.model import Instrument
from survey_app.models import InstrumentVersion, State, Survey
from survey_app.services.questionnaires import instrument_of
from survey_app.services.results import report_for
from survey_app.services.unit_tree import AnyUnit

if TYPE_CHECKING:
    from analysis.tree import ReliabilityResult


@dataclass(frozen=True, slots=True)
class PastReliability:
    """One sealed survey: the whole questionnaire and its dimensions, as its Report shows them."""

    title: str
    year: int
    unit_name: str
    valid: int
    instrument: Instrument
    """The version that was asked."""
    scales: tuple[ReliabilityResult, ...]
    """The whole questionnaire first; empty where the Report shows nothing but the returns."""


def past_reliability(session: Session, code: str, units: Sequence[AnyUnit]) -> tuple[PastReliability, ...]:
    """Sealed surveys of these units with a questionnaire of this code, newest first. Raises: DatasetAltered."""
    found = (
        select(Survey)
        .join(InstrumentVersion, Survey.instrument)
        .where(
            Survey.state == State.SEALED,
            Survey.unit_id.in_([unit.id for unit in units]),
            InstrumentVersion.code == code,
        )
        .order_by(Survey.year.desc(), Survey.sealed_at.desc())
    )
    return tuple(_past(session, survey) for survey in session.scalars(found))


def _past(session: Session, survey: Survey) -> PastReliability:
    report = report_for(session, survey, survey.unit)
    scales = (report.reliability, *(dimension.reliability for dimension in report.dimensions))
    return PastReliability(
        title=survey.title,
        year=survey.year,
        unit_name=survey.unit.name,
        valid=report.roster.valid,
        instrument=instrument_of(survey),
        scales=() if report.hidden is not None else tuple(scale for scale in scales if scale.items),
    )
