"""Scales as they come: gaps, constants, copies, few people, odd levels. A number, or a reason; never anything else.

And from counts as from rows: the forms that take a matrix say what those that take answers say.
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Iterator
from itertools import combinations
from math import isfinite

import numpy as np
import pytest

from analysis import InsufficientData, factors, validity
from analysis.drivers import importance_from_covariance, relative_importance
from analysis.factors import (
    bartlett_from_correlation,
    confirm,
    confirm_from_covariance,
    explore,
    explore_correlation,
    htmt_from_correlation,
    invariance,
    invariance_from_moments,
    kmo_from_correlation,
    parallel_analysis,
    parallel_analysis_from_correlation,
)
from analysis.moments import correlations
from analysis.polychoric import polychoric, polychoric_from_tables
from analysis.reliability import (
    alpha_from_covariance,
    cronbach_alpha,
    fleiss_kappa,
    guttman,
    icc,
    omega,
    omega_from_covariance,
    ordinal_alpha,
    ordinal_alpha_from_correlation,
    rwg,
    rwg_j,
    split_half,
    weighted_kappa,
)
from analysis.validity import bartlett, composite_reliability, htmt, kmo
from analysis.wishart import wishart


def likert(n: int, *signs: int, seed: int = 0) -> np.ndarray:
    """Answers from 1 to 5 to items that share something, those with sign -1 turned around."""
    rng = np.random.default_rng(seed)
    answers = 3 + 0.9 * rng.standard_normal((n, 1)) * np.array(signs) + 0.8 * rng.standard_normal((n, len(signs)))
    return np.clip(np.round(answers), 1, 5)


def with_gaps(x: np.ndarray, share: float, seed: int = 5) -> np.ndarray:
    return np.where(np.random.default_rng(seed).random(x.shape) < share, np.nan, x)


PEOPLE = likert(60, 1, 1, 1, 1, 1, 1)
GAPS = with_gaps(PEOPLE, 0.08)
FIRST = np.arange(6) == 0
PAIR = {"left": [0, 1, 2], "right": [3, 4, 5]}

DATA = {
    "whole numbers": PEOPLE.astype(np.int8),
    "lists with gaps": [[None if np.isnan(value) else int(value) for value in row] for row in GAPS],
    "levels from three, in halves": PEOPLE / 2 + 3,
    "a level nobody used": np.where(PEOPLE == 3, 4, PEOPLE),
    "far from zero": PEOPLE + 1e7,
    "very small": PEOPLE * 1e-9,
    "yes or no": PEOPLE > 3,
    "unreversed items": likert(60, 1, -1, 1, 1, -1, 1),
    "a constant item": np.where(FIRST, 4.3, PEOPLE),
    "one item varies": np.where(FIRST, PEOPLE, 4.0),
    "nothing varies": np.full((20, 6), 3.0),
    "one dissenter": np.where(FIRST & (np.arange(60)[:, None] == 7), 1.0, np.where(FIRST, 5.0, PEOPLE)),
    "an item twice": np.column_stack([PEOPLE[:, 0], PEOPLE[:, :5]]),
    "an item and its opposite": np.column_stack([6 - PEOPLE[:, 0], PEOPLE[:, :5]]),
    "only copies": np.repeat(PEOPLE[:, :1], 6, axis=1),
    "a sum of others": np.column_stack([PEOPLE[:, :5].sum(axis=1), PEOPLE[:, :5]]),
    "no relation at all": np.array(np.meshgrid(*[[1, 2]] * 6)).reshape(6, -1).T,
    "fewer people than items": PEOPLE[:4],
    "as many people as items": PEOPLE[:6],
    "two people": PEOPLE[:2],
    "one person": PEOPLE[:1],
    "nobody": PEOPLE[:0],
    "only gaps": np.full((9, 6), np.nan),
    "an item nobody answered": np.where(FIRST, np.nan, PEOPLE),
    "people who answered nothing": np.vstack([PEOPLE, np.full((3, 6), np.nan)]),
    "halves answered by different people": np.where(
        (np.arange(6) < 3) == (np.arange(60)[:, None] < 30), np.nan, PEOPLE
    ),
}

STATISTICS = {
    "alpha": cronbach_alpha,
    "alpha pairwise": lambda x: cronbach_alpha(x, missing="pairwise"),
    "guttman": guttman,
    "guttman of correlations": lambda x: guttman(x, metric="correlation"),
    "split halves": split_half,
    "omega": omega,
    "omega by ml": lambda x: omega(x, method="ml"),
    "omega of two factors": lambda x: omega(x, n_factors=2),
    "omega of three factors": lambda x: omega(x, n_factors=3),
    "ordinal alpha": ordinal_alpha,
    "polychoric": polychoric,
    "icc": icc,
    "fleiss": fleiss_kappa,
    "kappa": lambda x: weighted_kappa(np.array(x, float)[:, 0], np.array(x, float)[:, 1]),
    "rwg": lambda x: rwg(np.array(x, float)[:, 1], 5),
    "rwg_j": lambda x: rwg_j(x, 5.0),
    "varimax": lambda x: explore(x, 2, rotation="varimax"),
    "oblimin": lambda x: explore(x, 3),
    "confirm": lambda x: confirm(x, PAIR),
    "invariance": lambda x: invariance(np.vstack([x, x]), PAIR, ["a"] * len(x) + ["b"] * len(x)),
    "kmo": kmo,
    "bartlett": bartlett,
    "parallel": lambda x: parallel_analysis(x, seed=1, iterations=5),
    "htmt": lambda x: htmt(x, PAIR),
    "importance": lambda x: relative_importance(np.array(x, float)[:, 1:], np.array(x, float)[:, 0], draws=20),
}


@pytest.fixture(autouse=True)
def silence_is_kept():
    with warnings.catch_warnings(), np.errstate(invalid="raise", divide="raise", over="raise"):
        warnings.simplefilter("error")
        yield


def reason(call, *arguments, **named) -> str:
    with pytest.raises(InsufficientData) as refusal:
        call(*arguments, **named)
    return refusal.value.reason


def figures(result: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Every number of a result by its path; None where it has a reason is passed over."""
    if dataclasses.is_dataclass(result):
        reasons = getattr(result, "reasons", {})
        for field in dataclasses.fields(result):
            for place, figure in figures(getattr(result, field.name), field.name):
                if field.name not in ("reasons", "hierarchical") and place not in reasons:
                    yield f"{path}.{place}", figure
    elif isinstance(result, np.ndarray):
        yield from ((path, float(value)) for value in result.ravel())
    elif isinstance(result, tuple | list):
        for place, entry in enumerate(result):
            yield from ((f"{path}[{place}]{sub}", figure) for sub, figure in figures(entry, ""))
    elif not isinstance(result, str | dict):
        yield path, result


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("statistic", STATISTICS)
def test_a_scale_gives_numbers_or_a_reason(statistic, data):
    try:
        result = STATISTICS[statistic](DATA[data])
    except InsufficientData:
        return
    unexplained = [(path, figure) for path, figure in figures(result) if figure is None or not isfinite(figure)]
    assert unexplained == []


@pytest.mark.parametrize(
    ("statistic", "data", "why"),
    [
        ("alpha", "one item varies", "constant_item"),
        ("guttman", "one item varies", "constant_item"),
        ("alpha", "only gaps", "empty"),
        ("alpha pairwise", "an item nobody answered", "empty"),
        ("alpha pairwise", "halves answered by different people", "too_few_rows"),
        ("omega", "a constant item", "constant_item"),
        ("omega by ml", "fewer people than items", "too_few_rows"),
        ("omega by ml", "an item twice", "singular"),
        ("ordinal alpha", "nothing varies", "constant_item"),
        ("polychoric", "halves answered by different people", "empty"),
        ("icc", "nothing varies", "constant_item"),
        ("rwg", "one person", "too_few_rows"),
        ("confirm", "as many people as items", "too_few_rows"),
        ("confirm", "an item and its opposite", "singular"),
        ("invariance", "nobody", "empty"),
        ("invariance", "one person", "too_few_rows"),
        ("kmo", "a sum of others", "singular"),
        ("kmo", "no relation at all", "singular"),
        ("bartlett", "only copies", "singular"),
        ("parallel", "two people", "too_few_rows"),
        ("htmt", "no relation at all", "singular"),
        ("importance", "as many people as items", "too_few_rows"),
        ("importance", "only copies", "singular"),
        ("importance", "nobody", "empty"),
    ],
)
def test_what_does_not_exist_says_why(statistic, data, why):
    assert reason(STATISTICS[statistic], DATA[data]) == why


@pytest.mark.parametrize(
    "statistic",
    [cronbach_alpha, guttman, split_half, omega, ordinal_alpha, polychoric, icc, fleiss_kappa, kmo, bartlett],
)
def test_one_item_is_no_scale(statistic):
    assert reason(statistic, PEOPLE[:, :1]) == "too_few_items"


@pytest.mark.parametrize(
    "call",
    [
        lambda: cronbach_alpha(np.where(FIRST, np.inf, PEOPLE)),
        lambda: guttman(PEOPLE, metric="euclidean"),
        lambda: omega(PEOPLE, method="guess"),
        lambda: omega(PEOPLE, n_factors=0),
        lambda: explore(PEOPLE, 0),
        lambda: explore(PEOPLE, 2, rotation="round"),
        lambda: confirm(PEOPLE, {"f": [0, 1, 2, 9]}),
        lambda: confirm(PEOPLE, {"f": [0, 1, 2, -1]}),
        lambda: confirm(PEOPLE, {"f": [0, 1, 2, 2]}),
        lambda: invariance(PEOPLE, PAIR, ["all"] * 60),
        lambda: invariance(PEOPLE, PAIR, [1, 2]),
        lambda: parallel_analysis(PEOPLE, seed=1, iterations=0),
        lambda: weighted_kappa([1, 2], [1, 2], weights="cubic"),
        lambda: kmo_from_correlation([[1, 2], [2, 1]]),
        lambda: alpha_from_covariance([[1, 0.5], [0.2, 1]], 10, means=[0, 0], sds=[1, 1]),
        lambda: polychoric_from_tables({(0, 1): [[1, -1], [1, 1]]}, [[2, 0], [1, 1]]),
        lambda: polychoric_from_tables({}, [[1, 1], [1, 1]]),
        lambda: relative_importance(PEOPLE, PEOPLE[:5, 0]),
    ],
)
def test_what_cannot_be_asked_is_the_callers_error(call):
    with pytest.raises(ValueError) as error:
        call()
    assert not isinstance(error.value, InsufficientData)


@pytest.mark.parametrize("name", sorted(set(validity.__all__)))
def test_factors_and_validity_are_two_doors_to_the_same_room(name):
    assert getattr(factors, name) is getattr(validity, name)
    assert name in factors.__all__


# --- by hand ---


def test_covariances_of_pairs_have_the_means_of_their_pairs():
    x = with_gaps(PEOPLE, 0.3)
    C = np.empty((6, 6))
    for i, j in np.ndindex(6, 6):
        both = ~np.isnan(x[:, i]) & ~np.isnan(x[:, j])
        C[i, j] = np.cov(x[both, i], x[both, j])[0, 1]
    R = C / np.sqrt(np.outer(np.diag(C), np.diag(C)))
    alpha = cronbach_alpha(x, missing="pairwise")
    assert alpha.n == 60
    assert alpha.raw == pytest.approx(6 / 5 * (1 - np.trace(C) / C.sum()), rel=1e-12)
    assert alpha.standardized == pytest.approx(6 / 5 * (1 - 6 / R.sum()), rel=1e-12)


def test_alpha_does_not_mind_where_zero_is():
    near, far = cronbach_alpha(PEOPLE), cronbach_alpha(PEOPLE + 1e9)
    assert far.raw == near.raw
    assert far.items[2].r_drop == near.items[2].r_drop


def test_with_five_items_two_stand_against_three():
    C = np.cov(PEOPLE[:, :5], rowvar=False)
    halves = [np.isin(np.arange(5), two).astype(float) for two in combinations(range(5), 2)]
    best = max(4 * half @ C @ (1 - half) / C.sum() for half in halves)
    assert guttman(PEOPLE[:, :5]).lambda4 == pytest.approx(best, rel=1e-12)
    assert split_half(PEOPLE[:, :5]).n_splits == 10


def test_three_items_tell_their_loadings_in_closed_form():
    x = PEOPLE[:, :3]
    r = np.corrcoef(x, rowvar=False)
    first = np.sqrt(r[0, 1] * r[0, 2] / r[1, 2])
    fit = confirm(x, {"f": [0, 1, 2]})
    assert fit.loadings[0, 0] == pytest.approx(first, rel=1e-6)
    assert (fit.chi2, fit.df, fit.p, fit.reasons) == (0, 0, None, {"p": "too_few_items"})
    assert (fit.cfi, fit.tli, fit.rmsea, fit.rmsea_ci) == (1, 1, 0, (0, 0))
    assert explore(x, 1).loadings[0, 0] == pytest.approx(first, rel=1e-6)


def test_a_fit_better_than_chance_has_no_misfit_left():
    fit = confirm(likert(80, *[1] * 5, seed=4), {"f": range(5)})
    assert fit.chi2 < fit.df
    assert fit.tli > fit.cfi == 1
    assert fit.rmsea == fit.rmsea_ci[0] == 0 < fit.rmsea_ci[1]


def test_a_factor_points_where_its_first_item_points():
    x = likert(200, -1, 1, 1, 1)
    loadings = confirm(x, {"f": [0, 1, 2, 3]}).loadings[:, 0]
    assert loadings[0] > 0 > loadings[1:].max()


def test_the_only_item_of_a_factor_is_that_factor():
    fit = confirm(PEOPLE, {"shared": [0, 1, 2, 3], "alone": [4]})
    assert fit.df == 15 - 10
    assert fit.loadings[4] == pytest.approx([0, 1])


def test_a_structure_fits_the_same_in_any_units():
    units = 10.0 ** np.array([-6, -3, 0, 3, 6, 0])
    fit, other = confirm(PEOPLE, PAIR), confirm(PEOPLE * units + 5, PAIR)
    assert other.chi2 == pytest.approx(fit.chi2, rel=1e-9)
    assert other.loadings == pytest.approx(fit.loadings, abs=1e-6)


def test_a_shifted_intercept_stops_at_metric():
    x = likert(800, *[1] * 6)
    groups = np.arange(800) % 2
    shifted = x + np.outer(groups, [1.2, 0, 0, 0, 0, 0])
    assert invariance(x, PAIR, groups.tolist()).verdict == "scalar"
    assert invariance(shifted, PAIR, groups.tolist()).verdict == "metric"


def test_an_item_unrelated_to_all_others_has_no_adequacy_of_its_own():
    r = np.eye(4)
    r[:3, :3] = np.full((3, 3), 0.5) + 0.5 * np.eye(3)
    found = kmo_from_correlation(r)
    assert (found.items[3], found.reasons) == (None, {"items[3]": "singular"})
    assert found.overall == pytest.approx(found.items[0])


def test_many_alike_items_are_no_copies():
    r = np.full((40, 40), 0.6) + 0.4 * np.eye(40)
    assert kmo_from_correlation(r).overall > 0.9
    assert bartlett_from_correlation(r, 500).p < 1e-9


def test_opposite_loadings_leave_nothing_to_be_reliable():
    assert reason(composite_reliability, [1, -1]) == "singular"
    assert composite_reliability([0.6, 0.8]) == pytest.approx(1.96 / (1.96 + 1))


def test_more_spread_than_chance_is_no_agreement():
    assert rwg([1, 5, 1, 5, 3], 5) == 0
    assert rwg([4, 4, 5], 5) == pytest.approx(1 - (1 / 3) / 2)
    assert reason(rwg_j, np.empty((3, 0)), 5) == "too_few_items"


# --- from counts ---


def same(ours: object, theirs: object) -> None:
    pairs = zip(figures(ours), figures(theirs), strict=True)
    for (path, figure), (_, expected) in pairs:
        assert figure == pytest.approx(expected, rel=1e-6, abs=1e-7), path


def test_a_matrix_says_what_the_answers_say():
    x = PEOPLE
    C, R, means = np.cov(x, rowvar=False), np.corrcoef(x, rowvar=False), x.mean(axis=0)
    same(alpha_from_covariance(C, 60, means=means, sds=x.std(axis=0, ddof=1)), cronbach_alpha(x))
    for asked in ({"method": "minres"}, {"method": "ml"}, {"n_factors": 2}):
        same(omega_from_covariance(C, **asked), omega(x, **asked))
    same(explore_correlation(R, 2), explore(x, 2))
    same(kmo_from_correlation(R), kmo(x))
    same(bartlett_from_correlation(R, 60), bartlett(x))
    same(confirm_from_covariance(C, 60, PAIR), confirm(x, PAIR))
    same(importance_from_covariance(C, 60, draws=50), relative_importance(x[:, :5], x[:, 5], draws=50))
    assert htmt_from_correlation(R, PAIR) == pytest.approx(htmt(x, PAIR))
    same(parallel_analysis_from_correlation(R, 60, seed=3, iterations=9), parallel_analysis(x, seed=3, iterations=9))


def test_groups_say_the_same_by_moments_as_by_answers():
    x = likert(300, *[1] * 7, seed=4)
    group = np.arange(300) % 3 == 0
    structure = {"right": [6, 4, 5], "left": [0, 1, 2]}
    moments = [(np.cov(x[own], rowvar=False), x[own].mean(axis=0), int(own.sum())) for own in (group, ~group)]
    found, expected = invariance_from_moments(moments, structure), invariance(x, structure, group.tolist())
    assert found.verdict == expected.verdict
    for step in ("configural", "metric", "scalar"):
        same(getattr(found, step), getattr(expected, step))


def test_tables_of_pairs_are_all_a_polychoric_needs():
    levels = np.arange(1, 7)
    x = GAPS[:, :3]
    at = (x[:, :, None] == levels).astype(int)
    tables = {(0, 1): at[:, 0].T @ at[:, 1], (2, 0): at[:, 2].T @ at[:, 0], (1, 2): at[:, 1].T @ at[:, 2]}
    found, expected = polychoric_from_tables(tables, at.sum(axis=0)), polychoric(x)
    assert found.correlations == pytest.approx(expected.correlations, abs=1e-9)
    assert [cuts.tolist() for cuts in found.thresholds] == [cuts.tolist() for cuts in expected.thresholds]
    assert (found.positive_definite, found.empty_cells) == (expected.positive_definite, expected.empty_cells)
    complete = x[~np.isnan(x).any(axis=1)]
    assert ordinal_alpha_from_correlation(polychoric(complete).correlations) == ordinal_alpha(x)


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda: alpha_from_covariance(np.diag([1.0, 0.0]), 9, means=[1, 1], sds=[1, 0]), "constant_item"),
        (lambda: alpha_from_covariance(np.eye(2), 1, means=[1, 1], sds=[1, 1]), "too_few_rows"),
        (lambda: omega_from_covariance(np.eye(2)), "too_few_items"),
        (lambda: omega_from_covariance(np.ones((3, 3)), method="ml"), "singular"),
        (lambda: confirm_from_covariance(np.eye(4), 4, {"f": range(4)}), "too_few_rows"),
        (lambda: confirm_from_covariance(np.eye(4), 9, {"f": range(4), "g": []}), "too_few_items"),
        (lambda: bartlett_from_correlation(np.eye(1), 9), "too_few_items"),
        (lambda: htmt_from_correlation(np.eye(3), {"f": [0, 1], "g": [2]}), "too_few_items"),
        (lambda: parallel_analysis_from_correlation(np.eye(3), 0, seed=1), "empty"),
        (lambda: polychoric_from_tables({}, [[1, 1]]), "too_few_items"),
        (lambda: polychoric_from_tables({(0, 1): [[5, 0], [3, 0]]}, [[5, 3], [8, 2]]), "constant_item"),
        (lambda: polychoric_from_tables({(0, 1): [[0, 0], [0, 0]]}, [[5, 3], [8, 2]]), "empty"),
        (lambda: ordinal_alpha_from_correlation([[1, -1], [-1, 1]]), "singular"),
        (lambda: importance_from_covariance(np.eye(4), 4), "too_few_rows"),
    ],
)
def test_a_matrix_that_cannot_tell_says_why(call, why):
    assert reason(call) == why


@pytest.mark.parametrize("n", [5, 40])
def test_random_matrices_scatter_as_those_of_random_answers(n):
    """From forty people, and from fewer than there are items."""
    rng = np.random.default_rng(8)
    of_answers = [np.corrcoef(rng.standard_normal((n, 7)), rowvar=False) for _ in range(3000)]
    drawn = [correlations(matrix) for matrix in wishart(7, n - 1, 3000, seed=9)]
    ours, theirs = (np.quantile(np.linalg.eigvalsh(r)[:, -1], [0.05, 0.5, 0.95]) for r in (drawn, of_answers))
    assert ours == pytest.approx(theirs, rel=0.02)


def test_answers_of_two_kinds_are_seen_as_two_factors():
    x = np.hstack([likert(150, 1, 1, 1, 1, seed=1), likert(150, 1, 1, 1, 1, seed=2)])
    found = parallel_analysis(x, seed=1)
    assert (found.n_factors, found.n_components) == (2, 2)
