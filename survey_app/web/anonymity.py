"""What members can see for themselves: how anonymity is kept in their survey, and the published receipts."""

from __future__ import annotations

from unicodedata import normalize

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from survey_app import services
from survey_app.extensions import db
from survey_app.models import State
from survey_app.services.entrance import find_entrance
from survey_app.web.answer import keep_nothing
from survey_app.web.context import other_language
from survey_app.web.member_pages import (
    NoEntryError,
    as_reply,
    chosen_language,
    entrance,
    member_page,
    show_no_entry,
)

anonymity = Blueprint("anonymity", __name__)
anonymity.register_error_handler(NoEntryError, show_no_entry)
anonymity.after_request(keep_nothing)

LONGEST_RECEIPT = 64


@anonymity.get("/s/<survey_slug>/<group_slug>/anonymity")
def explain(survey_slug: str, group_slug: str) -> ResponseReturnValue:
    survey, group = entrance(survey_slug, group_slug)
    if survey.state is State.WITHDRAWN or not survey.has_ballot_box:
        raise NoEntryError(survey, group)
    return member_page("answer/anonymity.html", survey, group, fingerprint=services.fingerprint_of(survey))


@anonymity.route("/s/<survey_slug>/receipts", methods=["GET", "POST"])
def receipts(survey_slug: str) -> ResponseReturnValue:
    """The list after sealing; what is typed to be looked up is kept nowhere."""
    typed = request.form.get("receipt", "")[:LONGEST_RECEIPT].strip()  # read before a transaction begins
    survey, _group = find_entrance(db.session, survey_slug, "")
    if survey is None or survey.state is State.DRAFT:
        raise NoEntryError(survey, None)
    published = services.receipts_of(db.session, survey)
    page = render_template(
        "answer/receipts.html",
        survey=survey,
        is_sample=survey.is_sample,
        receipts=published,
        typed=typed,
        is_found=published is not None and published.has(normalize("NFKC", typed)),
        here=url_for(".receipts", survey_slug=survey.slug, lang=chosen_language()),
        other_language_address=f"?lang={other_language()}",
    )
    return as_reply(page)
