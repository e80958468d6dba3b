"""Bad lines and impatient thumbs: requests that stall, break off, come twice, come in the wrong order."""

from __future__ import annotations

import json
import random
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Thread
from urllib.parse import urlencode

import pytest

from tests.faults.polls import House, Poll, house_on, together
from tests.faults.server import DATABASES, HOST, PATIENCE
from tests.voter import FormVoter, RefusedError, ScriptVoter

IMPATIENT = "from survey_app.serving import measured_socket; measured_socket.PATIENCE_SECONDS = 2"
STALLED = 12
"""More than the threads of the service."""
PHONES = 10
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


@pytest.fixture(scope="module", params=DATABASES)
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house_on(request.param, tmp_path_factory.mktemp("lines"), request, first=IMPATIENT, THREADS="8") as house:
        yield house


@pytest.fixture
def poll(house: House) -> Iterator[Poll]:
    yield house.open_poll()
    assert "Traceback" not in house.service.output
    assert "failed" not in house.service.output


def _call(poll: Poll) -> socket.socket:
    return socket.create_connection((HOST, poll.service.port), timeout=PATIENCE)


def _message(path: str, kind: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _of_issue(voter: ScriptVoter) -> bytes:
    return _message("/api/issue", JSON, json.dumps(voter.asking).encode())


def _of_ballot(voter: ScriptVoter) -> bytes:
    voter.ballot = voter.ballot or voter.seal(voter.answers)
    return _message("/api/ballots", JSON, json.dumps(voter.ballot).encode())


def _of_page(voter: FormVoter) -> bytes:
    return _message(voter.path, FORM, urlencode(voter.page("submit", at="review")).encode())


def _break_off(connection: socket.socket) -> None:
    """As a phone that enters a tunnel: nothing is waited for, whatever is on its way is dropped."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def _ended(connection: socket.socket) -> bool:
    """Whether the service has hung up, which it does with or without a word."""
    with suppress(ConnectionError):
        while connection.recv(65536):
            pass
    return True


def test_more_stalled_requests_than_threads_are_hung_up_on_and_the_service_goes_on(poll):
    """Without a web server in front, whose part it would be."""
    voter = poll.script_voter(0)
    voter.go(until="activate")
    whole = _of_issue(voter)
    stalled = [_call(poll) for _ in range(STALLED)]
    for number, connection in enumerate(stalled):
        connection.sendall((whole[: whole.index(b"\r\n\r\n")], whole[:-9], whole[:20])[number % 3])
    trickling = _call(poll)
    Thread(target=_trickle, args=(trickling, _message("/login", FORM, bytes(100_000))), daemon=True).start()
    deaf = _call(poll)
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.sendall(f"GET {poll.path}/sheet HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode() * 300)
    voter.persist()
    assert voter.receipt in poll.receipts()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**20)  # hears again, what was on its way to it
    assert all(_ended(connection) for connection in (*stalled, trickling, deaf))
    for connection in (*stalled, trickling, deaf):
        connection.close()


def _trickle(connection: socket.socket, message: bytes) -> None:
    """A byte now and then: no single wait is long."""
    with suppress(OSError):
        for start in range(len(message)):
            connection.sendall(message[start : start + 1])
            time.sleep(0.2)


def test_a_connection_cut_within_the_message_changes_nothing(poll):
    voter, by_form = poll.script_voter(0), poll.form_voter(1)
    voter.go(until="activate")
    by_form.go(until="submit")
    _cut_everywhere(poll, _of_issue(voter))
    _cut_everywhere(poll, _of_page(by_form))
    assert poll.used_codes() == 0
    voter.go(until="cast")
    _cut_everywhere(poll, _of_ballot(voter))
    assert poll.receipts() == []
    voter.go()
    by_form.go()
    poll.keeps_what_it_acknowledged([voter, by_form])
    assert poll.used_codes() == 2


def _cut_everywhere(poll: Poll, message: bytes) -> None:
    """In its head, after it, and a byte before its end; some in a hurry, some politely."""
    body = message.index(b"\r\n\r\n") + 4
    for end in (10, body - 2, body, (body + len(message)) // 2, len(message) - 1):
        for leave in (_break_off, socket.socket.close):
            connection = _call(poll)
            connection.sendall(message[:end])
            leave(connection)


def test_a_connection_cut_before_the_reply_costs_nobody_a_ballot(poll):
    by_script = [poll.script_voter(number) for number in range(4)]
    by_form = [poll.form_voter(number) for number in range(4, 6)]
    for voter in by_script:
        voter.go(until="activate")
        _send_and_leave(poll, _of_issue(voter))
        voter.go(until="cast")
        _send_and_leave(poll, _of_ballot(voter))
        voter.go()
    for voter in by_form:
        voter.go(until="submit")
        _send_and_leave(poll, _of_page(voter))
        voter.go()
    poll.keeps_what_it_acknowledged([*by_script, *by_form])
    assert poll.used_codes() == len(by_script) + len(by_form)


def _send_and_leave(poll: Poll, message: bytes) -> None:
    connection = _call(poll)
    connection.sendall(message)
    _break_off(connection)


def test_the_same_message_from_ten_connections_at_once_is_done_once(poll):
    voter, by_form = poll.script_voter(0), poll.form_voter(1)
    voter.go(until="activate")
    by_form.go(until="submit")
    assert len(set(_from_ten_connections(poll, _of_issue(voter)))) == 1
    assert poll.used_codes() == 1
    voter.go(until="cast")
    assert len(set(_from_ten_connections(poll, _of_ballot(voter)))) == 1
    pages = _from_ten_connections(poll, _of_page(by_form))
    voter.go()
    by_form.go()
    assert all(by_form.receipt.encode() in page for page in pages)
    poll.keeps_what_it_acknowledged([voter, by_form])
    assert poll.played() <= 1


def _from_ten_connections(poll: Poll, message: bytes) -> list[bytes]:
    """What was said to each."""

    def ask() -> bytes:
        with _call(poll) as connection:
            connection.sendall(message.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
            said = b"".join(iter(lambda: connection.recv(65536), b""))
        head, _empty, body = said.partition(b"\r\n\r\n")
        assert b" 200 " in head[:16], said
        return body

    return together([ask] * PHONES)


def test_messages_in_the_wrong_order_are_refused_and_in_the_right_one_taken(poll):
    """A ballot before its pass; a pass asked for after the ballot; everything again, shuffled."""
    voter = poll.script_voter(0)
    voter.go(until="activate")
    hasty = poll.script_voter(1)
    hasty.go(until="activate")
    hasty.signature = bytes(len(hasty.prepare().blinded))
    _refused(hasty.cast, 403)
    assert poll.receipts() == []
    voter.go()
    assert voter.gets_the_same_pass_again()
    other_phone = poll.script_voter(0)
    other_phone.go(until="activate")
    _refused(other_phone.activate, 409)
    steps: list[Callable[[], object]] = [voter.fetch_keys, voter.gets_the_same_pass_again, voter.cast] * 3
    random.Random(4).shuffle(steps)
    for step in steps:
        step()
    poll.keeps_what_it_acknowledged([voter])
    assert poll.used_codes() == 1


def test_after_closing_who_has_a_pass_may_cast_and_nobody_else_begins(poll):
    has_pass, has_keys, comes_late = (poll.script_voter(number) for number in range(3))
    has_pass.go(until="cast")
    has_keys.go(until="activate")
    poll.close()
    comes_late.go(until="activate")
    _refused(has_keys.activate, 410)
    _refused(comes_late.activate, 410)
    assert has_pass.gets_the_same_pass_again()
    has_pass.go()
    poll.keeps_what_it_acknowledged([has_pass])
    assert poll.used_codes() == 1


def _refused(act: Callable[[], object], status: int) -> None:
    with pytest.raises(RefusedError) as refusal:
        act()
    assert refusal.value.args[0] == status
