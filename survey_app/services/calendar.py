"""The calendar of a unit's year: on which day each station is due, and which are behind it.

A unit follows the days of the nearest unit above that has set its own, and at the top the usual days. What the database
knows ticks itself off: objectives that are set, surveys that have been held. Everything else is ticked off by hand.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from instruments.wording import N_
from survey_app.clock import Clock
from survey_app.errors import Refusal
from survey_app.models import (
    AccessMode,
    Activity,
    CalendarEntry,
    ObjectiveRecord,
    State,
    StationKind,
    SuggestionRound,
    Survey,
    Unit,
)
from survey_app.services.audit import Actor, record
from survey_app.services.organisation import ancestors
from survey_app.services.questionnaires import instrument_of

USUAL_DAYS: Mapping[StationKind, tuple[int, int, int]] = {
    StationKind.OBJECTIVES: (0, 1, 31),
    StationKind.PULSE_1: (0, 3, 31),
    StationKind.PULSE_2: (0, 6, 30),
    StationKind.LOOK_BACK: (0, 7, 31),
    StationKind.PULSE_3: (0, 9, 30),
    StationKind.PULSE_4: (0, 12, 31),
    StationKind.ANNUAL_SURVEY: (0, 12, 31),
    StationKind.FEEDBACK_MEETING: (1, 3, 31),
}
"""Years later, month and day."""
PULSES = (StationKind.PULSE_1, StationKind.PULSE_2, StationKind.PULSE_3, StationKind.PULSE_4)
LOOK_BACK_CODE = "half-year-look-back"
OTHER_OCCASIONS = frozenset(
    {"activity-before", "activity-after", "training-evaluation", "service-window", "democratic-assessment"}
)
"""Questionnaires of the catalogue that measure neither the year nor the quarter."""
LAPSES = timedelta(days=90)
"""How long a station that was not held is still called for."""


class Progress(StrEnum):
    DONE = "done"
    NOW = "now"
    TO_COME = "to_come"
    LEFT_OUT = "left_out"


class DayChoice(StrEnum):
    """What a unit may decide about a station."""

    AS_ABOVE = "as_above"
    OWN_DAY = "own_day"
    LEFT_OUT = "left_out"


class StationImpossible(Refusal):
    status = 422
    sentences: ClassVar[dict[str, str]] = {
        "day": N_("Please choose a day in %(year)s or in the year after."),
        "future": N_("What is still to come cannot be ticked off yet."),
    }


@dataclass(frozen=True, slots=True)
class Station:
    """One station of a unit's year as it stands."""

    kind: StationKind
    year: int
    unit: Unit
    day: date | None
    """None: left out."""
    set_by: Unit | None
    """Who chose the day, or left the station out; None: the usual day."""
    progress: Progress
    done_on: date | None = None
    """None where it is done but no day says when."""
    note: str = ""
    surveys: tuple[Survey, ...] = ()
    """Those that make it what it is; drafts too."""
    own: CalendarEntry | None = None

    @property
    def is_open(self) -> bool:
        """Neither done nor left out."""
        return self.progress in (Progress.NOW, Progress.TO_COME)

    def overdue_days(self, today: date) -> int:
        """0 as long as it is not overdue."""
        return max(0, (today - self.day).days) if self.day and self.is_open else 0

    def is_called_for(self, today: date) -> bool:
        """Still worth a word: open, and not so long overdue that the year has gone over it."""
        return self.is_open and self.day is not None and today <= self.day + LAPSES


def stations_of(session: Session, unit: Unit, year: int) -> tuple[Station, ...]:
    """The stations of a unit's year in their order."""
    return calendars(session, [unit], [year])[unit.id, year]


def calendars(
    session: Session, units: Collection[Unit], years: Collection[int]
) -> dict[tuple[UUID, int], tuple[Station, ...]]:
    """The stations of several units and years; three queries, and what it takes to climb to the top."""
    paths = {unit.id: [unit, *ancestors(unit)] for unit in units}
    reach = {member.id for path in paths.values() for member in path}
    chosen = _entries(session, reach, years)
    held = _surveys(session, reach, years)
    aims = _aims(session, reach, years)
    return {
        (unit.id, year): _calendar(paths[unit.id], year, chosen, held.get(year, ()), aims)
        for unit in units
        for year in years
    }


def set_station(
    session: Session,
    unit: Unit,
    year: int,
    kind: StationKind,
    *,
    choice: DayChoice,
    due_on: date | None = None,
    done_on: date | None = None,
    note: str = "",
    by: Actor,
    clock: Clock,
) -> None:
    """Choose the day of a station, leave it out or follow the unit above again; tick it off, or take the tick back.

    Raises: StationImpossible.
    """
    if choice is DayChoice.OWN_DAY and (due_on is None or due_on.year not in (year, year + 1)):
        raise StationImpossible("day", year=year)
    if done_on is not None and done_on > clock.today():
        raise StationImpossible("future")
    entry = session.scalar(select(CalendarEntry).filter_by(unit_id=unit.id, year=year, kind=kind))
    if entry is None:
        entry = CalendarEntry(unit_id=unit.id, year=year, kind=kind)
        session.add(entry)
    entry.due_on = due_on if choice is DayChoice.OWN_DAY else None
    entry.is_left_out = choice is DayChoice.LEFT_OUT
    entry.done_on, entry.note = done_on, note
    record(
        session, by, "calendar.set", entry, clock=clock, year=year, station=kind.value,
        due=entry.due_on.isoformat() if entry.due_on else None,
        left_out=entry.is_left_out or None,
        done_on=done_on.isoformat() if done_on else None,
    )  # fmt: skip


def usual_day(kind: StationKind, year: int) -> date:
    later, month, day = USUAL_DAYS[kind]
    return date(year + later, month, day)


Entries = Mapping[tuple[UUID, int, StationKind], CalendarEntry]
Aims = Mapping[tuple[UUID, int], bool]
"""Units with objectives of a year -> whether any of them reaches the units below."""


def _entries(session: Session, units: Collection[UUID], years: Collection[int]) -> Entries:
    found = select(CalendarEntry).where(CalendarEntry.unit_id.in_(units), CalendarEntry.year.in_(years))
    return {(entry.unit_id, entry.year, entry.kind): entry for entry in session.scalars(found)}


def _surveys(session: Session, units: Collection[UUID], years: Collection[int]) -> Mapping[int, Sequence[Survey]]:
    """Surveys that could make a station, by year: of those around an activity or of a suggestion channel, none that
    does not measure the year."""
    found = (
        select(Survey, or_(Activity.id.is_not(None), SuggestionRound.survey_id.is_not(None)).label("is_aside"))
        .outerjoin(Activity, (Activity.before_id == Survey.id) | (Activity.after_id == Survey.id))
        .outerjoin(SuggestionRound, SuggestionRound.survey_id == Survey.id)
        .where(Survey.unit_id.in_(units), Survey.year.in_(years), Survey.state != State.WITHDRAWN)
        .options(joinedload(Survey.instrument))
        .order_by(Survey.closes_on, Survey.title)
    )
    by_year: dict[int, list[Survey]] = {}
    for survey, is_aside in session.execute(found):
        if not is_aside or instrument_of(survey).is_annual:
            by_year.setdefault(survey.year, []).append(survey)
    return by_year


def _aims(session: Session, units: Collection[UUID], years: Collection[int]) -> Aims:
    found = select(ObjectiveRecord.unit_id, ObjectiveRecord.year, ObjectiveRecord.reaches_below).where(
        ObjectiveRecord.unit_id.in_(units), ObjectiveRecord.year.in_(years)
    )
    aims: dict[tuple[UUID, int], bool] = {}
    for row in session.execute(found):
        aims[row.unit_id, row.year] = row.reaches_below or aims.get((row.unit_id, row.year), False)
    return aims


def _calendar(
    path: Sequence[Unit], year: int, chosen: Entries, surveys: Sequence[Survey], aims: Aims
) -> tuple[Station, ...]:
    """What is due when, then what the database knows of it; ticks made by hand go before."""
    unit, covering = path[0], {member.id for member in path}
    planned = [_planned(path, year, kind, chosen) for kind in StationKind]
    asking = [survey for survey in surveys if survey.unit_id in covering]
    has_aims = (unit.id, year) in aims or any(aims.get((above.id, year)) for above in path[1:])
    held = _surveys_by_station(planned, asking)
    return tuple(_with_progress(station, held, has_aims) for station in planned)


def _planned(path: Sequence[Unit], year: int, kind: StationKind, chosen: Entries) -> Station:
    """The day as the nearest unit that decided it has chosen it."""
    own = chosen.get((path[0].id, year, kind))
    as_usual = Station(
        kind, year, path[0], usual_day(kind, year), None, Progress.TO_COME, note=own.note if own else "", own=own
    )
    for member in path:
        entry = chosen.get((member.id, year, kind))
        if entry is not None and entry.is_left_out:
            return replace(as_usual, day=None, set_by=member, progress=Progress.LEFT_OUT)
        if entry is not None and entry.due_on is not None:
            return replace(as_usual, day=entry.due_on, set_by=member)
    return as_usual


def _with_progress(station: Station, held: Mapping[StationKind, Sequence[Survey]], has_aims: bool) -> Station:
    if station.own is not None and station.own.done_on is not None:
        return replace(station, progress=Progress.DONE, done_on=station.own.done_on)
    if station.progress is Progress.LEFT_OUT:
        return station
    if station.kind is StationKind.OBJECTIVES:
        return replace(station, progress=Progress.DONE) if has_aims else station
    as_held = _once_all_sealed if station.kind is StationKind.ANNUAL_SURVEY else _once_ended
    return as_held(station, held.get(station.kind, ()))


def _once_ended(station: Station, surveys: Sequence[Survey]) -> Station:
    """Done with the first survey that has closed, under way before."""
    closed = [_last_day(survey) for survey in surveys if survey.state in (State.CLOSED, State.SEALED)]
    return _told_by(station, surveys, min(closed, default=None))


def _once_all_sealed(station: Station, surveys: Sequence[Survey]) -> Station:
    """Done when none of the surveys waits for its sealing any more, those of members and those of staff."""
    sealed = [_last_day(survey) for survey in surveys if survey.state is State.SEALED]
    return _told_by(station, surveys, max(sealed, default=None) if len(sealed) == len(surveys) else None)


def _told_by(station: Station, surveys: Sequence[Survey], done_on: date | None) -> Station:
    if not surveys:
        return station
    progress = Progress.NOW if done_on is None else Progress.DONE
    return replace(station, progress=progress, done_on=done_on, surveys=tuple(surveys))


def _last_day(survey: Survey) -> date:
    """The day on which answering ended; that of an import is written in it."""
    return survey.closes_on if survey.closed_at is None else survey.closed_at.astimezone().date()


def _surveys_by_station(planned: Sequence[Station], surveys: Sequence[Survey]) -> dict[StationKind, list[Survey]]:
    """What was or is asked, by the station it counts for.

    A pulse counts for the next pulse station from the day it opened, after the last one for the last. The annual survey
    asks all that a pulse asks: it counts as one too.
    """
    by_station = {
        StationKind.ANNUAL_SURVEY: [survey for survey in surveys if instrument_of(survey).is_annual],
        StationKind.LOOK_BACK: [survey for survey in surveys if survey.instrument.code == LOOK_BACK_CODE],
    }
    days = sorted((station.day, station.kind) for station in planned if station.kind in PULSES and station.day)
    for survey in surveys if days else ():
        opened = _first_day(survey)
        if opened is not None and _is_pulse(survey):
            kind = next((kind for day, kind in days if opened <= day), days[-1][1])
            by_station.setdefault(kind, []).append(survey)
    return by_station


def _is_pulse(survey: Survey) -> bool:
    """An opinion asked in between: not the look-back, nor a questionnaire for another occasion."""
    return survey.instrument.code not in OTHER_OCCASIONS | {LOOK_BACK_CODE}


def _first_day(survey: Survey) -> date | None:
    """The day it opened; None for a draft, the last day for an import."""
    if survey.opened_at is not None:
        return survey.opened_at.astimezone().date()
    return survey.closes_on if survey.access_mode is AccessMode.IMPORTED else None
