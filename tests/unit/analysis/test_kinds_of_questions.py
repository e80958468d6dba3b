"""What becomes of attention checks, rankings, days, yes and no, and of questionnaires without any score."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.disclosure import suppress
from analysis.quality import failed_attention
from analysis.report import annual_result
from analysis.scales import overall_item
from analysis.tabulation import tabulate
from analysis.tree import Hidden, Rate
from analysis.types import Rules
from instruments import catalogue
from instruments.loader import load
from tests.unit.analysis import every_type, synthetic


def test_who_answers_a_check_with_another_level_is_flagged_and_who_skips_it_is_not():
    answered = np.array([4, 3, -1, -128, 5], np.int8)
    assert failed_attention([answered], [4], not_answered=-128).tolist() == [False, True, True, False, True]


def test_one_failed_check_of_two_is_enough():
    first, second = np.array([4, 4, 1], np.int8), np.array([2, 3, 2], np.int8)
    assert failed_attention([first, second], [4, 2], not_answered=-128).tolist() == [False, True, True]


def test_the_result_says_how_many_failed_the_check_and_scores_it_nowhere():
    report = every_type.report(40, failed=7)
    assert report.quality.flags["attention"] == 7
    assert "check" not in {item.code for item in report.items}
    assert "check" not in report.reliability.items
    assert "check" not in {choice.code for choice in report.choices}
    assert report == every_type.report(40, failed=7)


def test_the_other_answers_of_people_who_failed_stay_counted():
    careful, careless = every_type.report(40), every_type.report(40, failed=12)
    assert [item.rate for item in careful.items] == [item.rate for item in careless.items]


def test_a_questionnaire_without_a_check_has_no_such_flag():
    assert "attention" not in synthetic.report(200, years=(2026,)).quality.flags


def test_few_people_are_not_told_apart_by_the_check():
    assert every_type.report(24, failed=3).quality.flags["attention"] is Hidden.COARSENED


def test_where_two_branches_and_their_committee_would_give_a_third_away_the_check_is_withheld():
    units = {"a": 40, "b": 40, "c": 12}
    shown = [every_type.report(failed=5, units=units, unit=unit).quality for unit in ("root", "a", "b")]
    told = [isinstance(quality.flags["attention"], int) for quality in shown]
    assert not all(told)


def test_flags_are_counted_the_same_in_parts():
    data = every_type.dataset(60, failed=9)
    halves = [tabulate(data, np.arange(60) % 2, ["even", "odd"]).of(["even", "odd"]), tabulate(data).of(["root"])]
    assert halves[0].flags.tolist() == halves[1].flags.tolist()


def test_yes_and_recommendations_are_scored_on_scales_that_no_item_names():
    report = every_type.report(40)
    assert report.item("told").rate.satisfied == 30
    assert [level.count for level in report.item("told").levels] == [30, 10]
    assert report.item("advise").index == pytest.approx(np.mean(every_type.SCORES) * 10)


def test_the_overall_question_may_be_one_of_yes_or_no_or_a_recommendation():
    for code in ("told", "advise"):
        marked = every_type.SOURCE.replace(f"{{code: {code},", f"{{code: {code}, role: overall,")
        assert overall_item(load(marked)) == code


def test_of_a_ranking_is_counted_what_was_put_first():
    ranking = next(choice for choice in every_type.report(42).choices if choice.code == "order")
    assert (ranking.n, ranking.counts) == (42, (28, 14, 0))


def test_days_are_counted_by_their_bands():
    joined = next(choice for choice in every_type.report(40).choices if choice.code == "joined")
    assert joined.counts == (8, 8, 8, 8, 8)


@pytest.mark.parametrize("n", [0, 4, 12, 40])
def test_a_questionnaire_without_any_score_has_a_result(n: int):
    instrument = load(catalogue.read_text("activity-before"))
    rows = [{"bef_form": 1 + person % 3, "comment": f"意见 {person}"} for person in range(n)]
    data = every_type.build(instrument, rows, ["root"] * n, manifest=synthetic.manifest({"root": n}))
    report = suppress(annual_result(data, [], None, (), Rules(threshold=10)))
    assert (report.items, report.dimensions, report.quality) == ((), (), None)
    assert not any(isinstance(row.overall, Rate) for row in report.units)
