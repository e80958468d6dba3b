"""Activities, such as a themed party day, with the two surveys around them: opinions before, evaluation after."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from instruments.wording import N_
from survey_app.clock import Clock
from survey_app.errors import Refusal
from survey_app.models import AccessMode, Activity, InstrumentVersion, State, Survey, Unit
from survey_app.services.audit import Actor, record
from survey_app.services.drafts import create_survey
from survey_app.services.questionnaires import latest_version
from survey_app.services.unit_tree import AnyUnit

EVALUATION_LASTS = timedelta(days=7)
ACTIVITY_THRESHOLD = 10


class Part(StrEnum):
    """The two surveys of an activity."""

    BEFORE = "before"
    AFTER = "after"


QUESTIONNAIRES = {Part.BEFORE: "activity-before", Part.AFTER: "activity-after"}


class ActivityImpossible(Refusal):
    status = 422
    sentences: ClassVar[dict[str, str]] = {
        "today": N_("The day of the activity has to be later than today, so that opinions can be gathered before it."),
        "late": N_("The day of the activity has come: opinions beforehand can no longer be gathered."),
        "there": N_("This survey of the activity exists already."),
    }


def create_activity(
    session: Session,
    *,
    unit: Unit,
    title: str,
    held_on: date,
    before_title: str,
    after_title: str,
    access_mode: AccessMode = AccessMode.CODES,
    scrutineers: int = 1,
    by: Actor,
    clock: Clock,
) -> Activity:
    """An activity with the drafts of its two surveys. The first closes on the day before it.

    Raises: ActivityImpossible unless the day is to come; UnknownVersion without the ready questionnaires.
    """
    if held_on <= clock.today():
        raise ActivityImpossible("today")
    activity = Activity(title=title, held_on=held_on, unit=unit)
    session.add(activity)
    record(session, by, "activity.create", activity, clock=clock, unit=unit, title=title, held_on=held_on.isoformat())
    for part, of_part in ((Part.BEFORE, before_title), (Part.AFTER, after_title)):
        make_part(
            session, activity, part, title=of_part, access_mode=access_mode, scrutineers=scrutineers, by=by, clock=clock
        )
    return activity


def make_part(
    session: Session,
    activity: Activity,
    part: Part,
    *,
    title: str,
    access_mode: AccessMode = AccessMode.CODES,
    scrutineers: int = 1,
    by: Actor,
    clock: Clock,
) -> Survey:
    """The draft of one of its two surveys, also again after it was discarded or withdrawn.

    Raises: ActivityImpossible.
    """
    session.flush()
    session.refresh(
        activity, with_for_update=True
    )  # of two at the same instant the second finds the first one's survey
    present, today = survey_of(activity, part), clock.today()
    if present is not None and present.state is not State.WITHDRAWN:
        raise ActivityImpossible("there")
    if part is Part.BEFORE and activity.held_on <= today:
        raise ActivityImpossible("late")
    last_day = _last_day(activity, part, today)
    survey = create_survey(
        session, title=title, year=last_day.year, unit=activity.unit, version=_version(session, part),
        access_mode=access_mode, closes_on=last_day, reference_day=today if part is Part.BEFORE else activity.held_on,
        threshold=ACTIVITY_THRESHOLD, scrutineers=scrutineers, by=by, clock=clock,
    )  # fmt: skip
    if part is Part.BEFORE:
        activity.before = survey
    else:
        activity.after = survey
    record(session, by, "activity.add_survey", activity, clock=clock, unit=activity.unit, title=title)
    return survey


def survey_of(activity: Activity, part: Part) -> Survey | None:
    return activity.before if part is Part.BEFORE else activity.after


def activities_of(session: Session, units: Iterable[AnyUnit]) -> list[Activity]:
    """Activities of these units with their surveys, latest first; one query."""
    wanted = [unit.id for unit in units]
    found = (
        select(Activity)
        .where(Activity.unit_id.in_(wanted))
        .options(joinedload(Activity.unit), joinedload(Activity.before), joinedload(Activity.after))
        .order_by(Activity.held_on.desc(), Activity.title)
    )
    return list(session.scalars(found))


def activity_around(session: Session, survey: Survey) -> Activity | None:
    """The activity that a survey belongs to."""
    belongs = or_(Activity.before_id == survey.id, Activity.after_id == survey.id)
    return session.scalar(select(Activity).where(belongs))


def _version(session: Session, part: Part) -> InstrumentVersion:
    return latest_version(session, QUESTIONNAIRES[part])


def _last_day(activity: Activity, part: Part, today: date) -> date:
    """Opinions until the day before; the evaluation for a week after the day, or from now if that has passed."""
    if part is Part.BEFORE:
        return activity.held_on - timedelta(days=1)
    return max(activity.held_on, today) + EVALUATION_LASTS
