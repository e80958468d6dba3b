"""How rows are handed out so that none stands alone: under which unit, and without which answers about the person.

Sealing has seen to it that every combination of reporting group and grouping answers occurs `SMALLEST` times wherever
the group has that many ballots. Here a row goes under the smallest unit whose result is shown, so that no hidden unit
is named; where the few of a small one would still be known by the answers that sealing took from them, those of others
under the same unit are left out too. Decided over the whole survey: the file of one unit never tells more.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.dataset import NOT_ANSWERED, SealedDataset
from analysis.manifest import Manifest
from instruments.model import Instrument
from instruments.rules import parse, references
from survey_app.errors import RowsRefused
from survey_app.exports.base import Material

SMALLEST = 5
"""Rows of one combination of unit and grouping answers."""
NOTHING_SAID = 0
"""The combination without any answer (`_combinations`)."""

Cells = Mapping[int, Counter[int]]
"""Position of a unit in the manifest -> combination of grouping answers -> rows."""


@dataclass(frozen=True, slots=True, eq=False)
class HandedOut:
    """Of each row of a dataset how it is handed out."""

    groups: NDArray[np.int16]
    """Position in ``manifest.units`` of the unit it goes under."""
    silent: NDArray[np.bool_]
    """Whether its grouping answers are left out."""


def rows_of(material: Material) -> SealedDataset:
    """The rows of the report's unit, fit to be handed out.

    Raises: RowsRefused where the unit is hidden, small, or a combination in it too rare; ValueError for material
    without rows.
    """
    if material.rows is None:
        raise ValueError("material gathered without rows")
    report, dataset = material.report, material.rows.for_unit(material.report.unit)
    if dataset.rows < (least := report.provenance.threshold):
        raise RowsRefused("few", least=least)
    if report.hidden is not None or dataset.unit in dataset.manifest.hidden_units:
        raise RowsRefused("hidden")
    if rarest(dataset) < SMALLEST:
        raise RowsRefused("rare", least=SMALLEST)
    return dataset


def rows_of_unit(material: Material, unit: str) -> SealedDataset:
    """The same for somebody who may have this unit's alone. Raises: RowsRefused, also where it is counted with others
    whose answers the report holds too."""
    if material.report.unit != unit:
        raise RowsRefused("folded")
    return rows_of(material)


def rarest(dataset: SealedDataset) -> int:
    """How often the rarest combination of unit and grouping answers occurs as handed out; 0 without rows."""
    handed = as_handed_out(dataset)
    said = np.where(handed.silent, NOTHING_SAID, _combinations(dataset))
    return min((count for counts in _cells(handed.groups, said).values() for count in counts.values()), default=0)


def named_groups(dataset: SealedDataset) -> NDArray[np.int16]:
    """Of each row the position in ``manifest.units`` of the unit it goes under."""
    return as_handed_out(dataset).groups


def as_handed_out(dataset: SealedDataset) -> HandedOut:
    """Under which unit each row goes, and which say nothing about the person."""
    whole, manifest = dataset.whole, dataset.manifest
    groups = np.array(_shown_units(manifest), np.int16)[whole.units]
    combinations = _combinations(whole)
    silent = np.zeros(whole.rows, np.bool_)
    if not _has_followers(whole.instrument):
        for group, given_up in _given_up(_cells(groups, combinations)).items():
            silent |= (groups == group) & np.isin(combinations, sorted(given_up))
    within = set(manifest.subtree(dataset.unit))
    rows = np.array([unit.code in within for unit in manifest.units])[whole.units]
    return HandedOut(groups[rows], silent[rows])


def _shown_units(manifest: Manifest) -> list[int]:
    """Of each unit the nearest one at or above it whose result is shown; at last the surveyed unit."""
    places = {unit.code: place for place, unit in enumerate(manifest.units)}
    parents = manifest.parents

    def nearest(code: str) -> int:
        while code in manifest.hidden_units and (above := parents[code]) is not None:
            code = above
        return places[code]

    return [nearest(unit.code) for unit in manifest.units]


def _given_up(cells: Cells) -> dict[int, set[int]]:
    """Of each unit the combinations to be left out: rare ones, then the rarest until those who say nothing are none or
    enough."""
    found: dict[int, set[int]] = {}
    for group, counts in cells.items():
        silent = counts[NOTHING_SAID]
        for count, combination in sorted((n, one) for one, n in counts.items() if one != NOTHING_SAID):
            if count >= SMALLEST and not 0 < silent < SMALLEST:
                break
            found.setdefault(group, set()).add(combination)
            silent += count
    return found


def _has_followers(instrument: Instrument) -> bool:
    """Whether a question is asked because of a grouping answer: its own answer would give that one back."""
    grouping = {item.code for item in instrument.grouping_items}
    rules = (item.visible_if for item in instrument.items if item.visible_if is not None)
    return any(not grouping.isdisjoint(references(parse(rule))) for rule in rules)


def _combinations(dataset: SealedDataset) -> NDArray[np.int64]:
    """Of each row one number for all its grouping answers together; NOTHING_SAID without any."""
    found = np.zeros(dataset.rows, np.int64)
    for item in dataset.instrument.grouping_items:
        found = found * 256 + (dataset.column(item.code).astype(np.int64) - NOT_ANSWERED)
    return found


def _cells(groups: NDArray[np.int16], combinations: NDArray[np.int64]) -> Cells:
    found: defaultdict[int, Counter[int]] = defaultdict(Counter)
    kinds, places = np.unique(combinations, return_inverse=True)
    both, counts = np.unique(groups.astype(np.int64) * kinds.size + places, return_counts=True)
    for cell, count in zip(both.tolist(), counts.tolist(), strict=True):
        group, place = divmod(cell, kinds.size)
        found[group][int(kinds[place])] = count
    return found
