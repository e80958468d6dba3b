"""The products behind `tabulation`, of rows sorted by group: tables of all pairs of levels, sums over complete cases.

Sums of whole numbers are exact in float32 below 2^24, so blocks are short and their products float32. One product
counts two levels at once: a column says 1 for the first and 4096 for the second, and a block has fewer rows than that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analysis.dataset import NOT_ANSWERED, Codes
from analysis.scoring import keyed_level
from analysis.tables import Counts, ScaleCounts, level_columns
from instruments.model import UNSCORED_CODES, Instrument

Positions = NDArray[np.intp]
Values = NDArray[np.floating]
PACKED_BITS = 12
PACKED = 1 << PACKED_BITS
"""What a row of the second level counts beside one of the first."""
BLOCK_ROWS = PACKED - 1
"""Rows of one product: their counts of two levels stay apart, and both together below `EXACT`."""
CASES = 16_384
"""Rows looked at together for complete cases."""
EXACT = 2**24
"""Whole numbers below are exact in float32."""
LARGE_GROUP = BLOCK_ROWS // 2
"""From so many rows on a group has products of its own; smaller ones share theirs."""
SHARED_BY = 64
"""Small groups in one block: what is kept for each of them until the block is done takes little memory."""
STRIPS = 3
"""The product is symmetric: it is reckoned in so many strips, each only from the diagonal on."""


@dataclass(frozen=True, slots=True)
class Part:
    """Neighbouring rows: of one group, in blocks, or of several small groups, in one block."""

    segments: tuple[tuple[int, slice], ...]
    """Groups and where their rows are."""

    def blocks(self, most: int = BLOCK_ROWS) -> Iterator[slice]:
        """About the same size each, none longer than ``most``."""
        start, end = self.segments[0][1].start, self.segments[-1][1].stop
        edges = np.linspace(start, end, -(-(end - start) // most) + 1).astype(int).tolist()
        return (slice(*edge) for edge in pairwise(edges))

    def segments_of(self, block: slice) -> Iterator[tuple[int, slice]]:
        """Groups of a block, and where their rows are in it."""
        if len(self.segments) == 1:
            yield self.segments[0][0], slice(0, block.stop - block.start)
            return
        for group, rows in self.segments:
            yield group, slice(rows.start - block.start, rows.stop - block.start)


def parts_of(bounds: Positions) -> list[Part]:
    """All rows; group ``g`` has those from ``bounds[g]`` to ``bounds[g + 1]``."""
    found: list[Part] = []
    shared: list[tuple[int, slice]] = []
    for group, (start, end) in enumerate(pairwise(bounds.tolist())):
        if shared and (end - shared[0][1].start > BLOCK_ROWS or len(shared) == SHARED_BY):
            found.append(Part(tuple(shared)))
            shared = []
        if end - start >= LARGE_GROUP:
            if shared:
                found.append(Part(tuple(shared)))
                shared = []
            found.append(Part(((group, slice(start, end)),)))
        elif end > start:
            shared.append((group, slice(start, end)))
    return [*found, Part(tuple(shared))] if shared else found


@dataclass(frozen=True, eq=False, slots=True)
class Scored:
    """Answers to the scored items in the order of their groups."""

    items: tuple[str, ...]
    codes: Codes
    """Items x rows."""
    groups: int
    parts: Sequence[Part]
    turned: Mapping[int, int]
    """Of each reversed item, by its place: what a level and the keyed level are together."""
    exact: type[np.floating]
    """float32 if sums of products of levels over a block are exact in it."""

    @classmethod
    def of(cls, instrument: Instrument, items: tuple[str, ...], codes: Codes, bounds: Positions) -> Scored:
        asked = [instrument.by_code[item] for item in items]
        scales = [instrument.scale_of(item) for item in asked]
        turned = {
            place: scale.low + scale.high
            for place, (item, scale) in enumerate(zip(asked, scales, strict=True))
            if item.reversed
        }
        largest = max((scale.high for scale in scales), default=1)
        exact = np.float32 if CASES * largest**2 < EXACT else np.float64
        return cls(items, codes, bounds.size - 1, parts_of(bounds), turned, exact)

    def keyed(self, places: Positions, codes: Codes) -> Values:
        """A row of ones, then the levels of the items at these places in the direction of their dimensions."""
        found: Values = np.ones((places.size + 1, codes.shape[1]), self.exact)
        found[1:] = codes
        for row, place in zip(found[1:], places.tolist(), strict=True):
            if place in self.turned:
                np.subtract(self.turned[place], row, out=row)
        return found


def complete_cases(answers: Scored, scales: Sequence[Sequence[str]]) -> list[ScaleCounts]:
    """Of every scale, over the people who answered all of its items."""
    positions = [np.array([answers.items.index(item) for item in items], np.intp) for items in scales]
    totals = [np.zeros((answers.groups, places.size + 1, places.size + 1)) for places in positions]
    for part in answers.parts:
        for block in part.blocks(CASES):
            answered = answers.codes[:, block] >= 0
            for places, total in zip(positions, totals, strict=True):
                people = np.flatnonzero(np.logical_and.reduce(answered[places]))
                values = answers.keyed(places, np.take(answers.codes[places, block], people, axis=1))
                for group, rows in part.segments_of(block):
                    own = values[:, slice(*np.searchsorted(people, (rows.start, rows.stop)))]
                    total[group] += own @ own.T
    whole = [total.astype(np.int64) for total in totals]
    return [
        ScaleCounts(tuple(items), total[:, 0, 0], total[:, 0, 1:], total[:, 1:, 1:])
        for items, total in zip(scales, whole, strict=True)
    ]


@dataclass(frozen=True, eq=False, slots=True)
class Pairs:
    """What follows from the products of indicator columns; filled by `count`."""

    items: tuple[str, ...]
    codes: tuple[int, ...]
    item_of: Positions
    level_of: Codes
    """Of each indicator."""
    code_of: Positions
    worth: Counts
    """Of each indicator: its level in the direction of the item's dimension."""
    first: Positions
    """Of each item: its lowest level's indicator."""
    parts: Mapping[str, Positions]
    """Dimension -> its indicators."""
    levels: Counts
    n: Counts
    sums: Counts
    products: Counts
    within: Mapping[str, Counts]
    cross: Counts
    room: NDArray[np.float32]
    """Indicators of one block, and packed in pairs: taken once, filled again and again."""

    @classmethod
    def empty(
        cls, instrument: Instrument, items: tuple[str, ...], dimensions: Mapping[str, Sequence[str]], groups: int
    ) -> Pairs:
        columns = level_columns(instrument, items)
        levels = sorted({level for _, level in columns})
        codes = (*levels, *UNSCORED_CODES, NOT_ANSWERED)
        item_of = np.array([items.index(item) for item, _ in columns], np.intp)
        worth = [keyed_level(instrument, instrument.by_code[item], level) for item, level in columns]
        parts = {
            code: np.array([position for position, (item, _) in enumerate(columns) if item in members])
            for code, members in dimensions.items()
        }
        square = (groups, len(items), len(items))
        return cls(
            items=items,
            codes=codes,
            item_of=item_of,
            level_of=np.array([level for _, level in columns], np.int8),
            code_of=np.array([codes.index(level) for _, level in columns], np.intp),
            worth=np.array(worth, np.int64),
            first=np.searchsorted(item_of, np.arange(len(items))),
            parts=parts,
            levels=np.zeros((groups, len(items), len(codes)), np.int64),
            n=np.zeros(square, np.int64),
            sums=np.zeros(square, np.int64),
            products=np.zeros(square, np.int64),
            within={code: np.zeros((groups, part.size, part.size), np.int64) for code, part in parts.items()},
            cross=np.zeros((len(columns), len(columns)), np.int64),
            room=np.zeros((3, -(-len(columns) // 2), BLOCK_ROWS), np.float32),
        )

    def count(self, answers: Scored) -> None:
        for part in answers.parts:
            found = self.crossed(answers.codes, part)
            self.cross[:] += found
            if len(part.segments) == 1:
                self.add_one(part.segments[0][0], found)
            else:
                self.add_several(answers, part)

    def indicators(self, codes: Codes) -> NDArray[np.float32]:
        """A row for every level of every item, and one of zeros if that makes their number even."""
        found = self.room[:2].reshape(-1, BLOCK_ROWS)[:, : codes.shape[1]]
        found[: self.item_of.size] = codes[self.item_of] == self.level_of[:, None]
        return found

    def crossed(self, codes: Codes, part: Part) -> Counts:
        """Levels x levels over all rows of a part."""
        half = -(-self.item_of.size // 2)
        edges = np.linspace(0, half, STRIPS + 1).astype(int).tolist()
        found = np.zeros((2 * half, half, 2), np.int64)
        for block in part.blocks():
            indicators = self.indicators(codes[:, block])
            packed = np.multiply(indicators[1::2], PACKED, out=self.room[2, :, : indicators.shape[1]])
            packed += indicators[::2]
            for start, end in pairwise(edges):
                sums = (indicators[2 * start :] @ packed[start:end].T).astype(np.int32)
                found[2 * start :, start:end, 0] += sums & (PACKED - 1)
                found[2 * start :, start:end, 1] += sums >> PACKED_BITS
        lower = found.reshape(2 * half, 2 * half)[: self.item_of.size, : self.item_of.size]
        return np.where(np.tri(self.item_of.size, dtype=bool), lower, lower.T)

    def add_one(self, group: int, found: Counts) -> None:
        """The levels x levels of a group, from which all else follows."""
        self.levels[group, self.item_of, self.code_of] = found.diagonal()
        counted, summed = self.of_items(found), self.of_items(found * self.worth[:, None])
        self.n[group], self.sums[group] = self.of_items(counted.T).T, self.of_items(summed.T).T
        self.products[group] = self.of_items((summed * self.worth).T).T
        for dimension, positions in self.parts.items():
            self.within[dimension][group] = found[np.ix_(positions, positions)]

    def of_items(self, found: Counts) -> Counts:
        """Rows of an item's levels added up."""
        added: Counts = np.add.reduceat(found, self.first, axis=0)
        return added

    def add_several(self, answers: Scored, part: Part) -> None:
        """Small groups: what each needs of its own, without the levels x levels of all items."""
        k = len(self.items)
        (block,) = part.blocks()
        codes = answers.codes[:, block]
        indicators = self.indicators(codes)
        values = np.concatenate([answered := codes >= 0, answers.keyed(np.arange(k), codes)[1:] * answered])
        groups = [group for group, _ in part.segments]
        own = {dimension: indicators[positions] for dimension, positions in self.parts.items()}
        for group, rows in part.segments_of(block):
            self.levels[group, self.item_of, self.code_of] = indicators[: self.item_of.size, rows].sum(axis=1)
            for dimension, columns in own.items():
                self.within[dimension][group] = columns[:, rows] @ columns[:, rows].T
        of_items = np.stack([values[:, rows] @ values[:, rows].T for _, rows in part.segments_of(block)])
        self.n[groups], self.sums[groups] = of_items[:, :k, :k], of_items[:, k:, :k]
        self.products[groups] = of_items[:, k:, k:]
