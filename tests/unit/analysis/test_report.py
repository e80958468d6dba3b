"""The annual result says what was put in: known answers give known figures, known changes are found."""

from __future__ import annotations

import json

import numpy as np
import pytest

from analysis.dataset import build
from analysis.proportion import hypergeometric_bounds, wilson_finite
from analysis.reliability import cronbach_alpha
from analysis.report import primary_family
from analysis.report_json import to_dict
from analysis.targets import Grade, judge
from analysis.tree import Comparability, Detail, Hidden, Rate, Report
from analysis.types import Measure, Objective, Roster, Rules
from tests.unit.analysis import synthetic


def of_rows(rows: list[dict[str, object]], *, eligible: int | None = None, verified: bool = True, year: int = 2026):
    """The dataset of one branch in which these people answered."""
    manifest = synthetic.manifest({"root": len(rows)}, year=year)
    roster = Roster(eligible, eligible, len(rows), len(rows), verified)
    questionnaire = synthetic.instrument()
    return synthetic.with_roster(build(questionnaire, rows, ["root"] * len(rows), manifest=manifest), "root", roster)


def test_an_item_says_how_many_of_whom():
    rows = [{"overall": level} for level in [5] * 18 + [4] * 10 + [3] * 2 + [1] * 2 + [-1] * 3] + [{}]
    item = synthetic.result(of_rows(rows, eligible=40)).item("overall")
    assert item.rate == Rate(
        28,
        32,
        population=37,
        interval=wilson_finite(28, 32, 37),
        people=hypergeometric_bounds(28, 32, 37, confidence=0.90),
        worst_best=(28, 33),
    )
    assert [level.count for level in item.levels] == [18, 10, 2, 0, 2]
    assert (item.dont_know, item.not_applicable, item.skipped) == (3, 0, 1)
    assert item.awareness == pytest.approx(32 / 35)
    assert item.mean == pytest.approx((90 + 40 + 6 + 2) / 32)
    assert item.index == pytest.approx((item.mean - 1) / 4 * 100)


def test_a_reversed_item_counts_disagreement_as_satisfaction():
    item = synthetic.result(of_rows([{"w4": level} for level in [1] * 30 + [5] * 10])).item("w4")
    assert (item.rate.satisfied, item.rate.n) == (30, 40)
    assert item.levels[0].codes == (1,)
    assert item.mean == pytest.approx(4.0)


def test_without_a_known_population_an_item_is_a_sample():
    rows = [{"overall": 5}] * 25 + [{"overall": 2}] * 10
    for data in (of_rows(rows, eligible=None), of_rows(rows, eligible=40, verified=False), of_rows(rows, eligible=20)):
        result = synthetic.result(data)
        rate = result.item("overall").rate
        assert (rate.population, rate.people, rate.worst_best) == (None, None, None)
        assert rate.interval[0] < 25 / 35 < rate.interval[1]
        assert result.objectives[0].judgement.grade is Grade.MISSED_AT_FACE_VALUE


def test_an_item_behind_a_condition_has_no_known_population():
    questionnaire = synthetic.instrument()
    items = [
        item.model_copy(update={"visible_if": "overall <= 3"}) if item.code == "acted" else item
        for item in questionnaire.sections[1].items
    ]
    section = questionnaire.sections[1].model_copy(update={"items": tuple(items)})
    conditional = questionnaire.model_copy(update={"sections": (questionnaire.sections[0], section)})
    result = synthetic.result(synthetic.sealed(60, questionnaire=conditional))
    assert result.item("acted").rate.population is None
    assert result.item("overall").rate.population == 68


def test_a_dimension_is_the_mean_of_its_items():
    result = synthetic.result(n=80)
    work = next(dimension for dimension in result.dimensions if dimension.code == "work")
    rates = [result.item(code).rate.value for code in work.items]
    assert work.rate == pytest.approx(sum(rates) / 4)
    assert work.index == pytest.approx(sum(result.item(code).index for code in work.items) / 4)
    assert work.interval[0] < work.rate < work.interval[1]
    assert work.n == 80


def test_objectives_are_judged_on_their_own_measure():
    result = synthetic.result(n=80)
    overall, item, dimension, participation = result.objectives
    rate = result.item("overall").rate
    assert overall.judgement == judge(rate.satisfied, rate.n, rate.population, "0.90")
    assert item.rate == result.item("w3").rate
    assert isinstance(dimension.rate, float)
    assert dimension.judgement.grade.is_met
    assert (participation.rate.satisfied, participation.rate.n) == (80, 90)
    assert participation.judgement.grade is Grade.MET_CERTAIN


def test_an_objective_for_something_not_asked_has_no_verdict():
    objective = Objective("Q", "不存在", Measure.ITEM, "gone", "0.9")
    found = synthetic.result(n=40, objectives=(objective,)).objectives[0]
    assert (found.rate, found.judgement) == (None, None)


def test_reliability_is_computed_from_complete_answers():
    data = synthetic.sealed(120)
    result = synthetic.result(data)
    lead = next(dimension for dimension in result.dimensions if dimension.code == "lead").reliability
    x = data.matrix(["l1", "l2", "l3", "l4"])
    assert lead.alpha.raw == pytest.approx(cronbach_alpha(x).raw, rel=1e-12)
    assert lead.n == int((~np.isnan(x).any(axis=1)).sum())
    assert lead.source is None


def test_a_small_branch_borrows_reliability_from_above_with_differences_between_branches_taken_out():
    units = {"A": 20, "B": 40, "C": 40}
    data = synthetic.sealed(units=units, dont_know=0.0)
    result = synthetic.result(data.for_unit("A"))
    assert result.reliability.source == "支部 root"
    x, labels = data.matrix(result.reliability.items), data.unit_codes()
    within = np.vstack([x[labels == unit] - x[labels == unit].mean(axis=0) for unit in units])
    assert result.reliability.alpha.raw == pytest.approx(cronbach_alpha(within).raw, rel=1e-12)
    assert result.reliability.n == 98


def test_with_too_few_answers_anywhere_reliability_is_refused():
    refused = synthetic.result(n=20).reliability
    assert (refused.alpha, refused.refused, refused.source) == (None, "too_few_rows", None)


def test_a_known_improvement_is_found_and_the_rest_is_not_called_a_change():
    earlier = synthetic.sealed(200, seed=3, year=2025)
    later = synthetic.sealed(200, seed=4, year=2026, rates={"w3": 0.85})
    result = synthetic.result(later, [earlier])
    verdicts = {change.code: change.verdict for change in result.changes}
    assert verdicts.pop("w3") == "improved"
    assert set(verdicts.values()) <= {"no_clear_change", "equivalent"}
    change = next(change for change in result.changes if change.code == "w3")
    assert change.primary
    assert change.comparability is Comparability.COMPARABLE
    assert (change.comparison.n_earlier, change.comparison.n_later) == (change.earlier.rate.n, change.later.rate.n)
    assert change.effect == change.comparison.cliffs_delta.value > 0
    assert 0 < change.smallest_visible_change < 0.25


def test_a_reworded_item_is_not_compared():
    questionnaire = synthetic.instrument()
    items = list(questionnaire.sections[0].items)
    items[0] = items[0].model_copy(update={"text": items[0].text.model_copy(update={"zh_Hans": "完全不同的问题"})})
    section = questionnaire.sections[0].model_copy(update={"items": tuple(items)})
    reworded = questionnaire.model_copy(update={"sections": (section, questionnaire.sections[1])})
    result = synthetic.result(
        synthetic.sealed(100, questionnaire=reworded),
        [synthetic.sealed(100, seed=9, year=2025)],
        rules=Rules(primary=("l1", "l2")),
    )
    change = next(change for change in result.changes if change.code == "l1")
    assert change.comparability is Comparability.NOT
    assert (change.comparison, change.verdict, change.effect) == (None, None, None)
    assert [point.comparable for point in dict(result.history)["l1"]] == [False, True]
    assert [point.comparable for point in dict(result.history)["l2"]] == [True, True]


def test_earlier_years_may_come_in_any_order_and_later_ones_are_left_out():
    years = {year: synthetic.sealed(60, seed=year, year=year) for year in (2023, 2024, 2025, 2026, 2027)}
    result = synthetic.result(years[2026], [years[2025], years[2027], years[2023], years[2024]])
    assert [point.year for point in dict(result.history)["overall"]] == [2023, 2024, 2025, 2026]
    assert {change.earlier.year for change in result.changes} == {2025}
    assert result.previous_roster == years[2025].roster


def test_a_year_in_which_the_unit_was_hidden_stays_hidden():
    earlier = synthetic.sealed(units={"A": 40, "B": 8}, year=2025)
    later = synthetic.sealed(units={"A": 40, "B": 30}, year=2026)
    report = synthetic.suppress(synthetic.result(later.for_unit("B"), [earlier.for_unit("B")]))
    assert dict(report.history)["overall"][0].rate is Hidden.TOO_FEW
    assert {(change.comparison, change.verdict) for change in report.changes} == {(None, None)}


def test_a_change_of_a_small_branch_keeps_its_verdict_without_the_figures_behind_it():
    report = synthetic.report(24, years=(2025, 2026), seed=5)
    change = next(change for change in report.changes if change.code == "overall")
    assert (change.comparison, change.detail) == (None, Detail.THREE_WAY)
    assert change.verdict is not None
    assert change.effect * 20 == pytest.approx(round(change.effect * 20))


def test_the_primary_family_is_overall_and_the_objectives_items_unless_it_was_locked():
    questionnaire = synthetic.instrument()
    many = [Objective(code, code, Measure.ITEM, code, "0.8") for code in ("l1", "l2", "l3", "l4", "w1", "w2", "l1")]
    assert primary_family(questionnaire, many, Rules()) == ("overall", "l1", "l2", "l3", "l4", "w1")
    assert primary_family(questionnaire, many, Rules(primary=("m1", "gone"))) == ("m1",)


def test_groups_count_people_who_found_most_of_a_dimension_satisfying():
    rows = [{"l1": 5, "l2": 5, "l3": 2, "age": 1}] * 20 + [{"l1": 5, "l2": 2, "age": 2}] * 15 + [{"l1": 5}] * 12
    table = synthetic.result(of_rows(rows)).groups[0]
    young, middle, old = table.columns
    assert (young.n, middle.n, old.n) == (20, 15, 0)
    rates = (young.cells[0].rate, middle.cells[0].rate)
    assert [(rate.satisfied, rate.n) for rate in rates] == [(20, 20), (0, 15)]
    assert old.cells[0].rate is Hidden.TOO_FEW


def test_choices_and_comments_are_counted():
    rows = [{"wish": 1, "channels": (1, 3), "comment": "好"}] * 3 + [{"wish": 2, "channels": ()}] + [{}]
    result = synthetic.result(of_rows(rows))
    wish, channels = result.choices
    assert (wish.n, wish.counts) == (4, (3, 1, 0))
    assert (channels.n, channels.counts) == (4, (3, 0, 3))
    assert result.comments[0].count == 3


def test_a_higher_committee_sees_its_direct_units():
    tree = {"root": None, "P": "root", "P1": "P", "P2": "P", "Q": "root"}
    data = synthetic.sealed(units={"P1": 20, "P2": 25, "Q": 30}, parents=tree)
    rows = synthetic.result(data).units
    assert [(row.unit, row.roster.valid) for row in rows] == [("P", 45), ("Q", 30)]
    overall = synthetic.result(data.for_unit("P")).item("overall").rate
    assert (rows[0].overall.satisfied, rows[0].overall.n) == (overall.satisfied, overall.n)


def test_the_truth_of_the_synthetic_survey_is_recovered():
    result = synthetic.result(n=4000)
    for code, truth in synthetic.RATES.items():
        rate = result.item(code).rate
        assert abs(rate.value - truth) < 4 * (truth * (1 - truth) / rate.n) ** 0.5


def test_an_empty_survey_gives_a_report_that_says_so():
    report = synthetic.suppress(synthetic.result(of_rows([], eligible=12)))
    assert report.hidden is Hidden.TOO_FEW
    assert report.roster.returned == 0


@pytest.mark.parametrize("n", [4, 12, 25, 60])
def test_every_report_can_be_written_as_json(n: int):
    report = synthetic.report(n, units={"A": n, "B": n + 10}, years=(2025, 2026))
    written = json.loads(json.dumps(to_dict(report), allow_nan=False))
    assert written["schema"] == "branch-survey/report/1"
    assert "limits" not in written
    assert [item["code"] for item in written["items"]] == [item.code for item in report.items]
    rate = report.item("overall").rate
    assert written["items"][-3]["rate"]["satisfied"] == rate.satisfied
    assert written["items"][-3]["rate"]["value"] == rate.satisfied / rate.n


def test_a_hidden_figure_is_written_with_its_reason():
    written = to_dict(synthetic.report(12, years=(2026,)))
    assert {"hidden": "coarsened"} in [item["mean"] for item in written["items"]]


def test_a_report_is_of_the_same_shape_as_the_result():
    result = synthetic.result(n=60)
    report = synthetic.suppress(result)
    assert isinstance(report, Report)
    assert report.hidden is None
    assert report.item("overall") == result.item("overall")
    assert report.limits.items == {}


def test_a_dimension_everybody_is_satisfied_with_has_no_interval_unless_everybody_answered():
    def interval(eligible: int):
        rows = [{"overall": 4, "l1": 5, "l2": 4, "l3": 5, "l4": 4}] * 40
        data = build(synthetic.instrument(), rows, ["root"] * 40, manifest=synthetic.manifest({"root": 40}))
        data = synthetic.with_roster(data, "root", Roster(eligible, eligible, 40, 40))
        lead = next(found for found in synthetic.result(data).dimensions if found.code == "lead")
        assert lead.rate == 1
        return lead.interval

    assert interval(45) is None
    assert interval(40) == (1.0, 1.0)
