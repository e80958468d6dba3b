"""Trends, control charts, weights, decompositions and drivers agree with R on real data."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from analysis import InsufficientData
from analysis.control import laney_p, p_chart, xmr
from analysis.drivers import relative_importance
from analysis.trend import cochran_armitage, mann_kendall, theil_sen
from analysis.weighting import kitagawa, oaxaca_blinder, post_stratify, rake

HERE = Path(__file__).parent


def cases(topic: str, ending: str) -> list:
    found = json.loads((HERE / f"{topic}.json").read_text(encoding="utf-8"))["cases"]
    chosen = [pytest.param(case, id=case["id"]) for case in found if case["id"].endswith(ending)]
    assert chosen
    return chosen


def column(dataset: str, name: str) -> np.ndarray:
    with (HERE / dataset).open(encoding="utf-8") as file:
        return np.array([float(row[name]) if row[name] not in ("", "NA") else np.nan for row in csv.DictReader(file)])


def labels(dataset: str, name: str) -> list[str]:
    with (HERE / dataset).open(encoding="utf-8") as file:
        return [row[name] for row in csv.DictReader(file)]


def close(ours, theirs, relative=1e-9):
    assert ours == pytest.approx(theirs, rel=relative, abs=1e-12)


@pytest.mark.parametrize("case", cases("09_year_over_year", "cochran_armitage"))
def test_a_trend_of_shares_is_that_of_prop_trend_test(case):
    x, n, scores = (np.array([row[key] for row in case["input"]["table"]]) for key in ("x", "n", "score"))
    trend = cochran_armitage(x, n, scores)
    close(trend.chi2, case["values"]["chisq"])
    close(trend.p, case["values"]["p"])
    assert np.sign(trend.z) == np.sign(case["values"]["logit_slope"])


@pytest.mark.parametrize("case", cases("09_year_over_year", "mann_kendall_sen"))
def test_a_monotone_trend_and_its_slope(case):
    t, y = (np.array([row[key] for row in case["input"]["series"]]) for key in ("t", "y"))
    values, trend, slope = case["values"], mann_kendall(y, t), theil_sen(y, t)
    assert trend.s == values["S"]
    close(trend.variance, values["var_S"])
    close(trend.z, values["z"])
    close(trend.p, values["p"])
    close(trend.tau, values["tau_b"])
    close(slope.slope, values["sen_slope"])
    close(slope.intercept, values["sen_intercept_median"])
    close(list(slope.ci), values["sen_ci_gilbert_interpolated"])


def test_four_years_can_never_show_a_trend_and_three_are_none():
    assert not mann_kendall([1, 2, 3, 4]).can_reach_5_percent
    assert mann_kendall([1, 2, 3, 4, 5]).can_reach_5_percent
    for statistic in (mann_kendall, theil_sen):
        with pytest.raises(InsufficientData) as refused:
            statistic([1, 2, np.nan, 4])
        assert refused.value.reason == "too_few_rows"


@pytest.mark.parametrize("case", cases("12_control_funnel", "p_chart_funnel"))
def test_limits_of_a_p_chart(case):
    x, n = (np.array([row[key] for row in case["input"]["table"]]) for key in ("x", "n"))
    values, chart = case["values"], p_chart(x, n)
    close(chart.centre, values["centre"])
    assert [side is None for side in chart.lower] == [limit <= 0 for limit in values["lcl"]]
    close([side for side in chart.lower if side is not None], [limit for limit in values["lcl"] if limit > 0])
    close([side for side in chart.upper if side is not None], [limit for limit in values["ucl"] if limit < 1])
    close(laney_p(x, n).inflation, values["laney_sigma_z"])


@pytest.mark.parametrize("case", cases("12_control_funnel", "xmr"))
def test_limits_of_individual_values(case):
    values, chart = case["values"], xmr(case["input"]["series"])
    close(chart.centre, values["mean"])
    close((chart.lower[0], chart.upper[0]), (values["lcl_2.66"], values["ucl_2.66"]))


def test_eight_on_one_side_are_a_signal_though_inside_the_limits():
    chart = xmr([5, 5.2, 4.9, 5.1, 4.0, 4.1, 4.0, 4.2, 4.1, 4.0, 4.1, 4.2, 5.9, 5.8, 6, 6.1])
    assert 11 in chart.signals


@pytest.mark.parametrize("case", cases("08_finite_population_weights", "poststratify_stype_apisrs"))
def test_post_stratified_means_have_the_errors_of_r_survey(case):
    weighted = post_stratify(labels("apisrs.csv", "stype"), case["input"]["population"])
    close(weighted.kish_n, case["values"]["kish_n_eff"])
    for name, expected in case["values"]["estimates"].items():
        estimate = weighted.estimate(column("apisrs.csv", name))
        close(estimate.value, expected["poststratified"])
        close(estimate.se, expected["poststratified_se"])


@pytest.mark.parametrize("case", cases("08_finite_population_weights", "rake_stype_sch.wide"))
def test_raked_means_have_the_errors_of_r_survey(case):
    groups = {name: labels("apisrs.csv", name) for name in case["input"]["margins"]}
    weighted = rake(groups, case["input"]["margins"], trim=None)
    close(weighted.kish_n, case["values"]["kish_n_eff"], 1e-7)
    for name, expected in case["values"]["estimates"].items():
        estimate = weighted.estimate(column("apisrs.csv", name))
        close(estimate.value, expected["raked"], 1e-7)
        close(estimate.se, expected["raked_se"], 1e-6)


def test_trimmed_weights_stay_within_a_third_and_three_times_their_mean():
    groups = {"age": ["young"] * 2 + ["old"] * 98}
    weights = rake(groups, {"age": {"young": 500, "old": 500}}, trim=(1 / 3, 3)).weights
    assert weights.max() <= 3 * weights.mean() * (1 + 1e-9)


@pytest.mark.parametrize("case", cases("13_decomposition", "kitagawa"))
def test_a_change_splits_into_rates_and_composition(case):
    strata = case["input"]["strata"]
    parts = kitagawa(*([row[key] for row in strata] for key in ("mA", "nA", "mB", "nB")))
    close(parts.rate_effect, case["values"]["rate_effect"])
    close(parts.composition_effect, case["values"]["composition_effect"])
    close(parts.total, case["values"]["difference"])


@pytest.mark.parametrize("case", cases("13_decomposition", "oaxaca"))
def test_a_gap_splits_into_endowments_and_coefficients(case):
    year = column("GSSvocab.csv", "year")
    native = np.array([{"yes": 1.0, "no": 0.0}.get(word, np.nan) for word in labels("GSSvocab.csv", "nativeBorn")])
    x = np.column_stack([column("GSSvocab.csv", "educ"), column("GSSvocab.csv", "age"), native])
    y = column("GSSvocab.csv", "vocab")
    split = oaxaca_blinder(x[year == 1978], y[year == 1978], x[year == 2016], y[year == 2016])
    values = case["values"]
    close(split.difference, values["difference"], 1e-8)
    close(split.threefold.endowments, values["threefold"]["endowments"], 1e-8)
    close(split.threefold.coefficients, values["threefold"]["coefficients"], 1e-8)
    close(split.threefold.interaction, values["threefold"]["interaction"], 1e-8)
    close(split.twofold["a"].explained, values["twofold_ref_A"]["explained"], 1e-8)


@pytest.mark.parametrize("case", cases("10_relative_importance", "importance"))
def test_shares_of_association_sum_to_r_squared(case):
    x = np.column_stack([column(case["dataset"], name) for name in case["input"]["x"]])
    importance = relative_importance(x, column(case["dataset"], case["input"]["y"]), draws=200)
    values = case["values"]
    close(importance.r2, values["r2"])
    close(importance.lmg, list(values["lmg"].values()))
    close(importance.johnson, list(values["johnson_weights"].values()))
    close(importance.standardized_beta, list(values["std_beta"].values()))
    assert sum(importance.lmg) == pytest.approx(importance.r2, rel=1e-12)
    for share, (lower, upper) in zip(importance.lmg, importance.intervals, strict=True):
        assert 0 <= lower < upper <= 1
        assert lower <= share <= upper
    for share, (lower, upper) in zip(importance.lmg, importance.share_intervals, strict=True):
        assert 0 <= lower <= share / importance.r2 <= upper <= 1


def test_the_share_of_the_only_predictor_is_all_of_r_squared_in_every_draw():
    rng = np.random.default_rng(2)
    x = rng.normal(size=60)
    found = relative_importance(x, x + 3 * rng.normal(size=60))
    assert found.share_intervals == ((1.0, 1.0),)
    assert found.intervals[0][1] / found.r2 > 1.5


def test_collinear_predictors_have_no_shares():
    x = np.random.default_rng(1).normal(size=(50, 2))
    with pytest.raises(InsufficientData) as refused:
        relative_importance(np.column_stack([x, x[:, 0]]), x.sum(axis=1))
    assert refused.value.reason == "singular"
