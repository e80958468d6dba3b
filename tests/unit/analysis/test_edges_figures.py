"""Awkward but possible data: every figure is a finite number, is None with its reason, or is refused with one."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations
from math import ceil, comb, isfinite, log, nan, sqrt

import numpy as np
import pytest

from analysis import InsufficientData
from analysis.benchmark import Tier, beta_binomial, funnel_limits, overdispersion, tiers
from analysis.comparison import compare, compare_counts
from analysis.control import laney_p, p_chart, xmr
from analysis.mean import finite_difference, finite_mean
from analysis.proportion import difference, hypergeometric_bounds, wilson_finite, worst_best
from analysis.targets import Grade, judge, judge_mean, judge_stratified, needed
from analysis.trend import cochran_armitage, forecast, mann_kendall, theil_sen
from analysis.weighting import kitagawa, oaxaca_blinder, post_stratify, rake

FIVE = [1, 2, 3, 4, 5]
ONE_MARGIN = {"group": {"a": 5, "b": 5}}
TWO_MARGINS = {"sex": {"f": 10, "m": 90}, "age": {"old": 90, "young": 10}}
SHARES = np.random.default_rng(1).binomial(50, 0.8, 12)


def reason(figure, *arguments, **named) -> str:
    with pytest.raises(InsufficientData) as refusal:
        figure(*arguments, **named)
    return refusal.value.reason


@pytest.mark.parametrize(
    ("expected", "figure", "arguments"),
    [
        ("empty", finite_mean, ([nan, nan], 5)),
        ("empty", judge_mean, ([], 5, "4", 1, 5)),
        ("empty", judge_stratified, ([(0, 0, 5), (0, 0, 0)], "0.9")),
        ("too_few_rows", finite_difference, ([3], 9, [4, 5], 9)),
        ("too_few_rows", cochran_armitage, ([0, 3], [0, 5])),
        ("constant_item", cochran_armitage, ([5, 6], [5, 6])),
        ("constant_item", cochran_armitage, ([2, 6], [5, 6], [1, 1])),
        ("constant_item", mann_kendall, ([2, 2, 2, 2],)),
        ("constant_item", mann_kendall, ([1, 2, 3, 4], [7, 7, 7, 7])),
        ("constant_item", theil_sen, ([1, 2, 3, 4], [7, 7, 7, 7])),
        ("constant_item", forecast, ([1, 2, 3, 4, 5], [7, 7, 7, 7, 7])),
        ("too_few_rows", forecast, ([1, 2, 3, nan, 5],)),
        ("too_few_rows", p_chart, ([*SHARES[:7], 0], [50] * 7 + [0])),
        ("constant_item", laney_p, ([9, 18] * 4, [10, 20] * 4)),
        ("constant_item", xmr, ([0.1 + 0.2] * 8,)),
        ("too_few_rows", xmr, ([1, 2, 1, 2, 1, 2, 1, nan],)),
        ("empty", post_stratify, ([], {"a": 5})),
        ("too_few_rows", post_stratify, (["a"], {"a": 5, "b": 1})),
        ("no_convergence", rake, ({"sex": list("ffm"), "age": ["old", "old", "young"]}, TWO_MARGINS)),
        ("empty", kitagawa, ([0.5], [0], [0.6], [9])),
        ("empty", oaxaca_blinder, ([[nan]], [1], [[1], [2]], [1, 2])),
        ("singular", oaxaca_blinder, ([[1], [1], [1]], [1, 2, 3], [[1], [2], [4]], [1, 2, 3])),
        ("too_few_rows", beta_binomial, ([9], [10])),
        ("constant_item", beta_binomial, ([0, 0], [10, 20])),
        ("empty", tiers, ([0, 5], [0, 10])),
        ("empty", funnel_limits, ([0, 10], 0.8)),
    ],
)
def test_what_does_not_exist_is_refused_with_its_reason(expected, figure, arguments):
    assert reason(figure, *arguments) == expected


@pytest.mark.parametrize(
    ("figure", "arguments"),
    [
        (worst_best, (np.uint8(0), np.uint8(10), np.uint8(5))),
        (judge, (3, 4, 3, "0.9")),
        (judge, (3, 4, 5, "nan")),
        (judge_stratified, ([(3, 4, 0), (1, 2, 3)], "0.9")),
        (needed, (10, "1.1", "0.5")),
        (finite_difference, ([1, 2], 1, [1, 2], 5)),
        (cochran_armitage, ([1, 2], [nan, 5])),
        (cochran_armitage, ([1, 2, 3], [5, 5, 5], [1, 2])),
        (mann_kendall, ([1, 2, 3, float("inf")],)),
        (theil_sen, ([1, 2, 3, 4], [1, 2, 3])),
        (forecast, ([1, 2, 3, 4, 5], [1, 2, 3, 4])),
        (p_chart, ([1.5] * 8, [3] * 8)),
        (xmr, ([1, float("inf")] * 8,)),
        (rake, ({}, {})),
        (rake, ({"group": ["a", "b"]}, {})),
        (rake, ({"group": ["a", "b", "c"]}, ONE_MARGIN)),
        (rake, ({"group": ["a", "b"]}, {"group": {"a": -1, "b": 5}})),
        (kitagawa, ([0.5, nan], [1, 1], [0.5, 0.5], [1, 1])),
        (kitagawa, ([0.5], [-1], [0.5], [1])),
        (oaxaca_blinder, (np.ones((4, 3)), np.ones(6), np.ones((4, 3)), np.ones(4))),
        (overdispersion, ([1, 2], [5, nan], 0.5)),
        (funnel_limits, ([10], 1.0)),
    ],
)
def test_what_cannot_be_is_a_value_error(figure, arguments):
    with pytest.raises(ValueError) as refusal:
        figure(*arguments)
    assert not isinstance(refusal.value, InsufficientData)


@pytest.mark.parametrize("number", [int, float, np.int8, np.uint8, np.int64])
def test_counts_may_be_any_kind_of_whole_number(number):
    x, n, people = number(56), number(70), number(100)
    assert difference(x, n, number(48), number(80)) == difference(56, 70, 48, 80)
    assert worst_best(x, n, people) == (56, 86)
    assert wilson_finite(x, n, people) == wilson_finite(56, 70, 100)
    assert judge(x, n, people, "0.8") == judge(56, 70, 100, "0.8")
    assert judge_stratified([(x, n, people)] * 2, "0.8") == judge_stratified([(56, 70, 100)] * 2, "0.8")
    assert finite_difference([1, 2], number(30), [2, 4], number(30)) == finite_difference([1, 2], 30, [2, 4], 30)
    assert needed(people, "0.9", "0.5") == needed(100, "0.9", "0.5")


@pytest.mark.parametrize(
    "same", [("0.9", "0.90", 0.9, np.float64(0.9), "9/10"), ("1", "1.0", 1, 1.0), ("0", 0, "0.00")]
)
def test_one_threshold_may_be_written_in_several_ways(same):
    assert len({(judge(45, 47, 50, written), needed(50, written, "0.8")) for written in same}) == 1


def test_a_threshold_of_nothing_is_met_and_one_of_everything_takes_everybody():
    assert judge(0, 1, 9, "0").grade is Grade.MET_CERTAIN
    assert judge(8, 9, 9, "1").grade is Grade.MISSED_CERTAIN
    assert judge(1, 1, 1, "1").grade is Grade.MET_CERTAIN


def test_ten_million_people_are_judged_by_the_same_rule():
    judgement = judge(4_501_600, 5_000_000, 10_000_000, "0.9")
    sd = sqrt(5e6 * 0.9 * 0.1 * 0.5)
    assert judgement.grade is Grade.MET_CONFIDENT
    assert judge(4_500_000 + round(1.60 * sd), 5_000_000, 10_000_000, "0.9").grade is Grade.MET_AT_FACE_VALUE
    assert judgement.upper - judgement.lower == pytest.approx(2 * 2 * 1.645 * sd, rel=0.01)
    assert needed(10_000_000, "0.9", "0.5").satisfied_needed == pytest.approx(4_500_000 + 1.645 * sd, abs=5)


def test_low_confidence_leaves_at_least_one_number_of_people():
    for x, n, people in [(0, 9, 10), (9, 9, 10), (5, 9, 10), (2, 4, 40)]:
        level = Fraction(99, 200)
        kept = [
            k
            for k in range(x, x + people - n + 1)
            if sum(comb(k, d) * comb(people - k, n - d) for d in range(x, n + 1)) > level * comb(people, n)
            and sum(comb(k, d) * comb(people - k, n - d) for d in range(x + 1)) > level * comb(people, n)
        ]
        assert hypergeometric_bounds(x, n, people, confidence=0.01) == (kept[0], kept[-1])


def test_rounding_gives_equal_answers_no_spread():
    assert finite_mean([1.1] * 7, 20).se == 0
    unchanged = finite_difference([1.1] * 7, 20, [1.1] * 9, 20)
    assert (unchanged.difference, unchanged.t) == (pytest.approx(0, abs=1e-15), None)
    assert unchanged.reasons["t"] == "constant_item"


def test_confident_grades_of_unequal_branches_are_seldom_wrong():
    """One branch heard almost whole and content, one hardly heard: a common rate for both would take it too lightly."""
    rng = np.random.default_rng(6)
    for sizes, satisfied in [([(190, 200), (10, 100), (60, 100)], [200, 70, 89]), ([(30, 60), (5, 100)], [60, 67])]:
        people = sum(all_h for _, all_h in sizes)
        threshold = Fraction(sum(satisfied) + 1, people)
        draws = [rng.hypergeometric(k, all_h - k, n, 200) for k, (n, all_h) in zip(satisfied, sizes, strict=True)]
        wrong = sum(
            judge_stratified([(int(x), *size) for x, size in zip(found, sizes, strict=True)], str(threshold)).grade
            in (Grade.MET_CERTAIN, Grade.MET_CONFIDENT)
            for found in zip(*draws, strict=True)
        )
        assert wrong / 200 <= 0.05


def test_branches_of_one_person_weigh_as_much_as_anybody():
    heard = judge_stratified([(1, 1, 1), (0, 1, 1), (40, 50, 98)], "0.8")
    assert (heard.required, heard.silent, heard.silent_needed) == (80, 48, 39)
    assert 41 < heard.lower < 80 < heard.upper < 89


def test_bounds_of_strata_are_what_two_one_sided_tests_leave():
    strata = [(88, 90, 100), (4, 10, 300)]
    found = judge_stratified(strata, "0.8")
    for k, grade in [(found.lower, Grade.MET_CONFIDENT), (found.upper + 1, Grade.MISSED_CONFIDENT)]:
        assert judge_stratified(strata, str(Fraction(k, 400))).grade is grade
    for k in (found.lower + 1, found.upper):
        assert "face_value" in judge_stratified(strata, str(Fraction(k, 400))).grade


def test_a_year_nobody_answered_in_takes_no_part_in_a_trend():
    assert cochran_armitage([5, 0, 9], [10, 0, 10]) == cochran_armitage([5, 9], [10, 10], [1, 3])


def test_ties_in_values_and_times_have_the_variance_of_all_orders():
    values, times = [1, 1, 2, 3, 3, 3], [1, 2, 2, 2, 4, 4]
    found = mann_kendall(values, times)
    sums = [
        sum(
            np.sign(order[j] - order[i]) * np.sign(times[j] - times[i])
            for i in range(6)
            for j in range(i + 1, 6)
        )
        for order in permutations(values)
    ]  # fmt: skip
    assert found.variance == pytest.approx(np.var(sums))
    assert found.s == 8


def test_slopes_are_taken_between_points_at_different_times():
    assert theil_sen([1, 3, 2, 4], [1, 1, 2, 2]).slope == 1
    level = theil_sen([2, 2, 2, 2])
    assert (level.slope, level.ci, level.can_reach_5_percent) == (0, (0, 0), False)


def test_points_of_a_control_chart_without_answers_are_passed_over():
    with_gap = p_chart(np.insert(SHARES, 4, 0), np.insert(np.full(12, 50), 4, 0))
    without = p_chart(SHARES, [50] * 12)
    assert with_gap.centre == without.centre
    assert (with_gap.lower[4], with_gap.upper[4]) == (None, None)
    assert with_gap.lower[:4] + with_gap.lower[5:] == without.lower
    high = xmr([5, 1, 1, 1, 1, nan, 1, 1, 1, 1, 1])
    assert high.signals == (0, 9, 10)
    assert (high.upper[5], high.lower[0]) == (None, high.lower[10])


def test_charts_of_pulses_that_all_agree_have_no_signal():
    for satisfied in (0, 10):
        chart = p_chart([satisfied] * 9, [10] * 9)
        assert (chart.centre, chart.signals) == (satisfied / 10, ())


def test_weights_kept_within_limits_still_sum_to_the_population():
    rng = np.random.default_rng(3)
    groups = {"age": rng.permutation(["a"] * 3 + ["b"] * 12 + ["c"] * 25).tolist()}
    weighted = rake(groups, {"age": {"a": 700, "b": 290, "c": 10}}, trim=(0.5, 2.5))
    mean = 1000 / 40
    assert weighted.weights.sum() == pytest.approx(1000)
    assert (weighted.weights.min(), weighted.weights.max()) == pytest.approx((0.5 * mean, 2.5 * mean))
    with pytest.raises(ValueError):
        rake(groups, {"age": {"a": 700, "b": 290, "c": 10}}, trim=(2, 3))


def test_a_weighted_mean_leaves_out_who_gave_no_answer():
    weighted = post_stratify(["a", "a", "b", "b"], {"a": 10, "b": 30})
    assert weighted.estimate([1, nan, 4, 4]).value == pytest.approx((5 * 1 + 15 * 8) / 35)
    assert reason(weighted.estimate, [nan] * 4) == "empty"
    alone = weighted.estimate([nan, 3, nan, nan])
    assert (alone.value, alone.se, alone.reasons) == (3, None, {"se": "too_few_rows"})
    assert post_stratify(["a", "b"], {"a": 1, "b": 1}).estimate([2, 4]).se == 0


def test_a_branch_that_came_or_went_is_composition():
    found = kitagawa([0.5, nan], [10, 0], [0.5, 0.9], [10, 10])
    assert (found.total, found.rate_effect, found.composition_effect) == pytest.approx((0.2, 0, 0.2))
    assert kitagawa([0.5, 0.7], [10, 0], [0.5, 0.9], [10, 10]).rate_effect == pytest.approx(0.05)


def test_units_that_all_agree_are_not_ranked():
    assert set(tiers([8] * 5, [10] * 5)) == {Tier.NOT_DISTINGUISHABLE}
    bayes = beta_binomial([8] * 5, [10] * 5)
    assert (bayes.rho <= 0, set(bayes.shrunken)) == (True, {0.8})
    assert overdispersion([8] * 5, [10] * 5, 0.8) == pytest.approx(0)


def test_two_units_as_different_as_can_be():
    bayes = beta_binomial([0, 10**6], [10**6, 10**6])
    assert all(isfinite(bound) for interval in bayes.intervals for bound in interval)
    assert tiers([0, 10**6], [10**6, 10**6]) == (Tier.LAGGING, Tier.ADVANCED)


def test_an_item_with_two_levels_counts_the_higher_as_satisfied():
    (item,) = compare([[0], [1], [1]], [[1], [1], [1]], levels=[0, 1]).items
    assert (item.satisfied_earlier, item.satisfied_later) == (2, 3)


@pytest.mark.parametrize("n", [10, 10**4, 10**6])
def test_the_ordinal_model_of_two_levels_is_the_log_odds_ratio(n):
    """Near separation, where the shares of both years lie within a millionth of 0 and 1."""
    (item,) = compare_counts([[n, 1]], [[1, n]], levels=[0, 1]).items
    assert item.ordinal_logit.beta == pytest.approx(2 * log(n), rel=1e-9)
    assert item.ordinal_logit.se == pytest.approx(sqrt(2 + 2 / n), rel=1e-9)


def test_bimodal_answers_of_many_people_have_an_ordinal_model():
    (item,) = compare_counts([[0, 0, 0, 10_000, 0, 0]], [[43, 9796, 0, 146, 7, 8]], levels=range(6)).items
    assert item.reasons == {}
    assert item.ordinal_logit.beta < -4


def test_items_counted_and_items_in_rows_are_compared_alike():
    rng = np.random.default_rng(8)
    years = [rng.choice([*FIVE, nan], (people, 3)) for people in (70, 25)]
    counts = [[[int((column == level).sum()) for level in FIVE] for column in year.T] for year in years]
    named = {"levels": FIVE, "satisfied": [5], "margin": 0.3, "primary": [0, 2]}
    assert compare_counts(*counts, **named) == compare(*years, **named)
    assert compare_counts([], [], levels=FIVE).items == ()


@pytest.mark.parametrize(
    ("later", "named"),
    [([1, 2, 3], {}), ([1, 2, 3, 4, -5], {}), ([1, 2, 3, 4, 0.5], {}), ([1, 2, 3, 4, nan], {}),
     (FIVE, {"satisfied": [6]}), (FIVE, {"primary": [1]}), (FIVE, {"levels": [FIVE, FIVE]})],
)  # fmt: skip
def test_counts_that_cannot_be_compared(later, named):
    with pytest.raises(ValueError):
        compare_counts([FIVE], [later], **{"levels": FIVE, **named})


def test_many_answers_are_compared_as_few_are():
    """The tails are cut where no float holds them: the same figures as from all possible tables."""
    (item,) = compare_counts([[4_000, 6_000]], [[3_850, 6_150]], levels=[0, 1]).items
    logs = np.concatenate([[0], np.cumsum(np.log(np.arange(1, 20_001)))])

    def log_ways(x):
        return -logs[x] - logs[12_150 - x] - logs[10_000 - x] - logs[20_000 - 12_150 - 10_000 + x]

    weights = np.exp(log_ways(np.arange(2_150, 10_001)) - log_ways(6_075))
    seen = np.exp(log_ways(6_150) - log_ways(6_075))
    assert item.fisher_p == pytest.approx(weights[weights <= seen * (1 + 1e-7)].sum() / weights.sum(), rel=1e-8)
    assert item.proportion.z == pytest.approx(0.015 / sqrt(0.6075 * 0.3925 * 2e-4))


def test_the_forecast_is_the_prediction_interval_of_the_line():
    """By hand: slope 2, mean 5 at 3; residuals -1 1 1 -1 0, s² = 4/3; for 6: 11 -/+ 3.18 sqrt(4/3 (1 + 1/5 + 9/10))."""
    found = forecast([0, 4, 6, 6, 9])
    half = 3.182446305 * sqrt(4 / 3 * 2.1)
    assert (found.expected, found.lower, found.upper) == pytest.approx((11, 11 - half, 11 + half))
    assert forecast([0, 4, nan, 6, 6, 9], [2020, 2021, 2021.5, 2022, 2023, 2024]) == found
    nearer = forecast([0, 4, 6, 6, 9], at=3)
    assert (nearer.expected, nearer.upper - 5) == pytest.approx((5, 3.182446305 * sqrt(4 / 3 * 1.2)))


def test_a_forecast_of_a_share_is_not_clipped():
    assert forecast([0.9, 0.95, 0.93, 0.99, 0.98]).upper > 1
    level = forecast([0.8] * 5)
    assert (level.lower, level.expected, level.upper) == (0.8, 0.8, 0.8)


def test_a_required_number_is_the_smallest_that_reaches_the_share():
    for people in range(1, 40):
        assert needed(people, "0.85", 1).required == ceil(Fraction(17, 20) * people)
