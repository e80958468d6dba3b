"""Notices in words: the sentence of each, and the page where something can be done about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _

from instruments.model import Audience
from survey_app.models import StationKind
from survey_app.services.notices import Notice, NoticeKind
from survey_app.text_filters import long_date
from survey_app.web.labels import label
from survey_app.wording.labels import within_quotes

Page = tuple[str, dict[str, Any]]
"""Endpoint and the parameters of its address."""


def sentence_of(notice: Notice) -> str:
    return SENTENCES[notice.kind](notice)


def page_of(notice: Notice) -> Page:
    return PAGES[notice.kind](notice)


def _station(notice: Notice) -> str:
    name = label(notice.station) if notice.station else ""
    return _("%(station)s of %(year)s", station=name, year=notice.year)


SENTENCES: Mapping[NoticeKind, Callable[[Notice], str]] = {
    NoticeKind.STATION_DUE: lambda notice: _(
        "%(station)s: due on %(day)s.", station=_station(notice), day=long_date(notice.day)
    ),
    NoticeKind.STATION_OVERDUE: lambda notice: _(
        "%(station)s: was due on %(day)s.", station=_station(notice), day=long_date(notice.day)
    ),
    NoticeKind.OBJECTIVES_MISSING: lambda notice: _(
        "No objective has been set for %(year)s. They lock when “%(title)s” opens.",
        year=notice.year,
        title=within_quotes(notice.title),
    ),
    NoticeKind.SURVEY_TO_OPEN: lambda notice: _(
        "“%(title)s” has not been opened yet; its last day is %(day)s.",
        title=within_quotes(notice.title),
        day=long_date(notice.day),
    ),
    NoticeKind.SURVEY_CLOSING: lambda notice: _(
        "“%(title)s” takes answers until %(day)s. A reminder to everybody helps now.",
        title=within_quotes(notice.title),
        day=long_date(notice.day),
    ),
    NoticeKind.SURVEY_TO_CLOSE: lambda notice: _(
        "The last day of “%(title)s” was %(day)s. It has to be closed.",
        title=within_quotes(notice.title),
        day=long_date(notice.day),
    ),
    NoticeKind.BOX_TO_OPEN: lambda notice: _(
        "“%(title)s” is closed. Its ballot box waits for the scrutineers.", title=within_quotes(notice.title)
    ),
    NoticeKind.RESULT_SEALED: lambda notice: _(
        "The result of “%(title)s” can be read.", title=within_quotes(notice.title)
    ),
    NoticeKind.ACTION_DUE: lambda notice: _(
        "The action “%(title)s” is due on %(day)s (responsible: %(owner)s).",
        title=within_quotes(notice.title),
        day=long_date(notice.day),
        owner=notice.owner,
    ),
    NoticeKind.ACTION_OVERDUE: lambda notice: _(
        "The action “%(title)s” was due on %(day)s (responsible: %(owner)s).",
        title=within_quotes(notice.title),
        day=long_date(notice.day),
        owner=notice.owner,
    ),
    NoticeKind.SUGGESTIONS_WAITING: lambda notice: _(
        "Suggestions that wait to be read: %(count)s.", count=notice.count
    ),
    NoticeKind.ROLE_ENDING: lambda notice: _(
        "Your role as %(role)s ends on %(day)s.",
        role=label(notice.role) if notice.role else "",
        day=long_date(notice.day),
    ),
}


def _objectives(notice: Notice) -> Page:
    return "plan.objectives", {"unit_id": notice.unit_id, "year": notice.year, "audience": Audience.MEMBER.value}


def _station_page(notice: Notice) -> Page:
    if notice.station is StationKind.OBJECTIVES or notice.station is None:
        return _objectives(notice)
    station = {"unit_id": notice.unit_id, "year": notice.year, "station": notice.station.value}
    return "calendar.station", station


def _survey(notice: Notice) -> Page:
    return "committee.show", {"survey_id": notice.object_id}


def _action(notice: Notice) -> Page:
    return "plan.show", {"unit_id": notice.unit_id, "_anchor": f"action-{notice.object_id}"}


PAGES: Mapping[NoticeKind, Callable[[Notice], Page]] = {
    NoticeKind.STATION_DUE: _station_page,
    NoticeKind.STATION_OVERDUE: _station_page,
    NoticeKind.OBJECTIVES_MISSING: _objectives,
    NoticeKind.SURVEY_TO_OPEN: _survey,
    NoticeKind.SURVEY_CLOSING: _survey,
    NoticeKind.SURVEY_TO_CLOSE: _survey,
    NoticeKind.BOX_TO_OPEN: lambda notice: ("sealing.count", {"survey_id": notice.object_id}),
    NoticeKind.RESULT_SEALED: lambda notice: (
        "results.show",
        {"survey_id": notice.object_id, "unit_id": notice.unit_id},
    ),
    NoticeKind.ACTION_DUE: _action,
    NoticeKind.ACTION_OVERDUE: _action,
    NoticeKind.SUGGESTIONS_WAITING: lambda notice: ("suggestions.queue", {"channel_id": notice.object_id}),
    NoticeKind.ROLE_ENDING: lambda _notice: ("account.show", {}),
}
