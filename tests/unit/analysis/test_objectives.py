"""Objectives by every definition: each names a figure, judged against every way the silent could have answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import combinations_with_replacement, product

import pytest

from analysis.dataset import build
from analysis.disclosure import Policy, suppress
from analysis.targets import Grade, judge, judge_mean
from analysis.tree import Hidden, ObjectiveResult
from analysis.types import Definition, Measure, Objective, Roster
from instruments.model import Instrument
from tests.unit.analysis import synthetic

WEIGHTS = {5: "100", 4: "80", 3: "60", 2: "30", 1: "0"}


def objective(threshold: str, definition: Definition = Definition.SATISFIED, **how: object) -> Objective:
    measure, target = how.pop("measure", Measure.OVERALL), how.pop("target", None)
    return Objective("Q", "目标", measure, target, threshold, definition=definition, **how)


INDEX = objective("85", Definition.INDEX)
MEAN = objective("4.2", Definition.MEAN)
SCORE = objective("82.5", Definition.SCORE100, weights=WEIGHTS)
THREE_LEVELS = objective("0.9", satisfied_levels=(5, 4, 3))


def judged(
    rows: Sequence[dict[str, int]],
    *objectives: Objective,
    eligible: int | None = None,
    questionnaire: Instrument | None = None,
) -> list[ObjectiveResult]:
    """The exact results of one branch in which these people answered."""
    manifest = synthetic.manifest({"root": len(rows)}, year=2026)
    asked = questionnaire or synthetic.instrument()
    roster = Roster(eligible or len(rows), eligible, len(rows), len(rows))
    data = synthetic.with_roster(build(asked, rows, ["root"] * len(rows), manifest=manifest), "root", roster)
    return list(synthetic.result(data, objectives=objectives).objectives)


def overall(*levels: int) -> list[dict[str, int]]:
    return [{"overall": level} for level in levels]


def test_each_definition_names_its_own_figure_of_the_same_answers():
    answers = overall(*[5] * 6, *[4] * 5, *[3] * 4, *[2] * 3, *[1] * 2)
    usual, other, index, mean, score = judged(answers, objective("0.5"), THREE_LEVELS, INDEX, MEAN, SCORE)
    assert (usual.rate.satisfied, usual.rate.n) == (11, 20)
    assert (other.rate.satisfied, other.rate.n, other.value) == (15, 20, None)
    assert mean.value == pytest.approx((30 + 20 + 12 + 6 + 2) / 20)
    assert index.value == pytest.approx((mean.value - 1) / 4 * 100)
    assert score.value == pytest.approx((600 + 400 + 240 + 90) / 20)
    assert [found.objective.unit for found in (other, index, mean, score)] == ["share", "points", "scale", "points"]
    assert index.rate == usual.rate, "how many answered stands beside every figure"


def test_a_reversed_question_is_scored_in_the_direction_of_its_dimension():
    on_w4 = [
        objective("0.5", measure=Measure.ITEM, target="w4", satisfied_levels=(5,)),
        objective("4", Definition.MEAN, measure=Measure.ITEM, target="w4"),
        objective("90", Definition.SCORE100, measure=Measure.ITEM, target="w4", weights=WEIGHTS),
    ]
    other, mean, score = judged([{"w4": level} for level in [1] * 8 + [5] * 2], *on_w4)
    assert (other.rate.satisfied, mean.value, score.value) == (8, 4.2, 80)


FIGURES: dict[str, tuple[Objective, Callable[[Sequence[int]], Fraction]]] = {
    "two levels": (objective("0.75"), lambda given: Fraction(sum(level >= 4 for level in given), len(given))),
    "three levels": (THREE_LEVELS, lambda given: Fraction(sum(level >= 3 for level in given), len(given))),
    "index": (INDEX, lambda given: Fraction(sum(level - 1 for level in given) * 25, len(given))),
    "mean": (MEAN, lambda given: Fraction(sum(given), len(given))),
    "score100": (SCORE, lambda given: Fraction(sum(int(WEIGHTS[level]) for level in given), len(given))),
}


@pytest.mark.parametrize("name", FIGURES)
def test_certain_is_what_no_answer_of_the_silent_could_turn(name: str):
    wanted, figure = FIGURES[name]
    threshold = Fraction(wanted.threshold)
    for given in list(combinations_with_replacement(range(1, 6), 5))[::7]:
        reached = [figure([*given, *rest]) >= threshold for rest in product(range(1, 6), repeat=2)]
        (found,) = judged(overall(*given), wanted, eligible=7)
        assert (found.judgement.grade is Grade.MET_CERTAIN) == all(reached), given
        assert (found.judgement.grade is Grade.MISSED_CERTAIN) == (not any(reached)), given
        if any(reached) and not all(reached) and found.judgement.grade in AT_FACE_VALUE:
            assert found.judgement.grade.is_met == (figure(given) >= threshold), given


AT_FACE_VALUE = (Grade.MET_AT_FACE_VALUE, Grade.MISSED_AT_FACE_VALUE)


def test_a_figure_just_at_its_threshold_is_met():
    answers = overall(5, 5, 4, 4, 3)
    exact = [objective("0.8", satisfied_levels=(5, 4)), objective("80", Definition.INDEX)]
    exact += [objective("4.20", Definition.MEAN), objective("84", Definition.SCORE100, weights=WEIGHTS)]
    assert [found.judgement.grade for found in judged(answers, *exact)] == [
        Grade.MET_CERTAIN,
        Grade.MET_CERTAIN,
        Grade.MET_CERTAIN,
        Grade.MET_CERTAIN,
    ]
    thirds = objective("66.666", Definition.INDEX)
    assert judged(overall(5, 5, 1), thirds)[0].judgement.grade is Grade.MET_CERTAIN


def test_other_levels_are_judged_as_any_rate():
    answers = overall(*[5] * 20, *[3] * 10, *[1] * 2)
    (found,) = judged(answers, THREE_LEVELS, eligible=38)
    assert found.judgement == judge(30, 32, 38, "0.9")
    assert (found.silent_out_of, found.rate.population) == (6, 38)


def test_a_mean_has_the_bounds_of_a_mean():
    levels = [5] * 20 + [4] * 10 + [2] * 4
    (found,) = judged(overall(*levels), MEAN, eligible=40)
    assert found.judgement == judge_mean(levels, 40, "4.2", 1, 5)


def people_of_lead() -> list[dict[str, int]]:
    return [{"l1": 5, "l2": 4, "l3": 5, "l4": 3}, {"l1": 2, "l2": -1}, {"l1": 4, "l2": 4, "l3": 1}, {"overall": 5}] * 4


@pytest.mark.parametrize(("definition", "threshold", "low", "high"), [("index", "55", 0, 100), ("mean", "3.3", 1, 5)])
def test_a_dimension_is_judged_on_each_persons_mean_score(definition: str, threshold: str, low: int, high: int):
    wanted = objective(threshold, Definition(definition), measure=Measure.DIMENSION, target="lead")
    (found,) = judged(people_of_lead(), wanted, eligible=20)
    scores = [Fraction(5 + 4 + 5 + 3 - 4, 16), Fraction(2 - 1, 4), Fraction(4 + 4 + 1 - 3, 12)] * 4
    expected = judge_mean([low + float(score) * (high - low) for score in scores], 20, threshold, low, high)
    assert found.judgement.grade == expected.grade
    assert found.judgement.lower == pytest.approx(expected.lower)
    items = [Fraction(5 + 2 + 4 - 3, 12), Fraction(4 + 4 - 2, 8), Fraction(5 + 1 - 2, 8), Fraction(3 - 1, 4)]
    assert found.value == pytest.approx(float(low + sum(items) / 4 * (high - low)))


def of_two_scales() -> Instrument:
    """The questionnaire with one question of a dimension on a scale of its own."""
    asked = synthetic.instrument()
    five = asked.scales["five"]
    short = five.model_copy(update={"levels": five.levels[1:], "satisfied": (4,)})
    one, two = asked.sections
    items = [item.model_copy(update={"scale": "four"}) if item.code == "l2" else item for item in one.items]
    changed = one.model_copy(update={"items": tuple(items)})
    return asked.model_copy(update={"scales": {"five": five, "four": short}, "sections": (changed, two)})


def test_scales_of_their_own_add_up_to_an_index_but_to_no_mean():
    rows = [{"l1": 5, "l2": 2}, {"l1": 3, "l2": 4}, {"l1": 1, "l2": 3}] * 5
    index = objective("50", Definition.INDEX, measure=Measure.DIMENSION, target="lead")
    mean = objective("3", Definition.MEAN, measure=Measure.DIMENSION, target="lead")
    by_index, by_mean = judged(rows, index, mean, eligible=18, questionnaire=of_two_scales())
    scores = [(1 + 1 / 3) / 2, (1 / 2 + 1) / 2, (2 / 3) / 2] * 5
    expected = judge_mean([100 * score for score in scores], 18, "50", 0, 100)
    assert (by_index.judgement.grade, by_index.judgement.silent_needed) == (expected.grade, expected.silent_needed)
    assert by_index.judgement.lower == pytest.approx(expected.lower)
    assert (by_mean.value, by_mean.judgement) == (None, None)


@pytest.mark.parametrize(
    "unfit",
    [
        objective("0.9", satisfied_levels=(6, 5)),
        objective("0.9", satisfied_levels=(4, 3)),
        objective("5.2", Definition.MEAN),
        objective("1", Definition.MEAN),
        objective("0.9", measure=Measure.ITEM, target="gone"),
        objective("85", Definition.SCORE100, weights={6: "100", **WEIGHTS, 5: "90"}),
        objective("85", Definition.SCORE100, weights={5: "100", 1: "0"}),
        objective("85", Definition.SCORE100),
        objective("0.9", measure=Measure.DIMENSION, target="lead", satisfied_levels=(5,)),
        objective("85", Definition.SCORE100, measure=Measure.DIMENSION, target="lead", weights=WEIGHTS),
    ],
)
def test_a_definition_that_does_not_fit_the_question_gives_no_verdict(unfit: Objective):
    (found,) = judged([{"overall": 5, "l1": 4}] * 12, unfit)
    assert (found.judgement, found.value, found.rate) == (None, None, None), "nor the usual rate under other words"


def test_participation_is_a_count_whatever_the_definition():
    by_index = objective("0.8", Definition.INDEX, measure=Measure.PARTICIPATION)
    (found,) = judged(overall(*[5] * 18), by_index, eligible=20)
    assert (found.rate.satisfied, found.judgement.grade, found.value) == (18, Grade.MET_CERTAIN, None)


def test_in_a_unit_with_branches_other_levels_weigh_by_the_people_too():
    units = {"A": 60, "B": 60}
    data = synthetic.sealed(units=units, dont_know=0.0)
    data = synthetic.with_roster(data, "A", Roster(200, 200, 60, 60))
    result = synthetic.result(data, objectives=(THREE_LEVELS,))
    (found,) = result.objectives
    strata = [(data.matrix(["overall"])[data.unit_codes() == unit, 0] >= 3).mean() for unit in units]
    asked = [200, data.manifest.rosters["B"].eligible]
    assert found.weighted.value == pytest.approx(sum(p * n for p, n in zip(strata, asked, strict=True)) / sum(asked))
    assert found.people == (found.judgement.lower, found.judgement.upper)


ALL = (objective("0.5"), THREE_LEVELS, INDEX, MEAN, SCORE)


def shown(rows: Sequence[dict[str, int]], *objectives: Objective) -> list[ObjectiveResult]:
    data = build(synthetic.instrument(), rows, ["root"] * len(rows), manifest=synthetic.manifest({"root": len(rows)}))
    return list(suppress(synthetic.result(data, objectives=objectives), Policy(10)).objectives)


@pytest.mark.parametrize("n", [12, 19, 20, 29])
def test_below_thirty_answers_no_figure_is_finer_than_the_classes_shown(n: int):
    answers = overall(*[5] * (n - 6), *[4] * 2, *[3] * 2, 2, 1)
    alone = [shown(answers, wanted)[0] for wanted in ALL]
    usual, other, index, mean, score = alone
    assert other.rate is Hidden.COARSENED
    assert (mean.value, score.value) == (Hidden.COARSENED, Hidden.COARSENED)
    assert index.value % 5 == 0
    assert index.rounded
    assert all(found.judgement is not None for found in alone)
    for found in (other, index, mean, score):
        assert (found.judgement.lower, found.judgement.upper, found.judgement.silent_needed) == (None, None, None)
        assert found.weighted is None
    assert usual.rate.satisfied == n - 4


def test_below_thirty_answers_only_the_first_of_several_definitions_is_judged():
    answers = overall(*[5] * 8, *[4] * 2, *[3] * 2)
    verdicts = [found.judgement is not None for found in shown(answers, *ALL)]
    assert verdicts == [True, True, False, False, False]
    assert all(found.judgement is not None for found in shown(answers * 3, *ALL))


def test_from_thirty_answers_on_every_figure_is_shown():
    answers = overall(*[5] * 20, *[4] * 5, *[3] * 5)
    other, index, mean, score = shown(answers, *ALL[1:])
    assert other.rate.satisfied == 30
    assert index.value == pytest.approx(87.5)
    assert mean.value == pytest.approx(4.5)
    assert score.value == pytest.approx(90)
    assert not index.rounded


def test_a_hidden_question_hides_the_figure_of_its_objective():
    rows = [{"overall": 5, "l1": 4 if k < 9 else -1} for k in range(40)]
    on_l1 = [
        objective("85", Definition.INDEX, measure=Measure.ITEM, target="l1"),
        objective("85", Definition.INDEX, measure=Measure.DIMENSION, target="lead"),
    ]
    for found in shown(rows, *on_l1):
        assert isinstance(found.rate, Hidden)
        assert isinstance(found.value, Hidden)
        assert found.judgement is None


def test_a_dimension_of_few_answers_gives_its_index_to_five_points_and_no_mean():
    rows = [{"overall": 5, "l1": 4, "l2": 5, "l3": 3, "l4": 2 + k % 3} for k in range(14)]
    index = objective("55", Definition.INDEX, measure=Measure.DIMENSION, target="lead")
    mean = objective("3", Definition.MEAN, measure=Measure.DIMENSION, target="lead")
    (by_index,), (by_mean,) = shown(rows, index), shown(rows, mean)
    assert (by_index.value % 5, by_index.rounded) == (0, True)
    assert by_mean.value is Hidden.COARSENED
    assert by_index.judgement.lower is None
    assert by_index.judgement.grade.is_met
