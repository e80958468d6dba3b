"""All reports of a survey in one attacker's hands: nothing follows about a hidden group that no single number says.

Pages, charts and exports take nothing but Reports, and every role gets the same ones; so all that is published of a
survey are the Reports of all its units.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.disclosure import Policy, suppress
from analysis.tree import GroupColumn, Hidden, ItemResult, Rate, Report
from tests.property.attacker import Attacker, Cell
from tests.property.test_disclosure import Parents, trees
from tests.unit.analysis import synthetic

LEVELS = (1, 2, 3, 4, 5)
SATISFIED = (4, 5)
SILENT = ("dont_know", "not_applicable", "skipped")
THRESHOLD = 10
RATES = {"l1": 0.97, "overall": 0.5}


def subtree(unit: str, parents: Parents) -> frozenset[str]:
    found = {unit}
    for other in parents:  # parents stand before children
        if parents[other] in found:
            found.add(other)
    return frozenset(found)


def reports_of(data, parents: Parents) -> dict[str, Report]:
    return {unit: suppress(synthetic.result(data.for_unit(unit)), Policy(THRESHOLD)) for unit in parents}


def learn_item(attacker: Attacker, cells: frozenset[str], item: ItemResult) -> None:
    """Everything a report says about one question."""
    if not isinstance(item.rate, Rate):
        return
    rate = item.rate
    attacker.learns(cells, LEVELS, rate.n)
    learn_rate(attacker, cells, rate)
    if not isinstance(item.levels, Hidden):
        for level in item.levels:
            attacker.learns(cells, level.codes, level.count)
    for name in SILENT:
        count = getattr(item, name)
        if isinstance(count, int):
            attacker.learns(cells, [name], count)
    if isinstance(item.index, float) and rate.bound == "exact":
        points = {level: (level - 1) * 25 for level in LEVELS}
        weights = {(cell, level): points[level] / rate.n for cell in cells for level in LEVELS}
        slack = 1e-9 if isinstance(item.mean, float) else 2.5 + 1e-9
        attacker.known.append(type(attacker.known[0])(weights, item.index - slack, item.index + slack))


def learn_rate(attacker: Attacker, cells: frozenset[str], rate: Rate) -> None:
    low, high = {
        "exact": (rate.satisfied, rate.satisfied),
        "at_least": (rate.n - 1, rate.n),
        "at_most": (0, 1),
    }[rate.bound]
    attacker.learns(cells, SATISFIED, low, high)


def item_attacker(data, parents: Parents, reports: Mapping[str, Report], item: str) -> Attacker:
    people = data.unit_codes().tolist()
    attacker = Attacker({unit: people.count(unit) for unit in parents}, (*LEVELS, *SILENT))
    for unit, report in reports.items():
        cells = subtree(unit, parents)
        if report.hidden is None:
            learn_item(attacker, cells, report.item(item))
        if item == "overall":
            for row in report.units:
                if isinstance(row.overall, Rate):
                    attacker.learns(subtree(row.unit, parents), LEVELS, row.overall.n)
                    learn_rate(attacker, subtree(row.unit, parents), row.overall)
    return attacker


@settings(max_examples=25, deadline=None)
@given(data=st.data(), parents=trees(most=3), seed=st.integers(0, 10**6), dont_know=st.sampled_from([0.0, 0.03, 0.2]))
def test_nothing_follows_about_a_hidden_units_answers(
    data: st.DataObject, parents: Parents, seed: int, dont_know: float
):
    valid = {unit: data.draw(st.integers(0, 34), label=unit) for unit in parents}
    survey = synthetic.sealed(units=valid, parents=parents, seed=seed, rates=RATES, dont_know=dont_know)
    reports = reports_of(survey, parents)
    for item in RATES:
        attacker = item_attacker(survey, parents, reports, item)
        for group in small_groups(attacker, (subtree(unit, parents) for unit in parents)):
            for classes in (SATISFIED, (1,), ("dont_know",)):
                assert attacker.complaints(group, classes, THRESHOLD) == [], (item, classes)


def small_groups(attacker: Attacker, groups: Iterable[frozenset[Cell]]) -> set[frozenset[Cell]]:
    """Those of the groups, and single cells, that have people, but fewer than the threshold."""
    cells = (frozenset([cell]) for cell in attacker.sizes)
    populated = {frozenset(cell for cell in group if attacker.sizes.get(cell)) for group in (*groups, *cells)}
    return {group for group in populated if 0 < sum(attacker.sizes[cell] for cell in group) < THRESHOLD}


def group_attacker(data, parents: Parents, reports: Mapping[str, Report], question: str, dimension: str) -> Attacker:
    """Cells are the options within each unit, and those who gave no answer."""
    units, options = data.unit_codes().tolist(), data.column(question).tolist()
    people = list(zip(units, options, strict=True))
    cells = [(unit, option) for unit in parents for option in sorted(set(options))]
    attacker = Attacker({cell: people.count(cell) for cell in cells if people.count(cell)}, ("yes", "no", "silent"))
    for unit, report in reports.items():
        for column in columns_of(report, question):
            cell = next(cell for cell in column.cells if cell.dimension == dimension)
            inside = [
                found for found in attacker.sizes if found[0] in subtree(unit, parents) and found[1] == column.option
            ]
            if inside and isinstance(cell.rate, Rate):
                rate = cell.rate
                attacker.learns(inside, ("yes", "no"), rate.n)
                ends = {"exact": (rate.satisfied,) * 2, "at_least": (rate.n - 1, rate.n), "at_most": (0, 1)}[rate.bound]
                attacker.learns(inside, ("yes",), *ends)
    return attacker


def columns_of(report: Report, question: str) -> tuple[GroupColumn, ...]:
    return next((table.columns for table in report.groups if table.item == question), ())


@settings(max_examples=25, deadline=None)
@given(data=st.data(), parents=trees(most=3), seed=st.integers(0, 10**6))
def test_nothing_follows_about_a_hidden_group_in_a_unit(data: st.DataObject, parents: Parents, seed: int):
    valid = {unit: data.draw(st.integers(0, 45), label=unit) for unit in parents}
    survey = synthetic.sealed(units=valid, parents=parents, seed=seed, rates=dict.fromkeys(("l1", "l2"), 0.9))
    reports = reports_of(survey, parents)
    attacker = group_attacker(survey, parents, reports, "tenure", "lead")
    groups = (
        frozenset(cell for cell in attacker.sizes if cell[0] in subtree(unit, parents) and cell[1] == option)
        for unit in parents
        for option in {cell[1] for cell in attacker.sizes}
    )
    for group in small_groups(attacker, groups):
        assert attacker.complaints(group, ("yes",), THRESHOLD) == []


@settings(max_examples=15, deadline=None)
@given(data=st.data(), parents=trees(most=3), seed=st.integers(0, 10**6))
def test_nothing_follows_about_what_a_small_unit_chose(data: st.DataObject, parents: Parents, seed: int):
    valid = {unit: data.draw(st.sampled_from([0, 1, 4, 9, 25, 29, 31, 40]), label=unit) for unit in parents}
    survey = synthetic.sealed(units=valid, parents=parents, seed=seed)
    options = (1, 2, 3)
    people = survey.unit_codes().tolist()
    attacker = Attacker({unit: people.count(unit) for unit in parents}, (*options, "silent"))
    for unit, report in reports_of(survey, parents).items():
        for choice in report.choices:
            if choice.code == "wish" and isinstance(choice.n, int):
                attacker.learns(subtree(unit, parents), options, choice.n)
                for option, count in zip(options, choice.counts, strict=True):
                    if isinstance(count, int):
                        attacker.learns(subtree(unit, parents), (option,), count)
    for group in small_groups(attacker, (subtree(unit, parents) for unit in parents)):
        for option in options:
            assert attacker.complaints(group, (option,), THRESHOLD) == []
