"""The published result of a unit, for everybody who has its address. No session, no cookie.

Whatever such a page shows changes by an act that is written down, or with the day: until then it is kept as rendered.
"""

from __future__ import annotations

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from survey_app.extensions import db
from survey_app.services.audit_trail import head_of
from survey_app.services.publications import chosen_of, publication_by_slug
from survey_app.web.circumstances import clock
from survey_app.web.context import other_language
from survey_app.web.member_pages import as_reply, chosen_language, kept_reply
from survey_app.web.public_page import public_page

public_result = Blueprint("public_result", __name__)


@public_result.get("/p/<slug>")
def show(slug: str) -> ResponseReturnValue:
    acts = head_of(db.session)  # read before what is rendered, so that nothing older is kept under it
    publication = publication_by_slug(db.session, slug)
    languages = {"other_language_address": f"?lang={other_language()}"}  # repeats nothing else of the address
    if publication is None:
        return as_reply(render_template("publications/unknown.html", **languages), 404)
    if publication.published_at is None:
        return as_reply(render_template("publications/withdrawn.html", unit=publication.unit, **languages), 410)
    today, told_on = clock().today(), publication.published_at.astimezone().date()
    survey = publication.survey

    def render() -> str:
        return render_template(
            "publications/page.html",
            page=public_page(publication.unit, survey, chosen_of(publication), told_on=told_on, today=today),
            is_sample=survey.is_sample,
            receipts_address=url_for("anonymity.receipts", survey_slug=survey.slug, lang=chosen_language()),
            **languages,
        )

    return kept_reply(("public result", publication.id, acts, today), render)
