"""What to talk about first, and whether last year's actions worked."""

from __future__ import annotations

import pytest

from analysis.dataset import build
from analysis.findings import Kind, propose, verify
from analysis.tree import Hidden, Rate
from analysis.types import ActionSpec, Measure, Objective
from tests.unit.analysis import synthetic


def action_on(item: str, earlier, acceptance: str) -> ActionSpec:
    rate = synthetic.result(earlier).item(item).rate
    return ActionSpec(f"A-{item}", item, rate.satisfied, rate.n, acceptance)


@pytest.fixture(scope="module")
def earlier():
    return synthetic.sealed(300, seed=11, year=2025)


def test_missed_objectives_come_first_then_declines_then_the_weakest_items():
    objective = Objective("Q", "l1", Measure.ITEM, "l1", "0.99")
    report = synthetic.report(
        200,
        years=(2025, 2026),
        objectives=(objective, Objective("P", "m1", Measure.ITEM, "m1", "0.10")),
        rates={"m1": 0.55},
        earlier_rates={"m1": 0.95},
    )
    found = propose(report)
    assert [finding.item for finding in found] == ["l1", "m1", "w3"]
    assert found[0].kinds == (Kind.OBJECTIVE_MISSED,)
    assert Kind.DECLINED in found[1].kinds
    assert found[2].kinds == (Kind.WEAKEST,)


def test_the_overall_item_and_candour_are_never_proposed():
    report = synthetic.report(80, years=(2026,), rates={"overall": 0.2, "candour": 0.1})
    assert not {"overall", "candour"} & {finding.item for finding in propose(report, most=12)}


def test_nothing_is_proposed_from_what_is_hidden():
    assert propose(synthetic.report(8, years=(2026,))) == ()


def test_an_action_that_raised_its_item_beyond_the_usual_rebound_worked(earlier):
    later = synthetic.sealed(300, seed=12, year=2026, rates={"w3": 0.90})
    action = action_on("w3", earlier, "0.80")
    result = synthetic.result(later, [earlier], actions=[action])
    found = result.actions[0]
    assert (found.verdict, found.reached) == ("worked", True)
    assert found.expected < found.upper < found.rate.value
    assert found.controls == 14
    assert verify(action, result) == found


def test_an_action_without_effect_is_not_shown_even_if_its_figure_is_reached(earlier):
    later = synthetic.sealed(300, seed=13, year=2026)
    found = synthetic.result(later, [earlier], actions=[action_on("w3", earlier, "0.50")]).actions[0]
    assert (found.verdict, found.reached) == ("not_shown", True)


def test_an_action_after_which_the_item_fell_further_is_worse(earlier):
    later = synthetic.sealed(300, seed=14, year=2026, rates={"w3": 0.30})
    found = synthetic.result(later, [earlier], actions=[action_on("w3", earlier, "0.80")]).actions[0]
    assert (found.verdict, found.reached) == ("worse", False)


def test_with_too_few_untouched_items_nothing_can_be_said_of_the_effect(earlier):
    later = synthetic.sealed(300, seed=15, year=2026)
    plan = [action_on(item, earlier, "0.50") for item in ("l1", "l2", "l3", "l4", "w1", "w3")]
    found = synthetic.result(later, [earlier], actions=plan).actions
    assert {outcome.verdict for outcome in found} == {"no_control"}
    assert {outcome.expected for outcome in found} == {None}


def test_without_an_earlier_year_an_action_cannot_be_compared():
    action = ActionSpec("A", "w3", 60, 100, "0.80")
    found = synthetic.result(n=60, actions=[action]).actions[0]
    assert found.verdict == "not_comparable"
    assert isinstance(found.rate, Rate)


def test_of_an_action_on_a_hidden_item_nothing_is_said(earlier):
    small = synthetic.sealed(12, seed=16, year=2026, dont_know=0.5)
    report = synthetic.suppress(synthetic.result(small, [earlier], actions=[action_on("w3", earlier, "0.80")]))
    found = report.actions[0]
    assert isinstance(found.rate, Hidden)
    assert (found.expected, found.reached) == (None, None)


def test_items_that_all_moved_alike_leave_no_scatter_to_test_against():
    """Everybody gave one answer throughout: rounding of 2/3 and 5/7 is not taken for scatter of the controls."""
    codes = list(synthetic.RATES)
    years = {}
    for year, satisfied, n in ((2025, 20, 30), (2026, 25, 35)):
        rows = [{code: (5 if (k < satisfied) != (code == "w4") else 1) for code in codes} for k in range(n)]
        years[year] = build(
            synthetic.instrument(), rows, ["root"] * n, manifest=synthetic.manifest({"root": n}, year=year)
        )
    plan = (ActionSpec("A", "w3", 20, 30, "0.70"),)
    found = synthetic.result(years[2026], [years[2025]], actions=plan).actions[0]
    assert (found.reached, found.verdict) == (True, "not_shown")
    assert found.expected == found.lower == found.upper == pytest.approx(25 / 35)


def test_a_missed_dimension_is_no_item_to_discuss():
    objective = Objective("Q", "工作机制", Measure.DIMENSION, "work", "1.00")
    found = propose(synthetic.report(200, years=(2026,), objectives=(objective,)))
    assert {kind for finding in found for kind in finding.kinds} == {Kind.WEAKEST}
