"""The notices of whoever is signed in, for the page of notices and for the count in the navigation."""

from __future__ import annotations

from flask import current_app, g
from flask_babel import gettext as _

from survey_app.extensions import db
from survey_app.services.notice_marks import read_keys
from survey_app.services.notices import Notice, notices_of, state_of_things
from survey_app.services.shelf import Shelf
from survey_app.web.circumstances import clock, person

SHELF = "notices"
PEOPLE = 512
"""Of how many people the notices are kept at a time."""


def present_notices() -> tuple[Notice, ...]:
    """Read off once for each day and act: nothing else changes them."""
    if SHELF not in g:
        shelf: Shelf[tuple[Notice, ...]] = current_app.extensions.setdefault(SHELF, Shelf(PEOPLE))
        user, moment = person(), clock()
        key = (user.id, moment.today(), state_of_things(db.session))
        g.notices = shelf.get(key, lambda: notices_of(db.session, user, clock=moment))
    return g.notices  # type: ignore[no-any-return]


def present_read_keys() -> frozenset[str]:
    return read_keys(db.session, person(), present_notices())


def notices_words() -> str:
    """What the navigation says."""
    unread = len({notice.key for notice in present_notices()} - present_read_keys())
    return _("Notices (%(count)s)", count=unread) if unread else _("Notices")
