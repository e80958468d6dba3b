"""Notices: what a person has to know or to do, read off the state of things. Nothing of them is kept but marks.

A notice concerns units over which a person holds the right that it needs: the unit of the role itself and those below
it where nobody nearer holds that right. What was read or mailed is `notice_marks`; the words are the caller's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from survey_app.clock import Clock
from survey_app.models import (
    AccessMode,
    Action,
    AuditHead,
    Membership,
    State,
    StationKind,
    Suggestion,
    SuggestionRound,
    SuggestionState,
    Survey,
    Unit,
    User,
    UserRole,
)
from survey_app.permissions import ROLE_RIGHTS, Right
from survey_app.services.calendar import Station, calendars
from survey_app.services.organisation import ancestors
from survey_app.services.questionnaires import instrument_of
from survey_app.services.reach import unit_and_below
from survey_app.services.roles import roles_held
from survey_app.services.year import FINISHED

AHEAD = (0, 7, 30)
"""Days before a station at which it is called for."""
CLOSING = timedelta(days=3)
OPENING = timedelta(days=14)
ACTION_AHEAD = timedelta(days=7)
ROLE_AHEAD = timedelta(days=14)
NEWS = timedelta(days=30)
"""How long a result is news, and a draft past its last day a reminder."""


class NoticeKind(StrEnum):
    STATION_DUE = "station_due"
    STATION_OVERDUE = "station_overdue"
    OBJECTIVES_MISSING = "objectives_missing"
    SURVEY_TO_OPEN = "survey_to_open"
    SURVEY_CLOSING = "survey_closing"
    SURVEY_TO_CLOSE = "survey_to_close"
    BOX_TO_OPEN = "box_to_open"
    RESULT_SEALED = "result_sealed"
    ACTION_DUE = "action_due"
    ACTION_OVERDUE = "action_overdue"
    SUGGESTIONS_WAITING = "suggestions_waiting"
    ROLE_ENDING = "role_ending"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to know: `key` stays the same until there is something new to say of it."""

    kind: NoticeKind
    key: str
    day: date
    unit_id: UUID
    unit_name: str
    object_id: UUID | None = None
    """The survey, action or channel it is about."""
    title: str = ""
    owner: str = ""
    count: int = 0
    year: int = 0
    station: StationKind | None = None
    role: UserRole | None = None


def notices_of(session: Session, user: User, *, clock: Clock) -> tuple[Notice, ...]:
    """All that concerns a person today, the earliest day first."""
    today = clock.today()
    held = roles_held(user, today)
    found = [
        *_stations(session, held, today),
        *_surveys_to_run(session, held, today),
        *_boxes(session, held),
        *_results(session, held, clock),
        *_actions(session, held, today),
        *_suggestions(session, held, today),
        *_roles(held, today),
    ]
    return tuple(sorted(found, key=lambda notice: (notice.day, notice.key)))


def state_of_things(session: Session) -> bytes:
    """Changes with every act that is written down: as long as it and the day stay, so do all notices."""
    return session.scalars(select(AuditHead.hash)).one()


def homes_of(held: Sequence[Membership], right: Right) -> dict[UUID, Unit]:
    """Units over which the right was given."""
    return {member.unit_id: member.unit for member in held if right in ROLE_RIGHTS[member.role]}


def area_of(homes: Collection[UUID], right: Right, today: date) -> Select[tuple[UUID]]:
    """These units and those below them, down to where somebody nearer holds the right."""
    roles = [role for role, rights in ROLE_RIGHTS.items() if right in rights]
    cared_for = (
        select(Membership.unit_id)
        .join(Membership.user)
        .where(Membership.role.in_(roles), User.is_active, or_(Membership.until.is_(None), Membership.until >= today))
    )
    area = select(Unit.id).where(Unit.id.in_(homes)).cte("area", recursive=True)
    child = aliased(Unit)
    below = select(child.id).join(area, child.parent_id == area.c.id).where(child.id.not_in(cared_for))
    return select(area.union(below).c.id)


def _stations(session: Session, held: Sequence[Membership], today: date) -> Iterator[Notice]:
    """Stations that come up or were missed, for those who run the year of the unit itself."""
    homes = [unit for unit in homes_of(held, Right.RUN_SURVEYS).values() if unit.ended_on is None]
    if not homes:
        return
    years = sorted({today.year - 1, today.year, (today + timedelta(days=max(AHEAD))).year})
    for stations in calendars(session, homes, years).values():
        for station in stations:
            phase = _phase(station, today)
            if phase is not None and station.day is not None:
                kind = NoticeKind.STATION_OVERDUE if phase == "overdue" else NoticeKind.STATION_DUE
                key = f"station/{station.unit.id}/{station.kind}/{station.day}/{phase}"
                yield Notice(
                    kind, key, station.day, station.unit.id, station.unit.name,
                    year=station.year, station=station.kind,
                )  # fmt: skip


def _phase(station: Station, today: date) -> str | None:
    """Which of the calls for a station it is time for; a station under way is told by its surveys."""
    if station.day is None or station.surveys or not station.is_called_for(today):
        return None
    if today > station.day:
        return "overdue"
    return next((str(days) for days in AHEAD if station.day - today <= timedelta(days=days)), None)


def _surveys_to_run(session: Session, held: Sequence[Membership], today: date) -> Iterator[Notice]:
    homes = homes_of(held, Right.RUN_SURVEYS)
    if not homes:
        return
    found = session.scalars(
        select(Survey)
        .where(Survey.unit_id.in_(area_of(homes, Right.RUN_SURVEYS, today)))
        .where(
            ((Survey.state == State.DRAFT) & Survey.closes_on.between(today - NEWS, today + OPENING))
            | ((Survey.state == State.OPEN) & (Survey.closes_on <= today + CLOSING))
        )
    ).all()
    for survey in found:
        yield _of_survey(_survey_kind(survey, today), survey, survey.closes_on)
    drafts = [survey for survey in found if survey.state is State.DRAFT]
    yield from _without_objectives(session, drafts)


def _survey_kind(survey: Survey, today: date) -> NoticeKind:
    if survey.state is State.DRAFT:
        return NoticeKind.SURVEY_TO_OPEN
    return NoticeKind.SURVEY_TO_CLOSE if survey.closes_on < today else NoticeKind.SURVEY_CLOSING


def _without_objectives(session: Session, drafts: Sequence[Survey]) -> Iterator[Notice]:
    """Annual surveys about to open that would measure no objective: opening locks them."""
    annual = [survey for survey in drafts if instrument_of(survey).is_annual]
    if not annual:
        return
    units = {survey.unit_id: survey.unit for survey in annual}
    known = calendars(session, units.values(), {survey.year for survey in annual})
    for survey in annual:
        aims = next(s for s in known[survey.unit_id, survey.year] if s.kind is StationKind.OBJECTIVES)
        if aims.is_open:
            yield _of_survey(NoticeKind.OBJECTIVES_MISSING, survey, survey.closes_on)


def _boxes(session: Session, held: Sequence[Membership]) -> Iterator[Notice]:
    """Every scrutineer is told, also where another is nearer: any two of three open a box."""
    homes = homes_of(held, Right.OPEN_BOX)
    if not homes:
        return
    within = Survey.unit_id.in_(unit_and_below(*homes))
    for survey in session.scalars(select(Survey).where(Survey.state == State.CLOSED, within)):
        closed = survey.closed_at.astimezone().date() if survey.closed_at else survey.closes_on
        yield _of_survey(NoticeKind.BOX_TO_OPEN, survey, closed)


def _results(session: Session, held: Sequence[Membership], clock: Clock) -> Iterator[Notice]:
    """Fresh results of surveys that asked the people of a unit: its own, and those of units above."""
    homes = homes_of(held, Right.VIEW_RESULTS)
    if not homes:
        return
    above = {member.id: unit for unit in homes.values() for member in ancestors(unit)}
    asking = or_(Survey.unit_id.in_(area_of(homes, Right.VIEW_RESULTS, clock.today())), Survey.unit_id.in_(above))
    found = (
        select(Survey)
        .where(asking, Survey.state == State.SEALED, Survey.sealed_at >= clock.now() - NEWS)
        .where(Survey.access_mode != AccessMode.IMPORTED)
        .where(~exists().where(SuggestionRound.survey_id == Survey.id))
    )
    for survey in session.scalars(found):
        if survey.sealed_at is not None:
            told = _of_survey(NoticeKind.RESULT_SEALED, survey, survey.sealed_at.astimezone().date())
            own = above.get(survey.unit_id)
            yield told if own is None else replace(told, unit_id=own.id, unit_name=own.name)


def _actions(session: Session, held: Sequence[Membership], today: date) -> Iterator[Notice]:
    homes = homes_of(held, Right.MANAGE_PLAN)
    if not homes:
        return
    found = (
        select(Action.id, Action.title, Action.owner, Action.due, Action.unit_id, Unit.name)
        .join(Action.unit)
        .where(Action.unit_id.in_(area_of(homes, Right.MANAGE_PLAN, today)))
        .where(Action.status.not_in(FINISHED), Action.due <= today + ACTION_AHEAD)
    )
    for row in session.execute(found):
        kind = NoticeKind.ACTION_OVERDUE if row.due < today else NoticeKind.ACTION_DUE
        key = f"{kind}/{row.id}/{row.due}"
        yield Notice(kind, key, row.due, row.unit_id, row.name, object_id=row.id, title=row.title, owner=row.owner)


def _suggestions(session: Session, held: Sequence[Membership], today: date) -> Iterator[Notice]:
    homes = homes_of(held, Right.MANAGE_PLAN)
    if not homes:
        return
    found = (
        select(Suggestion.survey_id, Unit.id, Unit.name, SuggestionRound.channel_id, SuggestionRound.collected_on)
        .add_columns(func.count().label("waiting"))
        .join(Suggestion.unit)
        .join(SuggestionRound, SuggestionRound.survey_id == Suggestion.survey_id)
        .where(Suggestion.state == SuggestionState.WAITING)
        .where(Suggestion.unit_id.in_(area_of(homes, Right.MANAGE_PLAN, today)))
        .group_by(Suggestion.survey_id, Unit.id, Unit.name, SuggestionRound.channel_id, SuggestionRound.collected_on)
    )
    for row in session.execute(found):
        key = f"suggestions/{row.survey_id}/{row.id}"
        day = row.collected_on or today
        yield Notice(
            NoticeKind.SUGGESTIONS_WAITING, key, day, row.id, row.name, object_id=row.channel_id, count=row.waiting
        )


def _roles(held: Sequence[Membership], today: date) -> Iterator[Notice]:
    for member in held:
        if member.until is not None and member.until <= today + ROLE_AHEAD:
            key = f"role/{member.id}/{member.until}"
            unit = member.unit
            yield Notice(NoticeKind.ROLE_ENDING, key, member.until, unit.id, unit.name, role=member.role)


def _of_survey(kind: NoticeKind, survey: Survey, day: date) -> Notice:
    return Notice(
        kind, f"{kind}/{survey.id}/{day}", day, survey.unit_id, survey.unit.name,
        object_id=survey.id, title=survey.title, year=survey.year,
    )  # fmt: skip
