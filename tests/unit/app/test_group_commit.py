"""Writes done together: nobody waits for nothing, a bad message harms nobody else, and no order is left."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from random import Random
from threading import Event

import pytest

from survey_app.group_commit import GroupCommit


class Book:
    """A store whose first write can be held up, so that others come meanwhile; bad orders spoil a whole write."""

    def __init__(self, spoils: Callable[[Sequence[str]], BaseException | None] = lambda _orders: None) -> None:
        self.writes: list[list[str]] = []
        self.go_on, self.is_writing = Event(), Event()
        self._spoils = spoils
        self.together = GroupCommit[str, str](self._write, rng=Random(5))

    def _write(self, orders: Sequence[str]) -> list[str]:
        self.is_writing.set()
        assert self.go_on.wait(10)
        self.writes.append(list(orders))
        error = self._spoils(orders)
        if error:
            raise error
        return [f"{order} is written" for order in orders]

    def all_at_once(self, orders: Sequence[str]) -> list[Future[str]]:
        """The first leads and is held up until all others wait behind it."""
        pool = ThreadPoolExecutor(len(orders))
        first = pool.submit(self.together.do, orders[0])
        assert self.is_writing.wait(10)
        others = [pool.submit(self.together.do, order) for order in orders[1:]]
        deadline = time.monotonic() + 10
        while len(self.together._queue) < len(others) and time.monotonic() < deadline:
            time.sleep(0.001)
        self.go_on.set()
        pool.shutdown()
        return [first, *others]


ORDERS = [f"order {number}" for number in range(12)]


def test_who_comes_alone_writes_at_once():
    book = Book()
    book.go_on.set()
    assert [book.together.do(order) for order in ORDERS[:3]] == [f"{order} is written" for order in ORDERS[:3]]
    assert book.writes == [[order] for order in ORDERS[:3]]


def test_whoever_comes_during_a_write_shares_the_next_one_and_gets_what_is_theirs():
    book = Book()
    replies = book.all_at_once(ORDERS)
    assert [reply.result() for reply in replies] == [f"{order} is written" for order in ORDERS]
    assert [len(write) for write in book.writes] == [1, 11]


def test_what_is_written_together_is_in_no_order():
    book = Book()
    book.all_at_once(ORDERS)
    assert book.writes[1] != ORDERS[1:]
    assert sorted(book.writes[1]) == sorted(ORDERS[1:])


def test_one_bad_order_is_refused_to_its_sender_alone():
    book = Book(lambda orders: ValueError("unreadable") if "order 7" in orders else None)
    replies = book.all_at_once(ORDERS)
    for order, reply in zip(ORDERS, replies, strict=True):
        if order == "order 7":
            with pytest.raises(ValueError, match="unreadable"):
                reply.result()
        else:
            assert reply.result() == f"{order} is written"
    assert sorted(order for write in book.writes[2:] for order in write) == sorted(ORDERS[1:])
    assert all(len(write) == 1 for write in book.writes[2:])


def test_a_store_that_is_gone_is_everybodys_error_and_nobody_waits_for_ever():
    book = Book(lambda _orders: OSError("no disk"))
    for reply in book.all_at_once(ORDERS):
        with pytest.raises(OSError, match="no disk"):
            reply.result()


def test_when_a_leader_is_ended_the_others_go_on():
    """As a server does that stops a thread in the middle of its work."""
    book = Book(lambda orders: SystemExit() if len(orders) > 1 and len(book.writes) == 2 else None)
    ends = [reply.exception() for reply in book.all_at_once(ORDERS)]
    assert [type(end) for end in ends].count(SystemExit) == 1
    assert ends.count(None) == len(ORDERS) - 1
    assert book.together.do("later") == "later is written"


def test_many_threads_again_and_again_lose_and_mix_up_nothing():
    book = Book()
    book.go_on.set()
    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(book.together.do, map(str, range(2000))))
    assert replies == [f"{number} is written" for number in range(2000)]
    assert sorted(order for write in book.writes for order in write) == sorted(map(str, range(2000)))
