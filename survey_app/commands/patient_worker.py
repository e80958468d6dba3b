"""The worker of gunicorn, with an end to its patience: who sends or reads too slowly is hung up on.

A thread serves one request at a time and waits for the rest of it. Without a limit as many stalled connections as there
are threads would hold up the service for everybody; a web server in front waits in their stead, but not everybody has
one.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from select import POLLIN, poll
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

PATIENCE_SECONDS = 30.0
"""For a request to arrive, and for each piece of a reply to be taken."""
SLOWEST = 500
"""Bytes a second at which a long request may come in beyond that, as a file through a bad line does."""
NEXT_SECONDS = 0.02
"""For the next request on a connection, which a browser often sends at once: handing the connection to the thread that
watches all of them and back costs more than a short reply."""
LINGER_SECONDS = 2.0
PIECE = 64 * 1024


class MeasuredSocket(socket.socket):
    """A connection that is over, as if the other side had hung up, when a request takes too long to arrive."""

    _deadline = 0.0

    @classmethod
    def instead_of(cls, plain: socket.socket) -> MeasuredSocket:
        return cls(plain.family, plain.type, plain.proto, fileno=plain.detach())

    def expect_request(self) -> None:
        self._deadline = time.monotonic() + PATIENCE_SECONDS

    def is_readable_within(self, seconds: float) -> bool:
        watch = poll()
        watch.register(self, POLLIN)
        return bool(watch.poll(seconds * 1000))

    def recv(self, size: int, flags: int = 0) -> bytes:
        given, left = self.gettimeout(), self._deadline - time.monotonic()
        if left <= 0:
            return b""
        self.settimeout(left if given is None else min(left, given))
        try:
            data = super().recv(size, flags)
        except TimeoutError:
            if time.monotonic() < self._deadline:
                raise  # another limit, which gunicorn has set
            return b""
        finally:
            self.settimeout(given)
        self._deadline += len(data) / SLOWEST
        return data

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Raises: TimeoutError when a piece is not taken."""
        self.settimeout(PATIENCE_SECONDS)
        whole = memoryview(data)
        for start in range(0, len(whole), PIECE):
            super().sendall(whole[start : start + PIECE], flags)

    def let_go(self) -> None:
        """End the reply and wait until the other side has seen that. gunicorn waits in the thread that serves all."""
        until = time.monotonic() + LINGER_SECONDS
        with suppress(OSError):
            self.shutdown(socket.SHUT_WR)
            while (left := until - time.monotonic()) > 0:
                self.settimeout(left)
                if not super().recv(PIECE):
                    break
        with suppress(OSError):
            self.shutdown(socket.SHUT_RDWR)


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's threads with measured connections."""

    def handle(self, conn: TConn) -> Any:
        if not isinstance(conn.sock, MeasuredSocket):
            conn.sock = MeasuredSocket.instead_of(conn.sock)
        goes_on: Any = True
        while goes_on is True:
            conn.sock.expect_request()
            goes_on = super().handle(conn)
            if goes_on is True and not (self.alive and conn.sock.is_readable_within(NEXT_SECONDS)):
                return True
        if goes_on is False:
            conn.sock.let_go()
        return goes_on
