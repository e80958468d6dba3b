"""What the service writes to stderr in either format while pages of members and of the committee fail."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from survey_app.database import store_files
from tests.faults.server import Service, migrated_database, running
from tests.voter import Phone

CODE = "4F9C-7Z2K-M1QX-8"
ADDRESS = "203.0.113.77"
BROWSER = "Hongqi/7.1"
COMMENT = "食堂的豆浆又凉了"
SURVEY = "0123456789abcdef0123456789abcdef"
TIMES = 12
NUMBER = "17f0c1d2-0000-4000-8000-00000000abcd"


@pytest.fixture(params=["text", "json"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    with (
        migrated_database("sqlite", tmp_path, request) as url,
        running(tmp_path, url, LOG_FORMAT=request.param, TRUSTED_PROXIES="1", LANGUAGE="en") as service,
    ):
        yield service


def spoil(service: Service) -> None:
    """Tables that pages ask for are gone: everything that needs one fails."""
    main = service.folder / "branch-survey.sqlite3"
    for path, tables in (
        (main, ("reporting_group", "user_account")),
        (store_files(main)["issue_box"], ("invitation",)),
    ):
        connection = sqlite3.connect(path)
        for table in tables:
            connection.execute(f'DROP TABLE "{table}"')
        connection.commit()
        connection.close()


def fail_everywhere(service: Service) -> None:
    """Members on every way in, then somebody at the door of the committee."""
    phone = Phone(service.port, {"User-Agent": BROWSER, "X-Forwarded-For": ADDRESS})
    message = {"survey": SURVEY, "group": SURVEY, "code": CODE, "blinded": "AAAA"}
    statuses = set()
    for _ in range(TIMES):
        statuses.add(phone.send("GET", f"/s/{SURVEY}/{CODE}")[0])
        phone.send("POST", "/api/issue", json.dumps(message).encode(), "application/json")
        phone.send("POST", f"/s/{SURVEY}/{CODE}/sheet", f"q_comment={COMMENT}".encode(), "text/plain")
    assert statuses == {500}
    assert phone.send("GET", f"/login?next=/committee/surveys/{NUMBER}")[0] == 500
    phone.hang_up()


def test_the_log_says_what_failed_and_nothing_of_who_asked(service, request):
    spoil(service)
    fail_everywhere(service)
    service.stop()
    said = service.output.partition("\n")[2]  # the first line is the address to open
    for trace in (CODE, CODE.replace("-", ""), ADDRESS, BROWSER, COMMENT, SURVEY, NUMBER, "/s/", "next=", "SELECT"):
        assert trace not in said, trace
    assert "no such table: reporting_group" in said
    is_json = request.node.callspec.params["service"] == "json"
    judge_objects(said) if is_json else judge_lines(said)


def judge_objects(said: str) -> None:
    """One object a line; only what a member caused has no moment."""
    told = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    others = [line for line in said.splitlines() if not line.startswith("{")]
    assert all(line.startswith("Nobody can sign in yet") for line in others), others
    assert all({"level", "event", "words"} <= set(one) for one in told)
    answering = [one for one in told if one["event"] == "answering.failed"]
    assert answering
    assert all(set(one) == {"level", "event", "words"} for one in answering)
    assert len(answering) < TIMES
    (page,) = [one for one in told if one["event"] == "page.failed"]
    assert (page["page"], page["method"], page["level"]) == ("auth.login", "GET", "error")
    assert any(place.startswith("survey_app/web/auth.py:") for place in page["at"])
    life = [one["event"] for one in told if one["event"].startswith("service.") and one["event"] != "service.warned"]
    assert life == ["service.starts", "service.stopped"]
    for one in told:
        if one["event"] != "answering.failed":
            assert datetime.fromisoformat(one["time"]).tzinfo is not None


def judge_lines(said: str) -> None:
    """Lines for people, without any moment."""
    assert not re.search(r"\d\d:\d\d:\d\d", said)
    assert "INFO the service starts, version" in said
    assert said.endswith("INFO the service has stopped\n")
    assert 1 <= len(re.findall("^ERROR an answer page failed: ", said, re.MULTILINE)) < TIMES
    assert "\nERROR the page auth.login failed: OperationalError: no such table: user" in said
    assert "  survey_app/web/auth.py:" in said
