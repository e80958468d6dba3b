"""The two messages of a voter, answered before the application is asked, as far as all is well with them.

Whatever is refused, limited or fails goes the long way through `ballot_box` once more from its beginning, which says
what is wrong and counts it: a message may be sent as often as one likes. Nothing is said here that is not said there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from typing import Any

from flask import Flask
from limits import RateLimitItem, parse

from survey_app.extensions import limiter, nameless
from survey_app.services.desk import Desk
from survey_app.static_files import Wsgi
from survey_app.web.ballot_box import LIMIT, REFUSED_AT, message_in, pass_for, receipt_for

Reply = tuple[str, dict[str, str]]
LONGEST = 64 * 1024
"""Bytes of a message; more goes the long way."""
HEADERS = (("Content-Type", "application/json"), ("Cache-Control", "no-store"))
OFTEN: RateLimitItem = parse(LIMIT)


def take_messages(app: Flask, inner: Wsgi, *, unless: str) -> Wsgi:
    """In front of the application: its answers to `POST /api/issue` and `POST /api/ballots`.

    `unless`: what in the environment of a request says that it is to be refused.
    """
    is_limited, desk = app.config["RATELIMIT_ENABLED"], app.extensions["desk"]
    ways: Mapping[str, Callable[[Desk, Mapping[str, str]], Reply]] = {"/api/issue": _issue, "/api/ballots": _cast}

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        way = ways.get(environ["PATH_INFO"])
        if way is None or environ.get(unless) or not _is_plain(environ):
            return inner(environ, start_response)
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        environ["wsgi.input"] = BytesIO(body)
        if is_limited and not limiter.limiter.test(OFTEN, nameless(environ.get("REMOTE_ADDR", "")), REFUSED_AT):
            return inner(environ, start_response)
        try:
            status, said = way(desk, message_in(body))
        except Exception:
            return inner(environ, start_response)
        reply = json.dumps(said).encode()
        start_response(status, [*HEADERS, ("Content-Length", str(len(reply)))])
        return [reply]

    return answer


def _is_plain(environ: Mapping[str, Any]) -> bool:
    """A message as `static/ballot-box.js` sends it."""
    size = environ.get("CONTENT_LENGTH", "")
    return (
        environ["REQUEST_METHOD"] == "POST"
        and environ.get("CONTENT_TYPE") == "application/json"
        and size.isascii()
        and size.isdigit()
        and int(size) <= LONGEST
    )


def _issue(desk: Desk, message: Mapping[str, str]) -> Reply:
    return "200 OK", {"blind_sig": pass_for(desk, message)}


def _cast(desk: Desk, message: Mapping[str, str]) -> Reply:
    receipt, is_earlier = receipt_for(desk, message)
    return "409 CONFLICT" if is_earlier else "200 OK", {"receipt": receipt}
