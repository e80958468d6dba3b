"""Pages for what went wrong: refusals of services and HTTP errors, in words, with a way on. No numbers as headings."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import MappingProxyType

from flask import Flask, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from instruments.wording import N_
from survey_app.errors import Refusal
from survey_app.extensions import db

DRAINED = 8 * 1024 * 1024
"""Bytes of an oversized request that are read and dropped, so that the answer arrives before the connection ends."""

WORDS = {
    400: (N_("This could not be read"), N_("Something is missing in what was sent. Please go back and try again.")),
    403: (N_("This page is not for your account"), N_("If you need it for your work, please ask the administrator.")),
    404: (
        N_("There is no such page"),
        N_("The address may have been cut off. Please compare it with your slip or the link you were given."),
    ),
    405: (N_("This address is not a page"), N_("Please go back to the page before and use its buttons.")),
    413: (
        N_("Too much was sent at once"),
        N_("Nothing has been stored. Please go back and shorten what you typed; all the rest is still there."),
    ),
    422: (N_("This could not be accepted"), N_("Please go back and compare what you entered.")),
    429: (N_("Too many attempts"), N_("Please wait a minute and try again.")),
    500: (
        N_("Something went wrong on our side"),
        N_("Nothing you have sent before is lost. Please try again in a few minutes, or tell the administrator."),
    ),
    503: (N_("The service is being set up"), N_("Please come back later.")),
}
UNSAFE_CSRF = (
    N_("This page was open for too long"),
    N_("For safety it has expired. Please go back, load the page again and repeat the last step."),
)


def register(app: Flask) -> None:
    app.register_error_handler(Refusal, show_refusal)
    app.register_error_handler(CSRFError, show_expired)
    app.register_error_handler(HTTPException, show_http_error)
    app.register_error_handler(Exception, show_failure)


def show_refusal(refusal: Refusal) -> ResponseReturnValue:
    db.session.rollback()
    heading = WORDS[404][0] if refusal.status == 404 else N_("This is not possible")
    return _page(heading, refusal.sentence, refusal.status, refusal.values)


def show_expired(_error: CSRFError) -> ResponseReturnValue:
    return _page(*UNSAFE_CSRF, 400)


def show_http_error(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400 or error.response is not None:
        return error
    if status == 413:
        _drain()
    heading, sentence = WORDS.get(status) or WORDS[400 if status < 500 else 500]
    page = _page(heading, sentence, status)
    kept = [(name, value) for name, value in error.get_headers() if name.lower() in ("allow", "retry-after")]
    return (*page, kept)


def show_failure(error: Exception) -> ResponseReturnValue:
    """An error nobody foresaw: written to the log, shown without details."""
    if current_app.testing and current_app.config.get("PROPAGATE_EXCEPTIONS") is not False:
        raise error
    current_app.log_exception(sys.exc_info())
    db.session.rollback()
    return _page(*WORDS[500], 500)


def _page(
    heading: str, sentence: str, status: int, values: Mapping[str, object] = MappingProxyType({})
) -> tuple[str, int]:
    words = {"heading": gettext(heading), "sentence": gettext(sentence, **values)}
    return render_template("errors/page.html", **words), status


def _drain() -> None:
    stream, left = request.environ["wsgi.input"], min(request.content_length or 0, DRAINED)
    while left > 0 and (read := stream.read(min(left, 65536))):
        left -= len(read)
