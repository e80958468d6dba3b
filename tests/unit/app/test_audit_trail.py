"""Whoever lays hands on the record of acts leaves a place where it does not fit, whatever the database."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import product
from threading import Barrier

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from survey_app.cli import main
from survey_app.clock import SetClock
from survey_app.database import build_engine
from survey_app.models import AuditEntry, AuditHead
from survey_app.services import COMMAND_LINE, record_of
from survey_app.services.audit import entry_hash
from survey_app.services.audit_trail import Fault, Finding, head_of, unlinked, verify_trail

ENTRIES = 8


def write(session: Session, clock: SetClock, count: int = ENTRIES) -> None:
    for number in range(count):
        clock.moment += timedelta(seconds=17)
        detail = {"name": f"第{number}支部", "people": number, "roles": ["a", "b"], "share": 0.5}
        record_of(session, COMMAND_LINE, "unit.create", "unit", f"unit-{number}", clock=clock, **detail)
    session.commit()


@pytest.fixture
def trail(either_database: Engine, clock: SetClock):
    """A session over eight entries, on a database whose own guards have been taken away, as an intruder would."""
    with Session(either_database) as session:
        write(session, clock)
        unguard(session)
        yield session


def unguard(session: Session) -> None:
    if session.bind.dialect.name == "sqlite":
        for name in session.scalars(
            text("select name from sqlite_master where tbl_name = 'audit_entry' and type = 'trigger'")
        ).all():
            session.execute(text(f"drop trigger {name}"))
    else:
        session.execute(text("alter table audit_entry disable trigger user"))
    session.commit()


def tamper(session: Session, *statements: str) -> tuple[Finding, ...]:
    for statement in statements:
        session.execute(text(statement))
    session.commit()
    return verify_trail(session).findings


def test_an_untouched_record_fits_to_its_end(trail):
    found = verify_trail(trail)
    assert (found.entries, found.findings) == (ENTRIES, ())
    assert found.head == head_of(trail)
    assert found.head.number == ENTRIES


def test_an_empty_record_fits(either_database):
    with Session(either_database) as session:
        assert verify_trail(session).findings == ()


CHANGES = (
    "at = '2026-11-02 09:00:00.000001'",
    "actor = 'somebody else'",
    "act = 'unit.remove'",
    "object_kind = 'survey'",
    "object_id = 'unit-9'",
    "unit_id = '00000000000000000000000000000001'",
    """detail = '{"people": 300}'""",
)
"""Of every field but the number and the hash, which have stories of their own."""


def test_a_changed_field_is_found_where_it_is(trail):
    trail.execute(text("create temp table kept as select * from audit_entry"))
    for number, change in product((1, 4, ENTRIES), CHANGES):
        found = tamper(trail, f"update audit_entry set {change} where number = {number}")
        assert found == (Finding(Fault.ALTERED, number, number),), change
        trail.execute(text("delete from audit_entry"))
        assert tamper(trail, "insert into audit_entry select * from kept") == ()


def test_a_changed_hash_is_found_where_it_is(trail):
    value = {"sqlite": "x'00'", "postgresql": "decode('00', 'hex')"}[trail.bind.dialect.name]
    changed = tamper(trail, f"update audit_entry set hash = {value} where number = 4")
    assert changed == (Finding(Fault.ALTERED, 4, 4),)
    changed = tamper(trail, f"update audit_entry set hash = {value} where number = {ENTRIES}")
    assert changed[1:] == (Finding(Fault.ALTERED, ENTRIES, ENTRIES), Finding(Fault.HEAD, ENTRIES, ENTRIES))


@pytest.mark.parametrize(
    ("column", "value"), [("detail", "not JSON"), ("at", "yesterday"), ("at", 5), ("unit_id", 7), ("actor", b"\xff")]
)
def test_what_cannot_be_read_any_more_is_named_and_the_rest_is_still_checked(session, clock, column, value):
    write(session, clock)
    unguard(session)
    session.execute(text(f"update audit_entry set {column} = :value where number = 3"), {"value": value})
    session.execute(text("update audit_entry set act = 'x' where number = 6"))
    session.commit()
    found = verify_trail(session).findings
    assert [(finding.fault, finding.number) for finding in found][-1] == (Fault.ALTERED, 6)
    assert found[0].fault is Fault.ALTERED
    assert found[0].number == 3


@pytest.mark.parametrize(
    ("gone", "named"), [((1,), (1, 1)), ((4, 5), (4, 5)), ((7, 8), (7, 8)), ((1, 2, 3, 4, 5, 6, 7, 8), (1, 8))]
)
def test_a_removed_entry_is_missing(trail, gone, named):
    removed = tamper(trail, *(f"delete from audit_entry where number = {number}" for number in gone))
    assert removed == (Finding(Fault.MISSING, *named),)


@pytest.mark.parametrize(("one", "other"), [(4, 5), (2, 6), (1, 8)])
def test_two_entries_in_each_others_place_are_both_named_with_where_they_belong(trail, one, other):
    swap = [
        f"update audit_entry set number = {new} where number = {old}"
        for old, new in ((one, 99), (other, one), (99, other))
    ]
    found = [finding for finding in tamper(trail, *swap) if finding.fault is not Fault.HEAD]
    assert found == [Finding(Fault.MOVED, one, one, other), Finding(Fault.MOVED, other, other, one)]


def test_an_entry_put_in_does_not_follow_and_stands_behind_the_end(trail):
    columns = "at, actor, act, object_kind, object_id, unit_id, detail, hash"
    found = tamper(
        trail, f"insert into audit_entry (number, {columns}) select 9, {columns} from audit_entry where number = 8"
    )
    assert {(finding.fault, finding.number) for finding in found} == {(Fault.ALTERED, 9), (Fault.AFTER_HEAD, 9)}


def test_an_entry_removed_with_the_others_moved_up_leaves_no_entry_after_it_fitting(trail):
    moved = [f"update audit_entry set number = {number} where number = {number + 1}" for number in range(4, ENTRIES)]
    found = tamper(trail, "delete from audit_entry where number = 4", *moved)
    assert Finding(Fault.ALTERED, 4, 4) in found  # what stood there is gone
    assert {finding.number for finding in found} >= {4, 5, 6, 7, 8}
    assert Finding(Fault.MISSING, 8, 8) in found


@pytest.mark.postgresql
def test_a_number_given_twice_is_named(migrated_postgres_url, clock):
    engine = build_engine(migrated_postgres_url)
    with Session(engine) as session:
        write(session, clock)
        session.execute(text("alter table audit_entry drop constraint pk_audit_entry"))
        found = tamper(session, "insert into audit_entry select * from audit_entry where number = 4")
    assert found == (Finding(Fault.DOUBLED, 4, 4),)
    engine.dispose()


def test_the_end_moved_back_or_altered_or_taken_away_is_found(trail):
    assert tamper(trail, "update audit_head set number = 6") == (
        Finding(Fault.HEAD, 6, 6),
        Finding(Fault.AFTER_HEAD, 7, 8),
    )
    assert tamper(trail, "update audit_head set number = 10") == (Finding(Fault.MISSING, 9, 10),)
    assert tamper(trail, "delete from audit_head") == (Finding(Fault.HEAD, 8, 8),)


def written_anew(session: Session, *, from_number: int, to_number: int = ENTRIES) -> None:
    """As somebody does it who knows this code: every later hash and the end are reckoned again."""
    session.execute(text(f"update audit_entry set actor = 'nobody' where number = {from_number}"))
    session.execute(text(f"delete from audit_entry where number > {to_number}"))
    session.expire_all()
    last = bytes(32)
    for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.number)):
        entry.hash = last = entry_hash(last, entry)
    head = session.scalars(select(AuditHead)).one()
    head.number, head.hash = to_number, last
    session.commit()


def test_a_record_written_anew_fits_by_itself_and_is_told_by_what_was_noted(trail):
    earlier = verify_trail(trail).head
    written_anew(trail, from_number=3)
    assert verify_trail(trail).findings == ()
    noted = [(earlier.number, earlier.hash.hex()[:16])]
    assert verify_trail(trail, noted=noted).findings == (Finding(Fault.NOT_AS_NOTED, 8, 8),)


def test_a_record_cut_together_with_its_end_is_told_by_what_was_noted(trail, clock):
    earlier = verify_trail(trail).head
    written_anew(trail, from_number=99, to_number=6)
    assert verify_trail(trail).findings == ()
    noted = [(earlier.number, earlier.hash.hex())]
    assert verify_trail(trail, noted=noted).findings == (Finding(Fault.NOT_AS_NOTED, 8, 8),)
    write(trail, clock, 4)  # others stand there since
    assert verify_trail(trail, noted=noted).findings == (Finding(Fault.NOT_AS_NOTED, 8, 8),)


def test_what_was_noted_stays_true_while_people_go_on(trail, clock):
    earlier = verify_trail(trail).head
    write(trail, clock)
    assert verify_trail(trail, noted=[(earlier.number, earlier.hash.hex())]).findings == ()


def test_many_entries_are_read_in_parts_and_every_part_is_looked_at(session, clock, monkeypatch):
    monkeypatch.setattr("survey_app.services.audit_trail.PAGE", 3)
    write(session, clock, 12)
    unguard(session)
    assert verify_trail(session).findings == ()
    assert tamper(session, "update audit_entry set act = 'x' where number in (3, 4, 10)") == (
        Finding(Fault.ALTERED, 3, 3), Finding(Fault.ALTERED, 4, 4), Finding(Fault.ALTERED, 10, 10),
    )  # fmt: skip


def test_where_very_much_is_wrong_it_is_said_in_few_words(session, clock):
    write(session, clock, 40)
    unguard(session)
    assert tamper(session, "update audit_entry set act = 'x' where number > 5") == (Finding(Fault.ALTERED, 6, 40),)


def test_of_some_entries_those_are_named_that_do_not_follow_from_the_one_before(trail):
    entries = trail.scalars(select(AuditEntry).where(AuditEntry.number.in_((1, 4, 7)))).all()
    assert unlinked(trail, entries) == frozenset()
    tamper(trail, "update audit_entry set act = 'x' where number = 4")
    trail.expire_all()
    assert unlinked(trail, entries) == {4}


@pytest.mark.postgresql
def test_two_people_who_act_at_once_are_written_one_after_the_other(migrated_postgres_url, clock):
    engine, together = build_engine(migrated_postgres_url), Barrier(4)

    def act(person: int) -> list[int]:
        numbers = []
        for turn in range(5):
            with Session(engine) as session:
                together.wait()
                entry = record_of(session, COMMAND_LINE, "x.y", "unit", f"{person}/{turn}", clock=clock)
                numbers.append(entry.number)
                session.commit()
        return numbers

    with ThreadPoolExecutor(4) as pool:
        numbers = [number for mine in pool.map(act, range(4)) for number in mine]
    assert sorted(numbers) == list(range(1, 21))
    with Session(engine) as session:
        assert verify_trail(session).findings == ()
    engine.dispose()


@pytest.fixture
def instance(tmp_path, monkeypatch):
    monkeypatch.setenv("BRANCH_SURVEY_INSTANCE", str(tmp_path / "instance"))
    run("init")
    return tmp_path / "instance"


def run(*arguments: str):
    return CliRunner().invoke(main, ["--lang", "en", *arguments])


def alter(instance, statement: str) -> None:
    engine = build_engine(f"sqlite:///{instance / 'branch-survey.sqlite3'}")
    with Session(engine) as session:
        unguard(session)
        session.execute(text(statement))
        session.commit()
    engine.dispose()


def test_the_command_says_how_many_entries_fit_and_prints_the_line_to_be_noted(instance):
    told = run("audit", "verify")
    noted = run("audit", "head").stdout.strip()
    assert told.exit_code == 0, told.output
    assert noted in told.stdout
    assert run("audit", "verify", "--expect", noted).exit_code == 0
    assert json.loads(run("audit", "verify", "--json").stdout)["head"] == noted


def test_the_command_names_every_place_and_ends_with_status_1(instance):
    alter(instance, "update audit_entry set actor = 'x' where number in (1, 2)")
    told = run("audit", "verify")
    assert told.exit_code == 1
    assert "Entry 1 " in told.stdout
    assert "Entry 2 " in told.stdout
    facts = run("audit", "verify", "--json")
    assert facts.exit_code == 1
    assert [finding["number"] for finding in json.loads(facts.stdout)["findings"]] == [1, 2]


def test_a_backup_remembers_where_the_record_ended(instance, tmp_path):
    kept = str(tmp_path / "kept.zip")
    assert run("backup", kept).exit_code == 0
    assert run("audit", "verify", "--backup", kept).exit_code == 0
    engine = build_engine(f"sqlite:///{instance / 'branch-survey.sqlite3'}")
    with Session(engine) as session:
        unguard(session)
        written_anew(session, from_number=1, to_number=head_of(session).number)
    engine.dispose()
    assert run("audit", "verify").exit_code == 0
    found = run("audit", "verify", "--backup", kept)
    assert found.exit_code == 1
    assert "noted" in found.stdout


@pytest.mark.parametrize("line", ["", "12", "12:xyz", "12:abcdef", "-1:" + "a" * 64])
def test_a_line_that_cannot_have_been_noted_is_refused(instance, line):
    assert run("audit", "verify", "--expect", line).exit_code == 2


@pytest.mark.parametrize(
    "statement", ["update audit_entry set actor = 'x' where number = 4", "delete from audit_entry"]
)
def test_the_database_itself_refuses_to_change_or_remove_an_entry(either_database, clock, statement):
    with Session(either_database) as session:
        write(session, clock)
        with pytest.raises(DBAPIError, match="neither changed nor removed"):
            session.execute(text(statement))
        session.rollback()
        assert verify_trail(session).entries == ENTRIES
