"""What a unit may show so that no figure of another unit follows from it: the tree-wide view of a sealed dataset.

Counts people per unit and asks `pattern`; what is done about it is `disclosure`. The answer depends on the sealed data
alone, so it is the same in every report and for every role.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analysis.dataset import SealedDataset, codes_of
from analysis.pattern import FULL_FROM, Tally, limits, safe_family, subtree_totals
from analysis.scoring import mostly_satisfied, satisfied_codes
from analysis.tables import Tables, tabulate
from analysis.tree import Detail, Hidden, Limits
from instruments.model import Item, ItemType, option_column

PerUnit = Mapping[str, Detail | Hidden]
FEWEST_COMMENTS = 5
FEWEST_RESPONSES_FOR_COMMENTS = 10


def limits_of(dataset: SealedDataset, overall: str | None, threshold: int) -> Limits:
    """Limits of the unit whose view ``dataset`` is."""
    whole, unit = dataset.whole, dataset.unit
    by_item = item_limits(whole, threshold)
    rows = by_item.get(overall, {}) if overall else {}
    return Limits(
        unit=hidden_unit(dataset),
        items={item: found[unit] for item, found in by_item.items()},
        rows={child.code: rows[child.code] for child in whole.manifest.children(unit) if child.code in rows},
        hidden_rows=whole.manifest.hidden_units & {child.code for child in whole.manifest.children(unit)},
        columns=frozenset(column for column, units in _withheld_columns(whole, threshold).items() if unit in units),
        choices=frozenset(item for item, units in _withheld_choices(whole).items() if unit in units),
        comments=frozenset(item for item, units in _withheld_comments(whole, threshold).items() if unit in units),
    )


def hidden_unit(dataset: SealedDataset) -> Hidden | None:
    """Whether and why the pattern fixed at sealing hides the unit of a view."""
    manifest = dataset.manifest
    if dataset.unit not in manifest.hidden_units:
        return None
    return Hidden.TOO_FEW if dataset.rows < manifest.threshold else Hidden.COMPLEMENTARY


@lru_cache(maxsize=32)
def unit_tables(whole: SealedDataset) -> Tables:
    """The counts of a dataset per reporting unit, made once."""
    return tabulate(whole)


@lru_cache(maxsize=32)
def item_limits(whole: SealedDataset, threshold: int) -> Mapping[str, PerUnit]:
    """Scored item -> unit -> the finest detail it may be shown in."""
    tables, manifest = unit_tables(whole), whole.manifest
    found: dict[str, PerUnit] = {}
    for item in whole.instrument.scored_items:
        n = tables.by_group(item.code, whole.instrument.scale_of(item).codes)
        x = tables.by_group(item.code, satisfied_codes(whole.instrument, item))
        own = {unit: (int(n[k]), int(x[k])) for k, unit in enumerate(tables.groups)}
        found[item.code] = limits(own, manifest.parents, manifest.hidden_units, threshold)
    return found


@lru_cache(maxsize=32)
def _withheld_columns(whole: SealedDataset, threshold: int) -> Mapping[tuple[str, int], frozenset[str]]:
    """Column of a group table -> units that must not show it although it is large enough."""
    manifest = whole.manifest
    flags = {
        dimension.code: mostly_satisfied(whole, [item.code for item in whole.instrument.items_of(dimension.code)])
        for dimension in whole.instrument.dimensions
    }
    found: dict[tuple[str, int], frozenset[str]] = {}
    for item in whole.instrument.grouping_items:
        for option in sorted(code for code in codes_of(whole.instrument, item) if code >= 0):
            chosen = whole.column(item.code) == option
            withheld = {
                unit
                for flag in flags.values()
                for unit, limit in limits(
                    _tallies(whole, flag, chosen), manifest.parents, manifest.hidden_units, threshold
                ).items()
                if limit is Hidden.COMPLEMENTARY
            }
            found[item.code, option] = frozenset(withheld)
    return found


def _tallies(whole: SealedDataset, flags: NDArray[np.float64], chosen: NDArray[np.bool_]) -> dict[str, Tally]:
    units = len(whole.manifest.units)
    counted = chosen & ~np.isnan(flags)
    n = np.bincount(whole.units[counted], minlength=units)
    x = np.bincount(whole.units[counted], weights=flags[counted], minlength=units)
    return {unit.code: (int(n[k]), int(x[k])) for k, unit in enumerate(whole.manifest.units)}


@lru_cache(maxsize=32)
def _withheld_choices(whole: SealedDataset) -> Mapping[str, frozenset[str]]:
    """Choice question -> units whose counts per option would give away those of a group below 30."""
    parents = whole.manifest.parents
    found = {}
    for item in whole.instrument.items:
        if item.type in (ItemType.SCALE, ItemType.TEXT) or item.grouping:
            continue
        answered = answered_choice(whole, item)
        own = _tallies(whole, np.zeros(whole.rows), answered)
        totals = subtree_totals(own, parents)
        large = [unit for unit in parents if totals[unit][0] >= FULL_FROM and unit not in whole.manifest.hidden_units]
        shown = safe_family(large, own, parents, lambda tally: tally[0] >= FULL_FROM)
        found[item.code] = frozenset(set(large) - shown)
    return found


@lru_cache(maxsize=32)
def _withheld_comments(whole: SealedDataset, threshold: int) -> Mapping[str, frozenset[str]]:
    """Text question -> units whose comments, less those of other units, would leave those of too few people."""
    manifest, people = whole.manifest, np.bincount(whole.units, minlength=len(whole.manifest.units))
    found = {}
    for item in whole.instrument.text_items:
        texts = whole.texts.get(item.code, {})
        own = {unit.code: (len(texts.get(unit.code, ())), int(people[k])) for k, unit in enumerate(manifest.units)}
        totals = subtree_totals(own, manifest.parents)

        def may_be_read(tally: Tally) -> bool:
            return tally[0] >= FEWEST_COMMENTS and tally[1] >= max(threshold, FEWEST_RESPONSES_FOR_COMMENTS)

        enough = [unit for unit in totals if unit not in manifest.hidden_units and may_be_read(totals[unit])]
        found[item.code] = frozenset(set(totals) - safe_family(enough, own, manifest.parents, may_be_read))
    return found


def answered_choice(dataset: SealedDataset, item: Item) -> NDArray[np.bool_]:
    """Who answered a single or multiple choice or a banded number."""
    name = option_column(item, item.options[0]) if item.type is ItemType.MULTIPLE else item.code
    found: NDArray[np.bool_] = dataset.column(name) >= 0
    return found
