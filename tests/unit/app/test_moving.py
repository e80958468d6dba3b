"""`branch-survey migrate-to`: everything in another database, the old one takes nothing any more."""

from __future__ import annotations

import json
import os
import tracemalloc
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from survey_app import services
from survey_app.backup.moving import Moved, MoveRefused, move
from survey_app.backup.retirement import take_back
from survey_app.backup.tables import BATCH_BYTES, read_rows
from survey_app.backup.verification import Altered, Sealed
from survey_app.cli import main
from survey_app.crypto.blind import blind
from survey_app.crypto.box import credential_message
from survey_app.database import database_url, store_files
from survey_app.machine_trouble import trouble_of
from survey_app.migrate import DatabaseMoved, NewerDatabase, is_current, upgrade
from survey_app.models import (
    Action,
    ActionEvidence,
    AuditEntry,
    Ballot,
    Base,
    Dataset,
    RosterPerson,
    State,
    Suggestion,
    Survey,
)
from survey_app.services import COMMAND_LINE
from survey_app.services.survey_keys import public_key_of
from tests.databases import copy_database
from tests.unit.app.test_backup import (
    CLOCK,
    SECRET,
    Life,
    engine_at,
    group_of,
    lived,
    test_members_go_on_where_they_were_and_the_scrutineers_open_it,
    test_what_the_database_forbids_it_forbids_again,
)

__all__ = [
    "test_members_go_on_where_they_were_and_the_scrutineers_open_it",
    "test_what_the_database_forbids_it_forbids_again",
]
"""The stories of a restored database are those of a moved one as well: `restored` is the new one here."""

WORDS = "意见：𠮷野家𪚥 😀 “引号” ' \\ \u00a0 ﷺ"


def nobody_looks(_done: int, _total: int) -> None:
    """Of progress."""


@pytest.fixture(scope="module")
def once(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Life, Path]:
    """Lived once for all tests of this file, with rare characters and a name to be reminded."""
    path = copy_database(migrated_file, tmp_path_factory.mktemp("lived") / "life.sqlite3")
    with engine_at(f"sqlite:///{path}") as engine:
        life = lived(engine)
        with Session(engine) as session:
            one = session.scalars(select(Suggestion)).one()
            one.original = one.answer = WORDS
            running = life.running.survey
            session.add(RosterPerson(survey_id=running.id, unit_id=running.unit_id, name="欧阳𠮷"))
            session.commit()
    return life, path


@pytest.fixture
def life(once: tuple[Life, Path]) -> Life:
    return once[0]


@pytest.fixture
def source(once: tuple[Life, Path], tmp_path: Path) -> Iterator[Engine]:
    with engine_at(f"sqlite:///{copy_database(once[1], tmp_path / 'old.sqlite3')}") as engine:
        yield engine


@pytest.fixture
def new_url(migrated_file: Path, tmp_path: Path) -> str:
    """As `init` leaves one."""
    return f"sqlite:///{copy_database(migrated_file, tmp_path / 'new.sqlite3')}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def restored(request: pytest.FixtureRequest, source: Engine) -> Iterator[Engine]:
    """The new database, of either kind."""
    url = request.getfixturevalue("new_url" if request.param == "sqlite" else "fresh_postgres_url")
    moved_to(source, url)
    with engine_at(url) as engine:
        yield engine


def moved_to(source: Engine, url: str) -> Moved:
    return move(source, url, clock=CLOCK, progress=nobody_looks)


def everything_in(engine: Engine) -> dict[str, list[bytes]]:
    """Every row of every table in the form that both kinds of database share, in one order."""
    with engine.connect() as connection:
        return {table.name: sorted(read_rows(connection, table)) for table in Base.metadata.sorted_tables}


def without_acts(rows: dict[str, list[bytes]]) -> dict[str, list[bytes]]:
    return {name: found for name, found in rows.items() if not name.startswith("audit_")}


@pytest.mark.postgresql
def test_everything_moves_row_for_row_to_postgresql_and_back(source, fresh_postgres_url, tmp_path):
    keep_large_file(source)
    new_url = f"sqlite:///{tmp_path / 'new.sqlite3'}"
    before = everything_in(source)
    assert all(before.values()), [name for name, rows in before.items() if not rows]
    first = moved_to(source, fresh_postgres_url)
    assert first.rows == {name: len(rows) for name, rows in before.items()}
    assert first.verified.altered == ()
    with engine_at(fresh_postgres_url) as engine:
        assert without_acts(everything_in(engine)) == without_acts(before)
        second = moved_to(engine, new_url)
    assert second.verified.counts == {**first.verified.counts, Sealed.ACTS: first.verified.counts[Sealed.ACTS] + 1}
    assert second.verified.counts[Sealed.DATA] == 2
    with engine_at(new_url) as engine:
        after = everything_in(engine)
        with Session(engine) as session:
            acts = session.scalars(select(AuditEntry).order_by(AuditEntry.number)).all()[-2:]
            assert session.scalars(select(Suggestion.answer)).all() == [WORDS]
    assert without_acts(after) == without_acts(before)
    assert set(before["audit_entry"]) < set(after["audit_entry"])
    assert [(act.act, act.object_id) for act in acts] == [
        ("database.move", "sqlite → postgresql"),
        ("database.move", "postgresql → sqlite"),
    ]
    files = [Path(new_url.removeprefix("sqlite:///")), *store_files(new_url.removeprefix("sqlite:///")).values()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def keep_large_file(engine: Engine) -> None:
    """Larger than what is kept in memory of a table."""
    content = os.urandom(BATCH_BYTES + 1)
    with Session(engine) as session:
        session.add(
            ActionEvidence(
                name=f"{WORDS}.pdf", media_type="application/pdf", size=len(content), added_at=CLOCK.now(),
                sha256=sha256(content).hexdigest(), content=content, action=session.scalars(select(Action)).first(),
            )
        )  # fmt: skip
        session.commit()


@pytest.mark.postgresql
def test_new_rows_of_the_boxes_tell_neither_order_nor_moment(source, fresh_postgres_url):
    moved_to(source, fresh_postgres_url)
    with engine_at(fresh_postgres_url) as engine, engine.connect() as connection:
        for table, key in (("ballot_box.ballot", "spent"), ("issue_box.invitation", "code_hash")):
            rows = connection.execute(text(f"select {key}, xmin::text from {table} order by ctid")).all()
            assert [row[0] for row in rows] == sorted(row[0] for row in rows)
            assert len({row[1] for row in rows}) == 1


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def left(request: pytest.FixtureRequest, source: Engine, new_url: str) -> Iterator[Engine]:
    """A database of either kind from which everything has moved."""
    if request.param == "sqlite":
        moved_to(source, new_url)
        yield source
        return
    url = request.getfixturevalue("fresh_postgres_url")
    moved_to(source, url)
    with engine_at(url) as engine:
        moved_to(engine, new_url)
        yield engine


def activate(session: Session, life: Life) -> bytes:
    """A member's first message, with a code that nobody has used."""
    survey = session.get_one(Survey, life.running.survey.id)
    group = group_of(survey, "organs")
    key = public_key_of(group)
    blinded = blind(key, credential_message(survey.id, key.key_id)).blinded
    code = life.running.codes[group.slug][0]
    return services.issue_credential(session, survey, group, code, blinded, secret=SECRET, clock=CLOCK)


def put_in(session: Session, life: Life) -> None:
    group = group_of(session.get_one(Survey, life.running.survey.id), "organs")
    message = services.Message(receipt=bytes(32), envelope=b"sealed")
    services.cast.put_in(session, group.survey, group, os.urandom(32), message)


def close(session: Session, life: Life) -> None:
    survey = session.get_one(Survey, life.running.survey.id)
    services.close_survey(session, survey, by=COMMAND_LINE, clock=CLOCK)


def test_what_has_moved_takes_nothing_until_it_is_taken_back(left, life):
    """No code, no ballot, no act of a committee; read it can be."""
    before, url = everything_in(left), left.url.render_as_string(hide_password=False)
    for act in (activate, put_in, close):
        with Session(left) as session, pytest.raises(DBAPIError) as refusal:
            act(session, life)
        trouble = trouble_of(refusal.value)
        assert trouble is not None
        assert trouble.reason == "moved"
    assert everything_in(left) == before
    with pytest.raises(DatabaseMoved):
        upgrade(url)
    with left.begin() as connection:
        assert take_back(connection)
    with left.begin() as connection:
        assert not take_back(connection)
    assert is_current(url)
    with Session(left) as session:
        assert activate(session, life)
        close(session, life)
        session.commit()


def test_what_was_altered_before_is_told_and_moves_as_it_stands(source, new_url):
    with source.begin() as connection:
        connection.execute(update(Dataset).values(comments=b"{}"))
    with Session(source) as session:
        title = session.scalars(select(Survey.title).where(Survey.state == State.SEALED)).one()
    before = everything_in(source)
    moved = moved_to(source, new_url)
    assert moved.verified.altered == (Altered(Sealed.DATA, title),)
    with engine_at(new_url) as engine:
        assert everything_in(engine)["dataset"] == before["dataset"]


# What it refuses; the old database is as before each time.


@pytest.fixture
def still_in_use(source: Engine, life: Life) -> Iterator[None]:
    before = everything_in(source)
    yield
    assert everything_in(source) == before
    with Session(source) as session:
        assert activate(session, life)


@pytest.mark.usefixtures("still_in_use")
def test_a_database_with_anything_in_it_the_same_or_none_at_all_is_refused(source, once, tmp_path):
    full = copy_database(once[1], tmp_path / "full.sqlite3")
    text_file = tmp_path / "text.sqlite3"
    text_file.write_text("no database at all, but long enough to be read as one" * 9)
    stores = store_files(str(source.url.database))
    for address, reason in {
        f"sqlite:///{full}": "full",
        f"sqlite:///{source.url.database}": "same",
        f"sqlite:///{stores['ballot_box']}": "same",
        f"sqlite:///{tmp_path}/nowhere/new.sqlite3": "folder",
        f"sqlite:///{text_file}": "unreachable",
        "sqlite://": "memory",
        "mysql://localhost/survey": "scheme",
        "nothing": "scheme",
        "postgresql://nobody:secret@127.0.0.1:9/survey": "unreachable",
    }.items():
        with pytest.raises(MoveRefused) as refusal:
            moved_to(source, address)
        assert refusal.value.reason == reason, address
        assert "secret" not in str(refusal.value)


@pytest.mark.usefixtures("still_in_use")
def test_a_database_of_a_newer_version_is_refused(source, new_url):
    upgrade(new_url)
    with engine_at(new_url) as engine, engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(NewerDatabase):
        moved_to(source, new_url)


@pytest.mark.usefixtures("still_in_use")
@pytest.mark.postgresql
def test_an_account_that_may_not_make_tables_is_told_what_to_ask_for(source, fresh_postgres_url):
    name = database_url(fresh_postgres_url).database
    guest = f"guest_of_{name}"
    with engine_at(fresh_postgres_url) as admin, admin.begin() as connection:
        connection.execute(text(f"create role {guest} login password 'guest'"))
    url = database_url(fresh_postgres_url).set(username=guest, password="guest")
    with pytest.raises(MoveRefused, match=f"GRANT CREATE ON DATABASE {name} TO {guest}"):
        moved_to(source, url.render_as_string(hide_password=False))
    with engine_at(fresh_postgres_url) as admin, admin.begin() as connection:
        connection.execute(text(f"drop role {guest}"))


@pytest.mark.usefixtures("still_in_use")
@pytest.mark.postgresql
def test_a_database_that_cannot_hold_every_character_is_refused(source, postgres_url):
    name = f"ascii_{os.getpid()}"
    with engine_at(postgres_url) as engine:
        admin = engine.execution_options(isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(f"create database {name} encoding 'LATIN1' locale 'C' template template0"))
        url = database_url(postgres_url).set(database=name).render_as_string(hide_password=False)
        with pytest.raises(MoveRefused, match="LATIN1"):
            moved_to(source, url)
        with admin.connect() as connection:
            connection.execute(text(f"drop database {name} with (force)"))


@pytest.mark.usefixtures("still_in_use")
@pytest.mark.postgresql
def test_rows_that_do_not_arrive_as_they_were_stop_the_move(source, fresh_postgres_url):
    upgrade(fresh_postgres_url)
    with engine_at(fresh_postgres_url) as engine:
        with engine.begin() as connection:
            connection.execute(text("create rule swallow as on insert to membership do instead nothing"))
        with pytest.raises(MoveRefused, match="membership"):
            moved_to(source, fresh_postgres_url)
        with engine.connect() as connection:
            assert connection.scalar(select(func.count()).select_from(Survey)) == 0


def test_many_ballots_never_lie_in_memory_together(source, life, new_url):
    survey, size, count = life.by_link.survey, 30_000, 1000
    ballots = [
        {
            "spent": os.urandom(32), "receipt": os.urandom(32), "envelope": bytes(size), "is_paper": False,
            "survey_id": survey.id, "group_id": survey.groups[0].id,
        }
        for _ in range(count)
    ]  # fmt: skip
    with source.begin() as connection:
        connection.execute(insert(Ballot), ballots)
    tracemalloc.start()
    moved_to(source, new_url)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < size * count / 2


# The command, as a person or a script calls it.


@pytest.fixture
def home(once: tuple[Life, Path], tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    copy_database(once[1], folder / "branch-survey.sqlite3")
    (folder / "installation-secret").write_text(SECRET.hex())
    (folder / "session-key").write_text("for tests")
    return folder


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("BRANCH_SURVEY_INSTANCE", str(home))

    def run(*arguments: str, typed: str | None = None):
        return CliRunner().invoke(main, ["--lang", "en", *arguments], input=typed)

    return run


def test_the_command_asks_moves_and_says_what_to_do_next(run, home, tmp_path):
    url = f"sqlite:///{tmp_path / 'new.sqlite3'}"
    assert "Nothing has been done." in run("migrate-to", url, typed="n\n").stderr
    moved = run("migrate-to", url, typed="y\n")
    assert moved.exit_code == 0, moved.output
    for said in (
        "✓ Record of acts: ",
        "✓ Sealed data: 2, all as they were sealed.",
        f"Now write into {home / 'config.toml'}:",
        f'    DATABASE_URL = "{url}"',
        f"delete it: {home / 'branch-survey.sqlite3'} {home / 'branch-survey.issue.sqlite3'}",
    ):
        assert said in moved.stdout
    for command in (["migrate-to", f"{url}.other", "--yes"], ["serve"], ["init"], ["backup", str(tmp_path / "b.zip")]):
        refused = run(*command)
        assert refused.exit_code == 1
        assert "has moved to another one" in refused.stderr
    (home / "config.toml").write_text(f'DATABASE_URL = "{url}"\n', encoding="utf-8")
    assert run("audit", "verify").exit_code == 0


def test_a_script_gets_the_facts(run, tmp_path):
    facts = json.loads(run("migrate-to", f"sqlite:///{tmp_path / 'new.sqlite3'}", "--yes", "--json").stdout)
    assert facts["rows"]["unit"] == 7
    assert facts["verified"]["data"] == 2
    assert facts["altered"] == []


@pytest.mark.postgresql
def test_no_password_is_printed(run, fresh_postgres_url):
    url = database_url(fresh_postgres_url).set(password="tiger 7").render_as_string(hide_password=False)
    moved = run("migrate-to", url, "--yes")
    assert "(with the password instead of ***)" in moved.stdout
    assert "tiger" not in moved.output


def test_taking_back_is_asked_for_and_written_down(run, home, tmp_path):
    run("migrate-to", f"sqlite:///{tmp_path / 'new.sqlite3'}", "--yes")
    assert "Nothing has been done." in run("migrate-to", "--take-back", typed="n\n").stderr
    assert run("migrate-to", "--take-back", "--yes").exit_code == 0
    assert "nothing to take back" in run("migrate-to", "--take-back", "--yes").stderr
    with engine_at(f"sqlite:///{home / 'branch-survey.sqlite3'}") as engine, Session(engine) as session:
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc())).first()
        assert last is not None
        assert last.act == "database.take_back"


def test_it_is_called_with_an_address_or_to_take_back(run):
    for wrong in (["migrate-to"], ["migrate-to", "sqlite:////x", "--take-back"]):
        assert run(*wrong).exit_code == 2
