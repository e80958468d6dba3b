"""Year over year is R's: t.test, wilcox.test, coin, chisq.test, prop.test, effectsize, ordinal, p.adjust."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from analysis.comparison import Comparison, compare
from analysis.multiplicity import benjamini_hochberg, holm
from tests.reference.r_values import cases, close, numbers

GROUPS = {
    "gss2014_2016": ("GSSvocab.csv", "year", (2014, 2016), range(11), range(8, 11)),
    "gss1978_2016": ("GSSvocab.csv", "year", (1978, 2016), range(11), range(8, 11)),
    "bfi_gender": ("bfi.csv", "gender", (1, 2), range(1, 7), range(5, 7)),
}


@cache
def comparison(name: str, items: tuple[str, ...], margin: float | None = None) -> Comparison:
    dataset, column, codes, levels, satisfied = GROUPS[name]
    by = numbers(dataset, column)[:, 0]
    x = numbers(dataset, *items)
    earlier, later = (x[by == code] for code in codes)
    return compare(earlier, later, levels=list(levels), satisfied=list(satisfied), margin=margin)


def ours_and_theirs(case: dict):
    given = case["input"]
    ours = comparison(case["id"].split(".")[0], tuple(given["items"]), given.get("margin"))
    by_item = case["values"].get("items", case["values"])
    return [(item, by_item[code]) for item, code in zip(ours.items, given["items"], strict=True) if code in by_item]


@pytest.mark.parametrize("case", cases("09_year_over_year", ".items"))
def test_tests_and_effect_sizes(case):
    for item, theirs in ours_and_theirs(case):
        assert (item.n_earlier, item.n_later, item.reasons) == (theirs["n_a"], theirs["n_b"], {})
        close(item.mean_difference, theirs["diff"])
        welch, whitney, square = theirs["welch"], theirs["mann_whitney"], theirs["chi2_full_table"]
        close((item.welch.t, item.welch.df), (welch["t"], welch["df"]))
        close(item.welch.ci, welch["ci"])
        close(item.welch.p, welch["p"])
        assert (item.mann_whitney.u, item.mann_whitney.method) == (whitney["U_b"], "asymptotic")
        close(item.mann_whitney.p, whitney["p_no_continuity"])
        close(
            (item.chi_square.chi2, item.chi_square.df, item.chi_square.p), (square["chisq"], square["df"], square["p"])
        )
        close(item.cliffs_delta.value, theirs["cliff"]["delta"])
        close(item.cliffs_delta.ci, theirs["cliff"]["ci_asymmetric"])
        close(item.hedges_g, theirs["hedges_g"][0], relative=1e-8)


@pytest.mark.parametrize("case", cases("09_year_over_year", ".items"))
def test_the_change_of_the_satisfied_share(case):
    for item, full in ours_and_theirs(case):
        theirs = full["top_box"]
        assert (item.satisfied_earlier, item.satisfied_later) == (theirs["x_a"], theirs["x_b"])
        close(item.proportion.difference, theirs["diff"])
        close(item.proportion.z**2, theirs["z2_pooled"])
        close(item.proportion.p, theirs["p"])
        close(item.proportion.ci, (theirs["newcombe"]["lower"], theirs["newcombe"]["upper"]))
        close(item.cohens_h, theirs["cohen_h"])
        close(item.fisher_p, theirs["fisher_p"])


@pytest.mark.parametrize("case", cases("09_year_over_year", ".items"))
def test_many_items_are_adjusted_together(case):
    theirs = case["values"]["p_adjust_mann_whitney"]
    items = [item for item, _ in ours_and_theirs(case)]
    close([item.holm for item in items], list(theirs["holm"].values()))
    close([item.bh for item in items], list(theirs["BH"].values()))
    welch = case["values"]["p_adjust_welch"]
    close(holm(list(welch["raw"].values())), list(welch["holm"].values()))
    close(benjamini_hochberg(list(welch["raw"].values())), list(welch["BH"].values()))


@pytest.mark.parametrize("case", cases("09_year_over_year", ".tost"))
def test_equivalence(case):
    for item, theirs in ours_and_theirs(case):
        close(item.tost.p, theirs["p_tost"])
        close(item.tost.ci90, theirs["ci90"])
        assert (item.verdict == "equivalent") == (theirs["p_tost"] <= 0.05)


@pytest.mark.parametrize("case", cases("09_year_over_year", ".ordinal_logit"))
def test_the_ordinal_model(case):
    for item, theirs in ours_and_theirs(case):
        close((item.ordinal_logit.beta, item.ordinal_logit.se), (theirs["clm"]["beta"], theirs["clm"]["se"]), 1e-7)
        close(item.ordinal_logit.p, theirs["clm"]["p"], 1e-6)


@pytest.mark.parametrize("case", cases("09_year_over_year", ".exact_small"))
def test_few_answers_are_compared_exactly(case):
    a, b = (np.array(case["input"][year]) for year in "ab")
    (item,) = compare(a[:, None], b[:, None], levels=np.unique([*a, *b])).items
    assert (item.mann_whitney.u, item.mann_whitney.method) == (case["values"]["U_b"], "exact")
    close(item.mann_whitney.p, case["values"]["p_exact_permutation_ties_ok"])
    close(item.cliffs_delta.value, case["values"]["cliff"]["delta"])
    theirs = case["values"]["cliff"]["ci_asymmetric"]
    if theirs == ["NaN", "NaN"]:
        assert (item.cliffs_delta.ci, item.reasons["cliffs_delta.ci"]) == (None, "separated")
    else:
        close(item.cliffs_delta.ci, theirs)
