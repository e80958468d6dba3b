"""What must hold of the statistics for all data, not only for R's examples."""

from __future__ import annotations

import math
import warnings
from dataclasses import fields, is_dataclass
from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis import InsufficientData
from analysis.comparison import Verdict, compare, smallest_visible_change
from analysis.mean import finite_difference, finite_mean
from analysis.planning import needed_mean
from analysis.proportion import (
    agresti_coull,
    clopper_pearson,
    difference,
    hypergeometric_bounds,
    wald,
    wilson,
    wilson_finite,
    worst_best,
)
from analysis.reliability import cronbach_alpha, fleiss_kappa, guttman, icc, rwg_j, split_half, weighted_kappa
from analysis.targets import Grade, judge, judge_mean, judge_stratified, needed

ORDER = list(reversed(Grade))
UNDECIDED = (None, "empty", "too_few_rows", "too_few_items", "constant_item", "singular", "separated", "no_convergence")
FIVE = [1, 2, 3, 4, 5]


@st.composite
def counted(draw, largest: int = 60):
    """Satisfied, scored, people."""
    people = draw(st.integers(1, largest))
    n = draw(st.integers(1, people))
    return draw(st.integers(0, n)), n, people


def answers(rows: int = 12, columns: int = 5):
    cells = st.sampled_from([1.0, 2.0, 3.0, 4.0, 5.0, math.nan])
    shape = st.tuples(st.integers(0, rows), st.integers(1, columns))
    return shape.flatmap(lambda size: arrays(float, size, elements=cells))


def figures(result: object):
    """Every number anywhere in a result."""
    if is_dataclass(result):
        for field in fields(result):
            yield from figures(getattr(result, field.name))
    elif isinstance(result, tuple | list):
        for part in result:
            yield from figures(part)
    elif isinstance(result, float | int):
        yield float(result)


def is_sound(statistic, *arguments, **named) -> bool:
    """It gives finite figures without a warning, or refuses with a reason."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            result = statistic(*arguments, **named)
        except InsufficientData as refusal:
            return refusal.reason in UNDECIDED
    return all(math.isfinite(figure) for figure in figures(result))


def tail(x: int, satisfied: int, n: int, people: int) -> Fraction:
    """P(X >= x), counted out."""
    ways = sum(
        comb(satisfied, drawn) * comb(people - satisfied, n - drawn) for drawn in range(x, min(n, satisfied) + 1)
    )
    return Fraction(ways, comb(people, n))


@given(counted(), st.fractions(0, 1, max_denominator=100))
@settings(max_examples=60, deadline=None)
def test_a_verdict_follows_its_definition(case, threshold):
    x, n, people = case
    required = math.ceil(threshold * people)
    judgement = judge(x, n, people, str(threshold))
    if x >= required:
        expected = Grade.MET_CERTAIN
    elif x + people - n < required:
        expected = Grade.MISSED_CERTAIN
    elif tail(x, required - 1, n, people) <= Fraction(1, 20):
        expected = Grade.MET_CONFIDENT
    elif tail(n - x, people - required, n, people) <= Fraction(1, 20):
        expected = Grade.MISSED_CONFIDENT
    else:
        expected = Grade.MET_AT_FACE_VALUE if Fraction(x, n) >= threshold else Grade.MISSED_AT_FACE_VALUE
    assert (judgement.grade, judgement.required) == (expected, required)


@given(counted(), st.sampled_from(["0.6", "0.8", "0.9"]))
@settings(max_examples=60, deadline=None)
def test_one_more_satisfied_answer_never_worsens_a_verdict(case, threshold):
    x, n, people = case
    if x < n:
        assert ORDER.index(judge(x + 1, n, people, threshold).grade) >= ORDER.index(
            judge(x, n, people, threshold).grade
        )


@given(counted(), st.sampled_from([0.8, 0.9, 0.95]))
@settings(max_examples=60, deadline=None)
def test_bounds_keep_exactly_what_the_answers_do_not_rule_out(case, confidence):
    x, n, people = case
    level = (1 - Fraction(str(confidence))) / 2
    kept = [
        satisfied
        for satisfied in range(x, x + people - n + 1)
        if tail(x, satisfied, n, people) > level and tail(n - x, people - satisfied, n, people) > level
    ]
    assert hypergeometric_bounds(x, n, people, confidence=confidence) == (kept[0], kept[-1])


@given(counted())
@settings(max_examples=60, deadline=None)
def test_intervals_hold_the_share_and_mirror(case):
    x, n, people = case
    for interval in (wald, wilson, agresti_coull, clopper_pearson):
        low, high = interval(x, n)
        assert low - 1e-12 <= x / n <= high + 1e-12
        assert interval(n - x, n) == pytest.approx((1 - high, 1 - low))
    low, high = wilson_finite(x, n, people)
    assert wilson(x, n)[0] - 1e-12 <= low <= x / n + 1e-12
    assert worst_best(x, n, people)[0] <= hypergeometric_bounds(x, n, people)[0]


@given(counted(), counted())
@settings(max_examples=60, deadline=None)
def test_a_difference_turns_with_its_years(first, second):
    (x1, n1, _), (x2, n2, _) = first, second
    forth, back = difference(x1, n1, x2, n2), difference(x2, n2, x1, n1)
    assert forth.difference == pytest.approx(-back.difference)
    assert forth.ci == pytest.approx((-back.ci[1], -back.ci[0]))


@given(st.lists(counted(30), min_size=1, max_size=5), st.sampled_from(["0.5", "0.8", "0.9"]))
@settings(max_examples=60, deadline=None)
def test_strata_agree_with_their_sums_where_nothing_is_left_to_chance(strata, threshold):
    x, n, people = (sum(column) for column in zip(*strata, strict=True))
    apart, together = judge_stratified(strata, threshold), judge(x, n, people, threshold)
    for certain in (Grade.MET_CERTAIN, Grade.MISSED_CERTAIN):
        assert (apart.grade is certain) == (together.grade is certain)
    assert x <= apart.lower <= apart.upper <= x + people - n


@given(st.integers(1, 300), st.sampled_from(["0.6", "0.85", "0.9", "1"]), st.fractions(0, 1, max_denominator=20))
@settings(max_examples=40, deadline=None)
def test_what_is_needed_is_what_judge_asks_for(people, threshold, rate):
    plan = needed(people, threshold, str(rate))
    confirmed = (Grade.MET_CERTAIN, Grade.MET_CONFIDENT)
    assert judge(plan.min_answers, plan.min_answers, people, threshold).grade in confirmed
    if plan.satisfied_needed is not None and plan.expected_answers:
        assert judge(plan.satisfied_needed, plan.expected_answers, people, threshold).grade in confirmed
        if plan.satisfied_needed:
            assert judge(plan.satisfied_needed - 1, plan.expected_answers, people, threshold).grade not in confirmed
    assert plan.provable == (plan.satisfied_needed is not None)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=40), st.integers(0, 40), st.sampled_from(["3", "4.2", "4.5"]))
@settings(max_examples=60, deadline=None)
def test_a_mean_is_certain_when_the_silent_cannot_turn_it(scores, silent, threshold):
    people, wanted = len(scores) + silent, Fraction(threshold)
    judgement = judge_mean(scores, people, threshold, 1, 5)
    assert (judgement.grade is Grade.MET_CERTAIN) == (sum(scores) + silent >= wanted * people)
    assert (judgement.grade is Grade.MISSED_CERTAIN) == (sum(scores) + 5 * silent < wanted * people)
    reached = sum(scores) + silent + 4 * judgement.silent_needed
    assert reached >= wanted * people or judgement.silent_needed > silent


@given(answers(), st.sampled_from(["complete", "pairwise"]))
@settings(max_examples=60, deadline=None)
def test_alpha_gives_figures_or_a_reason(x, missing):
    assert is_sound(cronbach_alpha, x, missing=missing)


@given(answers())
@settings(max_examples=60, deadline=None)
def test_other_reliability_figures_give_numbers_or_a_reason(x):
    for statistic in (guttman, split_half, icc, fleiss_kappa):
        assert is_sound(statistic, x)
    assert is_sound(guttman, x, metric="correlation")
    assert is_sound(rwg_j, x, 5)
    assert is_sound(weighted_kappa, x[:, 0], x[:, -1], levels=FIVE)


@given(answers(20, 3).flatmap(lambda x: st.tuples(st.just(x), arrays(float, x.shape, elements=st.sampled_from(FIVE)))))
@settings(max_examples=60, deadline=None)
def test_a_comparison_is_sound_and_turns_with_its_years(years):
    earlier, later = years
    assert is_sound(compare, earlier, later, levels=FIVE)
    turned = {Verdict.IMPROVED: Verdict.DECLINED, Verdict.DECLINED: Verdict.IMPROVED}
    forth, back = compare(earlier, later, levels=FIVE).items, compare(later, earlier, levels=FIVE).items
    assert [turned.get(item.verdict, item.verdict) for item in forth] == [item.verdict for item in back]
    for one, other in zip(forth, back, strict=True):
        if one.mann_whitney is not None:
            assert one.mann_whitney.p == pytest.approx(other.mann_whitney.p)
            assert one.cliffs_delta.value == pytest.approx(-other.cliffs_delta.value)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=20), st.lists(st.integers(1, 5), min_size=1, max_size=20))
@settings(max_examples=60, deadline=None)
def test_means_of_groups_give_figures_or_a_reason(first, second):
    for extra in (0, 7):
        assert is_sound(finite_mean, first, len(first) + extra)
        assert is_sound(finite_difference, first, len(first) + extra, second, len(second) + 7)


@given(st.integers(1, 500), st.integers(1, 500), st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_the_smallest_visible_change_is_a_possible_one(n1, n2, p):
    change = smallest_visible_change(n1, n2, p)
    assert change is None or (change > 0 and (p + change <= 1 + 1e-9 or p - change >= -1e-9))


def test_the_answers_order_does_not_matter():
    rng = np.random.default_rng(5)
    x = rng.integers(1, 6, (40, 6)).astype(float)
    mixed = x[rng.permutation(40)]
    assert cronbach_alpha(mixed).raw == pytest.approx(cronbach_alpha(x).raw, rel=1e-12)
    ours, theirs = (compare(x[:20], part, levels=FIVE).items for part in (x[20:], x[20:][::-1]))
    assert ours == theirs


LADDERS = st.lists(st.integers(0, 100), min_size=2, max_size=5, unique=True).map(sorted)


@given(people=st.integers(1, 60), levels=LADDERS, parts=st.integers(0, 20), rate=st.sampled_from(["0.3", "0.7", "1"]))
def test_what_a_mean_needs_is_what_judge_mean_asks_for(people, levels, parts, rate):
    threshold = str(Fraction(levels[0]) + Fraction(levels[-1] - levels[0]) * parts / 20)
    plan = needed_mean(people, threshold, levels, rate)
    low, next_best, high = levels[0], levels[-2], levels[-1]

    def is_confirmed(n):
        almost = [high] * (n - 1) + [next_best]
        grades = {judge_mean(scores, people, threshold, low, high).grade for scores in (almost, [high] * n)}
        return bool(grades & {Grade.MET_CERTAIN, Grade.MET_CONFIDENT})

    assert plan.min_answers == next(n for n in range(1, people + 1) if is_confirmed(n))
    assert plan.provable == (plan.expected_answers > 0 and is_confirmed(plan.expected_answers))
    worst_allowed = [high] * (people - plan.lowest_allowed) + [low] * plan.lowest_allowed
    assert judge_mean(worst_allowed, people, threshold, low, high).grade is Grade.MET_CERTAIN
    assert plan.certain_answers + plan.lowest_allowed == people
