"""Texts of a group stand under its own unit only where enough people answered and wrote; else further up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from analysis.text_holders import text_holders

PARENTS = {"top": None, "a": "top", "b": "top", "c": "b", "d": "b"}


def test_a_group_with_enough_people_and_texts_keeps_its_own():
    assert text_holders({"a": 5, "b": 6}, {"a": 10, "b": 12}, PARENTS) == {"a": "a", "b": "b"}


def test_nine_people_or_four_texts_go_up_and_take_a_neighbour_with_them():
    few_texts = text_holders({"a": 4, "b": 6}, {"a": 12, "b": 12}, PARENTS)
    few_people = text_holders({"a": 9, "b": 6}, {"a": 9, "b": 12}, PARENTS)
    assert few_texts == few_people == {"a": "top", "b": "top"}, "four texts alone under the top would be those of a"


def test_the_nearest_unit_with_enough_takes_them():
    assert text_holders({"a": 6, "c": 3, "d": 3}, {"a": 12, "c": 6, "d": 7}, PARENTS) == {"a": "a", "c": "b", "d": "b"}


def test_too_few_of_all_are_held_by_nobody():
    assert text_holders({"a": 4}, {"a": 40}, PARENTS) == {}
    assert text_holders({"a": 9}, {"a": 9}, PARENTS) == {}


def test_a_survey_with_a_higher_threshold_needs_as_many_and_a_lower_one_still_ten():
    assert text_holders({"a": 9}, {"a": 14}, PARENTS, threshold=15) == {}
    assert text_holders({"a": 9}, {"a": 9}, PARENTS, threshold=5) == {}


@given(st.dictionaries(st.sampled_from(sorted(PARENTS)), st.tuples(st.integers(0, 12), st.integers(0, 30))))
def test_what_stands_under_a_unit_is_never_less_than_five_texts_of_ten_people(groups: dict[str, tuple[int, int]]):
    people = {unit: max(counts) for unit, counts in groups.items()}
    texts = {unit: min(counts) for unit, counts in groups.items()}
    holders = text_holders(texts, people, PARENTS)
    written = {unit for unit, count in texts.items() if count}
    assert set(holders) in (set(), written), "all of a round are read, or none"
    for holder in set(holders.values()):
        below = [unit for unit, found in holders.items() if found == holder]
        assert sum(texts[unit] for unit in below) >= 5
        covered = [unit for unit in people if _shown_above(unit, set(holders.values())) == holder]
        assert sum(people[unit] for unit in covered) >= 10


def _shown_above(unit: str | None, shown: set[str]) -> str | None:
    while unit is not None and unit not in shown:
        unit = PARENTS[unit]
    return unit
