"""The organisation in words: its tree with the numbers of a year, and the choices of the forms about a unit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _

from survey_app.forms.organisation import FIRST, STAY
from survey_app.models import Unit, UnitKind, UnitLevel
from survey_app.services.unit_tree import AnyUnit
from survey_app.web.circumstances import unit_choices
from survey_app.web.labels import label

OPEN_UP_TO = 40
"""Units that are all shown at once; of more, only those right below the top."""

Numbers = Mapping[UUID, Mapping[str, int]]
"""Unit -> audience -> people of the unit itself."""
NOTHING: Mapping[str, int] = {}


@dataclass(slots=True)
class UnitLine:
    """A unit in the tree with what stands below it; the address is empty where it may not be changed."""

    name: str
    said: str
    own: str
    address: str
    below: list[UnitLine]
    total: str = ""
    is_open: bool = True


@dataclass(slots=True)
class _Sum:
    """How many units stand below one, and how many people in it and below (None: nothing entered)."""

    units: int
    member: int | None
    staff: int | None

    def add(self, below: _Sum) -> None:
        self.units += below.units + 1
        if below.member is not None:
            self.member = (self.member or 0) + below.member
        if below.staff is not None:
            self.staff = (self.staff or 0) + below.staff


@dataclass(frozen=True, slots=True)
class TreePage:
    """All units that somebody sees: how many of each level, the people in all, and the tree itself."""

    facts: tuple[tuple[str, str], ...]
    lines: tuple[UnitLine, ...]
    ended: tuple[tuple[AnyUnit, str], ...]
    """Units that have ended, with the address where that is taken back."""
    without_numbers: int
    is_alone: bool
    """There is one unit only, and nothing below it."""


def tree_page(units: Sequence[AnyUnit], numbers: Numbers, *, manageable: Collection[UUID]) -> TreePage:
    """Units in their order, parents before children; totals count what stands below, too."""
    living = [unit for unit in units if unit.ended_on is None]
    lines = _Lines(numbers, manageable, are_all_open=len(living) <= OPEN_UP_TO)
    tops, whole = lines.build(living)
    levels = Counter(unit.level for unit in living)
    people = ((_("Members in all"), whole.member), (_("Staff in all"), whole.staff))
    return TreePage(
        facts=(
            *((label(level), str(levels[level])) for level in UnitLevel if levels[level]),
            *((words, str(count)) for words, count in people if count is not None),
        ),
        lines=tuple(tops),
        ended=tuple((unit, lines.address(unit)) for unit in units if unit.ended_on is not None),
        without_numbers=sum(unit.id not in numbers for unit in living),
        is_alone=len(living) == 1 and living[0].level not in (UnitLevel.BRANCH, UnitLevel.GROUP),
    )


class _Lines:
    """Builds the lines of a tree; words are looked up once, not for every unit."""

    def __init__(self, numbers: Numbers, manageable: Collection[UUID], *, are_all_open: bool) -> None:
        self.numbers, self.manageable, self.are_all_open = numbers, manageable, are_all_open
        self.base = url_for("organisation.index")
        self.words = {(level, kind): f"{label(level)} · {label(kind)}" for level in UnitLevel for kind in UnitKind}
        self.member, self.staff, self.missing = _("Members"), _("Staff"), _("not entered")

    def build(self, units: Sequence[AnyUnit]) -> tuple[list[UnitLine], _Sum]:
        """The lines at the top, and the sum of all: each unit is added to the one above it, the deepest first."""
        found = {unit.id: (self._line(unit), self._own_sum(unit.id)) for unit in units}
        tops: list[UnitLine] = []
        whole = _Sum(0, None, None)
        for unit in reversed(units):
            line, people = found[unit.id]
            line.below.reverse()
            above = found.get(unit.parent_id) if unit.parent_id else None
            if line.below:
                line.total = f"{_('%(count)s units below', count=people.units)} · {self._people(people)}"
                line.is_open = self.are_all_open or above is None
            if above is None:
                tops.append(line)
                whole.add(people)
            else:
                above[0].below.append(line)
                above[1].add(people)
        return tops[::-1], whole

    def address(self, unit: AnyUnit) -> str:
        """The same as url_for gives, which would take too long for a thousand units."""
        return f"{self.base}{unit.id}" if unit.id in self.manageable else ""

    def _own_sum(self, unit_id: UUID) -> _Sum:
        own = self.numbers.get(unit_id, NOTHING)
        return _Sum(0, own.get("member"), own.get("staff"))

    def _line(self, unit: AnyUnit) -> UnitLine:
        own = self._people(self._own_sum(unit.id))
        said = f"{unit.code} · {self.words[unit.level, unit.kind]}"
        return UnitLine(unit.name, said, own, self.address(unit), [])

    def _people(self, people: _Sum) -> str:
        parts = [
            f"{words} {count}"
            for words, count in ((self.member, people.member), (self.staff, people.staff))
            if count is not None
        ]
        return " · ".join(parts) or self.missing


def siblings_of(unit: Unit, units: Sequence[AnyUnit]) -> list[AnyUnit]:
    """The units beside it, itself among them; none where the one above is not the person’s."""
    is_seen = any(other.id == unit.parent_id for other in units)
    return [other for other in units if other.parent_id == unit.parent_id] if is_seen else []


def parent_choices(unit: Unit, units: Sequence[AnyUnit], below: Collection[UUID]) -> list[tuple[str, str]]:
    """Where a unit may stand: as it is, or below another one that exists and is not below it."""
    now = next((other.name for other in units if other.id == unit.parent_id), None)
    others = unit_choices([other for other in units if other.id not in below and other.ended_on is None])
    return [(STAY, now or _("as it is")), *(choice for choice in others if choice[0] != str(unit.parent_id))]


def place_choices(siblings: Sequence[AnyUnit]) -> list[tuple[str, str]]:
    """First, or behind one of the others."""
    behind = [(str(unit.id), _("behind %(unit)s", unit=unit.name)) for unit in siblings]
    return [(FIRST, _("as the first")), *behind] if behind else []


def ending_consequences() -> Iterator[str]:
    yield _("Its results, its actions and its numbers of past years stay and can be seen as before.")
    yield _(
        "Nothing new is asked of it: it is not offered for new surveys, and its people are not counted in any. If they "
        "belong to another unit now, please add them to the numbers there."
    )
    yield _("Surveys of units above that are open now go on as they were opened.")
    yield _("It can be taken back at any time; the unit stands at the end of the list of units.")
