"""A unit above branches: everybody weighs the same, who answered is told from what they said, branches side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest

from analysis.benchmark import funnel_limits
from analysis.benchmark_results import benchmark_of, comparable_of
from analysis.composition_results import composition_of, shown_composition
from analysis.counted import Counted, counted
from analysis.dataset import SealedDataset, UnitNode, build
from analysis.disclosure import Policy, suppress
from analysis.errors import InsufficientData
from analysis.item_results import item_results
from analysis.limits import limits_of
from analysis.proportion import wilson_finite
from analysis.strata import (
    Stratum,
    regions_of,
    strata_of,
    stratified_judgement,
    weighted_rate,
    with_weighted_rates,
)
from analysis.targets import Grade, judge
from analysis.tree import Comparable, Hidden, Rate, Report
from analysis.types import Roster
from tests.unit.analysis import synthetic


class Branch(NamedTuple):
    """How a branch answered the overall item."""

    satisfied: int
    n: int
    eligible: int
    no_opinion: int = 0


def sealed(
    branches: Mapping[str, Branch],
    *,
    year: int = 2026,
    parents: Mapping[str, str | None] | None = None,
    ages: Mapping[str, tuple[int | None, ...]] | None = None,
    **how: object,
) -> SealedDataset:
    """A survey in which nothing but the overall item, and the age group where given, was answered."""
    rows, labels = [], []
    for unit, branch in branches.items():
        levels = [4] * branch.satisfied + [2] * (branch.n - branch.satisfied) + [-1] * branch.no_opinion
        groups = (ages or {}).get(unit, (None,) * len(levels))
        rows += [
            {"overall": level} if group is None else {"overall": level, **like(level), "age": group}
            for level, group in zip(levels, groups, strict=True)
        ]
        labels += [unit] * len(levels)
    valid = {unit: branch.n + branch.no_opinion for unit, branch in branches.items()}
    manifest = synthetic.manifest(valid, year=year, parents=parents, **how)  # type: ignore[arg-type]
    rosters = {
        unit: replace(manifest.rosters[unit], eligible=branch.eligible, issued=branch.eligible)
        for unit, branch in branches.items()
    }
    return build(synthetic.instrument(), rows, labels, manifest=replace(manifest, rosters=rosters))


def like(level: int) -> dict[str, int]:
    """Every dimension answered alike, so that group tables have cells."""
    return {"l1": level, "w1": level, "m1": level}


def survey(*branches: tuple[int, ...], **how: object) -> Counted:
    return counted(sealed({f"b{k}": Branch(*branch) for k, branch in enumerate(branches)}, **how))  # type: ignore[arg-type]


def numbers(strata: tuple[Stratum, ...] | None) -> list[tuple[int, int, int]] | None:
    return strata and [(stratum.satisfied, stratum.n, stratum.population) for stratum in strata]


def test_a_branch_where_half_answered_speaks_for_all_of_its_people():
    strata = strata_of(survey((36, 40, 50), (20, 40, 150)), "overall", 10)
    assert numbers(strata) == [(36, 40, 50), (20, 40, 150)]
    found = weighted_rate(strata)
    assert found.value == pytest.approx((50 * 0.9 + 150 * 0.5) / 200)
    assert (found.strata, found.eligible) == (2, 200)
    assert found.interval[0] < found.value < found.interval[1]


def test_a_single_stratum_has_the_plain_rate_and_its_finite_population_interval():
    found = weighted_rate([Stratum(34, 41, 60, ("root",))])
    assert found.value == 34 / 41
    assert found.interval == pytest.approx(wilson_finite(34, 41, 60), abs=1e-12)


def test_a_census_of_every_branch_leaves_nothing_to_doubt():
    found = weighted_rate(strata_of(survey((30, 40, 40), (12, 25, 25)), "overall", 10))
    assert found.value == pytest.approx(42 / 65, abs=1e-15)
    assert found.interval == (found.value, found.value)


def test_people_of_whom_nobody_answered_leave_the_rate_without_an_interval():
    found = weighted_rate([Stratum(18, 20, 30, ("a",)), Stratum(0, 0, 10, ("b",))])
    assert (found.value, found.interval, found.strata, found.eligible) == (0.9, None, 2, 40)
    with pytest.raises(InsufficientData):
        weighted_rate([Stratum(0, 0, 10, ("b",))])


def test_where_unhappy_branches_answer_less_the_weighted_rate_is_nearer_the_truth():
    rng = np.random.default_rng(5)
    people, happy, response = (200, 200, 200), (0.9, 0.7, 0.4), (0.9, 0.5, 0.3)
    truth = sum(happy) / 3
    off_plain, off_weighted, covered = [], [], 0
    for _ in range(300):
        strata = []
        for size, rate, answering in zip(people, happy, response, strict=True):
            answers = rng.random(size) < answering
            satisfied = rng.permutation(np.arange(size) < round(size * rate))
            strata.append(Stratum(int((answers & satisfied).sum()), int(answers.sum()), size, ("u",)))
        found = weighted_rate(strata)
        off_weighted.append(found.value - truth)
        off_plain.append(sum(s.satisfied for s in strata) / sum(s.n for s in strata) - truth)
        covered += found.interval[0] <= truth <= found.interval[1]
    assert np.mean(off_plain) > 0.08
    assert abs(np.mean(off_weighted)) < 0.01
    assert 0.92 <= covered / 300 <= 0.98


def test_the_interval_knows_that_the_branch_heard_least_may_be_the_most_divided():
    """Half satisfied where 20 of 500 answered, nearly all elsewhere: one common rate would promise too much."""
    divided = weighted_rate([Stratum(10, 20, 500, ("a",)), Stratum(243, 250, 300, ("b",))])
    alike = weighted_rate([Stratum(16, 20, 500, ("a",)), Stratum(170, 250, 300, ("b",))])
    own_error = 500 / 800 * (480 / 499 * 0.25 / 20) ** 0.5
    assert divided.interval[1] - divided.interval[0] == pytest.approx(2 * 1.96 * own_error, rel=0.15)
    assert divided.interval[1] - divided.interval[0] > 1.05 * (alike.interval[1] - alike.interval[0])


def test_a_branch_that_shows_no_exact_number_is_counted_with_what_surrounds_it():
    """7 of 8 in a hidden branch, 11 of 12 behind "at least": they stand together with the smallest shown branch."""
    strata = strata_of(survey((30, 40, 50), (7, 8, 9), (11, 12, 14), (15, 22, 30)), "overall", 10)
    assert [stratum.units for stratum in strata] == [("root", "b1", "b2"), ("b0",), ("b3",)]
    assert numbers(strata) == [(18, 20, 23), (30, 40, 50), (15, 22, 30)]


def test_people_of_a_branch_where_nobody_answered_join_the_smallest_branch_beside_it():
    strata = strata_of(survey((30, 40, 50), (15, 22, 30), (0, 0, 17)), "overall", 10)
    assert numbers(strata) == [(30, 40, 50), (15, 22, 47)]
    assert strata[1].units == ("b1", "root", "b2")


def test_those_without_an_opinion_are_not_asked_wherever_their_number_is_printed():
    strata = strata_of(survey((30, 40, 60, 5), (15, 22, 30, 1)), "overall", 10)
    assert numbers(strata) == [(30, 40, 55), (15, 22, 29)]


def test_the_strata_are_asked_as_many_people_as_the_item_says():
    for seed in range(3):
        result = synthetic.result(synthetic.sealed(seed=seed, units={"a": 25, "b": 37, "c": 14, "d": 60}))
        asked = {item.rate.population: item.weighted.eligible for item in result.items if item.weighted is not None}
        assert asked
        assert all(population == eligible for population, eligible in asked.items())


def test_small_branches_do_not_print_who_had_no_opinion_and_so_stand_together():
    """15 of 19 is exact, but how many of that branch had no opinion is not shown."""
    shown = survey((30, 40, 60), (15, 19, 30), (12, 18, 30), (25, 30, 40))
    assert len(strata_of(shown, "overall", 10)) == 4
    with_no_opinion = survey((30, 40, 60), (15, 19, 30, 2), (12, 18, 30), (25, 30, 40))
    assert numbers(strata_of(with_no_opinion, "overall", 10)) == [(27, 37, 58), (30, 40, 60), (25, 30, 40)]


def test_a_unit_too_small_to_print_who_had_no_opinion_has_no_weighted_rate():
    assert strata_of(survey((4, 8, 9), (5, 8, 12), threshold=5), "overall", 5) is None
    assert len(strata_of(survey((4, 8, 9), (9, 16, 22), threshold=5), "overall", 5)) == 2


@pytest.mark.parametrize(
    "roster",
    [Roster(None, None, 40, 40), Roster(60, 60, 40, 40, verified=False), Roster(39, 39, 40, 40)],
    ids=["unknown", "open link", "contradictory"],
)
def test_there_is_no_weighted_rate_where_it_is_not_known_how_many_people_a_branch_has(roster: Roster):
    data = sealed({"b0": Branch(30, 40, 60), "b1": Branch(15, 22, 30)})
    assert strata_of(counted(synthetic.with_roster(data, "b0", roster)), "overall", 10) is None


def test_an_item_behind_a_condition_has_no_weighted_rate():
    content = synthetic.instrument().model_dump(by_alias=True, mode="json")
    content["sections"][1]["items"][0]["visible_if"] = "l1 = 4"
    data = sealed({"b0": Branch(30, 40, 60), "b1": Branch(15, 22, 30)})
    conditional = type(data.instrument).model_validate(content)
    assert strata_of(counted(replace(data, instrument=conditional, whole=None)), "overall", 10) is None


def test_items_of_a_unit_with_branches_carry_the_weighted_rate_and_those_of_a_branch_do_not():
    whole = survey((36, 40, 50), (20, 40, 150))
    for unit, expected in (("root", 0.6), ("b0", None)):
        view = whole.for_unit(unit)
        items = item_results(view, view.roster, limits_of(view, "overall", 10).items)
        overall = next(item for item in with_weighted_rates(view, items, view.roster, 10) if item.code == "overall")
        assert (overall.weighted and overall.weighted.value) == (expected and pytest.approx(expected))
    other_roster = Roster(500, 500, 80, 80)
    items = item_results(whole, other_roster, {})
    assert all(item.weighted is None for item in with_weighted_rates(whole, items, other_roster, 10))


def test_a_unit_reaches_its_objective_by_its_people_not_by_who_happened_to_answer():
    """88 of 110 answers are satisfied, but the branch that answered less has most of the people."""
    strata = [Stratum(58, 60, 60, ("a",)), Stratum(30, 50, 140, ("b",))]
    assert judge(88, 110, 200, "0.80").grade.is_met
    judgement = stratified_judgement(strata, "0.80")
    assert judgement.grade is Grade.MISSED_CONFIDENT
    assert (judgement.required, judgement.silent) == (160, 90)


@pytest.fixture(scope="module")
def small_trees() -> list[tuple[SealedDataset, dict[str, Report]]]:
    """Surveys of small branches under two middle units, with every report there is."""
    found = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        parents: dict[str, str | None] = {"root": None, "m1": "root", "m2": "root"}
        parents |= {f"b{k}": f"m{1 + k % 2}" for k in range(7)}
        sizes = {unit: int(rng.integers(4, 36)) for unit in parents if unit.startswith("b")}
        data = synthetic.sealed(seed=seed, units=sizes, parents=parents, rates={"overall": 0.8}, dont_know=0.02)
        reports = {unit: suppress(synthetic.result(data.for_unit(unit), objectives=()), Policy(10)) for unit in parents}
        found.append((data, reports))
    return found


def test_every_stratum_is_a_sum_of_numbers_that_reports_print_exactly(
    small_trees: list[tuple[SealedDataset, dict[str, Report]]],
):
    finest = 0
    for data, reports in small_trees:
        whole = counted(data)
        groups = sorted(data.manifest.rosters)
        for item in ("overall", "l1", "w4"):
            printed, with_opinion = [], []
            for unit, report in reports.items():
                shown = None if report.hidden else report.item(item)
                if shown and isinstance(shown.rate, Rate) and shown.rate.bound == "exact":
                    below = [group in data.manifest.subtree(unit) for group in groups]
                    printed.append(below)
                    with_opinion += [below] if isinstance(shown.dont_know, int) else []
            for unit in reports:
                strata = strata_of(whole.for_unit(unit), item, 10) or ()
                finest = max(finest, len(strata))
                for stratum in strata:
                    wanted = [group in stratum.units for group in groups]
                    assert follows(wanted, printed)
                    eligible = sum(
                        data.manifest.rosters[group].eligible or 0 for group in stratum.units if group in groups
                    )
                    assert stratum.population == eligible or follows(wanted, with_opinion)
    assert finest >= 3


def follows(wanted: list[bool], printed: list[list[bool]]) -> bool:
    """Whether the wanted groups' number is a sum of multiples of printed ones."""
    known = np.array(printed, float).reshape(-1, len(wanted))
    return np.linalg.matrix_rank(known) == np.linalg.matrix_rank(np.vstack([known, wanted]))


def two_years(before: Mapping[str, Branch], after: Mapping[str, Branch]) -> tuple[Counted, Counted]:
    return counted(sealed(after)), counted(sealed(before, year=2025))


def test_more_answers_from_a_happy_branch_are_composition_and_nothing_else():
    later, earlier = two_years(
        {"a": Branch(36, 40, 90), "b": Branch(40, 80, 90)}, {"a": Branch(72, 80, 90), "b": Branch(20, 40, 90)}
    )
    found = composition_of(later, earlier, 10)
    assert (found.year, found.by, found.strata) == (2025, None, 2)
    assert found.change.rate_effect == pytest.approx(0, abs=1e-12)
    assert found.change.total == pytest.approx(92 / 120 - 76 / 120)


def test_happier_answers_of_the_same_branches_are_no_composition():
    later, earlier = two_years(
        {"a": Branch(30, 40, 90), "b": Branch(40, 80, 90)}, {"a": Branch(36, 40, 90), "b": Branch(60, 80, 90)}
    )
    change = composition_of(later, earlier, 10).change
    assert change.composition_effect == pytest.approx(0, abs=1e-12)
    assert change.total == pytest.approx(96 / 120 - 70 / 120)


def test_a_branch_that_is_new_or_small_in_either_year_stands_with_others():
    """Only a and b have 20 answers in both years; c, d and e reach them together, f is left over."""
    before = {
        "a": Branch(30, 40, 90),
        "b": Branch(40, 80, 90),
        "c": Branch(8, 15, 20),
        "e": Branch(20, 30, 50),
        "f": Branch(5, 12, 20),
    }
    after = {
        "a": Branch(36, 40, 90),
        "b": Branch(60, 80, 90),
        "c": Branch(20, 25, 30),
        "d": Branch(9, 30, 30),
        "e": Branch(6, 12, 50),
        "f": Branch(7, 15, 20),
    }
    found = composition_of(*two_years(before, after), 10)
    assert found.strata == 3
    assert found.change.total == pytest.approx(138 / 202 - 103 / 177)


def test_who_is_hidden_in_one_year_is_merged_the_same_way_in_the_other():
    """b was too small to show last year and a covered it: the two are one stratum this year as well."""
    before = {"a": Branch(10, 21, 30), "b": Branch(5, 7, 40), "c": Branch(15, 25, 60)}
    after = {"a": Branch(30, 40, 45), "b": Branch(20, 30, 40), "c": Branch(40, 50, 60)}
    later, earlier = two_years(before, after)
    assert [region.units for region in regions_of(earlier, "overall", 10)] == [("root", "a", "b"), ("c",)]
    found = composition_of(later, earlier, 10)
    assert found.strata == 2
    rates = (15 / 28, 50 / 70), (15 / 25, 40 / 50)
    shares = (28 / 53, 70 / 120), (25 / 53, 50 / 120)
    effect = sum((rate[1] - rate[0]) * sum(share) / 2 for rate, share in zip(rates, shares, strict=True))
    assert found.change.rate_effect == pytest.approx(effect)


def test_there_is_no_composition_without_two_strata_or_without_both_rates():
    one = {"a": Branch(30, 40, 90), "b": Branch(8, 12, 90)}
    later, earlier = two_years(one, one)
    assert composition_of(later, None, 10) is None
    assert composition_of(later, earlier, 10) is None
    assert composition_of(later.for_unit("b"), earlier.for_unit("b"), 10) is None
    hidden = {"a": Branch(3, 6, 90)}
    assert composition_of(*two_years(one, hidden), 10) is None


def of_ages(year: int, *groups: tuple[int | None, int, int]) -> Counted:
    """One branch: (age group, satisfied, n) of its people."""
    ages = [age for age, satisfied, _ in groups for _ in range(satisfied)]
    ages += [age for age, satisfied, n in groups for _ in range(n - satisfied)]
    satisfied, n = sum(group[1] for group in groups), sum(group[2] for group in groups)
    return counted(sealed({"root": Branch(satisfied, n, n)}, year=year, ages={"root": tuple(ages)}))


def test_a_branch_is_split_by_the_first_question_about_people_that_has_enough_of_each():
    earlier = of_ages(2025, (1, 30, 60), (2, 27, 30), (3, 24, 30))
    later = of_ages(2026, (1, 15, 30), (2, 27, 30), (3, 48, 60))
    found = composition_of(later, earlier, 10)
    assert (found.by, found.strata) == ("age", 3)
    assert found.change.rate_effect == pytest.approx(0, abs=1e-12)
    assert found.change.total == pytest.approx(90 / 120 - 81 / 120)


@pytest.mark.parametrize(
    ("third", "silent", "strata"),
    [(30, 0, 3), (15, 0, 2), (15, 10, 3), (30, 3, 3), (30, 25, 4), (19, 1, 2)],
    ids=["all large", "a small one joins another", "small and silent together", "few silent join another",
         "silent stand alone", "a hidden one is never nearly alone"],
)  # fmt: skip
def test_small_groups_and_those_without_an_answer_are_one_stratum_if_they_are_enough(
    third: int, silent: int, strata: int
):
    groups = [(1, 30, 60), (2, 27, 40), (3, third // 2, third)]
    rest = [(None, silent // 2, silent)] if silent else []
    years = [of_ages(year, *groups, *rest) for year in (2025, 2026)]
    assert composition_of(years[1], years[0], 10).strata == strata


def test_an_age_group_that_the_tree_withholds_is_no_stratum_of_its_own():
    """Four of the oldest in b: the oldest of a would give them away, and so are hidden with them."""

    def year(number: int, oldest: int) -> Counted:
        half = (1,) * 15 + (2,) * 15 + (3,) * (oldest // 2)
        ages = {"a": (1, 2, 3) * 30, "b": half * 2}
        branches = {unit: Branch(len(groups) // 2, len(groups), 99) for unit, groups in ages.items()}
        return counted(sealed(branches, year=number, ages=ages)).for_unit("a")

    assert composition_of(year(2026, 12), year(2025, 12), 10).strata == 3
    assert composition_of(year(2026, 4), year(2025, 12), 10).strata == 2
    assert composition_of(year(2026, 12), year(2025, 4), 10).strata == 2


def test_a_question_about_people_with_other_options_splits_nothing():
    earlier, later = (of_ages(year, (1, 30, 60), (2, 27, 30)) for year in (2025, 2026))
    assert composition_of(later, earlier, 10).by == "age"
    content = later.instrument.model_dump(by_alias=True, mode="json")
    age = next(item for section in content["sections"] for item in section["items"] if item["code"] == "age")
    age["options"][0]["label"]["zh_Hans"] = "35 岁以下"
    other = type(later.instrument).model_validate(content)
    assert (
        composition_of(replace(later, tables=replace(later.tables, instrument=other), whole=None), earlier, 10) is None
    )


def test_a_composition_stands_only_beside_the_two_rates_it_splits():
    units = {"a": 60, "b": 80}
    data = [synthetic.sealed(seed=year, year=year, units=units) for year in (2025, 2026)]
    found = composition_of(counted(data[1]), counted(data[0]), 10)
    report = suppress(synthetic.result(data[1], data[:1]), Policy(10))
    assert shown_composition(found, "overall", report.changes) is found
    change = next(change for change in report.changes if change.code == "overall")
    rates = [point.rate.satisfied / point.rate.n for point in (change.earlier, change.later)]
    assert found.change.total == pytest.approx(rates[1] - rates[0])
    for rate in (Hidden.TOO_FEW, Rate(11, 12, bound="at_least")):
        veiled = replace(change, earlier=replace(change.earlier, rate=rate))
        assert shown_composition(found, "overall", (veiled,)) is None
    assert shown_composition(found, "overall", ()) is None


CLASS = ((95, 100, 120), (45, 60, 70), (60, 80, 90), (30, 40, 60), (24, 50, 50), (16, 20, 25))


def test_branches_stand_beside_each_other_with_limits_that_widen_where_few_answered():
    whole = survey(*CLASS)
    found = benchmark_of(whole, "overall", 10)
    assert [(row.unit, row.satisfied, row.n) for row in found.rows] == [
        (f"b{k}", satisfied, n) for k, (satisfied, n, _) in enumerate(CLASS)
    ]
    assert found.target == pytest.approx(270 / 350)
    assert found.overdispersion > 1
    width = {row.n: row.upper - row.lower for row in found.rows}
    assert width[20] > width[40] > width[100]
    plain = funnel_limits([100], found.target)
    assert width[100] / float(plain[1][0] - plain[0][0]) == pytest.approx(found.overdispersion**0.5)
    assert [row.tier for row in found.rows] == ["advanced", "middle", "middle", "middle", "lagging", "middle"]
    assert all(min(row.satisfied / row.n, found.target) <= row.shrunken <= max(row.satisfied / row.n, found.target)
               for row in found.rows)  # fmt: skip


@pytest.mark.parametrize("small", [(11, 12, 14), (3, 7, 9)], ids=["at least 11 of 12", "hidden"])
def test_a_branch_without_an_exact_number_is_in_no_benchmark_nor_the_one_that_covers_it(small: tuple[int, ...]):
    whole = survey(*CLASS, small)
    found = benchmark_of(whole, "overall", 10)
    assert [row.unit for row in found.rows] == [f"b{k}" for k in range(5)]
    assert found.target == pytest.approx(254 / 330)


def test_four_branches_make_no_class_and_without_an_overall_item_there_is_none():
    few = survey(*CLASS[:5], (11, 12, 14))
    assert benchmark_of(few, "overall", 10) is None
    assert comparable_of(few, "overall", 10) == Comparable(branches=6, exact=4)
    assert benchmark_of(few, None, 10) is None
    assert comparable_of(few, None, 10) is None


def test_a_top_committee_compares_the_branches_of_the_committees_below_it():
    """Two committees of four branches and one branch of its own; a committee with four has too few to compare."""
    places = {"left": "root", "right": "root", "own": "root"}
    places |= {f"l{k}": "left" for k in range(4)} | {f"r{k}": "right" for k in range(4)}
    answered = {unit: Branch(*CLASS[k % 6]) for k, unit in enumerate(places) if unit not in ("left", "right")}
    whole = counted(sealed(answered, parents={"root": None, **places}))
    found = benchmark_of(whole, "overall", 10)
    assert {row.unit for row in found.rows} == answered.keys()
    assert found.target == pytest.approx(
        sum(branch.satisfied for branch in answered.values()) / sum(branch.n for branch in answered.values())
    )
    assert comparable_of(whole, "overall", 10) == Comparable(branches=9, exact=9)
    assert benchmark_of(whole.for_unit("left"), "overall", 10) is None
    assert comparable_of(whole.for_unit("left"), "overall", 10) == Comparable(branches=4, exact=4)
    assert comparable_of(whole.for_unit("own"), "overall", 10) is None


def test_branches_of_one_name_are_told_apart_by_the_committee_above_them():
    nodes = [("root", "机关", None), ("a", "甲", "root"), ("b", "乙", "root")]
    nodes += [("a1", "第一支部", "a"), ("b1", "第一支部", "b"), ("b2", "第二支部", "b")]
    manifest = replace(synthetic.manifest({"root": 1}), units=tuple(UnitNode(*node) for node in nodes))
    assert manifest.branches("root") == ("a1", "b1", "b2")
    assert list(manifest.names_apart(manifest.branches("root")).values()) == [
        "甲 · 第一支部",
        "乙 · 第一支部",
        "第二支部",
    ]


def test_branches_that_are_all_satisfied_cannot_be_told_apart():
    whole = survey(*[(n, n, n) for n in (20, 25, 30, 40, 50)])
    assert benchmark_of(whole, "overall", 10) is None


def test_a_benchmark_is_shown_whole_or_not_at_all():
    result = synthetic.result(synthetic.sealed(units={f"b{k}": 14 + 4 * k for k in range(8)}, rates={"overall": 0.7}))
    assert result.benchmark is not None
    assert suppress(result, Policy(10)).benchmark is result.benchmark
    stricter = suppress(result, Policy(25))
    assert (stricter.benchmark, stricter.comparable) == (None, None)
