"""Storing what a table of units changes, in a handful of statements however long it is.

What it changes is found out in `organisation_plan`.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.models import Eligibility, Unit
from survey_app.services.audit import Actor, record_of
from survey_app.services.organisation_plan import Fate, PlannedNumber, PlannedUnit, UnitsPlan


def store_units(session: Session, plan: UnitsPlan, *, top: Unit | None, by: Actor, clock: Clock) -> None:
    """Do what the plan says; new units and those that move become the last below theirs, in the order of the file.

    The record of acts names `top`, the unit under which it is remembered, and the hash of the file.
    """
    known = {unit.id: unit for unit in session.scalars(select(Unit))}
    ids = {unit.code: unit.id for unit in known.values()} | {unit.code: unit.id for unit in plan.units}
    added = _parents_first([unit for unit in plan.units if unit.fate is Fate.ADDED])
    changed = [unit for unit in plan.units if unit.fate is Fate.CHANGED]
    positions = _last_positions(known.values())
    samples = {unit.id for unit in known.values() if unit.is_sample}
    new_rows = []
    for unit in added:
        row = _row(unit, ids)
        if row["parent_id"] in samples:
            samples.add(unit.id)
        positions[row["parent_id"]] += 1
        new_rows.append(
            {**row, "code": unit.code, "position": positions[row["parent_id"]], "is_sample": unit.id in samples}
        )
    changed_rows = []
    for unit in changed:
        row, position = _row(unit, ids), known[unit.id].position
        if "parent" in unit.before:
            positions[row["parent_id"]] += 1
            position = positions[row["parent_id"]]
        changed_rows.append({**row, "position": position})
    top_id = top.id if top else None
    if new_rows:
        session.execute(insert(Unit), new_rows)
    if changed_rows:
        session.execute(update(Unit), changed_rows)
    _store_numbers(session, plan.numbers)
    session.expire_all()
    units, numbers = plan.unit_counts, plan.number_counts
    record_of(
        session, by, "unit.import", "unit", "", clock=clock, unit_id=top_id, sha256=plan.sha256,
        added=units[Fate.ADDED], changed=units[Fate.CHANGED], numbers=numbers[Fate.ADDED] + numbers[Fate.CHANGED],
    )  # fmt: skip


def _row(unit: PlannedUnit, ids: Mapping[str, UUID]) -> dict[str, Any]:
    parent_id = ids[unit.parent] if unit.parent else None
    return {"id": unit.id, "name": unit.name, "level": unit.level, "kind": unit.kind, "parent_id": parent_id}


def _parents_first(units: Sequence[PlannedUnit]) -> list[PlannedUnit]:
    """Each behind the unit above it, otherwise in the order of the file."""
    codes = {unit.code for unit in units}
    below: defaultdict[str | None, list[PlannedUnit]] = defaultdict(list)
    for unit in units:
        below[unit.parent if unit.parent in codes else None].append(unit)
    found, waiting = [], deque(below[None])
    while waiting:
        unit = waiting.popleft()
        found.append(unit)
        waiting.extend(below[unit.code])
    return found


def _last_positions(units: Iterable[Unit]) -> defaultdict[UUID | None, int]:
    """The largest position below each unit, -1 where there is none."""
    positions: defaultdict[UUID | None, int] = defaultdict(lambda: -1)
    for unit in units:
        positions[unit.parent_id] = max(positions[unit.parent_id], unit.position)
    return positions


def _store_numbers(session: Session, numbers: Sequence[PlannedNumber]) -> None:
    added = [
        {
            "id": number.id, "unit_id": number.unit_id, "year": number.year, "audience": number.audience,
            "people": number.people, "reference_day": number.reference_day,
        }
        for number in numbers
        if number.fate is Fate.ADDED
    ]  # fmt: skip
    changed = [
        {"id": number.id, "people": number.people, "reference_day": number.reference_day}
        for number in numbers
        if number.fate is Fate.CHANGED
    ]
    if added:
        session.execute(insert(Eligibility), added)
    if changed:
        session.execute(update(Eligibility), changed)
