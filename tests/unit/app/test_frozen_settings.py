"""What touches anonymity is fixed when a survey opens: the database itself refuses, whoever asks it by SQL."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from survey_app import services
from survey_app.services import COMMAND_LINE
from tests.answering import count_and_seal
from tests.district import found_district
from tests.unit.app.voters import answer

SETTINGS = {
    "access_mode": "'open'",
    "threshold": "5",
    "scrutineers": "1",
    "accepts_played": "not accepts_played",
    "has_receipts": "not has_receipts",
    "envelope_key": "opening_lock",
    "envelope_size": "envelope_size + 256",
    "opening_lock": "envelope_key",
    "instrument_sha256": "'another'",
    "audience": "'staff'",
    "slug": "'known'",
    "reference_day": "'2026-01-01'",
    "locked_rules": "'{}'",
}
GROUP_SETTINGS = {
    "public_key": "signing_key",
    "signing_key": "public_key",
    "eligible": "eligible - 1",
    "slug": "'known'",
    "folded_units": "'[]'",
    "spares": "spares - 1",
}

REASONS = ("check constraint", "opened survey", "goes forward only", "under way is not deleted")
"""What our constraints and triggers say; any other failure would be a mistake of the test."""


@pytest.fixture
def opened(either_database: Engine, clock, secret):
    with Session(either_database, expire_on_commit=False) as session:
        opened = services.open_survey(
            session, found_district(session, clock).draft(), by=COMMAND_LINE, clock=clock, secret=secret
        )
        session.commit()
        yield opened


def refuses(engine: Engine, sql: str) -> bool:
    with engine.connect() as connection:
        try:
            connection.execute(text(sql))
            connection.commit()
        except DBAPIError as error:
            return any(reason in str(error).lower() for reason in REASONS)
    return False


@pytest.mark.parametrize(("column", "value"), SETTINGS.items())
def test_a_setting_of_an_open_survey_cannot_be_changed(either_database: Engine, opened, column, value):
    before = rows(either_database, f"select {column} from survey")
    assert refuses(either_database, f"update survey set {column} = {value}")
    assert rows(either_database, f"select {column} from survey") == before


@pytest.mark.parametrize(("column", "value"), GROUP_SETTINGS.items())
def test_a_reporting_group_of_an_open_survey_cannot_be_changed(either_database: Engine, opened, column, value):
    assert refuses(either_database, f"update reporting_group set {column} = {value}")


def test_no_group_comes_or_goes_and_no_survey_under_way_is_deleted(either_database: Engine, opened):
    columns = "slug, eligible, issued, survey_id, position, folded_units, spares"
    known = "'new', 12, 0, survey_id, 9, folded_units, 0"
    unit = next(iter(rows(either_database, "select unit_id from survey")))[0]
    unit, identifier = str(unit).replace("-", ""), uuid4().hex
    sql = f"insert into reporting_group ({columns}, unit_id, id) select {known}, '{unit}', '{identifier}'"
    assert refuses(either_database, f"{sql} from reporting_group limit 1")
    assert refuses(either_database, "delete from reporting_group")
    assert refuses(either_database, "delete from survey")


@pytest.mark.parametrize("state", ["draft", "sealed"])
def test_an_open_survey_goes_neither_back_nor_past_closing(either_database: Engine, opened, state):
    assert refuses(either_database, f"update survey set state = '{state}'")


def test_what_may_change_still_does(either_database: Engine, opened):
    assert not refuses(either_database, "update survey set closes_on = '2027-01-31', title = 'Another title'")
    assert not refuses(either_database, "update reporting_group set spares = spares + 1, issued = issued + 1")
    assert refuses(either_database, "update reporting_group set issued = issued + 5")


def test_a_draft_may_be_given_any_rules_but_impossible_ones(either_database: Engine, clock):
    with Session(either_database) as session:
        found_district(session, clock).draft()
        session.commit()
    assert not refuses(either_database, "update survey set threshold = 12, scrutineers = 1, access_mode = 'open'")
    for impossible in ("threshold = 4", "scrutineers = 2", "access_mode = 'whatever'", "state = 'whatever'"):
        assert refuses(either_database, f"update survey set {impossible}"), impossible


def test_a_sealed_survey_keeps_its_rules_and_stays_sealed(either_database: Engine, opened, clock, secret, rng):
    with Session(either_database, expire_on_commit=False) as session:
        survey = session.get_one(type(opened.survey), opened.survey.id)
        again = services.OpenedSurvey(survey, opened.codes, opened.passphrases, opened.fingerprint)
        answer(session, again, "education", 12, secret=secret)
        services.close_survey(session, survey, by=COMMAND_LINE, clock=clock)
        clock.moment += timedelta(hours=1)
        count_and_seal(session, survey, opened.passphrases, clock=clock, secret=secret, rng=rng)
        session.commit()
    assert refuses(either_database, "update survey set threshold = 5")
    assert refuses(either_database, "update survey set opening_lock = envelope_key")
    assert refuses(either_database, "update survey set state = 'open'")


def rows(engine: Engine, sql: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(sql))]
