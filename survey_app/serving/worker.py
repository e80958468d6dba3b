"""The worker of gunicorn, with a short way for members and an end to its patience.

gunicorn gives every request to a thread. For a member's small requests that costs more than what is to be done, since
threads hand Python's lock to each other at every step. So the loop that watches all connections reads them itself, and
takes them in turns: everything that has arrived is checked, clerks ask the database for all of it at once, and all are
answered. There is a clerk for each kind of question, a thread that does nothing else: while one of them has to wait,
as for a box that is locked, only those wait with it who asked for the same. Requests of any other kind, and those the
short way has no answer for, go to gunicorn's threads as if nothing had been tried.

A thread serves one request at a time and waits for the rest of it. Without a limit as many stalled connections as there
are threads would hold up the service for everybody; a web server in front waits in their stead, but not everybody has
one.
"""

from __future__ import annotations

import errno
import selectors
import socket
import sys
import time
from collections.abc import Hashable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from email.utils import formatdate
from functools import partial
from typing import Any, Protocol

from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, PollableMethodQueue, TConn, ThreadWorker

from survey_app.serving import measured_socket
from survey_app.serving.measured_socket import MeasuredSocket
from survey_app.serving.plain_request import NotPlainError, read

AT_ONCE, AT_ONCE_BESIDE_OTHERS = 64, 8
"""Connections accepted in one turn: other processes shall have theirs."""
FIRST_SECONDS = 5
"""For the first request on a connection, if requests are not given longer anyway."""
OUT_OF_MEANS = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EPROTO)
"""A connection that the machine cannot give now; the others go on."""
PIECE = 16 * 1024
TURN_SECONDS = 0.25
"""How long the loop waits for clerks. It goes on without one who takes longer, whose answers follow."""
SWITCH_SECONDS = 0.0005
"""How long a thread that computes a result may keep Python's lock while the loop waits for it; 5 ms is the default."""


class Reply(Protocol):
    head: bytes
    """Status line and headers, each with its end of line."""
    body: bytes


class Question(Protocol):
    @property
    def about(self) -> Hashable:
        """Which clerk asks it."""


class ShortWay(Protocol):
    """What the application has under `extensions["short way"]`."""

    beginnings: tuple[bytes, ...]

    def take(self, environ: dict[str, Any], body: bytes) -> Question | None:
        """What is to be asked of the database for this request, without asking it; None: not by this way."""

    def ask(self, questions: Sequence[Question]) -> Sequence[Reply | None]:
        """What is to be answered to each, after everything is committed; None: ask the application. Raises nothing."""


class Visitor(TConn):  # type: ignore[misc]
    """A connection that the loop watches, unless a thread has it."""

    def __init__(self, cfg: Any, connection: socket.socket, client: Any, server: Any) -> None:
        super().__init__(cfg, MeasuredSocket.instead_of(connection), client, server)
        self.arrived = b""
        """Of requests that are not answered yet."""
        self.awaited = 0
        """So many bytes have to be there before another look is worth while."""
        self.being_answered = 0
        """Bytes of these."""
        self.patient_until = 0.0
        """A request that has not arrived by then has to come in quickly."""
        self.is_watched = self.has_ended = False

    @property
    def address(self) -> str:
        return self.client[0] if isinstance(self.client, tuple) else ""


Taken = list[tuple[Visitor, Question]]


class LastingQueue(PollableMethodQueue):  # type: ignore[misc]
    """Ends with its process: a thread that outlasts the loop would write into whatever has its number by then."""

    def close(self) -> None:
        pass


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's threads with measured connections, and the short way before them."""

    _short_way: ShortWay

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.method_queue = LastingQueue()
        self._knows_short_way = False
        self._clerks: dict[Hashable, ThreadPoolExecutor] = {}
        self._late: set[Hashable] = set()
        self._taken: dict[Hashable, Taken] = {}
        self._idle: dict[Visitor, float] = {}
        self._arriving: dict[Visitor, float] = {}
        self._dated = (0, b"")

    def run(self) -> None:
        extensions = getattr(self.wsgi, "extensions", {})
        if "short way" in extensions and not self.cfg.is_ssl:
            self._short_way, self._knows_short_way = extensions["short way"], True
        sys.setswitchinterval(SWITCH_SECONDS)
        super().run()
        for clerk in self._clerks.values():
            clerk.shutdown(wait=False)

    def accept(self, listener: socket.socket) -> None:
        if not self._knows_short_way:
            super().accept(listener)
            return
        at_once = AT_ONCE if self.cfg.workers == 1 else AT_ONCE_BESIDE_OTHERS
        for _ in range(min(at_once, self.worker_connections - self.nr_conns)):
            try:
                connection, client = listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno in OUT_OF_MEANS:
                    return
                raise
            self.nr_conns += 1
            visitor = Visitor(self.cfg, connection, client, listener.getsockname())
            self._await(visitor, seconds=max(self.cfg.keepalive, FIRST_SECONDS))

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        super().wait_for_and_dispatch_events(timeout)
        if self._taken:
            self._take_turn()

    def _take_turn(self) -> None:
        """Ask for all that was taken, and answer it."""
        turn = []
        for about in self._taken.keys() - self._late:
            taken = self._taken.pop(about)
            clerk = self._clerks.get(about) or self._clerks.setdefault(about, ThreadPoolExecutor(1, "clerk"))
            turn.append((about, taken, clerk.submit(self._short_way.ask, [question for _visitor, question in taken])))
        until = time.monotonic() + TURN_SECONDS
        for about, taken, asked in turn:
            try:
                replies = asked.result(max(until - time.monotonic(), 0))
            except TimeoutError:
                self._late.add(about)
                asked.add_done_callback(partial(self.method_queue.defer, self._answer_late, about, taken))
            else:
                self._answer_all(taken, replies)

    def _answer_late(self, about: Hashable, taken: Taken, asked: Future[Sequence[Reply | None]]) -> None:
        self._late.discard(about)
        self._answer_all(taken, asked.result())

    def _answer_all(self, taken: Taken, replies: Sequence[Reply | None]) -> None:
        for (visitor, _question), reply in zip(taken, replies, strict=True):
            with self._nobody_else_concerned(visitor):
                if reply is None:
                    self._go_the_long_way(visitor)
                else:
                    self._answer(visitor, reply)

    @contextmanager
    def _nobody_else_concerned(self, visitor: Visitor) -> Iterator[None]:
        """What goes wrong with one connection ends that one alone."""
        try:
            yield
        except Exception:
            self.log.exception("a connection failed")
            self._drop(visitor)

    def _await(self, visitor: Visitor, *, seconds: float | None = None) -> None:
        """The next request."""
        kept = self.cfg.keepalive if seconds is None else seconds
        is_brief = not self.alive or self._is_crowded
        self._idle[visitor] = time.monotonic() + (min(kept, STOP_KEEPALIVE_LINGER) if is_brief else kept)
        if not visitor.is_watched:
            visitor.sock.setblocking(False)
            self.poller.register(visitor.sock, selectors.EVENT_READ, partial(self._hear, visitor))
            visitor.is_watched = True

    def _hear(self, visitor: Visitor, _socket: socket.socket) -> None:
        if visitor.is_watched:  # and not given away since the poller spoke of it
            with self._nobody_else_concerned(visitor):
                self._read(visitor)

    def _read(self, visitor: Visitor) -> None:
        try:
            data = visitor.sock.recv_now(PIECE)
        except BlockingIOError:
            return
        except OSError:
            data = b""  # who breaks off has ended: is dropped, or was not waiting for the reply
        if visitor.being_answered:  # whoever sends more, or leaves, before the reply: first that
            visitor.arrived, visitor.has_ended = visitor.arrived + data, not data
            self._watch_no_more(visitor)
        elif not data:
            self._drop(visitor)
        else:
            visitor.arrived += data
            if len(visitor.arrived) >= visitor.awaited:
                self._understand(visitor)

    def _understand(self, visitor: Visitor) -> None:
        try:
            request = read(visitor.arrived, self._short_way.beginnings)
        except NotPlainError:
            self._go_the_long_way(visitor)
            return
        if isinstance(request, int):
            visitor.awaited = request
            if self._idle.pop(visitor, None):
                visitor.patient_until = time.monotonic() + measured_socket.PATIENCE_SECONDS
                self._arriving[visitor] = visitor.patient_until
            return
        question = None
        if self.alive and len(visitor.arrived) == request.size:
            environ = request.environ | {"REMOTE_ADDR": visitor.address, "wsgi.url_scheme": "http"}
            question = self._short_way.take(environ, request.body)
        if question is None:
            self._go_the_long_way(visitor)
            return
        self._idle.pop(visitor, None)
        self._arriving.pop(visitor, None)
        visitor.awaited, visitor.being_answered = 0, request.size
        self._taken.setdefault(question.about, []).append((visitor, question))

    def _answer(self, visitor: Visitor, reply: Reply) -> None:
        visitor.has_ended = visitor.has_ended or not self.alive or self._is_crowded
        word = b"Connection: close\r\n\r\n" if visitor.has_ended else b"Connection: keep-alive\r\n\r\n"
        message = b"".join((reply.head, self._date(), word, reply.body))
        visitor.arrived, visitor.being_answered = visitor.arrived[visitor.being_answered :], 0
        try:
            sent = visitor.sock.send(message)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._drop(visitor)
            return
        if sent < len(message):
            self._watch_no_more(visitor)
            self._give_to_thread(visitor, partial(_send_rest, visitor, message[sent:]))
        else:
            self._go_on(visitor)

    @property
    def _is_crowded(self) -> bool:
        """Others may be waiting for a connection."""
        return bool(self.nr_conns > self.max_keepalived)

    def _go_on(self, visitor: Visitor) -> None:
        """After a reply."""
        if visitor.has_ended:
            self._drop(visitor)
        elif visitor.arrived:
            self._go_the_long_way(visitor)
        else:
            self._await(visitor)

    def _go_the_long_way(self, visitor: Visitor) -> None:
        """All that has arrived is given back, and gunicorn begins with it."""
        self._watch_no_more(visitor)
        self._idle.pop(visitor, None)
        self._arriving.pop(visitor, None)
        visitor.awaited = visitor.being_answered = 0
        visitor.init()
        visitor.parser.unreader.unread(visitor.arrived)
        visitor.arrived, visitor.data_ready = b"", True
        self._give_to_thread(visitor, partial(self.handle, visitor))

    def _give_to_thread(self, visitor: Visitor, work: Any) -> None:
        done = self.tpool.submit(work)
        done.add_done_callback(lambda _done: self.method_queue.defer(self.finish_request, visitor, done))

    def handle(self, conn: TConn) -> Any:
        """One request, in a thread."""
        if not isinstance(conn.sock, MeasuredSocket):
            conn.sock = MeasuredSocket.instead_of(conn.sock)
        conn.sock.expect_request()
        goes_on = super().handle(conn)
        if goes_on is False:
            conn.sock.let_go()
        return goes_on

    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        goes_on = not fs.cancelled() and fs.exception() is None and fs.result() is True
        if not isinstance(conn, Visitor) or not goes_on:
            super().finish_request(conn, fs)
            return
        if conn.parser is not None:
            conn.arrived = conn.parser.unreader.take_buffered() + conn.arrived
        self._go_on(conn)

    def murder_keepalived(self, force: bool = False) -> None:
        super().murder_keepalived(force)
        now = time.monotonic()
        while self._idle and (force or next(iter(self._idle.values())) <= now):
            self._drop(next(iter(self._idle)))
        while self._arriving and (force or next(iter(self._arriving.values())) <= now):
            visitor = next(iter(self._arriving))
            until = visitor.patient_until + len(visitor.arrived) / measured_socket.SLOWEST
            if until <= now or force:
                self._drop(visitor)
            else:  # behind the others, who came later
                del self._arriving[visitor]
                self._arriving[visitor] = until

    def _cap_keepalive(self, deadline: float) -> None:
        """The service is being stopped."""
        super()._cap_keepalive(deadline)
        self._idle = {visitor: min(until, deadline) for visitor, until in self._idle.items()}

    def _drop(self, visitor: Visitor) -> None:
        self._watch_no_more(visitor)
        self._idle.pop(visitor, None)
        self._arriving.pop(visitor, None)
        self.nr_conns -= 1
        visitor.close()

    def _watch_no_more(self, visitor: Visitor) -> None:
        if visitor.is_watched:
            self.poller.unregister(visitor.sock)
            visitor.is_watched = False

    def _date(self) -> bytes:
        now = int(time.time())
        if self._dated[0] != now:
            self._dated = now, f"Date: {formatdate(now, usegmt=True)}\r\n".encode()
        return self._dated[1]


def _send_rest(visitor: Visitor, rest: bytes) -> bool:
    """In a thread. Whether it was taken."""
    try:
        visitor.sock.sendall(rest)
    except OSError:
        visitor.sock.hang_up()
        return False
    return True
