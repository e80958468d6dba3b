"""What a table of units would change, and everything that is wrong with it; changing it is `organisation_import`.

The plan is made from a few reads of the database, however long the table is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments.wording import N_
from survey_app.models import Eligibility, Unit, UnitKind, UnitLevel
from survey_app.services.named_columns import WholeFileError
from survey_app.services.organisation import may_stand_below, units_being_asked
from survey_app.services.organisation_file import UnitRow, read_rows
from survey_app.services.table_file import TableProblem, read_grid

DETAILS = ("name", "level", "kind", "parent")


class Fate(StrEnum):
    """What becomes of a unit or of a number."""

    ADDED = "added"
    CHANGED = "changed"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class PlannedUnit:
    """A unit as it will be; `before` has what is different now, by name of the column."""

    row: int
    id: UUID
    code: str
    name: str
    level: UnitLevel
    kind: UnitKind
    parent: str | None
    fate: Fate
    before: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlannedNumber:
    """How many people of an audience a unit will have in a year."""

    id: UUID
    unit_id: UUID
    year: int
    audience: str
    people: int
    reference_day: date
    fate: Fate
    before: int | None = None
    """What the number is now; None: not entered yet."""


@dataclass(frozen=True, slots=True)
class UnitsPlan:
    """Everything a table says, held against what is there."""

    units: tuple[PlannedUnit, ...]
    numbers: tuple[PlannedNumber, ...]
    sha256: str
    """Of the file, for the record of acts."""

    @property
    def unit_counts(self) -> Mapping[Fate, int]:
        counted = Counter(unit.fate for unit in self.units)
        return {fate: counted[fate] for fate in Fate}

    @property
    def number_counts(self) -> Mapping[Fate, int]:
        counted = Counter(number.fate for number in self.numbers)
        return {fate: counted[fate] for fate in Fate}

    @property
    def differences(self) -> list[tuple[PlannedUnit, list[PlannedNumber]]]:
        """Units that are added or changed, or whose numbers are, with those numbers; in the order of the file."""
        numbers: dict[UUID, list[PlannedNumber]] = {}
        for number in self.numbers:
            if number.fate is not Fate.LEFT:
                numbers.setdefault(number.unit_id, []).append(number)
        return [
            (unit, numbers.get(unit.id, [])) for unit in self.units if unit.fate is not Fate.LEFT or unit.id in numbers
        ]


@dataclass(frozen=True, slots=True)
class _Fault:
    """What is wrong in a row, and the key of its column."""

    template: str
    row: int
    column: str
    values: Mapping[str, object] = field(default_factory=dict)

    def problem(self, headings: Mapping[str, str]) -> TableProblem:
        return TableProblem(self.template, self.values, self.row, headings.get(self.column))


@dataclass(slots=True)
class _Draft:
    """What the rows of one code say together; the first row stands for the unit."""

    row: UnitRow
    known: Unit | None
    id: UUID
    cells: dict[str, Any] = field(default_factory=dict)

    def will_be(self, name: str) -> Any:
        """The cell, or what is there where it is empty."""
        cell = self.cells.get(name)
        return cell if cell is not None or self.known is None else getattr(self.known, name)


def plan_units(
    session: Session, data: bytes, filename: str, *, year: int | None = None, scope: Collection[UUID] | None = None
) -> UnitsPlan:
    """What a file of units and numbers would change; empty cells leave what is there, and nothing is ever removed.

    Rows may stand in any order; a unit has one row for each year. With `scope` (identifiers of units) only these may
    be changed, and new ones added below them. `year` is meant where a row names none.

    Raises: WholeFileError with every problem by its row.
    """
    table = read_rows(read_grid(data, filename), year=year)
    units = {unit.code: unit for unit in session.scalars(select(Unit))}
    drafts, doubled = _drafts(table.rows, units)
    tree = _Tree(units, drafts, scope)
    if any(code in units and tree.is_moved(code) for code in drafts):
        tree.asked = units_being_asked(session)
    numbers, without_day = _numbers(session, table.rows, drafts)
    faults = [*doubled, *(fault for check in CHECKS for fault in check(tree)), *without_day]
    told = {(problem.row, problem.column) for problem in table.problems}
    found = [fault.problem(table.headings) for fault in faults]
    problems = [*table.problems, *(problem for problem in found if (problem.row, problem.column) not in told)]
    if problems:
        raise WholeFileError(problems)
    return UnitsPlan(tuple(tree.planned()), tuple(numbers), sha256(data).hexdigest())


class _Tree:
    """The units as they would stand after the import."""

    def __init__(
        self,
        units: Mapping[str, Unit],
        drafts: Mapping[str, _Draft],
        scope: Collection[UUID] | None,
    ) -> None:
        self.units, self.drafts, self.scope = units, drafts, scope
        self.asked: Mapping[str, str] = {}
        """As `units_being_asked` says, where a unit is to be moved."""
        codes = {unit.id: code for code, unit in units.items()}
        self.above_now: dict[str, str | None] = {
            code: codes[unit.parent_id] if unit.parent_id else None for code, unit in units.items()
        }
        self.above: dict[str, str | None] = self.above_now | {
            code: draft.cells.get("parent") or self.above_now.get(code) for code, draft in drafts.items()
        }

    def level(self, code: str) -> UnitLevel | None:
        if code in self.drafts:
            level: UnitLevel | None = self.drafts[code].will_be("level")
            return level
        return self.units[code].level if code in self.units else None

    def may_use(self, code: str) -> bool:
        """A unit of the file that is new, or one within the scope."""
        known = self.units.get(code)
        return code in self.drafts if known is None else self.scope is None or known.id in self.scope

    def has_new_level(self, code: str) -> bool:
        """Is its level another than now?"""
        known = self.units.get(code)
        return code in self.drafts and self.level(code) is not (known.level if known else None)

    def is_moved(self, code: str) -> bool:
        return self.above[code] != self.above_now.get(code)

    def planned(self) -> Iterator[PlannedUnit]:
        """Every unit of the file as it will be; only for a file without fault."""
        for code, draft in self.drafts.items():
            known = draft.known
            will_be = (
                draft.will_be("name"),
                draft.will_be("level"),
                draft.will_be("kind") or self._kind_above(code),
                self.above[code],
            )
            now = (known.name, known.level, known.kind, self.above_now[code]) if known else will_be
            before = {name: str(old or "") for name, old, new in zip(DETAILS, now, will_be, strict=True) if old != new}
            fate = Fate.ADDED if known is None else Fate.CHANGED if before else Fate.LEFT
            yield PlannedUnit(draft.row.number, draft.id, code, *will_be, fate, before)

    def _kind_above(self, code: str) -> UnitKind:
        """The kind of the nearest unit above that has one."""
        above = self.above[code]
        while above is not None:
            kind = self.drafts[above].will_be("kind") if above in self.drafts else self.units[above].kind
            if kind is not None:
                return UnitKind(kind)
            above = self.above[above]
        return UnitKind.ORGAN


def _drafts(rows: Sequence[UnitRow], units: Mapping[str, Unit]) -> tuple[dict[str, _Draft], list[_Fault]]:
    """What the rows say of each unit; two rows of one unit must not say different things."""
    drafts: dict[str, _Draft] = {}
    numbered: dict[tuple[str, int | None, str], int] = {}
    faults: list[_Fault] = []
    for row in rows:
        if not row.code:
            continue
        known = units.get(row.code)
        draft = drafts.setdefault(row.code, _Draft(row, known, known.id if known else uuid4()))
        told = {name: cell for name in DETAILS if (cell := getattr(row, name)) is not None}
        faults += [
            _Fault(N_("Another row says something else of “%(code)s” here."), row.number, name, {"code": row.code})
            for name, cell in told.items()
            if draft.cells.setdefault(name, cell) != cell
        ]
        places = [(row.code, row.year, audience) for audience in row.people or ("",)]
        before = min(numbered.setdefault(place, row.number) for place in places)
        if before != row.number:
            values = {"code": row.code, "row": before}
            faults.append(_Fault(N_("“%(code)s” stands in row %(row)s already."), row.number, "code", values))
    return drafts, faults


def _incomplete(tree: _Tree) -> Iterator[_Fault]:
    """A new unit needs a name, a level and a place; one that is there must exist and be one's own."""
    for code, draft in tree.drafts.items():
        row, known, values = draft.row.number, draft.known, {"code": code}
        if known is None:
            if draft.cells.get("name") is None:
                yield _Fault(N_("“%(code)s” is new and needs a name."), row, "name", values)
            if draft.cells.get("level") is None:
                yield _Fault(N_("“%(code)s” is new and needs a level."), row, "level", values)
            if draft.cells.get("parent") is None and tree.scope is not None:
                yield _Fault(N_("“%(code)s” is new and needs a unit above it, one of yours."), row, "parent", values)
        elif not tree.may_use(code):
            yield _Fault(N_("“%(code)s” is a unit outside yours."), row, "code", values)
        elif known.ended_on is not None:
            yield _Fault(
                N_("“%(code)s” has ended. Please take that back first, or leave the row out."), row, "code", values
            )


def _misplaced(tree: _Tree) -> Iterator[_Fault]:
    """The unit above must be there, still exist and be one's own; samples and others do not mix."""
    for code, draft in tree.drafts.items():
        above = tree.above[code]
        if above is None or above == tree.above_now.get(code):
            continue
        row, parent, values = draft.row.number, tree.units.get(above), {"code": above}
        if code in tree.asked:
            title = {"code": code, "title": tree.asked[code]}
            yield _Fault(
                N_("“%(code)s” stays where it is until the survey “%(title)s” has been sealed."), row, "parent", title
            )
        elif not tree.may_use(above):
            yield _Fault(
                N_("There is no unit “%(code)s” of yours, neither here nor in the file."), row, "parent", values
            )
        elif parent is not None and parent.ended_on is not None:
            yield _Fault(N_("“%(code)s”, the unit above, has ended."), row, "parent", values)
        elif draft.known is not None and draft.known.is_sample != bool(parent and parent.is_sample):
            yield _Fault(
                N_("Units of the sample organisation stay together; others do not belong to it."), row, "parent"
            )


def _circular(tree: _Tree) -> Iterator[_Fault]:
    """Units that would stand below themselves, each once."""
    done: set[str] = set()
    for start in tree.drafts:
        way: dict[str, int] = {}
        code: str | None = start
        while code is not None and code not in done and code not in way:
            way[code] = len(way)
            code = tree.above.get(code)
        if code is not None and code in way:
            circle = list(way)[way[code] :]
            values = {"circle": " → ".join([*circle, code])}
            template = N_("The units stand below each other in a circle: %(circle)s")
            members = [tree.drafts[member] for member in circle if member in tree.drafts]
            yield from (_Fault(template, member.row.number, "parent", values) for member in members)
        done |= set(way)


def _in_wrong_order(tree: _Tree) -> Iterator[_Fault]:
    """Levels that do not go down from a unit to those below it; only where the file changes something."""
    for code, above in tree.above.items():
        if above is None or not (tree.has_new_level(code) or tree.has_new_level(above) or tree.is_moved(code)):
            continue
        level, higher = tree.level(code), tree.level(above)
        if level is not None and higher is not None and not may_stand_below(level, higher):
            row = tree.drafts[code if code in tree.drafts else above].row.number
            values = {"code": code, "above": above}
            yield _Fault(N_("The level of “%(code)s” is not below that of “%(above)s”."), row, "level", values)


CHECKS = (_incomplete, _misplaced, _circular, _in_wrong_order)


def _numbers(
    session: Session, rows: Sequence[UnitRow], drafts: Mapping[str, _Draft]
) -> tuple[list[PlannedNumber], list[_Fault]]:
    """Numbers of the file held against those that are there; a day is needed where there is none yet."""
    stored = session.scalars(select(Eligibility).where(Eligibility.year.in_({row.year for row in rows if row.people})))
    known = {(row.unit_id, row.year, row.audience): row for row in stored}
    numbers: list[PlannedNumber] = []
    faults: list[_Fault] = []
    for row in rows:
        if not row.code or row.year is None:
            continue
        unit_id = drafts[row.code].id
        for audience, people in row.people.items():
            now = known.get((unit_id, row.year, audience))
            day = row.reference_day or (now.reference_day if now else None)
            if day is None:
                template = N_("The reference day of the number of people is missing.")
                faults.append(_Fault(template, row.number, "reference_day"))
                break
            is_left = now is not None and (now.people, now.reference_day) == (people, day)
            fate = Fate.ADDED if now is None else Fate.LEFT if is_left else Fate.CHANGED
            number_id = now.id if now else uuid4()
            before = now.people if now else None
            numbers.append(PlannedNumber(number_id, unit_id, row.year, audience, people, day, fate, before))
    return numbers, faults
