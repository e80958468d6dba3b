"""The short way says what the application would say, or leaves it to the application."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask, before_render_template
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from survey_app import create_app
from survey_app.safeguards import ON_EVERY_ANSWER
from tests.open_survey import OpenSurvey, open_survey
from tests.short_way import ShortPhone, ask, ask_together, taken, written
from tests.unit.app.small_questionnaire import CONTENT
from tests.voter import ClientPhone, ScriptVoter

JSON = "application/json"
PAGES = ("", "/keys.json", "/sheet")


@pytest.fixture
def survey(app: Flask) -> OpenSurvey:
    return open_survey(app)


@pytest.fixture
def known(client: FlaskClient, survey: OpenSurvey) -> OpenSurvey:
    """Somebody has answered already: pages and keys are in memory."""
    for page in PAGES:
        client.get(survey.path + page)
    ScriptVoter(ClientPhone(client), survey.path, survey.codes[0], CONTENT).go()
    return survey


def voter(app: Flask, survey: OpenSurvey, number: int) -> ScriptVoter:
    return ScriptVoter(ShortPhone(app=app), survey.path, survey.codes[number], CONTENT)


def of_issue(voter: ScriptVoter) -> bytes:
    return written("POST", "/api/issue", json.dumps(voter.asking).encode(), JSON)


def of_ballot(voter: ScriptVoter) -> bytes:
    voter.ballot = voter.ballot or voter.seal(voter.answers)
    return written("POST", "/api/ballots", json.dumps(voter.ballot).encode(), JSON)


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    said: list[str] = []

    def listen(_connection, _cursor, statement, *_rest) -> None:
        said.append(statement)

    event.listen(app.extensions["engine"], "before_cursor_execute", listen)
    yield said
    event.remove(app.extensions["engine"], "before_cursor_execute", listen)


def test_a_whole_respondent_goes_the_short_way(app: Flask, known: OpenSurvey):
    for page in PAGES:
        assert ask(app, written("GET", known.path + page)).status == 200
    one = voter(app, known, 1)
    one.go()
    assert one.receipt
    assert known.counts() == (2, 2)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("sent", [{}, {"Accept_Encoding": "gzip"}, {"Accept_Language": "en"}])
def test_a_page_by_the_short_way_is_the_one_of_the_application(app, client, known, page, sent):
    path = known.path + page
    long = client.get(path, headers={name.replace("_", "-"): value for name, value in sent.items()})
    short = ask(app, written("GET", path, **sent))
    assert (short.status, short.body) == (long.status_code, long.data)
    assert short.headers == dict(long.headers)
    assert short.headers.items() >= ON_EVERY_ANSWER.items()
    client.get(path, headers={"If-None-Match": long.headers["ETag"]})
    again = ask(app, written("GET", path, **sent, If_None_Match=long.headers["ETag"]))
    assert again is None or (again.status, again.body) == (304, b"")


def test_a_message_by_the_short_way_is_answered_as_by_the_application(app, client, known):
    one = voter(app, known, 1)
    one.go(until="activate")
    short = ask(app, of_issue(one))
    long = client.post("/api/issue", json=one.asking)
    assert (short.status, json.loads(short.body)) == (long.status_code, long.json)
    assert short.headers == dict(long.headers) | {"Content-Length": str(len(short.body))}
    one.go(until="cast")
    short = ask(app, of_ballot(one))
    long = client.post("/api/ballots", json=one.ballot)
    assert (short.status, json.loads(short.body)) == (long.status_code, long.json)
    assert short.headers == dict(long.headers) | {"Content-Length": str(len(short.body))}
    other = one.ballot | {"receipt": one.ballot["prefix"]}
    short = ask(app, written("POST", "/api/ballots", json.dumps(other).encode(), JSON))
    assert (short.status, json.loads(short.body)["receipt"]) == (409, one.ballot["receipt"])


def test_nothing_is_asked_of_the_database_while_others_wait_in_the_loop(app: Flask, client: FlaskClient, survey):
    fresh = voter(app, survey, 0)
    fresh.phone = ClientPhone(client)
    fresh.go(until="activate")
    with statements(app) as said:
        assert taken(app, written("GET", f"{survey.path}/sheet")) is None
        assert taken(app, of_issue(fresh)) is None
    assert said == []
    fresh.go()
    client.get(f"{survey.path}/sheet")
    other = replace(fresh, code=survey.codes[1], blinding=None, ballot={}, done=1)
    with statements(app) as said:
        assert taken(app, written("GET", f"{survey.path}/sheet")) is not None
        assert taken(app, of_issue(other)) is not None
        assert taken(app, of_ballot(fresh)) is not None
    assert said == []


def test_whatever_is_refused_is_left_to_the_application_which_says_why(app, client, known):
    used, forger, stranger = (voter(app, known, number) for number in (0, 1, 2))
    for one in (used, forger, stranger):
        one.go(until="activate")
    stranger.code = "7QK4-M2XD-9RTB-5"
    forger.signature = bytes(256)
    garbled = written("POST", "/api/issue", b"{", JSON)
    typed = written("POST", "/api/issue", json.dumps(used.asking).encode(), "text/plain")
    elsewhere = written("POST", "/api/issues", json.dumps(used.asking).encode(), JSON)
    before = known.counts()
    for request in (of_issue(used), of_issue(stranger), of_ballot(forger), garbled, typed, elsewhere):
        assert ask(app, request) is None
    assert known.counts() == before
    assert client.post("/api/issue", json=used.asking).status_code == 409
    assert client.post("/api/ballots", json=forger.ballot).status_code == 403


def test_what_the_database_says_in_that_moment_decides(app: Flask, clock, known: OpenSurvey):
    late, begun = voter(app, known, 1), voter(app, known, 2)
    late.go(until="activate")
    begun.go(until="cast")
    known.close()
    assert ask(app, of_issue(late)) is None
    assert ask(app, of_ballot(begun)).status == 200
    clock.moment += timedelta(minutes=31)
    assert ask(app, of_ballot(begun)) is None
    for page in PAGES:
        assert ask(app, written("GET", known.path + page)) is None


def test_the_same_message_on_ten_lines_in_one_turn_is_done_once(app: Flask, known: OpenSurvey):
    one = voter(app, known, 1)
    one.go(until="activate")
    assert len({answered.body for answered in ask_together(app, [of_issue(one)] * 10)}) == 1
    one.go(until="cast")
    assert {answered.status for answered in ask_together(app, [of_ballot(one)] * 10)} == {200}
    assert known.counts() == (2, 2)


def test_of_two_phones_with_one_code_in_one_turn_one_gets_the_pass(app: Flask, client, known: OpenSurvey):
    phones = [voter(app, known, 1), voter(app, known, 1)]
    for one in phones:
        one.go(until="activate")
    answered = ask_together(app, [of_issue(one) for one in phones])
    assert sorted(reply is None for reply in answered) == [False, True]
    loser = phones[answered.index(None)]
    assert client.post("/api/issue", json=loser.asking).status_code == 409


def test_a_write_that_fails_is_left_to_the_application_message_by_message(app, client, known):
    voters = [voter(app, known, number) for number in (1, 2, 3)]
    for one in voters:
        one.go(until="cast")

    def stumble(_connection, _cursor, statement, *_rest) -> None:
        if "INTO ballot_box.ballot" in statement:
            raise OperationalError("the disk is full", None, Exception())

    event.listen(app.extensions["engine"], "before_cursor_execute", stumble)
    assert ask_together(app, [of_ballot(one) for one in voters]) == [None] * 3
    event.remove(app.extensions["engine"], "before_cursor_execute", stumble)
    assert known.counts() == (4, 1)
    assert [client.post("/api/ballots", json=one.ballot).status_code for one in voters] == [200] * 3


def test_within_a_turn_nothing_tells_who_came_first(app: Flask, known: OpenSurvey):
    """Rows are written in the order of their keys, whoever came when."""
    voters = [voter(app, known, number) for number in range(1, 12)]
    for one in voters:
        one.go(until="activate")
    turn = [of_issue(one) for one in voters]
    with codes_written(app) as written_in:
        assert all(ask_together(app, turn))
        assert all(ask_together(app, turn[::-1]))
    assert len(written_in) == 2 * len(turn)
    assert written_in[: len(turn)] == written_in[len(turn) :] == sorted(written_in[: len(turn)])


@contextmanager
def codes_written(app: Flask) -> Iterator[list[bytes]]:
    found: list[bytes] = []

    def listen(_connection, _cursor, statement, parameters, *_rest) -> None:
        if statement.startswith("UPDATE issue_box.invitation"):
            found.append(bytes(parameters[1]))  # after the new mark

    event.listen(app.extensions["engine"], "before_cursor_execute", listen)
    yield found
    event.remove(app.extensions["engine"], "before_cursor_execute", listen)


def test_a_page_that_failed_is_not_given_again(app, client, survey, monkeypatch):
    broken = fail_once(app, RuntimeError("a fault of one moment"))
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    assert client.get(survey.path).status_code == 500
    assert broken == []
    assert ask(app, written("GET", survey.path)) is None
    assert client.get(survey.path).status_code == 200
    assert ask(app, written("GET", survey.path)).status == 200


def fail_once(app: Flask, error: Exception) -> list[Exception]:
    """The next page that is rendered fails."""
    left = [error]

    def stumble(_sender: Flask, **_page: object) -> None:
        if left:
            raise left.pop()

    before_render_template.connect(stumble, app, weak=False)
    return left


def test_who_has_tried_too_many_codes_is_left_to_the_application(app: Flask, client: FlaskClient, known: OpenSurvey):
    one = voter(app, known, 1)
    one.go(until="activate")
    app.config["RATELIMIT_ENABLED"] = True
    limited = create_app(dict(app.config))
    phone = ClientPhone(limited.test_client())
    guesser = replace(one, code="7QK4-M2XD-9RTB-5", phone=phone)
    statuses = [guesser.ask_for_pass()[0] for _ in range(121)]
    assert statuses[-1] == 429
    assert taken(limited, of_issue(one)) is None


def test_a_name_that_is_not_the_services_is_left_to_the_application(app: Flask, known: OpenSurvey, client):
    named = create_app(dict(app.config) | {"ALLOWED_HOSTS": "survey.example", "TRUSTED_PROXIES": 1})
    for host in ("survey.example", "elsewhere.example"):
        named.test_client().get(known.path, headers={"X-Forwarded-Host": host})
    assert ask(named, written("GET", known.path, X_Forwarded_Host="survey.example", Host="127.0.0.1")).status == 200
    assert ask(named, written("GET", known.path, X_Forwarded_Host="elsewhere.example", Host="127.0.0.1")) is None
    assert ask(named, written("GET", known.path, Host="127.0.0.1")) is None
