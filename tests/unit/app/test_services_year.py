"""The year of a unit is read in a known number of queries, however many units lie below it."""

from __future__ import annotations

from sqlalchemy import event

from survey_app import services
from survey_app.models import Unit, UnitKind, UnitLevel
from survey_app.services import COMMAND_LINE
from survey_app.services.year import unit_year
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
