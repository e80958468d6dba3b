"""Members are answered in turns by one loop: nobody holds up the others, however they come or go."""

from __future__ import annotations

import json
import socket
import sqlite3
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection

import pytest
from sqlalchemy import text

from survey_app.database import BALLOT_BOX, BOX_TABLES, ISSUE_BOX, box_files
from tests.faults.polls import House, Poll, house_on, together
from tests.faults.server import DATABASES, HOST, PATIENCE
from tests.voter import Phone

FEW_THREADS = 2
CONNECTIONS, MANY = 350, 300
SMALL_HOUSE = f"import survey_app.commands.serve; survey_app.commands.serve.CONNECTIONS = {CONNECTIONS}"
FORM = "/first-administrator"
"""A page that is no member's."""
NOT_GUNICORNS_THREADS = "Server"
"""A header that gunicorn's threads put on, and the loop does not."""


@pytest.fixture(scope="module", params=DATABASES)
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("turns")
    with house_on(request.param, folder, request, first=SMALL_HOUSE, THREADS=str(FEW_THREADS)) as house:
        yield house


@pytest.fixture
def poll(house: House) -> Iterator[Poll]:
    """Its pages and keys are in memory: one member has answered."""
    poll = house.open_poll()
    poll.script_voter(0).go()
    _get(poll, poll.path)
    _get(poll, f"{poll.path}/sheet")
    yield poll
    assert "Traceback" not in house.service.output


@contextmanager
def locked(poll: Poll, box: str) -> Iterator[None]:
    """As a copy or a rewriting of the box would hold it, for longer than anybody waits gladly."""
    if poll.engine.dialect.name == "sqlite":
        file = sqlite3.connect(box_files(str(poll.engine.url.database))[box], isolation_level=None)
        file.execute("BEGIN IMMEDIATE")
        yield
        file.execute("ROLLBACK")
        file.close()
        return
    with poll.engine.begin() as transaction:
        transaction.execute(text(f"LOCK TABLE {box}.{BOX_TABLES[box][0]} IN ACCESS EXCLUSIVE MODE"))
        yield


def _get(poll: Poll, path: str) -> tuple[int, bool]:
    """The status, and whether the loop has answered by itself."""
    connection = HTTPConnection(HOST, poll.service.port, timeout=PATIENCE)
    connection.request("GET", path)
    reply = connection.getresponse()
    reply.read()
    connection.close()
    return reply.status, reply.getheader(NOT_GUNICORNS_THREADS) is None


def _message(path: str, body: bytes = b"") -> bytes:
    lines = [f"{'POST' if body else 'GET'} {path} HTTP/1.1", f"Host: {HOST}"]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode() + body


def _reply(connection: socket.socket) -> tuple[bytes, bytes]:
    """Head and body of the next reply, and not a byte more."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        piece = connection.recv(1)
        assert piece, "hung up"
        head += piece
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    body = b""
    while len(body) < length:
        body += connection.recv(length - len(body))
    return head, body


def _call(poll: Poll) -> socket.socket:
    return socket.create_connection((HOST, poll.service.port), timeout=PATIENCE)


def test_members_are_answered_by_the_loop_and_committees_by_threads(poll):
    assert _get(poll, poll.path) == (200, True)
    assert _get(poll, FORM) == (200, False)
    assert _get(poll, f"/s/{poll.path.split('/')[2]}/nowhere") == (404, False)


def test_while_one_box_is_locked_only_those_wait_who_need_it(poll):
    """More of them than there are threads; everybody else gets what they want meanwhile."""
    waiting = [poll.script_voter(number) for number in range(1, 2 + FEW_THREADS)]
    for voter in waiting:
        voter.go(until="cast")
    with ThreadPoolExecutor(len(waiting)) as threads, locked(poll, BALLOT_BOX):
        casts = [threads.submit(voter.go) for voter in waiting]
        assert _get(poll, f"{poll.path}/sheet")[0] == 200
        assert not any(cast.done() for cast in casts)
    assert [cast.result() for cast in casts] == [None] * len(waiting)
    assert {voter.receipt for voter in waiting} < set(poll.receipts())
    assert _get(poll, poll.path) == (200, True)


def test_phones_that_break_off_while_a_box_is_locked_harm_nobody(poll):
    """One whose message is in order, one whose message is refused: there the application is asked after all."""
    good, refused, patient = (poll.script_voter(number) for number in (1, 0, 2))
    for voter in (good, refused, patient):
        voter.go(until="activate")
    refused.blinding = None
    before = poll.service.workers()
    with ThreadPoolExecutor() as threads, locked(poll, ISSUE_BOX):
        for voter in (good, refused):
            with _call(poll) as connection:
                connection.sendall(_message("/api/issue", json.dumps(voter.asking).encode()))
                assert _get(poll, poll.path)[0] == 200  # in a turn after that one
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        waiting = threads.submit(patient.take_step)
        assert _get(poll, poll.path)[0] == 200
    waiting.result()
    good.go()
    patient.go()
    assert poll.service.workers() == before
    assert poll.used_codes() == 3
    assert "failed" not in poll.service.output


def test_when_connections_run_short_whoever_has_an_answer_makes_room(poll):
    with _call(poll) as connection:
        for _ in range(2):
            connection.sendall(_message(poll.path))
            assert b"connection: keep-alive" in _reply(connection)[0].lower()
    with ExitStack() as crowd:
        *_silent, last = [crowd.enter_context(_call(poll)) for _ in range(CONNECTIONS - FEW_THREADS + 1)]
        last.sendall(_message(poll.path))
        assert b"connection: close" in _reply(last)[0].lower()
        assert last.recv(1) == b""


def test_three_hundred_silent_connections_keep_nobody_from_answering(poll):
    with ExitStack() as crowd:
        silent = [crowd.enter_context(_call(poll)) for _ in range(MANY)]
        assert _get(poll, FORM)[0] == 200
        voter = poll.script_voter(1)
        voter.go()
        assert voter.receipt in poll.receipts()
        for connection in silent:
            connection.sendall(_message(poll.path))
        assert all(_reply(connection)[0].startswith(b"HTTP/1.1 200") for connection in silent)


def test_a_request_may_come_in_pieces(poll):
    voter = poll.script_voter(1)
    voter.go(until="activate")
    whole = _message("/api/issue", json.dumps(voter.asking).encode())
    with _call(poll) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in (whole[:3], whole[3:40], whole[40 : whole.index(b"{") + 1], whole[whole.index(b"{") + 1 : -1]):
            connection.sendall(piece)
            assert _get(poll, poll.path)[0] == 200
        connection.sendall(whole[-1:])
        head, _body = _reply(connection)
    assert head.startswith(b"HTTP/1.1 200")
    assert NOT_GUNICORNS_THREADS.encode() not in head
    assert poll.used_codes() == 2


def test_who_says_that_nothing_more_will_come_is_answered_all_the_same(poll):
    for path in (poll.path, FORM):
        with _call(poll) as connection:
            connection.sendall(_message(path))
            connection.shutdown(socket.SHUT_WR)
            assert _reply(connection)[0].startswith(b"HTTP/1.1 200")
            assert connection.recv(1) == b""


def test_who_asks_again_before_the_answer_gets_both_in_order(poll):
    asked = (poll.path, f"{poll.path}/keys.json", FORM, f"{poll.path}/sheet", FORM, poll.path)
    alone = []
    for path in asked:
        with _call(poll) as connection:
            connection.sendall(_message(path))
            alone.append(_reply(connection)[1])
    assert alone[2] != alone[4]  # a form has a token of its own
    for at_once in (True, False):
        with _call(poll) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for part in [b"".join(map(_message, asked))] if at_once else map(_message, asked):
                connection.sendall(part)
            replies = [_reply(connection)[1] for _ in asked]
        members = [place for place, path in enumerate(asked) if path != FORM]
        assert [replies[place] for place in members] == [alone[place] for place in members]


def test_a_service_that_is_stopped_finishes_what_it_has_begun(poll):
    voters = [poll.script_voter(number) for number in range(1, 9)]
    for voter in voters:
        voter.go(until="activate")
    with ThreadPoolExecutor(len(voters)) as threads:
        going = [threads.submit(voter.persist) for voter in voters]
        poll.service.stop()
        poll.service.start()
        for one in going:
            one.result()
    assert {voter.receipt for voter in voters} < set(poll.receipts())
    assert poll.used_codes() == len(voters) + 1


def test_phones_that_hang_up_while_they_wait_harm_nobody(poll):
    """Some before their turn, some after it."""
    voters = [poll.script_voter(number) for number in range(1, 9)]
    for voter in voters:
        voter.go(until="cast")

    def leave(number: int) -> None:
        voter = voters[number]
        voter.ballot = voter.seal(voter.answers)
        with _call(poll) as connection:
            connection.sendall(_message("/api/ballots", json.dumps(voter.ballot).encode()))
            if number % 2:
                connection.shutdown(socket.SHUT_RDWR)

    together([lambda number=number: leave(number) for number in range(len(voters))])
    for voter in voters:
        voter.phone = Phone(poll.service.port)
        voter.go()
    assert {voter.receipt for voter in voters} < set(poll.receipts())
    assert poll.used_codes() == len(voters) + 1
