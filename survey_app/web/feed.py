"""A person's calendar for other programs (iCalendar, RFC 5545). Its address is the key: no session, no cookie."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, abort
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from icalendar import Calendar, Event

from survey_app.extensions import db
from survey_app.services.calendar_feed import CalendarDay, calendar_days, person_of_calendar
from survey_app.web.circumstances import clock
from survey_app.web.labels import label

feed = Blueprint("feed", __name__)


@feed.get("/calendar/<key>.ics")
def calendar(key: str) -> ResponseReturnValue:
    user = person_of_calendar(db.session, key)
    if user is None:
        abort(404)
    days = calendar_days(db.session, user, clock=clock())
    written = Response(_written(days), mimetype="text/calendar")
    written.headers["Cache-Control"] = "private, max-age=900"
    return written


def _written(days: list[CalendarDay]) -> bytes:
    book = Calendar()
    book.add("prodid", "-//branch-survey//calendar//ZH")
    book.add("version", "2.0")
    book.add("method", "PUBLISH")
    book.add("x-wr-calname", _("Branch work"))
    for day in days:
        book.add_component(_event(day))
    return bytes(book.to_ical())


def _event(day: CalendarDay) -> Event:
    event = Event()
    event.add("uid", f"{day.uid}@branch-survey")
    event.add("dtstamp", clock().now())
    event.add("dtstart", day.day)
    event.add("dtend", day.day + timedelta(days=1))
    event.add("summary", _summary(day))
    event.add("description", day.unit_name)
    event.add("transp", "TRANSPARENT")  # a due day keeps nobody busy
    return event


def _summary(day: CalendarDay) -> str:
    if day.station is None:
        return _("Last day: %(title)s", title=day.title)
    said = _("%(station)s of %(year)s", station=label(day.station), year=day.year)
    return _("%(what)s (done)", what=said) if day.is_done else said
