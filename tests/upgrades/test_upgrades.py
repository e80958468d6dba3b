"""Databases of every earlier version open, keep their sealed results, and go on with their open surveys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis.tree import Rate
from survey_app import create_app, services
from survey_app.clock import SetClock
from survey_app.database import build_engine
from survey_app.migrate import is_current, upgrade
from survey_app.models import Ballot, State, Survey
from survey_app.services import COMMAND_LINE
from tests.answering import cast, count_and_seal
from tests.databases import copy_database
from tests.visitor import Visitor

HERE = Path(__file__).parent
VERSIONS = sorted(path for path in HERE.glob("*.sqlite3") if path.with_suffix(".json").exists())
CLOCK = SetClock(datetime(2026, 11, 20, 9, tzinfo=UTC))


@pytest.fixture(params=[pytest.param(path, id=path.stem) for path in VERSIONS])
def facts(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What the version wrote down about its database."""
    found = json.loads(request.param.with_suffix(".json").read_text(encoding="utf-8"))
    return found | {"path": request.param}


@pytest.fixture
def url(facts: dict[str, Any], tmp_path: Path) -> str:
    """A copy of that database, brought to the present shape."""
    url = f"sqlite:///{copy_database(facts['path'], tmp_path / 'old.sqlite3')}"
    upgrade(url)
    return url


@pytest.fixture
def session(url: str) -> Iterator[Session]:
    engine = build_engine(url)
    with Session(engine, expire_on_commit=False) as session:
        yield session
    engine.dispose()


def survey_at(session: Session, slug: str) -> Survey:
    return session.scalars(select(Survey).where(Survey.slug == slug)).one()


def test_every_version_left_a_database():
    assert VERSIONS, "each issue's end keeps a database under tests/upgrades: python -m tests.upgrades.make"


def test_the_shape_is_the_present_one(url):
    assert is_current(url)


def test_a_sealed_result_is_what_it_was(session, facts):
    survey = survey_at(session, facts["sealed"]["slug"])
    report = services.report_for(session, survey, survey.unit)
    assert report.roster.valid == facts["sealed"]["rows"]
    assert report.provenance.dataset_sha256 == facts["sealed"]["sha256"]
    overall = report.item(report.overall or "").rate
    assert isinstance(overall, Rate)
    assert [overall.satisfied, overall.n] == facts["sealed"]["overall"]


def test_an_open_survey_goes_on_to_its_result(session, facts):
    survey, secret = survey_at(session, facts["open"]["slug"]), bytes.fromhex(facts["secret"])
    if not survey.has_ballot_box:
        return  # it was closed: the next story
    sealed = survey_at(session, facts["sealed"]["slug"])
    answered = {item.code: 5 for item in services.instrument_of(survey).scored_items}
    for group in survey.groups:
        for code in facts["open"]["unused_codes"][group.slug]:
            cast(session, survey, group, code, answered, secret=secret)
    services.close_survey(session, survey, by=COMMAND_LINE, clock=CLOCK)
    count_and_seal(session, survey, facts["open"]["passphrases"], clock=CLOCK, secret=secret, rng=Random(1))
    session.commit()
    report = services.report_for(session, survey, survey.unit)
    assert survey.state is State.SEALED
    assert {change.earlier.year for change in report.changes} == {sealed.year}


def test_drafts_of_questionnaires_and_local_questions_are_still_there(session, facts):
    root = survey_at(session, facts["open"]["slug"]).unit
    drafts = services.drafts_of(session, services.subtree(session, root))
    assert [draft.title for draft in drafts] == facts.get("drafts", [])
    survey = survey_at(session, facts["open"]["slug"])
    asked = {group.unit.code: "canteen" in services.asked_of(session, survey, group).by_code for group in survey.groups}
    local = facts.get("local", {}).get("unit")
    assert {unit for unit, is_asked in asked.items() if is_asked} == ({local} if local else set())


def test_an_open_survey_without_ballot_box_is_closed_and_what_had_arrived_is_counted(session, facts):
    survey, secret = survey_at(session, facts["open"]["slug"]), bytes.fromhex(facts["secret"])
    assert survey.has_ballot_box == ("passphrases" in facts["open"])
    if survey.has_ballot_box:
        return
    assert survey.state is State.CLOSED
    arrived = session.scalar(select(func.count()).select_from(Ballot).where(Ballot.survey_id == survey.id))
    assert arrived >= 10
    counted = services.count_ballots(session, survey, by=COMMAND_LINE, clock=CLOCK, secret=secret, rng=Random(1))
    assert (counted.returned, counted.valid) == (arrived, arrived)
    assert [group.used for group in counted.groups] == [group.returned for group in counted.groups]
    count_and_seal(session, survey, (), clock=CLOCK, secret=secret, rng=Random(1))
    session.commit()
    assert services.report_for(session, survey, survey.unit).roster.valid == arrived


def test_its_people_still_sign_in(url, facts, tmp_path):
    app: Flask = create_app(
        {
            "TESTING": True, "INSTANCE": str(tmp_path), "DATABASE_URL": url, "SECRET_KEY": "for tests",
            "INSTALLATION_SECRET": bytes.fromhex(facts["secret"]), "RATELIMIT_ENABLED": False, "CLOCK": CLOCK,
        }
    )  # fmt: skip
    visitor = Visitor(app.test_client())
    visitor.submit("/login", login=facts["login"], password=facts["password"])
    assert "2025 年度党员满意度测评" in visitor.text("/committee/results/")
