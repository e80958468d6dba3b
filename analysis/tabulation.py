"""The one pass over the codes: SealedDataset -> Tables. What the counts are is `tables`; from a file it is `streaming`.

Rows are taken in chunks and sorted by group. Pairs of items and complete cases come from `products`; everything else is
bytes, lookups and counting.
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
from analysis.products import Pairs, Positions, Scored, complete_cases
from analysis.quality import failed_attention, row_flags
from analysis.scales import (
    asked_of_everybody,
    choice_items,
    dimensions_of,
    driver_scale,
    overall_item,
    questionnaire_scale,
)
from analysis.scoring import full_points, levels_best_first, points_of, satisfied_codes
from analysis.tables import ChoiceCounts, Counts, DimensionCounts, ScaleCounts, Split, Tables
from instruments.model import UNSCORED_CODES, Instrument, Item, ItemType, option_column

Mask = NDArray[np.bool_]
CHUNK_ROWS = 500_000


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
    """Tables of some rows: ``codes`` are columns x rows in the order of ``instrument.columns()``.

    Raises: ValueError for a code that its item does not have.
    """
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
        scored = Scored.of(instrument, items, self.matrix(items), self.bounds)
        pairs = Pairs.empty(instrument, items, dimensions, len(names))
        pairs.count(scored)
        within = [asked_of_everybody(instrument, codes) for codes in dimensions.values()]
        best = [levels_best_first(instrument, instrument.by_code[item])[0] for item in items]
        whole, driving, *scales = complete_cases(scored, [questionnaire_scale(instrument), drivers or (), *within])
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
            questionnaire=whole,
            drivers=driving if drivers else None,
            dimensions={
                code: self.dimension(codes, answers[code], pairs.within[code], scale)
                for (code, codes), scale in zip(dimensions.items(), scales, strict=True)
            },
            splits={item.code: self.split(item, tuple(answers.values())) for item in instrument.grouping_items},
            choices={item.code: self.choice(item) for item in choice_items(instrument)},
            flags=np.stack([self.per_group(f) for f in (*row_flags(scored.codes, best), self.inattentive())], axis=1),
            cross=pairs.cross,
        )

    def matrix(self, items: Sequence[str]) -> Codes:
        """Items x rows."""
        return np.array([self.columns[item] for item in items], np.int8).reshape(len(items), self.bounds[-1])

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

    def with_unscored(self, pairs: Pairs) -> Counts:
        """Answers per code: the levels are counted, here are those without a score."""
        found = pairs.levels
        for position, item in enumerate(pairs.items):
            for code in UNSCORED_CODES:
                chosen = self.columns[item] == code
                if chosen.any():
                    found[:, position, pairs.codes.index(code)] = self.per_group(chosen)
        skipped = pairs.codes.index(NOT_ANSWERED)
        found[:, :, skipped] = np.diff(self.bounds)[:, None] - found.sum(axis=2)
        for item, count in zip(pairs.items, found[:, :, skipped].sum(axis=0), strict=True):
            if count != np.count_nonzero(self.columns[item] == NOT_ANSWERED):
                raise _unknown_code(item)
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

    def inattentive(self) -> Mask:
        checks = self.instrument.attention_items
        if not checks:
            return np.zeros(self.bounds[-1], bool)
        columns = [self.chosen(item.code, self.instrument.scale_of(item).codes) for item in checks]
        return failed_attention(columns, [item.attention or 0 for item in checks], not_answered=NOT_ANSWERED)

    def people(self, answers: _Answers, beside: NDArray[np.integer] | None = None, options: int = 1) -> Counts:
        """Groups x options x answered x satisfied; ``beside`` is the position of each row's option."""
        cells = answers.size**2
        code = answers.code if beside is None else beside * cells + answers.code
        found = np.zeros((self.n_groups, options * cells), np.int64)
        for group, start, end in self.groups():
            found[group] = np.bincount(code[start:end], minlength=options * cells)
        return found.reshape(self.n_groups, options, answers.size, answers.size)

    def dimension(self, items: Sequence[str], answers: _Answers, cross: Counts, scale: ScaleCounts) -> DimensionCounts:
        without = np.ones(self.bounds[-1], bool)
        for item in items:
            without &= (self.columns[item] < 0) & (self.columns[item] != NOT_ANSWERED)
        return DimensionCounts(
            items=tuple(items),
            people=self.people(answers)[:, 0],
            scores=self.scores(items),
            without_opinion=self.per_group(without),
            cross=cross,
            scale=scale,
        )

    def scores(self, items: Sequence[str]) -> Counts:
        """Groups x answered x points; answered and points of a row are added up as one number."""
        full, size = full_points(self.instrument, items), len(items) + 1
        width = len(items) * full + 1
        code = np.zeros(self.bounds[-1], np.min_scalar_type(size * width))
        for item in items:
            asked = self.instrument.by_code[item]
            worth = np.zeros(256, code.dtype)  # of every byte; a code without a score is worth nothing
            for level in self.instrument.scale_of(asked).codes:
                worth[level] = width + points_of(self.instrument, asked, level, full)
            code += worth[self.columns[item].view(np.uint8)]
        found = np.zeros((self.n_groups, size * width), np.int64)
        for group, start, end in self.groups():
            found[group] = np.bincount(code[start:end], minlength=size * width)
        return found.reshape(self.n_groups, size, width)

    def split(self, item: Item, answers: Sequence[_Answers]) -> Split:
        """People without an answer stand behind the last option and are left out."""
        options = options_of(self.instrument, item)
        column = self.chosen(item.code, options)
        position = np.full(column.size, len(options), np.int32)
        for place, option in enumerate(options):
            position[column == option] = place
        tables = [self.people(subject, position, len(options) + 1)[:, :-1] for subject in answers]
        people = np.stack([self.per_group(position == place) for place in range(len(options))], axis=1)
        nothing = np.zeros((*people.shape, 0), np.int64)  # where nothing is scored
        return Split(
            options=options,
            people=people,
            answered=np.stack([table[:, :, 1:].sum(axis=(2, 3)) for table in tables], axis=2) if tables else nothing,
            satisfied=np.stack([mostly_satisfied(table) for table in tables], axis=2) if tables else nothing,
        )

    def choice(self, item: Item) -> ChoiceCounts:
        options = options_of(self.instrument, item)
        if item.type is ItemType.MULTIPLE:
            columns = [self.chosen(option_column(item, option), (0, 1)) for option in item.options]
            chosen, answered = [column == 1 for column in columns], columns[0] >= 0
        elif item.type is ItemType.RANKING:  # what was put first
            places = tuple(range(len(item.options) + 1))
            columns = [self.chosen(option_column(item, option), places) for option in item.options]
            chosen, answered = [column == 1 for column in columns], columns[0] >= 0
        else:
            column = self.chosen(item.code, options)
            chosen, answered = [column == option for option in options], column >= 0
        return ChoiceCounts(options, self.per_group(answered), np.stack([self.per_group(c) for c in chosen], axis=1))

    def chosen(self, name: str, options: Sequence[int]) -> Codes:
        """A column that holds nothing but these options, or no answer."""
        column = self.columns[name]
        if not np.isin(column, [*options, *UNSCORED_CODES, NOT_ANSWERED]).all():
            raise _unknown_code(name)
        return column


def _unknown_code(name: str) -> ValueError:
    return ValueError(f"{name} holds a code that the questionnaire does not have")


def mostly_satisfied(people: Counts) -> Counts:
    """... x answered x satisfied: people satisfied with more than half of what they answered."""
    answered, satisfied = np.indices(people.shape[-2:])
    found: Counts = (people * (2 * satisfied > answered)).sum(axis=(-2, -1))
    return found
