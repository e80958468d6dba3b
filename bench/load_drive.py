"""The members of `load.py`: one process, plain sockets, requests written out beforehand.

What is computed while the clock runs is one multiplication per respondent, which makes the pass of the blind signature.
"""

from __future__ import annotations

import errno
import json
import resource
import selectors
import socket
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from time import perf_counter, process_time

HOST = "127.0.0.1"
PATIENCE = 90.0
"""Seconds without any answer after which a request has failed."""
TRIALS = 3
"""How often a request is sent whose connection broke, as a browser would; every failure is counted."""
CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Respondent:
    """What a phone sends, in order; `ballot` is sent around the signature that the pass becomes."""

    fetches_before: Sequence[bytes]
    issue: bytes
    fetches_between: Sequence[bytes]
    ballot: tuple[bytes, bytes]
    unblinding: int
    modulus: int

    @property
    def steps(self) -> int:
        return len(self.fetches_before) + len(self.fetches_between) + 2

    def request(self, step: int, signature: bytes) -> bytes:
        before, between = len(self.fetches_before), len(self.fetches_between)
        if step < before:
            return self.fetches_before[step]
        if step == before:
            return self.issue
        if step <= before + between:
            return self.fetches_between[step - before - 1]
        return self.ballot[0] + signature + self.ballot[1]

    def signature(self, reply: bytes) -> bytes:
        blind = int.from_bytes(b64decode(json.loads(reply)["blind_sig"]))
        size = (self.modulus.bit_length() + 7) // 8
        return b64encode((blind * self.unblinding % self.modulus).to_bytes(size))


@dataclass
class Run:
    """What happened."""

    receipts: set[bytes] = field(default_factory=set)
    respondent_seconds: list[float] = field(default_factory=list)
    request_seconds: list[float] = field(default_factory=list)
    seconds: float = 0.0
    driver_cpu: float = 0.0
    received: int = 0
    sent: int = 0
    errors: int = 0
    complaints: set[str] = field(default_factory=set)


@dataclass(eq=False)
class Client:
    """One phone at a time: when its member has a receipt, the next one takes its place."""

    respondent: Respondent
    began: float
    step: int = 0
    asked: float = 0.0
    trials: int = 0
    signature: bytes = b""
    socket: socket.socket | None = None
    is_connecting: bool = False
    reply: bytearray = field(default_factory=bytearray)


class Driver:
    def __init__(self, port: int, respondents: Sequence[Respondent]) -> None:
        self._port = port
        self._respondents: Iterator[Respondent] = iter(respondents)
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    def run(self, clients: int, *, seconds: float | None = None, respondents: int | None = None) -> Run:
        """So many at once, for so long or so many in all; who has begun finishes."""
        return _Drive(self._port, self._respondents, clients, seconds, respondents).run


class _Drive:
    """One run from its first to its last request."""

    def __init__(
        self, port: int, source: Iterator[Respondent], clients: int, seconds: float | None, respondents: int | None
    ) -> None:
        self.run = Run()
        self._port, self._source, self._left = port, source, respondents
        self._selector = selectors.DefaultSelector()
        self._clients: set[Client] = set()
        start, cpu = perf_counter(), process_time()
        self._until = start + seconds if seconds is not None else None
        for _ in range(clients):
            self._begin(start)
        self._go()
        self._selector.close()
        self.run.seconds, self.run.driver_cpu = perf_counter() - start, process_time() - cpu

    def _go(self) -> None:
        looked = perf_counter()
        while self._clients:
            for key, _events in self._selector.select(1.0):
                self._on_event(key.data)
            now = perf_counter()
            if now - looked > 1:
                looked = now
                for client in [client for client in self._clients if now - client.asked > PATIENCE]:
                    self._fail(client, "no answer", gives_up=True)

    def _begin(self, now: float) -> None:
        """The next member, unless time or members have run out."""
        if (self._until is not None and now >= self._until) or self._left == 0:
            return
        respondent = next(self._source, None)
        if respondent is None:
            return
        if self._left is not None:
            self._left -= 1
        client = Client(respondent, began=now)
        self._clients.add(client)
        self._ask(client, now)

    def _ask(self, client: Client, now: float) -> None:
        client.asked = now
        client.reply.clear()
        if client.socket is not None:
            self._send(client)
            return
        client.socket = socket.socket()
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.socket.setblocking(False)
        client.is_connecting = client.socket.connect_ex((HOST, self._port)) == errno.EINPROGRESS
        wanted = selectors.EVENT_WRITE if client.is_connecting else selectors.EVENT_READ
        self._selector.register(client.socket, wanted, client)
        if not client.is_connecting:
            self._send(client)

    def _send(self, client: Client) -> None:
        assert client.socket is not None
        request = client.respondent.request(client.step, client.signature)
        self.run.sent += len(request)
        try:
            client.socket.setblocking(True)  # a request fits the buffers of the connection
            client.socket.sendall(request)
        except OSError as error:
            self._fail(client, f"sending: {error.strerror}")

    def _on_event(self, client: Client) -> None:
        assert client.socket is not None
        if client.is_connecting:
            client.is_connecting = False
            refused = client.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if refused:
                self._fail(client, f"connecting: {errno.errorcode[refused]}")
                return
            self._selector.modify(client.socket, selectors.EVENT_READ, client)
            self._send(client)
            return
        try:
            part = client.socket.recv(CHUNK)
        except OSError as error:
            self._fail(client, f"receiving: {error.strerror}")
            return
        if not part:
            self._fail(client, "the connection was closed")
            return
        self.run.received += len(part)
        client.reply += part
        end = client.reply.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(client.reply[:end]).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(client.reply) >= end + 4 + length:
            self._on_reply(client, head, bytes(client.reply[end + 4 :]))

    def _on_reply(self, client: Client, head: bytes, body: bytes) -> None:
        now = perf_counter()
        self.run.request_seconds.append(now - client.asked)
        if head[9:12] != b"200":
            self._fail(client, f"step {client.step}: {head[9:12].decode()} {body[:80]!r}", gives_up=True)
            return
        if b"connection: close" in head:
            self._hang_up(client)
        before = len(client.respondent.fetches_before)
        if client.step == before:
            client.signature = client.respondent.signature(body)
        client.step, client.trials = client.step + 1, 0
        if client.step < client.respondent.steps:
            self._ask(client, now)
            return
        self.run.receipts.add(b64decode(json.loads(body)["receipt"]))
        self.run.respondent_seconds.append(now - client.began)
        self._end(client)

    def _fail(self, client: Client, why: str, *, gives_up: bool = False) -> None:
        self.run.errors += 1
        self.run.complaints.add(why)
        client.trials += 1
        self._hang_up(client)
        if gives_up or client.trials >= TRIALS:
            self._end(client)
        else:
            self._ask(client, perf_counter())

    def _end(self, client: Client) -> None:
        self._hang_up(client)
        self._clients.discard(client)
        self._begin(perf_counter())

    def _hang_up(self, client: Client) -> None:
        if client.socket is not None:
            self._selector.unregister(client.socket)
            client.socket.close()
        client.socket, client.is_connecting = None, False
