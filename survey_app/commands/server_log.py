"""What the server process itself writes to the log: its start and end, workers that died, what is odd at the start.

gunicorn speaks through the formatter of the application, and says nothing of requests.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from gunicorn.glogging import Logger

from survey_app.logging import FORMATS

LOG = logging.getLogger("survey_app")


def log_settings(form: str) -> dict[str, Any]:
    """Settings of gunicorn. No access log: who came when would stand in it."""
    return {
        "accesslog": None,
        "loglevel": "error",
        "logger_class": _quiet_logger(form),
        "on_starting": _starting,
        "on_exit": _stopped,
    }


def log_warnings(warnings: Iterable[str]) -> None:
    """What the operator should mend, in the operator's language."""
    for warning in warnings:
        LOG.warning(warning, extra={"event": "service.warned"})


def _starting(_server: object) -> None:
    logging.captureWarnings(True)  # else they stand between the lines in a form of their own
    LOG.info("the service starts, version %s", version("branch-survey"), extra={"event": "service.starts"})


def _stopped(_server: object) -> None:
    LOG.info("the service has stopped", extra={"event": "service.stopped"})


def _quiet_logger(form: str) -> type[Any]:
    class QuietLogger(Logger):  # type: ignore[misc]
        """Of a request that failed before or after the application nothing is said: gunicorn would name its moment and
        its path (of a malformed one, as a mere warning, its address too)."""

        def setup(self, cfg: Any) -> None:
            super().setup(cfg)
            for handler in self.error_log.handlers:
                handler.setFormatter(FORMATS[form]())

        def exception(self, msg: object, *args: Any, **kwargs: Any) -> None:
            if "request" not in str(msg):
                super().exception(msg, *args, **kwargs)

    return QuietLogger
