"""Lists that the committee's pages show: accounts, eligible numbers, the record of acts.

Only reads, each in a query or two; scope is given by the caller as unit identifiers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from survey_app.models import Action, AuditEntry, AuditHead, Eligibility, Membership, Survey, Unit, User, UserRole
from survey_app.services.organisation import numbers_of
from survey_app.services.shelf import Shelf
from survey_app.services.unit_tree import ONLY_READS, unit_tree

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class HeldRole:
    role: UserRole
    unit_name: str
    until: date | None


@dataclass(frozen=True, slots=True)
class Account:
    """An account in a list of many; names are those of `models.User`."""

    id: UUID
    name: str
    login: str
    is_active: bool
    roles: tuple[HeldRole, ...]


def accounts_in(session: Session, units: Collection[UUID]) -> list[Account]:
    """Accounts whose every role lies within these units, by name; two queries besides the tree of units.

    An account that reaches further belongs to somebody above.
    """
    tree = unit_tree(session)
    held: defaultdict[UUID, list[HeldRole]] = defaultdict(list)
    outside: set[UUID] = set()
    roles = select(Membership.user_id, Membership.unit_id, Membership.role, Membership.until)
    for user_id, unit_id, role, until in session.execute(roles):
        if unit_id in units:
            held[user_id].append(HeldRole(role, tree[unit_id].name, until))
        else:
            outside.add(user_id)
    people = session.execute(select(User.id, User.name, User.login, User.is_active).order_by(User.name, User.login))
    return [
        Account(user_id, name, login, is_active, tuple(held[user_id]))
        for user_id, name, login, is_active in people
        if user_id in held and user_id not in outside
    ]


def account_in(session: Session, user_id: UUID, units: Collection[UUID]) -> User | None:
    """One of them, to be changed."""
    user = session.get(User, user_id)
    is_within = user is not None and user.memberships and all(held.unit_id in units for held in user.memberships)
    return user if is_within else None


NUMBERS: Shelf[Mapping[UUID, Mapping[str, int]]] = Shelf(8)
"""By hash of the head of the record of acts, and the year."""


def kept_numbers(session: Session, year: int) -> Mapping[UUID, Mapping[str, int]]:
    """`numbers_of` as this transaction sees them."""
    return kept_since_last_act(session, NUMBERS, year, lambda: numbers_of(session, year))


def kept_since_last_act(session: Session, shelf: Shelf[T], key: Hashable, read: Callable[[], T]) -> T:
    """What follows from tables that change with acts alone: one short query as long as nobody acts.

    A transaction that writes reads anew: it may see what it has not recorded yet.
    """
    head = session.scalar(select(AuditHead.hash)) if session.info.get(ONLY_READS) else None
    return read() if head is None else shelf.get((head, key), read)


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
