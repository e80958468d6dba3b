"""What reaches a log: the life of the service, work that failed, and errors of committee pages. One line, two formats.

Nothing per respondent: an error on a page of members is named without its address, moment or values, and not each time
it happens. Of any other error the log has the page's endpoint (never the address, in which identifiers stand), the kind
and the places in the code; what the error itself says is left out, since an answer could stand in it, unless it speaks
of the machine: a full disk, a database that is gone.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections import Counter
from datetime import datetime
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any

from flask import Flask, has_request_context, request
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from survey_app.clean_request import CleanRequest
from survey_app.errors import Refusal
from survey_app.extensions import MEMBER_BLUEPRINTS
from survey_app.machine_trouble import trouble_of

ExceptionInfo = tuple[type, BaseException, TracebackType] | tuple[None, None, None]
NAMELESS = frozenset({*MEMBER_BLUEPRINTS, "home", None})
"""Where whoever asks may be a member: addresses that no page has are among them."""
OF_THE_MACHINE = (OSError, ImportError, MemoryError, OperationalError, InterfaceError, PoolExhausted)
"""What these say is about disks, connections and files."""
IN_THE_HOUSE = (500, 503)
"""Refusals with one of these speak of the installation: a secret replaced, data altered, no font."""
HERE = Path(__file__).parents[1]


class QuietFlask(Flask):
    """Flask whose log knows no respondent, and whose forms hold no control characters."""

    request_class = CleanRequest

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._failures: Counter[str] = Counter()
        self._counting = Lock()

    def log_exception(self, exc_info: ExceptionInfo) -> None:
        kind, error, place = exc_info
        if kind is None or error is None:
            return
        what = f"{said_of(error)} in {traceback.extract_tb(place)[-1].name}"
        if is_of_members():
            self._log_nameless(what)
            return
        words = {"event": "page.failed", "page": request.endpoint, "method": request.method}
        self.logger.error("the page %s failed: %s", request.endpoint, what, exc_info=(kind, error, place), extra=words)

    def _log_nameless(self, what: str) -> None:
        """The first time, the tenth, the hundredth: no line stands for somebody."""
        with self._counting:
            self._failures[what] += 1
            times = self._failures[what]
        if set(str(times)[1:]) <= {"0"} and str(times)[0] == "1":
            self.logger.error(
                "an answer page failed: %s (%s times since the start)", what, times, extra={"event": "answering.failed"}
            )


def is_of_members() -> bool:
    """Is what happens now caused by a request that may be a member's?"""
    return has_request_context() and request.blueprint in NAMELESS


def said_of(error: BaseException) -> str:
    """The kind of an error, and its words where they can only be about the machine; then also what mends it."""
    kind = type(error).__name__
    if isinstance(error, Refusal) and error.status in IN_THE_HOUSE:
        return f"{kind}: {error}"
    trouble = trouble_of(error)
    if trouble is None and not isinstance(error, OF_THE_MACHINE):
        return kind
    reason = str(getattr(error, "orig", None) or getattr(error, "strerror", None) or error)
    hint = f" ({trouble.hint})" if trouble else ""
    return f"{kind}: {reason.partition(chr(10))[0]}{hint}"


class Line(logging.Formatter):
    """A line for people; the moment is left to whoever keeps the log, as the journal of systemd does."""

    def format(self, record: logging.LogRecord) -> str:
        lines = [f"{record.levelname} {words_of(record)}", *(f"  {place}" for place in _places(record))]
        return "\n".join(lines)


class JsonLine(logging.Formatter):
    """One object a line: level, event, words, and what is known besides; `time` for nothing that a member caused."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created).astimezone().isoformat("T", "seconds")
        told: dict[str, Any] = {
            **({} if is_of_members() else {"time": moment}),
            "level": record.levelname.lower(),
            "event": getattr(record, "event", record.name),
            "words": words_of(record),
        }
        told |= {name: getattr(record, name) for name in ("page", "method") if hasattr(record, name)}
        if places := _places(record):
            told["at"] = places
        return json.dumps(told, ensure_ascii=False)


FORMATS: dict[str, type[Line] | type[JsonLine]] = {"text": Line, "json": JsonLine}


def words_of(record: logging.LogRecord) -> str:
    """What is said. A library that speaks up while a member is served is only named: it could quote the request."""
    if is_of_members() and not hasattr(record, "event"):
        return f"a message of {record.name}, left out"
    error = record.exc_info[1] if record.exc_info else None
    said = record.getMessage()
    return said if error is None or hasattr(record, "page") else f"{said}: {said_of(error)}"


def prepare(app: Flask) -> None:
    """The log goes to stderr in the chosen format; libraries stay silent below warnings."""
    handler = logging.StreamHandler()
    handler.setFormatter(FORMATS[app.config["LOG_FORMAT"]]())
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app.logger.setLevel(logging.INFO)


def _places(record: logging.LogRecord) -> list[str]:
    """Where in the code an error arose, from outside inwards; of the causes before it too."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None or is_of_members() or trouble_of(error) is not None:
        return []  # where in the code a disk was found full tells nobody anything
    chain = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) and cause not in chain:
        chain.append(cause)
    places = [_places_of(error)]
    places += [[f"caused by {said_of(cause)}", *_places_of(cause)] for cause in chain[1:]]
    return [place for part in places for place in part]


def _places_of(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


def _short(filename: str) -> str:
    """The path from the project or the library on."""
    path = Path(filename)
    parts = path.parts
    if "site-packages" in parts:
        return "/".join(parts[parts.index("site-packages") + 1 :])
    return str(path.relative_to(HERE)) if path.is_relative_to(HERE) else path.name
