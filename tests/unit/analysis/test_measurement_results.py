"""How well a survey measured, from counts: the unit's own figures where it has enough answers, else from above."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.agreement import icc, rwg
from analysis.confirm import confirm
from analysis.counted import counted
from analysis.drivers import relative_importance
from analysis.invariance import invariance
from analysis.omega import omega, ordinal_alpha_from_correlation
from analysis.polychoric import polychoric
from analysis.tree import Hidden
from analysis.validity import bartlett, kmo
from tests.unit.analysis import synthetic

MEMBERS = {"lead": ["l1", "l2", "l3", "l4"], "work": ["w1", "w2", "w3", "w4"], "mass": ["m1", "m2", "m3", "m4"]}
ITEMS = [item for items in MEMBERS.values() for item in items]


def complete(data, items) -> np.ndarray:
    x = data.matrix(items)
    return x[~np.isnan(x).any(axis=1)]


@pytest.fixture(scope="module")
def data():
    return synthetic.sealed(400)


@pytest.fixture(scope="module")
def result(data):
    return synthetic.result(data, [synthetic.sealed(420, seed=2, year=2025)])


def test_figures_from_counts_are_those_of_the_answers(data, result):
    x, validity = complete(data, ITEMS), result.validity
    assert validity.items == tuple(ITEMS)
    assert validity.kmo.n == len(x)
    assert validity.kmo.value.overall == pytest.approx(kmo(x).overall, rel=1e-9)
    assert validity.bartlett.value.chi2 == pytest.approx(bartlett(x).chi2, rel=1e-9)
    structure = {code: [ITEMS.index(item) for item in items] for code, items in MEMBERS.items()}
    fit = validity.confirmation.value.fit
    assert fit.chi2 == pytest.approx(confirm(x, structure).chi2, rel=1e-6)
    assert set(validity.confirmation.value.composite_reliability) == set(MEMBERS)
    assert validity.confirmation.value.htmt.shape == (3, 3)
    assert result.reliability.omega == pytest.approx(omega(x).total, rel=1e-6)
    for dimension in result.dimensions:
        pairwise = polychoric(data.matrix(dimension.items)).correlations
        expected = ordinal_alpha_from_correlation(pairwise)
        assert dimension.reliability.ordinal_alpha == pytest.approx(expected, rel=1e-6)


def test_importance_is_that_of_the_dimension_means(data, result):
    both = complete(data, [*ITEMS, "overall"])
    means = np.column_stack([both[:, [ITEMS.index(item) for item in items]].mean(axis=1) for items in MEMBERS.values()])
    expected = relative_importance(means, both[:, -1])
    found = result.importance
    assert found.dimensions == tuple(MEMBERS)
    assert found.importance.n == len(both)
    assert found.importance.value.lmg == pytest.approx(expected.lmg, rel=1e-9)
    assert sum(found.importance.value.lmg) == pytest.approx(found.importance.value.r2)


def test_two_years_of_the_same_people_measure_the_same(data, result):
    found = result.validity.invariance
    assert (found.value.year, found.value.verdict) == (2025, "scalar")
    earlier = complete(synthetic.sealed(420, seed=2, year=2025), ITEMS)
    now = complete(data, ITEMS)
    structure = {code: [ITEMS.index(item) for item in items] for code, items in MEMBERS.items()}
    labels = ["2025"] * len(earlier) + ["2026"] * len(now)
    expected = invariance(np.vstack([earlier, now]), structure, labels)
    assert found.value.scalar.chi2 == pytest.approx(expected.scalar.chi2, rel=1e-6)
    assert found.n == min(len(earlier), len(now))


def test_a_question_that_came_to_mean_something_else_breaks_the_equality_of_levels():
    earlier = synthetic.sealed(600, seed=3, year=2025, rates={"w3": 0.95})
    later = synthetic.sealed(600, seed=4, rates={"w3": 0.20})
    verdict = synthetic.result(later, [earlier]).validity.invariance.value.verdict
    assert verdict in ("configural", "metric")


def test_a_small_branch_borrows_from_the_unit_above():
    data = synthetic.sealed(units={"A": 25, "B": 150, "C": 140})
    branch = synthetic.result(data.for_unit("A"))
    for found in (branch.validity.kmo, branch.validity.confirmation, branch.importance.importance):
        assert found.source == "支部 root"
        assert found.n > 200
    whole = synthetic.result(data)
    assert whole.validity.kmo.source is None
    assert branch.reliability.source == "支部 root"
    assert branch.reliability.omega == pytest.approx(whole.reliability.omega, abs=0.02)


def test_each_figure_is_borrowed_only_below_its_own_limit():
    data = synthetic.sealed(units={"A": 140, "B": 200}, dont_know=0)
    validity = synthetic.result(data.for_unit("A")).validity
    assert (validity.kmo.source, validity.structure.source) == (None, None)
    assert validity.confirmation.source == "支部 root"


def test_where_nobody_has_enough_answers_figures_are_refused():
    result = synthetic.result(synthetic.sealed(24))
    for found in (result.validity.kmo, result.validity.structure, result.importance.importance):
        assert (found.value, found.refused) == (None, "too_few_rows")
    assert (result.reliability.alpha, result.reliability.omega) == (None, None)
    assert result.agreement is None


def test_branches_agreement_follows_from_their_counts():
    data = synthetic.sealed(units={f"B{k}": 20 + k % 2 for k in range(12)})
    found = synthetic.result(data).agreement
    by_unit = [data.matrix(["overall"])[data.units == unit][:, 0] for unit in range(1, 13)]
    assert found.units == 12
    assert found.median_rwg == pytest.approx(float(np.median([rwg(x[:, None], 5) for x in by_unit])))
    alike = synthetic.sealed(units={f"B{k}": 20 for k in range(12)}, seed=9)
    ratings = [alike.matrix(["overall"])[alike.units == unit][:, 0] for unit in range(1, 13)]
    result = synthetic.result(alike).agreement
    expected = icc(np.array(ratings))
    assert result.units == 12
    assert (result.icc1, result.icc_k) == pytest.approx((expected.icc1.value, expected.icc1k.value), rel=1e-9)


def test_a_report_hides_how_many_few_complete_answers_there_are():
    alone = synthetic.report(14, years=(2026,), dont_know=0.15)
    assert alone.validity.kmo.n is Hidden.TOO_FEW
    report = synthetic.report(60)
    assert report.validity.kmo.n > 30
    assert all(item.mean is None for item in report.reliability.alpha.items)


def test_the_whole_survey_is_counted_once_for_all_its_units(data):
    assert counted(data).tables is counted(data.for_unit("root")).tables
