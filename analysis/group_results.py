"""Answers split by grouping questions, choices counted, sub-units side by side, comments.

All exact; hiding is `disclosure`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from analysis.dataset import SealedDataset, codes_of, scattered
from analysis.item_results import item_result, rate_of
from analysis.limits import answered_choice, unit_tables
from analysis.scoring import mostly_satisfied
from analysis.tree import ChoiceResult, Comments, GroupCell, GroupColumn, GroupTable, Hidden, Rate, UnitRow
from instruments.model import Item, ItemType, option_column


def group_tables(dataset: SealedDataset) -> tuple[GroupTable, ...]:
    """Per grouping question: who is satisfied with each dimension. People without an answer stand in no column."""
    instrument = dataset.instrument
    flags = {
        dimension.code: mostly_satisfied(dataset, [item.code for item in instrument.items_of(dimension.code)])
        for dimension in instrument.dimensions
        if instrument.items_of(dimension.code)
    }
    return tuple(
        GroupTable(item.code, tuple(_column(dataset, item, option, flags) for option in options_of(dataset, item)))
        for item in instrument.grouping_items
    )


def _column(dataset: SealedDataset, item: Item, option: int, flags: dict[str, NDArray[np.float64]]) -> GroupColumn:
    chosen = dataset.column(item.code) == option
    return GroupColumn(
        option=option,
        n=int(chosen.sum()),
        cells=tuple(_cell(dimension, flag[chosen]) for dimension, flag in flags.items()),
    )


def _cell(dimension: str, flags: NDArray[np.float64]) -> GroupCell:
    answered = flags[~np.isnan(flags)]
    n = int(answered.size)
    return GroupCell(dimension, n, rate_of(int(answered.sum()), n, None) if n else Hidden.TOO_FEW)


def options_of(dataset: SealedDataset, item: Item) -> tuple[int, ...]:
    """Options in the order of the questionnaire; bands of a number from low to high."""
    if item.options:
        return tuple(option.code for option in item.options)
    return tuple(sorted(code for code in codes_of(dataset.instrument, item) if code >= 0))


def choice_results(dataset: SealedDataset) -> tuple[ChoiceResult, ...]:
    """Counts per option of choices and banded numbers that are not grouping questions."""
    return tuple(
        ChoiceResult(item.code, int(answered_choice(dataset, item).sum()), tuple(_option_counts(dataset, item)))
        for item in dataset.instrument.items
        if item.type not in (ItemType.SCALE, ItemType.TEXT) and not item.grouping
    )


def _option_counts(dataset: SealedDataset, item: Item) -> Iterator[int]:
    if item.type is ItemType.MULTIPLE:
        yield from (int((dataset.column(option_column(item, option)) == 1).sum()) for option in item.options)
    else:
        yield from (int((dataset.column(item.code) == option).sum()) for option in options_of(dataset, item))


def comments_of(dataset: SealedDataset) -> tuple[Comments, ...]:
    """Texts of each text item over all units of the view, in the order of their hashes (they follow no row)."""
    found = []
    for item in dataset.instrument.text_items:
        texts = [text for unit in dataset.texts.get(item.code, {}).values() for text in unit]
        found.append(Comments(item.code, len(texts), tuple(sorted(texts, key=scattered))))
    return tuple(found)


def unit_rows(dataset: SealedDataset, overall: str | None) -> tuple[UnitRow, ...]:
    """Direct sub-units with their returns and overall rate."""
    return tuple(
        UnitRow(
            child.code,
            child.name,
            dataset.roster_of(child.code),
            Hidden.TOO_FEW if overall is None else unit_rate(dataset, child.code, overall),
        )
        for child in dataset.manifest.children(dataset.unit)
    )


def unit_rate(dataset: SealedDataset, unit: str, item: str) -> Rate | Hidden:
    """An item's rate in another unit of the same survey."""
    tables = unit_tables(dataset.whole).of(dataset.manifest.subtree(unit))
    roster = dataset.roster_of(unit)
    return item_result(dataset.instrument, dataset.instrument.by_code[item], tables.counts(item), roster).rate
