"""When the steps of a unit's year were due and done, for many units in a fixed number of queries.

| step | due | done |
|---|---|---|
| objectives | its station | the first objective of the year that holds for the unit was set |
| opening | station of the annual survey | the unit's first annual survey was opened |
| sealing | two weeks after the last day of answering | the last of its annual surveys was sealed |
| review, publication, plan | station of the feedback meeting | minutes signed; page public; first decision taken |

Stations are those of the committee that assesses: a unit that moves its own days moves none of these.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from operator import itemgetter
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, defer, joinedload

from survey_app.assessment.figures import FigureValue, plan_figure
from survey_app.assessment.marking import StepFact
from survey_app.assessment.scheme import StepName
from survey_app.models import (
    AccessMode,
    Action,
    ActionStatus,
    AssessmentScheme,
    AuditEntry,
    Proposal,
    Publication,
    Review,
    State,
    StationKind,
    Survey,
)
from survey_app.services.calendar import stations_of, usual_day
from survey_app.services.questionnaires import instrument_of
from survey_app.services.unit_tree import Place, unit_tree

SEALING_TAKES = timedelta(days=14)
"""From the last day of answering to the sealed result."""
CARRIED_OUT = frozenset({ActionStatus.DONE, ActionStatus.VERIFIED})
STATIONS = {
    StepName.OBJECTIVES: StationKind.OBJECTIVES,
    StepName.OPENING: StationKind.ANNUAL_SURVEY,
    StepName.REVIEW: StationKind.FEEDBACK_MEETING,
    StepName.PUBLICATION: StationKind.FEEDBACK_MEETING,
    StepName.PLAN: StationKind.FEEDBACK_MEETING,
}
Days = dict[UUID, date]


@dataclass(slots=True)
class Year:
    """What was done in a year, by unit."""

    year: int
    surveys: Mapping[UUID, Sequence[Survey]]
    """Annual surveys of the year that cover a unit, not withdrawn."""
    due: Mapping[StationKind, date]
    days: Mapping[StepName, Days]
    """Of the steps that a unit takes by itself."""
    plans: Mapping[UUID, tuple[int, int]] = field(default_factory=dict)
    """Actions on last year's annual results: carried out by the end of this year, and all."""


def year_of(session: Session, scheme: AssessmentScheme, places: Sequence[Place]) -> Year:
    """What is known of the year of these units."""
    year, units = scheme.year, {place.id for place in places}
    paths = _paths(session, places)
    annual = _annual_surveys(session, (year - 1, year))
    return Year(
        year,
        _covering([survey for survey in annual if survey.year == year], paths),
        {one.kind: one.day or usual_day(one.kind, year) for one in stations_of(session, scheme.unit, year)},
        {
            StepName.OBJECTIVES: _first_objectives(session, year, paths),
            StepName.REVIEW: _days(session, select(Review.unit_id, Review.signed_at).where(Review.year == year), units),
            StepName.PUBLICATION: _days(session, _published(annual, year), units),
            StepName.PLAN: _first_decisions(session, annual, year, units),
        },
        _plans(session, annual, year, units),
    )


def steps_of(year: Year, unit_id: UUID, today: date) -> dict[str, StepFact]:
    """Every step of a unit: due, done, or missed."""
    facts = {}
    for step in StepName:
        due = _sealing_due(year, unit_id) if step is StepName.SEALING else year.due[STATIONS[step]]
        done_on = _done(year, step, unit_id)
        facts[step.value] = StepFact(due, done_on, is_missed=done_on is None and due is not None and due < today)
    return facts


def plan_figures(year: Year, unit_id: UUID) -> dict[str, FigureValue]:
    """What is told of the plan by counting it."""
    figure = plan_figure("actions_done", *year.plans.get(unit_id, (0, 0)))
    return {figure.name: figure}


def _done(year: Year, step: StepName, unit_id: UUID) -> date | None:
    held = _held(year, unit_id)
    if step is StepName.OPENING:
        return min((day for survey in held if (day := _moment(survey, survey.opened_at)) is not None), default=None)
    if step is StepName.SEALING:
        sealed = [_moment(survey, survey.sealed_at) for survey in held]
        days = [day for day in sealed if day is not None]
        return max(days) if days and len(days) == len(held) else None
    return year.days[step].get(unit_id)


def _held(year: Year, unit_id: UUID) -> list[Survey]:
    """Surveys that have opened."""
    return [survey for survey in year.surveys[unit_id] if survey.state is not State.DRAFT]


def _moment(survey: Survey, at: datetime | None) -> date | None:
    """The day of a step of a survey; one brought in from a file was held on its last day."""
    if survey.access_mode is AccessMode.IMPORTED:
        return survey.closes_on
    return None if at is None else _day(at)


def _sealing_due(year: Year, unit_id: UUID) -> date:
    usual = year.due[StationKind.ANNUAL_SURVEY]
    return max((survey.closes_on for survey in _held(year, unit_id)), default=usual) + SEALING_TAKES


def _paths(session: Session, places: Iterable[Place]) -> dict[UUID, frozenset[UUID]]:
    tree = unit_tree(session)
    return {place.id: frozenset((place.id, *(above.id for above in tree.above(place.id)))) for place in places}


def _covering(surveys: Iterable[Survey], paths: Mapping[UUID, frozenset[UUID]]) -> dict[UUID, list[Survey]]:
    """Unit -> surveys of it and of units above, in their order."""
    by_unit: defaultdict[UUID, list[tuple[int, Survey]]] = defaultdict(list)
    for place, survey in enumerate(surveys):
        by_unit[survey.unit_id].append((place, survey))
    covering = {
        unit_id: [found for above in path for found in by_unit.get(above, ())] for unit_id, path in paths.items()
    }
    return {
        unit_id: [survey for _place, survey in sorted(found, key=itemgetter(0))] for unit_id, found in covering.items()
    }


def _annual_surveys(session: Session, years: Collection[int]) -> list[Survey]:
    unread = (Survey.locked_rules, Survey.family, Survey.envelope_key, Survey.opening_lock)
    found = (
        select(Survey)
        .where(Survey.year.in_(years), Survey.state != State.WITHDRAWN)
        .options(joinedload(Survey.instrument), *(defer(column) for column in unread))
        .order_by(Survey.sealed_at.desc(), Survey.id)
    )
    return [survey for survey in session.scalars(found) if instrument_of(survey).is_annual]


def _first_objectives(session: Session, year: int, paths: Mapping[UUID, frozenset[UUID]]) -> Days:
    """The day on which the first objective of the year was set that holds for a unit, by the record of acts."""
    acts = select(AuditEntry.unit_id, AuditEntry.at, AuditEntry.detail).where(AuditEntry.act == "objective.set")
    own: Days = {}
    reaching: Days = {}
    for unit_id, at, detail in session.execute(acts.order_by(AuditEntry.number)):
        if detail.get("year") == year and unit_id is not None:
            own.setdefault(unit_id, _day(at))
            if detail.get("reaches_below", True):
                reaching.setdefault(unit_id, _day(at))
    found: Days = {}
    for unit_id, path in paths.items():
        days = [own.get(unit_id), *(reaching.get(above) for above in path)]
        if known := [day for day in days if day is not None]:
            found[unit_id] = min(known)
    return found


def _published(annual: Iterable[Survey], year: int) -> Select[UUID, datetime | None]:
    surveys = [survey.id for survey in annual if survey.year == year]
    return select(Publication.unit_id, Publication.published_at).where(Publication.survey_id.in_(surveys))


def _first_decisions(session: Session, annual: Iterable[Survey], year: int, units: set[UUID]) -> Days:
    """When the plan on the results of the year began: its first action, or the first proposal not followed."""
    surveys = [survey.id for survey in annual if survey.year == year]
    added = select(Action.unit_id, Action.created_at).where(Action.survey_id.in_(surveys))
    decided = select(Proposal.unit_id, Proposal.decided_at).where(Proposal.survey_id.in_(surveys))
    both = (_days(session, added, units), _days(session, decided, units))
    return {unit: min(days[unit] for days in both if unit in days) for unit in both[0].keys() | both[1].keys()}


def _days(session: Session, query: Select[UUID, datetime] | Select[UUID, datetime | None],
          units: set[UUID]) -> Days:  # fmt: skip
    """The first day that a query of (unit, moment) finds of each unit."""
    found: Days = {}
    for unit_id, moment in session.execute(query):
        if unit_id in units and moment is not None:
            found[unit_id] = min(found.get(unit_id, date.max), _day(moment))
    return found


def _plans(session: Session, annual: Iterable[Survey], year: int, units: set[UUID]) -> dict[UUID, tuple[int, int]]:
    surveys = [survey.id for survey in annual if survey.year == year - 1]
    actions = select(Action.unit_id, Action.status, Action.done_on).where(Action.survey_id.in_(surveys))
    counted: defaultdict[UUID, list[bool]] = defaultdict(list)
    for unit_id, status, done_on in session.execute(actions):
        if unit_id in units:
            counted[unit_id].append(status in CARRIED_OUT and done_on is not None and done_on.year <= year)
    return {unit_id: (sum(done), len(done)) for unit_id, done in counted.items()}


def _day(moment: datetime) -> date:
    """The day of a moment at the place where the service runs."""
    return moment.astimezone().date()
