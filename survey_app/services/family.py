"""The primary family of a survey: the few questions that carry the comparison with the year before.

Fixed before anybody has answered. All other questions are hints: testing every one would find changes by chance.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from analysis.scales import overall_item
from analysis.types import Measure
from survey_app.clock import Clock
from survey_app.errors import FamilyRefused
from survey_app.models import Action, ActionStatus, ObjectiveRecord, State, Survey
from survey_app.services.audit import Actor, record
from survey_app.services.objectives import by_number, objectives_for
from survey_app.services.questionnaires import instrument_of
from survey_app.services.reach import unit_and_below
from survey_app.services.unit_tree import unit_tree

LARGEST_FAMILY = 6


def family_of(session: Session, survey: Survey) -> list[str]:
    """The family as it would lock now: what the committee chose, as far as it is still asked, else the usual one."""
    asked = _scored(survey)
    chosen = [code for code in survey.family or () if code in asked]
    return chosen or usual_family(session, survey)


def usual_family(session: Session, survey: Survey) -> list[str]:
    """Overall, the questions of objectives, those of last year's actions that are still to be verified, then the
    questions of objectives of units below; at most six."""
    asked, instrument = _scored(survey), instrument_of(survey)
    if not instrument.is_annual:
        return [code for code in (overall_item(instrument),) if code is not None]
    own = objectives_for(session, survey.unit, survey.year, survey.audience)
    named = [
        overall_item(instrument),
        *(objective.target for objective in own if objective.measure == Measure.ITEM),
        *_items_of_open_actions(session, survey),
        *(objective.target for objective in objectives_below(session, survey) if objective.measure == Measure.ITEM),
    ]
    return [code for code in dict.fromkeys(named) if code is not None and code in asked][:LARGEST_FAMILY]


def objectives_below(session: Session, survey: Survey) -> list[ObjectiveRecord]:
    """Objectives of the units below the surveyed one, as they lock with it: unit by unit, by code."""
    found = session.scalars(
        select(ObjectiveRecord)
        .filter_by(year=survey.year, audience=survey.audience)
        .where(ObjectiveRecord.unit_id.in_(unit_and_below(survey.unit_id)), ObjectiveRecord.unit_id != survey.unit_id)
        .options(joinedload(ObjectiveRecord.unit))
    ).all()
    if not found:
        return []
    place = {unit.id: at for at, unit in enumerate(unit_tree(session).below(survey.unit_id))}
    return sorted(found, key=lambda objective: (place[objective.unit_id], by_number(objective.code)))


def choose_family(session: Session, survey: Survey, items: Sequence[str], *, by: Actor, clock: Clock) -> None:
    """Choose the questions that carry the comparison: these and no others, also where they are the usual ones, since
    objectives and actions that come later change what is usual.

    Raises: StateError once the survey has opened; FamilyRefused for none, too many, or questions that are not asked.
    """
    survey.require(State.DRAFT)
    wanted = [code for code in _scored(survey) if code in set(items)]
    if not wanted or len(wanted) != len(set(items)):
        raise FamilyRefused("unknown" if wanted else "none")
    if len(wanted) > LARGEST_FAMILY:
        raise FamilyRefused("many", most=LARGEST_FAMILY)
    survey.family = wanted
    record(session, by, "survey.choose_family", survey, clock=clock, unit=survey.unit, items=wanted)


def _scored(survey: Survey) -> list[str]:
    return [item.code for item in instrument_of(survey).scored_items]


def _items_of_open_actions(session: Session, survey: Survey) -> list[str]:
    """Questions of the surveyed unit's actions on last year's result, in the order in which they were decided."""
    found = (
        select(Action.item)
        .join(Action.survey)
        .where(
            Action.unit_id == survey.unit_id,
            Action.status.not_in({ActionStatus.VERIFIED, ActionStatus.STOPPED}),
            Survey.year == survey.year - 1,
            Survey.audience == survey.audience,
        )
        .order_by(Action.created_at, Action.item)
    )
    return list(session.scalars(found))
