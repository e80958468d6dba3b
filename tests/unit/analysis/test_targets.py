"""Objectives: what a committee may say it has reached, and what asking so many people can show at all."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest

from analysis import InsufficientData
from analysis.proportion import hypergeometric_bounds
from analysis.targets import Grade, judge, judge_mean, judge_stratified, needed


@pytest.mark.parametrize(
    ("satisfied", "scored", "grade"),
    [
        (45, 45, Grade.MET_CERTAIN),
        (45, 50, Grade.MET_CERTAIN),
        (44, 50, Grade.MISSED_CERTAIN),
        (30, 36, Grade.MISSED_CERTAIN),
        (36, 42, Grade.MISSED_CERTAIN),
        (44, 45, Grade.MET_CONFIDENT),
        (37, 40, Grade.MET_AT_FACE_VALUE),
        (36, 40, Grade.MET_AT_FACE_VALUE),
        (35, 40, Grade.MISSED_AT_FACE_VALUE),
        (35, 39, Grade.MISSED_AT_FACE_VALUE),
        (23, 28, Grade.MISSED_CONFIDENT),
    ],
)
def test_a_branch_of_fifty_and_ninety_percent(satisfied, scored, grade):
    judgement = judge(satisfied, scored, 50, "0.90")
    assert (judgement.grade, judgement.required) == (grade, 45)
    assert judgement.silent == 50 - scored
    assert judgement.silent_needed == max(0, 45 - satisfied)


def test_the_threshold_is_the_decimal_that_was_written():
    assert judge(7, 10, 10, 0.7).grade is Grade.MET_CERTAIN
    assert judge(29, 100, 100, 0.29).required == 29
    assert judge(57, 100, 100, "0.57").required == 57
    assert judge(2, 3, 3, "2/3").grade is Grade.MET_CERTAIN


def test_a_tail_of_exactly_five_percent_is_confident():
    """One answer from twenty people: if only one were satisfied, it would be drawn once in twenty times."""
    assert comb(1, 1) * comb(19, 0) == Fraction(1, 20) * comb(20, 1)
    assert judge(1, 1, 20, "0.1").grade is Grade.MET_CONFIDENT


def test_bounds_are_the_two_sided_ninety_percent():
    judgement = judge(30, 36, 60, "0.8")
    assert (judgement.lower, judgement.upper) == hypergeometric_bounds(30, 36, 60, confidence=0.9)


def test_an_open_link_allows_face_value_only():
    judgement = judge(100, 100, None, "0.9")
    assert judgement.grade is Grade.MET_AT_FACE_VALUE
    assert {judgement.required, judgement.lower, judgement.upper, judgement.silent, judgement.silent_needed} == {None}
    assert judge(17, 20, None, "0.9").grade is Grade.MISSED_AT_FACE_VALUE


def test_nobody_answered():
    for population in (None, 12):
        with pytest.raises(InsufficientData) as refusal:
            judge(0, 0, population, "0.9")
        assert refusal.value.reason == "empty"


@pytest.mark.parametrize("wrong", [(5, 4, 10), (3, 11, 10), (-1, 4, 10), (1.5, 4, 10)])
def test_counts_that_cannot_be(wrong):
    with pytest.raises(ValueError):
        judge(*wrong, "0.9")


@pytest.mark.parametrize("threshold", ["90", 1.01, -0.1, "much"])
def test_thresholds_that_are_no_share(threshold):
    with pytest.raises(ValueError):
        judge(9, 10, 10, threshold)


def test_a_large_population_is_judged_at_once():
    assert judge(9_300, 10_000, 1_000_000, "0.9").grade is Grade.MET_CONFIDENT
    assert judge(9_010, 10_000, 1_000_000, "0.9").grade is Grade.MET_AT_FACE_VALUE


def test_a_mean_with_everybody_heard_is_certain():
    assert judge_mean([4, 5, 5, 4], 4, "4.5", 1, 5).grade is Grade.MET_CERTAIN
    assert judge_mean([4, 5, 4, 4], 4, "4.5", 1, 5).grade is Grade.MISSED_CERTAIN


def test_thirds_add_up_to_a_whole():
    judgement = judge_mean([1 / 3, 2 / 3, 1.0, 0.1 + 0.2 + 0.3 + 0.4], 4, "0.75", 0, 1)
    assert judgement.grade is Grade.MET_CERTAIN


def test_silent_people_at_the_worst_and_at_the_best():
    assert judge_mean([5] * 19, 20, "4.8", 1, 5).grade is Grade.MET_CERTAIN
    assert judge_mean([3] * 15, 20, "4.8", 1, 5).grade is Grade.MISSED_CERTAIN
    assert judge_mean([5] * 18, 20, "4.8", 1, 5).silent_needed == 1


def test_a_mean_of_many_is_judged_by_its_bound():
    scores = [5, 4] * 40
    judgement = judge_mean(scores, 400, "4.3", 1, 5)
    assert judgement.grade is Grade.MET_CONFIDENT
    assert 4.3 < judgement.lower < 4.5 < judgement.upper
    assert judge_mean(scores, 400, "4.7", 1, 5).grade is Grade.MISSED_CONFIDENT
    assert judge_mean(scores, 400, "4.45", 1, 5).grade is Grade.MET_AT_FACE_VALUE


@pytest.mark.parametrize("scores", [[5] * 30, [5, 4, 5, 4, 5, 4, 5, 4, 5]])
def test_equal_or_few_answers_allow_no_confidence_in_a_mean(scores):
    judgement = judge_mean(scores, 60, "4.2", 1, 5)
    assert judgement.grade is Grade.MET_AT_FACE_VALUE
    assert (judgement.lower, judgement.upper) == (None, None)


def test_scores_outside_their_scale_are_refused():
    with pytest.raises(ValueError):
        judge_mean([1, 6], 2, "4", 1, 5)


def test_what_a_branch_of_fifty_needs():
    plan = needed(50, "0.9", "0.8")
    assert (plan.required, plan.dissent_allowed, plan.expected_answers) == (45, 5, 40)
    assert judge(plan.min_answers, plan.min_answers, 50, "0.9").grade is Grade.MET_CONFIDENT
    assert judge(plan.min_answers - 1, plan.min_answers - 1, 50, "0.9").grade is Grade.MET_AT_FACE_VALUE
    assert judge(plan.satisfied_needed, 40, 50, "0.9").grade is Grade.MET_CONFIDENT
    assert judge(plan.satisfied_needed - 1, 40, 50, "0.9").grade is Grade.MET_AT_FACE_VALUE
    assert plan.provable


def test_a_small_branch_with_few_answers_can_prove_nothing():
    plan = needed(8, "0.9", "0.5")
    assert (plan.required, plan.expected_answers, plan.satisfied_needed, plan.provable) == (8, 4, None, False)
    assert plan.min_answers == 8


def test_branches_that_answered_unequally_weigh_by_their_people():
    """Ninety of a hundred answered in the content branch, ten of three hundred in the discontented one."""
    judgement = judge_stratified([(88, 90, 100), (4, 10, 300)], "0.8")
    assert judgement.grade is Grade.MISSED_CONFIDENT
    assert (judgement.required, judgement.silent) == (320, 300)
    assert judge(93, 100, 400, "0.8").grade is Grade.MET_CONFIDENT


def test_one_stratum_is_judged_like_a_unit():
    assert judge_stratified([(44, 45, 50), (0, 0, 0)], "0.9") == judge(44, 45, 50, "0.9")


def test_strata_fully_heard_are_certain():
    assert judge_stratified([(9, 10, 10), (18, 20, 20)], "0.9").grade is Grade.MET_CERTAIN
    assert judge_stratified([(9, 10, 10), (17, 20, 20)], "0.9").grade is Grade.MISSED_CERTAIN


def test_a_branch_nobody_answered_in_allows_no_confidence():
    heard = [(100, 100, 200), (100, 100, 200)]
    assert judge_stratified(heard, "0.9").grade is Grade.MET_CONFIDENT
    judgement = judge_stratified([*heard, (0, 0, 200)], "0.9")
    assert judgement.grade is Grade.MET_AT_FACE_VALUE
    assert (judgement.lower, judgement.upper) == (200, 600)
    with pytest.raises(InsufficientData):
        judge_stratified([(0, 0, 10), (0, 0, 20)], "0.9")
