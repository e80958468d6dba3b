"""A person's notices, and the address of their calendar for other programs.

Nothing here needs a right: whoever is signed in sees what concerns them.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_required

from survey_app.extensions import db
from survey_app.forms.committee import ConfirmForm
from survey_app.services.calendar_feed import end_calendar, renew_calendar
from survey_app.services.notice_marks import mark_read
from survey_app.web.circumstances import clock, person
from survey_app.web.notice_count import present_notices, present_read_keys
from survey_app.web.notice_words import page_of, sentence_of
from survey_app.web.year_page import short_day

notices = Blueprint("notices", __name__, url_prefix="/notices")


@dataclass(frozen=True, slots=True)
class NoticeRow:
    key: str
    when: str
    sentence: str
    unit_name: str
    address: str
    is_read: bool


@notices.get("")
@login_required
def index() -> str:
    return _page()


@notices.post("/read")
@login_required
def read() -> ResponseReturnValue:
    """One notice, or without a key all of them."""
    form = ConfirmForm()
    if not form.validate_on_submit():
        return _page(), 422
    known = {notice.key for notice in present_notices()}
    asked = request.form.get("key")
    mark_read(db.session, person(), known if asked is None else known & {asked}, clock=clock())
    db.session.commit()
    flash(_("Marked as read."))
    return redirect(url_for(".index"))


@notices.post("/calendar")
@login_required
def renew() -> ResponseReturnValue:
    """The address is shown once; a further one ends it."""
    form = ConfirmForm()
    if not form.validate_on_submit():
        return _page(), 422
    key = renew_calendar(db.session, person(), clock=clock())
    db.session.commit()
    response = make_response(_page(address=url_for("feed.calendar", key=key, _external=True)))
    response.headers["Cache-Control"] = "no-store"
    return response


@notices.post("/calendar/end")
@login_required
def end() -> ResponseReturnValue:
    form = ConfirmForm()
    if not form.validate_on_submit():
        return _page(), 422
    end_calendar(db.session, person(), clock=clock())
    db.session.commit()
    flash(_("The address of your calendar leads nowhere any more."))
    return redirect(url_for(".index"))


def _page(address: str = "") -> str:
    read_already, today = present_read_keys(), clock().today()
    rows = [
        NoticeRow(
            notice.key, short_day(notice.day, today), sentence_of(notice), notice.unit_name,
            _address(page_of(notice)), notice.key in read_already,
        )
        for notice in present_notices()
    ]  # fmt: skip
    return render_template(
        "notices/index.html",
        fresh=[row for row in rows if not row.is_read],
        known=[row for row in rows if row.is_read],
        form=ConfirmForm(),
        address=address,
        has_calendar=person().calendar_key is not None,
    )


def _address(page: tuple[str, dict[str, object]]) -> str:
    endpoint, parameters = page
    return url_for(endpoint, **parameters)  # type: ignore[arg-type]
