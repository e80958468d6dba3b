"""Means of groups of known size, and their change."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from analysis import InsufficientData
from analysis.mean import finite_difference, finite_mean


def test_everybody_answered_so_nothing_is_uncertain():
    mean = finite_mean([4, 5, 3, np.nan], 3)
    assert (mean.mean, mean.se, mean.ci, mean.n) == (4.0, 0.0, (4.0, 4.0), 3)


def test_one_answer_of_several_people_has_a_mean_only():
    mean = finite_mean([4], 3)
    assert (mean.mean, mean.se, mean.ci) == (4.0, None, None)
    assert mean.reasons == {"se": "too_few_rows", "ci": "too_few_rows"}


def test_nobody_answered():
    with pytest.raises(InsufficientData) as refusal:
        finite_mean([np.nan, np.nan], 5)
    assert refusal.value.reason == "empty"


def test_more_answers_than_people():
    with pytest.raises(ValueError, match="3 answers from 2 people"):
        finite_mean([1, 2, 3], 2)


def test_two_censuses_differ_exactly():
    change = finite_difference([3, 4], 2, [4, 5, 5], 3)
    assert change.exact
    assert change.difference == pytest.approx(14 / 3 - 3.5)
    assert (change.se, change.p) == (0.0, None)
    assert change.ci == (change.difference, change.difference)


def test_people_who_answered_twice_make_the_change_clearer():
    earlier, later = [3, 4, 4, 5, 3, 4], [4, 4, 5, 5, 4, 4]
    apart = finite_difference(earlier, 10, later, 10)
    together = finite_difference(earlier, 10, later, 10, overlap=6, common=10, rho=0.6)
    s1, s2 = np.std(earlier, ddof=1), np.std(later, ddof=1)
    assert together.se**2 == pytest.approx(apart.se**2 - 2 * 0.6 * s1 * s2 * (6 / 36 - 10 / 100))
    assert finite_difference(earlier, 10, later, 10, overlap=6, rho=0.6) == apart
    assert apart.se == pytest.approx(sqrt(0.4 * (s1**2 + s2**2) / 6))


def test_a_census_against_a_sample_is_uncertain_by_the_sample_alone():
    change = finite_difference([3], 1, [4, 5, 4], 6)
    assert change.se == finite_mean([4, 5, 4], 6).se


def test_equal_answers_in_both_years_cannot_be_tested():
    change = finite_difference([4, 4], 5, [4, 4, 4], 5)
    assert (change.difference, change.se, change.p) == (0.0, None, None)
    assert set(change.reasons.values()) == {"constant_item"}


@pytest.mark.parametrize("wrong", [{"overlap": 4, "common": 9}, {"overlap": 2, "common": 1}, {"common": 3, "rho": 2}])
def test_overlaps_that_cannot_be(wrong):
    with pytest.raises(ValueError):
        finite_difference([3, 4, 5], 6, [3, 4, 4], 6, **wrong)
