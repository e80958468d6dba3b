"""The year's burden: how many minutes the surveys of a year ask of everybody in an audience.

"Fewer forms to fill in" (domain.md) is a promise of its own: what is asked adds up where nobody counts it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from instruments.effort import effort
from instruments.model import Instrument
from survey_app.models import Survey, Unit
from survey_app.services.modules import asked_in
from survey_app.services.year import covering_surveys


@dataclass(frozen=True, slots=True)
class Burden:
    """Minutes asked of one person of an audience in a year, over all surveys that cover the person's unit."""

    audience: str
    year: int
    minutes: int
    budget: int
    surveys: tuple[Survey, ...]

    @property
    def is_over(self) -> bool:
        return self.minutes > self.budget


def burden_of(
    session: Session,
    unit: Unit,
    *,
    year: int,
    audience: str,
    config_budget: int,
    without: Survey | None = None,
    adding: Instrument | None = None,
) -> Burden:
    """What is asked of the people of a unit; `without` a survey, or `adding` a questionnaire not yet used."""
    replaced = adding.code if adding is not None else None  # it takes the place of its own earlier version
    surveys = tuple(
        survey
        for survey in covering_surveys(session, unit, year)
        if survey.audience == audience and survey is not without and survey.instrument.code != replaced
    )
    minutes = sum(minutes_asked(asked_in(session, survey, unit)) for survey in surveys)
    if adding is not None:
        minutes += minutes_asked(adding)
    return Burden(audience, year, minutes, config_budget, surveys)


def minutes_asked(instrument: Instrument) -> int:
    """As it says itself, or as it is estimated where that is longer."""
    return max(instrument.minutes, effort(instrument).minutes)
