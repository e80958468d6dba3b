"""Units that others could learn from: improvements that hold among all units' actions, pairs of ahead and behind."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import pytest
from scipy.stats import binomtest, t

from analysis.counted import Counted, counted
from analysis.dataset import SealedDataset, build
from analysis.disclosure import Policy, suppress
from analysis.exemplars import chance_by_itself, exemplars_of
from analysis.findings import verify_plan
from analysis.pairing import pairings_of
from analysis.report import annual_result, result_of
from analysis.report_json import to_dict
from analysis.tree import AnnualResult, ItemPair, Rate, Report
from analysis.types import ActionSpec, Rules
from tests.unit.analysis import synthetic

ITEM = "w3"
OTHERS = tuple(code for code in synthetic.RATES if code != ITEM)
Told = Mapping[str, Mapping[str, tuple[int, int]]]
"""Unit -> item -> satisfied and scored people."""


def dataset(told: Told, year: int, parents: Mapping[str, str | None] | None = None) -> SealedDataset:
    """A survey in which exactly so many were satisfied with each item; the others who answered it were not."""
    rows, labels = [], []
    for unit, items in told.items():
        people = max(n for _satisfied, n in items.values())
        rows += [{code: _level(code, person, *numbers) for code, numbers in items.items()} for person in range(people)]
        labels += [unit] * people
    valid = {unit: labels.count(unit) for unit in told}
    return build(synthetic.instrument(), rows, labels, manifest=synthetic.manifest(valid, year=year, parents=parents))


def _level(code: str, person: int, satisfied: int, n: int) -> int:
    good, bad = (2, 4) if code == "w4" else (4, 2)
    return -1 if person >= n else good if person < satisfied else bad


def survey(told: Told, year: int, parents: Mapping[str, str | None] | None = None) -> Counted:
    return counted(dataset(told, year, parents))


def steady(people: int, earlier: int, later: int) -> tuple[dict[str, tuple[int, int]], dict[str, tuple[int, int]]]:
    """Two years of a unit: every other item wavers by one person, the one with an action goes from one to another."""
    before = {code: (people - people // 5 - place % 5, people) for place, code in enumerate(OTHERS)}
    after = {
        code: (people - people // 5 - place % 5 + (-1, 1, 0)[place % 3], people) for place, code in enumerate(OTHERS)
    }
    return {**before, ITEM: (earlier, people)}, {**after, ITEM: (later, people)}


def two_years(units: Mapping[str, tuple[int, int, int]]) -> tuple[Counted, Counted]:
    years = {unit: steady(*numbers) for unit, numbers in units.items()}
    before = survey({unit: both[0] for unit, both in years.items()}, 2025)
    return before, survey({unit: both[1] for unit, both in years.items()}, 2026)


def plan(unit: str, satisfied: int, n: int, acceptance: str = "0.80") -> tuple[ActionSpec, ...]:
    return (ActionSpec(f"action of {unit}", ITEM, satisfied, n, acceptance, f"措施 {unit}"),)


def named(earlier: Counted, now: Counted, plans: Mapping[str, tuple[ActionSpec, ...]]) -> list[str]:
    return [found.unit for found in exemplars_of(now, earlier, plans, 10, Rules())]


def test_the_chance_of_a_rise_is_that_of_a_prediction_by_least_squares():
    """By hand: slope 1.16, intercept -0.094 over four pairs, residual variance 0.00032 / 2."""
    earlier, later = np.array([0.5, 0.6, 0.7, 0.8]), np.array([0.49, 0.59, 0.73, 0.83])
    fit = np.polyfit(earlier, later, 1)
    s = np.sqrt(((later - np.polyval(fit, earlier)) ** 2).sum() / 2)
    error = s * np.sqrt(1 + 1 / 4 + (0.55 - 0.65) ** 2 / 0.05)
    expected = t.sf((0.7 - np.polyval(fit, 0.55)) / error, 2)
    assert chance_by_itself(earlier, later, 0.55, 0.7) == pytest.approx(expected, rel=1e-9)
    error = np.sqrt(error**2 + 1.16**2 * 0.55 * 0.45 / 20)
    expected = t.sf((0.7 - np.polyval(fit, 0.55)) / error, 2)
    assert chance_by_itself(earlier, later, 0.55, 0.7, baseline_n=20) == pytest.approx(expected, rel=1e-9)


def test_items_that_all_moved_alike_leave_no_doubt_about_one_that_did_not():
    earlier = np.array([0.5, 0.6, 0.7, 0.8])
    assert chance_by_itself(earlier, earlier + 0.05, 0.5, 0.55) == 1.0
    assert chance_by_itself(earlier, earlier + 0.05, 0.5, 0.60) == 0.0
    assert 0.0 < chance_by_itself(earlier, earlier + 0.05, 0.5, 0.60, baseline_n=30) < 0.5


def test_the_chance_agrees_with_the_verdict_on_the_units_own_plan():
    """One action alone: worked there exactly where p is at most .05."""
    for later in range(18, 31):
        before, after = steady(30, 15, later)
        controls = [ItemPair("a", code, Rate(*before[code]), Rate(*after[code])) for code in OTHERS]
        earlier, now = two_years({"a": (30, 15, later), "b": (30, 20, 20)})
        own = annual_result_of(now, earlier, "a")
        verdict = verify_plan(plan("a", 15, 30, "0.50"), own.items, own.changes, Rules(), controls)[0].verdict
        rates = [np.array([pair.earlier.value for pair in controls]), np.array([pair.later.value for pair in controls])]
        assert (verdict == "worked") == (chance_by_itself(*rates, 0.5, later / 30, baseline_n=30) <= 0.05), later


def annual_result_of(now: Counted, earlier: Counted, unit: str) -> AnnualResult:
    return result_of(now.for_unit(unit), [earlier.for_unit(unit)], None, (), Rules())


def test_a_unit_whose_action_worked_is_named_with_both_years():
    earlier, now = two_years({"a": (30, 14, 27), "b": (30, 20, 21), "c": (32, 20, 20)})
    plans = {"a": plan("a", 14, 30), "b": plan("b", 20, 30), "c": plan("c", 20, 32)}
    (found,) = exemplars_of(now, earlier, plans, 10, Rules())
    assert (found.unit, found.name, found.action.title) == ("a", "支部 a", "措施 a")
    assert (found.earlier.satisfied, found.earlier.n) == (14, 30)
    assert (found.later.satisfied, found.later.n) == (27, 30)


def test_a_rise_without_the_acceptance_figure_and_one_without_an_action_are_not_named():
    earlier, now = two_years({"a": (30, 14, 27), "b": (30, 14, 27)})
    assert named(earlier, now, {"a": plan("a", 14, 30, "0.95")}) == []
    assert named(earlier, now, {}) == []
    assert exemplars_of(now, None, {"b": plan("b", 14, 30)}, 10, Rules()) == ()


def test_what_holds_alone_need_not_hold_among_the_actions_of_many_units():
    """A p that is enough for one unit is chance among thirty whose actions changed nothing."""
    alone = {"a": (30, 20, 25)}
    many = {**alone, **{f"u{k}": (30, 20, 20) for k in range(30)}}
    plans = {unit: plan(unit, 20, 30, "0.75") for unit in many}
    before, after = steady(30, 20, 25)
    rates = [np.array([told[code][0] / 30 for code in OTHERS]) for told in (before, after)]
    assert 0.05 / 31 < chance_by_itself(*rates, 20 / 30, 25 / 30, baseline_n=30) < 0.05
    assert named(*two_years({**alone, "b": (30, 20, 20)}), {"a": plans["a"]}) == ["a"]
    assert named(*two_years(many), plans) == []


def test_rises_that_missed_their_acceptance_figure_help_no_other_action():
    """Thirty large rises of which none was enough; the one that was is chance among so many."""
    many = {"a": (30, 20, 25), **{f"u{k}": (30, 15, 27) for k in range(30)}}
    plans = {unit: plan(unit, numbers[1], 30, "0.75" if unit == "a" else "0.95") for unit, numbers in many.items()}
    assert named(*two_years(many), plans) == []


def test_a_unit_that_is_not_shown_or_only_roughly_is_never_named():
    """8 people; 12 of whom all but one were satisfied ("at least 11"); last year too few."""
    earlier, now = two_years(
        {"few": (9, 2, 8), "too": (9, 2, 8), "rough": (12, 3, 11), "large": (40, 15, 36), "other": (40, 25, 25)}
    )
    plans = {"few": plan("few", 2, 9), "rough": plan("rough", 3, 12), "large": plan("large", 15, 40)}
    assert named(earlier, now, plans) == ["large"]
    grown = {"large": steady(40, 15, 36), "grown": (steady(9, 2, 5)[0], steady(30, 12, 28)[1]), "few": steady(9, 2, 8)}
    before = survey({unit: both[0] for unit, both in grown.items()}, 2025)
    after = survey({unit: both[1] for unit, both in grown.items()}, 2026)
    assert named(before, after, {unit: plan(unit, 12, 30) for unit in grown}) == ["large"]


def test_a_committee_in_between_counts_with_its_branches():
    parents = {"root": None, "c1": "root", "a": "c1", "b": "c1", "d": "root"}
    years = {"a": steady(30, 14, 27), "b": steady(30, 15, 26), "d": steady(40, 25, 25)}
    before = survey({unit: both[0] for unit, both in years.items()}, 2025, parents)
    after = survey({unit: both[1] for unit, both in years.items()}, 2026, parents)
    (found,) = exemplars_of(after, before, {"c1": plan("c1", 29, 60), "root": plan("root", 1, 2)}, 10, Rules())
    assert (found.unit, found.later.satisfied, found.later.n) == ("c1", 53, 60)


# ---- pairs


def leaders(rates: Mapping[str, tuple[int, int]], dimension: str = "l") -> Counted:
    """Units of which so many people are satisfied with every item of a dimension; with the others all alike."""
    codes = [code for code in synthetic.RATES if code[0] in "lwm"]
    told = {
        unit: {code: (satisfied if code[0] == dimension else n - 8, n) for code in codes}
        for unit, (satisfied, n) in rates.items()
    }
    return survey(told, 2026)


MIDDLE = {f"m{k}": (31, 40) for k in range(6)}


def test_the_one_farthest_behind_is_to_meet_the_one_farthest_ahead():
    found = pairings_of(leaders({**MIDDLE, "strong": (40, 40), "weak": (8, 40), "weaker": (4, 40)}), 10)
    assert [(pair.dimension, pair.ahead, pair.behind) for pair in found] == [
        ("lead", "strong", "weaker"),
        ("lead", "strong", "weak"),
    ]
    assert binomtest(40, 40, 265 / 360).pvalue < 0.05 / 9


def test_nobody_is_asked_for_more_than_two_visits():
    weak = {f"w{k}": (4 + k, 40) for k in range(4)}
    middle = {f"m{k}": (29, 40) for k in range(12)}
    found = pairings_of(leaders({**middle, **weak, "strong": (40, 40)}), 10)
    assert [pair.behind for pair in found] == ["w0", "w1"]


def test_units_that_do_not_stand_apart_are_sent_nowhere():
    assert pairings_of(leaders({f"m{k}": (30 + k % 2, 40) for k in range(9)}), 10) == ()


def test_a_unit_of_fewer_than_thirty_is_in_no_pair():
    found = pairings_of(leaders({**MIDDLE, "strong": (40, 40), "small": (2, 29), "weak": (8, 40)}), 10)
    assert [pair.behind for pair in found] == ["weak"]


def test_branches_of_two_committees_meet_across_them():
    rates = {**MIDDLE, "strong": (40, 40), "weak": (8, 40)}
    parents = {"root": None, "left": "root", "right": "root", "strong": "left", "weak": "right"}
    parents |= {unit: ("left", "right")[k % 2] for k, unit in enumerate(MIDDLE)}
    codes = [code for code in synthetic.RATES if code[0] in "lwm"]
    told = {
        unit: {code: (satisfied if code[0] == "l" else n - 8, n) for code in codes}
        for unit, (satisfied, n) in rates.items()
    }
    whole = survey(told, 2026, parents)
    assert [(pair.ahead, pair.behind) for pair in pairings_of(whole, 10)] == [("strong", "weak")]
    assert pairings_of(whole.for_unit("left"), 10) == ()


# ---- what reaches a report


def report_of(threshold: int | None = None) -> Report:
    years = {
        "a": steady(30, 14, 27),
        "b": steady(30, 20, 21),
        "c": steady(40, 30, 30),
        "few": steady(9, 2, 8),
        "too": steady(9, 2, 8),
    }
    earlier, now = (
        dataset({unit: both[position] for unit, both in years.items()}, 2025 + position) for position in (0, 1)
    )
    plans = {"a": plan("a", 14, 30), "few": plan("few", 2, 9)}
    result = annual_result(now, [earlier], None, (), Rules(), actions_below=plans)
    return suppress(result, threshold and Policy(threshold))


def test_a_report_names_the_exemplar_and_a_stricter_threshold_drops_it():
    assert [found.unit for found in report_of().exemplars] == ["a"]
    assert report_of(25).exemplars == ()


def test_a_unit_too_small_leaves_no_trace_of_its_action():
    told = json.dumps(to_dict(report_of()), ensure_ascii=False)
    assert "措施 a" in told
    assert "措施 few" not in told
