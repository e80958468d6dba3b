"""Pages kept in memory, compressed: a page that is the same for all members of a group is rendered once.

Also whole answers made of them (`kept_answers`), which share the page's bytes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any

from survey_app.packed import Packed

MOST = 512
"""Some 5 to 15 KB each."""


class KeptPages:
    """By everything a page follows from, which is for the caller to name; what nobody asks for any more goes first."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._pages: OrderedDict[Hashable, Packed] = OrderedDict()
        self._answers: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = Lock()

    def answer(self, key: Hashable) -> Any:
        """What was kept as an answer under this key, if anything."""
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
            return self._answers.get(key)

    def keep_answer(self, key: Hashable, answer: Any) -> None:
        with self._lock:
            self._answers[key] = answer
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)

    def page(self, key: Hashable, render: Callable[[], str]) -> Packed:
        """The page of this key. Two requests at once may both render it: they render the same."""
        with self._lock:
            if key in self._pages:
                self._pages.move_to_end(key)
                return self._pages[key]
        page = Packed.of(render().encode())
        with self._lock:
            self._pages[key] = page
            while len(self._pages) > self._most:
                self._pages.popitem(last=False)
        return page
