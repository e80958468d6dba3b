"""Work that goes on after a page has been answered."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

Work = Callable[[], None]


def in_a_thread(work: Work) -> None:
    """Begin at once; the service does not wait for it when it stops."""
    Thread(target=work, name="file made apart", daemon=True).start()
