"""The tree of units and the numbers of people eligible in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.errors import UnitCodeTaken, UnitEnded, UnitMisplaced, UnknownUnit
from survey_app.models import Eligibility, ReportingGroup, State, Survey, Unit, UnitKind, UnitLevel
from survey_app.services.audit import Actor, record, record_of
from survey_app.services.unit_tree import AnyUnit, Place, unit_tree

Some = TypeVar("Some", Unit, Place)

RANKS = {level: rank for rank, level in enumerate(UnitLevel)}
"""A unit stands below one of a smaller rank."""


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
    """Add a unit as the last child of its parent; a unit of the sample organisation is itself a sample.

    Raises: UnitCodeTaken, UnitMisplaced, UnitEnded.
    """
    _require_place(level, parent)
    if session.scalar(select(Unit.id).where(Unit.code == code)):
        raise UnitCodeTaken(code=code)
    unit = Unit(
        code=code,
        name=name,
        level=level,
        kind=kind,
        parent=parent,
        position=_next_position(session, parent),
        is_sample=bool(parent and parent.is_sample),
    )
    session.add(unit)
    record(session, by, "unit.create", unit, clock=clock, code=code, name=name)
    return unit


def change_unit(
    session: Session,
    unit: Unit,
    *,
    name: str,
    level: UnitLevel,
    kind: UnitKind,
    parent: Unit | None,
    by: Actor,
    clock: Clock,
) -> None:
    """Give a unit another name, level or kind, or another parent, of which it becomes the last child.

    Surveys that have been opened keep the groups that were fixed then. The record says of each what it was.

    Raises: UnitEnded, UnitMisplaced.
    """
    _require_exists(unit)
    before = _described(unit)
    if parent is not unit.parent:
        if parent is not None and unit in (parent, *ancestors(parent)):
            raise UnitMisplaced("cycle")
        if parent is not None and parent.is_sample != unit.is_sample:
            raise UnitMisplaced("sample")
        if title := units_being_asked(session).get(unit.code):
            raise UnitMisplaced("survey", title=title)
        unit.position = _next_position(session, parent)
    if (level, parent) != (unit.level, unit.parent):
        _require_place(level, parent)
        if not all(may_stand_below(child.level, level) for child in unit.children):
            raise UnitMisplaced("below")
    unit.name, unit.level, unit.kind, unit.parent = name, level, kind, parent
    changed: dict[str, Any] = {
        key: f"{before[key]} → {now}" for key, now in _described(unit).items() if now != before[key]
    }
    if changed:
        record(session, by, "unit.change", unit, clock=clock, code=unit.code, **changed)


def place_unit(session: Session, unit: Unit, *, after: Unit | None, by: Actor, clock: Clock) -> None:
    """Put a unit behind one of its siblings, or first. Raises: ValueError for a unit that is no sibling."""
    siblings = [other for other in _siblings(session, unit.parent) if other is not unit]
    if after is not None and after not in siblings:
        raise ValueError("a unit is placed among its siblings")
    place = 0 if after is None else siblings.index(after) + 1
    ordered = [*siblings[:place], unit, *siblings[place:]]
    if ordered == _siblings(session, unit.parent):
        return
    for position, sibling in enumerate(ordered):
        sibling.position = position
    record(session, by, "unit.place", unit, clock=clock, code=unit.code)


def end_unit(session: Session, unit: Unit, *, on: date, by: Actor, clock: Clock) -> None:
    """The unit has been dissolved or merged: its results stay, nothing new is asked of it.

    Raises: UnitEnded where it has ended before, while units below it exist, or while a survey of it is not finished.
    """
    _require_exists(unit)
    if any(child.ended_on is None for child in unit.children):
        raise UnitEnded("below", unit=unit.name)
    unfinished = Survey.state.in_((State.DRAFT, State.OPEN, State.CLOSED))
    survey = session.scalars(select(Survey).where(Survey.unit_id == unit.id, unfinished).limit(1)).first()
    if survey is not None:
        raise UnitEnded("survey", unit=unit.name, title=survey.title)
    unit.ended_on = on
    record(session, by, "unit.end", unit, clock=clock, code=unit.code, ended_on=on.isoformat())


def revive_unit(session: Session, unit: Unit, *, by: Actor, clock: Clock) -> None:
    """Take the end of a unit back. Raises: UnitEnded while the unit above has ended itself."""
    if unit.parent is not None and unit.parent.ended_on is not None:
        raise UnitEnded("parent", unit=unit.parent.name)
    if unit.ended_on is None:
        return
    unit.ended_on = None
    record(session, by, "unit.revive", unit, clock=clock, code=unit.code)


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
    """Write down how many people of an audience belong to the unit itself on the reference day.

    Raises: UnitEnded for a year after the unit has ended.
    """
    if people < 0:
        raise ValueError("a number of people is not negative")
    if unit.ended_on is not None and unit.ended_on.year < year:
        raise UnitEnded("ended", unit=unit.name)
    row = session.scalar(select(Eligibility).filter_by(unit_id=unit.id, year=year, audience=audience))
    if row is None:
        row = Eligibility(unit_id=unit.id, year=year, audience=audience, people=people, reference_day=reference_day)
        session.add(row)
    else:
        row.people, row.reference_day = people, reference_day
    record(session, by, "unit.set_eligible", unit, clock=clock, year=year, audience=audience, people=people)
    return row


def numbers_of(session: Session, year: int) -> dict[UUID, dict[str, int]]:
    """Unit -> audience -> people eligible in the unit itself, for all units that have a number."""
    rows = session.execute(
        select(Eligibility.unit_id, Eligibility.audience, Eligibility.people).where(Eligibility.year == year)
    )
    numbers: defaultdict[UUID, dict[str, int]] = defaultdict(dict)
    for unit_id, audience, people in rows:
        numbers[unit_id][audience] = people
    return dict(numbers)


def latest_year_with_numbers(session: Session, *, before: int, units: Iterable[AnyUnit] | None = None) -> int | None:
    """The last year before another in which any unit, or any of these, has a number of people."""
    earlier = select(func.max(Eligibility.year)).where(Eligibility.year < before)
    if units is not None:
        earlier = earlier.where(Eligibility.unit_id.in_([unit.id for unit in units]))
    return session.scalar(earlier)


def copy_eligible(
    session: Session, units: Sequence[AnyUnit], *, source: int, year: int, reference_day: date, by: Actor, clock: Clock
) -> int:
    """Take over the numbers of an earlier year where the year has none yet. Returns for how many units.

    They are a proposal: each can be changed afterwards. Units that have ended get none.
    """
    wanted = [unit.id for unit in units if unit.ended_on is None]
    rows = session.scalars(
        select(Eligibility).where(Eligibility.unit_id.in_(wanted), Eligibility.year.in_((source, year)))
    ).all()
    known = {(row.unit_id, row.audience) for row in rows if row.year == year}
    copied = [row for row in rows if row.year == source and (row.unit_id, row.audience) not in known]
    session.add_all(
        Eligibility(
            unit_id=row.unit_id, year=year, audience=row.audience, people=row.people, reference_day=reference_day
        )
        for row in copied
    )
    count = len({row.unit_id for row in copied})
    if count:
        taken: dict[str, Any] = {
            "year": year,
            "source": source,
            "units": count,
            "reference_day": reference_day.isoformat(),
        }
        top = units[0].id
        record_of(session, by, "unit.copy_eligible", "unit", str(top), clock=clock, unit_id=top, **taken)
    return count


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


def existing(units: Iterable[Some]) -> list[Some]:
    """Those of the units that have not ended."""
    return [unit for unit in units if unit.ended_on is None]


def may_stand_below(level: UnitLevel, above: UnitLevel) -> bool:
    """Does a unit of one level stand below one of another? A committee also below a committee."""
    return RANKS[level] > RANKS[above] or level is above is UnitLevel.COMMITTEE


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


def units_being_asked(session: Session) -> dict[str, str]:
    """Codes of the units that stay where they are, with the title of the survey on whose account; two queries.

    A survey that is open or closed counts by the groups fixed at its opening: all units that have such a group or are
    counted in one, and those between them and the unit that asks, are below it until it is sealed.
    """
    tree = unit_tree(session)
    by_code = {place.code: place for place in tree}
    asked = (
        select(Survey.title, Survey.unit_id, Unit.code, ReportingGroup.folded_units)
        .join(ReportingGroup.survey)
        .join(Unit, Unit.id == ReportingGroup.unit_id)
        .where(Survey.state.in_((State.OPEN, State.CLOSED)))
    )
    found: dict[str, str] = {}
    for title, top_id, code, folded in session.execute(asked):
        for place in (by_code[one] for one in (code, *folded) if one in by_code):
            way = (place, *tree.above(place.id))
            ids = [one.id for one in way]
            found |= {one.code: title for one in way[: ids.index(top_id) if top_id in ids else 0]}
    return found


def _require_exists(unit: Unit) -> None:
    if unit.ended_on is not None:
        raise UnitEnded("ended", unit=unit.name)


def _require_place(level: UnitLevel, parent: Unit | None) -> None:
    if parent is None:
        return
    _require_exists(parent)
    if not may_stand_below(level, parent.level):
        raise UnitMisplaced("level")


def _siblings(session: Session, parent: Unit | None) -> list[Unit]:
    below = select(Unit).where(Unit.parent_id == (parent.id if parent else None))
    return list(session.scalars(below.order_by(Unit.position, Unit.code)))


def _next_position(session: Session, parent: Unit | None) -> int:
    return max((unit.position for unit in _siblings(session, parent)), default=-1) + 1


def _described(unit: Unit) -> dict[str, Any]:
    """What can be changed of a unit, as the record of acts tells it."""
    return {
        "name": unit.name,
        "level": unit.level.value,
        "unit_kind": unit.kind.value,
        "parent": unit.parent.code if unit.parent else "",
    }
