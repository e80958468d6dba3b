"""The year page in words: what `services.year` read, as the rows that the template sets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from analysis.tree import Hidden, ObjectiveResult
from survey_app.models import State, Survey, Unit
from survey_app.permissions import Right
from survey_app.services.year import (
    AudienceYear,
    Due,
    DueKind,
    ObjectiveRow,
    Progress,
    RunningSurvey,
    Step,
    StepKind,
    UnitYear,
)
from survey_app.text_filters import iso_date
from survey_app.web.labels import audience_label, goal, label
from survey_app.web.survey_page import participation_definition
from survey_app.wording import grade_classes, grade_label, hidden_label

STAGES = {
    StepKind.OBJECTIVES: _l("Plan"),
    StepKind.ACTIONS: _l("Do"),
    StepKind.SURVEY: _l("Check"),
    StepKind.SEALING: _l("Check"),
    StepKind.REVIEW: _l("Act"),
}
CLASSES = {Progress.DONE: "done", Progress.NOW: "now", Progress.TO_COME: ""}

May = Callable[[Right, Unit], bool]
Badge = tuple[str, str]
"""Words and style classes; without classes it is plain text."""


@dataclass(frozen=True, slots=True)
class StepRow:
    name: str
    stage: str
    progress: str
    css: str
    fact: str


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
    return {
        "steps": [_step_row(step) for step in page.steps],
        "due": [_due_row(due, page, may) for due in page.due],
        "running": [_running_row(running, page, may) for running in page.running],
        "audiences": [_audience_part(part, page, may_set=may_set) for part in page.audiences],
    }


def _step_row(step: Step) -> StepRow:
    return StepRow(
        label(step.kind), str(STAGES[step.kind]), label(step.progress), CLASSES[step.progress], FACTS[step.kind](step)
    )


def _objectives_fact(step: Step) -> str:
    if step.day is not None:
        return _("%(count)s, locked on %(day)s", count=step.count, day=iso_date(step.day))
    return _("%(count)s set, not yet locked", count=step.count) if step.count else _("none set yet")


def _actions_fact(step: Step) -> str:
    if not step.count:
        return _("none from last year")
    return _("%(finished)s of %(count)s carried out", finished=step.finished, count=step.count)


def _survey_fact(step: Step) -> str:
    if not step.count:
        return _("not planned yet")
    if step.finished == step.count:
        return _("closed")
    return _("until %(day)s", day=iso_date(step.day) if step.day else "")


def _sealing_fact(step: Step) -> str:
    if not step.count:
        return _("after closing")
    return _("%(finished)s of %(count)s sealed", finished=step.finished, count=step.count)


def _review_fact(step: Step) -> str:
    if step.count:
        return _("%(finished)s of %(count)s carried out", finished=step.finished, count=step.count)
    return _("by %(day)s", day=iso_date(step.day) if step.day else "")


FACTS = {
    StepKind.OBJECTIVES: _objectives_fact,
    StepKind.ACTIONS: _actions_fact,
    StepKind.SURVEY: _survey_fact,
    StepKind.SEALING: _sealing_fact,
    StepKind.REVIEW: _review_fact,
}


def _due_row(due: Due, page: UnitYear, may: May) -> DueRow:
    overdue = _("%(days)s days overdue", days=due.overdue_days) if due.overdue_days else ""
    when = due.day.strftime("%m-%d") if due.day.year == page.today.year else iso_date(due.day)
    if due.action is not None:
        plan = url_for("plan.show", unit_id=page.unit.id, _anchor=f"action-{due.action.id}")
        address = plan if may(Right.VIEW_RESULTS, page.unit) else ""
        return DueRow(when, due.action.title, address, _("Responsible: %(name)s", name=due.action.owner), overdue)
    if due.survey is None:
        raise ValueError("what is due is an action or a survey")
    is_late = overdue if due.kind is DueKind.SURVEY_TO_CLOSE else ""
    remark = " · ".join(filter(None, (due.survey.title, _run_by(due.survey, page))))
    return DueRow(when, label(due.kind), _survey_address(due.survey, may), remark, is_late)


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
        includes=_("Counted together with %(count)s other units.", count=running.counted_with)
        if running.counted_with
        else "",
        run_by=_run_by(survey, page),
        is_over=is_over,
        closing=url_for("committee.close", survey_id=survey.id) if may_close else "",
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
        rows=tuple(_goal_row(row, has_begun) for row in part.objectives),
    )


def _goal_row(row: ObjectiveRow, has_begun: bool) -> GoalRow:
    waiting = (_("to be judged after sealing"), "wait") if has_begun else (_("not yet measured"), "")
    return GoalRow(
        title=row.record.title,
        threshold=goal(row.record.threshold),
        owner=row.record.owner,
        before=verdict_badge(row.last_year) if row.last_year else (_("no survey"), ""),
        now=verdict_badge(row.this_year) if row.this_year else waiting,
    )


def verdict_badge(result: ObjectiveResult) -> Badge:
    """The verdict of a sealed survey, or why there is none."""
    if result.judgement is not None:
        return grade_label(result.judgement), grade_classes(result.judgement)
    if isinstance(result.rate, Hidden):
        return hidden_label(result.rate), ""
    return _("no survey"), ""
