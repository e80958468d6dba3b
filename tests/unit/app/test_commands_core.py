"""`branch-survey init`, `create-user`, `reset-password` and `serve`, as a person or a script would call them."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import urlopen

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.cli import COMMANDS, main
from survey_app.clock import system_clock
from survey_app.database import build_engine
from survey_app.migrate import newest_revision
from survey_app.models import AuditEntry, User, UserSession
from tests.district import found_district


@pytest.fixture
def instance(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "instance"
    monkeypatch.setenv("BRANCH_SURVEY_INSTANCE", str(folder))
    for name in ("LC_ALL", "LANG"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def run(instance):
    def run(*arguments: str):
        return CliRunner().invoke(main, ["--lang", "en", *arguments])

    return run


@pytest.fixture
def ready(run, instance, clock):
    """An initialised installation with the district in it."""
    run("init")
    with Session(build_engine(f"sqlite:///{instance / 'branch-survey.sqlite3'}")) as session:
        found_district(session, clock)
    return run


def test_init_makes_secrets_for_one_pair_of_eyes_and_a_database(run, instance):
    first = json.loads(run("init", "--json").stdout)
    assert first["revision"] == newest_revision()
    assert len(first["questionnaires"]) >= 2
    for name in first["secrets_written"]:
        assert stat.S_IMODE((instance / name).stat().st_mode) == 0o600
    assert len(bytes.fromhex((instance / "installation-secret").read_text())) == 32


def test_a_second_init_keeps_everything(run, instance):
    run("init")
    secret = (instance / "installation-secret").read_bytes()
    second = run("init", "--json")
    assert second.exit_code == 0
    assert json.loads(second.stdout)["secrets_written"] == []
    assert (instance / "installation-secret").read_bytes() == secret


def test_a_folder_that_cannot_be_written_is_named_in_one_line(run, instance):
    instance.write_text("a file where the folder should be")
    result = run("init")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert str(instance) in result.stderr


def test_an_account_is_made_with_a_password_that_opens_it(ready):
    made = json.loads(
        ready("create-user", "wang", "--name", "王五", "--role", "secretary", "--unit", "education", "--json").stdout
    )
    assert made["login"] == "wang"
    again = json.loads(ready("reset-password", "wang", "--json").stdout)
    assert again["password"] != made["password"]


def test_an_assessor_is_made_for_a_time_and_listed_with_it(ready):
    made = ("create-user", "kaohe", "--name", "考核组", "--role", "assessor", "--unit", "organs")
    refused = ready(*made)
    assert refused.exit_code == 1
    assert "please give its last day" in refused.stderr
    assert ready(*made, "--until", "soon").exit_code == 2
    until = (system_clock.today() + timedelta(days=30)).isoformat()
    assert json.loads(ready(*made, "--until", until, "--json").stdout)["until"] == until
    assert ready("users", "list").stdout == f"kaohe · 考核组 · assessor organs (until {until})\n"
    assert json.loads(ready("users", "list", "--json").stdout)["users"] == [
        {
            "login": "kaohe",
            "name": "考核组",
            "in_use": True,
            "second_step": False,
            "roles": [{"role": "assessor", "unit": "organs", "until": until, "has_ended": False}],
        }
    ]


def test_a_lost_phone_and_an_open_session_are_dealt_with_at_the_machine(ready, instance):
    ready("create-user", "wang", "--name", "王五", "--role", "secretary", "--unit", "education")
    with Session(build_engine(f"sqlite:///{instance / 'branch-survey.sqlite3'}")) as session:
        user = session.query(User).one()
        user.totp_secret, user.totp_step = b"of the lost phone", 1
        session.add(UserSession(user_id=user.id, started_at=datetime(2026, 11, 2, tzinfo=UTC), device=""))
        session.commit()
        assert "with second step" in ready("users", "list").stdout
        assert json.loads(ready("users", "lift-second-step", "wang", "--json").stdout)["had_second_step"]
        assert ready("users", "lift-second-step", "wang").stdout == "wang has no second step.\n"
        assert ready("users", "sign-out", "wang").stdout == "wang is signed out everywhere.\n"
        session.expire_all()
        assert (user.totp_secret, user.totp_step, session.query(UserSession).count()) == (None, None, 0)
        acts = session.scalars(select(AuditEntry.act).order_by(AuditEntry.number)).all()[-2:]
        assert acts == ["user.second_step_off", "user.sign_out_everywhere"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("create-user", "x", "--name", "X", "--role", "assessor", "--unit", "nowhere"), "nowhere"),
        (("users", "lift-second-step", "nobody"), "nobody"),
        (("reset-password", "nobody"), "nobody"),
    ],
)
def test_a_failure_is_one_line_and_a_status(ready, arguments, said):
    result = ready(*arguments)
    assert result.exit_code == 1
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_without_init_commands_say_what_to_run_first(run):
    result = run("reset-password", "nobody")
    assert result.exit_code == 1
    assert "branch-survey init" in result.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(run, name):
    result = run(name, "--help")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) > 4


def test_a_taken_port_is_told_with_the_mend(ready):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = ready("serve", "--port", str(port))
    assert result.exit_code == 1
    assert result.stderr.strip() == f"Port {port} is taken; choose another: make run PORT={port + 1}"


def test_the_service_answers_and_writes_down_nobody(ready, instance):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "BRANCH_SURVEY_INSTANCE": str(instance), "LANG": "en_GB.UTF-8"}
    environment.pop("LC_ALL", None)
    service = subprocess.Popen(
        [sys.executable, "-c", "from survey_app.cli import main; main()", "serve", "--port", str(port)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert "<h1" in page_when_up(f"http://127.0.0.1:{port}/")
    finally:
        service.terminate()
    told = service.communicate(timeout=30)[0]
    assert f"http://127.0.0.1:{port}" in told
    assert "GET /" not in told
    assert service.returncode == 0


def page_when_up(address: str, seconds: float = 60) -> str:
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urlopen(address, timeout=5) as response:
                return response.read().decode()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def test_init_makes_no_new_secret_beside_a_database_that_was_used_with_another(run, instance):
    run("init")
    secret = instance / "installation-secret"
    lost = secret.read_text(encoding="ascii")
    secret.unlink()
    refused = run("init")
    assert refused.exit_code == 1
    assert f"Please put it back as {secret}" in refused.stderr
    assert not secret.exists()
    assert json.loads(run("init", "--new-secret", "--json").stdout)["secrets_written"] == ["installation-secret"]
    assert secret.read_text(encoding="ascii") != lost
