"""What all surveys of the sample organisation share, and how its people answer: as a phone would."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from random import Random
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from instruments.model import Instrument
from survey_app.clock import Clock, SetClock
from survey_app.crypto.box import ATTEMPT_BYTES
from survey_app.demo.generator import Answers, Truth
from survey_app.models import InstrumentVersion, Survey, Unit, User
from survey_app.services.cast import play_voter
from survey_app.services.opening import count_ballots
from survey_app.services.seal import seal_survey
from survey_app.services.surveys import close_survey, open_survey

NEEDED_PASSPHRASES = 2


@dataclass(frozen=True, slots=True)
class Stage:
    """What all years of the sample share."""

    session: Session
    root: Unit
    version: InstrumentVersion
    instrument: Instrument
    truth: Truth
    users: Mapping[str, User]
    secret: bytes
    rng: Random
    answers_rng: np.random.Generator


@dataclass(slots=True)
class OpenSurvey:
    """A survey that has just been opened, with the codes nobody has used yet."""

    survey: Survey
    codes: dict[str, list[str]]
    passphrases: list[str]
    clock: Clock


def opened(stage: Stage, survey: Survey, *, by: User, day: date) -> OpenSurvey:
    """Open a draft on a day."""
    clock = on(day)
    made = open_survey(stage.session, survey, by=by, clock=clock, secret=stage.secret, rng=stage.rng)
    return OpenSurvey(survey, made.codes, made.passphrases, clock)


def cast(stage: Stage, opened: OpenSurvey, answers: Mapping[str, Sequence[Answers]]) -> None:
    """Every answer gets a pass for a code of its group and casts a ballot, as a phone would."""
    for group in opened.survey.groups:
        codes = opened.codes[group.slug]
        for unit in (group.unit.code, *group.folded_units):
            for ballot in answers.get(unit, ()):
                attempt = secrets.token_bytes(ATTEMPT_BYTES)
                play_voter(
                    stage.session, opened.survey, group, codes.pop(), attempt, ballot,
                    secret=stage.secret, clock=opened.clock, keep=stage.session.flush,
                )  # fmt: skip


def sealed(stage: Stage, opened: OpenSurvey, *, by: User, closed_on: date, sealed_on: date) -> Survey:
    """Close a survey, open its box and seal it."""
    close_survey(stage.session, opened.survey, by=by, clock=on(closed_on))
    how: dict[str, Any] = {
        "passphrases": opened.passphrases[:NEEDED_PASSPHRASES],
        "by": stage.users["demo-scrutineer"],
        "clock": on(sealed_on),
        "secret": stage.secret,
        "rng": stage.rng,
    }
    count_ballots(stage.session, opened.survey, **how)
    seal_survey(stage.session, opened.survey, **how)
    return opened.survey


def on(day: date) -> SetClock:
    """A clock that stands early on a day."""
    return SetClock(datetime(day.year, day.month, day.day, 1, tzinfo=UTC))
