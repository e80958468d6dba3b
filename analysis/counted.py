"""A sealed dataset once it is counted: what a result is made of for one unit, without any single answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from analysis.dataset import SealedDataset, Texts
from analysis.manifest import Manifest
from analysis.tables import Tables
from analysis.tabulation import tabulate
from analysis.types import Roster
from instruments.model import Instrument


@dataclass(frozen=True, eq=False)
class Counted:
    """The counts of a whole survey per reporting unit, looked at from one unit with its subtree."""

    tables: Tables
    """Of the whole survey, a group for every unit of the manifest."""
    manifest: Manifest
    unit: str
    dataset_sha256: str
    texts: Texts
    """Of the whole survey: text item -> unit -> texts."""
    whole: Counted = field(default=None, repr=False)  # type: ignore[assignment]
    """The survey from its root."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "whole", self.whole or self)

    @property
    def instrument(self) -> Instrument:
        return self.tables.instrument

    @cached_property
    def units(self) -> tuple[str, ...]:
        """The unit and everything below it."""
        return self.manifest.subtree(self.unit)

    @cached_property
    def view(self) -> Tables:
        """Counts of the unit with its subtree, as one group."""
        return self.tables.of(self.units)

    @property
    def apart(self) -> Tables:
        """Counts of each reporting unit of the subtree, apart."""
        return self.tables.choice(self.units)

    def counts(self, item: str) -> dict[int, int]:
        """Answers per code to one item in the unit with its subtree."""
        return self.tables.counts(item, self.units)

    @property
    def people(self) -> int:
        return int(self.tables.people[self.tables.positions(self.units)].sum())

    @property
    def roster(self) -> Roster:
        return self.manifest.roster_of(self.unit)

    def for_unit(self, code: str) -> Counted:
        """The same survey from another unit. Raises KeyError for one that is not part of it."""
        self.manifest.unit(code)
        return self.whole if code == self.whole.unit else replace(self.whole, unit=code, whole=self.whole)

    @property
    def ancestors(self) -> tuple[Counted, ...]:
        """The units above, nearest first."""
        parents: Mapping[str, str | None] = self.manifest.parents
        found, above = [], parents[self.unit]
        while above is not None:
            found.append(self.for_unit(above))
            above = parents[above]
        return tuple(found)


def counted(dataset: SealedDataset) -> Counted:
    """A dataset, or the view of a unit, counted; the whole survey is counted once however many units are looked at."""
    return _whole(dataset.whole).for_unit(dataset.unit)


@lru_cache(maxsize=32)
def _whole(dataset: SealedDataset) -> Counted:
    return Counted(tabulate(dataset), dataset.manifest, dataset.unit, dataset.sha256, dataset.texts)
