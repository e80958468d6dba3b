"""A person's calendar for other programs: an address that nobody can guess, and the days that stand behind it.

No answer and no figure is in it: stations of the year and last days of surveys.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.models import State, StationKind, Survey, Unit, User
from survey_app.permissions import Right
from survey_app.services.audit import record
from survey_app.services.calendar import calendars
from survey_app.services.notices import area_of, homes_of
from survey_app.services.organisation import ancestors
from survey_app.services.reach import unit_and_below
from survey_app.services.roles import roles_held

KEY_BYTES = 24


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A whole day: the due day of a station, or the last day of the survey of this title."""

    uid: str
    day: date
    unit_name: str
    station: StationKind | None = None
    year: int = 0
    title: str = ""
    is_done: bool = False


def renew_calendar(session: Session, user: User, *, clock: Clock) -> str:
    """Give a person's calendar an address, or another one. Returns its key: only its hash is kept."""
    key = secrets.token_urlsafe(KEY_BYTES)
    user.calendar_key = _hash(key)
    record(session, user, "user.renew_calendar", user, clock=clock, login=user.login)
    return key


def end_calendar(session: Session, user: User, *, clock: Clock) -> None:
    """The address leads nowhere any more."""
    user.calendar_key = None
    record(session, user, "user.end_calendar", user, clock=clock, login=user.login)


def person_of_calendar(session: Session, key: str) -> User | None:
    """Whose calendar it is; None for an address that leads nowhere."""
    return session.scalar(select(User).where(User.calendar_key == _hash(key), User.is_active))


def calendar_days(session: Session, user: User, *, clock: Clock) -> list[CalendarDay]:
    """Last year's, this year's and next year's days of the units over which a person holds a role.

    Of units above there is what asks their people, no draft; for scrutineers there are the boxes that wait for them.
    """
    today = clock.today()
    held = roles_held(user, today)
    watched = list(homes_of(held, Right.VIEW_SURVEYS).values())
    boxes = list(homes_of(held, Right.OPEN_BOX))
    years = range(today.year - 1, today.year + 2)
    days = _stations(session, watched, years) + _surveys(session, watched, boxes, years, today)
    return sorted(days, key=lambda day: (day.day, day.uid))


def _stations(session: Session, units: Sequence[Unit], years: range) -> list[CalendarDay]:
    return [
        CalendarDay(
            uid=f"{station.kind}-{station.year}-{station.unit.id}",
            day=station.day,
            unit_name=station.unit.name,
            station=station.kind,
            year=station.year,
            is_done=not station.is_open,
        )
        for stations in calendars(session, units, years).values()
        for station in stations
        if station.day is not None
    ]


def _surveys(
    session: Session, watched: Sequence[Unit], boxes: Sequence[UUID], years: range, today: date
) -> list[CalendarDay]:
    above = {member.id for unit in watched for member in ancestors(unit)}
    within = area_of([unit.id for unit in watched], Right.RUN_SURVEYS, today)
    in_sight = [
        Survey.unit_id.in_(within),
        Survey.unit_id.in_(above) & (Survey.state != State.DRAFT),
        Survey.unit_id.in_(unit_and_below(*boxes)) & (Survey.state == State.CLOSED),
    ]
    found = session.scalars(
        select(Survey).where(or_(*in_sight)).where(Survey.year.in_(years), Survey.state != State.WITHDRAWN)
    )
    return [
        CalendarDay(
            f"survey-{survey.id}", survey.closes_on, survey.unit.name,
            title=survey.title, is_done=survey.state in (State.CLOSED, State.SEALED),
        )
        for survey in found
    ]  # fmt: skip


def _hash(key: str) -> bytes:
    return sha256(key.encode()).digest()
