"""The public page of a suggestion channel: how to take part, and what became of suggestions. No session, no cookie."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from survey_app import services
from survey_app.extensions import db
from survey_app.models import Survey
from survey_app.web.circumstances import clock
from survey_app.web.context import other_language
from survey_app.web.labels import choices_of
from survey_app.web.member_pages import as_reply, chosen_language, member_address
from survey_app.web.suggestion_page import (
    FEWEST_COUNTED,
    PublicSuggestion,
    is_unverified,
    public_counts,
    taking_part,
)
from survey_app.web.suggestion_page import public_suggestions as readable
from survey_app.wording import anonymity

public_suggestions = Blueprint("public_suggestions", __name__)


@public_suggestions.get("/suggestions/<slug>")
def show(slug: str) -> ResponseReturnValue:
    channel = services.channel_by_slug(db.session, slug)
    if channel is None:
        return as_reply(render_template("suggestions/unknown.html"), 404)
    rounds, collected = services.rounds_of(db.session, channel), services.suggestions_in(db.session, channel)
    now, released = taking_part(channel, rounds, clock().today()), readable(collected)
    unit_id = request.args.get("unit", type=UUID)
    page = render_template(
        "suggestions/public.html",
        channel=channel,
        is_sample=channel.unit.is_sample,
        now=now,
        doors=_doors(now.survey) if now.is_open_link else [],
        is_unverified=is_unverified(rounds),
        is_unread=any(map(services.is_unread, rounds)),
        released=[one for one in released if unit_id in (None, one.unit.id)],
        units=_units_to_choose(slug, released, unit_id),
        counts=public_counts(collected),
        fewest=FEWEST_COUNTED,
        reasons=[words for _code, words in choices_of(services.WithholdReason)],
        promise=anonymity.promise(),
        other_language_address=url_for(".show", slug=slug, unit=unit_id, lang=other_language()),
    )
    return as_reply(page)


def _doors(survey: Survey | None) -> list[tuple[str, str]]:
    """The page of each group of an open link."""
    groups = survey.groups if survey is not None else []
    return [(group.unit.name, member_address("answer.landing", group.survey, group)) for group in groups]


def _units_to_choose(slug: str, released: list[PublicSuggestion], chosen: UUID | None) -> list[tuple[str, str, bool]]:
    """All together and each unit with a released suggestion; nothing where there is but one."""
    units = {one.unit.id: one.unit for one in released}
    if len(units) < 2:
        return []
    lang = chosen_language()
    ordered = sorted(units.values(), key=lambda unit: unit.code)
    each = [(unit.name, url_for(".show", slug=slug, unit=unit.id, lang=lang), unit.id == chosen) for unit in ordered]
    return [(_("All units"), url_for(".show", slug=slug, lang=lang), chosen is None), *each]
