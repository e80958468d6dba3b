"""The year of a unit as plan, do, check and act, read from what the database knows.

Only reads; every act is in the service of its own aggregate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import count

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from analysis.tree import ObjectiveResult
from instruments.model import Audience, Instrument
from survey_app.clock import Clock
from survey_app.errors import NothingToReport
from survey_app.models import Action, ActionStatus, ObjectiveRecord, State, Survey, Unit
from survey_app.services.objectives import objectives_for
from survey_app.services.organisation import ancestors, subtree
from survey_app.services.participation import participation_of
from survey_app.services.plan import actions_of
from survey_app.services.questionnaires import instrument_of, versions
from survey_app.services.results import report_for

SOON = timedelta(days=60)
"""How far ahead the list of what is due looks."""
FINISHED = frozenset({ActionStatus.DONE, ActionStatus.VERIFIED})


class StepKind(StrEnum):
    """Stations of the year in order: plan, do, check, check, act."""

    OBJECTIVES = "objectives"
    ACTIONS = "actions"
    SURVEY = "survey"
    SEALING = "sealing"
    REVIEW = "review"


class Progress(StrEnum):
    DONE = "done"
    NOW = "now"
    TO_COME = "to_come"


class DueKind(StrEnum):
    ACTION = "action"
    SURVEY_OPENS = "survey_opens"
    SURVEY_CLOSES = "survey_closes"
    SURVEY_TO_CLOSE = "survey_to_close"
    SURVEY_TO_SEAL = "survey_to_seal"


@dataclass(frozen=True, slots=True)
class Step:
    """One station: how many things it is about, how many of them are finished, and the day that matters."""

    kind: StepKind
    progress: Progress
    count: int = 0
    finished: int = 0
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Due:
    kind: DueKind
    day: date
    overdue_days: int
    action: Action | None = None
    survey: Survey | None = None


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


@dataclass(frozen=True, slots=True)
class RunningSurvey:
    """An open survey as a unit may see it: people who took part (None: too few to say) and how many share the count."""

    survey: Survey
    eligible: int | None
    taken: int | None
    counted_with: int
    """Units that a unit too small for a group of its own is counted together with."""


@dataclass(frozen=True, slots=True)
class UnitYear:
    unit: Unit
    year: int
    today: date
    steps: tuple[Step, ...]
    due: tuple[Due, ...]
    audiences: tuple[AudienceYear, ...]
    running: tuple[RunningSurvey, ...]
    below: tuple[Unit, ...]


def covering_surveys(session: Session, unit: Unit, year: int) -> tuple[Survey, ...]:
    """Surveys of a year that ask the people of a unit: its own and those of the units above it, none withdrawn."""
    covering = [unit.id, *(above.id for above in ancestors(unit))]
    found = session.scalars(
        select(Survey)
        .where(Survey.year == year, Survey.unit_id.in_(covering), Survey.state != State.WITHDRAWN)
        .options(selectinload(Survey.groups), selectinload(Survey.unit))
        .order_by(Survey.audience, Survey.closes_on)
    )
    return tuple(found)


def unit_year(session: Session, unit: Unit, year: int, *, clock: Clock) -> UnitYear:
    """Everything the year page of a unit says."""
    today = clock.today()
    surveys = covering_surveys(session, unit, year)
    before = covering_surveys(session, unit, year - 1)
    actions = actions_of(session, unit)
    audiences = tuple(
        _audience_year(session, unit, year, audience, surveys=surveys, before=before) for audience in Audience
    )
    return UnitYear(
        unit=unit,
        year=year,
        today=today,
        steps=_steps(year, audiences, surveys, actions),
        due=_due(surveys + tuple(s for s in before if s.state is not State.SEALED), actions, today),
        audiences=audiences,
        running=tuple(_running(session, survey, unit, clock) for survey in surveys if survey.state is State.OPEN),
        below=tuple(unit.children),
    )


def objectives_locked_on(session: Session, unit: Unit, year: int, audience: str) -> date | None:
    """The day on which the objectives of a unit locked: the first survey opened within their reach."""
    reach = [member.id for member in (*ancestors(unit), *subtree(session, unit))]
    opened = session.scalars(
        select(Survey)
        .where(Survey.year == year, Survey.audience == audience, Survey.unit_id.in_(reach))
        .where(Survey.state != State.DRAFT, Survey.opened_at.is_not(None))
        .options(joinedload(Survey.instrument))
    )
    moments = [survey.opened_at for survey in opened if survey.opened_at and instrument_of(survey).is_annual]
    return min(moments).astimezone().date() if moments else None


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


def _running(session: Session, survey: Survey, unit: Unit, clock: Clock) -> RunningSurvey:
    counted = participation_of(session, survey, unit, clock=clock)
    shared = next((group.folded_units for group in survey.groups if unit.code in group.folded_units), ())
    return RunningSurvey(survey, counted.eligible, counted.arrived, len(shared))


def _audience_year(
    session: Session,
    unit: Unit,
    year: int,
    audience: Audience,
    *,
    surveys: Sequence[Survey],
    before: Sequence[Survey],
) -> AudienceYear:
    own = tuple(survey for survey in surveys if survey.audience == audience)
    locked_on = objectives_locked_on(session, unit, year, audience)
    this_year = _verdicts(session, unit, own)
    last_year = _verdicts(session, unit, [survey for survey in before if survey.audience == audience])
    rows = tuple(
        ObjectiveRow(record, last_year.get(record.code), this_year.get(record.code), locked_on is None)
        for record in objectives_for(session, unit, year, audience)
    )
    return AudienceYear(audience, own, rows, locked_on)


def _verdicts(session: Session, unit: Unit, surveys: Sequence[Survey]) -> dict[str, ObjectiveResult]:
    """Objective code -> what the latest sealed survey says of it."""
    sealed = [survey for survey in surveys if survey.state is State.SEALED and instrument_of(survey).is_annual]
    if not sealed:
        return {}
    try:
        report = report_for(session, sealed[-1], unit)
    except NothingToReport:
        return {}
    return {result.objective.code: result for result in report.objectives}


def _steps(
    year: int, audiences: Sequence[AudienceYear], surveys: Sequence[Survey], actions: Sequence[Action]
) -> tuple[Step, ...]:
    """The stations of the year; where none is under way, the first unfinished one is."""
    stations = (
        _objectives_station(audiences),
        _actions_station(StepKind.ACTIONS, [action for action in actions if action.survey.year == year - 1]),
        *_survey_stations(surveys),
        _actions_station(
            StepKind.REVIEW, [action for action in actions if action.survey.year == year], by=date(year + 1, 3, 31)
        ),
    )
    if any(station.progress is Progress.NOW for station in stations):
        return stations
    first = next((station for station in stations if station.progress is Progress.TO_COME), None)
    return tuple(replace(station, progress=Progress.NOW) if station is first else station for station in stations)


def _objectives_station(audiences: Sequence[AudienceYear]) -> Step:
    """Done when the first survey locks them, with or without any."""
    number = sum(len(part.objectives) for part in audiences)
    locked_on = min((part.locked_on for part in audiences if part.locked_on is not None), default=None)
    progress = _progress(is_done=locked_on is not None, is_begun=number > 0)
    return Step(StepKind.OBJECTIVES, progress, number, number if locked_on else 0, locked_on)


def _survey_stations(surveys: Sequence[Survey]) -> tuple[Step, Step]:
    ended = [survey for survey in surveys if survey.state in (State.CLOSED, State.SEALED)]
    sealed = [survey for survey in surveys if survey.state is State.SEALED and instrument_of(survey).is_annual]
    all_ended = bool(surveys) and len(ended) == len(surveys)
    asking = _progress(is_done=all_ended, is_begun=bool(surveys))
    sealing = _progress(is_done=all_ended and len(sealed) == len(ended), is_begun=bool(ended))
    return (
        Step(StepKind.SURVEY, asking, len(surveys), len(ended), _last_day(surveys)),
        Step(StepKind.SEALING, sealing, len(ended), len(sealed)),
    )


def _actions_station(kind: StepKind, actions: Sequence[Action], *, by: date | None = None) -> Step:
    """Actions that follow from one year's result. Where last year left none there is nothing to wait for."""
    finished = sum(action.status in FINISHED for action in actions)
    open_days = [action.due for action in actions if action.status not in FINISHED]
    is_done = finished == len(actions) if actions else by is None
    progress = _progress(is_done=is_done, is_begun=bool(actions))
    return Step(kind, progress, len(actions), finished, max(open_days, default=by))


def _progress(*, is_done: bool, is_begun: bool) -> Progress:
    if is_done:
        return Progress.DONE
    return Progress.NOW if is_begun else Progress.TO_COME


def _last_day(surveys: Sequence[Survey]) -> date | None:
    return max((survey.closes_on for survey in surveys), default=None)


def _due(surveys: Sequence[Survey], actions: Sequence[Action], today: date) -> tuple[Due, ...]:
    """What is overdue or due soon, earliest first."""
    entries = [
        Due(DueKind.ACTION, action.due, max(0, (today - action.due).days), action=action)
        for action in actions
        if action.status not in FINISHED and action.due <= today + SOON
    ]
    entries += [
        Due(kind, survey.closes_on, max(0, (today - survey.closes_on).days), survey=survey)
        for survey in surveys
        if (kind := _survey_due(survey, today)) is not None
    ]
    return tuple(sorted(entries, key=lambda due: due.day))


def _survey_due(survey: Survey, today: date) -> DueKind | None:
    if survey.state is State.OPEN:
        return DueKind.SURVEY_TO_CLOSE if survey.closes_on < today else DueKind.SURVEY_CLOSES
    return {State.DRAFT: DueKind.SURVEY_OPENS, State.CLOSED: DueKind.SURVEY_TO_SEAL}.get(survey.state)
