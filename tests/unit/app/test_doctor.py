"""`branch-survey doctor`: it names what is wrong, says one line that mends it, changes nothing and never gives up."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session

from survey_app import services
from survey_app.cli import main
from survey_app.clock import SetClock, system_clock
from survey_app.config import write_secrets
from survey_app.database import build_engine, store_files
from survey_app.doctor import CHECKS, Finding, Grade, examine, installation_at
from survey_app.doctor.database import file_system_of
from survey_app.doctor.packages import differences
from survey_app.migrate import upgrade
from survey_app.services import COMMAND_LINE
from tests.databases import copy_database
from tests.district import found_district
from tests.mail_server import certificate, letter_box

UPGRADES = Path(__file__).parents[2] / "upgrades"


@pytest.fixture
def folder(tmp_path: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation as `init` leaves it."""
    for name in [name for name in os.environ if name.startswith("BRANCH_SURVEY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BRANCH_SURVEY_LANGUAGE", "en")  # the machine of the test may stand in UTC
    folder = tmp_path / "instance"
    monkeypatch.setenv("BRANCH_SURVEY_INSTANCE", str(folder))
    write_secrets(folder)
    folder.chmod(0o700)
    copy_database(migrated_file, folder / "branch-survey.sqlite3")
    return folder


def found(folder: Path, *names: str, **circumstances: object) -> list[Finding]:
    return [finding for _name, finding in examine(installation_at(folder, **circumstances), names or CHECKS)]


def troubles(folder: Path, *names: str, **circumstances: object) -> list[str]:
    """What is wrong, each with what mends it; a finding without a mending line would be of no use."""
    wrong = [finding for finding in found(folder, *names, **circumstances) if finding.grade is not Grade.OK]
    assert all(finding.mending for finding in wrong)
    return [f"{finding.what} {finding.mending}" % finding.values for finding in wrong]


def open_a_survey(folder: Path) -> None:
    """Its keys are wrapped under the secret of the installation."""
    engine = build_engine(f"sqlite:///{folder / 'branch-survey.sqlite3'}")
    secret = bytes.fromhex((folder / "installation-secret").read_text(encoding="ascii"))
    with Session(engine) as session:
        draft = found_district(session, system_clock).draft("education")
        draft.closes_on = system_clock.today() + timedelta(days=30)
        services.open_survey(session, draft, by=COMMAND_LINE, clock=system_clock, secret=secret)
        session.commit()
    engine.dispose()


def run(*arguments: str):
    return CliRunner().invoke(main, ["--lang", "en", "doctor", *arguments])


def test_of_a_healthy_installation_every_check_says_that_it_is_well(folder):
    open_a_survey(folder)
    result = run("--json")
    told = json.loads(result.stdout)
    ill = [finding for finding in told["findings"] if finding["grade"] != "ok"]
    assert [finding["check"] for finding in ill] == ["backups"], ill
    assert told["passed"]
    assert result.exit_code == 0
    assert {finding["check"] for finding in told["findings"]} == set(CHECKS)


def test_a_person_is_told_a_line_for_each_check_and_below_it_what_to_type(folder):
    (folder / "installation-secret").chmod(0o644)
    result = run()
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("✗ Access rights: "))
    assert lines[place + 1] == f"    → Let its owner alone read it: chmod 600 {folder / 'installation-secret'}"
    assert lines[-1].startswith("Wrong: 1;")
    assert any(line.startswith("✓ Database: SQLite ") for line in lines)


def test_before_init_it_says_so_and_makes_nothing(folder):
    shutil.rmtree(folder)
    said = troubles(folder)
    assert len([line for line in said if "branch-survey init" in line]) == 4
    assert not folder.exists()


def test_with_the_database_server_gone_everything_else_is_still_looked_at(folder, monkeypatch):
    monkeypatch.setenv("BRANCH_SURVEY_DATABASE_URL", "postgresql://survey:hidden@127.0.0.1:1/survey")
    names = {name for name, _finding in examine(installation_at(folder))}
    assert names >= {"database", "keys", "time", "disk", "print"}
    (said,) = troubles(folder, "database", "record", "keys", "time", "backups")
    assert "systemctl status postgresql" in said
    assert "hidden" not in said
    monkeypatch.setenv("BRANCH_SURVEY_DATABASE_URL", "mysql://127.0.0.1/survey")
    (said,) = troubles(folder, "database", "record", "keys", "time", "backups")
    assert "Correct DATABASE_URL" in said


@pytest.mark.postgresql
def test_a_database_server_in_the_present_shape_is_well(folder, fresh_postgres_url, monkeypatch):
    monkeypatch.setenv("BRANCH_SURVEY_DATABASE_URL", fresh_postgres_url)
    assert "The database is empty" in troubles(folder, "database")[0]
    upgrade(fresh_postgres_url)
    assert troubles(folder, "database", "record", "keys", "time", "rights", "disk") == []
    said = [finding.what % finding.values for finding in found(folder, "database", "disk")]
    assert said[0].startswith("PostgreSQL 1")
    assert "database server cannot be seen" in said[-1]


def test_a_missing_secret_is_to_be_put_back_and_never_made_anew_while_a_survey_is_under_way(folder):
    open_a_survey(folder)
    secret = folder / "installation-secret"
    secret.rename(folder / "elsewhere")
    (said,) = troubles(folder, "keys")
    assert f"{secret} is missing" in said
    assert "with a new one these surveys give out no more passes" in said
    write_secrets(folder)
    (said,) = troubles(folder, "keys")
    assert "is not the one with which this database was written" in said
    assert "Put back the file of then" in said
    (folder / "elsewhere").rename(secret)
    assert troubles(folder, "keys") == []


def test_without_a_session_key_a_new_one_does(folder):
    (folder / "session-key").unlink()
    (said,) = troubles(folder, "keys")
    assert "branch-survey init" in said


def test_two_servers_with_the_same_secrets_show_the_same_mark_and_others_another(folder, tmp_path):
    def mark() -> str:
        return str(found(folder, "keys")[0].values["mark"])

    first = mark()
    assert mark() == first
    assert (folder / "installation-secret").read_text().strip()[:8] != first
    (folder / "session-key").write_text("0" * 64)
    assert mark() != first


def test_what_others_may_read_is_named_with_the_line_that_closes_it(folder):
    (folder / "session-key").chmod(0o640)
    (folder / "config.toml").write_text('DATABASE_URL = "postgresql://survey:hidden@localhost/x"\n', encoding="utf-8")
    (folder / "config.toml").chmod(0o644)
    folder.chmod(0o755)
    said = troubles(folder, "rights")
    assert [f"chmod {mode} {path}" in line for line, mode, path in zip(
        said, (700, 600, 600), (folder, folder / "session-key", folder / "config.toml"), strict=True
    )] == [True] * 3  # fmt: skip


def test_settings_without_a_password_may_be_read_by_anybody(folder):
    (folder / "config.toml").write_text('LANGUAGE = "en"\nTLS = 1\nTRUSTED_PROXIES = 1\n', encoding="utf-8")
    (folder / "config.toml").chmod(0o644)
    assert troubles(folder, "rights", "settings") == []


def test_whoever_asks_as_another_account_is_told_only_that(folder, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    (said,) = troubles(folder)
    assert "sudo -u branch-survey branch-survey doctor" in said


def test_a_database_file_that_nobody_may_write_to_is_named(folder):
    ballots = folder / "branch-survey.ballots.sqlite3"
    ballots.chmod(0o400)
    assert troubles(folder, "rights") == [
        f"The database file {ballots} cannot be written to. Let its owner write to it: chmod 600 {ballots}"
    ]
    folder.chmod(0o500)
    assert any(f"chmod 700 {folder}" in line for line in troubles(folder, "rights"))
    folder.chmod(0o700)


@pytest.mark.parametrize("version", ["0.1.0", "0.5.0"])
def test_a_database_of_an_earlier_version_asks_for_init_and_is_left_alone(folder, version):
    for path in folder.glob("*.sqlite3"):
        path.unlink()
    copied = copy_database(UPGRADES / f"{version}.sqlite3", folder / "branch-survey.sqlite3")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    (said,) = troubles(folder, "database", "record", "keys", "backups", "time")
    assert "shape of an earlier version" in said
    assert "branch-survey init" in said
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert copied.exists()


def test_a_store_that_is_gone_is_missed_and_not_made_anew(folder):
    ballots = store_files(folder / "branch-survey.sqlite3")["ballot_box"]
    ballots.unlink()
    (said,) = troubles(folder, "database")
    assert str(ballots) in said
    assert "branch-survey restore" in said
    assert not ballots.exists()


def test_a_damaged_file_is_found(folder):
    path = folder / "branch-survey.sqlite3"
    content = bytearray(path.read_bytes())
    content[4096 * 3 : 4096 * 40] = b"\xa5" * (4096 * 37)
    path.write_bytes(content)
    (said,) = troubles(folder, "database")
    assert f"{path} is damaged: " in said
    assert "branch-survey restore" in said
    assert "\n" not in said
    path.write_bytes(b"no database at all")
    assert "no SQLite database" in troubles(folder, "database")[0]
    path.unlink()
    assert "Put the file back" in troubles(folder, "database")[0]


@pytest.mark.parametrize("store", ["issue_box", "ballot_box", "roster_store"])
def test_a_damaged_store_is_named(folder, store):
    path = store_files(folder / "branch-survey.sqlite3")[store]
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))
    (said,) = troubles(folder, "database")
    assert f"{path} is damaged: " in said
    path.write_bytes(b"\xa5" * len(content))
    (said,) = troubles(folder, "database")
    assert f"{path} is no SQLite database" in said
    assert "branch-survey restore" in said


def test_of_damage_that_another_check_meets_the_database_s_own_says_what_to_do(folder):
    open_a_survey(folder)
    path = folder / "branch-survey.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'user_account'").fetchone()
    content = bytearray(path.read_bytes())
    content[4096 * (page - 1) : 4096 * page] = b"\xa5" * 4096
    path.write_bytes(content)
    of_keys, of_database = troubles(folder, "keys", "database")
    assert of_keys.endswith("First do what is said of the database and of the disk.")
    assert "branch-survey restore" in of_database


def test_a_file_that_another_program_holds_is_to_be_waited_for_and_not_restored(folder, monkeypatch):
    monkeypatch.setattr("survey_app.doctor.installation.SECONDS", 0.1)
    path = folder / "branch-survey.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        (said,) = troubles(folder, "database")
    assert "database is locked" in said
    assert "Another program holds the file" in said
    assert "restore" not in said


def test_a_change_cut_short_leaves_a_journal_that_the_service_takes_back(folder):
    journal = folder / "branch-survey.issue.sqlite3-journal"
    journal.write_bytes(b"\0" * 512)
    (said,) = troubles(folder, "database")
    assert "Leave it where it is and start the service" in said


def test_a_record_of_acts_that_was_cut_at_its_end_is_noticed(folder):
    open_a_survey(folder)
    assert troubles(folder, "record") == []
    engine = build_engine(f"sqlite:///{folder / 'branch-survey.sqlite3'}")
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE audit_head SET number = number - 1")
    engine.dispose()
    (said,) = troubles(folder, "record")
    assert "branch-survey audit verify" in said


def test_a_clock_that_went_back_is_told_by_the_newest_act(folder):
    open_a_survey(folder)
    yesterday = SetClock(system_clock.now() - timedelta(days=1))
    (said,) = troubles(folder, "time", clock=yesterday)
    assert "newest act" in said
    assert "timedatectl set-ntp true" in said
    long_past = SetClock(system_clock.now().replace(year=1970))
    assert "long past" in troubles(folder, "time", clock=long_past)[0]


def test_a_backup_is_asked_for_when_there_is_none_or_the_last_is_old(folder, tmp_path):
    assert troubles(folder, "backups") == []
    open_a_survey(folder)
    assert "No backup has ever been made" in troubles(folder, "backups")[0]
    made = CliRunner().invoke(main, ["backup", str(tmp_path / "today.zip")])
    assert made.exit_code == 0, made.output
    assert troubles(folder, "backups") == []
    later = SetClock(system_clock.now() + timedelta(days=30))
    assert "30 days ago" in troubles(folder, "backups", clock=later)[0]


def test_a_typing_error_in_the_settings_stops_no_other_check(folder):
    (folder / "config.toml").write_text('LANGAUGE = "en"\nTLS = "perhaps"\n', encoding="utf-8")
    said = troubles(folder)
    assert [line for line in said if "LANGAUGE" in line and str(folder / "config.toml") in line]
    assert [line for line in said if line.startswith("The setting TLS is 1 (yes) or 0 (no).")]
    assert "ok" in {finding.grade for finding in found(folder, "database")}
    (folder / "config.toml").write_text("LANGUAGE = en\n", encoding="utf-8")
    assert "is not valid TOML" in troubles(folder, "settings")[0]


def test_a_variable_that_nobody_reads_is_named(folder, monkeypatch):
    monkeypatch.setenv("BRANCH_SURVEY_DATABASE", "sqlite:///x")
    assert "unset BRANCH_SURVEY_DATABASE" in troubles(folder, "settings")[0]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"SITE_ADDRESS": "http://survey.example.org"}, "without encryption"),
        ({"SITE_ADDRESS": "https://survey.example.org"}, "but TLS is 0"),
        ({"TLS": "1"}, "TRUSTED_PROXIES is 0"),
        ({"TLS": "1", "TRUSTED_PROXIES": "1", "SITE_ADDRESS": "http://x.example.org"}, "lead past the encryption"),
        ({"SMTP_HOST": "127.0.0.1", "MAIL_FROM": "a@example.org"}, "no SITE_ADDRESS"),
        ({"RATELIMIT_ENABLED": "0"}, "can be guessed"),
        ({"WORKERS": "4"}, "does not start"),
        ({"SMTP_CA_FILE": "/nowhere/ca.pem"}, "/nowhere/ca.pem"),
        ({"SECRET_KEY": "k" * 40}, "the file is not read"),
    ],
)
def test_settings_that_contradict_each_other_are_told(folder, monkeypatch, settings, said):
    for name, value in settings.items():
        monkeypatch.setenv(f"BRANCH_SURVEY_{name}", value)
    (told,) = troubles(folder, "settings")
    assert said in told


def test_plain_http_on_the_machine_itself_is_no_trouble(folder, monkeypatch):
    monkeypatch.setenv("BRANCH_SURVEY_SITE_ADDRESS", "http://127.0.0.1:8000")
    assert troubles(folder, "settings", "tls") == []


@contextmanager
def web_server(context: ssl.SSLContext, status: int, header: str) -> Iterator[int]:
    """Answers everything in the same way; its port."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            if header:
                self.send_header("Strict-Transport-Security", header)
            self.end_headers()

        def log_message(self, *_said: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("days_before", "status", "header", "said"),
    [
        (30, 200, "max-age=31536000", []),
        (10, 200, "max-age=31536000", ["ends in 10 days"]),
        (30, 502, "max-age=31536000", ["answers with status 502"]),
        (30, 200, "", ["does not tell browsers"]),
    ],
)
def test_the_address_of_the_service_is_asked_when_told_to(
    folder, tmp_path, monkeypatch, days_before, status, header, said
):
    context, file = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setenv("BRANCH_SURVEY_TLS", "1")
    before = SetClock(system_clock.now() + timedelta(days=1, hours=-1) - timedelta(days=days_before))
    with web_server(context, status, header) as port:
        monkeypatch.setenv("BRANCH_SURVEY_SITE_ADDRESS", f"https://127.0.0.1:{port}")
        told = troubles(folder, "tls", online=True, clock=before)
        assert len(told) == len(said)
        assert all(part in line for part, line in zip(said, told, strict=True))
        monkeypatch.delenv("SSL_CERT_FILE")
        assert "is not valid" in troubles(folder, "tls", online=True, clock=before)[0]
    assert "cannot be reached" in troubles(folder, "tls", online=True, clock=before)[0]
    assert troubles(folder, "tls", clock=before) == []


def test_the_mail_server_is_asked_when_told_to_and_sent_nothing(folder, monkeypatch):
    monkeypatch.setenv("BRANCH_SURVEY_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("BRANCH_SURVEY_SMTP_TLS", "none")
    monkeypatch.setenv("BRANCH_SURVEY_MAIL_FROM", "survey@example.org")
    with letter_box(auth_require_tls=False) as box:
        monkeypatch.setenv("BRANCH_SURVEY_SMTP_PORT", str(box.port))
        assert troubles(folder, "mail", online=True) == []
        assert box.letters == []
    assert "does not answer on port" in troubles(folder, "mail", online=True)[0]
    assert troubles(folder, "mail") == []


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/srv/survey/x.sqlite3", "nfs4"), ("/srv/other disk/x", "ext4"), ("/var/x", "ext4"), ("/srv/surveyor/x", "ext4")],
)
def test_the_file_system_of_a_path_is_that_of_the_nearest_mount(path, kind):
    mounts = "/dev/a / ext4 rw 0 0\nhost:/b /srv/survey nfs4 rw 0 0\n/dev/c /srv/other\\040disk ext4 rw 0 0\n"
    assert file_system_of(Path(path), mounts) == kind


def test_a_package_of_another_version_is_named_and_one_for_other_machines_is_not_missed():
    lock = 'flask==0.1 \\\n    --hash=sha256:00\nno-such-package==1.0 ; sys_platform == "win32"\nneither-this==2.0\n'
    told = list(differences(lock))
    assert told[0].startswith("flask 3.")
    assert told[1:] == ["neither-this – (2.0)"]


def test_a_check_that_fails_is_a_finding_itself(folder):
    installation = installation_at(folder)
    hollow = type(installation)(installation.folder, {})
    told = dict(examine(hollow))
    assert set(told) == set(CHECKS)
    assert told["keys"].grade is Grade.TROUBLE
    assert told["keys"].what == "This could not be looked at: %(reason)s"
