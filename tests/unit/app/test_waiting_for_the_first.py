"""Two people at the same instant: the second sees what the first has done, on PostgreSQL too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from threading import Thread
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from instruments import catalogue
from survey_app import services
from survey_app.errors import ChannelRefused
from survey_app.models import AccessMode, StateError, SuggestionChannel, Survey
from survey_app.services import COMMAND_LINE
from survey_app.services.reminders import ReminderRefused, begin_reminder
from survey_app.services.roster import RosterRow, roster_of, store_roster
from tests.district import found_district


@pytest.fixture
def running(either_database: Engine, clock, secret) -> tuple[UUID, RosterRow]:
    """An open survey with one name, and that name."""
    with Session(either_database) as session:
        district = found_district(session, clock)
        unit = district.units["education"]
        survey = services.create_survey(
            session, title="测评", year=2026, unit=unit, version=district.version, access_mode=AccessMode.CODES,
            closes_on=date(2026, 12, 14), reference_day=date(2026, 10, 31), threshold=10, by=COMMAND_LINE, clock=clock,
        )  # fmt: skip
        services.open_survey(session, survey, by=COMMAND_LINE, clock=clock, secret=secret)
        row = RosterRow(2, unit.id, "欧阳若水", "o@example.org")
        store_roster(session, survey, [row], by=COMMAND_LINE, clock=clock)
        session.commit()
        return survey.id, row


def test_names_sent_while_the_survey_is_withdrawn_are_not_kept(either_database: Engine, clock, running):
    survey_id, row = running
    with Session(either_database) as slow:
        looked_at = slow.get_one(Survey, survey_id)
        assert looked_at.groups  # read while it was open
        if either_database.dialect.name == "sqlite":
            slow.rollback()  # there whoever reads has to begin anew before writing
        with Session(either_database) as quick:
            services.withdraw_survey(
                quick, quick.get_one(Survey, survey_id), reason="x", by=COMMAND_LINE, clock=clock, copy=False
            )
            quick.commit()
        with pytest.raises(StateError):
            store_roster(slow, looked_at, [row], by=COMMAND_LINE, clock=clock)
    with Session(either_database) as session:
        assert roster_of(session, session.get_one(Survey, survey_id)) == []


def holds(engine: Engine, act: Callable[[Session], object], again: Callable[[Session], object]) -> BaseException | None:
    """What the second gets that begins while the first has not committed; None where it was not kept waiting."""
    outcome: list[BaseException] = []

    def second() -> None:
        with Session(engine) as session:
            try:
                again(session)
                session.commit()
            except (ReminderRefused, ChannelRefused) as refused:
                outcome.append(refused)

    with Session(engine) as first:
        act(first)
        waiting = Thread(target=second)
        waiting.start()
        waiting.join(0.5)
        first.commit()
    waiting.join(20)
    return outcome[0] if outcome else None


def test_two_reminders_at_the_same_instant_are_one(either_database: Engine, clock, running):
    def remind(session: Session) -> None:
        begin_reminder(session, session.get_one(Survey, running[0]), by=COMMAND_LINE, clock=clock)

    assert isinstance(holds(either_database, remind, remind), ReminderRefused)


def test_two_rounds_begun_at_the_same_instant_are_one(either_database: Engine, clock):
    with Session(either_database) as session:
        unit = found_district(session, clock).units["education"]
        version = services.publish_instrument(
            session, catalogue.read_text("suggestion-box"), by=COMMAND_LINE, clock=clock
        )
        channel = services.open_channel(
            session, title="意见箱", unit=unit, version=version, months=3, by=COMMAND_LINE, clock=clock
        )
        session.commit()
        channel_id = channel.id

    def begin(session: Session) -> None:
        channel = session.get_one(SuggestionChannel, channel_id)
        services.start_round(session, channel, closes_on=date(2027, 3, 8), by=COMMAND_LINE, clock=clock)

    assert isinstance(holds(either_database, begin, begin), ChannelRefused)
