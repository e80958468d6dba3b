"""The words of review minutes, as pages show them and as the Word document and the evidence package take them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from survey_app.models import AgendaPoint, Review
from survey_app.text_filters import iso_date, local_time, long_date
from survey_app.wording.roles import role_label

if TYPE_CHECKING:
    from survey_app.exports.minutes import Minutes

Rows = tuple[tuple[str, str], ...]


def review_title(review: Review) -> str:
    return _("Management review of %(year)s", year=review.year)


def standing_of(review: Review) -> str:
    if review.signed_at is not None:
        return _("signed and closed")
    if review.signatures:
        return _("being signed (signatures so far: %(count)s)", count=len(review.signatures))
    return _("being written")


def head_of(review: Review) -> Rows:
    """Day, place and people; what is not filled in yet is left out."""
    rows = (
        (_("Day of the meeting"), long_date(review.held_on)),
        (_("Place of the meeting"), review.place),
        (_("Chair"), review.chair),
        (_("Keeper of the minutes"), review.recorder),
        (_("People who should be there"), people_counted(review.expected)),
        (_("People who were there"), people_counted(review.present)),
        (_("Who else took part"), review.guests),
    )
    return tuple((term, text) for term, text in rows if text)


def people_counted(people: int | None) -> str:
    return "" if people is None else _("%(count)s people", count=people)


def charged(point: AgendaPoint) -> Rows:
    rows = (
        (_("Person responsible"), point.responsible),
        (_("Due date"), iso_date(point.due) if point.due else ""),
    )
    return tuple((term, text) for term, text in rows if text)


def signed_by(review: Review) -> list[tuple[str, str, str]]:
    """Name, role and moment of each signature."""
    return [
        (signature.name, role_label(signature.role), local_time(signature.signed_at)) for signature in review.signatures
    ]


def minutes_of(review: Review) -> Minutes:
    """The words of the Word document."""
    from survey_app.exports.minutes import Minutes, MinutesPoint  # loads what writes Word, which no page needs

    return Minutes(
        unit_name=review.unit_name,
        title=_("Minutes of the management review of %(year)s", year=review.year),
        head=head_of(review),
        points=tuple(
            MinutesPoint(point.title, tuple(point.facts.splitlines()), tuple(_said(point))) for point in review.points
        ),
        closing=review.closing,
        signatures=tuple(signed_by(review)),
        standing=standing_of(review),
        results=tuple((result.survey.title, result.sha256) for result in review.results),
        sha256=review.sha256,
    )


def _said(point: AgendaPoint) -> Iterator[tuple[str, str]]:
    yield from ((_("Discussion"), point.discussion),) if point.discussion else ()
    yield from ((_("Decision"), point.decision),) if point.decision else ()
    yield from charged(point)
    if point.action_title:
        yield _("Action of the improvement plan"), point.action_title
