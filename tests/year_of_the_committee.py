"""A row of everything that a committee leaves in the database over a year, besides its surveys."""

from __future__ import annotations

from datetime import date
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.models import (
    Activity,
    CalendarEntry,
    ColumnMap,
    NoticeMark,
    PublishedSeries,
    PublishedYear,
    StationKind,
    Suggestion,
    SuggestionChannel,
    SuggestionRound,
    SuggestionState,
    Survey,
    User,
    UserSession,
)

FIGURES = b'{"rows": []}'
CALENDAR_KEY = sha256(b"key").digest()


def leave_traces_of_a_year(session: Session, survey: Survey, *, before: Survey, after: Survey, clock: Clock) -> None:
    """`survey` is taken for a round of a suggestion channel, the other two for those around an activity."""
    unit, user = survey.unit, session.scalars(select(User)).first()
    assert user is not None
    user.email, user.wants_mail, user.calendar_key = "secretary@example.org", True, CALENDAR_KEY
    user.memberships[0].until = date(2099, 12, 31)
    channel = SuggestionChannel(slug="a1b2c3", title="意见建议", unit=unit, instrument=survey.instrument)
    one_round = SuggestionRound(survey=survey, channel=channel, collected_on=clock.today())
    session.add_all([channel, one_round])
    series = PublishedSeries(code="peers", title="同行公布的结果", origin="公开年报", unit=unit)
    series.years.append(
        PublishedYear(year=2025, sha256=sha256(FIGURES).hexdigest(), figures=FIGURES, imported_at=clock.now())
    )
    session.flush()
    session.add_all(
        [
            UserSession(user_id=user.id, started_at=clock.now(), device="Firefox · Linux"),
            NoticeMark(user_id=user.id, key="station:annual_survey:2026", read_at=clock.now()),
            CalendarEntry(unit_id=unit.id, year=2026, kind=StationKind.ANNUAL_SURVEY, due_on=date(2026, 12, 20)),
            Activity(title="主题党日", held_on=date(2026, 7, 1), unit=unit, before=before, after=after),
            ColumnMap(name="旧问卷", kind="answers", source="Q1: lead1\n", changed_at=clock.now(), unit=unit),
            Suggestion(
                position=1, original="请张三多听意见。", shown="请×××多听意见。", survey_id=survey.id, unit=unit,
                state=SuggestionState.RELEASED, answer="已安排每月座谈。", answered_on=clock.today(),
            ),
            series,
        ]
    )  # fmt: skip
    session.flush()
