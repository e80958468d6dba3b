"""Counting once: everything follows from integer counts that add up however the data are split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest

from analysis.scoring import index, is_satisfied, levels_best_first, mean_and_sd, share_values
from analysis.tables import Tables
from analysis.tabulation import tabulate
from tests.unit.analysis import synthetic


def all_counts(tables: Tables) -> dict[str, np.ndarray]:
    """Every array of the tree of counts, by its path."""

    def found(value: object, path: str):
        if isinstance(value, np.ndarray):
            yield path, value
        elif isinstance(value, Mapping):
            for key, part in value.items():
                yield from found(part, f"{path}/{key}")
        elif is_dataclass(value):
            for field in fields(value):
                yield from found(getattr(value, field.name), f"{path}.{field.name}")

    return dict(found(tables, ""))


def test_counts_of_any_split_add_up_to_the_same_bits():
    whole = synthetic.sealed(units={"A": 40, "B": 35, "C": 20}, dont_know=0.1)
    rng = np.random.default_rng(7)
    together = tabulate(whole)
    for pieces in (2, 5):
        piece = rng.integers(0, pieces, whole.rows)
        parts = [
            tabulate(_rows(whole, piece == number), whole.units[piece == number], together.groups)
            for number in range(pieces)
        ]
        added = all_counts(sum(parts[1:], parts[0]))
        assert len(added) > 30
        for name, counts in all_counts(together).items():
            assert (added[name] == counts).all(), name


def test_counts_are_those_of_counting_row_by_row():
    data = synthetic.sealed(units={"A": 40, "B": 35, "C": 20}, dont_know=0.2)
    tables = tabulate(data)
    x, units = data.matrix(tables.items), data.units
    scored = ~np.isnan(x)
    for unit in range(1, 4):
        rows = units == unit
        value = np.where(scored, x, 0)[rows]
        assert (tables.pair_n[unit] == scored[rows].T.astype(int) @ scored[rows]).all()
        assert (tables.pair_sum[unit] == value.T @ scored[rows]).all()
        assert (tables.pair_product[unit] == value.T @ value).all()
    work = tables.dimensions["work"]
    own = data.matrix(work.items)
    complete = own[~np.isnan(own).any(axis=1)]
    assert work.scale.n.sum() == len(complete)
    assert (work.scale.sums.sum(axis=0) == complete.sum(axis=0)).all()
    assert (work.scale.products.sum(axis=0) == complete.T @ complete).all()
    answered, satisfied = scored_and_satisfied(data, work.items)
    for a in range(5):
        for s in range(5):
            assert work.people[:, a, s].sum() == ((answered == a) & (satisfied == s)).sum()
    silent = np.all([data.column(code) == -1 for code in work.items], axis=0)
    assert work.without_opinion.sum() == silent.sum()


def scored_and_satisfied(data, items):
    x = data.matrix(items)
    return (~np.isnan(x)).sum(axis=1), (x >= 4).sum(axis=1)


def test_the_table_of_any_pair_is_a_block_of_the_cross_product():
    data = synthetic.sealed(200, dont_know=0.1)
    tables = tabulate(data)
    first, second = data.column("l1"), data.column("w4")
    expected = [[((first == a) & (second == b)).sum() for b in range(1, 6)] for a in range(1, 6)]
    assert (tables.pair_table("l1", "w4") == expected).all()
    part = tables.choice(["root"])
    assert part.cross is not None
    with pytest.raises(ValueError, match="together"):
        tabulate(synthetic.sealed(units={"A": 40, "B": 35})).of(["A"]).pair_table("l1", "w4")


def test_a_split_counts_who_was_mostly_satisfied_by_option():
    data = synthetic.sealed(units={"A": 60, "B": 50}, dont_know=0.3)
    tables = tabulate(data)
    split = tables.of(["A", "B"]).splits["age"]
    answered, satisfied = scored_and_satisfied(data, tables.dimensions["work"].items)
    overall = data.column("overall")
    for position, option in enumerate(split.options):
        chosen = data.column("age") == option
        assert split.people[0, position] == chosen.sum()
        work, whole = tables.subjects.index("work"), tables.subjects.index("overall")
        assert split.answered[0, position, work] == (chosen & (answered > 0)).sum()
        assert split.satisfied[0, position, work] == (chosen & (2 * satisfied > answered)).sum()
        assert split.satisfied[0, position, whole] == (chosen & (overall >= 4)).sum()


def _rows(dataset, chosen):
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
    shares, people = share_values(tabulate(data).of(["root"]).dimensions["lead"].people[0])
    assert dict(zip(shares.tolist(), people.tolist(), strict=True)) == {0.0: 1, 0.5: 1, 1.0: 1}


def test_index_mean_and_spread():
    assert mean_and_sd([5, 4, 1], [2, 1, 1]) == pytest.approx((3.75, 1.8929694486000912))
    assert mean_and_sd([3], [1]) == (3.0, None)
    assert index(3.75, 1, 5) == pytest.approx(68.75)
