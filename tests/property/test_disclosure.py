"""Whoever reads every report of a survey with a pencil finds out nothing about a group that is too small.

The attacker knows the tree, adds and subtracts every exact figure shown anywhere, and must never get the figure of a
hidden or coarsened group, nor of any group of people below the threshold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from analysis.dataset import build
from analysis.disclosure import Policy, suppress
from analysis.pattern import is_exact, limits, subtree_totals, unit_pattern
from analysis.tree import Detail, GroupColumn, Hidden, Rate, Report
from instruments.model import Instrument
from tests.unit.analysis import synthetic

Parents = dict[str, str | None]


@st.composite
def trees(draw: st.DrawFn, most: int = 8) -> Parents:
    size = draw(st.integers(1, most))
    return {f"u{k}": None if k == 0 else f"u{draw(st.integers(0, k - 1))}" for k in range(size)}


@st.composite
def tallies(draw: st.DrawFn, units: Sequence[str]) -> dict[str, tuple[int, int]]:
    found = {}
    for unit in units:
        n = draw(st.integers(0, 45))
        few = draw(st.integers(0, min(n, 3)))
        found[unit] = (n, draw(st.sampled_from([few, n - few, n // 2])))
    return found


def people_of(unit: str, parents: Parents, own: Mapping[str, tuple[int, int]]) -> frozenset[str]:
    """The groups with answers in a unit's subtree: what a figure of the unit is about."""

    def is_below(other: str | None) -> bool:
        while other is not None and other != unit:
            other = parents[other]
        return other == unit

    return frozenset(other for other in parents if own[other][0] and is_below(other))


def derivable(known: Sequence[frozenset[str]], wanted: frozenset[str], units: Sequence[str]) -> bool:
    """Whether some sum of multiples of the known figures is the wanted one."""
    rows = np.array([[unit in figure for unit in units] for figure in known], float).reshape(-1, len(units))
    target = np.array([[unit in wanted for unit in units]], float)
    if not rows.size:
        return False
    return bool(np.linalg.matrix_rank(rows) == np.linalg.matrix_rank(np.vstack([rows, target])))


@settings(max_examples=30, deadline=None)
@given(data=st.data(), parents=trees(), threshold=st.sampled_from([5, 10]))
def test_no_figure_of_a_unit_follows_from_those_of_others(data: st.DataObject, parents: Parents, threshold: int):
    own = data.draw(tallies(list(parents)))
    totals = subtree_totals(own, parents)
    hidden = unit_pattern({unit: n + 1 for unit, (n, _) in own.items() if n}, parents, threshold)
    allowed = limits(own, parents, hidden, threshold)
    groups = {unit: people_of(unit, parents, own) for unit in parents}
    shown = [unit for unit in parents if not isinstance(allowed[unit], Hidden)]
    exact = [unit for unit in shown if is_exact(*totals[unit])]
    full = [unit for unit in shown if allowed[unit] is Detail.FULL]
    for unit in parents:
        assert unit not in shown or (totals[unit][0] >= threshold and unit not in hidden)
        if not groups[unit]:
            continue
        if unit not in exact:
            assert not derivable([groups[other] for other in exact], groups[unit], list(parents))
        if unit not in full:
            assert not derivable([groups[other] for other in full], groups[unit], list(parents))
        if own[unit][0] < threshold:
            assert not derivable([groups[other] for other in shown], frozenset({unit}), list(parents))


@settings(max_examples=30, deadline=None)
@given(data=st.data(), parents=trees(most=6), threshold=st.sampled_from([5, 10]))
def test_no_bound_is_decided_by_the_exact_numbers_around_it(data: st.DataObject, parents: Parents, threshold: int):
    """With what each unit can hold, the exact numbers and the bounds, both numbers behind every bound are possible."""
    own = {}
    for unit in parents:
        n = data.draw(st.sampled_from([0, 0, 10, 11, 12, 14, 25]))
        own[unit] = (n, data.draw(st.sampled_from([0, min(1, n), max(0, n - 1), n, n // 2])))
    totals = subtree_totals(own, parents)
    allowed = limits(own, parents, frozenset(), threshold)
    shown = [unit for unit in parents if not isinstance(allowed[unit], Hidden)]
    exact = [unit for unit in shown if is_exact(*totals[unit])]
    for unit in set(shown) - set(exact):
        if not _is_unanimous_around(unit, exact, parents, own):
            possible = _possible_numbers(unit, shown, parents, own)
            assert possible[1] - possible[0] == 1


def _is_unanimous_around(unit: str, exact: Sequence[str], parents: Parents, own: Mapping[str, tuple[int, int]]) -> bool:
    """All or nobody satisfied in what exact figures single out around a unit: that cannot be hidden."""
    holders = [
        people_of(other, parents, own)
        for other in exact
        if people_of(unit, parents, own) <= people_of(other, parents, own)
    ]
    if not holders:
        return False
    region = min(holders, key=len)
    for other in exact:
        if people_of(other, parents, own) < region:
            region -= people_of(other, parents, own)
    return sum(own[part][1] for part in region) in (0, sum(own[part][0] for part in region))


def _possible_numbers(
    unit: str, shown: Sequence[str], parents: Parents, own: Mapping[str, tuple[int, int]]
) -> tuple[int, int]:
    """Least and most satisfied people of a unit that agree with everything shown."""
    units = list(parents)
    rows, low, high = [], [], []
    for other in shown:
        n, x = subtree_totals(own, parents)[other]
        rows.append([float(part in people_of(other, parents, own)) for part in units])
        low.append(x if is_exact(n, x) else n - 1 if 2 * x > n else 0)
        high.append(x if is_exact(n, x) else n if 2 * x > n else 1)
    target = np.array([float(part in people_of(unit, parents, own)) for part in units])
    found = [
        milp(
            sign * target,
            constraints=LinearConstraint(np.array(rows), low, high),
            bounds=Bounds(0, [own[part][0] for part in units]),
            integrality=np.ones(len(units)),
        ).fun
        for sign in (1, -1)
    ]
    return round(found[0]), round(-found[1])


@settings(max_examples=30, deadline=None)
@given(data=st.data(), parents=trees(), threshold=st.sampled_from([5, 10]))
def test_the_pattern_of_a_survey_covers_every_small_group(data: st.DataObject, parents: Parents, threshold: int):
    counts = data.draw(st.fixed_dictionaries({unit: st.integers(0, 30) for unit in parents}))
    own = {unit: (count, 0) for unit, count in counts.items()}
    hidden = unit_pattern(counts, parents, threshold)
    shown = [people_of(unit, parents, own) for unit in parents if unit not in hidden]
    for unit in parents:
        group = people_of(unit, parents, own)
        if 0 < sum(counts[part] for part in group) < threshold:
            assert unit in hidden
            assert not derivable(shown, group, list(parents))
    if sum(counts.values()) > threshold:
        assert next(iter(parents)) not in hidden


@settings(max_examples=25, deadline=None)
@given(data=st.data(), parents=trees(most=4), seed=st.integers(0, 10**6))
def test_reports_of_all_units_together_give_no_small_group_away(data: st.DataObject, parents: Parents, seed: int):
    valid = {unit: data.draw(st.integers(0, 28), label=unit) for unit in parents}
    answered = synthetic.sealed(units=valid, parents=parents, seed=seed, rates={"l1": 0.98, "w1": 0.05})
    reports = {unit: suppress(synthetic.result(answered.for_unit(unit)), Policy(10)) for unit in parents}
    for item in ("l1", "w1", "overall"):
        own = _own_tallies(answered, item)
        groups = {unit: people_of(unit, parents, own) for unit in parents}
        rates = {unit: _rate(report, item) for unit, report in reports.items()}
        rates |= _rates_of_rows(reports, item)
        exact = [unit for unit, rate in rates.items() if isinstance(rate, Rate) and rate.bound == "exact"]
        printed = [groups[other] for other in exact]
        for unit in set(parents) - set(exact):
            if groups[unit] and groups[unit] not in printed:  # the same people: their number is printed there
                assert not derivable(printed, groups[unit], list(parents))


BRANCHED = {"root": None, "a": "root", "b": "root", "c": "b"} | {f"u{k}": "abc"[k % 3] for k in range(9)}
COMPARED = ("l1", "l2", "overall")
"""What branches are compared by: a dimension of two questions and the overall one."""


@cache
def compared_only() -> Instrument:
    """Without the other questions: of those a report tells much that takes long to reckon and compares no branches."""
    asked = [item.model_dump(by_alias=True) for item in synthetic.instrument().items if item.code in COMPARED]
    section = {"code": "one", "title": {"zh_Hans": "一"}, "items": asked}
    return synthetic.instrument(sections=[section])


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_branch_is_compared_only_by_the_number_its_own_report_prints(data: st.DataObject):
    valid, rows, labels = {}, [], []
    for unit in BRANCHED:
        n = data.draw(st.integers(0, 34) | st.integers(30, 60), label=unit)
        satisfied = data.draw(st.sampled_from([0, n // 3, n // 2, n - min(n, 3), n]) | st.integers(0, n))
        silent = data.draw(st.integers(0, min(n, 3)))
        own = [{"overall": 5 if k < satisfied else 2, "l1": 4 if k < satisfied else 1, "l2": 5} for k in range(n)]
        rows += own[silent:] + [{**row, "l1": None} for row in own[:silent]]
        labels += [unit] * n
        valid[unit] = n
    answered = build(compared_only(), rows, labels, manifest=synthetic.manifest(valid, parents=BRANCHED))
    reports = {
        unit: suppress(synthetic.result(answered.for_unit(unit), objectives=()), Policy(10)) for unit in BRANCHED
    }
    for report in reports.values():
        for row in report.benchmark.rows if report.benchmark else ():
            printed = _rate(reports[row.unit], "overall")
            assert isinstance(printed, Rate)
            assert (printed.satisfied, printed.n, printed.bound) == (row.satisfied, row.n, "exact")
        for pair in report.pairings:
            for item in COMPARED:
                assert all(isinstance(_rate(reports[unit], item), Rate) for unit in (pair.ahead, pair.behind))


def _own_tallies(answered, item: str) -> dict[str, tuple[int, int]]:
    labels, codes = answered.unit_codes(), answered.column(item)
    return {
        unit.code: (int(((labels == unit.code) & (codes > 0)).sum()), int(((labels == unit.code) & (codes > 3)).sum()))
        for unit in answered.manifest.units
    }


def _rate(report: Report, item: str) -> Rate | Hidden:
    return report.hidden if report.hidden else report.item(item).rate


def _rates_of_rows(reports: Mapping[str, Report], item: str) -> dict[str, Rate]:
    if item != "overall":
        return {}
    rows = [row for report in reports.values() for row in report.units]
    return {row.unit: row.overall for row in rows if isinstance(row.overall, Rate) and row.overall.bound == "exact"}


@settings(max_examples=25, deadline=None)
@given(
    ages=st.lists(st.sampled_from([1, 1, 1, 2, 2, 3, None]), min_size=10, max_size=70),
    unhappy=st.integers(0, 4),
    skipped=st.integers(0, 6),
)
def test_no_hidden_column_of_a_group_table_follows_from_the_total(ages: list[int | None], unhappy: int, skipped: int):
    rows = [
        {"overall": 5, "l1": 2 if k < unhappy else 5, "w1": None if k < skipped else 4, "age": age}
        for k, age in enumerate(ages)
    ]
    questionnaire = synthetic.instrument()
    answered = build(questionnaire, rows, ["root"] * len(rows), manifest=synthetic.manifest({"root": len(rows)}))
    report = suppress(synthetic.result(answered), Policy(10))
    for dimension, total in (("lead", len(rows)), ("work", len(rows) - min(skipped, len(rows)))):
        table = next(table for table in report.groups if table.item == "age")
        cells = [_cell(column, dimension) for column in table.columns]
        assert all(n >= 10 for n in cells if n is not None)
        shown = sum(n for n in cells if n is not None)
        assert shown in (0, total) or total - shown >= 10
    lead = report.item("l1").rate
    _assert_bounds_hold(report, lead, rows)


def _cell(column: GroupColumn, dimension: str) -> int | None:
    cell = next(cell for cell in column.cells if cell.dimension == dimension)
    assert isinstance(cell.n, Hidden) == isinstance(cell.rate, Hidden) == isinstance(column.n, Hidden)
    return None if isinstance(cell.n, Hidden) else cell.n


def _assert_bounds_hold(report: Report, total: Rate | Hidden, rows: Sequence[Mapping[str, object]]) -> None:
    """ "lead" has one answered item: from its printed total less the exact groups no coarse group may follow."""
    if not isinstance(total, Rate) or total.bound != "exact":
        return
    table = next(table for table in report.groups if table.item == "age")
    rates = [cell.rate for column in table.columns for cell in column.cells if cell.dimension == "lead"]
    exact = [rate for rate in rates if isinstance(rate, Rate) and rate.bound == "exact"]
    n = total.n - sum(rate.n for rate in exact)
    satisfied = total.satisfied - sum(rate.satisfied for rate in exact)
    assert n == 0 or not exact or is_exact(n, satisfied)
