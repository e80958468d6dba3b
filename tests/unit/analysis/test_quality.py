"""Careless answers are flagged, counted and kept; a satisfied person is not called careless."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pytest

from analysis import InsufficientData
from analysis.quality import (
    FLAGS,
    careless,
    longstring,
    mahalanobis,
    non_response,
    row_flags,
    within_person_variability,
)

GAP = np.nan
BEST = [5] * 10


def flagged(*answers: int, top=None) -> set[str]:
    """What a single respondent is flagged with."""
    found = row_flags(np.array([answers], np.int8).T, top or [5] * len(answers))
    return {name for name, flag in zip(FLAGS, found, strict=True) if flag[0]}


def test_somebody_satisfied_with_everything_is_counted_apart_and_not_called_careless():
    assert flagged(*[5] * 10) == {"all_top"}


def test_the_same_middling_answer_to_everything_is_flagged():
    assert flagged(*[3] * 10) == {"long_string", "no_variability"}


def test_a_column_ticked_through_a_reversed_item_is_careless_even_in_the_best_column():
    reversed_fifth = [5, 5, 5, 5, 1, 5, 5, 5, 5, 5]
    assert flagged(*[5] * 10, top=reversed_fifth) == {"long_string", "no_variability"}
    assert flagged(*reversed_fifth, top=reversed_fifth) == {"all_top"}


def test_a_run_counts_from_more_than_half_of_the_items():
    assert flagged(3, 3, 3, 3, 3, 1, 2, 1, 2, 1) == set()
    assert flagged(3, 3, 3, 3, 3, 3, 2, 1, 2, 1) == {"long_string"}


def test_a_long_run_at_the_top_is_legitimate_too_when_something_else_follows():
    assert flagged(5, 5, 5, 5, 5, 5, 5, 4, 2, 3) == set()
    assert flagged(2, 3, 4, 5, 5, 5, 5, 5, 5, 5) == set()


def test_no_opinion_and_skipped_items_neither_break_nor_extend_a_run():
    assert flagged(3, 3, -1, 3, 3, -2, 3, -128, 3, 1) == {"long_string"}
    assert flagged(3, 3, -1, 3, 3, -2, -128, -128, 3, 1) == set()


def test_few_equal_answers_say_nothing():
    assert flagged(3, 3, 3, 3, 3, 3, 3, -1, -1, -1) == {"long_string"}
    assert flagged(*[3] * 7, top=[5] * 7) == {"long_string"}
    assert flagged(*[3] * 8, top=[5] * 8) == {"long_string", "no_variability"}


def test_who_answered_nothing_is_not_flagged():
    assert flagged(*[-128] * 10) == set()


def test_a_questionnaire_of_hundreds_of_items_is_counted_right():
    assert flagged(*[3] * 600) == {"long_string", "no_variability"}
    assert flagged(*[3, 4] * 300) == set()


def told(answers, top) -> tuple[bool, bool, bool]:
    """The rules in words, one respondent at a time."""
    scored = [(code, code == best) for code, best in zip(answers, top, strict=True) if code >= 0]
    runs = [list(run) for _, run in groupby(scored, key=lambda answer: answer[0])]
    at_top = all(best for _, best in scored)
    return (
        any(2 * len(run) > len(answers) and not all(best for _, best in run) for run in runs),
        len(runs) == 1 and len(scored) >= 8 and not at_top,
        bool(scored) and at_top,
    )


def test_many_rows_are_flagged_as_each_of_them_alone():
    rng = np.random.default_rng(3)
    top = np.array([5, 5, 1, 5, 4, 5, 1, 5, 5, 5, 5])
    codes = rng.choice([3, 4, 5], (11, 600), p=[0.1, 0.2, 0.7])
    codes[:, :40] = np.where(rng.random((11, 40)) < 0.9, top[:, None], 3)
    codes[:, 40:80] = 4
    codes[rng.random(codes.shape) < 0.1] = -1
    codes = np.tile(codes, 70).astype(np.int8)
    found = np.array(row_flags(codes, list(top)))
    expected = np.array([told(row, top) for row in codes[:, :600].T]).T
    assert expected.any(axis=1).all()
    assert (found == np.tile(expected, 70)).all()


def test_every_item_has_its_best_level():
    with pytest.raises(ValueError, match="best level"):
        row_flags(np.zeros((3, 2), np.int8), [5, 5])


def test_flags_are_counted_and_nobody_is_left_out():
    rng = np.random.default_rng(1)
    x = 1.0 + rng.integers(1, 5, (200, 10)).cumsum(axis=1) % 5
    x[0], x[1], x[2, 3:] = 5, 3, GAP
    found = careless(x, BEST)
    assert found.counts == {
        "long_string": 1,
        "no_variability": 1,
        "all_top": 1,
        "outlier": int(mahalanobis(x).flagged.sum()),
    }
    assert found.all_top[0] and found.long_string[1]
    assert found.outlier is not None and found.outlier.size == found.long_string.size == 200
    assert not found.reasons


def test_where_distances_do_not_exist_the_other_flags_still_do():
    found = careless([[3.0] * 10, [5.0] * 10], BEST)
    assert found.outlier is None
    assert found.reasons == {"outlier": "too_few_rows"}
    assert found.counts == {"long_string": 1, "no_variability": 1, "all_top": 1}


@pytest.mark.parametrize("strange", [2.5, -1.0, 128.0])
def test_only_codes_can_be_looked_at(strange):
    with pytest.raises(ValueError, match="codes from 0 to 127"):
        careless([[strange, 3.0]], [5, 5])


def test_longest_and_average_run_pass_over_gaps():
    found = longstring([[1, 1, 2, 2, 2, 1], [4, GAP, 4, 4, GAP, 1], [GAP] * 6])
    assert list(found.longest) == [3, 3, 0]
    assert list(found.average) == [2.0, 2.0, 0.0]
    assert list(found.known) == [True, True, False]


def test_variability_within_a_person_is_the_sd_of_what_was_answered():
    found = within_person_variability([[1, 2, 3, GAP], [0.1, 0.1, 0.1, 0.1], [4, GAP, GAP, GAP], [GAP] * 4])
    assert list(found.sd) == [1.0, 0.0, 0.0, 0.0]
    assert list(found.known) == [True, True, False, False]


def test_distances_agree_with_the_formula_and_add_up():
    rng = np.random.default_rng(5)
    x = rng.multivariate_normal([3, 4, 5], [[1, 0.6, 0.2], [0.6, 2, 0.1], [0.2, 0.1, 0.5]], 80)
    x[7, 1] = GAP
    found = mahalanobis(x)
    complete = np.delete(x, 7, axis=0)
    centred = complete - complete.mean(axis=0)
    by_hand = (centred * np.linalg.solve(np.cov(complete.T), centred.T).T).sum(axis=1)
    assert np.delete(found.distances, 7) == pytest.approx(by_hand, rel=1e-10)
    assert found.distances.sum() == pytest.approx(3 * (79 - 1), rel=1e-12)
    assert not found.known[7] and not found.flagged[7] and found.p[7] == 1
    reversed_too = x * [1, -1, 1] + [0, 6, 0]
    assert mahalanobis(reversed_too).distances == pytest.approx(found.distances, rel=1e-9)


def test_the_p_of_a_distance_is_that_of_chi_square():
    x = np.random.default_rng(2).normal(size=(50, 2))
    found = mahalanobis(x)
    assert found.p == pytest.approx(np.exp(-found.distances / 2), rel=1e-12)


def test_somebody_unlike_all_others_is_an_outlier():
    rng = np.random.default_rng(8)
    general = rng.normal(size=(300, 1))
    x = np.clip(np.rint(3 + general + 0.3 * rng.normal(size=(300, 6))), 1, 5)
    x[0] = [5, 1, 5, 1, 5, 1]
    found = mahalanobis(x)
    assert found.flagged[0]
    assert found.distances.argmax() == 0


@pytest.mark.parametrize(
    ("x", "reason"),
    [
        (np.empty((0, 3)), "empty"),
        (np.empty((3, 0)), "too_few_items"),
        ([[1, 2], [2, 1]], "too_few_rows"),
        ([[1, 2], [1, 3], [1, 5]], "constant_item"),
        ([[1, 2], [2, 4], [3, 6], [4, 8]], "singular"),
    ],
)
def test_distances_are_refused_where_they_do_not_exist(x, reason):
    with pytest.raises(InsufficientData) as refused:
        mahalanobis(x)
    assert refused.value.reason == reason


def test_an_impossible_level_is_an_error():
    with pytest.raises(ValueError, match="alpha"):
        mahalanobis([[1, 2], [2, 1], [3, 5]], alpha=0)


def test_skipped_answers_are_told_per_item_and_per_person():
    found = non_response([[1, GAP, 3, GAP], [1, 2, 3, GAP]])
    assert list(found.items) == [0, 0.5, 0, 1]
    assert list(found.people) == [0.5, 0.25]
    assert found.overall == 3 / 8
    with pytest.raises(InsufficientData, match="empty"):
        non_response([])
