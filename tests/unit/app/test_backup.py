"""`branch-survey backup` and `restore`: what is in a backup, what is not, and how life goes on after it."""

from __future__ import annotations

import base64
import json
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from random import Random
from zipfile import ZipFile

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, func, make_url, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from analysis.types import Measure
from survey_app import migrate, services
from survey_app.backup import boxes
from survey_app.backup.archive import BackupRefused
from survey_app.backup.loading import RestoreRefused, require_empty, restore
from survey_app.backup.reading import opened_backup
from survey_app.backup.tables import read_rows, shape_of
from survey_app.backup.writing import main_tables, write_backup
from survey_app.cli import main
from survey_app.clock import SetClock
from survey_app.crypto.blind import blind
from survey_app.crypto.box import credential_message
from survey_app.database import ROSTER_STORE, build_engine, store_files
from survey_app.errors import CodeUsed, PassphraseRefused, SecretReplaced
from survey_app.migrate import is_current, newest_revision, upgrade
from survey_app.models import (
    AccessMode,
    Action,
    AuditEntry,
    Ballot,
    Invitation,
    Membership,
    RosterPerson,
    State,
    Survey,
    Unit,
    UserRole,
    UserSession,
)
from survey_app.services import COMMAND_LINE, OpenedSurvey
from survey_app.services.survey_keys import public_key_of
from tests.answering import cast, count_and_seal
from tests.databases import copy_database
from tests.district import District, found_district
from tests.unit.app.small_questionnaire import CONTENT, SOURCE
from tests.unit.app.test_local_modules import LOCAL
from tests.unit.app.voters import answer
from tests.year_of_the_committee import leave_traces_of_a_year

UPGRADES = Path(__file__).parents[2] / "upgrades"
SECRET = bytes(range(32))
CLOCK = SetClock(datetime(2026, 11, 2, 9, tzinfo=UTC))


@dataclass(frozen=True)
class Life:
    """Surveys in every state, and what only members and scrutineers know of them."""

    running: OpenedSurvey
    closed: OpenedSurvey
    by_link: OpenedSurvey
    blinded: bytes
    blind_signature: bytes
    code: str

    @property
    def under_way(self) -> tuple[OpenedSurvey, ...]:
        return self.running, self.closed, self.by_link


def lived(engine: Engine) -> Life:
    """Two years sealed and withdrawn, a draft, one survey closed, two running; some have answered."""
    years = (2023, 2024, 2025, 2026)
    with Session(engine, expire_on_commit=False) as session:
        district: District = found_district(session, CLOCK, years=years)
        services.set_objective(
            session, unit=district["district"], year=2026, audience="member", code="overall", title="总体满意率",
            measure=Measure.OVERALL, target=None, threshold="0.90", owner="", by=COMMAND_LINE, clock=CLOCK,
        )  # fmt: skip
        district.person(UserRole.SECRETARY)

        def opened(**choices) -> OpenedSurvey:
            draft = district.draft(**choices)
            found = services.open_survey(session, draft, by=COMMAND_LINE, clock=CLOCK, secret=SECRET)
            session.commit()
            return found

        services.start_draft(session, district["education"], source=SOURCE, by=COMMAND_LINE, clock=CLOCK)
        with_local = district.draft(year=2023)
        with_local.instrument = services.publish_instrument(
            session, SOURCE.replace("code: small", "code: with-local\nlocal_items: 3", 1), by=COMMAND_LINE, clock=CLOCK
        )
        local = services.publish_instrument(session, LOCAL, unit=district["education"], by=COMMAND_LINE, clock=CLOCK)
        services.add_module(session, with_local, district["education"], local, by=COMMAND_LINE, clock=CLOCK)
        sealed = services.open_survey(session, with_local, by=COMMAND_LINE, clock=CLOCK, secret=SECRET)
        answer(session, sealed, "education", 14, secret=SECRET, canteen_food=2)
        services.close_survey(session, sealed.survey, by=COMMAND_LINE, clock=CLOCK)
        count_and_seal(session, sealed.survey, sealed.passphrases, clock=CLOCK, secret=SECRET, rng=Random(1))
        session.add(
            Action(
                title="改进组织生活", item="meetings", baseline_satisfied=9, baseline_n=14, acceptance="0.80",
                owner="张三", due=date(2027, 3, 31), created_at=CLOCK.now(), unit=district["education"],
                survey=sealed.survey,
            )
        )  # fmt: skip
        faulty = opened(year=2024)
        services.withdraw_survey(session, faulty.survey, reason="题目有误", by=COMMAND_LINE, clock=CLOCK, copy=True)
        closed = opened(year=2025, scrutineers=1)
        answer(session, closed, "waterworks", 11, secret=SECRET)
        services.close_survey(session, closed.survey, by=COMMAND_LINE, clock=CLOCK)
        running = opened()
        answer(session, running, "education", 12, secret=SECRET)
        by_link = opened(access_mode=AccessMode.OPEN, unit="waterworks")
        answer(session, by_link, "waterworks", 6, secret=SECRET)
        group = group_of(running.survey, "organs")
        code = running.codes[group.slug].pop()
        key = public_key_of(group)
        blinded = blind(key, credential_message(running.survey.id, key.key_id)).blinded
        signature = services.issue_credential(session, running.survey, group, code, blinded, secret=SECRET, clock=CLOCK)
        services.void_slip(
            session, running.survey, running.codes[group.slug].pop(), by=COMMAND_LINE, clock=CLOCK, secret=SECRET
        )
        leave_traces_of_a_year(session, sealed.survey, before=closed.survey, after=running.survey, clock=CLOCK)
        session.commit()
    return Life(running, closed, by_link, blinded, signature, code)


def group_of(survey: Survey, unit: str):
    return next(group for group in survey.groups if group.unit.code == unit)


@pytest.fixture(scope="module")
def once(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Life, Path]]:
    """Lived once for all tests of this file, with a backup of it."""
    folder = tmp_path_factory.mktemp("lived")
    database = copy_database(migrated_file, folder / "life.sqlite3")
    with engine_at(f"sqlite:///{database}") as engine:
        life = lived(engine)
        write_backup(engine, folder / "backup.zip", secret=SECRET, clock=CLOCK)
    yield life, folder


@pytest.fixture
def life(once: tuple[Life, Path]) -> Life:
    return once[0]


@pytest.fixture
def source(once: tuple[Life, Path], tmp_path: Path) -> Iterator[Engine]:
    """A database of its own with that life in it."""
    database = copy_database(once[1] / "life.sqlite3", tmp_path / "source.sqlite3")
    with engine_at(f"sqlite:///{database}") as engine:
        yield engine


@pytest.fixture
def kept(once: tuple[Life, Path], tmp_path: Path) -> Path:
    """A backup of it."""
    return Path(shutil.copy(once[1] / "backup.zip", tmp_path / "all.zip"))


@pytest.fixture
def new_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'new.sqlite3'}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def restored(request: pytest.FixtureRequest, life: Life, kept: Path) -> Iterator[Engine]:
    """The life come back from its backup, on either kind of database."""
    url = request.getfixturevalue("new_url" if request.param == "sqlite" else "fresh_postgres_url")
    bring_back(kept, url, *life.under_way)
    with engine_at(url) as engine:
        yield engine


@contextmanager
def engine_at(url: str) -> Iterator[Engine]:
    engine = build_engine(url)
    yield engine
    engine.dispose()


def keys_for(backup, *opened: OpenedSurvey):
    by_id = {one.survey.id: one.passphrases for one in opened}
    return {
        survey.id: survey.unlock(by_id[survey.id][: survey.needed])
        for survey in backup.surveys_under_way()
        if survey.id in by_id
    }


def bring_back(path: Path, url: str, *opened: OpenedSurvey):
    with opened_backup(path) as backup:
        keys = keys_for(backup, *opened)
        return restore(url, backup, keys=keys, secret=SECRET, because="没有答卷", now=CLOCK.now())


def everything_in(engine: Engine) -> dict[str, list[bytes]]:
    """Every row of every table, boxes too, in the form that both kinds of database share."""
    with engine.connect() as connection:
        return {table.name: list(read_rows(connection, table)) for table in (*main_tables(), *boxes.TABLES)}


@pytest.mark.postgresql
def test_a_backup_comes_back_row_for_row_whichever_kinds_of_database(source, life, kept, fresh_postgres_url, new_url):
    before = everything_in(source)
    bring_back(kept, fresh_postgres_url, *life.under_way)
    with engine_at(fresh_postgres_url) as engine:
        assert everything_in(engine) == before
        write_backup(engine, kept, secret=SECRET, clock=CLOCK)
    bring_back(kept, new_url, *life.under_way)
    with engine_at(new_url) as engine:
        assert everything_in(engine) == before
    assert is_current(new_url)
    assert all(before.values())


def test_members_go_on_where_they_were_and_the_scrutineers_open_it(life, restored):
    with Session(restored) as session:
        survey = session.get_one(Survey, life.running.survey.id)
        organs = group_of(survey, "organs")

        def activate(blinded: bytes) -> bytes:
            return services.issue_credential(session, survey, organs, life.code, blinded, secret=SECRET, clock=CLOCK)

        assert activate(life.blinded) == life.blind_signature
        key = public_key_of(organs)
        with pytest.raises(CodeUsed):
            activate(blind(key, credential_message(survey.id, key.key_id)).blinded)
        for code in life.running.codes[organs.slug][:9]:
            cast(session, survey, organs, code, CONTENT, secret=SECRET)
        services.close_survey(session, survey, by=COMMAND_LINE, clock=CLOCK)
        dataset = count_and_seal(session, survey, life.running.passphrases, clock=CLOCK, secret=SECRET, rng=Random(1))
        assert dataset.rows == 12 + 9
        closed = session.get_one(Survey, life.closed.survey.id)
        assert (
            count_and_seal(session, closed, life.closed.passphrases, clock=CLOCK, secret=SECRET, rng=Random(1)).rows
            == 11
        )
        session.commit()


def test_what_the_database_forbids_it_forbids_again(life, restored):
    with Session(restored) as session:
        survey = session.get_one(Survey, life.running.survey.id)
        for forbidden in (
            update(Survey).where(Survey.id == survey.id).values(threshold=5),
            update(Survey).where(Survey.id == survey.id).values(state=State.DRAFT),
            text("delete from reporting_group"),
            text("update membership set unit_id = '00000000000000000000000000000000'"),
        ):
            with pytest.raises(DBAPIError):
                session.execute(forbidden)
            session.rollback()
        services.create_unit(
            session, code="new", name="New", level=session.scalars(select(Unit.level)).first(),
            kind=session.scalars(select(Unit.kind)).first(), parent=None, by=COMMAND_LINE, clock=CLOCK,
        )  # fmt: skip
        session.commit()
        numbers = session.scalars(select(AuditEntry.number)).all()
        assert len(set(numbers)) == len(numbers)
        assert session.scalar(select(func.count()).select_from(Membership)) == 1


def test_nobody_who_signed_out_since_is_signed_in_after_a_restore(life, source, kept, new_url):
    assert "tables/user_session.jsonl" not in parts_of(kept)
    with source.connect() as connection:
        rows = b"".join(read_rows(connection, UserSession.__table__))
    assert rows
    manifest = json.loads(parts_of(kept)["manifest.json"])
    manifest["tables"].append(shape_of(UserSession.__table__).model_dump())
    listed = rewritten(kept, {"manifest.json": json.dumps(manifest).encode()})
    of_an_earlier_version = rewritten(listed, {"tables/user_session.jsonl": rows}, mends_manifest=True)
    bring_back(of_an_earlier_version, new_url, *life.under_way)
    with engine_at(new_url) as engine, Session(engine) as session:
        assert session.scalars(select(UserSession)).all() == []


def parts_of(path: Path) -> dict[str, bytes]:
    with ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def test_two_backups_of_one_state_differ_in_the_blobs_alone(life, kept, restored, tmp_path):
    write_backup(restored, tmp_path / "again.zip", secret=SECRET, clock=CLOCK)
    first, second = parts_of(kept), parts_of(tmp_path / "again.zip")
    changed = {name for name in first if first[name] != second[name]}
    blobs = {f"boxes/{one.survey.id}.bin" for one in life.under_way}
    assert first.keys() == second.keys()
    assert changed == blobs | {"manifest.json"}  # where their hashes are
    with ZipFile(kept) as one, ZipFile(tmp_path / "again.zip") as two:
        assert [entry.date_time for entry in one.infolist()] == [entry.date_time for entry in two.infolist()]


def test_neither_size_nor_content_tells_whether_anybody_has_answered(life, source, kept, tmp_path):
    with Session(source) as session:
        survey = session.get_one(Survey, life.running.survey.id)
        for unit, count in (("education", 9), ("organs", 11)):
            group = group_of(survey, unit)
            for code in life.running.codes[group.slug][:count]:
                cast(session, survey, group, code, CONTENT, secret=SECRET)
        session.commit()
    write_backup(source, tmp_path / "later.zip", secret=SECRET, clock=CLOCK)
    before, after = parts_of(kept), parts_of(tmp_path / "later.zip")
    assert {name: len(part) for name, part in before.items()} == {name: len(part) for name, part in after.items()}
    assert [name for name in before if name.startswith("tables/") and before[name] != after[name]] == []


def test_no_code_no_receipt_and_no_envelope_can_be_read_from_it(source, kept):
    with source.connect() as connection:
        secrets_of_boxes = [
            bytes(value)
            for columns in (
                (Invitation.code_hash, Invitation.mark),
                (Ballot.spent, Ballot.receipt, Ballot.envelope),
            )
            for row in connection.execute(select(*columns))
            for value in row
            if any(value)
        ]
    everything = b"".join([kept.read_bytes(), *parts_of(kept).values()])
    assert len(secrets_of_boxes) > 100
    for value in secrets_of_boxes:
        for form in (value[:32], base64.b64encode(value)[:40], value[:32].hex().encode()):
            assert form not in everything


def test_an_open_link_that_many_more_use_than_expected_is_backed_up_all_the_same(life, source, new_url, tmp_path):
    survey = life.by_link.survey
    with Session(source) as session:
        size = len(session.scalars(select(Ballot.envelope).where(Ballot.survey_id == survey.id)).first())
        session.add_all(
            Ballot(
                spent=number.to_bytes(32), survey_id=survey.id, group_id=survey.groups[0].id,
                receipt=number.to_bytes(32), envelope=bytes(size),
            )
            for number in range(1, 3 * boxes.FEWEST)
        )  # fmt: skip
        session.commit()
    write_backup(source, tmp_path / "many.zip", secret=SECRET, clock=CLOCK)
    bring_back(tmp_path / "many.zip", new_url, *life.under_way)
    with engine_at(new_url) as engine:
        assert everything_in(engine)["ballot"] == everything_in(source)["ballot"]


def rewritten(path: Path, changed: dict[str, bytes], *, mends_manifest: bool = False) -> Path:
    """The backup with other parts; a careful forger mends the manifest as well."""
    parts = parts_of(path) | changed
    manifest = json.loads(parts["manifest.json"])
    if mends_manifest:
        for name, part in changed.items():
            manifest["parts"][name] = {"sha256": sha256(part).hexdigest(), "bytes": len(part)}
        parts["manifest.json"] = json.dumps(manifest).encode()
    target = path.with_name("rewritten.zip")
    with ZipFile(target, "w") as file:
        for name, part in parts.items():
            file.writestr(name, part)
    return target


@pytest.mark.parametrize("kind", ["tables/survey.jsonl", "boxes"])
def test_a_part_that_was_altered_or_is_missing_is_refused_before_anything_is_done(kept, kind):
    name = next(name for name in parts_of(kept) if name.startswith(kind))
    part = bytearray(parts_of(kept)[name])
    part[len(part) // 2] ^= 1
    with (
        pytest.raises(BackupRefused, match="damaged or was altered"),
        opened_backup(rewritten(kept, {name: bytes(part)})),
    ):
        pass
    with pytest.raises(BackupRefused, match="damaged or was altered"), opened_backup(rewritten(kept, {"more": b"x"})):
        pass


def test_a_file_cut_short_or_of_another_kind_is_refused(kept):
    for content in (kept.read_bytes()[:-100], b"", b"PK\x03\x04 and so on"):
        kept.write_bytes(content)
        with pytest.raises(BackupRefused, match="not a backup"), opened_backup(kept):
            pass
    with ZipFile(kept, "w") as file:
        file.writestr("manifest.json", "{}")
    with pytest.raises(BackupRefused, match="not a backup"), opened_backup(kept):
        pass


def test_boxes_altered_by_somebody_who_mends_the_hashes_are_refused_and_nothing_stays(life, kept, new_url):
    name = f"boxes/{life.running.survey.id}.bin"
    part = bytearray(parts_of(kept)[name])
    part[-20] ^= 1
    forged = rewritten(kept, {name: bytes(part)}, mends_manifest=True)
    with pytest.raises(RestoreRefused, match="cannot be opened"):
        bring_back(forged, new_url, *life.under_way)
    with engine_at(new_url) as engine:
        require_empty(engine)
    other = parts_of(kept)[f"boxes/{life.by_link.survey.id}.bin"]
    exchanged = rewritten(kept, {name: other}, mends_manifest=True)
    with pytest.raises(RestoreRefused, match="cannot be opened"):
        bring_back(exchanged, new_url, *life.under_way)
    bring_back(kept, new_url, *life.under_way)


def test_a_database_with_anything_in_it_is_left_alone(source, life, kept):
    before = everything_in(source)
    with pytest.raises(RestoreRefused, match="not empty"):
        bring_back(kept, str(source.url), *life.under_way)
    assert everything_in(source) == before


@pytest.mark.parametrize("names", [["张三丰"], []])
def test_a_list_of_names_left_from_another_installation_is_in_the_way(life, source, kept, new_url, names):
    survey = life.running.survey
    with Session(source) as session:
        session.add_all(RosterPerson(survey_id=survey.id, unit_id=survey.unit_id, name=name) for name in names)
        session.commit()
    old, new = store_files(source.url.database), store_files(make_url(new_url).database)
    shutil.copy(old[ROSTER_STORE], new[ROSTER_STORE])
    with pytest.raises(RestoreRefused, match="not empty"):
        bring_back(kept, new_url, *life.under_way)


def test_another_installation_secret_or_passphrase_is_noticed_before_loading(life, kept):
    with opened_backup(kept) as backup:
        running = next(one for one in backup.surveys_under_way() if one.id == life.running.survey.id)
        backup.require_secret(SECRET, [running.id])
        with pytest.raises(SecretReplaced):
            backup.require_secret(SECRET[::-1], [running.id])
        backup.require_secret(SECRET[::-1], [])
        assert running.needed == 2
        for wrong, reason in (
            (life.running.passphrases[:1], "count"),
            ([life.running.passphrases[0], life.closed.passphrases[0]], "wrong"),
            ([life.running.passphrases[0]] * 2, "twice"),
            ([life.running.passphrases[0], "no"], "length"),
        ):
            with pytest.raises(PassphraseRefused) as refusal:
                running.unlock(wrong)
            assert refusal.value.reason == reason


def test_a_survey_without_its_scrutineers_comes_back_withdrawn_and_the_others_go_on(life, kept, new_url):
    back = bring_back(kept, new_url, life.closed, life.by_link)
    assert [survey.id for survey in back.withdrawn] == [life.running.survey.id]
    with engine_at(new_url) as engine, Session(engine) as session:
        survey = session.get_one(Survey, life.running.survey.id)
        assert (survey.state, survey.withdrawn_because) == (State.WITHDRAWN, "没有答卷")
        assert survey.withdrawn_at == CLOCK.now()
        assert survey.opening_lock is None
        assert {group.signing_key for group in survey.groups} == {None}
        of_it = select(func.count()).select_from(Invitation).where(Invitation.survey_id == survey.id)
        assert session.scalar(of_it) == 0
        assert session.get_one(Survey, life.closed.survey.id).state is State.CLOSED
        ballots = select(func.count()).select_from(Ballot).where(Ballot.survey_id == life.closed.survey.id)
        assert session.scalar(ballots) == 11


def test_a_survey_of_before_the_ballot_box_needs_the_installation_secret_alone(tmp_path, new_url):
    facts = json.loads((UPGRADES / "0.2.0.json").read_text(encoding="utf-8"))
    secret, old = bytes.fromhex(facts["secret"]), f"sqlite:///{shutil.copy(UPGRADES / '0.2.0.sqlite3', tmp_path)}"
    upgrade(old)
    with engine_at(old) as engine:
        before = everything_in(engine)
        write_backup(engine, tmp_path / "old.zip", secret=secret, clock=CLOCK)
    with opened_backup(tmp_path / "old.zip") as backup:
        (survey,) = backup.surveys_under_way()
        assert survey.needed == 0
        with pytest.raises(RestoreRefused, match="installation secret"):
            restore(new_url, backup, keys={survey.id: None}, secret=secret[::-1], because="", now=CLOCK.now())
        restore(new_url, backup, keys={survey.id: None}, secret=secret, because="", now=CLOCK.now())
    with engine_at(new_url) as engine:
        assert everything_in(engine) == before
        assert len(before["ballot"]) >= 10


NEXT = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9999", "{newest}", None, None


def upgrade():
    op.add_column("unit", sa.Column("motto", sa.String(), nullable=False, server_default="团结"))


def downgrade():
    op.drop_column("unit", "motto")
"""


def test_a_backup_is_restored_by_later_versions_and_not_by_earlier_ones(life, kept, new_url, tmp_path, monkeypatch):
    with monkeypatch.context() as later:
        scripts = Path(shutil.copytree(migrate.SCRIPTS, tmp_path / "migrations"))
        (scripts / "versions" / "9999_later.py").write_text(NEXT.format(newest=newest_revision()), encoding="utf-8")
        later.setattr(migrate, "SCRIPTS", scripts)
        upgrade(new_url)  # as `init` does
        bring_back(kept, new_url, *life.under_way)
        assert is_current(new_url)
        with engine_at(new_url) as engine, engine.connect() as connection:
            assert set(connection.scalars(text("select motto from unit"))) == {"团结"}
    manifest = parts_of(kept)["manifest.json"].replace(b'"revision": "0', b'"revision": "9')
    with (
        pytest.raises(BackupRefused, match="newer version"),
        opened_backup(rewritten(kept, {"manifest.json": manifest})),
    ):
        pass


# The commands, as a person or a script calls them.


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch):
    def run(instance: Path, *arguments: object, typed: str | None = None):
        monkeypatch.setenv("BRANCH_SURVEY_INSTANCE", str(instance))
        return CliRunner().invoke(main, ["--lang", "en", *map(str, arguments)], input=typed)

    return run


@pytest.fixture
def old_home(once: tuple[Life, Path], tmp_path: Path) -> Path:
    """The machine on which that life is lived."""
    folder = tmp_path / "old"
    folder.mkdir()
    copy_database(once[1] / "life.sqlite3", folder / "branch-survey.sqlite3")
    (folder / "installation-secret").write_text(SECRET.hex())
    (folder / "session-key").write_text("for tests")
    return folder


@pytest.fixture
def new_home(old_home: Path, tmp_path: Path) -> Path:
    """A new machine to which the secrets were carried."""
    folder = tmp_path / "new"
    folder.mkdir()
    for name in ("installation-secret", "session-key"):
        shutil.copy(old_home / name, folder / name)
    return folder


@pytest.fixture
def passphrases(life: Life, tmp_path: Path) -> Path:
    running, closed, by_link = life.under_way
    path = tmp_path / "passphrases"
    path.write_text(
        f"{running.survey.slug} {' '.join(running.passphrases[1:])}\n\n"
        f"{closed.survey.id} {closed.passphrases[0]}\n{by_link.survey.slug} {' '.join(by_link.passphrases[:2])}\n",
        encoding="utf-8",
    )
    return path


def everything_at(home: Path) -> dict[str, list[bytes]]:
    with engine_at(f"sqlite:///{home / 'branch-survey.sqlite3'}") as engine:
        return everything_in(engine)


def test_backup_and_restore_from_one_machine_to_another(run, old_home, new_home, passphrases, tmp_path):
    file = tmp_path / "backup.zip"
    made = run(old_home, "backup", file)
    assert made.exit_code == 0, made.output
    assert f"Backup written to {file}" in made.stdout
    assert f"Not in it: {old_home / 'installation-secret'}" in made.stdout
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    back = run(new_home, "restore", file, "--passphrases-from", passphrases)
    assert back.exit_code == 0, back.output
    assert "7 units, 1 accounts, 6 surveys" in back.stdout
    before, after = (everything_at(home) for home in (old_home, new_home))
    assert {name for name in before if after[name] != before[name]} == {"audit_entry", "audit_head"}
    kept = len(before["audit_entry"]) - 1  # the backup ends with its own act
    assert after["audit_entry"][:kept] == before["audit_entry"][:kept]
    acts = [json.loads(line)["act"] for line in after["audit_entry"][kept:]]
    assert acts[0] == "backup.restore"
    assert set(acts[1:]) == {"survey.restore"}
    assert run(new_home, "init").exit_code == 0
    assert run(new_home, "restore", file, "--passphrases-from", passphrases).stderr.startswith(
        "The database is not empty"
    )


def test_an_existing_file_is_written_over_only_when_asked(run, old_home, tmp_path):
    file = tmp_path / "backup.zip"
    file.write_text("dear to somebody")
    refused = run(old_home, "backup", file)
    assert (refused.exit_code, refused.stderr) == (1, f"{file} exists; write over it with --force.\n")
    assert file.read_text() == "dear to somebody"
    facts = json.loads(run(old_home, "backup", file, "--force", "--json").stdout)
    assert facts["bytes"] == file.stat().st_size
    assert facts["rows"]["unit"] == 7
    assert len(facts["surveys_under_way"]) == 3


def test_passphrases_are_asked_for_until_they_are_right(run, life, old_home, new_home, tmp_path):
    running, closed, by_link = life.under_way
    run(old_home, "backup", tmp_path / "backup.zip")
    run(new_home, "init")
    in_order = sorted([running, by_link], key=lambda one: [*running_order(tmp_path)].index(one.survey.id))
    answers = [
        "no", closed.passphrases[0],
        in_order[0].passphrases[0], closed.passphrases[0], *in_order[0].passphrases[:2], *in_order[1].passphrases[:2],
    ]  # fmt: skip
    back = run(new_home, "restore", tmp_path / "backup.zip", typed="\n".join(answers) + "\n")
    assert back.exit_code == 0, back.output
    assert "A passphrase has 20 characters; number 1 has 2." in back.stderr
    assert "do not belong to this survey" in back.stderr
    assert not any(passphrase in back.output for passphrase in answers[1:])


def running_order(folder: Path):
    with opened_backup(folder / "backup.zip") as backup:
        return [survey.id for survey in backup.surveys_under_way()]


def test_without_passphrases_it_says_which_are_missing_and_what_can_be_done(run, life, old_home, new_home, tmp_path):
    file = tmp_path / "backup.zip"
    run(old_home, "backup", file)
    silent = run(new_home, "restore", file, typed="")
    assert silent.exit_code == 1
    assert "passphrases are missing for: 2025 年度党员满意度测评, 2026" in silent.stderr
    assert "--without-boxes" in silent.stderr
    some = tmp_path / "some"
    some.write_text(f"{life.closed.survey.slug} {life.closed.passphrases[0]}\n")
    refused = run(new_home, "restore", file, "--passphrases-from", some)
    assert "missing for: 2026" in refused.stderr
    some.write_text("nowhere ABCD\n")
    assert "no survey nowhere is under way" in run(new_home, "restore", file, "--passphrases-from", some).stderr
    given_up = json.loads(run(new_home, "restore", file, "--without-boxes", "--json").stdout)
    assert len(given_up["withdrawn"]) == 3
    with engine_at(f"sqlite:///{new_home / 'branch-survey.sqlite3'}") as engine, Session(engine) as session:
        survey = session.get_one(Survey, life.running.survey.id)
        assert survey.state is State.WITHDRAWN
        assert "from a backup without the ballots" in (survey.withdrawn_because or "")
        acts = session.scalars(select(AuditEntry.act).order_by(AuditEntry.number.desc()).limit(4)).all()
        assert acts == ["survey.withdraw"] * 3 + ["backup.restore"]


def test_without_the_installation_secret_it_says_where_it_belongs(run, life, old_home, tmp_path):
    file, bare = tmp_path / "backup.zip", tmp_path / "bare"
    run(old_home, "backup", file)
    refused = run(bare, "restore", file, "--without-boxes")
    assert refused.exit_code == 1
    assert (
        f"put the file installation-secret of the installation that was backed up into {bare} first" in refused.stderr
    )
    run(bare, "init")
    running = life.running
    some = tmp_path / "some"
    some.write_text(f"{running.survey.slug} {' '.join(running.passphrases[:2])}\n")
    other = run(bare, "restore", file, "--passphrases-from", some, "--without-boxes")
    assert "installation secret is not the one" in other.stderr
    assert run(bare, "restore", file, "--without-boxes").exit_code == 0
