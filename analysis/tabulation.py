"""The one pass over the codes: SealedDataset -> Tables. What the counts are is `tables`; from a file it is `streaming`.

Rows are taken in chunks and sorted by group. Each group's part goes through one product of indicator columns, one for
every level of every item; sums of zeros and ones in float32 are exact up to 2^24 rows, far more than a block has. Sums,
products and tables of pairs follow from it in whole numbers. Everything else is bytes, lookups and counting.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from operator import add

import numpy as np
from numpy.typing import NDArray

from analysis.dataset import NOT_ANSWERED, Codes, SealedDataset, options_of
from analysis.quality import row_flags
from analysis.scales import (
    asked_of_everybody,
    choice_items,
    dimensions_of,
    driver_scale,
    overall_item,
    questionnaire_scale,
)
from analysis.scoring import keyed_level, levels_best_first, satisfied_codes
from analysis.tables import ChoiceCounts, Counts, DimensionCounts, ScaleCounts, Split, Tables, level_columns
from instruments.model import UNSCORED_CODES, Instrument, Item, ItemType, option_column

Positions = NDArray[np.intp]
Mask = NDArray[np.bool_]
CHUNK_ROWS = 500_000
BLOCK_ROWS = 16_384
"""Rows of one product: enough that it is fast, few enough that their indicators take little memory."""
EXACT = 2**24
"""Whole numbers up to here are exact in float32."""


def tabulate(dataset: SealedDataset, groups: NDArray[np.integer] | None = None, names: Sequence[str] = ()) -> Tables:
    """Counts per group; without ``groups`` (a position in ``names`` per row) per reporting unit.

    Whole numbers throughout, so the sum over any parts of the data is bit-identical to the whole.
    """
    if groups is None:
        groups, names = dataset.units, [unit.code for unit in dataset.manifest.units]
    chunks = [slice(start, start + CHUNK_ROWS) for start in range(0, max(dataset.rows, 1), CHUNK_ROWS)]
    return total(count(dataset.instrument, dataset.codes[:, rows], groups[rows], names) for rows in chunks)


def total(parts: Iterable[Tables]) -> Tables:
    """The sum of at least one."""
    return reduce(add, parts)


def count(instrument: Instrument, codes: Codes, groups: NDArray[np.integer], names: Sequence[str]) -> Tables:
    """Tables of some rows: ``codes`` are columns x rows in the order of ``instrument.columns()``."""
    if groups.size and (groups[1:] < groups[:-1]).any():
        order = np.argsort(groups, kind="stable")
        codes, groups = np.take(codes, order, axis=1), groups[order]
    bounds = np.searchsorted(groups, np.arange(len(names) + 1))
    columns = dict(zip(instrument.columns(), codes, strict=True))
    return _Rows(instrument, columns, bounds).tables(tuple(names))


@dataclass(frozen=True, eq=False, slots=True)
class _Answers:
    """Of each row, how many items of a dimension (or which one item) it answered and was satisfied with, as one number:
    ``answered * size + satisfied``."""

    code: NDArray[np.unsignedinteger]
    size: int


@dataclass(frozen=True, eq=False, slots=True)
class _Rows:
    """Some answers in the order of their groups."""

    instrument: Instrument
    columns: Mapping[str, Codes]
    bounds: Positions
    """Where each group begins; last, where the last one ends."""

    def tables(self, names: tuple[str, ...]) -> Tables:
        instrument = self.instrument
        items = tuple(item.code for item in instrument.scored_items)
        dimensions, overall, drivers = dimensions_of(instrument), overall_item(instrument), driver_scale(instrument)
        members = dimensions | ({overall: (overall,)} if overall else {})
        answers = {subject: self.answers(codes) for subject, codes in members.items()}
        pairs = _Pairs.empty(instrument, items, dimensions, len(names))
        pairs.count(self)
        return Tables(
            instrument=instrument,
            groups=names,
            items=items,
            codes=pairs.codes,
            subjects=tuple(members),
            people=np.diff(self.bounds).astype(np.int64),
            levels=self.with_unscored(pairs),
            pair_n=pairs.n,
            pair_sum=pairs.sums,
            pair_product=pairs.products,
            questionnaire=self.complete_cases(questionnaire_scale(instrument)),
            drivers=self.complete_cases(drivers) if drivers else None,
            dimensions={
                code: self.dimension(codes, answers[code], pairs.within[code]) for code, codes in dimensions.items()
            },
            splits={item.code: self.split(item, tuple(answers.values())) for item in instrument.grouping_items},
            choices={item.code: self.choice(item) for item in choice_items(instrument)},
            flags=np.stack([self.per_group(flag) for flag in self.flags(items)], axis=1),
            cross=pairs.cross,
        )

    @property
    def n_groups(self) -> int:
        return self.bounds.size - 1

    def groups(self) -> Iterator[tuple[int, int, int]]:
        """Groups that have rows, and from where to where."""
        for group, (start, end) in enumerate(pairwise(self.bounds.tolist())):
            if end > start:
                yield group, start, end

    def per_group(self, chosen: Mask) -> Counts:
        return np.diff(np.searchsorted(np.flatnonzero(chosen), self.bounds)).astype(np.int64)

    def with_unscored(self, pairs: _Pairs) -> Counts:
        """Answers per code: the levels are counted, here are those without a score."""
        found = pairs.levels
        for position, item in enumerate(pairs.items):
            for code in UNSCORED_CODES:
                chosen = self.columns[item] == code
                if chosen.any():
                    found[:, position, pairs.codes.index(code)] = self.per_group(chosen)
        skipped = pairs.codes.index(NOT_ANSWERED)
        found[:, :, skipped] = np.diff(self.bounds)[:, None] - found.sum(axis=2)
        return found

    def answers(self, items: Sequence[str]) -> _Answers:
        size = len(items) + 1
        code = np.zeros(self.bounds[-1], np.min_scalar_type(size * size))
        for item in items:
            column = self.columns[item]
            code += (column >= 0).view(np.uint8) * code.dtype.type(size)
            for level in satisfied_codes(self.instrument, self.instrument.by_code[item]):
                code += column == level
        return _Answers(code, size)

    def people(self, answers: _Answers, beside: NDArray[np.integer] | None = None, options: int = 1) -> Counts:
        """Groups x options x answered x satisfied; ``beside`` is the position of each row's option."""
        cells = answers.size**2
        code = answers.code if beside is None else beside * cells + answers.code
        found = np.zeros((self.n_groups, options * cells), np.int64)
        for group, start, end in self.groups():
            found[group] = np.bincount(code[start:end], minlength=options * cells)
        return found.reshape(self.n_groups, options, answers.size, answers.size)

    def dimension(self, items: Sequence[str], answers: _Answers, cross: Counts) -> DimensionCounts:
        without = np.ones(self.bounds[-1], bool)
        for item in items:
            without &= (self.columns[item] < 0) & (self.columns[item] != NOT_ANSWERED)
        return DimensionCounts(
            items=tuple(items),
            people=self.people(answers)[:, 0],
            without_opinion=self.per_group(without),
            cross=cross,
            scale=self.complete_cases(asked_of_everybody(self.instrument, tuple(items))),
        )

    def complete_cases(self, items: Sequence[str]) -> ScaleCounts:
        """By blocks so small that no sum leaves what float32 holds exactly."""
        scales = [self.instrument.scale_of(self.instrument.by_code[item]) for item in items]
        largest = max((scale.high for scale in scales), default=1)
        found = np.zeros((self.n_groups, len(items) + 1, len(items) + 1))
        for group, start, end in self.groups():
            for block in _blocks(start, end, min(BLOCK_ROWS, EXACT // max(largest, 1) ** 2)):
                values = self.complete_values(items, block)
                found[group] += values @ values.T
        counts = found.astype(np.int64)
        return ScaleCounts(tuple(items), counts[:, 0, 0], counts[:, 0, 1:], counts[:, 1:, 1:])

    def complete_values(self, items: Sequence[str], block: slice) -> NDArray[np.float32]:
        """A row of ones, then the keyed levels of each item, of the people in the block who answered every item."""
        answered = [self.columns[item][block] for item in items]
        rows = np.flatnonzero(np.logical_and.reduce([column >= 0 for column in answered]))
        values = np.ones((len(items) + 1, rows.size), np.float32)
        for value, item, column in zip(values[1:], items, answered, strict=True):
            value[:] = column[rows]
            if self.instrument.by_code[item].reversed:
                scale = self.instrument.scale_of(self.instrument.by_code[item])
                np.subtract(scale.low + scale.high, value, out=value)
        return values

    def split(self, item: Item, answers: Sequence[_Answers]) -> Split:
        """People without an answer stand behind the last option and are left out."""
        options = options_of(self.instrument, item)
        column = self.columns[item.code]
        position = np.full(column.size, len(options), np.uint16)
        for place, option in enumerate(options):
            position[column == option] = place
        tables = [self.people(subject, position, len(options) + 1)[:, :-1] for subject in answers]
        satisfied = [_mostly_satisfied(table) for table in tables]
        return Split(
            options=options,
            people=np.stack([self.per_group(position == place) for place in range(len(options))], axis=1),
            answered=np.stack([table[:, :, 1:].sum(axis=(2, 3)) for table in tables], axis=2),
            satisfied=np.stack(satisfied, axis=2),
        )

    def choice(self, item: Item) -> ChoiceCounts:
        options = options_of(self.instrument, item)
        if item.type is ItemType.MULTIPLE:
            columns = [self.columns[option_column(item, option)] for option in item.options]
            chosen, answered = [column == 1 for column in columns], columns[0] >= 0
        else:
            column = self.columns[item.code]
            chosen, answered = [column == option for option in options], column >= 0
        return ChoiceCounts(options, self.per_group(answered), np.stack([self.per_group(c) for c in chosen], axis=1))

    def flags(self, items: Sequence[str]) -> Sequence[Mask]:
        best = [levels_best_first(self.instrument, self.instrument.by_code[item])[0] for item in items]
        return row_flags(np.stack([self.columns[item] for item in items]), best)


@dataclass(frozen=True, eq=False, slots=True)
class _Pairs:
    """What follows from the products of indicator columns; filled by `count`."""

    items: tuple[str, ...]
    codes: tuple[int, ...]
    columns: tuple[tuple[str, int], ...]
    """(item, level) of each indicator."""
    item_of: Positions
    code_of: Positions
    sums_of: NDArray[np.float64]
    """2 x items rows: which indicators belong to an item, then what each is worth in the direction of its dimension."""
    parts: Mapping[str, Positions]
    """Dimension -> its indicators."""
    levels: Counts
    n: Counts
    sums: Counts
    products: Counts
    within: Mapping[str, Counts]
    cross: Counts

    @classmethod
    def empty(
        cls, instrument: Instrument, items: tuple[str, ...], dimensions: Mapping[str, Sequence[str]], groups: int
    ) -> _Pairs:
        columns = level_columns(instrument, items)
        levels = sorted({code for scale in instrument.scales.values() for code in scale.codes})
        codes = (*levels, *UNSCORED_CODES, NOT_ANSWERED)
        item_of = np.array([items.index(item) for item, _ in columns])
        worth = [keyed_level(instrument, instrument.by_code[item], level) for item, level in columns]
        belongs = (np.arange(len(items))[:, None] == item_of).astype(float)
        parts = {
            code: np.array([position for position, (item, _) in enumerate(columns) if item in members])
            for code, members in dimensions.items()
        }
        square = (groups, len(items), len(items))
        return cls(
            items=items,
            codes=codes,
            columns=columns,
            item_of=item_of,
            code_of=np.array([codes.index(level) for _, level in columns]),
            sums_of=np.vstack([belongs, belongs * worth]),
            parts=parts,
            levels=np.zeros((groups, len(items), len(codes)), np.int64),
            n=np.zeros(square, np.int64),
            sums=np.zeros(square, np.int64),
            products=np.zeros(square, np.int64),
            within={code: np.zeros((groups, part.size, part.size), np.int64) for code, part in parts.items()},
            cross=np.zeros((len(columns), len(columns)), np.int64),
        )

    def count(self, rows: _Rows) -> None:
        k = len(self.items)
        indicators = np.empty((len(self.columns), BLOCK_ROWS), np.float32)
        for group, start, end in rows.groups():
            found = np.zeros(self.cross.shape)
            for block in _blocks(start, end, BLOCK_ROWS):
                part = indicators[:, : block.stop - block.start]
                for row, (item, level) in zip(part, self.columns, strict=True):
                    np.equal(rows.columns[item][block], level, out=row, casting="unsafe")
                found += part @ part.T
            self.cross[:] += found.astype(np.int64)
            self.levels[group, self.item_of, self.code_of] = found.diagonal()
            of_items = self.sums_of @ (found @ self.sums_of.T)
            self.n[group], self.sums[group], self.products[group] = of_items[:k, :k], of_items[k:, :k], of_items[k:, k:]
            for dimension, positions in self.parts.items():
                self.within[dimension][group] = found[np.ix_(positions, positions)]


def _blocks(start: int, end: int, most: int) -> Iterator[slice]:
    """Rows from start to end in parts of about the same size, none longer than ``most``."""
    parts = -(-(end - start) // most)
    edges = np.linspace(start, end, parts + 1).astype(int).tolist()
    return (slice(*edge) for edge in pairwise(edges))


def _mostly_satisfied(people: Counts) -> Counts:
    """... x answered x satisfied: people satisfied with more than half of what they answered."""
    answered, satisfied = np.indices(people.shape[-2:])
    found: Counts = (people * (2 * satisfied > answered)).sum(axis=(-2, -1))
    return found
