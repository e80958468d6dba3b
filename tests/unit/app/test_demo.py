"""The sample organisation: the truths its answers are drawn from come out of its sealed surveys again."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from math import sqrt
from pathlib import Path
from random import Random

import numpy as np
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis.comparison import Verdict
from analysis.tree import Rate
from survey_app import demo, services
from survey_app.clock import SetClock
from survey_app.database import build_engine
from survey_app.demo.generator import Crowd, draw, expected_alpha, expected_rate, truth_of
from survey_app.demo.organisation import BRANCHES
from survey_app.errors import LoginRefused
from survey_app.models import AuditEntry, Base, State, Survey, Unit, User, UserRole
from survey_app.services.people import authenticate
from tests.databases import copy_database
from tests.district import found_district

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
SHIFTS = {branch.code: branch.shift for branch in BRANCHES}


@pytest.fixture(scope="module")
def loaded_file(migrated_file, tmp_path_factory) -> Path:
    return copy_database(migrated_file, tmp_path_factory.mktemp("demo") / "demo.sqlite3")


@pytest.fixture(scope="module")
def loaded(loaded_file) -> Iterator[tuple[Session, demo.DemoFacts]]:
    """The sample organisation, loaded once; tests look at it and put nothing into it."""
    engine = build_engine(f"sqlite:///{loaded_file}")
    with Session(engine, expire_on_commit=False) as session:
        facts = demo.load(session, clock=SetClock(NOW), secret=bytes(32), rng=Random(11))
        session.commit()
        yield session, facts
    engine.dispose()


@pytest.fixture
def session(loaded) -> Session:
    return loaded[0]


@pytest.fixture
def facts(loaded) -> demo.DemoFacts:
    return loaded[1]


@pytest.fixture
def secret() -> bytes:
    return bytes(32)


def crowds_of(session, survey: Survey) -> list[Crowd]:
    """How many of each branch answered, as its sealed dataset tells; the folded branch counts with its neighbour."""
    rosters = services.load_dataset(session, survey).manifest.rosters
    return [Crowd(roster.valid, SHIFTS.get(unit, 0.0)) for unit, roster in rosters.items()]


def reports(session, facts) -> list:
    root = services.unit_by_code(session, "YT")
    return [services.report_for(session, survey, root) for survey in facts.sealed]


def test_the_rates_of_both_sealed_years_are_recovered_within_sampling_error(session, facts):
    far = 0
    for year, (survey, report) in enumerate(zip(facts.sealed, reports(session, facts), strict=True)):
        crowds = crowds_of(session, survey)
        for item in report.items:
            assert isinstance(item.rate, Rate)
            truth = expected_rate(facts.truth, item.code, year, crowds)
            far += abs(item.rate.value - truth) > 2.6 * sqrt(truth * (1 - truth) / item.rate.n)
    assert far <= 2, "of 48 rates at most two may lie outside 99 % limits"


def test_alpha_is_recovered(session, facts):
    for year, (survey, report) in enumerate(zip(facts.sealed, reports(session, facts), strict=True)):
        instrument = services.instrument_of(survey)
        truth = expected_alpha(instrument, facts.truth, report.reliability.items, year, crowds_of(session, survey))
        assert report.reliability.alpha.raw == pytest.approx(truth, abs=0.05)


def test_the_improved_and_the_declined_item_are_found(session, facts):
    changes = {change.code: change for change in reports(session, facts)[1].changes}
    assert changes[facts.truth.improved].comparison.verdict is Verdict.IMPROVED
    assert changes[facts.truth.declined].comparison.verdict is Verdict.DECLINED


def test_the_weak_dimension_is_the_weakest(session, facts):
    for report in reports(session, facts):
        assert min(report.dimensions, key=lambda dimension: dimension.rate).code == facts.truth.weak_dimension


def test_the_model_alone_agrees_with_its_own_formulas(session, facts):
    instrument = services.instrument_of(facts.sealed[0])
    truth = truth_of(instrument)
    crowds = {"weak": Crowd(1000, -0.4), "usual": Crowd(1000), "strong": Crowd(1000, 0.3)}
    rows = [row for people in draw(instrument, truth, 1, crowds, np.random.default_rng(7)).values() for row in people]
    for code in ("lead1", truth.improved, "overall"):
        satisfied = instrument.scale_of(instrument.by_code[code]).satisfied
        scored = [row[code] for row in rows if row[code] >= 0]
        share = sum(level in satisfied for level in scored) / len(scored)
        assert share == pytest.approx(expected_rate(truth, code, 1, list(crowds.values())), abs=0.025)


def test_a_branch_of_three_is_folded_into_a_larger_group(session, facts):
    for survey in facts.sealed:
        groups = {group.unit.code: group for group in survey.groups}
        assert "YT-2-4" not in groups
        assert any("YT-2-4" in group.folded_units for group in groups.values())
        assert min(group.eligible for group in groups.values()) >= 10


def test_this_year_is_open_with_codes_that_still_work(session, facts, secret, clock):
    survey = session.scalar(select(Survey).where(Survey.slug == facts.survey_slug))
    assert survey.state is State.OPEN
    group = next(group for group in survey.groups if group.slug == facts.group_slug)
    for code in facts.codes:
        services.check_code(session, survey, group, code, secret=secret)
    arrived = services.participation(session, survey, clock=clock).arrived
    assert arrived is not None
    assert arrived > 30


def test_every_role_has_a_login_that_works_on_the_machine_only(session, facts, clock):
    roles = {
        member.role
        for login, password in facts.passwords.items()
        for member in authenticate(session, login, password, address_is_loopback=True, clock=clock).memberships
    }
    assert roles == set(UserRole)
    login, password = next(iter(facts.passwords.items()))
    with pytest.raises(LoginRefused):
        authenticate(session, login, password, address_is_loopback=False, clock=clock)


def test_last_years_plan_is_there_with_something_overdue(session, facts, clock):
    actions = services.actions_of(session, services.unit_by_code(session, "YT"))
    assert len(actions) == 4
    assert facts.truth.improved in {action.item for action in actions}
    assert any(action.due < clock.today() and action.status not in ("done", "verified") for action in actions)


def test_the_secretarys_own_branch_has_a_plan_of_its_own(session, facts, clock):
    branch = next(person.unit for person in facts.people if person.role is UserRole.SECRETARY)
    actions = services.actions_of(session, services.unit_by_code(session, branch))
    assert sorted(action.status for action in actions) == ["planned", "under_way", "verified"]
    overdue = [action.status for action in actions if action.due < clock.today() and action.status != "verified"]
    assert overdue == ["under_way"]
    assert all(0 < action.baseline_n <= 36 for action in actions)
    decided = select(AuditEntry.actor).where(AuditEntry.act == "action.add", AuditEntry.unit_id == actions[0].unit_id)
    assert set(session.scalars(decided)) == {"demo-secretary"}


def test_links_codes_and_logins_are_kept_for_one_pair_of_eyes(facts, tmp_path, app):
    path = demo.write_announcement(facts, tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    app.config["INSTANCE"] = str(tmp_path)
    said = demo.announcement(app, "http://127.0.0.1:8765")
    assert f"http://127.0.0.1:8765/s/{facts.survey_slug}/{facts.group_slug}" in said
    assert all(code in said for code in facts.codes)
    assert all(password in said for password in facts.passwords.values())
    path.unlink()
    assert demo.announcement(app) == ""


def rows_by_table(session) -> Mapping[str, int]:
    return {
        str(table): session.scalar(select(func.count()).select_from(table)) for table in Base.metadata.sorted_tables
    }


def test_removal_takes_the_sample_and_nothing_else(loaded, loaded_file, sqlite_url, tmp_path, clock, secret):
    def found_and_opened(session: Session) -> None:
        services.install_catalogue(session, by=services.COMMAND_LINE, clock=clock)
        survey = found_district(session, clock).draft()
        services.open_survey(session, survey, by=services.COMMAND_LINE, clock=clock, secret=secret)

    alone = build_engine(sqlite_url)
    with Session(alone) as session:
        found_and_opened(session)
        before = rows_by_table(session)
    alone.dispose()
    engine = build_engine(f"sqlite:///{copy_database(loaded_file, tmp_path / 'both.sqlite3')}")
    with Session(engine) as session:
        found_and_opened(session)
        removed = demo.remove(session)
        assert (removed.surveys, removed.people) == (15, 7)
        after = rows_by_table(session)
        assert after.pop("audit_entry") > before.pop("audit_entry")  # the chain is never cut
        assert after == before
        assert session.scalar(select(func.count()).select_from(Unit).where(Unit.is_sample)) == 0
        assert session.scalar(select(func.count()).select_from(User).where(User.is_sample)) == 0
    engine.dispose()


def test_a_second_loading_is_refused(session, facts, clock, secret, rng):
    with pytest.raises(demo.SampleLoaded):
        demo.load(session, clock=clock, secret=secret, rng=rng)
