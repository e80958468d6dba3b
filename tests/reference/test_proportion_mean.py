"""Intervals of shares and means are R's: prop.test, binom.test, survey; hypergeometric bounds are phyper's."""

from __future__ import annotations

import pytest

from analysis.mean import finite_difference, finite_mean
from analysis.proportion import (
    agresti_coull,
    clopper_pearson,
    difference,
    hypergeometric_bounds,
    wald,
    wilson,
    wilson_finite,
)
from analysis.targets import Grade, judge
from tests.reference.r_values import case, cases, close, numbers, rows


@pytest.mark.parametrize(
    "counted", case("07_proportions", "intervals_no_fpc")["values"], ids=lambda c: f"{c['x']}/{c['n']}"
)
def test_intervals_of_a_share(counted):
    for level in counted["by_level"]:
        x, n, confidence = counted["x"], counted["n"], level["conf"]
        close(wald(x, n, confidence=confidence), level["wald"])
        close(wilson(x, n, confidence=confidence), level["wilson"])
        close(clopper_pearson(x, n, confidence=confidence), level["clopper_pearson"])
        theirs = level["agresti_coull"]
        close(agresti_coull(x, n, confidence=confidence), (theirs["lower"], theirs["upper"]))


def test_wilson_for_a_group_of_known_size():
    for theirs in case("07_proportions", "svyciprop_fpc")["values"]:
        close(wilson_finite(theirs["x"], theirs["n"], theirs["N"]), theirs["wilson_fpc_N1"])


def test_bounds_of_satisfied_people():
    for theirs in case("07_proportions", "hypergeometric_exact")["values"]:
        bounds = hypergeometric_bounds(theirs["x"], theirs["n"], theirs["N"], confidence=theirs["conf"])
        assert bounds == (theirs["K_lower"], theirs["K_upper"])


def test_grades_follow_from_the_tails_that_r_gives():
    for theirs in case("07_proportions", "finite_population_target_test")["values"]:
        for target in theirs["by_target"]:
            judgement = judge(theirs["x"], theirs["n"], theirs["N"], target["target"])
            assert judgement.required == target["K_target"]
            assert judgement.grade is expected_grade(theirs, target)


def expected_grade(counted: dict, target: dict) -> Grade:
    met = counted["x"] / counted["n"] >= target["target"]
    in_order = {
        Grade.MET_CERTAIN: target["already_certain_reached"],
        Grade.MISSED_CERTAIN: target["already_impossible"],
        Grade.MET_CONFIDENT: target["p_at_least_x_if_K_minus_1"] <= 0.05,
        Grade.MISSED_CONFIDENT: target["p_at_most_x_if_K"] <= 0.05,
        Grade.MET_AT_FACE_VALUE: met,
        Grade.MISSED_AT_FACE_VALUE: True,
    }
    return next(grade for grade, holds in in_order.items() if holds)


def test_the_difference_of_two_shares():
    for theirs in case("09_year_over_year", "two_proportions")["values"]:
        ours = difference(theirs["x1"], theirs["n1"], theirs["x2"], theirs["n2"])
        close(ours.difference, theirs["diff_p1_minus_p2"])
        close(ours.ci, (theirs["newcombe"]["lower"], theirs["newcombe"]["upper"]))


@pytest.mark.parametrize(
    "found", [one for one in cases("08_finite_population_weights", "apisrs", "attitude") if "srs_mean" in one.id]
)
def test_a_mean_of_a_group_of_known_size(found):
    mean = finite_mean(numbers(found["dataset"], found["input"]["y"]), found["input"]["N"])
    close((mean.mean, mean.se), (found["values"]["mean"], found["values"]["se_fpc"]))
    close(mean.ci, found["values"]["ci_t"])


@pytest.mark.parametrize("found", cases("09_year_over_year", "finite_population_difference"))
def test_the_change_of_a_groups_mean(found):
    by_year = {year: [row for row in rows(found["dataset"]) if row["year"] == year] for year in ("1999", "2000")}
    is_share = "share" in found["id"]
    earlier, later = (
        [float(row["api"]) >= 700 if is_share else float(row["api"]) for row in by_year[year]] for year in by_year
    )
    people = [int(by_year[year][0]["N"]) for year in by_year]
    ours, theirs = finite_difference(earlier, people[0], later, people[1]), found["values"]
    assert (ours.df, ours.exact) == (theirs["df_design"], False)
    close((ours.difference, ours.se, ours.t), (theirs["diff"], theirs["se_fpc"], theirs["t"]))
    close(ours.p, theirs["p_t_design"], relative=1e-8)
    close(ours.ci, theirs["ci_t_design"])
