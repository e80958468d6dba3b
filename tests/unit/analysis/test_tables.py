"""Counting once: everything follows from integer counts that add up however the data are split."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.scoring import index, is_satisfied, levels_best_first, mean_and_sd, mostly_satisfied, shares
from analysis.tables import tabulate
from tests.unit.analysis import synthetic


def test_counts_of_any_split_add_up_to_the_same_bits():
    whole = synthetic.sealed(units={"A": 40, "B": 35, "C": 20})
    rng = np.random.default_rng(7)
    together = tabulate(whole)
    for pieces in (2, 5):
        piece = rng.integers(0, pieces, whole.rows)
        parts = [
            tabulate(_rows(whole, piece == number), whole.units[piece == number].astype(np.int64), together.groups)
            for number in range(pieces)
        ]
        added = sum(parts[1:], parts[0])
        for name in ("levels", "pair_n", "pair_sum", "pair_product"):
            assert (getattr(added, name) == getattr(together, name)).all()


def _rows(dataset, chosen):
    from dataclasses import replace

    return replace(dataset, codes=dataset.codes[:, chosen], units=dataset.units[chosen], whole=None)


def test_every_row_is_counted_once_per_item():
    data = synthetic.sealed(units={"A": 40, "B": 35})
    tables = tabulate(data)
    assert (tables.levels.sum(axis=2) == [[0], [40], [35]]).all()
    column = data.column("w4")
    assert tables.counts("w4") == {code: int((column == code).sum()) for code in tables.codes}


def test_pairwise_covariances_agree_with_a_count_by_hand():
    data = synthetic.sealed(60, dont_know=0.2)
    tables = tabulate(data)
    x = data.matrix(tables.items)
    i, j = tables.items.index("l1"), tables.items.index("w4")
    both = ~np.isnan(x[:, i]) & ~np.isnan(x[:, j])
    assert tables.covariance()[i, j] == pytest.approx(np.cov(x[both, i], x[both, j])[0, 1], rel=1e-12)
    assert tables.covariance()[j, j] == pytest.approx(np.nanvar(x[:, j], ddof=1), rel=1e-12)


def test_tables_of_different_units_do_not_add():
    with pytest.raises(ValueError, match="do not add"):
        tabulate(synthetic.sealed(20)) + tabulate(synthetic.sealed(units={"A": 20}))


def test_a_reversed_item_counts_its_low_levels_as_satisfied():
    questionnaire = synthetic.instrument()
    item = questionnaire.by_code["w4"]
    assert [is_satisfied(questionnaire, item, code) for code in (1, 2, 3, 4, 5)] == [True, True, False, False, False]
    assert levels_best_first(questionnaire, item) == (1, 2, 3, 4, 5)
    assert levels_best_first(questionnaire, questionnaire.by_code["l1"]) == (5, 4, 3, 2, 1)


def test_a_persons_share_counts_only_what_that_person_answered():
    from analysis.dataset import build

    rows = [{"l1": 5, "l2": 1}, {"l1": 4, "l2": -1}, {"l2": -1}, {"l1": 2}]
    data = build(synthetic.instrument(), rows, ["root"] * 4, manifest=synthetic.manifest({"root": 4}))
    assert shares(data, ["l1", "l2"]).tolist() == [0.5, 1.0, 0.0]
    mostly = mostly_satisfied(data, ["l1", "l2"])
    assert mostly[[0, 1, 3]].tolist() == [0.0, 1.0, 0.0]
    assert np.isnan(mostly[2])


def test_index_mean_and_spread():
    assert mean_and_sd([5, 4, 1], [2, 1, 1]) == pytest.approx((3.75, 1.8929694486000912))
    assert mean_and_sd([3], [1]) == (3.0, None)
    assert index(3.75, 1, 5) == pytest.approx(68.75)
