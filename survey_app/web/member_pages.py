"""What all pages of a member share: the door they came through, their addresses, and why nobody can come in.

A page that is fetched is the same for all members of a group, down to its headers, so any cache on the way may keep it
for a minute. A page that answers what somebody has sent is kept nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from flask import current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue

from instruments.loader import content_hash
from instruments.model import Instrument
from survey_app import services
from survey_app.extensions import LANGUAGES, db
from survey_app.kept_answers import FOLLOWS_FROM, Source
from survey_app.models import ReportingGroup, State, Survey
from survey_app.packed import Packed
from survey_app.services.entrance import Door, find_door, find_entrance
from survey_app.web.circumstances import clock
from survey_app.web.context import other_language, page_language
from survey_app.wording import anonymity

HTML = "text/html; charset=utf-8"
JSON = "application/json"
FOR_A_MINUTE = "max-age=60"
"""How late a member may notice that a survey has been closed; what is sent is judged when it arrives."""


class NoEntryError(Exception):
    """Nobody can answer here (any more); carries what is known of the address."""

    def __init__(self, survey: Survey | None, group: ReportingGroup | None) -> None:
        super().__init__("no survey to answer at this address")
        self.survey, self.group = survey, group


def entrance(survey_slug: str, group_slug: str) -> tuple[Survey, ReportingGroup]:
    """The survey and group of an address. Raises: NoEntryError."""
    survey, group = find_entrance(db.session, survey_slug, group_slug)
    if survey is None or group is None:
        raise NoEntryError(survey, group)
    return survey, group


def door_at(survey_slug: str, group_slug: str) -> Door:
    """What an address leads to, as far as kept pages need it. Raises: NoEntryError."""
    with current_app.extensions["looking engine"].connect() as connection:
        door = find_door(connection, survey_slug, group_slug)
    if door is None:
        raise no_entry(survey_slug, group_slug)
    return door


def source_while_ballots_come(door: Door) -> Source | None:
    """For what is shown as long as ballots are taken; None: they are not."""
    now = clock().now
    source = Source(door, lambda standing: standing.takes_ballots(now()))
    return source if source.may_be_shown(door.standing) else None


def no_entry(survey_slug: str, group_slug: str) -> NoEntryError:
    return NoEntryError(*find_entrance(db.session, survey_slug, group_slug))


def show_no_entry(refused: NoEntryError) -> ResponseReturnValue:
    """Why nobody can answer here: not open yet, withdrawn, closed, or an address that leads nowhere."""
    survey, group = refused.survey, refused.group
    if survey is not None and survey.state is State.DRAFT:
        return as_reply(render_template("answer/not_open.html", survey=survey, is_sample=survey.is_sample), 409)
    if survey is None or group is None:
        return as_reply(render_template("answer/unknown.html"), 404)
    if survey.state is State.WITHDRAWN:
        return member_page("answer/withdrawn.html", survey, group, status=410)
    return member_page("answer/closed.html", survey, group, status=410)


def member_page(
    template: str, survey: Survey, group: ReportingGroup, *, status: int = 200, **shown: Any
) -> ResponseReturnValue:
    """A page of a group, the same for all its members."""
    return as_reply(_rendered(template, survey, group, shown), status)


def kept_page(
    template: str,
    source: Source,
    shown: Callable[[Survey, ReportingGroup, Instrument], Mapping[str, Any]],
    *,
    names_host: bool = False,
) -> ResponseReturnValue:
    """A page of a group that is rendered once, from nothing but survey, group, questionnaire, language and address.

    `names_host`: the page repeats the host that the request named. Caches on the way shall not keep that for others.
    """
    door = source.door

    def asked() -> tuple[Survey, ReportingGroup, Instrument]:
        survey, group = entrance(door.survey_slug, door.group_slug)
        return survey, group, services.asked_of(db.session, survey, group)

    def render() -> str:
        survey, group, instrument = asked()
        return _rendered(template, survey, group, shown(survey, group, instrument))

    local = content_hash(asked()[2]) if door.asks_local_questions else ""
    if not (names_host or local):
        request.environ[FOLLOWS_FROM] = source
    return kept_reply((template, door.rows, local), render, names_host=names_host)


def kept_reply(follows_from: object, render: Callable[[], str], *, names_host: bool = False) -> ResponseReturnValue:
    """A page that is rendered once from nothing but what it is said to follow from, language and address.

    `follows_from`: with a `repr` that says all of it. `names_host`: as in `kept_page`.
    """
    address = request.url_root if names_host else request.root_path  # invented hosts shall not push out what is kept
    key = sha256(repr((follows_from, page_language(), chosen_language(), address)).encode()).digest()
    return _fetched(current_app.extensions["kept pages"].page(key, render), 200, is_private=names_host)


def kept_data(kind: str, source: Source, render: Callable[[], str]) -> ResponseReturnValue:
    """As `kept_page`, for JSON without words: the same in all languages and at every address."""
    key = sha256(repr((kind, source.door.rows)).encode()).digest()
    request.environ[FOLLOWS_FROM] = source
    kept: Packed = current_app.extensions["kept pages"].page(key, render)
    return kept.response(request, JSON, f"public, {FOR_A_MINUTE}")


def as_reply(page: str, status: int = 200) -> ResponseReturnValue:
    """A rendered page: compressed, and comparable by caches, unless it answers what was sent."""
    return _fetched(Packed.of(page.encode()), status) if request.method in ("GET", "HEAD") else (page, status)


def _rendered(template: str, survey: Survey, group: ReportingGroup, shown: Mapping[str, Any]) -> str:
    return render_template(
        template,
        survey=survey,
        group=group,
        is_sample=survey.is_sample,
        anonymity=anonymity,
        here=member_address("answer.landing", survey, group),
        here_in_other_language=member_address("answer.landing", survey, group, lang=other_language()),
        other_language_address=f"?lang={other_language()}",  # repeats nothing else of the address
        receipts_address=url_for("anonymity.receipts", survey_slug=survey.slug, lang=chosen_language()),
        **shown,
    )


def _fetched(page: Packed, status: int, *, is_private: bool = False) -> ResponseReturnValue:
    """Of a refusal caches ask anew each time: the next moment may open the survey."""
    lasts = FOR_A_MINUTE if status == 200 else "no-cache"
    scope = "private" if is_private else "public"
    varies = () if request.args.get("lang") in LANGUAGES else ("Accept-Language",)
    return page.response(request, HTML, f"{scope}, {lasts}", status=status, varies=varies)


def member_address(endpoint: str, survey: Survey, group: ReportingGroup, lang: str | None = None) -> str:
    """The address of a page of this group, in the language chosen so far unless another is given."""
    return url_for(endpoint, survey_slug=survey.slug, group_slug=group.slug, lang=lang or chosen_language())


def chosen_language() -> str | None:
    """The language asked for in the address; without one the browser's preference goes on deciding."""
    return page_language() if "lang" in request.args else None
