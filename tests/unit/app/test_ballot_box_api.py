"""The two messages of the ballot box as browsers send them, and everything else that can arrive in their place."""

from __future__ import annotations

import json
import logging
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from survey_app import create_app, services
from survey_app.crypto.blind import Blinding, PublicKey, SigningKey, blind, finalize
from survey_app.crypto.box import credential_message, envelope_bytes, fingerprint, open_mark, seal_envelope
from survey_app.extensions import db
from survey_app.models import AccessMode, Ballot
from survey_app.services.entrance import find_entrance
from tests.open_survey import OpenSurvey, draft_survey, open_survey

BODY = b'{"age":2,"hours":6,"meetings":4,"overall":5}'
ENDURING = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def text(data: bytes) -> str:
    return b64encode(data).decode()


@dataclass
class Voter:
    """A member's browser, in Python."""

    phone: FlaskClient
    survey: OpenSurvey
    code: str = ""

    @cached_property
    def poll(self) -> dict[str, Any]:
        return self.phone.get(f"{self.survey.path}/keys.json").get_json()

    @cached_property
    def key(self) -> PublicKey:
        return PublicKey.from_der(b64decode(self.poll["key"]))

    @cached_property
    def blinding(self) -> Blinding:
        return blind(self.key, credential_message(UUID(self.poll["survey"]), self.key.key_id))

    @property
    def named(self) -> dict[str, str]:
        return {name: self.poll[name] for name in ("survey", "group")}

    def issue_message(self) -> dict[str, str]:
        return {**self.named, "code": self.code, "blinded": text(self.blinding.blinded)}

    def ballot_message(self, body: bytes = BODY) -> dict[str, str]:
        """A ballot without a pass, as through an open link."""
        key = PublicKey.from_der(b64decode(self.poll["envelopeKey"]))
        sealed = seal_envelope(key, body, self.poll["size"], survey_id=UUID(self.poll["survey"]))
        return {**self.named, "receipt": text(sealed.receipt), "envelope": text(sealed.envelope)}

    def activate(self) -> dict[str, str]:
        """What goes with every ballot of this voter."""
        reply = self.post("/api/issue", self.issue_message())
        assert reply.status_code == 200
        signature = finalize(self.key, self.blinding, b64decode(reply.get_json()["blind_sig"]))
        return {"prefix": text(self.blinding.message[:32]), "sig": text(signature)}

    def post(self, path: str, message: Any) -> TestResponse:
        return self.phone.post(path, json=message)


@pytest.fixture
def survey(app: Flask) -> OpenSurvey:
    return open_survey(app)


@pytest.fixture
def voter(client: FlaskClient, survey: OpenSurvey) -> Voter:
    return Voter(client, survey, survey.codes[0])


@pytest.fixture
def voted(voter: Voter) -> tuple[Voter, dict[str, str], dict[str, str]]:
    """A voter who has voted, and the two messages that did it; one code used, one ballot in the box."""
    passed = voter.activate()
    ballot = {**voter.ballot_message(), **passed}
    assert voter.post("/api/ballots", ballot).status_code == 200
    assert voter.survey.counts() == (1, 1)
    return voter, voter.issue_message(), ballot


def said(reply: TestResponse) -> tuple[int, Any]:
    return reply.status_code, reply.get_json()


def test_a_code_becomes_a_pass_and_the_pass_a_ballot(voter):
    passed = voter.activate()
    assert voter.survey.counts() == (1, 0)
    ballot = {**voter.ballot_message(), **passed}
    assert said(voter.post("/api/ballots", ballot)) == (200, {"receipt": ballot["receipt"]})
    assert voter.survey.counts() == (1, 1)


def test_what_arrives_this_way_is_what_sealing_finds(client, survey):
    for place, code in enumerate(survey.codes[:6]):
        voter = Voter(client, survey, code)
        body = json.dumps({"meetings": 4, "overall": 5, "hours": place, "age": 1, "comment": f"第{place}条"}).encode()
        assert voter.post("/api/ballots", {**voter.ballot_message(body), **voter.activate()}).status_code == 200
    survey.close()
    rows, comments = survey.seal()
    assert rows == 6
    assert comments.count("条") == 6


def test_a_lost_reply_is_asked_for_again_and_is_the_same(voted):
    voter, issue, ballot = voted
    assert voter.post("/api/issue", issue).get_json() == voter.post("/api/issue", issue).get_json()
    assert said(voter.post("/api/ballots", ballot)) == (200, {"receipt": ballot["receipt"]})
    assert voter.survey.counts() == (1, 1)


def test_other_answers_with_the_same_pass_are_told_which_ones_count(voted):
    voter, _issue, ballot = voted
    other = {**voter.ballot_message(b"{}"), "prefix": ballot["prefix"], "sig": ballot["sig"]}
    assert said(voter.post("/api/ballots", other)) == (409, {"receipt": ballot["receipt"]})
    assert voter.survey.counts() == (1, 1)


def test_a_code_gives_one_pass(voted):
    voter, *_ = voted
    second = Voter(voter.phone, voter.survey, voter.code)
    assert said(second.post("/api/issue", second.issue_message())) == (409, {"error": "used"})


def test_a_code_sent_from_two_phones_at_once_gives_one_pass(app, survey):
    ready, outcomes = Barrier(2), []

    def activate(voter: Voter, message: Mapping[str, str]) -> None:
        ready.wait()
        outcomes.append(voter.post("/api/issue", message).status_code)

    voters = [Voter(app.test_client(), survey, survey.codes[0]) for _ in range(2)]
    phones = [Thread(target=activate, args=(voter, voter.issue_message())) for voter in voters]
    for phone in phones:
        phone.start()
    for phone in phones:
        phone.join()
    assert sorted(outcomes) == [200, 409]
    assert survey.counts() == (1, 0)


def test_refusals_say_in_one_word_what_is_wrong(app, client, survey, voter):
    elsewhere = Voter(client, open_survey(app, unit_code="b4"))
    slipped = survey.codes[0][:-1] + ("A" if survey.codes[0][-1] != "A" else "B")
    good = voter.issue_message()
    expected = [
        ({**good, "code": slipped}, (400, {"error": "code"})),
        ({**good, "code": ""}, (400, {"error": "code"})),
        ({**good, "code": "1" * 65}, (400, {"error": "message"})),
        ({**good, "code": elsewhere.survey.codes[0]}, (404, {"error": "unknown"})),
        ({**good, "group": "0" * 32}, (404, {"error": "unknown"})),
        ({**good, "survey": elsewhere.poll["survey"]}, (404, {"error": "unknown"})),
        ({**good, "group": elsewhere.poll["group"]}, (404, {"error": "unknown"})),
        ({**good, "survey": good["survey"].upper()}, (400, {"error": "message"})),
        ({**good, "blinded": text(bytes(256))}, (400, {"error": "message"})),
        ({**good, "blinded": text(b"\xff" * 256)}, (400, {"error": "message"})),
    ]
    assert [said(voter.post("/api/issue", message)) for message, _ in expected] == [reply for _, reply in expected]
    assert survey.counts() == (0, 0)


def test_a_forged_pass_is_refused(voted):
    voter, _issue, ballot = voted
    stranger = SigningKey.generate()
    message = credential_message(UUID(voter.poll["survey"]), voter.key.key_id, prefix=bytes(32))
    begun = blind(stranger.public, message)
    forged = finalize(stranger.public, begun, stranger.sign(begun.blinded))
    for part in ({"prefix": text(bytes(32)), "sig": text(forged)}, {"prefix": text(bytes(32))}, {"sig": text(forged)}):
        assert said(voter.post("/api/ballots", {**ballot, **part})) == (403, {"error": "forged"})
    assert voter.survey.counts() == (1, 1)


def test_a_pass_of_one_survey_opens_no_other(app, client, voter):
    elsewhere = Voter(client, open_survey(app, unit_code="b4"))
    assert elsewhere.post("/api/ballots", {**elsewhere.ballot_message(), **voter.activate()}).status_code == 403


def test_after_closing_no_code_becomes_a_pass_and_ballots_arrive_for_half_an_hour(app, voter, survey):
    late = Voter(voter.phone, survey, survey.codes[1])
    issue, ballot = late.issue_message(), {**voter.ballot_message(), **voter.activate()}
    survey.close()
    assert said(late.post("/api/issue", issue)) == (410, {"error": "closed"})
    assert voter.post("/api/issue", voter.issue_message()).status_code == 200
    assert voter.post("/api/ballots", ballot).status_code == 200
    app.config["CLOCK"].moment += timedelta(minutes=30)
    for path, message in (("/api/issue", voter.issue_message()), ("/api/ballots", ballot)):
        assert said(voter.post(path, message)) == (410, {"error": "closed"})
    assert said(voter.phone.get(f"{survey.path}/keys.json")) == (410, {"error": "closed"})
    assert survey.counts() == (1, 1)


def test_a_slip_handed_in_for_paper_gives_no_pass(app, voter, survey):
    with app.app_context():
        how = {"by": services.COMMAND_LINE, "clock": app.config["CLOCK"], "secret": app.config["INSTALLATION_SECRET"]}
        services.void_slip(db.session, survey._survey(), survey.codes[0], **how)
        db.session.commit()
    assert said(voter.post("/api/issue", voter.issue_message())) == (409, {"error": "used"})


def test_an_open_link_takes_ballots_without_a_pass_each_once(app, client):
    voter = Voter(client, open_survey(app, access_mode=AccessMode.OPEN))
    ballot = voter.ballot_message()
    assert voter.poll["key"] is None
    assert voter.poll["keyIds"] == []
    assert [voter.post("/api/ballots", ballot).status_code for _ in range(2)] == [200, 200]
    assert voter.post("/api/ballots", {**ballot, "prefix": "", "sig": ""}).status_code == 400
    issue = {**voter.named, "code": "7QK4-M2XD-9RTB-5", "blinded": text(bytes(256))}
    assert said(voter.post("/api/issue", issue)) == (404, {"error": "unknown"})
    assert voter.survey.counts() == (0, 1)
    with app.app_context():
        spent = db.session.query(Ballot.spent).scalar()
    assert spent == open_mark(UUID(voter.poll["survey"]), b64decode(ballot["receipt"]))


def test_the_keys_are_the_ones_of_the_slip_and_the_same_for_everybody(app, client, survey):
    replies = [app.test_client().get(f"{survey.path}/keys.json") for _ in range(2)]
    assert replies[0].data == replies[1].data
    poll = replies[0].get_json()
    envelope = PublicKey.from_der(b64decode(poll["envelopeKey"]))
    key_ids = [b64decode(word) for word in poll["keyIds"]]
    assert fingerprint(UUID(poll["survey"]), key_ids, envelope.key_id) == survey.fingerprint
    assert PublicKey.from_der(b64decode(poll["key"])).key_id in key_ids
    with app.app_context():
        found, group = find_entrance(db.session, survey.slug, survey.group)
        assert poll == services.poll_of(found, group)


def test_a_cache_on_the_way_may_carry_the_keys_for_a_minute_and_asks_whether_they_are_the_same(client, survey):
    path = f"{survey.path}/keys.json"
    first = client.get(path, headers={"Accept-Encoding": "gzip", "Accept-Language": "zh-CN"})
    assert first.headers["Content-Encoding"] == "gzip"
    assert "Accept-Language" not in first.vary
    other = client.get(f"{path}?lang=en", headers={"Accept-Encoding": "gzip", "Accept-Language": "en"})
    assert (other.data, other.headers["ETag"]) == (first.data, first.headers["ETag"])
    known = client.get(path, headers={"Accept-Encoding": "gzip", "If-None-Match": first.headers["ETag"]})
    assert (known.status_code, known.data, known.headers["Cache-Control"]) == (304, b"", "public, max-age=60")
    survey.close()
    known = client.get(path, headers={"Accept-Encoding": "gzip", "If-None-Match": first.headers["ETag"]})
    assert known.status_code == 304  # ballots may still be under way


def test_keys_of_nowhere_and_of_a_draft_are_refused(app, client, survey):
    with app.app_context():
        draft = draft_survey(app, unit_code="b4").slug
    for path in ("/s/no/where/keys.json", f"/s/{survey.slug}/no/keys.json", f"/s/{draft}/no/keys.json"):
        assert said(client.get(path)) == (404, {"error": "unknown"})


def test_no_reply_sets_a_cookie_or_is_logged_and_only_the_keys_stay_in_a_cache(voted, caplog):
    voter, issue, ballot = voted
    with caplog.at_level(logging.DEBUG):
        replies = [
            voter.phone.get(f"{voter.survey.path}/keys.json?lang=en"),
            voter.post("/api/issue?lang=en", issue),
            voter.post("/api/ballots", ballot),
            voter.post("/api/issue", {}),
            voter.post("/api/ballots", {**ballot, "sig": text(bytes(256))}),
        ]
    for reply in replies:
        assert "Set-Cookie" not in reply.headers
        assert reply.mimetype == "application/json"
    assert [reply.headers["Cache-Control"] for reply in replies] == ["public, max-age=60", *["no-store"] * 4]
    assert caplog.records == []


def test_another_site_can_send_nothing_a_browser_would_send_unasked(voted):
    """Forms and scripts of other sites can only send these types without asking first."""
    voter, issue, ballot = voted
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        for path, message in (("/api/issue", issue), ("/api/ballots", ballot)):
            assert voter.phone.post(path, data=json.dumps(message), content_type=kind).status_code == 400


def test_too_many_refused_codes_are_slowed_down_and_good_ones_are_not(sqlite_url, tmp_path, clock):
    app = create_app({
        "TESTING": True, "INSTANCE": str(tmp_path), "DATABASE_URL": sqlite_url, "SECRET_KEY": "for tests",
        "INSTALLATION_SECRET": bytes(range(32)), "RATELIMIT_ENABLED": True, "CLOCK": clock,
    })  # fmt: skip
    voter = Voter(app.test_client(), open_survey(app))
    voter.code = voter.survey.codes[0]
    assert [voter.post("/api/issue", voter.issue_message()).status_code for _ in range(130)] == [200] * 130
    statuses = [voter.post("/api/issue", {}).status_code for _ in range(125)]
    assert statuses == [400] * 120 + [429] * 5
    for message in ({}, voter.issue_message()):  # who guesses must not learn that one was right
        assert said(voter.post("/api/issue", message)) == (429, {"error": "often"})
    app.extensions["engine"].dispose()


def test_a_database_in_trouble_asks_to_come_again_and_the_log_names_nobody(app, voter, caplog):
    issue, engine = voter.issue_message(), app.extensions["engine"]
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE issue_box.invitation RENAME TO elsewhere")
    assert said(voter.post("/api/issue", issue)) == (503, {"error": "trouble"})
    (record,) = caplog.records
    assert not any(word in record.getMessage() for word in (voter.code, voter.survey.slug, "127.0.0.1", "/api/"))
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE issue_box.elsewhere RENAME TO invitation")
    assert voter.post("/api/issue", issue).status_code == 200


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PATHS = st.sampled_from(["/api/issue", "/api/ballots"])


@st.composite
def damaged_words(draw: st.DrawFn, word: str) -> str:
    """Another text of about the same look: cut, lengthened, one character changed, blanks put in."""
    at = draw(st.integers(0, max(len(word) - 1, 0)))
    return draw(
        st.sampled_from(
            [
                word[:at],
                word[:at] + word[at + 1 :],
                word[:at] + draw(st.characters()) + word[at:],
                word[:at] + draw(st.sampled_from("A/+=-_ \n")) + word[at + 1 :],
                word * 2,
                word + "=",
                "",
            ]
        )
    )


def refused(reply: TestResponse, voter: Voter) -> None:
    assert 400 <= reply.status_code < 500, (reply.status_code, reply.data)
    assert set(reply.get_json()) == {"error"}
    assert voter.survey.counts() == (1, 1)


@ENDURING
@given(data=st.data(), path=PATHS)
def test_a_message_with_one_part_damaged_changes_nothing(voted, data, path):
    voter, issue, ballot = voted
    message = issue if path == "/api/issue" else ballot
    part = data.draw(st.sampled_from(sorted(message)))
    worse = data.draw(damaged_words(message[part]).filter(lambda word: word != message[part]))
    reply = voter.post(path, {**message, part: worse})
    if part == "code" and reply.status_code == 200:  # blanks, hyphens and small letters are forgiven
        assert reply.get_json() == voter.post(path, message).get_json()
        return
    if part == "receipt" and reply.status_code == 409:  # another receipt of the right size: the first one counts
        assert reply.get_json() == {"receipt": ballot["receipt"]}
        return
    if part == "envelope" and reply.status_code == 200:  # the same receipt again: what came first stays
        assert reply.get_json() == {"receipt": ballot["receipt"]}
        assert voter.survey.counts() == (1, 1)
        return
    refused(reply, voter)


@ENDURING
@given(data=st.data(), path=PATHS)
def test_a_message_with_parts_missing_added_or_of_another_kind_changes_nothing(voted, data, path):
    voter, issue, ballot = voted
    message: dict[str, Any] = dict(issue if path == "/api/issue" else ballot)
    part = data.draw(st.sampled_from([*sorted(message), "prefixes"]))
    if part in message and data.draw(st.booleans()):
        del message[part]
    else:
        message[part] = data.draw(ANYTHING.filter(lambda value: not isinstance(value, str) or part == "prefixes"))
    refused(voter.phone.post(path, data=json.dumps(message), content_type="application/json"), voter)


@ENDURING
@given(body=st.binary(max_size=400) | ANYTHING.map(lambda value: json.dumps(value).encode()), path=PATHS)
def test_anything_at_all_changes_nothing(voted, body, path):
    voter, *_ = voted
    refused(voter.phone.post(path, data=body, content_type="application/json"), voter)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"9" * 20_000,
        b'{"survey": "' + b"0" * 200_000 + b'"}',
        b" " * (256 * 1024 + 1),
        b"\xff\xfe{\x00}\x00",
        b'{"code": "\\ud800"}',
        b"NaN",
        b"",
    ],
    ids=["deep list", "deep object", "long number", "long text", "oversized", "utf-16", "half a pair", "no number", ""],
)
def test_bodies_made_to_break_a_reader_break_nothing(voted, body):
    voter, *_ = voted
    for path in ("/api/issue", "/api/ballots"):
        refused(voter.phone.post(path, data=body, content_type="application/json"), voter)


def test_a_name_that_stands_twice_is_refused(voted):
    voter, issue, _ballot = voted
    twice = json.dumps(issue)[:-1] + f', "code": "{voter.survey.codes[1]}"}}'
    refused(voter.phone.post("/api/issue", data=twice, content_type="application/json"), voter)


def test_an_envelope_of_another_size_is_refused(voted):
    voter, _issue, ballot = voted
    right = envelope_bytes(PublicKey.from_der(b64decode(voter.poll["envelopeKey"])), voter.poll["size"])
    assert len(b64decode(ballot["envelope"])) == right
    for size in (0, 1, right - 1, right + 1, right + 256):
        refused(voter.post("/api/ballots", {**ballot, "envelope": text(bytes(size))}), voter)
