"""Pages for what went wrong: refusals of services and HTTP errors, in words, with a way on. No numbers as headings."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType

from flask import Flask, current_app, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from instruments.wording import N_
from survey_app.errors import MachineTrouble, Refusal
from survey_app.extensions import MEMBER_BLUEPRINTS, db
from survey_app.logging import IN_THE_HOUSE
from survey_app.machine_trouble import trouble_of

DRAINED = 8 * 1024 * 1024
"""Bytes of an oversized request that are read and dropped, so that the answer arrives before the connection ends."""

MEGABYTE = 1024 * 1024
TYPED_IN_PARTS = frozenset({"editor.text"})
"""Where what is sent in parts is typed, not a file: the text is still in the browser, one page back."""

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
TROUBLE = N_("This cannot be done at the moment")
TROUBLE_OF_MEMBERS = N_(
    "The service can take nothing just now. Nothing you have sent before is lost, and your code stays good. Please "
    "load this page again in a few minutes: what you have just sent is then sent once more, and counts once."
)
BREAKAGE_OF_MEMBERS = N_(
    "The service can take nothing just now, and it will be some time before it can. Please keep your slip. Your "
    "organisation will say when the service works again, and whether those who have answered have to answer once more."
)
RETRY_SECONDS = 60
LARGE_FILE = (N_("The file is too large"), N_("At most %(limit)s MB. Nothing has been stored."))
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
    if refusal.status in IN_THE_HOUSE:
        current_app.log_exception(sys.exc_info())
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
        if request.mimetype == "multipart/form-data" and request.endpoint not in TYPED_IN_PARTS:
            return _large_file()
    heading, sentence = WORDS.get(status) or WORDS[400 if status < 500 else 500]
    page = _page(heading, sentence, status)
    kept = [(name, value) for name, value in error.get_headers() if name.lower() in ("allow", "retry-after")]
    return (*page, kept)


def show_failure(error: Exception) -> ResponseReturnValue:
    """An error nobody foresaw: written to the log, shown without details."""
    if current_app.testing and current_app.config.get("PROPAGATE_EXCEPTIONS") is not False:
        raise error
    current_app.log_exception(sys.exc_info())
    _leave_database()
    trouble = trouble_of(error)
    return _page(*WORDS[500], 500) if trouble is None else _show_trouble(trouble)


def _show_trouble(trouble: MachineTrouble) -> ResponseReturnValue:
    """A member hears only that it goes on; who works here, what is wrong and whom to tell."""
    of_members = BREAKAGE_OF_MEMBERS if trouble.is_breakage else TROUBLE_OF_MEMBERS
    sentence = of_members if request.blueprint in MEMBER_BLUEPRINTS else trouble.sentence
    page = _page(TROUBLE, sentence, trouble.status)
    return (*page, [("Retry-After", str(RETRY_SECONDS))])


def _leave_database() -> None:
    """The page that follows asks it for nothing, not even for an account: it may be what has failed."""
    with suppress(Exception):
        db.session.rollback()
    g.without_account = True


def _large_file() -> tuple[str, int]:
    """What is the most, and the way back to the page that the file was sent from."""
    if request.endpoint == "evidence.add":
        limit, back = current_app.config["EVIDENCE_MB"], url_for("actions.show", **(request.view_args or {}))
    elif request.endpoint == "assessment_marks.add":
        limit, back = current_app.config["EVIDENCE_MB"], ""
    else:
        most = (request.max_content_length or 0) / MEGABYTE
        limit, back = int(most) or round(most, 2), _same_page()
    return _page(*LARGE_FILE, 413, {"limit": limit}, back=back)


def _same_page() -> str:
    """The address as it was called, where it is a page and not only takes what is sent."""
    rule = request.url_rule
    return request.full_path.rstrip("?") if rule is not None and "GET" in (rule.methods or ()) else ""


def _page(
    heading: str,
    sentence: str,
    status: int,
    values: Mapping[str, object] = MappingProxyType({}),
    *,
    back: str = "",
) -> tuple[str, int]:
    words = {"heading": gettext(heading), "sentence": gettext(sentence, **values), "back": back}
    return render_template("errors/page.html", **words), status


def _drain() -> None:
    stream, left = request.environ["wsgi.input"], min(request.content_length or 0, DRAINED)
    while left > 0 and (read := stream.read(min(left, 65536))):
        left -= len(read)
