"""The questionnaire that is answered in the browser: one page, the same for all members of a group.

What a member chooses stays in static/sheet.js until static/ballot-box.js has encrypted it; nothing comes back here.
"""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from survey_app.forms.whole_sheet import WholeSheet
from survey_app.web.context import page_language
from survey_app.web.member_pages import (
    NoEntryError,
    door_at,
    kept_page,
    member_address,
    no_entry,
    show_no_entry,
    source_while_ballots_come,
)

sheet = Blueprint("sheet", __name__)
sheet.register_error_handler(NoEntryError, show_no_entry)


@sheet.get("/s/<survey_slug>/<group_slug>/sheet")
def show(survey_slug: str, group_slug: str) -> ResponseReturnValue:
    source = source_while_ballots_come(door_at(survey_slug, group_slug))
    if source is None:
        raise no_entry(survey_slug, group_slug)
    return kept_page(
        "answer/sheet.html",
        source,
        lambda survey, group, instrument: {
            "sheet": WholeSheet(instrument, language=page_language()),
            "keys_address": member_address("ballot_box.keys", survey, group),
        },
    )
