"""`branch-survey anonymity-check`: everything stored is explained, and what would lead to somebody is found."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from survey_app import services
from survey_app.anonymity.copies import copy_of, database_files
from survey_app.anonymity.facts import database_facts, file_facts, remnant_fact, survey_facts
from survey_app.anonymity.fields import stored_fields
from survey_app.anonymity.live import narrow_live
from survey_app.anonymity.simulation import Evidence, simulate, temporary_database
from survey_app.anonymity.trial import Store, Verdict, findings_of
from survey_app.cli import main
from survey_app.database import build_engine, rewrite_boxes
from survey_app.models import AccessMode, Survey
from survey_app.services import OpenedSurvey
from tests.answering import count_and_seal
from tests.district import found_district
from tests.unit.app.voters import answer

MEMBERS, DAYS = 16, 6
STATES = ("open", "closed", "sealed")


def run_survey(session: Session, clock, secret, *, until: str, **choices) -> OpenedSurvey:
    """A survey of the district in which twelve members of one branch answered, as far as it has come."""
    draft = found_district(session, clock).draft("education", **choices)
    opened = services.open_survey(session, draft, by=services.COMMAND_LINE, clock=clock, secret=secret)
    answer(session, opened, "education", 12, secret=secret)
    if until != "open":
        services.close_survey(session, draft, by=services.COMMAND_LINE, clock=clock)
    if until == "sealed":
        clock.moment += timedelta(hours=1)
        count_and_seal(session, draft, opened.passphrases, clock=clock, secret=secret, rng=Random(3))
    session.commit()
    return opened


@pytest.fixture
def either_session(either_database: Engine):
    with Session(either_database, expire_on_commit=False) as session:
        yield session


@pytest.mark.parametrize("state", STATES)
def test_every_field_is_explained_and_every_fact_as_promised(either_database, either_session, clock, secret, state):
    survey = run_survey(either_session, clock, secret, until=state).survey
    fields = stored_fields(either_session, survey)
    assert [field.name for field in fields if not field.reason] == []
    assert {"issue_box.invitation.mark", "ballot_box.ballot.envelope"} <= {field.name for field in fields}
    assert ("dataset.parquet.age" in {field.name for field in fields}) == (state == "sealed")
    settings = list(survey_facts(either_session, survey))
    either_session.rollback()
    assert [
        fact.sentence for fact in [*database_facts(either_database), *settings] if fact.is_as_promised is False
    ] == []


def test_a_column_that_nobody_has_explained_is_named(either_session, clock, secret):
    survey = run_survey(either_session, clock, secret, until="open").survey
    either_session.execute(text("ALTER TABLE ballot_box.ballot ADD COLUMN arrived_at TIMESTAMP"))
    either_session.commit()
    unexplained = [field.name for field in stored_fields(either_session, survey) if not field.reason]
    assert unexplained == ["ballot_box.ballot.arrived_at"]


def test_a_table_or_trigger_put_into_a_box_is_named(session, clock, secret):
    survey = run_survey(session, clock, secret, until="open").survey
    session.execute(text("CREATE TABLE ballot_box.diary (moment TEXT)"))
    session.execute(
        text("CREATE TRIGGER ballot_box.watch AFTER INSERT ON ballot BEGIN INSERT INTO diary VALUES ('now'); END")
    )
    session.commit()
    unexplained = [field.name for field in stored_fields(session, survey) if not field.reason]
    assert unexplained == ["ballot_box.diary.moment", "ballot_box.watch"]


def test_a_write_ahead_log_is_not_as_promised(engine):
    """As somebody's own program would have left it: every connection of the service switches it off again."""
    files = list(database_files(engine).values())
    with sqlite3.connect(files[1]) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("CREATE TABLE anything (here)")
        other.commit()
        broken = [fact.values for fact in file_facts(files) if fact.is_as_promised is False]
    other.close()
    assert {"file": files[1].name} in broken
    assert any(files[1].name + "-wal" in values.get("files", "") for values in broken)


def test_what_sealing_deletes_is_searched_for_in_the_files(either_database, either_session, clock, secret):
    """A deleted row of PostgreSQL stays in its file; of SQLite, too, where somebody's connection left it there."""
    survey = run_survey(either_session, clock, secret, until="open").survey
    assert remnant_fact(either_database, survey.id).is_as_promised is False
    services.withdraw_survey(
        either_session, survey, reason="misprint", by=services.COMMAND_LINE, clock=clock, copy=False
    )
    either_session.commit()
    is_overwritten = either_database.dialect.name == "sqlite"
    assert remnant_fact(either_database, survey.id).is_as_promised is is_overwritten
    rewrite_boxes(either_database)
    assert remnant_fact(either_database, survey.id).is_as_promised is True


def test_a_code_is_used_without_moving_in_its_file(session, engine, clock, secret):
    opened = run_survey(session, clock, secret, until="open")
    places = {code: row["file offset"] for code, row in copy_of(engine, opened.survey.id).codes.items()}
    answer(session, opened, "education", 12, secret=secret)
    after = copy_of(engine, opened.survey.id).codes
    assert len(after) == 24
    assert {code: after[code]["file offset"] for code in places} == places


def test_rows_with_numbers_are_not_as_promised(engine):
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE ballot_box.copy_of_ballots (spent BLOB)"))
    broken = [fact.values for fact in database_facts(engine) if fact.is_as_promised is False]
    assert broken == [{"tables": "ballot_box.copy_of_ballots"}]


def test_a_copy_made_now_narrows_to_the_group_and_tells_no_order_once_rewritten(
    either_database, either_session, clock, secret
):
    survey = run_survey(either_session, clock, secret, until="open").survey
    rewrite_boxes(either_database)
    seen = narrow_live(either_database, survey.id)
    assert (seen.codes, seen.ballots, seen.smallest_codes) == (12, 12, 12)
    assert seen.expected_right == pytest.approx(1)
    assert not seen.codes_tell_order
    assert not seen.ballots_tell_order


def test_the_order_of_arrival_lies_in_a_raw_copy_until_it_is_rewritten(either_database, either_session, clock, secret):
    survey = run_survey(either_session, clock, secret, until="open").survey
    group = survey.groups[0]
    for _ in range(3):
        spare = services.issue_spare_code(
            either_session, survey, group, by=services.COMMAND_LINE, clock=clock, secret=secret
        )
        either_session.commit()
        services.cast_played(
            either_session, survey, group, spare, bytes(16), {"meetings": 5, "overall": 5, "hours": 1},
            secret=secret, clock=clock,
        )  # fmt: skip
    assert narrow_live(either_database, survey.id).ballots_tell_order
    rewrite_boxes(either_database)
    assert not narrow_live(either_database, survey.id).ballots_tell_order


def test_an_open_link_has_nobody_to_link_with(session, clock, secret, engine):
    survey = run_survey(session, clock, secret, until="open", access_mode=AccessMode.OPEN).survey
    seen = narrow_live(engine, survey.id)
    assert (seen.codes, seen.ballots, seen.expected_right) == (0, 12, 0)


@pytest.fixture
def evidence(either_database: Engine, tmp_path: Path) -> Evidence:
    with temporary_database(either_database, tmp_path) as url:
        assert (either_database.dialect.name == "postgresql") == url.startswith("postgresql")
        return simulate(url, tmp_path, members=MEMBERS, days=DAYS, rng=Random(11))


def test_a_simulated_survey_keeps_every_promise_and_the_naive_store_none(evidence):
    found = {(finding.store, str(finding.attack)): finding for finding in findings_of(evidence, Random(5))}
    verdicts = {store: {finding.verdict for finding in found.values() if finding.store is store} for store in Store}
    kept = {Verdict.AT_CHANCE, Verdict.NOTHING}
    for store in (Store.SEALED_ROWS, Store.SEALED_TEXTS, Store.SEALED_FILES, Store.BACKUPS, Store.REWRITTEN):
        assert verdicts[store] <= kept, store
    assert verdicts[Store.RAW] <= kept | {Verdict.LIMIT}
    assert verdicts[Store.NAIVE] == {Verdict.FOUND}
    assert found[Store.NAIVE, "moments"].right >= 0.8 * MEMBERS
    assert found[Store.NAIVE, "order"].right > found[Store.NAIVE, "order"].most_by_chance
    assert found[Store.RAW, "copies of many nights"].guessed == MEMBERS

    spoiled = dict(list(evidence.truth.items())[:3])
    evidence.sealed_files = [*(evidence.sealed_files or []), b"left over: " + b" ".join(spoiled)]
    again = {(finding.store, finding.verdict): finding.right for finding in findings_of(evidence, Random(5))}
    assert again[Store.SEALED_FILES, Verdict.LINKS] == 3


def test_attacks_that_find_nothing_in_the_naive_store_are_reported_as_broken(tmp_path):
    evidence = simulate(f"sqlite:///{tmp_path / 's.sqlite3'}", tmp_path, members=10, days=2, rng=Random(2))
    persons = list(evidence.naive_truth)
    strangers = dict(zip(persons, [*list(evidence.naive_truth.values())[1:], b"nobody's"], strict=True))
    evidence.naive_truth = strangers
    verdicts = {finding.verdict for finding in findings_of(evidence, Random(5)) if finding.store is Store.NAIVE}
    assert Verdict.MISSED in verdicts


@pytest.fixture
def check(tmp_path, monkeypatch, migrated_file):
    """The command on an installation of its own; gives its result."""
    monkeypatch.setenv("BRANCH_SURVEY_INSTANCE", str(tmp_path / "instance"))
    runner = CliRunner()
    runner.invoke(main, ["init"])
    monkeypatch.setenv("BRANCH_SURVEY_INSTALLATION_SECRET", bytes(range(32)).hex())

    def check(survey: Survey, *arguments: str, language: str = "en"):
        return runner.invoke(main, ["--lang", language, "anonymity-check", survey.slug, *arguments])

    check.engine = build_engine(f"sqlite:///{tmp_path / 'instance' / 'branch-survey.sqlite3'}")
    yield check
    check.engine.dispose()


def test_a_sceptic_gets_a_sentence_for_everything_and_status_0(check, clock, secret):
    with Session(check.engine, expire_on_commit=False) as session:
        survey = run_survey(session, clock, secret, until="sealed").survey
    simulation = ("--members", str(MEMBERS), "--days", str(DAYS), "--seed", "4")
    result = check(survey, *simulation)
    assert result.exit_code == 0, result.output
    assert "✓ issue_box.invitation.code_hash: Keyed hash" in result.stdout
    assert "naive store, for comparison" in result.stdout
    assert "✗" not in result.stdout
    facts = json.loads(check(survey, *simulation, "--json").stdout)
    assert facts["passed"]
    assert facts["simulation"]["members"] == MEMBERS


@pytest.mark.parametrize("state", ["open", "closed"])
def test_the_check_passes_while_a_survey_runs(check, clock, secret, state):
    with Session(check.engine, expire_on_commit=False) as session:
        survey = run_survey(session, clock, secret, until=state).survey
    result = check(survey, "--no-simulate", "--json")
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    assert facts["live"]["ballots"] == 12
    assert facts["simulation"] is None


def test_a_column_put_in_by_somebody_gives_status_1_and_its_name(check, clock, secret):
    with Session(check.engine, expire_on_commit=False) as session:
        survey = run_survey(session, clock, secret, until="open").survey
        session.execute(text("ALTER TABLE ballot_box.ballot ADD COLUMN arrived_at TIMESTAMP"))
        session.commit()
    result = check(survey, "--no-simulate")
    assert result.exit_code == 1
    assert "✗ ballot_box.ballot.arrived_at" in result.stdout
    assert result.stderr.count("\n") == 1


@pytest.mark.postgresql
def test_the_command_passes_on_postgresql(check, clock, secret, migrated_postgres_url, monkeypatch):
    monkeypatch.setenv("BRANCH_SURVEY_DATABASE_URL", migrated_postgres_url)
    engine = build_engine(migrated_postgres_url)
    with Session(engine, expire_on_commit=False) as session:
        survey = run_survey(session, clock, secret, until="open").survey
    engine.dispose()
    result = check(survey, "--members", str(MEMBERS), "--days", str(DAYS), "--seed", "4")
    assert result.exit_code == 0, result.output
    assert "track_commit_timestamp" in result.stdout
