"""Writes of many requests done together: whoever comes while a write is under way joins the next one.

A commit waits for the disk, so one commit for eight messages costs little more than one for one, and within it nothing
tells who came first: what is written together is shuffled before. There is no thread of its own: the first to come
writes for all who wait, and hands the lead to one of those who came meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from random import Random
from threading import Lock
from typing import Generic, TypeVar

Order = TypeVar("Order")
Done = TypeVar("Done")


class _Fate(Enum):
    WAITING = auto()
    """Who is woken like this leads."""
    DONE = auto()
    ALONE = auto()
    """The write failed for all: each tries its own once more, and hears what is wrong with it."""


@dataclass(eq=False, slots=True)
class _Waiting(Generic[Order, Done]):
    order: Order
    turn: Lock = field(default_factory=Lock)
    fate: _Fate = _Fate.WAITING
    done: list[Done] = field(default_factory=list)


class GroupCommit(Generic[Order, Done]):
    """`write` does orders in one transaction and commits it; it returns what each has become, in their order."""

    def __init__(self, write: Callable[[Sequence[Order]], Sequence[Done]], *, rng: Random) -> None:
        self._write, self._rng = write, rng
        self._lock = Lock()
        self._queue: list[_Waiting[Order, Done]] = []
        self._is_led = False

    def do(self, order: Order) -> Done:
        """What has become of it, after the commit that holds it. Raises: whatever `write` raises for it alone."""
        mine: _Waiting[Order, Done] = _Waiting(order)
        mine.turn.acquire()
        with self._lock:
            self._queue.append(mine)
            leads, self._is_led = not self._is_led, True
        if not leads:
            mine.turn.acquire()
        if mine.fate is _Fate.WAITING:
            self._lead()
        return mine.done[0] if mine.fate is _Fate.DONE else self._write([order])[0]

    def _lead(self) -> None:
        """Write for all who wait. However this ends, everybody is woken and somebody leads those who came meanwhile."""
        with self._lock:
            batch, self._queue = self._queue, []
        self._rng.shuffle(batch)
        try:
            for one, done in zip(batch, self._write([one.order for one in batch]), strict=True):
                one.done.append(done)
        except Exception:
            if len(batch) == 1:
                raise
        finally:
            self._hand_over()
            for one in batch:
                one.fate = _Fate.DONE if one.done else _Fate.ALONE
                one.turn.release()

    def _hand_over(self) -> None:
        with self._lock:
            if self._queue:
                self._queue[0].turn.release()
            else:
                self._is_led = False
