"""The ballot box's script in a real browser, against Python: the same bytes, and nothing lost when replies are."""

from __future__ import annotations

import json
import random
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from flask import Flask, Response, request
from playwright.sync_api import Browser, Page, Route
from werkzeug.serving import make_server

from survey_app.crypto import codes
from survey_app.crypto.blind import Blinding, PublicKey, SigningKey, blind, finalize
from survey_app.crypto.box import (
    OpeningKey,
    SealedBallot,
    compute_receipt,
    credential_message,
    envelope_bytes,
    fingerprint,
    open_envelope,
    parse_credential,
    printed_receipt,
    spent_mark,
)
from tests.live_browser import SOON

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "survey_app" / "static" / "ballot-box.js"
VECTORS = json.loads((ROOT / "tests" / "reference" / "rfc9474_vectors.json").read_text(encoding="utf-8"))
STRICT = "default-src 'none'; script-src 'self'; connect-src 'self'"
SURVEY = UUID("0190f3c2-6b7e-7d10-9c55-2f6d3a1b8e47")
GROUP = UUID("0190f3c2-6b7e-7d10-9c55-000000000001")
SIZE = 400
BODY = '{"overall": 5, "suggestion": "多一些活动"}'
CODES = [codes.generate(random.Random(number)) for number in range(3)]
FIRST = CODES[0].replace("-", "")

TOOLS = """
const unbase64 = (word) => Uint8Array.from(atob(word), (letter) => letter.charCodeAt(0));
const base64 = (data) => btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join(""));
const kept = () => new Promise((resolve) => {
  const asked = indexedDB.open("ballot-box", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("voters");
  asked.onsuccess = () => {
    asked.result.transaction("voters").objectStore("voters").getAll().onsuccess = (event) => {
      asked.result.close();
      resolve(event.target.result);
    };
  };
});
"""
"""What tests need beside the script: bytes across the border, and a look at what the browser keeps."""


def to_text(data: bytes) -> str:
    return b64encode(data).decode()


@dataclass
class PollingStation:
    """The server's part of the protocol, with real keys, in memory; notes all it was asked."""

    group: SigningKey = field(default_factory=SigningKey.generate)
    other_group: SigningKey = field(default_factory=SigningKey.generate)
    opening: OpeningKey = field(default_factory=OpeningKey.generate)
    asked: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)
    issued: dict[str, str] = field(default_factory=dict)
    ballots: dict[bytes, SealedBallot] = field(default_factory=dict)
    url: str = ""
    is_open: bool = False
    """Whoever has the link may answer: there is no code and no pass."""

    @property
    def key_ids(self) -> list[bytes]:
        return [] if self.is_open else [key.public.key_id for key in (self.group, self.other_group)]

    @property
    def poll(self) -> dict[str, Any]:
        """What a page knows of the survey."""
        return {
            "survey": SURVEY.hex,
            "group": GROUP.hex,
            "keyIds": [to_text(key_id) for key_id in self.key_ids],
            "key": None if self.is_open else to_text(self.group.public.der),
            "envelopeKey": to_text(self.opening.public.der),
        }

    @property
    def slip(self) -> str:
        return fingerprint(SURVEY, self.key_ids, self.opening.public.key_id)

    def issue(self, survey: str, group: str, code: str, blinded: str) -> tuple[dict[str, str], int]:
        assert (survey, group) == (SURVEY.hex, GROUP.hex)
        if code not in [known.replace("-", "") for known in CODES]:
            return {}, 404
        if self.issued.setdefault(code, blinded) != blinded:
            return {}, 409
        return {"blind_sig": to_text(self.group.sign(b64decode(blinded)))}, 200

    def take(
        self, survey: str, group: str, receipt: str, envelope: str, prefix: str = "", sig: str = ""
    ) -> tuple[dict[str, str], int]:
        assert (survey, group) == (SURVEY.hex, GROUP.hex)
        if self.is_open:
            self.ballots.setdefault(b64decode(receipt), SealedBallot(b64decode(envelope), b64decode(receipt)))
            return {"receipt": receipt}, 200
        message = credential_message(SURVEY, self.group.public.key_id, prefix=b64decode(prefix))
        if not self.group.public.verify(message, b64decode(sig)):
            return {}, 400
        sent = SealedBallot(b64decode(envelope), b64decode(receipt))
        stored = self.ballots.setdefault(spent_mark(message), sent)
        return {"receipt": to_text(stored.receipt)}, 200 if stored.receipt == sent.receipt else 409

    def opened(self) -> list[str]:
        return [
            open_envelope(self.opening, ballot, SIZE, survey_id=SURVEY).decode() for ballot in self.ballots.values()
        ]

    def requests(self, path: str) -> list[dict[str, str]]:
        return [body for asked, _, body in self.asked if asked == path]


def doors(station: PollingStation) -> Flask:
    app = Flask(__name__, static_folder=None)

    @app.get("/")
    def blank() -> Response:
        page = "<!doctype html><title>Ballot</title><script src=/ballot-box.js></script><script src=/tools.js></script>"
        return Response(page, headers={"Content-Security-Policy": STRICT, "Set-Cookie": "visitor=known"})

    @app.get("/ballot-box.js")
    def script() -> Response:
        return Response(SCRIPT.read_bytes(), mimetype="text/javascript")

    @app.get("/tools.js")
    def tools() -> Response:
        return Response(TOOLS, mimetype="text/javascript")

    @app.post("/issue")
    @app.post("/ballots")
    def protocol() -> tuple[dict[str, str], int]:
        body = request.get_json()
        station.asked.append((request.path, dict(request.headers), body))
        return station.issue(**body) if request.path == "/issue" else station.take(**body)

    return app


@pytest.fixture(scope="module")
def keys() -> tuple[SigningKey, SigningKey, OpeningKey]:
    return SigningKey.generate(), SigningKey.generate(), OpeningKey.generate()


@pytest.fixture
def station(keys: tuple[SigningKey, SigningKey, OpeningKey]) -> Iterator[PollingStation]:
    station = PollingStation(*keys)
    server = make_server("127.0.0.1", 0, doors(station), threaded=True)
    thread = Thread(target=server.serve_forever, args=[SOON], daemon=True)
    thread.start()
    station.url = f"http://127.0.0.1:{server.server_port}/"
    yield station
    server.shutdown()
    thread.join()


@pytest.fixture
def new_tab(browser: Browser, station: PollingStation) -> Iterator[Callable[[], Page]]:
    """Tabs of one browser: they share what it keeps."""
    context = browser.new_context()

    def open_tab() -> Page:
        page = context.new_page()
        page.goto(station.url)
        return page

    yield open_tab
    context.close()


@pytest.fixture
def page(new_tab: Callable[[], Page]) -> Page:
    return new_tab()


def run(page: Page, script: str, **given: Any) -> Any:
    """The value of an expression in the page, or ["refused", reason, status]."""
    names = ", ".join(given)
    guarded = """error => ["refused", error.reason || String(error), error.status || null]"""
    return page.evaluate(f"({{{names}}}) => (async () => {{ {script} }})().catch({guarded})", given)


def activate(page: Page, station: PollingStation, *, code: str = CODES[0], **changed: Any) -> Any:
    slip = changed.pop("slip", station.slip)
    return run(
        page,
        "return BallotBox.activate(poll, { code, slip, issueUrl: '/issue' })",
        poll=station.poll | changed,
        code=code,
        slip=slip,
    )


def cast(page: Page, station: PollingStation, ticket: str, *, body: str = BODY, **changed: Any) -> Any:
    return run(
        page,
        "return BallotBox.cast(poll, { ticket, body, size, castUrl: '/ballots' })",
        poll=station.poll | changed,
        ticket=ticket,
        body=body,
        size=SIZE,
    )


def kept(page: Page) -> list[dict[str, Any]]:
    return page.evaluate("kept()")


def lose_replies(page: Page, path: str) -> None:
    """Requests arrive, replies do not."""

    def swallow(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route(f"**{path}", swallow)


@contextmanager
def answered(page: Page, path: str, **reply: Any) -> Iterator[None]:
    """Requests never reach the server; something between answers for it."""

    def answer(route: Route) -> None:
        route.fulfill(**reply)

    page.route(f"**{path}", answer)
    yield
    page.unroute(f"**{path}")


def printed_for(station: PollingStation) -> str:
    (ballot,) = station.ballots.values()
    return printed_receipt(ballot.receipt)


def test_a_member_activates_and_casts_and_the_scrutineers_read_the_answers(page, station):
    ticket = activate(page, station)
    assert "blinded" in station.requests("/issue")[0]
    assert len(kept(page)) == 1
    done = cast(page, station, ticket)
    assert station.opened() == [BODY]
    assert done == {"receipt": printed_for(station), "earlier": False}
    assert kept(page) == []


def test_requests_carry_no_cookie_and_no_referrer_and_nothing_of_the_answers(page, station):
    ticket = activate(page, station)
    cast(page, station, ticket)
    for _, headers, body in station.asked:
        assert not {"Cookie", "Referer"} & set(headers)
        assert "活动" not in json.dumps(body, ensure_ascii=False)
    assert set(station.requests("/issue")[0]) == {"survey", "group", "code", "blinded"}
    assert set(station.requests("/ballots")[0]) == {"survey", "group", "prefix", "sig", "receipt", "envelope"}
    assert len(b64decode(station.requests("/ballots")[0]["envelope"])) == envelope_bytes(station.opening.public, SIZE)


def test_what_was_shown_when_the_code_was_redeemed_never_comes_back_with_the_ballot(page, station):
    cast(page, station, activate(page, station))
    (issue,), (ballot,) = station.requests("/issue"), station.requests("/ballots")
    assert set(issue.values()) & set(ballot.values()) == {SURVEY.hex, GROUP.hex}
    assert set(issue) & set(ballot) == {"survey", "group"}


def test_a_lost_reply_to_the_code_is_asked_again_with_the_same_message(page, station):
    lose_replies(page, "/issue")
    assert activate(page, station) == ["refused", "network", None]
    page.unroute("**/issue")
    page.reload()
    ticket = activate(page, station, code=CODES[0].lower())
    first, second = station.requests("/issue")
    assert first == second
    assert cast(page, station, ticket)["earlier"] is False


def test_activation_once_done_asks_nothing_more(page, station):
    ticket = activate(page, station)
    page.reload()
    assert activate(page, station) == ticket
    assert len(station.asked) == 1
    (state,) = kept(page)
    assert not state["blinded"]
    assert not state["inverse"]


def test_a_lost_reply_to_the_ballot_sends_the_same_envelope_again(page, station):
    ticket = activate(page, station)
    lose_replies(page, "/ballots")
    assert cast(page, station, ticket) == ["refused", "network", None]
    page.unroute("**/ballots")
    page.reload()
    assert cast(page, station, ticket) == {"receipt": printed_for(station), "earlier": False}
    first, second = station.requests("/ballots")
    assert first == second
    assert station.opened() == [BODY]
    assert kept(page) == []


def test_answers_changed_after_sending_do_not_count_and_the_member_is_told(page, station):
    ticket = activate(page, station)
    lose_replies(page, "/ballots")
    cast(page, station, ticket)
    page.unroute("**/ballots")
    done = cast(page, station, ticket, body='{"overall": 1}')
    assert done == {"receipt": printed_for(station), "earlier": True}
    assert station.opened() == [BODY]


def test_two_tabs_activate_at_once_and_hold_one_credential(new_tab, station):
    tabs = [new_tab(), new_tab()]
    started = "window.going = BallotBox.activate(poll, { code, slip: '', issueUrl: '/issue' })"
    for tab in tabs:
        run(tab, f"{started}; return 0", poll=station.poll, code=CODES[0])
    tickets = {tab.evaluate("going") for tab in tabs}
    assert len(tickets) == 1
    assert len({asked["blinded"] for asked in station.requests("/issue")}) == 1
    assert len(kept(tabs[0])) == 1


def test_two_tabs_send_different_answers_and_one_ballot_counts(new_tab, station):
    tabs = [new_tab(), new_tab()]
    ticket = activate(tabs[0], station)
    bodies = [BODY, '{"overall": 1}']
    for tab, body in zip(tabs, bodies, strict=True):
        script = """window.going = BallotBox.cast(poll, { ticket, body, size: 400, castUrl: '/ballots' })
                    .catch((error) => ({ earlier: error.reason })); return 0"""
        run(tab, script, poll=station.poll, ticket=ticket, body=body)
    outcomes = [tab.evaluate("going")["earlier"] for tab in tabs]
    counted = bodies.index(station.opened()[0])
    assert outcomes[counted] is False
    assert outcomes[1 - counted] in (True, "gone")
    assert len(station.ballots) == 1
    assert kept(tabs[0]) == []


def test_two_members_on_one_phone_do_not_get_into_each_others_way(page, station):
    first = activate(page, station, code=CODES[0])
    second = activate(page, station, code=CODES[1])
    assert first != second
    cast(page, station, second, body="second")
    cast(page, station, first, body="first")
    assert sorted(station.opened()) == ["first", "second"]


def test_keys_other_than_the_slips_are_refused_before_anything_is_sent(page, station):
    stranger = OpeningKey.generate().public
    exchanged = {"envelopeKey": to_text(stranger.der)}
    missing = {"keyIds": station.poll["keyIds"][1:]}
    fewer = {"keyIds": station.poll["keyIds"][:1]}
    for changed in (exchanged, missing, fewer):
        assert activate(page, station, **changed)[:2] == ["refused", "fingerprint"]
    assert activate(page, station, slip="0" * 32)[:2] == ["refused", "fingerprint"]
    assert station.asked == []
    assert kept(page) == []


def test_a_key_made_for_one_member_alone_is_refused_behind_an_honest_list(page, station):
    """Whoever signs for a single member with a key of its own would know that member's ballot by its key."""
    personal = to_text(SigningKey.generate().public.der)
    assert activate(page, station, key=personal)[:2] == ["refused", "fingerprint"]
    assert activate(page, station, key=personal, slip=None)[:2] == ["refused", "fingerprint"]
    assert station.asked == []


def test_keys_exchanged_between_activation_and_casting_are_refused(page, station):
    ticket = activate(page, station)
    stranger = to_text(OpeningKey.generate().public.der)
    assert cast(page, station, ticket, envelopeKey=stranger)[:2] == ["refused", "fingerprint"]
    assert station.requests("/ballots") == []
    assert cast(page, station, ticket)["earlier"] is False


def test_a_typed_code_without_a_fingerprint_works_too(page, station):
    assert cast(page, station, activate(page, station, slip=None))["earlier"] is False


def test_a_used_code_is_refused_and_nothing_is_kept(page, station):
    station.issued[FIRST] = "somebody else's"
    assert activate(page, station) == ["refused", "refused", 409]
    assert kept(page) == []


def test_a_server_in_trouble_costs_nobody_their_vote(page, station):
    with answered(page, "/issue", status=503):
        assert activate(page, station) == ["refused", "refused", 503]
    ticket = activate(page, station)
    for trouble in ({"status": 500}, {"status": 409, "json": {}}, {"status": 200, "body": "<p>Sign in"}):
        with answered(page, "/ballots", **trouble):
            assert cast(page, station, ticket)[0] == "refused", trouble
    assert cast(page, station, ticket)["earlier"] is False


def test_a_signature_that_is_none_is_not_taken_for_one(page, station):
    for reply in (bytes(256), b"\1" * 256, b"", bytes(255)):
        with answered(page, "/issue", json={"blind_sig": to_text(reply)}):
            assert activate(page, station)[:2] == ["refused", "signature"]
    assert cast(page, station, activate(page, station))["earlier"] is False


def activated(page: Page, station: PollingStation, **changed: Any) -> Any:
    return run(page, "return BallotBox.activated(poll)", poll=station.poll | changed)


def test_a_pass_is_found_again_without_its_code_until_it_is_cast(page, station):
    assert activated(page, station) == []
    ticket = activate(page, station)
    page.reload()
    assert activated(page, station) == [ticket]
    second = activate(page, station, code=CODES[1])
    assert sorted(activated(page, station)) == sorted([ticket, second])
    cast(page, station, ticket)
    assert activated(page, station) == [second]


def test_a_pass_of_another_group_or_without_a_signature_is_not_found(page, station):
    activate(page, station)
    assert activated(page, station, key=to_text(station.other_group.public.der)) == []
    lose_replies(page, "/issue")
    activate(page, station, code=CODES[1])
    assert len(kept(page)) == 2
    assert len(activated(page, station)) == 1


def open_ticket(page: Page, station: PollingStation, earlier: str | None = None, **changed: Any) -> Any:
    slip = changed.pop("slip", station.slip)
    return run(
        page,
        "return BallotBox.openTicket(poll, { slip, earlier })",
        poll=station.poll | changed,
        slip=slip,
        earlier=earlier,
    )


def test_through_an_open_link_a_ballot_is_cast_without_code_or_pass(page, station):
    station.is_open = True
    ticket = open_ticket(page, station)
    assert cast(page, station, ticket) == {"receipt": printed_for(station), "earlier": False}
    assert station.opened() == [BODY]
    assert set(station.requests("/ballots")[0]) == {"survey", "group", "receipt", "envelope"}
    assert kept(page) == []
    assert cast(page, station, ticket)[:2] == ["refused", "gone"]


def test_a_lost_reply_through_an_open_link_is_one_ballot(page, station):
    station.is_open = True
    ticket = open_ticket(page, station)
    lose_replies(page, "/ballots")
    assert cast(page, station, ticket) == ["refused", "network", None]
    page.unroute("**/ballots")
    assert open_ticket(page, station, ticket) == ticket
    assert cast(page, station, ticket)["earlier"] is False
    assert station.opened() == [BODY]
    assert open_ticket(page, station, ticket) != ticket


def test_an_open_link_refuses_keys_other_than_its_own(page, station):
    credentials = station.poll
    station.is_open = True
    assert open_ticket(page, station, slip="0" * 32)[:2] == ["refused", "fingerprint"]
    assert open_ticket(page, station, keyIds=credentials["keyIds"])[:2] == ["refused", "fingerprint"]
    stranger = to_text(OpeningKey.generate().public.der)
    assert open_ticket(page, station, envelopeKey=stranger)[:2] == ["refused", "fingerprint"]
    assert kept(page) == []


def test_a_survey_with_passes_cannot_be_passed_off_as_an_open_link(page, station):
    """The ballot would go without a pass, and the member would not notice."""
    ticket = activate(page, station)
    assert cast(page, station, ticket, key=None)[:2] == ["refused", "fingerprint"]
    assert cast(page, station, ticket, key=None, keyIds=[])[:2] == ["refused", "fingerprint"]


def test_casting_without_a_credential_is_refused(page, station):
    ticket = activate(page, station)
    cast(page, station, ticket)
    assert cast(page, station, ticket)[:2] == ["refused", "gone"]
    assert len(station.requests("/ballots")) == 1


def test_answers_given_before_a_credential_is_there_are_not_kept(page, station):
    ticket = activate(page, station)
    cast(page, station, ticket)
    lose_replies(page, "/issue")
    activate(page, station)
    assert cast(page, station, ticket)[:2] == ["refused", "gone"]
    (state,) = kept(page)
    assert "envelope" not in state


def test_answers_too_long_for_the_envelope_are_refused(page, station):
    ticket = activate(page, station)
    assert cast(page, station, ticket, body="好" * 134)[:2] == ["refused", "size"]
    assert cast(page, station, ticket, body="好" * 133)["earlier"] is False


@pytest.mark.parametrize("vector", [pytest.param(vector, id=vector["name"]) for vector in VECTORS])
def test_the_browser_gives_the_bytes_of_the_standard(page, vector):
    n, e = int(vector["n"], 16), int(vector["e"], 16)
    data = {name: to_text(bytes.fromhex(vector[name])) for name in ("prepared_msg", "salt", "inv", "blind_sig")}
    found = run(
        page,
        """const key = await BallotBox.readKey(der);
           const [message, salt] = [data.prepared_msg, data.salt].map(unbase64);
           const encoded = await BallotBox.encode(message, key.n.toString(2).length - 1, salt);
           const blinding = await BallotBox.blind(key, message, salt, BigInt("0x" + factor));
           const signature = await BallotBox.finalize(key, blinding, unbase64(data.blind_sig), salt.length);
           return [encoded, blinding.blinded, blinding.inverse, signature].map(base64);""",
        der=to_text(PublicKey(n, e).der),
        data=data,
        factor=f"{pow(int(vector['inv'], 16), -1, n):x}",
    )
    names = ("encoded_msg", "blinded_msg", "inv", "sig")
    assert [b64decode(part).hex() for part in found] == [vector[name].zfill(2 * 512) for name in names]


def test_python_finishes_what_the_browser_began_and_the_other_way_round(page, station):
    public = station.group.public
    begun = run(
        page,
        """const key = await BallotBox.readKey(der);
           const { message, blinded, inverse } = await BallotBox.blind(key, BallotBox.credential(survey, key.id));
           return [message, blinded, inverse].map(base64);""",
        der=to_text(public.der),
        survey=SURVEY.hex,
    )
    message, blinded, inverse = map(b64decode, begun)
    assert parse_credential(message).survey_id == SURVEY
    assert parse_credential(message).key_id == public.key_id
    assert finalize(public, Blinding(message, blinded, int.from_bytes(inverse)), station.group.sign(blinded))

    ours = blind(public, credential_message(SURVEY, public.key_id))
    finished = run(
        page,
        """const [message, inverse] = [said, undo].map(unbase64);
           const key = await BallotBox.readKey(der);
           return base64(await BallotBox.finalize(key, { message, inverse }, unbase64(reply)));""",
        der=to_text(public.der),
        said=to_text(ours.message),
        undo=to_text(ours.inverse.to_bytes(256)),
        reply=to_text(station.group.sign(ours.blinded)),
    )
    assert public.verify(ours.message, b64decode(finished))


def test_receipts_and_fingerprints_are_the_same_in_both(page, station):
    nonce, body = bytes(range(32)), BODY.encode()
    key_ids = [bytes([200]) * 32, bytes([3]) * 32, station.group.public.key_id]
    receipt, printed, print_of_keys = run(
        page,
        """const receipt = await BallotBox.receiptOf(survey, unbase64(nonce), unbase64(body));
           const print = await BallotBox.fingerprint(survey, keyIds.map(unbase64), unbase64(keyIds[2]));
           return [base64(receipt), BallotBox.printed(receipt, 20), print];""",
        survey=SURVEY.hex,
        nonce=to_text(nonce),
        body=to_text(body),
        keyIds=[to_text(key_id) for key_id in key_ids],
    )
    assert b64decode(receipt) == compute_receipt(SURVEY, nonce, body)
    assert printed == printed_receipt(compute_receipt(SURVEY, nonce, body))
    assert print_of_keys == fingerprint(SURVEY, key_ids, station.group.public.key_id)


def test_codes_are_understood_and_refused_as_in_python(page, station):
    plain = FIRST
    typed = [
        CODES[1],
        CODES[2].lower().replace("-", " "),
        plain.replace("0", "O").replace("1", "l"),
        "\u3000".join(plain),
        "".join(chr(ord(character) + 0xFEE0) for character in plain),
        plain[:-1],
        plain + "0",
        plain[1] + plain[0] + plain[2:],
        "U" * 13,
        "",
        "多" * 13,
        *(plain[:at] + ("7" if plain[at] != "7" else "8") + plain[at + 1 :] for at in range(13)),
    ]
    read = """return typed.map((one) => {
                try { return BallotBox.readCode(one); } catch (error) { return error.reason; }
              });"""

    def ours(one: str) -> str:
        try:
            return codes.normalise(one)
        except codes.CodeMalformed:
            return "code"

    assert run(page, read, typed=typed) == [ours(one) for one in typed]
    assert activate(page, station, code=plain[:-1]) == ["refused", "code", None]


def test_a_blinding_factor_is_drawn_again_rather_than_reduced(page, station):
    """Reducing numbers beyond the key would make small factors likelier than others."""
    n = station.group.public.n
    drawn = [2**2048 - 1, n, 0, n - 5]
    inverse = run(
        page,
        """crypto.getRandomValues = (into) => { into.set(unbase64(drawn.shift())); return into; };
           const key = await BallotBox.readKey(der);
           return base64((await BallotBox.blind(key, new Uint8Array(64), new Uint8Array(48))).inverse);""",
        der=to_text(station.group.public.der),
        drawn=[to_text(value.to_bytes(256)) for value in drawn],
    )
    assert int.from_bytes(b64decode(inverse)) == pow(n - 5, -1, n)


def test_a_slow_phone_casts_its_ballot_too(page, station):
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 6})
    assert cast(page, station, activate(page, station))["earlier"] is False
    assert station.opened() == [BODY]


def test_the_script_stays_small_and_within_what_old_browsers_read():
    script = SCRIPT.read_text(encoding="utf-8")
    assert len(script.encode()) < 12 * 1024
    code = re.sub(r"//.*", "", script)
    assert (
        re.findall(r"\?\.[a-zA-Z(\[]|\?\?|\|\|=|&&=|\.at\(|replaceAll|matchAll|fromEntries|\.flat|allSettled", code)
        == []
    )
    assert re.findall(r"\beval\b|new Function|innerHTML|localStorage|document\.cookie", code) == []
