"""The year of a unit as plan, do, check and act, read from what the database knows.

Only reads; every act is in the service of its own aggregate.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import count
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from analysis.tree import ObjectiveResult
from instruments.model import Audience, Instrument
from survey_app.clock import Clock
from survey_app.models import (
    Action,
    ActionStatus,
    InstrumentVersion,
    ObjectiveRecord,
    State,
    Survey,
    Unit,
)
from survey_app.services.calendar import Progress, Station, calendars
from survey_app.services.objectives import objectives_for
from survey_app.services.organisation import ancestors, eligible_in, existing
from survey_app.services.participation import groups_of, participation_of, totals
from survey_app.services.questionnaires import instrument_of, versions
from survey_app.services.reach import unit_and_below
from survey_app.services.unit_tree import unit_tree
from survey_app.services.verdicts import verdicts_of

SOON = timedelta(days=60)
"""How far ahead the list of what is due looks."""
UNJUDGED = (State.DRAFT, State.WITHDRAWN)
"""Surveys that lock nothing: not yet opened, or taken back."""
CARRIED_OUT = frozenset({ActionStatus.DONE, ActionStatus.VERIFIED})
FINISHED = CARRIED_OUT | {ActionStatus.STOPPED}
"""Nothing more is to be done: carried out, or given up."""


class StepKind(StrEnum):
    """Improvements that frame a year: those that last year's result led to, and those that this year's does."""

    ACTIONS = "actions"
    REVIEW = "review"


class DueKind(StrEnum):
    ACTION = "action"
    SURVEY_OPENS = "survey_opens"
    SURVEY_CLOSES = "survey_closes"
    SURVEY_TO_CLOSE = "survey_to_close"
    SURVEY_TO_SEAL = "survey_to_seal"
    STATION = "station"


@dataclass(frozen=True, slots=True)
class Step:
    """How many actions there are, how many of them are carried out or stopped, and the day that matters."""

    kind: StepKind
    progress: Progress
    count: int
    carried_out: int
    stopped: int
    day: date | None
    is_called_for: bool = False
    """The result is there, and nothing has been decided on it yet."""


@dataclass(frozen=True, slots=True)
class Due:
    kind: DueKind
    day: date
    overdue_days: int
    action: Action | None = None
    survey: Survey | None = None
    station: Station | None = None


@dataclass(frozen=True, slots=True)
class ObjectiveRow:
    """An objective with its verdicts of last year and of this year (None: not measured or not yet sealed)."""

    record: ObjectiveRecord
    last_year: ObjectiveResult | None
    this_year: ObjectiveResult | None
    can_change: bool


@dataclass(frozen=True, slots=True)
class AudienceYear:
    """What concerns one audience: its surveys of the year and its objectives."""

    audience: Audience
    surveys: tuple[Survey, ...]
    objectives: tuple[ObjectiveRow, ...]
    locked_on: date | None
    sealed: frozenset[int]
    """Of this year and the last, those whose annual survey has been sealed."""


@dataclass(frozen=True, slots=True)
class RunningSurvey:
    """An open survey as a unit may see it: people who took part (None: too few to say) and how many share the count."""

    survey: Survey
    eligible: int | None
    taken: int | None
    counted_in: Unit | None = None
    """The unit in whose group a unit too small for one of its own is counted."""
    others: int = 0
    """Further units that are counted there."""


@dataclass(frozen=True, slots=True)
class UnitBelow:
    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class UnitYear:
    unit: Unit
    year: int
    today: date
    stations: tuple[Station, ...]
    last_year: Step
    review: Step
    due: tuple[Due, ...]
    audiences: tuple[AudienceYear, ...]
    running: tuple[RunningSurvey, ...]
    below: tuple[UnitBelow, ...]


def covering_surveys(session: Session, unit: Unit, year: int) -> tuple[Survey, ...]:
    """Surveys of a year that ask the people of a unit: its own and those of the units above it, none withdrawn."""
    return covering_surveys_of(session, unit, [year])


def covering_surveys_of(session: Session, unit: Unit, years: Collection[int]) -> tuple[Survey, ...]:
    """The same of several years, year by year."""
    covering = [unit.id, *(above.id for above in ancestors(unit))]
    found = session.scalars(
        select(Survey)
        .where(Survey.year.in_(years), Survey.unit_id.in_(covering), Survey.state != State.WITHDRAWN)
        .options(joinedload(Survey.instrument))
        .order_by(Survey.year, Survey.audience, Survey.closes_on)
    )
    return tuple(found)


def unit_year(session: Session, unit: Unit, year: int, *, clock: Clock) -> UnitYear:
    """Everything the year page of a unit says, in a number of queries that does not grow with the units."""
    today = clock.today()
    covering = covering_surveys_of(session, unit, (year - 1, year))
    surveys = tuple(survey for survey in covering if survey.year == year)
    before = tuple(survey for survey in covering if survey.year < year)
    unfinished = tuple(survey for survey in before if survey.state is not State.SEALED)
    actions = _actions(session, unit, year)
    stations = calendars(session, [unit], (year - 1, year))
    verdicts = verdicts_of(session, unit, surveys + before)
    locked = locked_days(session, unit, year)
    return UnitYear(
        unit=unit,
        year=year,
        today=today,
        stations=_with_next(stations[unit.id, year], today),
        last_year=_step(StepKind.ACTIONS, [action for action in actions if action.survey.year == year - 1]),
        review=_step(
            StepKind.REVIEW,
            [action for action in actions if action.survey.year == year],
            has_result=any(asked == year for asked, _audience in verdicts),
        ),
        due=_due(stations[unit.id, year - 1] + stations[unit.id, year], surveys + unfinished, actions, today),
        audiences=tuple(
            _audience_year(
                session, unit, year, audience, surveys=surveys, verdicts=verdicts, locked_on=locked.get(audience)
            )
            for audience in Audience
        ),
        running=_running(session, unit, [survey for survey in surveys if survey.state is State.OPEN], clock),
        below=_below(session, unit),
    )


def objectives_locked_on(session: Session, unit: Unit, year: int, audience: str) -> date | None:
    """The day on which the objectives of a unit locked: the first survey opened within their reach."""
    return locked_days(session, unit, year).get(audience)


def locked_days(session: Session, unit: Unit, year: int) -> dict[str, date]:
    """The same by audience, as far as they are locked."""
    reach = or_(
        Survey.unit_id.in_([above.id for above in ancestors(unit)]), Survey.unit_id.in_(unit_and_below(unit.id))
    )
    opened = (
        select(Survey.audience, Survey.instrument_sha256.label("sha256"), func.min(Survey.opened_at).label("moment"))
        .where(Survey.year == year, reach, Survey.state.not_in(UNJUDGED), Survey.opened_at.is_not(None))
        .group_by(Survey.audience, Survey.instrument_sha256)
        .order_by(func.min(Survey.opened_at).desc())
    )
    rows = session.execute(opened).all()
    asked = session.scalars(select(InstrumentVersion).where(InstrumentVersion.sha256.in_([row.sha256 for row in rows])))
    annual = {version.sha256 for version in asked if instrument_of(version).is_annual}
    return {row.audience: row.moment.astimezone().date() for row in rows if row.sha256 in annual}


def questionnaire_for(session: Session, unit: Unit, year: int, audience: str) -> Instrument | None:
    """What the audience is asked in a year: the questionnaire of a survey already made, else the newest published."""
    made = [instrument_of(survey) for survey in covering_surveys(session, unit, year) if survey.audience == audience]
    readable = versions(session, within=[unit.id, *(above.id for above in ancestors(unit))])
    published = [instrument_of(version) for version in readable if version.audience == audience]
    annual = [instrument for instrument in (*reversed(made), *published) if instrument.is_annual]
    return annual[0] if annual else None


def objective_code(session: Session, unit: Unit, year: int, audience: str, *, measure: str, target: str | None) -> str:
    """A code for a new objective: last year's of the same measure, so that years compare, else the next free."""
    taken = set(session.scalars(select(ObjectiveRecord.code).filter_by(year=year, audience=audience)))
    for record in objectives_for(session, unit, year - 1, audience):
        if (record.measure, record.target) == (measure, target) and record.code not in taken:
            return record.code
    return next(code for number in count(1) if (code := f"O{number}") not in taken)


def _actions(session: Session, unit: Unit, year: int) -> list[Action]:
    """The unit's actions from the results of these two years, and whatever is unfinished; the next due first."""
    found = (
        select(Action)
        .join(Action.survey)
        .where(Action.unit_id == unit.id)
        .where(or_(Survey.year.in_((year - 1, year)), Action.status.not_in(FINISHED)))
        .options(contains_eager(Action.survey))
        .order_by(Action.due, Action.created_at, Action.title)
    )
    return list(session.scalars(found))


def _below(session: Session, unit: Unit) -> tuple[UnitBelow, ...]:
    return tuple(UnitBelow(place.id, place.name) for place in existing(unit_tree(session).children(unit.id)))


def _running(session: Session, unit: Unit, surveys: Sequence[Survey], clock: Clock) -> tuple[RunningSurvey, ...]:
    counted = totals(session, [survey for survey in surveys if survey.unit_id == unit.id])
    return tuple(
        RunningSurvey(survey, counted[survey.id].eligible, counted[survey.id].arrived)
        if survey.id in counted
        else _running_above(session, survey, unit, clock)
        for survey in surveys
    )


def _running_above(session: Session, survey: Survey, unit: Unit, clock: Clock) -> RunningSurvey:
    """A survey of a unit above, as the unit itself may see it."""
    counted = participation_of(session, survey, unit, clock=clock)
    shared = next((group for group in groups_of(session, survey, unit) if unit.code in group.folded_units), None)
    if shared is None:
        return RunningSurvey(survey, counted.eligible, counted.arrived)
    of_its_own = eligible_in(session, [shared.unit], survey.year, survey.audience).get(shared.unit_id, 0) > 0
    others = len(shared.folded_units) - 1 + of_its_own
    return RunningSurvey(survey, counted.eligible, counted.arrived, shared.unit, others)


def _audience_year(
    session: Session,
    unit: Unit,
    year: int,
    audience: Audience,
    *,
    surveys: Sequence[Survey],
    verdicts: Mapping[tuple[int, str], Mapping[str, ObjectiveResult]],
    locked_on: date | None,
) -> AudienceYear:
    this_year, last_year = (verdicts.get((asked, audience), {}) for asked in (year, year - 1))
    rows = tuple(
        ObjectiveRow(record, last_year.get(record.code), this_year.get(record.code), locked_on is None)
        for record in objectives_for(session, unit, year, audience)
    )
    asked = tuple(survey for survey in surveys if survey.audience == audience)
    sealed = frozenset(sealed_year for sealed_year, of in verdicts if of == audience)
    return AudienceYear(audience, asked, rows, locked_on, sealed)


def _with_next(stations: Sequence[Station], today: date) -> tuple[Station, ...]:
    """Where no station is under way, the next one is: the first that is neither behind nor missed."""
    waiting = [station for station in stations if station.is_open and station.day is not None and today <= station.day]
    if any(station.progress is Progress.NOW for station in stations) or not waiting:
        return tuple(stations)
    following = min(waiting, key=lambda station: station.day or today)
    return tuple(replace(s, progress=Progress.NOW) if s is following else s for s in stations)


def _step(kind: StepKind, actions: Sequence[Action], *, has_result: bool = False) -> Step:
    """Done where all are finished, or where last year left none; called for where a result still waits for actions."""
    if has_result and not actions:
        return Step(kind, Progress.NOW, 0, 0, 0, None, is_called_for=True)
    carried_out = sum(action.status in CARRIED_OUT for action in actions)
    stopped = sum(action.status is ActionStatus.STOPPED for action in actions)
    open_days = [action.due for action in actions if action.status not in FINISHED]
    settled = Progress.DONE if actions or kind is StepKind.ACTIONS else Progress.TO_COME
    progress = Progress.NOW if open_days else settled
    return Step(kind, progress, len(actions), carried_out, stopped, max(open_days, default=None))


def _due(
    stations: Sequence[Station], surveys: Sequence[Survey], actions: Sequence[Action], today: date
) -> tuple[Due, ...]:
    """What is overdue or due soon, earliest first. A station that is under way is told by its surveys."""
    entries = [
        Due(DueKind.ACTION, action.due, max(0, (today - action.due).days), action=action)
        for action in actions
        if action.status not in FINISHED and action.due <= today + SOON
    ]
    entries += [
        Due(kind, day, max(0, (today - day).days), survey=survey)
        for survey in surveys
        if (kind := _survey_due(survey, today)) is not None and (day := survey.last_day) <= today + SOON
    ]
    entries += [
        Due(DueKind.STATION, station.day, station.overdue_days(today), station=station)
        for station in stations
        if station.day and not station.surveys and station.is_called_for(today) and station.day <= today + SOON
    ]
    return tuple(sorted(entries, key=lambda due: due.day))


def _survey_due(survey: Survey, today: date) -> DueKind | None:
    if survey.state is State.OPEN:
        return DueKind.SURVEY_TO_CLOSE if survey.closes_on < today else DueKind.SURVEY_CLOSES
    return {State.DRAFT: DueKind.SURVEY_OPENS, State.CLOSED: DueKind.SURVEY_TO_SEAL}.get(survey.state)
