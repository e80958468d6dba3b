"""Rare combinations of grouping answers: after sealing nobody stands alone."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from survey_app.services.rarity import SMALLEST, too_fine, without_rare
from tests.unit.app.small_questionnaire import small_questionnaire

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["education", "finance"]),
        st.tuples(*[st.sampled_from([None, 1, 2, 3])] * 3),
    ),
    max_size=70,
)


@settings(max_examples=60)
@given(ROWS)
def test_every_combination_left_in_a_group_occurs_five_times(rows):
    groups = [group for group, _ in rows]
    kept = without_rare(groups, [combination for _, combination in rows])
    sizes = Counter(groups)
    for (group, combination), count in Counter(zip(groups, kept, strict=True)).items():
        assert count >= SMALLEST or (sizes[group] < SMALLEST and set(combination) == {None})


@settings(max_examples=60)
@given(ROWS)
def test_answers_are_only_taken_away_never_changed(rows):
    combinations = [combination for _, combination in rows]
    kept = without_rare([group for group, _ in rows], combinations)
    for before, after in zip(combinations, kept, strict=True):
        assert all(new in (None, old) for old, new in zip(before, after, strict=True))


def test_frequent_combinations_stay_whole():
    combinations = [(1, 2)] * 5 + [(2, 1)] * 6
    assert without_rare(["education"] * 11, combinations) == combinations


def test_the_last_question_is_given_up_first():
    combinations = [(1, 1)] * 5 + [(1, 2)] * 2 + [(1, 3)] * 3
    assert without_rare(["education"] * 10, combinations) == [(1, 1)] * 5 + [(1, None)] * 5


def test_two_people_left_without_an_answer_are_joined_by_the_next_rarest():
    combinations = [(1,)] * 9 + [(2,)] * 6 + [(3,)] * 2
    assert without_rare(["education"] * 17, combinations) == [(1,)] * 9 + [(None,)] * 8


def test_without_grouping_questions_or_ballots_there_is_nothing_to_do():
    assert without_rare([], []) == []
    assert without_rare(["education"], [()]) == [()]


def test_a_grouping_question_with_more_answers_than_a_tenth_of_the_people_is_named():
    instrument = small_questionnaire()
    (age,) = instrument.grouping_items
    assert too_fine(instrument, 10 * len(age.options)) == []
    assert too_fine(instrument, 10 * len(age.options) - 1) == [age]
