"""The organisation in words: its tree with the numbers of a year, and the choices of the forms about a unit."""

from __future__ import annotations

from collections import Counter, defaultdict
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
"""Units that are all shown at once; of more, only those right below the top and below one unit that is asked for."""

Numbers = Mapping[UUID, Mapping[str, int]]
"""Unit -> audience -> people of the unit itself."""
NOTHING: Mapping[str, int] = {}
OPENED = "opened"
"""The mark on the page of what was asked for."""


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit in the tree with what stands below it; the address is empty where it may not be changed."""

    name: str
    said: str
    own: str
    address: str
    below: tuple[UnitLine, ...] = ()
    total: str = ""
    elsewhere: str = ""
    """Where what stands below it is shown, if not here."""
    mark: str = ""


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
    is_whole: bool
    """Every unit stands on this page."""
    ended: tuple[tuple[AnyUnit, str], ...]
    """Units that have ended, with the address where that is taken back."""
    without_numbers: int
    is_alone: bool
    """There is one unit only, and nothing below it."""


def tree_page(
    units: Sequence[AnyUnit],
    numbers: Numbers,
    *,
    year: int,
    manageable: Collection[UUID],
    under: UUID | None = None,
) -> TreePage:
    """Units in their order, parents before children; totals count what stands below, too."""
    living = [unit for unit in units if unit.ended_on is None]
    lines = _Lines(living, numbers, manageable, year=year, under=under)
    levels = Counter(unit.level for unit in living)
    people = ((_("Members in all"), lines.whole.member), (_("Staff in all"), lines.whole.staff))
    return TreePage(
        facts=(
            *((label(level), str(levels[level])) for level in UnitLevel if levels[level]),
            *((words, str(count)) for words, count in people if count is not None),
        ),
        lines=tuple(lines.line(unit) for unit in lines.tops),
        is_whole=lines.opened is None,
        ended=tuple((unit, lines.address(unit)) for unit in units if unit.ended_on is not None),
        without_numbers=_without_numbers(living, numbers),
        is_alone=len(living) == 1 and living[0].level not in (UnitLevel.BRANCH, UnitLevel.GROUP),
    )


def _without_numbers(living: Sequence[AnyUnit], numbers: Numbers) -> int:
    """Units at the ends of the tree whose people nobody has counted: neither there nor in the branch of a group."""
    parents = {unit.parent_id for unit in living}
    return sum(
        unit.id not in parents
        and unit.id not in numbers
        and not (unit.level is UnitLevel.GROUP and unit.parent_id in numbers)
        for unit in living
    )


class _Lines:
    """Builds the lines of a tree; words are looked up once, not for every unit."""

    def __init__(
        self,
        units: Sequence[AnyUnit],
        numbers: Numbers,
        manageable: Collection[UUID],
        *,
        year: int,
        under: UUID | None,
    ) -> None:
        self.numbers, self.manageable, self.year, self.under = numbers, manageable, year, under
        self.base = url_for("organisation.index")
        self.words = {(level, kind): f"{label(level)} · {label(kind)}" for level in UnitLevel for kind in UnitKind}
        self.member, self.staff, self.missing = _("Members"), _("Staff"), _("not entered")
        places = {unit.id: unit for unit in units}
        self.children: defaultdict[UUID, list[AnyUnit]] = defaultdict(list)
        self.tops: list[AnyUnit] = []
        for unit in units:
            siblings = self.children[unit.parent_id] if unit.parent_id in places else self.tops
            siblings.append(unit)
        self.sums, self.whole = self._sums(units)
        self.opened = None if len(units) <= OPEN_UP_TO else {top.id for top in self.tops} | _path(places, under)

    def line(self, unit: AnyUnit) -> UnitLine:
        """The unit with what stands below it, as far as that is shown."""
        below, is_open = self.children.get(unit.id, []), self.opened is None or unit.id in self.opened
        return UnitLine(
            name=unit.name,
            said=f"{unit.code} · {self.words[unit.level, unit.kind]}",
            own=self._people(self._own_sum(unit.id)),
            address=self.address(unit),
            below=tuple(map(self.line, below)) if is_open else (),
            total=self._total(unit) if below else "",
            elsewhere=self._elsewhere(unit) if below and not is_open else "",
            mark=OPENED if unit.id == self.under and self.opened is not None else "",
        )

    def address(self, unit: AnyUnit) -> str:
        """The same as url_for gives, which would take too long for a thousand units."""
        return f"{self.base}{unit.id}" if unit.id in self.manageable else ""

    def _elsewhere(self, unit: AnyUnit) -> str:
        return f"{self.base}?year={self.year}&under={unit.id}#{OPENED}"

    def _total(self, unit: AnyUnit) -> str:
        people = self.sums[unit.id]
        return " · ".join((_("%(count)s units below", count=people.units), self._people(people)))

    def _sums(self, units: Sequence[AnyUnit]) -> tuple[Mapping[UUID, _Sum], _Sum]:
        """For each unit and for all: each is added to the one above it, the deepest first."""
        sums = {unit.id: self._own_sum(unit.id) for unit in units}
        whole = _Sum(0, None, None)
        for unit in reversed(units):
            above = sums.get(unit.parent_id) if unit.parent_id else None
            (above or whole).add(sums[unit.id])
        return sums, whole

    def _own_sum(self, unit_id: UUID) -> _Sum:
        own = self.numbers.get(unit_id, NOTHING)
        return _Sum(0, own.get("member"), own.get("staff"))

    def _people(self, people: _Sum) -> str:
        parts = [
            f"{words} {count}"
            for words, count in ((self.member, people.member), (self.staff, people.staff))
            if count is not None
        ]
        return " · ".join(parts) or self.missing


def _path(places: Mapping[UUID, AnyUnit], unit_id: UUID | None) -> set[UUID]:
    """A unit and those above it, as far as they are seen."""
    found: set[UUID] = set()
    while unit_id is not None and unit_id in places:
        found.add(unit_id)
        unit_id = places[unit_id].parent_id
    return found


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
