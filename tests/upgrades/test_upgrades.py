"""Databases of every earlier version open, keep their sealed results, and go on with their open surveys.

Each story is told on SQLite, as the version left it, and on PostgreSQL, where the same rows were in its shape of then.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import count
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
from survey_app.migrate import downgrade, is_current, upgrade
from survey_app.models import Ballot, State, Survey
from survey_app.services import COMMAND_LINE
from survey_app.services.audit_trail import verify_trail
from tests.answering import cast, count_and_seal
from tests.databases import copy_database, name_of, postgres_database
from tests.upgrades.on_postgresql import lay_out, revision_in
from tests.visitor import Visitor

HERE = Path(__file__).parent
VERSIONS = sorted(path for path in HERE.glob("*.sqlite3") if path.with_suffix(".json").exists())
CLOCK = SetClock(datetime(2026, 11, 20, 9, tzinfo=UTC))
NUMBERS = count(1)


@dataclass(frozen=True)
class World:
    """A database of an earlier version in the present shape, and how to get a copy of it that ends with the test."""

    kept: Path
    url: str
    copy: Callable[[], str]


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", params=[pytest.param(path, id=path.stem) for path in VERSIONS])
def world(kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Upgraded once for all stories."""
    make = on_sqlite if kind == "sqlite" else on_postgresql
    server = None if kind == "sqlite" else request.getfixturevalue("postgres_url")
    with make(request.param, tmp_path_factory.mktemp("world"), server) as world:
        yield world


@contextmanager
def on_sqlite(kept: Path, folder: Path, _server: None) -> Iterator[World]:
    upgraded = copy_database(kept, folder / "upgraded.sqlite3")
    url = f"sqlite:///{upgraded}"
    upgrade(url)
    yield World(kept, url, lambda: f"sqlite:///{copy_database(upgraded, folder / f'{next(NUMBERS)}.sqlite3')}")
    shutil.rmtree(folder)


@contextmanager
def on_postgresql(kept: Path, folder: Path, server: str) -> Iterator[World]:
    with ExitStack() as made:

        def database(template: str) -> str:
            return made.enter_context(postgres_database(server, template))

        url = database("template0")
        older = Path(copy_database(kept, folder / kept.name))  # looking into it may make the stores that it lacks
        lay_out(older, url)
        upgrade(url)
        yield World(kept, url, lambda: database(name_of(url)))


@pytest.fixture(autouse=True, scope="module")
def stretched_once() -> Iterator[None]:
    """Each box is opened twice on either kind of database: its passphrases are stretched at full cost for all four."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hashlib, "scrypt", cache(hashlib.scrypt))
        yield


@pytest.fixture
def facts(world: World) -> dict[str, Any]:
    """What the version wrote down about its database."""
    found: dict[str, Any] = json.loads(world.kept.with_suffix(".json").read_text(encoding="utf-8"))
    return found


@pytest.fixture
def session(world: World) -> Iterator[Session]:
    """On a copy, to go on with."""
    with session_on(world.copy()) as session:
        yield session


@pytest.fixture
def looking(world: World) -> Iterator[Session]:
    """On the world of all stories, to look only."""
    with session_on(world.url) as session:
        yield session
        session.rollback()


@contextmanager
def session_on(url: str) -> Iterator[Session]:
    engine = build_engine(url)
    with Session(engine, expire_on_commit=False) as session:
        yield session
    engine.dispose()


def survey_at(session: Session, slug: str) -> Survey:
    return session.scalars(select(Survey).where(Survey.slug == slug)).one()


def test_every_version_left_a_database():
    assert VERSIONS, "each issue's end keeps a database under tests/upgrades: python -m tests.upgrades.make"


def test_the_shape_is_the_present_one(world):
    assert is_current(world.url)


def test_a_sealed_result_is_what_it_was(looking, facts):
    assert_result_is_as_sealed(looking, facts)


def assert_result_is_as_sealed(session: Session, facts: dict[str, Any]) -> None:
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


def test_drafts_of_questionnaires_and_local_questions_are_still_there(looking, facts):
    session = looking
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


def test_its_people_still_sign_in(world, facts, tmp_path):
    app: Flask = create_app(
        {
            "TESTING": True, "INSTANCE": str(tmp_path), "DATABASE_URL": world.copy(), "SECRET_KEY": "for tests",
            "INSTALLATION_SECRET": bytes.fromhex(facts["secret"]), "RATELIMIT_ENABLED": False, "CLOCK": CLOCK,
        }
    )  # fmt: skip
    visitor = Visitor(app.test_client())
    visitor.submit("/login", login=facts["login"], password=facts["password"])
    assert "2025 年度党员满意度测评" in visitor.text("/committee/results/")
    app.extensions["engine"].dispose()


def test_the_record_of_acts_fits_together(looking):
    assert verify_trail(looking).findings == ()


def test_it_can_go_back_to_its_own_shape_and_come_again(world, facts):
    """What only later versions know is lost; what it knew itself is there as before."""
    url, revision = world.copy(), revision_in(world.kept)
    assert downgrade(url, revision)[1] == revision
    upgrade(url)
    assert is_current(url)
    with session_on(url) as session:
        assert_result_is_as_sealed(session, facts)
        assert survey_at(session, facts["open"]["slug"]).groups
        assert verify_trail(session).findings == ()
