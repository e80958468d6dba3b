"""Work that goes on after a page has been answered."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Thread

Work = Callable[[], None]


def in_a_thread(work: Work) -> None:
    """Begin at once; the service does not wait for it when it stops."""
    Thread(target=_told, args=(work,), name="file made apart", daemon=True).start()


def _told(work: Work) -> None:
    """Nobody waits for what comes of it: what goes wrong is written to the log."""
    try:
        work()
    except Exception:
        logging.getLogger(__name__).exception("work apart from a page failed", extra={"event": "work.failed"})
