"""How often the year over year cries wolf: nothing was changed, so every "worked" and every "improved" is chance.

A branch of n people answers the same questionnaire in two years out of one truth: a person's general satisfaction and
liking of each question last from year to year in part, who has no opinion is drawn anew. Actions are taken on the
items that came out lowest, as committees do, so that they rebound by themselves. The acceptance figure is the baseline
and five points; a higher one can only make "worked" rarer.

A rate is held against its bound by an exact binomial test over the runs, of which a plan or a family is one each. A
cell fails where so many false alarms would come less than once in a hundred from a rate at the bound: in 1,200 plans
of one action (standard error 0.7 points at 6 %) from 7.8 % on, in 200 plans of several (1.7 points) from 10.5 %, in
800 families (0.8 points at 5 %) from 7 %.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy.special import ndtr, ndtri
from scipy.stats import binom

from analysis.comparison import Verdict, compare_counts
from analysis.findings import verify_plan
from analysis.multiplicity import holm
from analysis.ranks import mann_whitney
from analysis.tree import Change, Comparability, Detail, Hidden, ItemPair, ItemResult, Rate, YearPoint
from analysis.types import ActionSpec, Rules
from tests.unit.analysis import synthetic

PEOPLE = (12, 20, 50)
LOADING = 0.7
"""Of an item on the person's general satisfaction in a year."""
PERSON_STAYS = 0.6
"""Correlation of the general satisfaction over the two years; half as much of what is special to an item."""
NO_OPINION = 0.03
WORKED_AT_MOST = 0.06
FAMILIES_AT_MOST = 0.05
EVIDENCE = 0.01
SHARES_OF_LEVELS = (0.05, 0.15, 0.5)
"""Of the dissatisfied: very much so, and at most dissatisfied; of the satisfied: not very."""

Truth = Callable[[np.random.Generator, int], np.ndarray]
TRUTHS: dict[str, Truth] = {
    "most items near 80 %": lambda rng, items: np.clip(rng.beta(8, 2, items), 0.3, 0.99),
    "items from 45 % to 97 %": lambda rng, items: rng.uniform(0.45, 0.97, items),
}


@dataclass(frozen=True)
class TwoYears:
    """Levels 1 to 5, 0 no opinion: (items, people) of both years."""

    earlier: np.ndarray
    later: np.ndarray

    def rates(self) -> list[tuple[Rate, Rate]]:
        counted = [
            ((year >= 4).sum(axis=1).tolist(), (year > 0).sum(axis=1).tolist()) for year in (self.earlier, self.later)
        ]
        return [(Rate(x0, n0), Rate(x1, n1)) for x0, n0, x1, n1 in zip(*counted[0], *counted[1], strict=True)]

    def counts(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        before, after = ([np.bincount(item, minlength=6)[1:] for item in year] for year in (self.earlier, self.later))
        return before, after


def answer_twice(
    rng: np.random.Generator, people: int, satisfied: np.ndarray, effect: np.ndarray | float = 0.0
) -> TwoYears:
    """Both years' answers of a branch; ``effect`` raises the later share of satisfied people."""
    items = satisfied.size
    general, special = rng.standard_normal(people), rng.standard_normal((items, people))
    years = []
    for share in (satisfied, np.minimum(satisfied + effect, 0.99)):
        mood = PERSON_STAYS**0.5 * general + (1 - PERSON_STAYS) ** 0.5 * rng.standard_normal(people)
        stays = PERSON_STAYS / 2
        liking = stays**0.5 * special + (1 - stays) ** 0.5 * rng.standard_normal((items, people))
        position = LOADING * mood + (1 - LOADING**2) ** 0.5 * liking
        worst, bad, good = SHARES_OF_LEVELS
        cuts = ((1 - share) * worst, (1 - share) * (worst + bad), 1 - share, 1 - share * good)
        levels = 1 + sum((position > ndtri(cut)[:, None]).astype(np.int64) for cut in cuts)
        years.append(np.where(rng.random((items, people)) < NO_OPINION, 0, levels))
    return TwoYears(years[0], years[1])


def plan_for(rates: Sequence[tuple[Rate, Rate]], actions: int) -> list[ActionSpec]:
    """Actions on the items that were lowest, accepted at five points more."""
    lowest = sorted(range(len(rates)), key=lambda place: rates[place][0].value)[:actions]
    return [
        ActionSpec(f"A{place}", f"q{place}", before.satisfied, before.n, f"{min(before.value + 0.05, 1):.2f}")
        for place in lowest
        for before in (rates[place][0],)
    ]


def verdicts_of(
    rates: Sequence[tuple[Rate, Rate]], plan: Sequence[ActionSpec], subtree: Sequence[ItemPair] = ()
) -> list[str]:
    hidden = Hidden.COARSENED
    items = [
        ItemResult(
            f"q{place}", None, None, Detail.FULL, now, hidden, hidden, hidden, hidden, hidden, hidden, hidden, hidden
        )
        for place, (_, now) in enumerate(rates)
    ]
    changes = [
        Change(
            f"q{place}", YearPoint(2025, before), YearPoint(2026, now), Comparability.COMPARABLE, (), False, None, None
        )
        for place, (before, now) in enumerate(rates)
    ]
    return [found.verdict for found in verify_plan(plan, items, changes, Rules(), subtree)]


def is_above(bound: float, alarms: float, runs: int) -> bool:
    """So many false alarms in so many independent runs speak against a rate of at most the bound."""
    return bool(binom.sf(np.ceil(alarms) - 1, runs, bound) < EVIDENCE)


def share_worked(runs: Iterator[list[str]], actions: int) -> tuple[float, int]:
    """Plans' worth of actions found to have worked, and how many plans there were."""
    found = list(runs)
    assert all(verdict in ("worked", "not_shown", "worse") for verdicts in found for verdict in verdicts)
    return sum(verdicts.count("worked") for verdicts in found) / actions, len(found)


def plans_without_effect(people: int, actions: int, truth: Truth, *, runs: int) -> Iterator[list[str]]:
    rng = np.random.default_rng([people, actions])
    for _ in range(runs):
        rates = answer_twice(rng, people, truth(rng, 20)).rates()
        yield verdicts_of(rates, plan_for(rates, actions))


def plans_of_a_short_questionnaire(people: int, actions: int, truth: Truth, *, runs: int) -> Iterator[list[str]]:
    """Eight items in a unit of six unlike branches of so many people: each item of each branch is a control."""
    rng = np.random.default_rng([people, actions])
    for _ in range(runs):
        shares = ndtri(truth(rng, 8))
        branches = [answer_twice(rng, people, ndtr(shares + 0.3 * rng.standard_normal())).rates() for _ in range(6)]
        rates = [
            (_sum(before for before, _ in item), _sum(now for _, now in item)) for item in zip(*branches, strict=True)
        ]
        subtree = [
            ItemPair(f"b{number}", f"q{place}", *pair)
            for number, branch in enumerate(branches)
            for place, pair in enumerate(branch)
        ]
        yield verdicts_of(rates, plan_for(rates, actions), subtree)


def _sum(rates: Iterable[Rate]) -> Rate:
    found = list(rates)
    return Rate(sum(rate.satisfied for rate in found), sum(rate.n for rate in found))


@pytest.mark.parametrize("truth", TRUTHS)
@pytest.mark.parametrize("people", PEOPLE)
@pytest.mark.parametrize(("actions", "runs"), [(1, 1200), (3, 200), (6, 200)])
def test_an_action_without_effect_is_seldom_found_to_have_worked(people: int, actions: int, runs: int, truth: str):
    share, plans = share_worked(plans_without_effect(people, actions, TRUTHS[truth], runs=runs), actions)
    assert not is_above(WORKED_AT_MOST, share, plans), f"{share / plans:.1%} of {actions * plans} actions"


@pytest.mark.parametrize("people", PEOPLE)
@pytest.mark.parametrize("actions", [1, 3, 6])
def test_nor_where_the_branches_of_a_unit_are_the_controls(people: int, actions: int):
    truth = TRUTHS["most items near 80 %"]
    share, plans = share_worked(plans_of_a_short_questionnaire(people, actions, truth, runs=200), actions)
    assert not is_above(WORKED_AT_MOST, share, plans), f"{share / plans:.1%} of {actions * plans} actions"


@pytest.mark.parametrize("people", PEOPLE)
@pytest.mark.parametrize("size", [1, 6])
def test_a_family_in_which_nothing_changed_is_seldom_said_to_have(people: int, size: int):
    """Counted are families of which a verdict is possible; the next test says that no other verdict is."""
    rng = np.random.default_rng([people, size])
    truth, runs = TRUTHS["most items near 80 %"], 800
    alarms = sum(any(changed(*answer_twice(rng, people, truth(rng, size)).counts())) for _ in range(runs))
    assert not is_above(FAMILIES_AT_MOST, alarms, runs), f"{alarms / runs:.1%} of {runs} families"


def changed(before: Sequence[np.ndarray], after: Sequence[np.ndarray]) -> list[bool]:
    """Which items the deciding test leaves a verdict to, after Holm's correction over the family."""
    adjusted = holm([mann_whitney(*years).p for years in zip(before, after, strict=True)])
    return [p is not None and p <= Rules().alpha for p in adjusted]


@pytest.mark.parametrize("people", PEOPLE)
def test_no_verdict_stands_where_the_deciding_test_leaves_none(people: int):
    rng, said = np.random.default_rng(people), 0
    for _ in range(40):
        effect = np.where(np.arange(6) < 2, 0.35, 0.0)
        before, after = answer_twice(rng, people, TRUTHS["items from 45 % to 97 %"](rng, 6), effect).counts()
        verdicts = [item.verdict for item in compare_counts(before, after, levels=(1, 2, 3, 4, 5)).items]
        spoken = [verdict in (Verdict.IMPROVED, Verdict.DECLINED) for verdict in verdicts]
        assert all(possible or not says for possible, says in zip(changed(before, after), spoken, strict=True))
        said += sum(spoken)
    assert said > 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_plans_of_this_simulation_are_verified_as_those_of_a_result(seed: int):
    data = [synthetic.sealed(20, seed=2 * seed + offset, year=2025 + offset) for offset in (0, 1)]
    earlier, result = synthetic.result(data[0]), synthetic.result(data[1], data[:1])
    pairs = {item.code: (earlier.item(item.code).rate, item.rate) for item in result.items}
    rates = list(pairs.values())
    plan = [replace(action, item=list(pairs)[int(action.item[1:])]) for action in plan_for(rates, 3)]
    whole = synthetic.result(data[1], data[:1], actions=plan)
    assert [found.verdict for found in whole.actions] == verdicts_of(rates, plan_for(rates, 3))
    assert {found.controls for found in whole.actions} == {len(rates) - 3}
