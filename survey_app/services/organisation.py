"""The tree of units and the numbers of people eligible in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.errors import UnitCodeTaken, UnknownUnit
from survey_app.models import Eligibility, Unit, UnitKind, UnitLevel
from survey_app.services.audit import Actor, record


def create_unit(
    session: Session,
    *,
    code: str,
    name: str,
    level: UnitLevel,
    kind: UnitKind,
    parent: Unit | None,
    by: Actor,
    clock: Clock,
) -> Unit:
    """Add a unit as the last child of its parent; a unit of the sample organisation is itself a sample."""
    if session.scalar(select(Unit.id).where(Unit.code == code)):
        raise UnitCodeTaken(code=code)
    siblings = select(Unit.position).where(Unit.parent_id == (parent.id if parent else None))
    unit = Unit(
        code=code,
        name=name,
        level=level,
        kind=kind,
        parent=parent,
        position=max(session.scalars(siblings), default=-1) + 1,
        is_sample=bool(parent and parent.is_sample),
    )
    session.add(unit)
    record(session, by, "unit.create", unit, clock=clock, code=code, name=name)
    return unit


def set_eligible(
    session: Session,
    unit: Unit,
    *,
    year: int,
    audience: str,
    people: int,
    reference_day: date,
    by: Actor,
    clock: Clock,
) -> Eligibility:
    """Write down how many people of an audience belong to the unit itself on the reference day."""
    if people < 0:
        raise ValueError("a number of people is not negative")
    row = session.scalar(select(Eligibility).filter_by(unit_id=unit.id, year=year, audience=audience))
    if row is None:
        row = Eligibility(unit_id=unit.id, year=year, audience=audience, people=people, reference_day=reference_day)
        session.add(row)
    else:
        row.people, row.reference_day = people, reference_day
    record(session, by, "unit.set_eligible", unit, clock=clock, year=year, audience=audience, people=people)
    return row


def unit_by_code(session: Session, code: str) -> Unit:
    """Raises: UnknownUnit."""
    unit = session.scalar(select(Unit).where(Unit.code == code))
    if unit is None:
        raise UnknownUnit(code=code)
    return unit


def top_units(session: Session) -> list[Unit]:
    return list(session.scalars(select(Unit).where(Unit.parent_id.is_(None)).order_by(Unit.position, Unit.code)))


def subtree(session: Session, unit: Unit) -> list[Unit]:
    """The unit and everything below it, parents before children, siblings in their order; one query."""
    children = children_by_parent(session)
    found, waiting = [], [unit]
    while waiting:
        following = waiting.pop()
        found.append(following)
        waiting.extend(reversed(children.get(following.id, ())))
    return found


def children_by_parent(session: Session) -> Mapping[UUID | None, list[Unit]]:
    """All units by the identifier of their parent, siblings in their order; one query."""
    children: defaultdict[UUID | None, list[Unit]] = defaultdict(list)
    for unit in session.scalars(select(Unit).order_by(Unit.position, Unit.code)):
        children[unit.parent_id].append(unit)
    return children


def ancestors(unit: Unit) -> list[Unit]:
    """From the parent up to the top."""
    found: list[Unit] = []
    above = unit.parent
    while above is not None:
        found.append(above)
        above = above.parent
    return found


def eligible_in(session: Session, units: Iterable[Unit], year: int, audience: str) -> dict[UUID, int]:
    """People eligible in each unit itself; units without a number are left out."""
    rows = session.execute(
        select(Eligibility.unit_id, Eligibility.people).where(
            Eligibility.unit_id.in_([unit.id for unit in units]),
            Eligibility.year == year,
            Eligibility.audience == audience,
        )
    )
    return {row.unit_id: row.people for row in rows}
