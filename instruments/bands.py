"""Bands of number and date items: the value itself is sorted into a band at sealing and not kept.

A date counts as its day number (`date.toordinal`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from datetime import date

from instruments.conditions import Answer
from instruments.model import BANDED_TYPES, Instrument, Item

DEFAULT_BANDS = 5


def band_edges(item: Item) -> tuple[int, ...]:
    """Lower edges of the bands; without edges of its own an item has up to five of equal width.

    Raises ValueError for an item without minimum and maximum.
    """
    low, high = limits(item)
    if item.bands:
        return item.bands
    values = high - low + 1
    count = min(DEFAULT_BANDS, values)
    return tuple(low + values * position // count for position in range(count))


def band_ranges(item: Item) -> tuple[tuple[int, int], ...]:
    """First and last number of each band, by band code; what labels are made of."""
    edges, (_, high) = band_edges(item), limits(item)
    return tuple(zip(edges, (*(edge - 1 for edge in edges[1:]), high), strict=True))


def band_of(item: Item, value: int) -> int:
    """Code of the band a number falls into, from 0. Raises ValueError outside the item's limits."""
    low, high = limits(item)
    if not low <= value <= high:
        raise ValueError(f"{item.code}: {value} is outside {low} to {high}")
    return bisect_right(band_edges(item), value) - 1


def limits(item: Item) -> tuple[int, int]:
    """Raises ValueError for an item without limits."""
    if item.earliest is not None and item.latest is not None:
        return item.earliest.toordinal(), item.latest.toordinal()
    if item.minimum is None or item.maximum is None:
        raise ValueError(f"{item.code} has no minimum and maximum")
    return item.minimum, item.maximum


def banded(instrument: Instrument, row: Mapping[str, Answer]) -> dict[str, Answer]:
    """The row with every free number and day replaced by its band."""
    bands = {item.code: band_of(item, value) for item in instrument.items if (value := _number(item, row)) is not None}
    return {**row, **bands}


def _number(item: Item, row: Mapping[str, Answer]) -> int | None:
    """The number of a banded item, of a day its ordinal; None for other items and where nothing was said."""
    value = row.get(item.code)
    if item.type not in BANDED_TYPES or value is None or isinstance(value, tuple):
        return None
    return date.fromisoformat(value).toordinal() if isinstance(value, str) else value
