"""Reliability where data are awkward: constant items, few people, gaps, items that repeat each other."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from analysis import InsufficientData
from analysis.reliability import (
    cronbach_alpha,
    fleiss_kappa,
    guttman,
    icc,
    omega,
    rwg,
    rwg_j,
    split_half,
    weighted_kappa,
)

PEOPLE = np.array([[4, 5, 4], [3, 4, 4], [5, 5, 5], [2, 3, 2], [4, 4, 5], [3, 3, 4]], float)


@pytest.fixture(autouse=True)
def silence_is_kept():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def reason(call, *arguments, **named) -> str:
    with pytest.raises(InsufficientData) as refusal:
        call(*arguments, **named)
    return refusal.value.reason


@pytest.mark.parametrize(
    ("x", "why"),
    [
        (np.full((5, 3), np.nan), "empty"),
        (np.empty((0, 3)), "empty"),
        (PEOPLE[:1], "too_few_rows"),
        (PEOPLE[:, :1], "too_few_items"),
        (np.column_stack([PEOPLE[:, 0], np.full(6, 4.0)]), "constant_item"),
        (np.column_stack([PEOPLE[:, 0], 6 - PEOPLE[:, 0]]), "singular"),
    ],
)
def test_alpha_is_refused_only_where_it_does_not_exist(x, why):
    assert reason(cronbach_alpha, x) == why


def test_a_constant_item_leaves_raw_alpha():
    alpha = cronbach_alpha(np.column_stack([PEOPLE, np.full(6, 4.3)]))
    k3 = cronbach_alpha(PEOPLE)
    assert alpha.items[3].alpha_if_dropped == pytest.approx(k3.raw)
    assert alpha.raw == pytest.approx(4 / 3 * (2 / 3) * k3.raw)
    assert (alpha.standardized, alpha.mean_r, alpha.items[3].r_drop, alpha.items[3].sd) == (None, None, None, 0.0)
    assert alpha.reasons == dict.fromkeys(("items[3].r_drop", "standardized", "mean_r"), "constant_item")


def test_two_items_have_no_alpha_without_one_of_them():
    alpha = cronbach_alpha(PEOPLE[:, :2])
    r = np.corrcoef(PEOPLE[:, 0], PEOPLE[:, 1])[0, 1]
    assert [item.alpha_if_dropped for item in alpha.items] == [None, None]
    assert alpha.items[0].r_drop == pytest.approx(r)
    assert alpha.reasons == {f"items[{i}].alpha_if_dropped": "too_few_items" for i in (0, 1)}


def test_items_that_say_the_same_reach_one():
    alpha = cronbach_alpha(np.column_stack([PEOPLE[:, 0]] * 4))
    assert alpha.raw == pytest.approx(1)
    assert alpha.feldt == pytest.approx((1, 1))
    assert alpha.ase == pytest.approx(0, abs=1e-7)


def test_gaps_leave_the_row_out_or_the_pair():
    x = PEOPLE.copy()
    x[0, 1] = np.nan
    assert cronbach_alpha(x) == cronbach_alpha(PEOPLE[1:])
    pairwise = cronbach_alpha(x, missing="pairwise")
    assert pairwise.n == 6
    assert pairwise.items[0].mean == pytest.approx(PEOPLE[:, 0].mean())


def test_two_items_never_answered_together_have_no_covariance():
    x = np.array([[1, np.nan, 3], [2, np.nan, 4], [np.nan, 3, 3], [np.nan, 5, 2]])
    assert reason(cronbach_alpha, x, missing="pairwise") == "too_few_rows"
    assert reason(cronbach_alpha, x) == "empty"


def test_confidence_widens_the_interval():
    wide, narrow = cronbach_alpha(PEOPLE, confidence=0.99), cronbach_alpha(PEOPLE, confidence=0.5)
    assert wide.feldt[0] < narrow.feldt[0] < wide.raw < narrow.feldt[1] < wide.feldt[1]


def test_a_shape_that_is_no_table_is_an_error_of_the_caller():
    with pytest.raises(ValueError):
        cronbach_alpha([1, 2, 3])
    with pytest.raises(ValueError):
        cronbach_alpha(PEOPLE, missing="some")


def test_an_item_that_is_the_sum_of_others_has_no_lambda6():
    bounds = guttman(np.column_stack([PEOPLE[:, :2], PEOPLE[:, 0] + PEOPLE[:, 1]]))
    assert (bounds.lambda6, bounds.reasons) == (None, {"lambda6": "singular"})
    assert bounds.lambda1 < bounds.lambda3 <= bounds.lambda2


def test_correlations_need_items_that_vary():
    x = np.column_stack([PEOPLE, np.full(6, 4.0)])
    assert reason(guttman, x, metric="correlation") == "constant_item"
    assert guttman(x).lambda6 is None
    assert reason(split_half, PEOPLE[:1]) == "too_few_rows"


def test_a_half_that_does_not_vary_has_no_correlation():
    halves = split_half(np.column_stack([PEOPLE[:, 0], np.full(6, 4.0), PEOPLE[:, 1]]))
    assert (halves.odd_even_spearman_brown, halves.n_splits) == (None, 3)
    assert halves.odd_even_rulon == 0


def test_omega_needs_three_items():
    assert reason(omega, PEOPLE[:, :2]) == "too_few_items"
    assert reason(omega, np.column_stack([PEOPLE, np.full(6, 4.0)])) == "constant_item"


def test_raters_who_differ_by_a_constant():
    found = icc(np.column_stack([PEOPLE[:, 0], PEOPLE[:, 0] + 1]))
    assert found.icc3.value == pytest.approx(1)
    assert (found.icc3.f, found.icc3.p, found.icc3.ci) == (None, None, None)
    assert found.icc1.value < 1
    assert found.icc1.f is not None


def test_targets_alike_have_no_reliable_mean():
    found = icc([[1, 2], [2, 1], [1, 2], [2, 1]])
    assert found.icc1.value == pytest.approx(-1)
    assert (found.icc1k.value, found.icc1k.reasons["value"]) == (None, "constant_item")


@pytest.mark.parametrize(
    ("x", "why"),
    [([[1, 1], [1, 1]], "constant_item"), ([[1, 2]], "too_few_rows"), ([[1], [2]], "too_few_items")],
)
def test_ratings_that_cannot_be_compared(x, why):
    assert reason(icc, x) == why


def test_full_agreement_on_categories():
    assert fleiss_kappa([[1, 1, 1], [2, 2, 2]]).kappa == pytest.approx(1)
    assert reason(fleiss_kappa, [[1, 1], [1, 1]]) == "constant_item"


def test_levels_nobody_used_change_the_weights():
    a, b = [1, 2, 4, 4, 2], [1, 4, 4, 2, 2]
    assert weighted_kappa(a, b).kappa != weighted_kappa(a, b, levels=[1, 2, 3, 4, 5]).kappa
    assert weighted_kappa(a, a).kappa == pytest.approx(1)
    assert reason(weighted_kappa, [3, 3], [3, 3]) == "constant_item"
    with pytest.raises(ValueError):
        weighted_kappa(a, b, levels=[1, 2])


def test_agreement_of_a_unit_is_never_below_zero():
    assert rwg([4, 4, 4], 5) == 1
    assert rwg([1, 5, 1, 5], 5) == 0
    assert rwg_j([[1, 5], [5, 1]], 5) == 0
    assert rwg_j([[4, 4], [4, 4]], [1, 2, 3, 4, 5]) == 1
    assert reason(rwg, [4], 5) == "too_few_rows"
