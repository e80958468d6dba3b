"""A connection whose other side may not take for ever."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from typing import Any

PATIENCE_SECONDS = 30.0
"""For a request to arrive, and for each piece of a reply to be taken."""
SLOWEST = 500
"""Bytes a second at which a long request may come in beyond that, as a file through a bad line does."""
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

    def recv(self, size: int, flags: int = 0) -> bytes:
        """As long as the request may take; what has come by now is `recv_now`."""
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

    def recv_now(self, size: int) -> bytes:
        """Of a socket that does not block. Raises: BlockingIOError when nothing is there."""
        return super().recv(size)

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
        self.hang_up()

    def hang_up(self) -> None:
        with suppress(OSError):
            self.shutdown(socket.SHUT_RDWR)
