"""The management review (ISO 9001 9.3): minutes of a meeting on the results of a year, and the signatures under them.

A signature says what the minutes said at that moment. Whatever changes afterwards makes the signatures given void; once
a secretary or a committee above has signed, nothing changes any more. The words of the agenda are `wording.agenda`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from instruments.wording import N_
from survey_app.clock import Clock
from survey_app.errors import Refusal
from survey_app.models import (
    Action,
    AgendaPoint,
    PointKind,
    Review,
    ReviewSignature,
    StationKind,
    Survey,
    Unit,
    User,
    UserRole,
)
from survey_app.services.audit import Actor, record
from survey_app.services.calendar import DayChoice, set_station, stations_of
from survey_app.services.organisation import ancestors
from survey_app.services.questionnaires import instrument_of
from survey_app.services.results import result_surveys
from survey_app.services.reviewed import Meeting, content_hash, kept_result
from survey_app.services.roles import roles_held

if TYPE_CHECKING:
    from analysis.tree import Report

CLOSING_ROLES = (UserRole.HIGHER_COMMITTEE, UserRole.SECRETARY)
"""Whose signature ends the minutes."""
SIGNING_ROLES = (*CLOSING_ROLES, UserRole.COMMITTEE_MEMBER)
"""Who may sign; of several roles the first counts."""


class ReviewRefused(Refusal):
    sentences: ClassVar[dict[str, str]] = {
        "signed": N_("These minutes are signed: nothing of them changes any more."),
        "under_way": N_("Minutes of %(year)s are already begun and not yet signed. Please go on with them."),
        "no_result": N_("There is no sealed annual result of %(year)s that could be reviewed."),
        "attendance": N_("Before anybody signs, please enter how many people should be there and how many were."),
        "decision": N_("Before anybody signs, please write down at least one decision."),
        "not_held": N_("The meeting is still to come: minutes are signed after it."),
        "twice": N_("You have signed these minutes already."),
        "changed": N_("Somebody has changed the minutes meanwhile. Please read them again before you sign."),
        "role": N_("Minutes are signed by the committee of the unit or of a unit above it."),
        "not_own": N_("Points that the results call for stay in the minutes, in their order."),
    }


@dataclass(frozen=True, slots=True)
class Said:
    """What people said and decided on a point."""

    title: str
    discussion: str = ""
    decision: str = ""
    responsible: str = ""
    due: date | None = None
    action: Action | None = None


def reviews_of(session: Session, unit: Unit) -> list[Review]:
    """The reviews of a unit, latest first, with their points and signatures; three queries."""
    found = (
        select(Review)
        .where(Review.unit_id == unit.id)
        .options(selectinload(Review.points), selectinload(Review.signatures))
        .order_by(Review.year.desc(), Review.held_on.desc(), Review.created_at.desc())
    )
    return list(session.scalars(found))


def reviewable(session: Session, unit: Unit) -> dict[int, list[Survey]]:
    """Years with sealed annual surveys that cover a unit, latest first, and the last sealed one of each audience."""
    by_year: dict[int, dict[str, Survey]] = {}
    for survey in result_surveys(session, unit):
        if instrument_of(survey).is_annual:
            by_year.setdefault(survey.year, {}).setdefault(survey.audience, survey)
    return {year: list(surveys.values()) for year, surveys in by_year.items()}


def start_review(
    session: Session,
    *,
    unit: Unit,
    year: int,
    results: Sequence[tuple[Survey, Report]],
    agenda: Iterable[tuple[PointKind, str, str]],
    held_on: date,
    by: Actor,
    clock: Clock,
) -> Review:
    """Begin the minutes: keep the results as they are, and put down the points with what the results say of them.

    `agenda`: kind, title and facts of each point. Raises: ReviewRefused.
    """
    if not results:
        raise ReviewRefused("no_result", year=year)
    begun = select(Review.id).where(Review.unit_id == unit.id, Review.year == year, Review.signed_at.is_(None))
    if session.scalar(begun.limit(1)) is not None:
        raise ReviewRefused("under_way", year=year)
    review = Review(year=year, held_on=held_on, created_at=clock.now(), unit=unit, unit_name=unit.name)
    review.results = [kept_result(survey, report) for survey, report in results]
    review.points = [
        AgendaPoint(position=position, kind=kind, title=title, facts=facts)
        for position, (kind, title, facts) in enumerate(agenda)
    ]
    session.add(review)
    record(session, by, "review.start", review, clock=clock, year=year, held_on=held_on.isoformat())
    return review


def change_review(session: Session, review: Review, meeting: Meeting, *, by: Actor, clock: Clock) -> int:
    """Fill in the head of the minutes. Returns how many signatures this made void. Raises: ReviewRefused."""
    before = _opened(session, review)
    for name, value in asdict(meeting).items():
        setattr(review, name, value)
    review.unit_name = review.unit.name
    return _settle(session, review, before, "review.change", by=by, clock=clock)


def change_point(session: Session, point: AgendaPoint, said: Said, *, by: Actor, clock: Clock) -> int:
    """Write down what was said and decided. Returns how many signatures this made void. Raises: ReviewRefused."""
    review = point.review
    before = _opened(session, review)
    point.title, point.discussion, point.decision = said.title, said.discussion, said.decision
    point.responsible, point.due, point.action = said.responsible, said.due, said.action
    point.action_title = said.action.title if said.action is not None else ""
    return _settle(session, review, before, "review.change_point", by=by, clock=clock, title=point.title)


def add_point(session: Session, review: Review, title: str, *, by: Actor, clock: Clock) -> AgendaPoint:
    """A point of the committee's own, at the end. Raises: ReviewRefused."""
    before = _opened(session, review)
    position = max((point.position for point in review.points), default=-1) + 1
    point = AgendaPoint(position=position, kind=PointKind.OTHER, title=title)
    review.points.append(point)
    _settle(session, review, before, "review.add_point", by=by, clock=clock, title=title)
    return point


def remove_point(session: Session, point: AgendaPoint, *, by: Actor, clock: Clock) -> int:
    """Take out a point of the committee's own; the others stay. Raises: ReviewRefused."""
    review = point.review
    before = _opened(session, review)
    if point.kind is not PointKind.OTHER:
        raise ReviewRefused("not_own")
    review.points.remove(point)
    return _settle(session, review, before, "review.remove_point", by=by, clock=clock, title=point.title)


def move_point(session: Session, point: AgendaPoint, *, up: bool, by: Actor, clock: Clock) -> int:
    """Let a point of the committee's own change places with its neighbour. Raises: ReviewRefused."""
    review = point.review
    before = _opened(session, review)
    if point.kind is not PointKind.OTHER:
        raise ReviewRefused("not_own")
    place = review.points.index(point) + (-1 if up else 1)
    if 0 <= place < len(review.points):
        other = review.points[place]
        point.position, other.position = other.position, point.position
        review.points.sort(key=lambda one: one.position)
    return _settle(session, review, before, "review.move_point", by=by, clock=clock, title=point.title)


def discard_review(session: Session, review: Review, *, by: Actor, clock: Clock) -> None:
    """Throw minutes away that are not signed. Raises: ReviewRefused."""
    _opened(session, review)
    record(session, by, "review.discard", review, clock=clock, year=review.year, signatures=len(review.signatures))
    session.delete(review)
    session.flush()


def missing_for_signing(review: Review, today: date) -> str:
    """Why nobody can sign yet, as a reason of ReviewRefused; empty where nothing is missing."""
    if review.held_on > today:
        return "not_held"
    if review.expected is None or review.present is None:
        return "attendance"
    return "" if any(point.decision for point in review.points) else "decision"


def signing_role(user: User, unit: Unit, today: date) -> UserRole | None:
    """In which role a person signs the minutes of a unit."""
    path = {unit.id, *(above.id for above in ancestors(unit))}
    held = {member.role for member in roles_held(user, today) if member.unit_id in path}
    return next((role for role in SIGNING_ROLES if role in held), None)


def sign_review(session: Session, review: Review, *, agreed: str, by: User, clock: Clock) -> bool:
    """Sign what the minutes say now; returns whether they are closed with this signature.

    `agreed`: the hash of the minutes that the person has read. Raises: ReviewRefused.
    """
    content = _opened(session, review)
    role = signing_role(by, review.unit, clock.today())
    missing = missing_for_signing(review, clock.today())
    if role is None or missing:
        raise ReviewRefused(missing or "role")
    if any(signature.user_id == by.id for signature in review.signatures):
        raise ReviewRefused("twice")
    if agreed != content:
        raise ReviewRefused("changed")
    is_last = role in CLOSING_ROLES
    if is_last:
        _tick_off_meeting(session, review, by=by, clock=clock)
    entry = record(
        session, by, "review.sign", review, clock=clock, year=review.year, name=by.name, role=role.value, sha256=content
    )
    review.signatures.append(
        ReviewSignature(name=by.name, role=role.value, signed_at=entry.at, sha256=content, user=by)
    )
    if is_last:
        review.signed_at, review.sha256 = entry.at, content
    return is_last


def _opened(session: Session, review: Review) -> str:
    """Hold the minutes against whoever else changes them; the hash of what they say. Raises: ReviewRefused."""
    session.flush()
    session.refresh(review, with_for_update=True)
    if review.signed_at is not None:
        raise ReviewRefused("signed")
    return content_hash(review)


def _settle(
    session: Session, review: Review, before: str, act: str, *, by: Actor, clock: Clock, title: str | None = None
) -> int:
    """Write down what has changed and make the signatures of what was before void; how many there were."""
    session.flush()
    if content_hash(review) == before:
        return 0
    voided = len(review.signatures)
    review.signatures.clear()
    record(session, by, act, review, clock=clock, year=review.year, voided=voided or None, title=title)
    return voided


def _tick_off_meeting(session: Session, review: Review, *, by: Actor, clock: Clock) -> None:
    """The feedback meeting of the year has been held; who has ticked it off by hand knows better."""
    stations = stations_of(session, review.unit, review.year)
    own = next(station.own for station in stations if station.kind is StationKind.FEEDBACK_MEETING)
    if own is not None and own.done_on is not None:
        return
    due_on = own.due_on if own else None
    is_left_out = own is not None and own.is_left_out
    set_station(
        session, review.unit, review.year, StationKind.FEEDBACK_MEETING,
        choice=DayChoice.LEFT_OUT if is_left_out else DayChoice.OWN_DAY if due_on else DayChoice.AS_ABOVE,
        due_on=due_on, done_on=review.held_on, note=own.note if own else "", by=by, clock=clock,
    )  # fmt: skip
