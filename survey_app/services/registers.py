"""Lists that the committee's pages show: accounts, eligible numbers, the record of acts.

Only reads, each in one query; scope is given by the caller as unit identifiers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from survey_app.models import Action, AuditEntry, Eligibility, Membership, Survey, Unit, User


def accounts_in(session: Session, units: Collection[UUID]) -> Sequence[User]:
    """Accounts whose every role lies within these units; an account that reaches further belongs to somebody above."""
    outside = select(Membership.user_id).where(Membership.unit_id.not_in(units))
    within = select(Membership.user_id).where(Membership.unit_id.in_(units))
    return session.scalars(
        select(User)
        .where(User.id.in_(within), User.id.not_in(outside))
        .options(selectinload(User.memberships).selectinload(Membership.unit))
        .order_by(User.name, User.login)
    ).all()


def eligible_rows(session: Session, units: Collection[UUID], year: int) -> dict[tuple[UUID, str], Eligibility]:
    """(unit, audience) -> its eligible number of a year, of the unit itself."""
    rows = session.scalars(select(Eligibility).where(Eligibility.year == year, Eligibility.unit_id.in_(units)))
    return {(row.unit_id, row.audience): row for row in rows}


@dataclass(frozen=True, slots=True)
class WantedActs:
    """Which acts a reader looks for; what is empty or None matters not."""

    before: int | None = None
    """Number of an entry: only earlier ones."""
    act: str = ""
    actor: str = ""
    year: int | None = None


def acts_in(
    session: Session, units: Collection[UUID], *, everything: bool, wanted: WantedActs, limit: int
) -> Sequence[AuditEntry]:
    """Acts that concern these units, latest first; with `everything` also those that concern no unit."""
    concerned = AuditEntry.unit_id.in_(units)
    query = select(AuditEntry).where(or_(concerned, AuditEntry.unit_id.is_(None)) if everything else concerned)
    if wanted.before is not None:
        query = query.where(AuditEntry.number < wanted.before)
    if wanted.act:
        query = query.where(AuditEntry.act == wanted.act)
    if wanted.actor:
        query = query.where(AuditEntry.actor == wanted.actor)
    if wanted.year is not None:
        beginning, end = (datetime(year, 1, 1).astimezone() for year in (wanted.year, wanted.year + 1))
        query = query.where(AuditEntry.at >= beginning, AuditEntry.at < end)
    return session.scalars(query.order_by(AuditEntry.number.desc()).limit(limit)).all()


@dataclass(frozen=True, slots=True)
class NamedObject:
    """What an act was about. `page`: of the unit or the survey where it is seen."""

    kind: str
    id: UUID
    name: str
    unit_id: UUID
    page: UUID


NAMED = {
    "survey": select(Survey.id, Survey.title.label("name"), Survey.unit_id, Survey.id.label("page")),
    "action": select(Action.id, Action.title.label("name"), Action.unit_id, Action.unit_id.label("page")),
    "unit": select(Unit.id, Unit.name, Unit.id.label("unit_id"), Unit.id.label("page")),
}
"""Kind of object -> its names."""


def objects_of(session: Session, entries: Iterable[AuditEntry]) -> Iterator[NamedObject]:
    """What of it is still there; a query for each kind."""
    wanted: defaultdict[str, set[UUID]] = defaultdict(set)
    for entry in entries:
        if entry.object_kind in NAMED:
            with suppress(ValueError):  # of an altered entry
                wanted[entry.object_kind].add(UUID(entry.object_id))
    for kind, identifiers in wanted.items():
        names = NAMED[kind]
        for row in session.execute(names.where(names.selected_columns.id.in_(identifiers))):
            yield NamedObject(kind, row.id, row.name, row.unit_id, row.page)
