"""Two figures held side by side say no more than each alone: reports of neighbours, of last year, tables of one report.

Linear combinations over whole trees are `tests/property/test_disclosure.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from analysis.dataset import SealedDataset, build
from analysis.disclosure import Policy, suppress
from analysis.pattern import limits, tells_a_bound
from analysis.report_json import to_dict
from analysis.tree import Detail, GroupTable, Hidden, Rate, Report
from analysis.types import ActionSpec, Roster, Rules
from tests.unit.analysis import synthetic

ROOT = {"root": None, "A": "root", "B": "root"}


def sealed(
    rows: Sequence[Mapping[str, object]], units: Sequence[str] = (), *, year: int = 2026, **questionnaire: object
) -> SealedDataset:
    labels = list(units) or ["root"] * len(rows)
    valid = {unit: labels.count(unit) for unit in dict.fromkeys(labels)}
    manifest = synthetic.manifest(valid, year=year)
    return build(synthetic.instrument(**questionnaire), rows, labels, manifest=manifest)


def shown(data: SealedDataset, *previous: SealedDataset, **how: object) -> Report:
    return suppress(synthetic.result(data, previous, objectives=(), **how), Policy(10))


def only_lead() -> dict[str, object]:
    return {"dimensions": [{"code": "lead", "title": {"zh_Hans": "领导班子"}}]}


def column_rates(table: GroupTable, dimension: str) -> list[Rate | Hidden]:
    return [cell.rate for column in table.columns for cell in column.cells if cell.dimension == dimension]


def test_two_branches_at_least_eleven_of_twelve_and_their_exact_total_are_not_shown_together():
    both_eleven = {"root": (0, 0), "A": (12, 11), "B": (12, 11)}
    allowed = limits(both_eleven, ROOT, frozenset(), 10)
    assert allowed["root"] is Detail.THREE_WAY
    assert [allowed["A"], allowed["B"]].count(Hidden.COMPLEMENTARY) == 1


def test_a_bound_stays_where_the_total_leaves_both_of_its_numbers():
    one_of_two = {"root": (0, 0), "A": (12, 12), "B": (12, 11)}
    assert Hidden.COMPLEMENTARY not in limits(one_of_two, ROOT, frozenset(), 10).values()


def test_a_total_at_either_end_of_what_the_bounds_allow_decides_them():
    assert tells_a_bound((24, 22), [(12, 11), (12, 11)])
    assert not tells_a_bound((24, 23), [(12, 12), (12, 11)])
    assert tells_a_bound((24, 13), [(12, 12), (12, 1)])
    assert tells_a_bound((24, 11), [(12, 11), (12, 0)])
    assert not tells_a_bound((24, 12), [(12, 11), (12, 1)])
    assert not tells_a_bound((40, 30), [(12, 11)])
    assert not tells_a_bound((24, 20), [])


def test_groups_of_two_questions_do_not_tell_each_others_bound():
    # by age 15 and 15, both exact: 24 of 30. By tenure 12 of 12 and 12 of 18: less the second, the first.
    rows = [{"overall": 4, "l1": 5 if k < 24 else 2, "tenure": 1 if k < 12 else 2, "age": 1 + k % 2} for k in range(30)]
    report = shown(sealed(rows, **only_lead()))
    age, tenure = report.groups
    assert [rate.bound for rate in column_rates(age, "lead")[:2]] == ["exact", "exact"]
    exact = [rate for rate in column_rates(tenure, "lead") if isinstance(rate, Rate) and rate.bound == "exact"]
    assert [rate.satisfied for rate in exact] == []


def test_a_table_says_nothing_of_a_dimension_with_a_hidden_question():
    # l2 was answered by 8: together with l1, "more than half" would say what they think of l2
    rows = [
        {"overall": 4, "l1": 4 if k % 3 else 2, "w1": 4, "m1": 4, "age": 1 + k % 2, "l2": 2 if k < 8 else -1}
        for k in range(40)
    ]
    report = shown(sealed(rows))
    assert report.item("l2").rate is Hidden.TOO_FEW
    table = report.groups[0]
    assert [column.n for column in table.columns[:2]] == [20, 20]
    assert column_rates(table, "lead")[:2] == [Hidden.COMPLEMENTARY, Hidden.COMPLEMENTARY]
    assert all(isinstance(rate, Rate) for rate in column_rates(table, "work")[:2])


def test_last_years_figure_leaves_out_what_last_years_report_left_out():
    rows = [{"overall": 4 if k < 9 else 2, "l1": 4 if k < 9 else (2 if k < 14 else -1)} for k in range(16)]
    last, now = sealed(rows, year=2025), sealed(rows, year=2026)
    own = shown(last).item("l1").rate
    assert (own.n, own.population, own.people) == (14, None, None)
    change = next(change for change in shown(now, last).changes if change.code == "l1")
    assert change.earlier.rate == own


def test_a_row_of_a_sub_unit_leaves_out_what_its_own_report_leaves_out():
    rows = [{"overall": (4 if k % 3 else 2) if k not in (0, 1, 2) else -1} for k in range(60)]
    data = sealed(rows, ["A"] * 18 + ["B"] * 42)
    own = shown(data.for_unit("A")).item("overall").rate
    row = next(row for row in shown(data).units if row.unit == "A")
    assert own.population is None
    assert row.overall == own


def test_comments_of_few_people_do_not_follow_from_the_longer_list_above():
    def told(of_b: int) -> tuple[Report, Report]:
        rows = [{"overall": 4, **({"comment": f"A {k}"} if k < 9 else {})} for k in range(30)]
        rows += [{"overall": 4, **({"comment": f"B {k}"} if k < of_b else {})} for k in range(20)]
        data = sealed(rows, ["A"] * 30 + ["B"] * 20)
        return shown(data), shown(data.for_unit("A"))

    above, below = told(3)
    assert above.comments[0].count == 12
    assert (below.comments[0].count, below.comments[0].texts) == (Hidden.COMPLEMENTARY, ())
    above, below = told(5)
    assert (above.comments[0].count, below.comments[0].count) == (14, 9)
    above, below = told(0)
    assert (above.comments[0].count, below.comments[0].count) == (9, 9)


PLAN = (ActionSpec("T1", "w1", 18, 30, "0.9"),)


def test_what_an_action_is_measured_by_shows_no_numbers_drawn_from_hidden_ones():
    last, now = synthetic.sealed(40, seed=3, year=2025), synthetic.sealed(40, seed=4, year=2026)
    full = shown(now, last, actions=PLAN).actions[0]
    assert full.expected is not None
    assert full.lower < full.expected < full.upper
    few = [synthetic.sealed(14, seed=seed, year=year) for seed, year in ((3, 2025), (4, 2026))]
    coarse = shown(few[1], few[0], actions=PLAN).actions[0]
    assert coarse.verdict in ("worked", "not_shown", "worse")
    assert (coarse.expected, coarse.lower, coarse.upper) == (None, None, None)


def test_an_adjusted_p_is_not_that_of_a_question_with_fewer_answers():
    rates = {"l1": 0.9}
    last, now = (synthetic.sealed(60, seed=seed, year=year, rates=rates) for seed, year in ((3, 2025), (4, 2026)))
    everything = shown(now, last)
    assert all(change.comparison.bh is not None for change in everything.changes)
    # l1 answered by 25: its own test is not shown, so the p that it may have lent to others is not either
    rows = [{"overall": 4, "l1": 4 - k % 3 if k < 25 else -1, "l3": 5 - k % 4} for k in range(60)]
    mixed = shown(
        sealed(rows), sealed([{**row, "l3": 4} for row in rows], year=2025), rules=Rules(primary=("l1", "l3"))
    )
    by_code = {change.code: change.comparison for change in mixed.changes}
    assert by_code["l1"] is None
    assert by_code["l3"].mann_whitney.p < 0.05
    assert (by_code["l3"].bh, by_code["l3"].holm) == (None, None)


def test_a_hidden_question_takes_part_in_no_test():
    rows = [{"overall": 4, "l1": 4 if k < 8 else -1, "l3": 5 - k % 4} for k in range(60)]
    result = synthetic.result(sealed(rows), [sealed(rows, year=2025)], objectives=())
    by_code = {change.code: change.comparison for change in result.changes}
    assert by_code["l1"] is None
    assert by_code["l3"] is not None


def test_a_roster_that_claims_more_ballots_than_there_are_answers_opens_nothing():
    data = sealed([{"overall": 4, "comment": f"意见 {k}"} for k in range(8)])
    claimed = replace(synthetic.result(data, objectives=()), roster=Roster(40, 40, 40, 40))
    report = suppress(claimed, Policy(10))
    assert (report.hidden, report.comments) == (Hidden.TOO_FEW, ())


@pytest.mark.parametrize("n", [5, 9, 10, 19, 20, 29, 30])
@pytest.mark.parametrize("level", [5, 1, -1, None])
def test_answers_that_are_all_alike_give_figures_or_refusals_and_never_a_nan(n: int, level: int | None):
    codes = [*synthetic.RATES]
    rows = [dict.fromkeys(codes, level) for _ in range(n)]
    last = sealed(rows, year=2025)
    report = shown(sealed(rows), last, actions=PLAN)
    assert to_dict(report) == to_dict(shown(sealed(rows), last, actions=PLAN))
    assert report.hidden is (Hidden.TOO_FEW if n < 10 else None)
