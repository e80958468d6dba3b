"""What was fixed when a survey was sealed: its units and their returns, thresholds, versions.

The answers themselves are `dataset`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from analysis.types import Context, Roster


@dataclass(frozen=True, slots=True)
class UnitNode:
    """A reporting group or a unit above some; ``parent`` is None for the root of the survey."""

    code: str
    name: str
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was fixed when the survey was sealed."""

    survey: str
    title: str
    context: Context
    units: tuple[UnitNode, ...]
    rosters: Mapping[str, Roster]
    """Unit code -> returns of the unit's own reporting group; the subtree is `roster_of`."""
    instrument_sha256: str
    threshold: int = 10
    hidden_units: frozenset[str] = frozenset()
    """The one pattern of hidden units for everybody (`disclosure.unit_pattern`)."""
    rows: int = 0
    suppressed_groupings: int = 0
    """Answers to grouping questions set to null at sealing because their combination was rare."""
    comments_sha256: str = ""
    software: str = ""

    def __post_init__(self) -> None:
        codes = [unit.code for unit in self.units]
        if len(set(codes)) != len(codes):
            raise ValueError("two units of a manifest share a code")
        roots = [unit.code for unit in self.units if unit.parent not in set(codes)]
        if len(roots) != 1:
            raise ValueError(f"the units of a survey have one root, not {len(roots)}")

    @property
    def parents(self) -> dict[str, str | None]:
        """Unit code -> code of its parent; None for the root."""
        codes = {unit.code for unit in self.units}
        return {unit.code: unit.parent if unit.parent in codes else None for unit in self.units}

    @property
    def root(self) -> str:
        return next(code for code, parent in self.parents.items() if parent is None)

    def unit(self, code: str) -> UnitNode:
        """Raises KeyError for a unit that is not part of the survey."""
        try:
            return next(unit for unit in self.units if unit.code == code)
        except StopIteration:
            raise KeyError(code) from None

    def children(self, code: str) -> tuple[UnitNode, ...]:
        return tuple(unit for unit in self.units if unit.parent == code)

    def subtree(self, code: str) -> tuple[str, ...]:
        """The unit and everything below it, parents before children."""
        self.unit(code)
        below: defaultdict[str | None, list[str]] = defaultdict(list)
        for unit in self.units:
            below[unit.parent].append(unit.code)
        found = [code]
        for above in found:
            found += below.get(above, ())
        return tuple(found)

    def branches(self, code: str) -> tuple[str, ...]:
        """Units below that have none below them: of one level to compare, as none of them holds another."""
        above = {unit.parent for unit in self.units}
        return tuple(unit for unit in self.subtree(code)[1:] if unit not in above)

    def names_apart(self, codes: Sequence[str]) -> dict[str, str]:
        """Names of units in one list: where several are called the same, after the name of the unit above."""
        nodes = {unit.code: unit for unit in self.units}
        often = Counter(nodes[code].name for code in codes)
        above = {code: nodes.get(nodes[code].parent or "") for code in codes if often[nodes[code].name] > 1}
        return {
            code: f"{parent.name} · {nodes[code].name}" if (parent := above.get(code)) else nodes[code].name
            for code in codes
        }

    def roster_of(self, code: str) -> Roster:
        """Returns of a unit with its subtree; a number unknown in one group is unknown in the sum."""
        return total_roster([self.rosters[unit] for unit in self.subtree(code) if unit in self.rosters])


def total_roster(rosters: Sequence[Roster]) -> Roster:
    """Sum of the returns of disjoint groups; of none: nothing known, nothing returned."""

    def known_sum(numbers: Iterable[int | None]) -> int | None:
        counted = list(numbers)
        return None if None in counted or not counted else sum(number for number in counted if number is not None)

    return Roster(
        eligible=known_sum(roster.eligible for roster in rosters),
        issued=known_sum(roster.issued for roster in rosters),
        returned=sum(roster.returned for roster in rosters),
        valid=sum(roster.valid for roster in rosters),
        verified=all(roster.verified for roster in rosters),
    )
