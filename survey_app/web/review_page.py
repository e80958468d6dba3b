"""What the pages of a management review show: the list, the minutes with their results, the signing.

The words that the Word document has too are `dossier.minutes`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask import url_for
from flask_babel import gettext as _

from analysis.tree import Report
from instruments.wording import N_
from survey_app import services
from survey_app.dossier.minutes import charged, people_counted, review_title, standing_of
from survey_app.extensions import db
from survey_app.models import Action, AgendaPoint, PointKind, Review, Survey, Unit, User, UserRole
from survey_app.permissions import Right
from survey_app.services.comments import comments_to_show
from survey_app.services.reviewed import ResultToday
from survey_app.services.reviews import CLOSING_ROLES, ReviewRefused, missing_for_signing, signing_role
from survey_app.text_filters import iso_date
from survey_app.web.annual.content import numbered
from survey_app.web.circumstances import may
from survey_app.web.labels import audience_label, in_words, label
from survey_app.wording.agenda import Source, agenda_of
from survey_app.wording.labels import listed
from survey_app.wording.names import names_of

PARTS: Mapping[str, str] = {
    **dict.fromkeys(("roster", "previous_roster"), N_("Returns")),
    "objectives": N_("Objectives met"),
    **dict.fromkeys(("overall", "items", "dimensions"), N_("Dimensions and questions")),
    "choices": N_("Choice questions"),
    **dict.fromkeys(("reliability", "validity", "agreement"), N_("Reliability")),
    "groups": N_("Groups"),
    **dict.fromkeys(("changes", "history", "trends", "composition"), N_("Against earlier years")),
    "actions": N_("Actions of last year"),
    **dict.fromkeys(("units", "benchmark"), N_("Sub-units")),
    "quality": N_("Care in answering"),
    **dict.fromkeys(("context", "provenance"), N_("Method")),
}
"""Fields of a Report and the part of the result page that shows them."""
OTHER_PARTS = N_("other parts")
Rows = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ReviewRow:
    review: Review
    title: str
    standing: str
    decisions: int


@dataclass(frozen=True, slots=True)
class PointCard:
    point: AgendaPoint
    heading: str
    facts: tuple[str, ...]
    rows: Rows
    """Who is responsible and when it is due, as far as that is written down."""
    is_own: bool
    is_first: bool
    is_last: bool


@dataclass(frozen=True, slots=True)
class ResultCard:
    survey: Survey
    sentence: str
    is_same: bool
    kept: str
    """Hash of what was reviewed."""
    today: str
    download: str
    """Where the reviewed figures are to be had; empty for those who may not."""


@dataclass(frozen=True, slots=True)
class Signing:
    """What the page says on which minutes are signed."""

    refusal: str
    """Why this person cannot sign now; empty where it can be done."""
    facts: Rows
    left_open: tuple[str, ...]
    """What minutes usually say and these do not."""
    consequences: tuple[str, ...]
    is_last: bool


def review_rows(reviews: Sequence[Review]) -> list[ReviewRow]:
    return [
        ReviewRow(review, review_title(review), standing_of(review), sum(bool(p.decision) for p in review.points))
        for review in reviews
    ]


def years_to_choose(years: Mapping[int, Sequence[Survey]]) -> list[tuple[str, str]]:
    """Each year, and whose answers there are."""
    return [
        (str(year), f"{year} · {listed([audience_label(survey.audience) for survey in surveys])}")
        for year, surveys in years.items()
    ]


def agenda_from(results: Sequence[tuple[Survey, Report]]) -> list[tuple[PointKind, str, str]]:
    """Kind, title and facts of each point, in the language of the page."""
    sources = [
        Source(
            comments_to_show(db.session, survey, report),
            names_of(services.instrument_of(survey)),
            audience_label(survey.audience) if len(results) > 1 else "",
        )
        for survey, report in results
    ]
    return [(PointKind(point.kind), point.title, "\n".join(point.facts)) for point in agenda_of(sources)]


def actions_to_choose(unit: Unit) -> list[tuple[str, str]]:
    return [(str(action.id), action.title) for action in services.actions_of(db.session, unit)]


def chosen_action(unit: Unit, identifier: str) -> Action | None:
    return next((action for action in services.actions_of(db.session, unit) if str(action.id) == identifier), None)


def point_cards(review: Review) -> list[PointCard]:
    last = len(review.points) - 1
    return [
        PointCard(
            point,
            numbered(place, point.title),
            tuple(point.facts.splitlines()),
            charged(point),
            point.kind is PointKind.OTHER,
            place == 0,
            place == last,
        )
        for place, point in enumerate(review.points)
    ]


def result_cards(review: Review, results: Sequence[ResultToday]) -> list[ResultCard]:
    may_export = may(Right.EXPORT, review.unit)
    return [
        ResultCard(
            today.result.survey,
            _compared(today),
            today.is_same,
            today.result.sha256,
            today.sha256,
            url_for("reviews.result", review_id=review.id, survey_id=today.result.survey_id) if may_export else "",
        )
        for today in results
    ]


def _compared(today: ResultToday) -> str:
    if today.is_same:
        return _("Today’s result is exactly the one that was reviewed.")
    if not today.sha256:
        return _("Today’s result cannot be had; what was reviewed is kept here.")
    if not today.parts:
        return _(
            "Today’s result has the same figures as the one that was reviewed; the program now adds others to them."
        )
    parts = list(dict.fromkeys(_(PARTS.get(part, OTHER_PARTS)) for part in today.parts))
    return _(
        "Today’s result is no longer the one that was reviewed. It differs in: %(parts)s. These minutes keep what was "
        "reviewed then.",
        parts=listed(parts),
    )


def signing_of(review: Review, user: User, today: date) -> Signing:
    role = signing_role(user, review.unit, today)
    is_last = role in CLOSING_ROLES
    decisions = sum(bool(point.decision) for point in review.points)
    facts = (
        (_("Day of the meeting"), iso_date(review.held_on)),
        *((term, count) for term, count in ((_("People who should be there"), people_counted(review.expected)),
                                            (_("People who were there"), people_counted(review.present))) if count),
        (_("Decisions"), str(decisions)),
        *((_("You sign as"), label(one)) for one in (role,) if one is not None),
    )  # fmt: skip
    return Signing(
        _refusal(review, user, role, today), facts, tuple(_left_open(review)), tuple(_consequences(is_last)), is_last
    )


def _refusal(review: Review, user: User, role: UserRole | None, today: date) -> str:
    missing = missing_for_signing(review, today)
    if review.signed_at is not None:
        return in_words(ReviewRefused("signed"))
    if any(signature.user_id == user.id for signature in review.signatures):
        return in_words(ReviewRefused("twice"))
    return in_words(ReviewRefused(missing or "role")) if missing or role is None else ""


def _left_open(review: Review) -> Iterator[str]:
    """What minutes usually say and these do not: closed without it they stay so."""
    said = (
        (_("Place of the meeting"), review.place), (_("Chair"), review.chair),
        (_("Keeper of the minutes"), review.recorder),
    )  # fmt: skip
    empty = [name for name, value in said if not value]
    if empty:
        yield _("Still empty: %(fields)s.", fields=listed(empty))
    loose = sum(bool(point.decision) and not (point.responsible and point.due) for point in review.points)
    if loose:
        yield _("Decisions without a person or a day: %(n)s.", n=loose)
    if review.expected and review.present is not None and 2 * review.present < review.expected:
        yield _("Fewer than half of those who should be there were there.")


def _consequences(is_last: bool) -> Iterator[str]:
    yield _("Your name stands under the minutes, with the hash of what they say.")
    if is_last:
        yield _("The minutes are closed: nothing of them changes any more. Others of the committee sign before you.")
        yield _("The feedback meeting is ticked off in the calendar.")
    else:
        yield _("The minutes are closed when a secretary or the committee above has signed too.")
        yield _("If anything is changed before that, your signature becomes void and you are asked to sign again.")


def voids(review: Review) -> str:
    """What stands above a form before anything is saved; empty where nobody has signed."""
    if not review.signatures:
        return ""
    names = listed([signature.name for signature in review.signatures])
    return _("Signed already by: %(names)s. If you save a change, these signatures become void.", names=names)
