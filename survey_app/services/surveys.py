"""The life of a survey from opening to closing. Drafts are `drafts`, sealing `seal`, answering `issue` and `cast`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random, SystemRandom

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.crypto import codes
from survey_app.errors import NoCodesHere, TooFewEligible
from survey_app.models import AccessMode, Invitation, ReportingGroup, State, Survey, Unit
from survey_app.services.audit import Actor, record
from survey_app.services.drafts import fresh_slug
from survey_app.services.grouping import PlannedGroup, plan_groups
from survey_app.services.organisation import children_by_parent, eligible_in, subtree
from survey_app.services.rules import locked_rules


@dataclass(frozen=True, slots=True)
class OpenedSurvey:
    """A survey just opened. `codes` by slug of the group: shown once, kept nowhere."""

    survey: Survey
    codes: dict[str, list[str]]


def open_survey(
    session: Session, survey: Survey, *, by: Actor, clock: Clock, secret: bytes, rng: Random | None = None
) -> OpenedSurvey:
    """Fix the reporting groups, lock rules and objectives, and make one code for every eligible person.

    Raises: StateError, TooFewEligible where even all people together are fewer than the threshold.
    """
    survey.require(State.DRAFT)
    planned = planned_groups(session, survey)
    eligible = sum(plan.eligible for plan in planned)
    if eligible < survey.threshold:
        raise TooFewEligible(eligible=eligible, threshold=survey.threshold)
    survey.locked_rules = locked_rules(session, survey)
    by_code = survey.access_mode is AccessMode.CODES
    for position, plan in enumerate(planned):
        survey.groups.append(_group(plan, position, issued=plan.eligible if by_code else 0))
    survey.state, survey.opened_at = State.OPEN, clock.now()
    session.flush()
    issued = {
        group.slug: issue_codes(session, survey, group, group.issued, secret=secret, rng=rng) for group in survey.groups
    }
    record(
        session, by, "survey.open", survey, clock=clock, unit=survey.unit,
        groups=len(planned), eligible=eligible,
    )  # fmt: skip
    return OpenedSurvey(survey, issued)


def issue_codes(
    session: Session, survey: Survey, group: ReportingGroup, count: int, *, secret: bytes, rng: Random | None = None
) -> list[str]:
    """Make codes for a group and store their hashes only."""
    fresh = [codes.generate(rng or SystemRandom()) for _ in range(count)]
    hashes = sorted(codes.code_hash(secret, survey.id, code) for code in fresh)
    session.add_all(Invitation(code_hash=code_hash, survey_id=survey.id, group_id=group.id) for code_hash in hashes)
    session.flush()
    return fresh


def issue_spare_code(
    session: Session, survey: Survey, group: ReportingGroup, *, by: Actor, clock: Clock, secret: bytes
) -> str:
    """One more code for a lost slip; spares are counted and published. Raises: StateError, NoCodesHere."""
    survey.require(State.OPEN)
    if survey.access_mode is not AccessMode.CODES:
        raise NoCodesHere
    code = issue_codes(session, survey, group, 1, secret=secret)[0]
    group.issued += 1
    record(session, by, "survey.issue_spare_code", survey, clock=clock, unit=group.unit)
    return code


def close_survey(session: Session, survey: Survey, *, by: Actor, clock: Clock) -> None:
    """Take no more ballots."""
    survey.require(State.OPEN)
    survey.state, survey.closed_at = State.CLOSED, clock.now()
    record(session, by, "survey.close", survey, clock=clock, unit=survey.unit)


def surveys_in(session: Session, units: Iterable[Unit]) -> list[Survey]:
    """Surveys of these units, latest year first, then by title."""
    wanted = [unit.id for unit in units]
    found = select(Survey).where(Survey.unit_id.in_(wanted))
    return list(session.scalars(found.order_by(Survey.year.desc(), Survey.audience, Survey.title)))


def planned_groups(session: Session, survey: Survey) -> list[PlannedGroup]:
    """The reporting groups that opening a draft fixes, or would fix."""
    tree = subtree(session, survey.unit)
    eligible = eligible_in(session, tree, survey.year, survey.audience)
    return plan_groups(tree, children_by_parent(session), eligible, survey.threshold)


def _group(plan: PlannedGroup, position: int, *, issued: int) -> ReportingGroup:
    return ReportingGroup(
        slug=fresh_slug(),
        eligible=plan.eligible,
        issued=issued,
        unit=plan.unit,
        position=position,
        folded_units=[unit.code for unit in plan.folded],
    )
