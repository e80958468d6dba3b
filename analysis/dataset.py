"""SealedDataset: the answers of one survey after sealing, immutable, with what is needed to read them.

Coded answers lie in columns of int8; texts lie apart, per item and unit, in an order that follows nothing. What was
fixed at sealing is `manifest`; bytes and back is `parquet`; counting is `tables`; scoring is `scoring`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.manifest import Manifest, UnitNode, total_roster
from analysis.types import Roster
from instruments.model import (
    BANDED_TYPES,
    SCORED_TYPES,
    UNSCORED_CODES,
    Instrument,
    Item,
    ItemType,
    option_column,
)

__all__ = ["NOT_ANSWERED", "Manifest", "SealedDataset", "UnitNode", "build", "total_roster"]

NOT_ANSWERED = -128
"""In memory only; null in Parquet."""

Codes = NDArray[np.int8]
Answer = int | str | tuple[int, ...] | None
Texts = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Text item -> unit -> texts."""


@dataclass(frozen=True, eq=False)
class SealedDataset:
    """Columns x rows of codes, the unit of each row, texts apart; or the view of one unit's subtree (`for_unit`).

    Compared and hashed by identity: two datasets with the same content have the same ``sha256``.
    """

    instrument: Instrument
    manifest: Manifest
    codes: Codes
    """Columns x rows in the order of ``columns``."""
    units: NDArray[np.int16]
    """Of each row: position in ``manifest.units``."""
    texts: Texts = field(default_factory=dict)
    unit: str = ""
    """The unit whose subtree this is; the root for the dataset itself."""
    whole: SealedDataset = field(default=None, repr=False)  # type: ignore[assignment]
    stored_sha256: str = ""
    """Of the Parquet bytes it was read from; empty if it was built in memory."""

    def __post_init__(self) -> None:
        for array in (self.codes, self.units):
            array.setflags(write=False)
        object.__setattr__(self, "unit", self.unit or self.manifest.root)
        object.__setattr__(self, "whole", self.whole or self)

    @property
    def rows(self) -> int:
        return int(self.units.size)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.instrument.columns())

    @cached_property
    def _position(self) -> Mapping[str, int]:
        return {name: position for position, name in enumerate(self.columns)}

    def column(self, name: str) -> Codes:
        """Codes of one column; NOT_ANSWERED, -1 and -2 are no levels. Raises KeyError."""
        found: Codes = self.codes[self._position[name]]
        return found

    def matrix(self, items: Sequence[str]) -> NDArray[np.float64]:
        """Rows x items, reversed keys applied, NaN where there is no scored answer: the ``x`` of the statistics."""
        wanted = [self.instrument.by_code[code] for code in items]
        found = np.full((self.rows, len(wanted)), np.nan)
        for position, item in enumerate(wanted):
            codes = self.column(item.code)
            scored = codes >= 0
            found[scored, position] = keyed(self.instrument, item, codes[scored].astype(float))
        return found

    def unit_codes(self) -> NDArray[np.str_]:
        """Unit of each row, by code."""
        return np.array([unit.code for unit in self.manifest.units])[self.units]

    def for_unit(self, code: str) -> SealedDataset:
        """The view of a unit's subtree, which still knows the whole. Raises KeyError for a unit not in the survey."""
        below = self.manifest.subtree(code)
        positions = [position for position, unit in enumerate(self.manifest.units) if unit.code in set(below)]
        rows = np.isin(self.whole.units, positions)
        texts = {
            item: {unit: texts for unit, texts in by_unit.items() if unit in below}
            for item, by_unit in self.whole.texts.items()
        }
        return replace(
            self.whole,
            codes=self.whole.codes[:, rows],
            units=self.whole.units[rows],
            texts=texts,
            unit=code,
            whole=self.whole,
        )

    @property
    def ancestors(self) -> tuple[SealedDataset, ...]:
        """Views of the units above, nearest first."""
        parents, found = self.manifest.parents, []
        above = parents[self.unit]
        while above is not None:
            found.append(self.for_unit(above))
            above = parents[above]
        return tuple(found)

    @property
    def roster(self) -> Roster:
        return self.manifest.roster_of(self.unit)

    def roster_of(self, unit: str) -> Roster:
        return self.manifest.roster_of(unit)

    @cached_property
    def sha256(self) -> str:
        """Of the Parquet bytes of the whole dataset."""
        if self.whole is not self:
            return self.whole.sha256
        return self.stored_sha256 or hashlib.sha256(self.to_parquet()).hexdigest()

    def to_parquet(self) -> bytes:
        """The whole dataset without its texts; the same dataset always gives the same bytes."""
        from analysis.parquet import written

        return written(self.whole)

    def texts_json(self) -> bytes:
        """The texts, which are kept apart from the coded answers; belongs to ``manifest.comments_sha256``."""
        from analysis.parquet import texts_written

        return texts_written(self.whole.texts)

    @classmethod
    def from_parquet(cls, data: bytes, texts: bytes | None = None) -> SealedDataset:
        """Raises DatasetDamaged for bytes that are no sealed dataset or texts that do not belong to it."""
        from analysis.parquet import read

        return read(data, texts)


def keyed(instrument: Instrument, item: Item, levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Levels in the direction of the dimension: ``low + high - x`` for a reversed item."""
    scale = instrument.scale_of(item)
    return scale.low + scale.high - levels if item.reversed else levels


def build(
    instrument: Instrument,
    rows: Sequence[Mapping[str, Answer]],
    units: Sequence[str],
    *,
    manifest: Manifest,
    texts: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
) -> SealedDataset:
    """The dataset of plain answers (item code -> level, option, options, band or text; missing = not answered).

    Rows keep their order (sealing shuffles them before). Texts, in the rows or given apart, are parted from them and
    ordered by their own hash, which follows neither the rows nor the time.

    Raises: ValueError for an unknown item or unit, or a code that the item does not have.
    """
    from analysis.parquet import texts_written

    if len(rows) != len(units):
        raise ValueError("every row has one unit")
    positions = {unit.code: position for position, unit in enumerate(manifest.units)}
    if strangers := sorted(set(units) - set(positions)):
        raise ValueError(f"units that are not part of the survey: {', '.join(strangers)}")
    columns = {name: np.full(len(rows), NOT_ANSWERED, np.int8) for name in instrument.columns()}
    enter = {item.code: _entry(instrument, item, columns) for item in instrument.items}
    for row, answers in enumerate(rows):
        for code, answer in answers.items():
            if code not in enter:
                raise ValueError(f"the questionnaire has no item {code}")
            if answer is not None:
                enter[code](row, answer)
    apart = _apart(instrument, rows, units, texts or {})
    return SealedDataset(
        instrument=instrument,
        manifest=replace(manifest, rows=len(rows), comments_sha256=hashlib.sha256(texts_written(apart)).hexdigest()),
        codes=np.array(list(columns.values()), np.int8).reshape(len(columns), len(rows)),
        units=np.array([positions[unit] for unit in units], np.int16),
        texts=apart,
    )


def _apart(
    instrument: Instrument,
    rows: Sequence[Mapping[str, Answer]],
    units: Sequence[str],
    more: Mapping[str, Mapping[str, Sequence[str]]],
) -> Texts:
    found = {item: {unit: list(texts) for unit, texts in by_unit.items()} for item, by_unit in more.items()}
    for item in instrument.text_items:
        for answers, unit in zip(rows, units, strict=True):
            if (text := answers.get(item.code)) is not None:
                found.setdefault(item.code, {}).setdefault(unit, []).append(str(text))
    return {
        item: {unit: tuple(sorted(texts, key=scattered)) for unit, texts in sorted(by_unit.items())}
        for item, by_unit in sorted(found.items())
    }


def scattered(text: str) -> bytes:
    """Sorting by this gives texts an order that follows nothing but themselves, and not their alphabet."""
    return hashlib.sha256(text.encode()).digest()


def _entry(instrument: Instrument, item: Item, columns: Mapping[str, Codes]) -> Callable[[int, Answer], None]:
    """How an answer to the item gets into the columns; what the item allows is looked up once, not for every answer."""
    if item.type is ItemType.TEXT:
        return lambda row, answer: None
    if item.type is ItemType.MULTIPLE:
        options = {option.code: columns[option_column(item, option)] for option in item.options}

        def mark(row: int, answer: Answer) -> None:
            chosen = set(answer) if isinstance(answer, tuple | list | set | frozenset) else {answer}
            if strange := chosen - options.keys():
                raise ValueError(f"{item.code} has no option {sorted(strange, key=str)[0]}")
            for code, column in options.items():
                column[row] = code in chosen

        return mark
    if item.type is ItemType.RANKING:
        ranked = {option.code: columns[option_column(item, option)] for option in item.options}

        def place(row: int, answer: Answer) -> None:
            order = list(answer) if isinstance(answer, tuple | list) else [answer]
            if strange := set(order) - ranked.keys():
                raise ValueError(f"{item.code} has no option {sorted(strange, key=str)[0]}")
            for code, column in ranked.items():
                column[row] = order.index(code) + 1 if code in order else 0

        return place
    codes, column = codes_of(instrument, item), columns[item.code]

    def put(row: int, answer: Answer) -> None:
        if not isinstance(answer, int) or answer not in codes:
            raise ValueError(f"{item.code} has no code {answer!r}")
        column[row] = answer

    return put


def codes_of(instrument: Instrument, item: Item) -> frozenset[int]:
    """Codes that may stand in the item's column: levels and unscored codes, options, or bands of a number."""
    if item.type in SCORED_TYPES:
        scale = instrument.scale_of(item)
        return frozenset(scale.codes) | {unscored.code for unscored in scale.unscored}
    if item.type in BANDED_TYPES:
        return frozenset(range(band_count(item))) | set(UNSCORED_CODES)
    return frozenset(option.code for option in item.options) | set(UNSCORED_CODES)


def options_of(instrument: Instrument, item: Item) -> tuple[int, ...]:
    """Options in the order of the questionnaire; bands of a number from low to high."""
    if item.options:
        return tuple(option.code for option in item.options)
    return tuple(sorted(code for code in codes_of(instrument, item) if code >= 0))


def band_count(item: Item) -> int:
    """How many bands a number is sorted into: its own, else at most five over its range (`instruments.bands`)."""
    if item.bands:
        return len(item.bands)
    if item.earliest is not None and item.latest is not None:
        return min(5, item.latest.toordinal() - item.earliest.toordinal() + 1)
    return 0 if item.minimum is None or item.maximum is None else min(5, item.maximum - item.minimum + 1)
