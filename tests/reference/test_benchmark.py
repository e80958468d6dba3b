"""Fair comparison of units: limits and shrinkage agree with R, and equal units are never ranked."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

from analysis import InsufficientData
from analysis.benchmark import Tier, beta_binomial, funnel_limits, overdispersion, tiers
from analysis.distributions import binomial_two_sided

CASES = json.loads((Path(__file__).parent / "12_control_funnel.json").read_text(encoding="utf-8"))["cases"]


def counts(case: dict) -> tuple[np.ndarray, np.ndarray]:
    return tuple(np.array([row[key] for row in case["input"]["table"]]) for key in ("x", "n"))


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in CASES if c["id"].endswith("p_chart_funnel")])
@pytest.mark.parametrize(("level", "key"), [(0.95, "funnel_95"), (0.998, "funnel_99.8")])
def test_funnel_limits_are_spiegelhalters(case, level, key):
    _, n = counts(case)
    lower, upper = funnel_limits(n, case["values"]["theta"], level=level)
    assert lower == pytest.approx(case["values"][key]["interpolated_lower"], rel=1e-8, abs=1e-12)
    assert upper == pytest.approx(case["values"][key]["interpolated_upper"], rel=1e-8)


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in CASES if c["id"].endswith("empirical_bayes")])
def test_rates_are_drawn_towards_their_mean(case):
    bayes, values = beta_binomial(*counts(case)), case["values"]
    assert (bayes.mu, bayes.rho) == pytest.approx((values["mu"], values["rho"]), rel=1e-9)
    assert bayes.shrunken == pytest.approx(values["shrunken"], rel=1e-9)
    assert all(lower < rate < upper for rate, (lower, upper) in zip(bayes.shrunken, bayes.intervals, strict=True))


def test_winsorised_overdispersion_ignores_single_outliers():
    n = np.full(400, 50)
    x = np.random.default_rng(2).binomial(50, 0.8, size=400)
    calm = overdispersion(x, n, 0.8)
    x[:10] = 5
    assert 0.5 < calm < 1
    assert overdispersion(x, n, 0.8) < 1.2 * calm


def test_twenty_branches_that_differ_by_chance_are_not_ranked():
    rng = np.random.default_rng(4)
    wrongly_ranked = sum(
        set(tiers(rng.binomial(30, 0.85, 20), np.full(20, 30))) != {Tier.NOT_DISTINGUISHABLE} for _ in range(200)
    )
    assert wrongly_ranked <= 20


def test_a_branch_far_below_the_others_is_lagging_and_the_rest_are_middle():
    x, n = np.array([45, 46, 44, 45, 46, 44, 45, 20]), np.full(8, 50)
    assert tiers(x, n)[-1] is Tier.LAGGING
    assert Tier.ADVANCED not in tiers(x, n)


@pytest.mark.parametrize("mean", [0.5, 0.87, 0.03])
def test_the_test_against_the_class_mean_is_that_of_binom_test(mean):
    n = np.array([1, 7, 20, 20, 300, 300, 4000])
    x = np.array([0, 7, 3, 18, 150, 290, 3500])
    theirs = [binomtest(int(counted), int(total), mean).pvalue for counted, total in zip(x, n, strict=True)]
    assert binomial_two_sided(x.astype(float), n.astype(float), mean) == pytest.approx(theirs, rel=1e-9)


def test_a_class_of_one_cannot_be_shrunk_nor_ranked():
    assert tiers([9], [10]) == (Tier.NOT_DISTINGUISHABLE,)
    with pytest.raises(InsufficientData):
        beta_binomial([9], [10])
