"""The questionnaire that is answered in the browser: one page, the same for all members of a group.

What a member chooses stays in static/sheet.js until static/ballot-box.js has encrypted it; nothing comes back here.
"""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from survey_app import services
from survey_app.extensions import db
from survey_app.forms.whole_sheet import WholeSheet
from survey_app.web.circumstances import clock
from survey_app.web.context import page_language
from survey_app.web.member_pages import NoEntryError, entrance, kept_page, member_address, show_no_entry

sheet = Blueprint("sheet", __name__)
sheet.register_error_handler(NoEntryError, show_no_entry)


@sheet.get("/s/<survey_slug>/<group_slug>/sheet")
def show(survey_slug: str, group_slug: str) -> ResponseReturnValue:
    survey, group = entrance(survey_slug, group_slug)
    if not survey.takes_ballots(clock().now()):
        raise NoEntryError(survey, group)
    instrument = services.asked_of(db.session, survey, group)
    return kept_page(
        "answer/sheet.html",
        survey,
        group,
        instrument,
        lambda: {
            "sheet": WholeSheet(instrument, language=page_language()),
            "keys_address": member_address("ballot_box.keys", survey, group),
        },
    )
