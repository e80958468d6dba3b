"""Numbers are kept as bands only."""

from __future__ import annotations

import pytest

from instruments.bands import band_edges, band_of, band_ranges
from instruments.model import Item, ItemType, Translation


def number(minimum: int | None, maximum: int | None, bands: tuple[int, ...] = ()) -> Item:
    text = Translation(zh_Hans="参加活动的次数")
    return Item(code="meetings", type=ItemType.NUMBER, text=text, minimum=minimum, maximum=maximum, bands=bands)


def test_without_bands_of_its_own_a_number_falls_into_five_of_equal_width():
    item = number(0, 99)
    assert band_ranges(item) == ((0, 19), (20, 39), (40, 59), (60, 79), (80, 99))
    assert [band_of(item, value) for value in (0, 19, 20, 99)] == [0, 0, 1, 4]


def test_a_short_range_has_a_band_per_number():
    assert band_edges(number(1, 3)) == (1, 2, 3)


def test_named_edges_are_taken_as_they_are():
    item = number(0, 20, (0, 1, 6))
    assert band_ranges(item) == ((0, 0), (1, 5), (6, 20))
    assert [band_of(item, value) for value in (0, 1, 5, 6, 20)] == [0, 1, 1, 2, 2]


@pytest.mark.parametrize("value", [-1, 21])
def test_a_number_outside_the_limits_has_no_band(value):
    with pytest.raises(ValueError, match="outside 0 to 20"):
        band_of(number(0, 20), value)


def test_a_number_without_limits_has_no_bands():
    with pytest.raises(ValueError, match="no minimum and maximum"):
        band_edges(number(None, 20))
