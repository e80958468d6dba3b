"""What may be said of a change, and what is said where data cannot tell."""

from __future__ import annotations

import warnings
from itertools import combinations

import numpy as np
import pytest

from analysis import InsufficientData
from analysis.comparison import Verdict, compare, smallest_visible_change

FIVE = [1, 2, 3, 4, 5]


@pytest.fixture(autouse=True)
def silence_is_kept():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def year(**answers: int) -> list[float]:
    """Answers of one item by level: ``year(l5=10, l4=3)``."""
    return [float(level[1]) for level, people in answers.items() for _ in range(people)]


def one(earlier, later, **named):
    (item,) = compare(np.array(earlier)[:, None], np.array(later)[:, None], levels=FIVE, **named).items
    return item


def test_a_clear_rise_is_improved_and_a_clear_fall_declined():
    low, high = year(l2=20, l3=20, l4=10), year(l3=10, l4=20, l5=20)
    assert one(low, high).verdict is Verdict.IMPROVED
    assert one(high, low).verdict is Verdict.DECLINED
    assert one(high, low).proportion.difference == pytest.approx(-0.6)


def test_many_equal_answers_are_equivalent_few_are_not_clear():
    assert one(year(l3=50, l4=100, l5=50), year(l3=50, l4=100, l5=50)).verdict is Verdict.EQUIVALENT
    assert one(year(l3=2, l4=4, l5=2), year(l3=2, l4=4, l5=2)).verdict is Verdict.NO_CLEAR_CHANGE


def test_a_significant_change_within_the_margin_is_equivalent():
    earlier, later = year(l3=2000, l4=2000), year(l3=1850, l4=2150)
    item = one(earlier, later)
    assert item.holm < 0.01
    assert item.verdict is Verdict.EQUIVALENT
    assert one(earlier, later, margin=0.01).verdict is Verdict.IMPROVED


def test_a_rank_shift_against_the_mean_is_no_clear_change():
    earlier, later = year(l3=180, l4=120), year(l1=90, l4=210)
    item = one(earlier, later)
    assert item.holm < 0.05
    assert (item.cliffs_delta.value > 0, item.mean_difference < 0) == (True, True)
    assert item.verdict is Verdict.NO_CLEAR_CHANGE


def test_twenty_items_at_five_percent_are_one_family():
    rng = np.random.default_rng(7)
    earlier, later = rng.integers(1, 6, (80, 20)).astype(float), rng.integers(1, 6, (80, 20)).astype(float)
    later[:, 0] = np.minimum(5, later[:, 0] + 1)
    wide = compare(earlier, later, levels=FIVE).items
    narrow = compare(earlier, later, levels=FIVE, primary=[0, 5]).items
    assert wide[0].holm == pytest.approx(min(1, 20 * wide[0].mann_whitney.p))
    assert narrow[0].holm == pytest.approx(2 * narrow[0].mann_whitney.p)
    assert [item.holm for item in narrow[1:5]] == [None] * 4
    assert [item.bh for item in narrow] == [item.bh for item in wide]
    assert {item.verdict for item in narrow[6:]} <= {Verdict.NO_CLEAR_CHANGE, Verdict.EQUIVALENT}


def test_the_exact_test_counts_every_division_of_the_answers():
    earlier, later = [1, 2, 2, 3], [2, 3, 4, 5, 5]
    pooled = np.array(earlier + later)
    ranks = np.array([(pooled < value).sum() + ((pooled == value).sum() + 1) / 2 for value in pooled])
    middle = ranks.sum() * 5 / 9
    sums = [ranks[list(drawn)].sum() for drawn in combinations(range(9), 5)]
    far = abs(ranks[4:].sum() - middle)
    item = one(earlier, later)
    assert item.mann_whitney.method == "exact"
    assert item.mann_whitney.p == pytest.approx(np.mean([abs(total - middle) >= far - 1e-9 for total in sums]))


@pytest.mark.parametrize(("people", "method"), [(30, "exact"), (31, "asymptotic")])
def test_sixty_answers_are_the_last_to_be_counted_exactly(people, method):
    found = one(year(l3=10, l4=people - 10), year(l3=5, l4=25)).mann_whitney
    assert found.method == method
    assert 0 < found.p < 1


def test_all_answers_equal_in_both_years():
    item = one(year(l4=8), year(l4=9))
    assert (item.mann_whitney.p, item.cliffs_delta.value, item.fisher_p) == (1.0, 0.0, 1.0)
    assert item.verdict is Verdict.NO_CLEAR_CHANGE
    for name in ("welch", "chi_square", "ordinal_logit", "hedges_g", "tost"):
        assert getattr(item, name) is None
        assert item.reasons[name] == "constant_item"
    assert (item.proportion.z, item.reasons["proportion.z"]) == (None, "constant_item")


def test_every_later_answer_above_every_earlier_one():
    item = one(year(l1=5, l2=5), year(l4=5, l5=5))
    assert item.cliffs_delta.value == 1
    assert (item.cliffs_delta.ci, item.ordinal_logit) == (None, None)
    assert item.reasons == {"ordinal_logit": "separated", "cliffs_delta.ci": "separated"}
    assert item.verdict is Verdict.IMPROVED


def test_a_single_answer_has_ranks_but_no_spread():
    item = one([3.0], year(l4=5, l5=5))
    assert item.reasons["welch"] == "too_few_rows"
    assert item.mann_whitney.u == 10
    assert item.verdict is Verdict.NO_CLEAR_CHANGE


def test_an_item_nobody_answered_takes_no_part():
    gaps = np.full((10, 2), np.nan)
    gaps[:, 1] = [4, 5] * 5
    empty, asked = compare(gaps, gaps, levels=FIVE).items
    assert (empty.mann_whitney, empty.holm, empty.verdict) == (None, None, Verdict.NO_CLEAR_CHANGE)
    assert set(empty.reasons.values()) == {"empty"}
    assert asked.holm == asked.mann_whitney.p


def test_each_column_may_have_its_own_scale_and_satisfied_levels():
    earlier, later = np.array([[5, 10], [4, 9], [3, 8]], float), np.array([[5, 10], [5, 10], [2, 7]], float)
    first, second = compare(earlier, later, levels=[FIVE, list(range(11))], satisfied=[[4, 5], [9, 10]]).items
    assert (first.satisfied_earlier, first.satisfied_later) == (2, 2)
    assert (second.satisfied_earlier, second.satisfied_later) == (2, 2)
    (three,) = compare(earlier[:, :1], later[:, :1], levels=FIVE, satisfied=[3, 4, 5]).items
    assert three.satisfied_earlier == 3


@pytest.mark.parametrize(
    "wrong",
    [{"levels": [1, 2, 3]}, {"levels": [5, 4, 3, 2, 1]}, {"levels": [4]}, {"levels": FIVE, "margin": 0},
     {"levels": FIVE, "alpha": 5}],
)  # fmt: skip
def test_what_cannot_be_compared(wrong):
    with pytest.raises(ValueError):
        compare([[4.0], [5.0]], [[4.0], [4.0]], **wrong)


def test_other_columns_cannot_be_compared():
    with pytest.raises(ValueError, match="1 columns against 2"):
        compare([[4.0]], [[4.0, 5.0]], levels=FIVE)


def test_the_smallest_visible_change_agrees_with_cohens_tables():
    """pwr::pwr.2p.test(n=100, power=.8) gives h = .3962; from p = .5 that is 19.3 points."""
    assert smallest_visible_change(100, 100, 0.5) == pytest.approx(np.sin(0.3962) / 2, abs=1e-4)


def test_more_answers_show_smaller_changes_and_censuses_all():
    assert smallest_visible_change(400, 400, 0.8) < smallest_visible_change(40, 40, 0.8)
    assert smallest_visible_change(40, 40, 0.8, population1=50, population2=50) < smallest_visible_change(40, 40, 0.8)
    assert smallest_visible_change(40, 40, 0.8, population1=40, population2=40) == 0
    assert smallest_visible_change(2, 2, 0.5) is None


def test_the_smallest_visible_change_is_one_that_is_found_up_and_down_alike():
    """From 90 % of 250 a rise shows from 6.2 points, a fall only from 8.8."""
    h = (1.959964 + 0.841621) * np.sqrt(2 / 250)
    up = np.sin(np.arcsin(np.sqrt(0.9)) + h / 2) ** 2 - 0.9
    down = 0.9 - np.sin(np.arcsin(np.sqrt(0.9)) - h / 2) ** 2
    assert up < down
    assert smallest_visible_change(250, 250, 0.9) == pytest.approx(down, abs=1e-6)
    assert smallest_visible_change(250, 250, 0.1) == pytest.approx(down, abs=1e-6)


def test_where_only_a_fall_could_be_found_the_smallest_change_is_that_of_the_fall():
    for share in (0.99, 1.0):
        found = smallest_visible_change(60, 60, share)
        assert found > 1 - share
        assert smallest_visible_change(60, 60, 1 - share) == pytest.approx(found)


def test_a_smallest_change_needs_answers():
    with pytest.raises(InsufficientData):
        smallest_visible_change(0, 10, 0.5)
    with pytest.raises(ValueError):
        smallest_visible_change(10, 10, 1.5)
    with pytest.raises(ValueError):
        smallest_visible_change(10, 10, 0.5, population1=5)
