"""The year page in words: what `services.year` read, as the rows that the template sets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from analysis.tree import Hidden, ObjectiveResult
from instruments.model import Audience
from survey_app.models import State, StationKind, Survey, Unit
from survey_app.permissions import Right
from survey_app.services.calendar import PULSES, Progress, Station
from survey_app.services.rules import objective_of
from survey_app.services.year import (
    AudienceYear,
    Due,
    DueKind,
    ObjectiveRow,
    RunningSurvey,
    Step,
    StepKind,
    UnitYear,
)
from survey_app.text_filters import iso_date
from survey_app.web.labels import audience_label, label
from survey_app.web.survey_page import participation_definition
from survey_app.wording import grade_classes, grade_label, hidden_label
from survey_app.wording.definitions import threshold_text
from survey_app.wording.labels import listed

CLASSES = {Progress.DONE: "done", Progress.NOW: "now"}
CHECKS = (*PULSES, StationKind.LOOK_BACK, StationKind.ANNUAL_SURVEY)

May = Callable[[Right, Unit], bool]
Badge = tuple[str, str]
"""Words and style classes; without classes it is plain text."""


@dataclass(frozen=True, slots=True)
class StepRow:
    name: str
    progress: str
    css: str
    fact: str
    overdue: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class StageColumn:
    name: str
    steps: tuple[StepRow, ...]


@dataclass(frozen=True, slots=True)
class DueRow:
    when: str
    title: str
    address: str
    """Empty where the person may not open it."""
    remark: str
    overdue: str


@dataclass(frozen=True, slots=True)
class RunningRow:
    title: str
    address: str
    taken: int | None
    eligible: int | None
    definition: str
    includes: str
    run_by: str
    is_over: bool
    closing: str
    """Where it is closed, once its last day has passed; empty for those who may not."""


@dataclass(frozen=True, slots=True)
class GoalRow:
    title: str
    threshold: str
    owner: str
    before: Badge
    now: Badge


@dataclass(frozen=True, slots=True)
class AudiencePart:
    heading: str
    locked: str
    caption: str
    last_year: str
    this_year: str
    address: str
    may_set: bool
    rows: tuple[GoalRow, ...]


def year_rows(page: UnitYear, *, may: May) -> dict[str, Any]:
    """Everything the template needs besides the page itself; `may` says over which units the person holds a right."""
    may_set = may(Right.SET_OBJECTIVES, page.unit)
    parent = page.unit.parent
    return {
        "above": parent if parent is not None and may(Right.VIEW_SURVEYS, parent) else None,
        "stages": _stages(page, may),
        "due": [_due_row(due, page, may) for due in page.due],
        "running": [_running_row(running, page, may) for running in page.running],
        "audiences": [_audience_part(part, page, may_set=may_set) for part in page.audiences],
    }


def _stages(page: UnitYear, may: May) -> list[StageColumn]:
    """Plan, do, check, act."""
    station = {station.kind: _station_row(station, page, may) for station in page.stations}
    checks = [row.kind for row in page.stations if row.kind in CHECKS]
    return [
        StageColumn(_("Plan"), (station[StationKind.OBJECTIVES],)),
        StageColumn(_("Do"), (_step_row(page.last_year, page, may),)),
        StageColumn(_("Check"), tuple(station[kind] for kind in checks)),
        StageColumn(_("Act"), (station[StationKind.FEEDBACK_MEETING], _step_row(page.review, page, may))),
    ]


def _step_row(step: Step, page: UnitYear, may: May) -> StepRow:
    address = url_for("plan.show", unit_id=page.unit.id) if may(Right.VIEW_RESULTS, page.unit) else ""
    if step.is_called_for:
        fact = _("The result is there: please decide on actions.")
    elif step.count:
        fact = _("%(finished)s of %(count)s carried out", finished=step.carried_out, count=step.count)
        if step.stopped:
            fact = listed([fact, _("%(count)s stopped", count=step.stopped)])
    else:
        fact = _("none from last year") if step.kind is StepKind.ACTIONS else _("follows from this year's result")
    return StepRow(label(step.kind), label(step.progress), CLASSES.get(step.progress, ""), fact, address=address)


def _station_row(station: Station, page: UnitYear, may: May) -> StepRow:
    days = station.overdue_days(page.today) if station.is_called_for(page.today) else 0
    progress, css = label(station.progress), CLASSES.get(station.progress, "")
    if station.overdue_days(page.today) and station.progress is Progress.TO_COME:
        progress, css = (_("overdue"), "late") if days else (_("not held"), "missed")
    return StepRow(
        label(station.kind),
        progress,
        css,
        _objectives_fact(station, page) if station.kind is StationKind.OBJECTIVES else _station_fact(station, page),
        _("%(days)s days overdue", days=days) if days else "",
        _station_address(station, page, may),
    )


def _station_address(station: Station, page: UnitYear, may: May) -> str:
    """Where it is being done, or was; of one whose day has passed, where it is held or ticked off."""
    if station.kind is StationKind.OBJECTIVES:
        return url_for("plan.objectives", unit_id=page.unit.id, year=page.year, audience=Audience.MEMBER)
    if station.overdue_days(page.today) and not station.surveys and may(Right.RUN_SURVEYS, page.unit):
        return url_for("calendar.station", unit_id=page.unit.id, year=station.year, station=station.kind.value)
    return next(filter(None, (_survey_address(survey, may) for survey in reversed(station.surveys))), "")


def _objectives_fact(station: Station, page: UnitYear) -> str:
    """How many are set for each audience, and whether they are locked: each audience has its own survey."""
    told = [
        (audience_label(part.audience), _locked_fact(len(part.objectives), part.locked_on))
        for part in page.audiences
        if part.objectives
    ]
    if len(told) == 1:
        return told[0][1]
    return " · ".join(f"{audience}: {fact}" for audience, fact in told) or _station_fact(station, page)


def _locked_fact(count: int, locked_on: date | None) -> str:
    if locked_on is None:
        return _("%(count)s set, not yet locked", count=count)
    return _("%(count)s, locked on %(day)s", count=count, day=iso_date(locked_on))


def _station_fact(station: Station, page: UnitYear) -> str:
    if station.progress is Progress.LEFT_OUT or station.day is None:
        return _with_note(_("left out this year"), station)
    if station.progress is Progress.DONE:
        day = station.done_on
        return _with_note(_("done on %(day)s", day=iso_date(day)) if day else label(station.progress), station)
    if station.surveys:
        return _survey_fact(station.surveys)
    if page.today > station.day and not station.is_called_for(page.today):
        return _("not held (was due by %(day)s)", day=iso_date(station.day))
    return _("by %(day)s", day=iso_date(station.day))


def _survey_fact(surveys: Sequence[Survey]) -> str:
    """What the station waits for: the survey that is furthest behind."""
    states = {survey.state for survey in surveys}
    if State.OPEN in states:
        last = max(survey.closes_on for survey in surveys if survey.state is State.OPEN)
        return _("under way until %(day)s", day=iso_date(last))
    if State.CLOSED in states:
        sealed = sum(survey.state is State.SEALED for survey in surveys)
        return _("%(finished)s of %(count)s sealed", finished=sealed, count=len(surveys))
    return _("being prepared")


def _with_note(fact: str, station: Station) -> str:
    return f"{fact} · {station.note}" if station.note else fact


def _due_row(due: Due, page: UnitYear, may: May) -> DueRow:
    overdue = _("%(days)s days overdue", days=due.overdue_days) if due.overdue_days else ""
    when = short_day(due.day, page.today)
    if due.action is not None:
        plan = url_for("plan.show", unit_id=page.unit.id, _anchor=f"action-{due.action.id}")
        address = plan if may(Right.VIEW_RESULTS, page.unit) else ""
        return DueRow(when, due.action.title, address, _("Responsible: %(name)s", name=due.action.owner), overdue)
    if due.station is not None:
        return _due_station(due.station, page, may, when, overdue)
    if due.survey is None:
        raise ValueError("what is due is an action, a survey or a station")
    is_late = overdue if due.kind is DueKind.SURVEY_TO_CLOSE else ""
    remark = " · ".join(filter(None, (due.survey.title, _run_by(due.survey, page))))
    return DueRow(when, label(due.kind), _survey_address(due.survey, may), remark, is_late)


def short_day(day: date, today: date) -> str:
    """A day in a list of what is due: without the year where it is this one."""
    return f"{day:%m-%d}" if day.year == today.year else iso_date(day)


def _due_station(station: Station, page: UnitYear, may: May, when: str, overdue: str) -> DueRow:
    title = label(station.kind)
    if station.year != page.year:
        title = _("%(station)s of %(year)s", station=title, year=station.year)
    address = ""
    if station.kind is StationKind.OBJECTIVES:
        address = url_for("plan.objectives", unit_id=page.unit.id, year=station.year, audience=Audience.MEMBER)
    elif station.kind is StationKind.FEEDBACK_MEETING and may(Right.VIEW_RESULTS, page.unit):
        address = url_for("reviews.of_unit", unit_id=page.unit.id)
    elif may(Right.RUN_SURVEYS, page.unit):
        address = url_for("calendar.station", unit_id=page.unit.id, year=station.year, station=station.kind.value)
    return DueRow(when, title, address, station_hint(station.kind), overdue)


def station_hint(kind: StationKind) -> str:
    """What is to be done at a station, in a sentence."""
    if kind in PULSES:
        return _("A short survey of a few questions; or tick it off with a note, if you asked in another way.")
    return {
        StationKind.OBJECTIVES: _("Set the objectives early: they lock when the first survey of the year opens."),
        StationKind.LOOK_BACK: _("What has become of the plan after half a year? There is a questionnaire for it."),
        StationKind.ANNUAL_SURVEY: _("Prepare it early: slips have to be printed and handed out."),
        StationKind.FEEDBACK_MEETING: _(
            "The committee reviews the results, finds causes and decides on measures. Signed minutes tick it off."
        ),
    }[kind]


def _survey_address(survey: Survey, may: May) -> str:
    return url_for("committee.show", survey_id=survey.id) if may(Right.VIEW_SURVEYS, survey.unit) else ""


def _run_by(survey: Survey, page: UnitYear) -> str:
    """Who runs a survey of a unit above."""
    return _("run by %(unit)s", unit=survey.unit.name) if survey.unit_id != page.unit.id else ""


def _running_row(running: RunningSurvey, page: UnitYear, may: May) -> RunningRow:
    survey = running.survey
    is_over = page.today > survey.closes_on
    may_close = is_over and may(Right.RUN_SURVEYS, survey.unit)
    return RunningRow(
        title=survey.title,
        address=_survey_address(survey, may),
        taken=running.taken,
        eligible=running.eligible,
        definition=participation_definition(survey, is_exact=False),
        includes=_includes(running),
        run_by=_run_by(survey, page),
        is_over=is_over,
        closing=url_for("committee.close", survey_id=survey.id) if may_close else "",
    )


def _includes(running: RunningSurvey) -> str:
    """Whose count it is, for a unit too small for one of its own."""
    if running.counted_in is None:
        return ""
    if not running.others:
        return _("This is the count of %(unit)s, which includes your branch.", unit=running.counted_in.name)
    return _(
        "This is the count of %(unit)s: it includes your branch and %(count)s others.",
        unit=running.counted_in.name,
        count=running.others,
    )


def _audience_part(part: AudienceYear, page: UnitYear, *, may_set: bool) -> AudiencePart:
    has_begun = any(survey.state != State.DRAFT for survey in part.surveys)
    return AudiencePart(
        heading=_("Objectives: %(audience)s", audience=audience_label(part.audience)),
        locked=_("locked since %(day)s", day=iso_date(part.locked_on)) if part.locked_on else "",
        caption=_("Objectives and their verdicts: %(audience)s", audience=audience_label(part.audience)),
        last_year=_("Verdict %(year)s", year=page.year - 1),
        this_year=_("Verdict %(year)s", year=page.year),
        address=url_for("plan.objectives", unit_id=page.unit.id, year=page.year, audience=part.audience),
        may_set=may_set and part.locked_on is None,
        rows=tuple(_goal_row(row, part, page.year, has_begun=has_begun) for row in part.objectives),
    )


def _goal_row(row: ObjectiveRow, part: AudienceYear, year: int, *, has_begun: bool) -> GoalRow:
    waiting = (_("to be judged after sealing"), "wait") if has_begun else (_("not yet measured"), "")
    unjudged = (_("not judged"), "")
    return GoalRow(
        title=row.record.title,
        threshold=threshold_text(objective_of(row.record)),
        owner=row.record.owner,
        before=_badge(row.last_year, unjudged if year - 1 in part.sealed else (_("no survey"), "")),
        now=_badge(row.this_year, unjudged if year in part.sealed else waiting),
    )


def _badge(result: ObjectiveResult | None, otherwise: Badge) -> Badge:
    return otherwise if result is None else verdict_badge(result)


def verdict_badge(result: ObjectiveResult) -> Badge:
    """The verdict of a sealed survey, or why there is none."""
    if result.judgement is not None:
        return grade_label(result.judgement), grade_classes(result.judgement)
    if isinstance(result.rate, Hidden):
        return hidden_label(result.rate), ""
    return _("not judged"), ""
