"""Locking an assessment scheme: rules come before results. Here nothing of a scheme is read, only kept and compared.

Opening an annual survey locks every scheme of the year that it reaches; a committee may lock its own before.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, joinedload

from instruments.wording import N_
from survey_app.clock import Clock
from survey_app.errors import Refusal
from survey_app.models import AssessmentScheme, AuditEntry, State, Survey, Unit
from survey_app.services.audit import Actor, record
from survey_app.services.organisation import ancestors, subtree
from survey_app.services.questionnaires import instrument_of
from survey_app.services.reach import unit_and_below

LOCK = "assessment.lock"
"""The act that locks a scheme."""


class AssessmentRefused(Refusal):
    sentences: ClassVar[dict[str, str]] = {
        "locked": N_("The assessment scheme of %(year)s is locked: nothing of it changes any more."),
        "opened": N_(
            "An annual survey of %(year)s has opened already. Rules are fixed before results, so no scheme can be set "
            "for this year any more."
        ),
        "unlocked": N_(
            "Marks are entered once the scheme is locked: rules are fixed before results. Please lock it first."
        ),
        "unreadable": N_("The stored assessment scheme of %(year)s cannot be read."),
        "not_assessed": N_("%(unit)s is not assessed by this scheme."),
        "unknown": N_("This check point does not apply to the class of the unit."),
        "not_on_site": N_("The points of this check point follow from a rule. They are not given on site."),
        "points": N_("Points from 0 to %(most)s, with at most two decimals."),
        "note": N_("Please say why the check point does not apply."),
        "own": N_("You have entered this mark yourself. Please let another person sign it."),
        "twice": N_("This mark has been signed already."),
        "changed": N_("Somebody has changed this mark meanwhile. Please read it again before you sign."),
        "evidence": N_("Before somebody signs, please add a file that shows what was seen on site."),
        "many": N_("A mark has at most %(most)s files. Please remove one first."),
    }


def scheme_of(session: Session, unit: Unit, year: int) -> AssessmentScheme | None:
    """The scheme by which a unit's own committee assesses those below it."""
    return session.scalar(select(AssessmentScheme).filter_by(unit_id=unit.id, year=year))


def lock_scheme(session: Session, scheme: AssessmentScheme, *, by: Actor, clock: Clock) -> None:
    """Lock a scheme before any survey does, so that marks can be entered. Raises: AssessmentRefused."""
    held = session.scalar(held_scheme(scheme.unit, scheme.year))
    if held is None or held.locked_at is not None:
        raise AssessmentRefused("locked", year=scheme.year)
    _lock(session, held, by=by, clock=clock)


def lock_schemes(session: Session, survey: Survey, *, by: Actor, clock: Clock) -> None:
    """Lock whatever the opening of an annual survey reaches: schemes of its unit, of units above and below."""
    for scheme in _reached(session, survey):
        if scheme.locked_at is None:
            _lock(session, scheme, by=by, clock=clock, title=survey.title)


def locked_schemes(session: Session, survey: Survey) -> dict[str, str]:
    """Code of the committee's unit -> hash of the scheme that an annual survey of the year locks."""
    return {scheme.unit.code: scheme.sha256 for scheme in _reached(session, survey)}


def surveys_in_reach(session: Session, unit: Unit, year: int, *, with_drafts: bool = False) -> list[Survey]:
    """Annual surveys of a year above, at or below a unit that have opened and were not withdrawn."""
    above = [member.id for member in ancestors(unit)]
    out = (State.WITHDRAWN,) if with_drafts else (State.DRAFT, State.WITHDRAWN)
    found = (
        select(Survey)
        .where(Survey.year == year, Survey.state.not_in(out))
        .where(or_(Survey.unit_id.in_(above), Survey.unit_id.in_(unit_and_below(unit.id))))
        .options(joinedload(Survey.instrument))
        .order_by(Survey.opened_at)
    )
    return [survey for survey in session.scalars(found) if instrument_of(survey).is_annual]


def is_as_locked(session: Session, scheme: AssessmentScheme) -> bool:
    """Whether a locked scheme is the one that was locked: by the record of acts, and by what surveys keep of it."""
    acts = select(AuditEntry).where(AuditEntry.act == LOCK, AuditEntry.object_id == str(scheme.id))
    written = [entry.detail.get("sha256") for entry in session.scalars(acts)]
    kept = [
        (survey.locked_rules or {}).get("assessment", {}).get(scheme.unit.code)
        for survey in surveys_in_reach(session, scheme.unit, scheme.year)
    ]
    known = {*written, *(digest for digest in kept if digest is not None)}
    return bool(written) and known == {scheme.sha256} == {sha256(scheme.source.encode()).hexdigest()}


def held_scheme(unit: Unit, year: int) -> Select[AssessmentScheme]:
    """The scheme with nobody else changing or locking it until this transaction ends."""
    wanted = select(AssessmentScheme).filter_by(unit_id=unit.id, year=year)
    return wanted.with_for_update().execution_options(populate_existing=True)


def _reached(session: Session, survey: Survey) -> Sequence[AssessmentScheme]:
    if not instrument_of(survey).is_annual:
        return ()
    units: list[UUID] = [unit.id for unit in (*ancestors(survey.unit), *subtree(session, survey.unit))]
    found = (
        select(AssessmentScheme)
        .where(AssessmentScheme.year == survey.year, AssessmentScheme.unit_id.in_(units))
        .options(joinedload(AssessmentScheme.unit))
        .with_for_update(of=AssessmentScheme)
    )
    return session.scalars(found).all()


def _lock(session: Session, scheme: AssessmentScheme, *, by: Actor, clock: Clock, title: str | None = None) -> None:
    scheme.locked_at = clock.now()
    record(
        session, by, LOCK, scheme, clock=clock, unit=scheme.unit, year=scheme.year, sha256=scheme.sha256, title=title
    )
