"""The net promoter score: what R says, what likelihood says, and that few people do not show in it."""

from __future__ import annotations

from itertools import product
from math import log

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from analysis import InsufficientData
from analysis.recommendation import NetPromoter, net_promoter
from analysis.tree import Detail, Hidden
from tests.unit.analysis import every_type


@pytest.mark.parametrize(
    ("promoters", "detractors", "n", "confidence", "interval"),
    [
        (60, 20, 1000, 0.95, (0.0231, 0.0584)),
        (28, 25, 618, 0.90, (-0.0148, 0.0247)),
        (48, 41, 549, 0.90, (-0.0157, 0.0414)),
    ],
)
def test_the_interval_is_that_of_r(promoters, detractors, n, confidence, interval):
    """``PropCIs::scoreci.mp(detractors, promoters, n, confidence)`` to four decimals."""
    found = net_promoter(promoters, detractors, n, confidence=confidence)
    assert found.interval == pytest.approx(interval, abs=5e-5)


@pytest.mark.parametrize(("promoters", "detractors", "n"), [(20, 6, 34), (3, 3, 20), (29, 1, 30), (1, 27, 41)])
def test_at_an_end_of_the_interval_the_likeliest_trinomial_is_196_standard_errors_away(promoters, detractors, n):
    """Worked out from the likelihood itself, not from the formula."""
    passives = n - promoters - detractors
    found = net_promoter(promoters, detractors, n)
    for end in found.interval:

        def unlikely(q: float, d: float = end) -> float:
            cells = ((promoters, q + d), (detractors, q), (passives, 1 - 2 * q - d))
            return -sum(count * log(share) for count, share in cells if count)

        low, high = max(0.0, -end), (1 - end) / 2
        q = minimize_scalar(unlikely, bounds=(low + 1e-12, high - 1e-12), method="bounded", options={"xatol": 1e-12}).x
        error = np.sqrt((2 * q + end - end**2) / n)
        assert abs(found.score - end) / error == pytest.approx(1.959964, abs=1e-4)


def test_the_score_is_promoters_less_detractors():
    found = net_promoter(20, 6, 34)
    assert found.score == pytest.approx(14 / 34, abs=1e-15)
    assert (found.promoters, found.detractors, found.n) == (20, 6, 34)


def test_of_all_promoters_the_interval_has_a_width_and_stays_on_the_scale():
    assert net_promoter(30, 0, 30).interval == pytest.approx((0.77297, 1.0), abs=1e-5)
    assert net_promoter(0, 30, 30).interval == pytest.approx((-1.0, -0.77297), abs=1e-5)
    low, high = net_promoter(0, 0, 30).interval
    assert low == -high < 0


def test_promoters_and_detractors_changed_round_mirror_the_interval():
    for promoters, detractors in product((0, 3, 11), (0, 5, 9)):
        low, high = net_promoter(promoters, detractors, 25).interval
        assert net_promoter(detractors, promoters, 25).interval == pytest.approx((-high, -low), abs=1e-9)


def test_who_is_known_narrows_it_and_a_census_has_no_width():
    wide, narrow = net_promoter(20, 6, 34), net_promoter(20, 6, 34, 38)
    assert wide.interval[0] < narrow.interval[0] < narrow.score < narrow.interval[1] < wide.interval[1]
    assert net_promoter(20, 6, 34, 34).interval == (wide.score, wide.score)


def test_impossible_counts_are_refused():
    with pytest.raises(InsufficientData, match="empty"):
        net_promoter(0, 0, 0)
    for counts in ((-1, 0, 5), (3, 3, 5), (1, 1, 5, 4)):
        with pytest.raises(ValueError, match=r"people|satisfied"):
            net_promoter(*counts)


# ---- in a result


def test_a_result_counts_promoters_passives_and_detractors():
    found = every_type.report(40).item("advise").recommendation
    assert isinstance(found, NetPromoter)
    assert (found.promoters, found.detractors, found.n) == (20, 12, 40)
    assert found == net_promoter(20, 12, 40, 45)


def test_from_20_to_29_answers_the_three_classes_shown_are_those_of_the_score():
    item = every_type.report(20).item("advise")
    assert item.detail is Detail.THREE_WAY
    assert [(level.codes, level.count) for level in item.levels] == [
        ((10, 9), 10),
        ((8, 7), 4),
        ((6, 5, 4, 3, 2, 1, 0), 6),
    ]
    assert (item.recommendation.promoters, item.recommendation.detractors) == (10, 6)


def test_below_20_answers_two_classes_are_shown_and_no_score():
    item = every_type.report(15).item("advise")
    assert item.detail is Detail.TWO_WAY
    assert item.recommendation is Hidden.COARSENED


def test_below_the_threshold_nothing_of_it_is_shown():
    found = every_type.report(units={"a": 30, "b": 4}, unit="b")
    assert found.hidden is Hidden.TOO_FEW
    assert found.items == ()


def test_of_a_unit_that_would_give_a_small_one_away_no_score_is_finer_than_its_classes():
    """32 answers of which 25 are a branch's own: the 7 of the other would follow."""
    for unit in ("root", "a"):
        found = every_type.report(units={"a": 25, "b": 7}, unit=unit)
        if found.hidden is None:
            item = found.item("advise")
            assert isinstance(item.recommendation, NetPromoter) == (item.detail is not Detail.TWO_WAY)


def test_other_items_have_no_score():
    assert every_type.report(40).item("told").recommendation is None
