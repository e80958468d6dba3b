"""Sealed answers as plain rows: what each column is called and means, and the rows in batches of codes.

Every format made of single answers builds on this; who may have rows, and under which unit each is handed out, is
`row_groups`. Texts never go with rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

import numpy as np
from flask_babel import gettext as _
from numpy.typing import NDArray

from analysis.dataset import NOT_ANSWERED, SealedDataset
from instruments.model import DONT_KNOW, NOT_APPLICABLE, SCORED_TYPES, Instrument, Item, ItemType, option_column
from survey_app.exports.row_groups import as_handed_out, named_groups
from survey_app.wording.names import Names

__all__ = ["GROUP_COLUMN", "NOT_ANSWERED", "ColumnKind", "RowColumn", "in_pieces", "row_batches", "row_columns"]

GROUP_COLUMN = "unit.code"
"""Of no questionnaire: codes of items have no point, and after one in columns of options there is a number."""
NOTHING: Mapping[int, str] = MappingProxyType({})
PIECE = 1 << 20
"""Bytes of a piece of a file, about."""


class ColumnKind(StrEnum):
    GROUP = "group"
    """The unit under which a row is handed out: ``levels`` are the codes of units."""
    SCALE = "scale"
    """A level; ordered."""
    CHOICE = "choice"
    """One option of several, or a band of a number or day."""
    CHOSEN = "chosen"
    """Whether one option of a multiple choice was chosen."""
    PLACE = "place"
    """The place of one option of a ranking; 0 for none."""


@dataclass(frozen=True, slots=True)
class RowColumn:
    """One column: codes in the rows are keys of ``levels`` or ``missing``, or NOT_ANSWERED."""

    name: str
    label: str
    """What was asked; of an option also which."""
    levels: Mapping[int, str]
    """Code -> word, best level first where the scale says so."""
    missing: Mapping[int, str]
    """Codes that are an answer and never scored: -1 and -2, with their words."""
    kind: ColumnKind
    item: str = ""
    """Code of the question; empty for the group."""
    units: Mapping[int, str] = field(default_factory=dict)
    """Of the group: the same keys as ``levels`` -> name of the unit."""


def row_columns(dataset: SealedDataset, language: str = "zh_Hans") -> tuple[RowColumn, ...]:
    """The group first, then the columns of the dataset in the order of the questionnaire.

    Words follow ``language``; those of the application the current locale.
    """
    names = Names(dataset.instrument, language)
    return (_group(dataset), *(column for item in dataset.instrument.items for column in _columns_of(item, names)))


def row_batches(dataset: SealedDataset, size: int = 10_000) -> Iterator[NDArray[np.int16]]:
    """Rows x columns of codes in the order of `row_columns`, at most ``size`` rows at once."""
    handed = as_handed_out(dataset)
    asked = [1 + dataset.columns.index(item.code) for item in dataset.instrument.grouping_items]
    for start in range(0, dataset.rows, size):
        rows = slice(start, start + size)
        batch = np.empty((len(handed.groups[rows]), 1 + len(dataset.columns)), np.int16)
        batch[:, 0] = handed.groups[rows]
        batch[:, 1:] = dataset.codes[:, rows].T
        for place in asked:
            batch[handed.silent[rows], place] = NOT_ANSWERED
        yield batch


def in_pieces(parts: Iterable[bytes], size: int = PIECE) -> Iterator[bytes]:
    """The same bytes in pieces of at least ``size``, the last one aside."""
    kept: list[bytes] = []
    length = 0
    for part in parts:
        kept.append(part)
        length += len(part)
        if length >= size:
            yield b"".join(kept)
            kept, length = [], 0
    if length:
        yield b"".join(kept)


def _group(dataset: SealedDataset) -> RowColumn:
    units = dataset.manifest.units
    found = {place: units[place] for place in np.unique(named_groups(dataset)).tolist()}
    return RowColumn(
        name=GROUP_COLUMN,
        label=_("Unit"),
        levels={place: unit.code for place, unit in found.items()},
        missing=NOTHING,
        kind=ColumnKind.GROUP,
        units={place: unit.name for place, unit in found.items()},
    )


def _columns_of(item: Item, names: Names) -> Iterator[RowColumn]:
    question = names.question(item.code)
    if item.type in (ItemType.MULTIPLE, ItemType.RANKING):
        for option in item.options:
            label = _("%(question)s: %(answer)s", question=question, answer=names.option(item.code, option.code))
            yield RowColumn(option_column(item, option), label, *_marks(item), item=item.code)
    elif item.type in SCORED_TYPES:
        levels, unscored = _levels(names.instrument, item, names.language)
        yield RowColumn(item.code, question, levels, unscored, ColumnKind.SCALE, item.code)
    elif item.type is not ItemType.TEXT:
        words = names.options(item.code)
        codes = [option.code for option in item.options] or range(len(words))
        unscored = {DONT_KNOW: _("Don't know"), NOT_APPLICABLE: _("Not applicable")}
        yield RowColumn(
            item.code, question, dict(zip(codes, words, strict=True)), unscored, ColumnKind.CHOICE, item.code
        )


def _levels(instrument: Instrument, item: Item, language: str) -> tuple[dict[int, str], dict[int, str]]:
    scale = instrument.scale_of(item)
    levels = {level.code: level.label.in_language(language) for level in scale.levels}
    return levels, {extra.code: extra.label.in_language(language) for extra in scale.unscored}


def _marks(item: Item) -> tuple[dict[int, str], Mapping[int, str], ColumnKind]:
    if item.type is ItemType.MULTIPLE:
        return {1: _("Chosen"), 0: _("Not chosen")}, NOTHING, ColumnKind.CHOSEN
    places = range(1, (item.places or len(item.options)) + 1)
    words = {place: _("Place %(place)s", place=place) for place in places}
    return {**words, 0: _("No place")}, NOTHING, ColumnKind.PLACE
