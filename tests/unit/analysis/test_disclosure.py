"""Small groups stay hidden: what a committee sees of 9, 10, 19, 20, 29 and 30 answers."""

from __future__ import annotations

import pytest

from analysis.coarsening import coarse_index, coarse_levels, coarse_rate
from analysis.dataset import build
from analysis.disclosure import Policy, suppress
from analysis.pattern import limits, safe_family, unit_pattern
from analysis.targets import Grade
from analysis.themes import parse_themes
from analysis.tree import Detail, Hidden, LevelCount, Rate, Report
from analysis.types import Measure, Objective, Rules
from tests.unit.analysis import synthetic

FIVE = (5, 4, 3, 2, 1)


def levels(*counts: int) -> tuple[LevelCount, ...]:
    return tuple(LevelCount((code,), count, code > 3) for code, count in zip(FIVE, counts, strict=True))


def answered(levels_of_overall: list[int], *, objectives: tuple[Objective, ...] = (), **same: object) -> Report:
    """The report of a branch whose members answered the overall item like this, and ``same`` for the rest."""
    rows = [{"overall": level, **same} for level in levels_of_overall]
    manifest = synthetic.manifest({"root": len(rows)})
    data = build(synthetic.instrument(), rows, ["root"] * len(rows), manifest=manifest)
    return suppress(synthetic.result(data, objectives=objectives), Policy(10))


def test_nine_answers_show_the_returns_and_nothing_else():
    report = answered([5] * 9)
    assert report.hidden is Hidden.TOO_FEW
    assert report.roster.valid == 9
    assert (report.items, report.dimensions, report.groups, report.comments, report.units) == ((), (), (), (), ())


def test_ten_answers_show_two_classes_no_mean_and_an_index_to_five_points():
    item = answered([5, 5, 4, 4, 4, 3, 3, 2, 2, 1]).item("overall")
    assert (item.rate.satisfied, item.rate.n, item.rate.bound) == (5, 10, "exact")
    assert [(level.codes, level.count, level.satisfied) for level in item.levels] == [
        ((5, 4), 5, True),
        ((3, 2, 1), 5, False),
    ]
    assert item.mean is Hidden.COARSENED
    assert item.sd is Hidden.COARSENED
    assert item.index == 60
    assert item.detail is Detail.TWO_WAY


@pytest.mark.parametrize(("unhappy", "printed"), [(0, (11, "at_least")), (1, (11, "at_least")), (2, (10, "exact"))])
def test_all_or_all_but_one_satisfied_of_twelve_read_the_same(unhappy: int, printed: tuple[int, str]):
    item = answered([5] * (12 - unhappy) + [1] * unhappy).item("overall")
    assert (item.rate.satisfied, item.rate.bound) == printed


def test_all_and_all_but_one_satisfied_differ_in_no_figure_of_the_report():
    objective = Objective("Q", "总体", Measure.OVERALL, None, "0.70")
    all_happy = answered([4] * 12, objectives=(objective,), l1=4)
    but_one = answered([4] * 11 + [3], objectives=(objective,), l1=4)
    assert all_happy.item("overall") == but_one.item("overall")
    assert all_happy.objectives == but_one.objectives


def test_none_and_one_satisfied_of_twelve_read_at_most_one():
    assert answered([1] * 12).item("overall").rate == answered([4] + [1] * 11).item("overall").rate
    rate = answered([1] * 12).item("overall").rate
    assert (rate.satisfied, rate.bound, rate.interval, rate.people, rate.worst_best) == (1, "at_most", None, None, None)


def test_a_bound_keeps_its_verdict_but_not_the_numbers_that_would_give_the_count_away():
    objective = Objective("Q", "总体", Measure.OVERALL, None, "0.85")
    judged = answered([5] * 12, objectives=(objective,)).objectives[0]
    assert judged.judgement.grade is Grade.MET_CERTAIN
    assert (judged.judgement.lower, judged.judgement.upper, judged.judgement.silent_needed) == (None, None, None)


def test_twenty_answers_show_three_classes_and_thirty_all_levels():
    twenty = answered([5] * 8 + [4] * 4 + [3] * 5 + [2, 1, 1]).item("overall")
    assert [(level.codes, level.count) for level in twenty.levels] == [((5, 4), 12), ((3,), 5), ((2, 1), 3)]
    assert twenty.mean is Hidden.COARSENED
    assert twenty.index % 5 == 0
    thirty = answered([5] * 18 + [4] * 4 + [3] * 5 + [2, 1, 1]).item("overall")
    assert [level.count for level in thirty.levels] == [18, 4, 5, 1, 2]
    assert thirty.mean == pytest.approx((90 + 16 + 15 + 2 + 2) / 30)


def test_middle_levels_are_those_from_the_midpoint_up_that_do_not_satisfy():
    ten = tuple(LevelCount((code,), 3, code >= 9) for code in range(10, -1, -1))
    found = coarse_levels(ten, Detail.THREE_WAY, Rate(6, 33))
    assert [level.codes for level in found] == [(10, 9), (8, 7, 6, 5), (4, 3, 2, 1, 0)]
    four = tuple(LevelCount((code,), 6, code > 2) for code in (4, 3, 2, 1))
    assert [level.codes for level in coarse_levels(four, Detail.THREE_WAY, Rate(12, 24))] == [(4, 3), (2, 1)]


@pytest.mark.parametrize("n", range(5, 20))
def test_the_index_beside_a_bound_never_tells_which_of_the_two_it_was(n: int):
    everybody = coarse_index(100.0, levels(n, 0, 0, 0, 0), coarse_rate(Rate(n, n)))
    best_but_one = coarse_index((n - 1) / n * 100 + 50 / n, levels(n - 1, 0, 1, 0, 0), coarse_rate(Rate(n - 1, n)))
    assert everybody == best_but_one
    assert everybody % 5 == 0


def test_an_item_with_too_few_answers_hides_itself_and_its_dimension():
    rows = [{"overall": 4, "l1": 4, "l2": 5 if k < 9 else -1} for k in range(30)]
    data = build(synthetic.instrument(), rows, ["root"] * 30, manifest=synthetic.manifest({"root": 30}))
    report = suppress(synthetic.result(data), Policy(10))
    assert report.item("l2").rate is Hidden.TOO_FEW
    assert report.item("l2").dont_know is Hidden.TOO_FEW
    lead = next(dimension for dimension in report.dimensions if dimension.code == "lead")
    assert (lead.n, lead.rate, lead.index) == (30, Hidden.COMPLEMENTARY, Hidden.COMPLEMENTARY)
    assert report.item("l1").rate.n == 30


def test_reliability_in_a_report_carries_no_means_of_its_own():
    alpha = synthetic.report(60, years=(2026,)).reliability.alpha
    assert {(item.mean, item.sd) for item in alpha.items} == {(None, None)}
    assert all(item.r_drop is not None for item in alpha.items)


def ages(*counts: int, silent: int = 0) -> dict[int, int | Hidden]:
    rows = [
        {"overall": 4, "l1": 4 if k % 3 else 2, "age": age} for age, count in enumerate(counts, 1) for k in range(count)
    ]
    rows += [{"overall": 4, "l1": 4 if k % 3 else 2} for k in range(silent)]
    data = build(synthetic.instrument(), rows, ["root"] * len(rows), manifest=synthetic.manifest({"root": len(rows)}))
    # l2 to l4 and the other dimensions have no answers: only "lead" is judged by the threshold here
    questionnaire = synthetic.instrument(dimensions=[{"code": "lead", "title": {"zh_Hans": "领导班子"}}])
    report = suppress(
        synthetic.result(build(questionnaire, rows, ["root"] * len(rows), manifest=data.manifest)), Policy(10)
    )
    table = next(table for table in report.groups if table.item == "age")
    return {column.option: column.n for column in table.columns}


def test_a_unit_that_is_the_sum_of_shown_ones_is_shown_whatever_had_to_be_covered_beside_it():
    """u1 and u4 are the same 30 people: covering the few of u3 must not take one of the two and leave the other."""
    parents = {"u0": None, "u1": "u0", "u2": "u0", "u3": "u0", "u4": "u1", "u6": "u2", "u7": "u4"}
    own = {"u0": (2, 2), "u2": (12, 0), "u3": (3, 0), "u4": (12, 0), "u6": (18, 0), "u7": (18, 0)}
    allowed = limits(own, parents, frozenset(), 5)
    assert allowed["u1"] is allowed["u4"] is Detail.FULL
    assert allowed["u2"] is not Detail.FULL


def test_a_small_group_takes_the_smallest_other_with_it():
    assert ages(30, 25, 20) == {1: 30, 2: 25, 3: 20}
    assert ages(30, 25, 9) == {1: 30, 2: Hidden.COMPLEMENTARY, 3: Hidden.TOO_FEW}
    assert ages(30, 6, 6) == {1: 30, 2: Hidden.TOO_FEW, 3: Hidden.TOO_FEW}
    assert ages(30, 6, 2) == {1: Hidden.COMPLEMENTARY, 2: Hidden.TOO_FEW, 3: Hidden.TOO_FEW}


def test_people_who_gave_no_age_are_a_group_of_their_own():
    assert ages(30, 25, 20, silent=3) == {1: 30, 2: 25, 3: Hidden.COMPLEMENTARY}
    assert ages(30, 25, 20, silent=10) == {1: 30, 2: 25, 3: 20}
    assert ages(30, 25, 0) == {1: 30, 2: 25, 3: Hidden.TOO_FEW}


def test_a_hidden_column_hides_its_size_and_all_its_cells():
    report = synthetic.report(units={"root": 45}, years=(2026,), seed=4)
    for table in report.groups:
        for column in table.columns:
            assert len({isinstance(part, Hidden) for part in (column.n, *(cell.n for cell in column.cells))}) == 1


def test_comments_need_ten_responses_and_five_comments():
    def shown(responses: int, comments: int):
        rows = [{"overall": 4, **({"comment": f"意见{k}"} if k < comments else {})} for k in range(responses)]
        manifest = synthetic.manifest({"root": responses})
        data = build(synthetic.instrument(), rows, ["root"] * responses, manifest=manifest)
        return suppress(synthetic.result(data), Policy(10)).comments[0]

    assert shown(10, 4).texts == ()
    assert shown(10, 4).count is Hidden.TOO_FEW
    assert sorted(shown(10, 5).texts) == [f"意见{k}" for k in range(5)]


def test_how_many_speak_of_something_is_told_in_bands_where_branches_could_be_subtracted():
    """Of 4 in the committee's report and 3 in the branch's one person would stand outside the branch."""
    said = {"A": ["食堂"] * 3 + ["经费"] * 9, "B": ["食堂"] + ["经费"] * 13}

    def told(units: list[str], unit: str) -> list[dict[str, int]]:
        rows = [{"overall": 4, "comment": text} for part in units for text in said[part]]
        labels = [part for part in units for _text in said[part]]
        parents = {"root": None, **dict.fromkeys(units, "root")} if len(units) > 1 else {units[0]: None}
        manifest = synthetic.manifest({part: len(said[part]) for part in units}, parents=parents)
        data = build(synthetic.instrument(), rows, labels, manifest=manifest).for_unit(unit)
        rules = Rules(themes=parse_themes("吃饭: 食堂\n钱: 经费\n路: 交通"))
        shown = suppress(synthetic.result(data, rules=rules), Policy(10)).comments[0]
        assert shown.bands is (len(units) > 1)
        return [{one.title: one.people for one in shown.themes}, {one.word: one.people for one in shown.words}]

    assert told(["A", "B"], "root") == [{"吃饭": 3, "钱": 20}, {"经费": 20, "食堂": 3}]
    assert told(["A", "B"], "A") == [{"吃饭": 3, "钱": 5}, {"经费": 5, "食堂": 3}]
    assert told(["A"], "A") == [{"吃饭": 3, "钱": 9}, {"经费": 9, "食堂": 3}]


def test_choices_are_counted_from_thirty_answers():
    assert all(count is Hidden.COARSENED for count in synthetic.report(25, years=(2026,)).choices[0].counts)
    choice = synthetic.report(40, years=(2026,)).choices[0]
    assert sum(choice.counts) == choice.n == 40


def test_a_single_small_branch_takes_the_smallest_other_branch_with_it():
    parents = {"root": None, "A": "root", "B": "root", "C": "root"}
    assert unit_pattern({"A": 40, "B": 12, "C": 7}, parents, 10) == {"B", "C"}
    assert unit_pattern({"A": 40, "B": 12, "C": 7, "root": 3}, parents, 10) == {"C"}
    assert unit_pattern({"A": 40, "B": 12, "C": 11}, parents, 10) == frozenset()
    assert unit_pattern({"A": 4}, {"A": None}, 10) == {"A"}


def test_below_a_hidden_committee_its_branches_are_measured_against_the_whole():
    parents = {"root": None, "P": "root", "Q": "root", "P1": "P", "P2": "P", "Q1": "Q", "Q2": "Q"}
    counts = {"root": 5, "P1": 30, "P2": 40, "Q1": 12, "Q2": 35}
    hidden = unit_pattern(counts, parents, 10)
    assert hidden == {"Q", "Q1"}


def test_a_small_branch_with_everybody_satisfied_is_not_given_away_by_the_others():
    parents = {"root": None, "A": "root", "B": "root", "C": "root"}
    own = {"A": (30, 20), "B": (25, 21), "C": (12, 12)}
    allowed = limits(own, parents, frozenset(), 10)
    assert allowed["C"] is Detail.TWO_WAY
    assert allowed["B"] is Hidden.COMPLEMENTARY
    assert not isinstance(allowed["A"], Hidden)
    assert limits({**own, "C": (12, 9)}, parents, frozenset(), 10)["B"] is not Hidden.COMPLEMENTARY


def test_nothing_is_given_up_where_every_region_is_safe():
    parents = {"root": None, "A": "root", "B": "root"}
    own = {"root": (0, 0), "A": (20, 0), "B": (20, 0)}
    assert safe_family(parents, own, parents, lambda tally, alone: tally[0] >= 10) == set(parents)


def test_unit_rows_follow_the_pattern_and_hide_the_returns_too():
    report = synthetic.report(units={"A": 40, "B": 15, "C": 7}, years=(2026,))
    rows = {row.unit: row for row in report.units}
    assert rows["A"].roster.valid == 40
    assert isinstance(rows["A"].overall, Rate)
    assert (rows["B"].roster, rows["B"].overall) == (Hidden.COMPLEMENTARY, Hidden.COMPLEMENTARY)
    assert (rows["C"].roster, rows["C"].overall) == (Hidden.TOO_FEW, Hidden.TOO_FEW)


def test_a_unit_hidden_by_the_pattern_has_no_result_of_its_own_either():
    report = synthetic.report(units={"A": 40, "B": 12, "C": 7}, years=(2026,), unit="B")
    assert report.hidden is Hidden.COMPLEMENTARY
    assert report.items == ()


def test_the_stricter_threshold_holds():
    result = synthetic.result(units={"A": 40, "B": 18, "C": 16}, objectives=())
    report = suppress(result, Policy(20))
    assert report.provenance.threshold == 20
    assert [row.overall for row in report.units if row.unit != "A"] == [Hidden.TOO_FEW, Hidden.TOO_FEW]
    assert suppress(result, Policy(5)).provenance.threshold == 10
    with pytest.raises(ValueError, match="never below 5"):
        Policy(4)
    with pytest.raises(ValueError, match="never below 5"):
        Rules(threshold=4)
