"""What reaches a log: the life of the service and errors of committee pages.

Nothing per respondent: an error on an answer page is named without its address, time or values.
"""

from __future__ import annotations

import logging
import traceback
from types import TracebackType

from flask import Flask, request

from survey_app.clean_request import CleanRequest
from survey_app.extensions import MEMBER_BLUEPRINTS

ExceptionInfo = tuple[type, BaseException, TracebackType] | tuple[None, None, None]


class QuietFlask(Flask):
    """Flask whose log knows no respondent, and whose forms hold no control characters."""

    request_class = CleanRequest

    def log_exception(self, exc_info: ExceptionInfo) -> None:
        if request.blueprint not in MEMBER_BLUEPRINTS or exc_info[0] is None:
            super().log_exception(exc_info)
            return
        where = traceback.extract_tb(exc_info[2])[-1]
        self.logger.error("an answer page failed: %s in %s", exc_info[0].__name__, where.name)


def prepare(app: Flask) -> None:
    """Errors of the application go to stderr; libraries stay silent below warnings."""
    logging.basicConfig(format="%(levelname)s %(message)s", level=logging.WARNING)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app.logger.setLevel(logging.INFO)
