"""Lists that the committee's pages show: accounts, eligible numbers, the record of acts.

Only reads, each in one query; scope is given by the caller as unit identifiers.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from survey_app.models import AuditEntry, Eligibility, Membership, User


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


def acts_in(
    session: Session, units: Collection[UUID], *, everything: bool, before: int | None, limit: int
) -> Sequence[AuditEntry]:
    """Acts that concern these units, latest first; with `everything` also those that concern no unit."""
    concerned = AuditEntry.unit_id.in_(units)
    query = select(AuditEntry).where(or_(concerned, AuditEntry.unit_id.is_(None)) if everything else concerned)
    if before is not None:
        query = query.where(AuditEntry.number < before)
    return session.scalars(query.order_by(AuditEntry.number.desc()).limit(limit)).all()
