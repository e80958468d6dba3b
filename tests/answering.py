"""Members in tests: their browsers are played, each with an attempt of its own."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from survey_app import services
from survey_app.clock import Clock, SetClock
from survey_app.crypto.box import ATTEMPT_BYTES
from survey_app.models import Dataset, ReportingGroup, Survey
from survey_app.services.cast import play_voter


def cast(
    session: Session, survey: Survey, group: ReportingGroup, code: str, answers: Mapping[str, Any], *, secret: bytes
) -> services.Cast:
    """One member answers; nothing is committed yet."""
    return play_voter(
        session, survey, group, code, secrets.token_bytes(ATTEMPT_BYTES), answers,
        secret=secret, clock=SetClock(survey.closed_at or survey.opened_at or datetime.now(UTC)), keep=session.flush,
    )  # fmt: skip


def cast_without_script(
    session: Session, survey: Survey, group: ReportingGroup, code: str, answers: Mapping[str, Any], *, secret: bytes
) -> services.Cast:
    """One member answers in a browser that cannot encrypt; committed."""
    return services.cast_played(
        session, survey, group, code, secrets.token_bytes(ATTEMPT_BYTES), answers,
        secret=secret, clock=SetClock(survey.opened_at or datetime.now(UTC)),
    )  # fmt: skip


def answer_all(
    session: Session, opened: services.OpenedSurvey, unit: str, sheets: Iterable[Mapping[str, Any]], *, secret: bytes
) -> None:
    """A member of the unit for each sheet; each uses the next code of the group."""
    survey = opened.survey
    group = next(group for group in survey.groups if group.unit.code == unit)
    for sheet in sheets:
        code = opened.codes[group.slug].pop() if survey.has_credentials else ""
        cast(session, survey, group, code, sheet, secret=secret)
    session.commit()


def count_and_seal(
    session: Session,
    survey: Survey,
    passphrases: Sequence[str],
    *,
    clock: Clock,
    secret: bytes,
    rng: Random,
    by: Any = services.COMMAND_LINE,
) -> Dataset:
    """Both steps of sealing, without waiting for the half hour after closing."""
    needed = passphrases[: services.needed_passphrases(survey)]
    how: dict[str, Any] = {"passphrases": needed, "by": by, "clock": clock, "secret": secret, "rng": rng}
    services.count_ballots(session, survey, hurry=True, **how)
    return services.seal_survey(session, survey, **how)
