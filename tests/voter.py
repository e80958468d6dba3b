"""Members as clients of the real service: one whose browser encrypts, one whose browser runs no script.

Each goes step by step and can stop anywhere; whose reply got lost sends the same message again, as the browsers do.
"""

from __future__ import annotations

import json
import re
import time
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ssl import SSLContext
from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import UUID

from flask.testing import FlaskClient

from survey_app.crypto.blind import PREFIX_BYTES, Blinding, PublicKey, blind, finalize
from survey_app.crypto.box import credential_message, printed_receipt, seal_envelope
from survey_app.services import body_of

PATIENCE_SECONDS = 120
COME_AGAIN = 503
RECEIPT_ON_PAGE = re.compile(r'<p class="typed"[^>]*>([0-9A-Z-]{24})</p>')
ATTEMPT_ON_PAGE = re.compile(r'name="attempt" value="([0-9a-f]{32})"')


class LostError(Exception):
    """No reply: the service is gone, or went while it was answering."""


class RefusedError(Exception):
    """The service has decided; sending again changes nothing. `args`: the status and what was said."""


@dataclass
class Phone:
    """A browser's connection to the service: kept open, opened anew after a failure."""

    port: int
    headers: Mapping[str, str] = field(default_factory=dict)
    trust: SSLContext | None = None
    """Speak TLS, and believe these certificates."""
    _connection: HTTPConnection | None = None

    def send(self, method: str, path: str, body: bytes = b"", kind: str = "") -> tuple[int, str]:
        """Status and text. Raises: LostError."""
        if self._connection is None:
            self._connection = self._connect()
        headers = {**self.headers, **({"Content-Type": kind} if kind else {})}
        try:
            self._connection.request(method, path, body or None, headers)
            reply = self._connection.getresponse()
            return reply.status, reply.read().decode()
        except (OSError, HTTPException) as error:
            self.hang_up()
            raise LostError(type(error).__name__) from error

    def send_json(self, path: str, message: Mapping[str, Any]) -> tuple[int, dict[str, str]]:
        status, text = self.send("POST", path, json.dumps(message).encode(), "application/json")
        return status, json.loads(text)

    def send_form(self, path: str, fields: Mapping[str, str]) -> tuple[int, str]:
        return self.send("POST", path, urlencode(fields).encode(), "application/x-www-form-urlencoded")

    def _connect(self) -> HTTPConnection:
        if self.trust is None:
            return HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        return HTTPSConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS, context=self.trust)

    def hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


class ClientPhone(Phone):
    """A phone that reaches the application without a network, through Flask's test client."""

    def __init__(self, client: FlaskClient) -> None:
        super().__init__(port=0)
        self._client = client

    def send(self, method: str, path: str, body: bytes = b"", kind: str = "") -> tuple[int, str]:
        reply = self._client.open(path, method=method, data=body, content_type=kind or None)
        return reply.status_code, reply.text


@dataclass
class Voter:
    """What both kinds share: steps in order, each done when its reply has been read."""

    phone: Phone
    path: str
    """Of the group's landing page."""
    code: str
    answers: Mapping[str, Any]
    receipt: str = ""
    """As printed; empty before the ballot has been acknowledged."""
    done: int = 0
    steps: ClassVar[tuple[str, ...]] = ()

    @property
    def has_finished(self) -> bool:
        return self.done == len(self.steps)

    def go(self, *, until: str = "") -> None:
        """Take steps, to the one before `until` or all. Raises: LostError, RefusedError."""
        while not self.has_finished and self.steps[self.done] != until:
            self.take_step()

    def take_step(self) -> None:
        getattr(self, self.steps[self.done])()
        self.done += 1

    def lose_reply(self) -> None:
        """Take a step whose reply is never seen: what the phone knows stays as it was before."""
        done, receipt = self.done, self.receipt
        getattr(self, self.steps[done])()
        self.forget_reply()
        self.done, self.receipt = done, receipt
        self.phone.hang_up()

    def forget_reply(self) -> None:
        """Kinds of voters forget what else came with the reply."""

    def persist(self) -> None:
        """Go on to the receipt, sending the last message again for as long as there is no service or only trouble."""
        stood, deadline = self.done, time.monotonic() + PATIENCE_SECONDS
        while not self.has_finished:
            try:
                self.go()
            except (LostError, RefusedError) as error:
                if self.done > stood:
                    stood, deadline = self.done, time.monotonic() + PATIENCE_SECONDS
                if time.monotonic() > deadline or (isinstance(error, RefusedError) and error.args[0] != COME_AGAIN):
                    raise
                time.sleep(0.1)
        self.phone.hang_up()


@dataclass
class ScriptVoter(Voter):
    """The messages of static/ballot-box.js; what is kept here, that script keeps in IndexedDB."""

    poll: dict[str, Any] = field(default_factory=dict)
    blinding: Blinding | None = None
    signature: bytes = b""
    ballot: dict[str, str] = field(default_factory=dict)
    is_earlier: bool = False
    steps: ClassVar[tuple[str, ...]] = ("fetch_keys", "activate", "cast")

    def fetch_keys(self) -> None:
        status, text = self.phone.send("GET", f"{self.path}/keys.json")
        _expect(status, text)
        self.poll = json.loads(text)

    def activate(self) -> None:
        status, reply = self.ask_for_pass()
        _expect(status, reply)
        self.signature = self._finished(reply["blind_sig"])

    def cast(self) -> None:
        if not self.ballot:
            self.ballot = self.seal(self.answers)
        status, reply = self.phone.send_json("/api/ballots", self.ballot)
        if status != 409:
            _expect(status, reply)
        self.is_earlier = status == 409
        self.receipt = printed_receipt(b64decode(reply["receipt"]))

    def seal(self, answers: Mapping[str, Any]) -> dict[str, str]:
        """A ballot with these answers and this voter's pass."""
        sealed = seal_envelope(self._key("envelopeKey"), body_of(answers), self.poll["size"], survey_id=self._survey)
        parts = {
            "prefix": self.prepare().message[:PREFIX_BYTES],
            "sig": self.signature,
            "receipt": sealed.receipt,
            "envelope": sealed.envelope,
        }
        return self._where | {name: _text(part) for name, part in parts.items()}

    def forget_reply(self) -> None:
        if self.steps[self.done] == "activate":
            self.signature = b""

    def prepare(self) -> Blinding:
        """The blinded message, drawn once."""
        if self.blinding is None:
            key = self._key("key")
            self.blinding = blind(key, credential_message(self._survey, key.key_id))
        return self.blinding

    def ask_for_pass(self) -> tuple[int, dict[str, str]]:
        return self.phone.send_json("/api/issue", self.asking)

    @property
    def asking(self) -> dict[str, str]:
        """The message that asks for the pass."""
        return self._where | {"code": self.code, "blinded": _text(self.prepare().blinded)}

    def gets_the_same_pass_again(self) -> bool:
        status, reply = self.ask_for_pass()
        return status == 200 and self._finished(reply["blind_sig"]) == self.signature

    def _finished(self, blind_signature: str) -> bytes:
        return finalize(self._key("key"), self.prepare(), b64decode(blind_signature))

    @property
    def _where(self) -> dict[str, str]:
        return {name: self.poll[name] for name in ("survey", "group")}

    @property
    def _survey(self) -> UUID:
        return UUID(self.poll["survey"])

    def _key(self, name: str) -> PublicKey:
        return PublicKey.from_der(b64decode(self.poll[name]))


@dataclass
class FormVoter(Voter):
    """A browser without JavaScript: each page carries all answers, the review page its random attempt."""

    attempt: str = ""
    steps: ClassVar[tuple[str, ...]] = ("look", "enter", "review", "submit")

    def look(self) -> None:
        _expect(*self.phone.send("GET", self.path))

    def enter(self) -> None:
        _expect(*self._press("start", at=""))

    def review(self) -> None:
        status, page = self._press("review", at="second")
        _expect(status, page)
        self.attempt = ATTEMPT_ON_PAGE.findall(page)[0]

    def submit(self) -> None:
        status, page = self._press("submit", at="review")
        _expect(status, page)
        self.receipt = RECEIPT_ON_PAGE.findall(page)[0]

    def forget_reply(self) -> None:
        if self.steps[self.done] == "review":
            self.attempt = ""

    def _press(self, button: str, *, at: str) -> tuple[int, str]:
        return self.phone.send_form(self.path, self.page(button, at=at))

    def page(self, button: str, *, at: str) -> dict[str, str]:
        """What is sent when a button is pressed."""
        typed = {f"q_{name}": str(value) for name, value in self.answers.items()}
        return {**typed, "code": self.code, "go": button, "at": at, "attempt": self.attempt}


def _expect(status: int, said: object) -> None:
    if status != 200:
        raise RefusedError(status, said)


def _text(data: bytes) -> str:
    return b64encode(data).decode("ascii")
