"""Intervals of shares at their edges, and for groups of known size."""

from __future__ import annotations

import pytest

from analysis import InsufficientData
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

INTERVALS = (wald, wilson, agresti_coull, clopper_pearson)


def test_the_published_example_of_newcombe():
    found = difference(56, 70, 48, 80)
    assert round(found.difference, 4) == 0.2
    assert tuple(round(bound, 4) for bound in found.ci) == (0.0524, 0.3339)


@pytest.mark.parametrize("interval", INTERVALS)
def test_no_answers_no_interval(interval):
    with pytest.raises(InsufficientData) as refusal:
        interval(0, 0)
    assert refusal.value.reason == "empty"


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("counts", [(3, 2), (-1, 5), (2.5, 5), (float("nan"), 5)])
def test_counts_that_cannot_be(interval, counts):
    with pytest.raises(ValueError):
        interval(*counts)


@pytest.mark.parametrize("confidence", [0, 1, 95, -0.5])
def test_confidence_is_a_share(confidence):
    for interval in INTERVALS:
        with pytest.raises(ValueError):
            interval(3, 5, confidence=confidence)
    with pytest.raises(ValueError):
        hypergeometric_bounds(3, 5, 10, confidence=confidence)


def test_nobody_and_everybody_reach_the_ends():
    assert wilson(0, 8)[0] == clopper_pearson(0, 8)[0] == 0.0
    assert wilson(8, 8)[1] == clopper_pearson(8, 8)[1] == 1.0
    assert agresti_coull(8, 8)[1] > 1


def test_a_census_leaves_nothing_open():
    assert wilson_finite(18, 20, 20) == (0.9, 0.9)
    assert hypergeometric_bounds(18, 20, 20) == worst_best(18, 20, 20) == (18, 18)


def test_knowing_the_group_narrows_the_interval():
    low, high = wilson(18, 20)
    finite_low, finite_high = wilson_finite(18, 20, 25)
    assert low < finite_low < 0.9 < finite_high < high


def test_more_answers_than_people():
    for bounds in (wilson_finite, hypergeometric_bounds, worst_best):
        with pytest.raises(ValueError, match="21 answers from 20 people"):
            bounds(18, 21, 20)


def test_the_silent_at_their_worst_and_best():
    assert worst_best(18, 20, 30) == (18, 28)
    assert worst_best(0, 0, 30) == hypergeometric_bounds(0, 0, 30) == (0, 30)


def test_a_million_people_are_bounded_too():
    low, high = hypergeometric_bounds(9_000, 10_000, 1_000_000)
    assert 893_000 < low < 895_000
    assert 905_000 < high < 907_000
