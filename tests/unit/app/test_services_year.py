"""The year of a unit is read in a known number of queries, however many units lie below it."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import delete, event

from survey_app import services
from survey_app.extensions import db
from survey_app.models import Action, ActionEvidence, Survey, Unit, UnitKind, UnitLevel
from survey_app.services import COMMAND_LINE
from survey_app.services.calendar import Progress
from survey_app.services.year import unit_year
from tests.committee_world import World
from tests.district import found_district


def test_the_year_of_the_top_unit_costs_no_more_queries_with_more_units(session, clock, secret):
    district = found_district(session, clock)
    services.open_survey(session, district.draft(), by=COMMAND_LINE, clock=clock, secret=secret)
    top = district["district"].id
    statements: list[str] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda _c, _cursor, sql, *_rest: statements.append(sql))

    def asked() -> int:
        session.commit()
        session.expunge_all()
        unit = session.get_one(Unit, top)
        statements.clear()
        year = unit_year(session, unit, 2026, clock=clock)
        assert year.running[0].eligible == 74
        return len(statements)

    before = asked()
    for number in range(10):
        services.create_unit(
            session, code=f"new-{number}", name=f"第{number}党支部", level=UnitLevel.BRANCH, kind=UnitKind.ORGAN,
            parent=session.get_one(Unit, top), by=COMMAND_LINE, clock=clock,
        )  # fmt: skip
    assert asked() == before <= 24


def test_a_sealed_result_without_actions_calls_for_a_decision(world: World):
    with world.app.app_context():
        unit = db.session.get_one(Unit, world.units["C1"])
        clock = world.app.config["CLOCK"]
        assert not unit_year(db.session, unit, 2025, clock=clock).review.is_called_for
        db.session.execute(delete(ActionEvidence))
        db.session.execute(delete(Action).where(Action.unit_id == unit.id))
        review = unit_year(db.session, unit, 2025, clock=clock).review
        assert (review.progress, review.is_called_for) == (Progress.NOW, True)


def test_a_survey_is_due_from_the_day_it_really_ended_and_only_when_that_is_near(world: World):
    clock = world.app.config["CLOCK"]

    def due_days() -> list[date]:
        unit = db.session.get_one(Unit, world.units["C1"])
        return [due.day for due in unit_year(db.session, unit, 2026, clock=clock).due if due.survey is not None]

    with world.app.app_context():
        survey = db.session.get_one(Survey, world.surveys["open"])
        assert due_days() == [date(2026, 12, 14)]
        survey.closes_on = clock.today() + timedelta(days=61)
        assert due_days() == []
        services.close_survey(db.session, survey, by=COMMAND_LINE, clock=clock)
        assert due_days() == [clock.today()]
