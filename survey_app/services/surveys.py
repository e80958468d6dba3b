"""The life of a survey from opening, perhaps with a later last day, to closing or withdrawal.

Drafts are `drafts`, answering `issue` and `cast`, slips `slips`, sealing `opening` and `seal`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random, SystemRandom
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, defer

from survey_app.clock import Clock
from survey_app.crypto.blind import SigningKey
from survey_app.errors import AnswersTooLong, LastDayTooEarly, LastDayTooLate, TooFewEligible
from survey_app.models import AccessMode, LocalModule, PlayedCount, ReportingGroup, State, Survey
from survey_app.services.assessment_lock import lock_schemes
from survey_app.services.audit import Actor, record
from survey_app.services.cast import envelope_size, hold_still
from survey_app.services.drafts import create_survey, fresh_slug, replace_in_activity
from survey_app.services.grouping import PlannedGroup, planned_groups
from survey_app.services.issue import issue_codes
from survey_app.services.modules import asked_by_group, modules_of, require_modules_fit
from survey_app.services.roster import purge_roster
from survey_app.services.rules import locked_rules
from survey_app.services.seal import destroy_ballots
from survey_app.services.suggestions import follow_with_copy
from survey_app.services.survey_keys import (
    GroupKeys,
    draw_signing_keys,
    fingerprint_of,
    lock_envelopes,
    wrap_group_key,
)

LONGEST_EXTENSION = timedelta(days=92)
"""How far ahead of today a last day may be moved."""
LARGEST_ENVELOPE = 180_000
"""Bytes of answers that still fit a request once they are encrypted and written in base64."""


_LATEST_FIRST = (Survey.year.desc(), Survey.closes_on.desc(), Survey.title, Survey.id)


@dataclass(frozen=True, slots=True, repr=False)
class OpenedSurvey:
    """A survey just opened; `codes` by group slug and the scrutineers' `passphrases` are shown once, kept nowhere."""

    survey: Survey
    codes: dict[str, list[str]]
    passphrases: list[str]
    fingerprint: str


def open_survey(
    session: Session,
    survey: Survey,
    *,
    by: Actor,
    clock: Clock,
    secret: bytes,
    rng: Random | None = None,
    drawn: Sequence[SigningKey] = (),
) -> OpenedSurvey:
    """Fix groups and keys, lock rules and objectives, and make one slip for every eligible person.

    Personal slips are made afterwards, from names (`slips`). What is fixed here, triggers of the database keep. Keys
    `drawn` beforehand (`survey_keys`) are used first: drawing many inside a transaction would keep others waiting.

    Raises: StateError; TooFewEligible where even all people together are fewer than the threshold; AnswersTooLong;
    ModuleRefused.
    """
    survey.require(State.DRAFT)
    planned = planned_groups(session, survey)
    eligible = sum(plan.eligible for plan in planned)
    if eligible < survey.threshold:
        raise TooFewEligible(eligible=eligible, threshold=survey.threshold)
    modules = modules_of(session, survey)
    require_modules_fit(modules, [plan.unit for plan in planned])
    draws = survey.access_mode is AccessMode.CODES
    keys = [*drawn, *draw_signing_keys(max(0, len(planned) - len(drawn)))]
    for position, (plan, key) in enumerate(zip(planned, keys, strict=False)):
        group_keys = wrap_group_key(survey, key, secret=secret)
        survey.groups.append(_group(plan, group_keys, position, issued=plan.eligible if draws else 0))
    asked = asked_by_group(session, survey).values()
    survey.envelope_size = max(envelope_size(instrument) for instrument in asked)  # one size for all groups
    if survey.envelope_size > LARGEST_ENVELOPE:
        raise AnswersTooLong
    passphrases = lock_envelopes(survey, rng=rng or SystemRandom())
    survey.locked_rules = locked_rules(session, survey)
    lock_schemes(session, survey, by=by, clock=clock)
    session.add(PlayedCount(survey_id=survey.id))
    session.flush()  # groups come before the state that fixes them
    survey.state, survey.opened_at = State.OPEN, clock.now()
    session.flush()
    issued = {
        group.slug: issue_codes(session, survey, group, group.issued, secret=secret, rng=rng) for group in survey.groups
    }
    record(
        session, by, "survey.open", survey, clock=clock, unit=survey.unit,
        groups=len(planned), eligible=eligible, scrutineers=survey.scrutineers,
    )  # fmt: skip
    return OpenedSurvey(survey, issued, passphrases, fingerprint_of(survey))


def extend_survey(session: Session, survey: Survey, *, closes_on: date, reason: str, by: Actor, clock: Clock) -> None:
    """Take answers until a later day, also where the last day has passed and nobody has closed the survey yet.

    Raises: StateError, LastDayTooEarly, LastDayTooLate.
    """
    hold_still(session, survey, alone=True)
    survey.require(State.OPEN)
    if closes_on <= survey.closes_on:
        raise LastDayTooEarly("sooner", day=survey.closes_on.isoformat())
    if closes_on <= clock.today():
        raise LastDayTooEarly("passed")
    if closes_on > clock.today() + LONGEST_EXTENSION:
        raise LastDayTooLate(day=(clock.today() + LONGEST_EXTENSION).isoformat())
    moved = f"{survey.closes_on.isoformat()} → {closes_on.isoformat()}"
    survey.closes_on = closes_on
    record(session, by, "survey.extend", survey, clock=clock, unit=survey.unit, closes_on=moved, reason=reason)


def close_survey(session: Session, survey: Survey, *, by: Actor, clock: Clock, reason: str | None = None) -> None:
    """Give out no more passes; ballots already under way are taken for another 30 minutes. Raises: StateError."""
    hold_still(session, survey, alone=True)
    survey.require(State.OPEN)
    survey.state, survey.closed_at = State.CLOSED, clock.now()
    record(session, by, "survey.close", survey, clock=clock, unit=survey.unit, reason=reason or None)


def withdraw_survey(
    session: Session, survey: Survey, *, reason: str, by: Actor, clock: Clock, copy: bool
) -> Survey | None:
    """Give up a faulty survey: nothing is opened, ballots, codes and keys are destroyed.

    Returns a draft with the same settings for correction, if a `copy` is wanted; it gets new slips when it opens.
    Raises: StateError.
    """
    hold_still(session, survey, alone=True)
    survey.require(State.OPEN, State.CLOSED)
    destroy_ballots(session, survey)
    purge_roster(session, survey)
    survey.state, survey.withdrawn_at, survey.withdrawn_because = State.WITHDRAWN, clock.now(), reason
    record(session, by, "survey.withdraw", survey, clock=clock, unit=survey.unit, reason=reason)
    if not copy:
        return None
    draft = create_survey(
        session, title=survey.title, year=survey.year, unit=survey.unit, version=survey.instrument,
        access_mode=survey.access_mode, closes_on=survey.closes_on, reference_day=survey.reference_day,
        threshold=survey.threshold, scrutineers=survey.scrutineers, accepts_played=survey.accepts_played,
        has_receipts=survey.has_receipts, by=by, clock=clock,
    )  # fmt: skip
    draft.family = survey.family
    session.add_all(
        LocalModule(survey=draft, unit=module.unit, instrument=module.instrument)
        for module in modules_of(session, survey)
    )
    follow_with_copy(session, survey, draft)
    replace_in_activity(session, survey, draft)
    session.flush()
    return draft


def surveys_by_year(session: Session, units: Collection[UUID]) -> dict[int, list[UUID]]:
    """Identifiers of the surveys of these units, latest year first, in it the latest last day; one query."""
    found = session.execute(select(Survey.year, Survey.id, Survey.unit_id).order_by(*_LATEST_FIRST))
    by_year: dict[int, list[UUID]] = {}
    for year, survey_id, unit_id in found:  # a thousand units take longer to ask for than all surveys to look through
        if unit_id in units:
            by_year.setdefault(year, []).append(survey_id)
    return by_year


def is_anybody_voting(session: Session) -> bool:
    """Whether some survey gives passes or may still be sent ballots."""
    takes = or_(Survey.state == State.OPEN, and_(Survey.state == State.CLOSED, Survey.counted_at.is_(None)))
    return session.scalar(select(Survey.id).where(takes).limit(1)) is not None


def listed_surveys(session: Session, wanted: Collection[UUID]) -> list[Survey]:
    """These surveys in the same order, without what a list does not tell of them; one query."""
    unread = (Survey.locked_rules, Survey.family, Survey.envelope_key, Survey.opening_lock)
    found = select(Survey).where(Survey.id.in_(wanted)).options(*(defer(column) for column in unread))
    return list(session.scalars(found.order_by(*_LATEST_FIRST)))


def _group(plan: PlannedGroup, keys: GroupKeys, position: int, *, issued: int) -> ReportingGroup:
    return ReportingGroup(
        slug=fresh_slug(),
        eligible=plan.eligible,
        issued=issued,
        unit=plan.unit,
        position=position,
        folded_units=[unit.code for unit in plan.folded],
        public_key=keys.public,
        signing_key=keys.wrapped,
    )
