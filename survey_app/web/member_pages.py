"""What all pages of a member share: the door they came through, their addresses, and why nobody can come in."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from survey_app.extensions import db
from survey_app.models import ReportingGroup, State, Survey
from survey_app.services.entrance import find_entrance
from survey_app.web.context import other_language, page_language
from survey_app.wording import anonymity


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


def show_no_entry(refused: NoEntryError) -> ResponseReturnValue:
    """Why nobody can answer here: not open yet, withdrawn, closed, or an address that leads nowhere."""
    survey, group = refused.survey, refused.group
    if survey is not None and survey.state is State.DRAFT:
        return render_template("answer/not_open.html", survey=survey, is_sample=survey.is_sample), 409
    if survey is None or group is None:
        return render_template("answer/unknown.html"), 404
    if survey.state is State.WITHDRAWN:
        return member_page("answer/withdrawn.html", survey, group, status=410)
    return member_page("answer/closed.html", survey, group, status=410)


def member_page(
    template: str, survey: Survey, group: ReportingGroup, *, status: int = 200, **shown: Any
) -> ResponseReturnValue:
    """A page of a group, the same for all its members."""
    page = render_template(
        template,
        survey=survey,
        group=group,
        is_sample=survey.is_sample,
        anonymity=anonymity,
        here=member_address("answer.landing", survey, group),
        here_in_other_language=member_address("answer.landing", survey, group, lang=other_language()),
        receipts_address=url_for("anonymity.receipts", survey_slug=survey.slug, lang=chosen_language()),
        **shown,
    )
    return page, status


def member_address(endpoint: str, survey: Survey, group: ReportingGroup, lang: str | None = None) -> str:
    """The address of a page of this group, in the language chosen so far unless another is given."""
    return url_for(endpoint, survey_slug=survey.slug, group_slug=group.slug, lang=lang or chosen_language())


def chosen_language() -> str | None:
    """The language asked for in the address; without one the browser's preference goes on deciding."""
    return page_language() if "lang" in request.args else None
