"""Reliability and agreement are R's: psych, lavaan, semTools, multilevel, vcd."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.reliability import (
    cronbach_alpha,
    fleiss_kappa,
    guttman,
    icc,
    omega,
    ordinal_alpha,
    rwg,
    rwg_j,
    split_half,
    weighted_kappa,
)
from tests.reference.r_values import case, cases, close, numbers, rows, scale, table


def complete(x: np.ndarray) -> np.ndarray:
    return x[~np.isnan(x).any(axis=1)]


@pytest.mark.parametrize("found", cases("01_alpha", "alpha_pairwise", "alpha_complete"))
def test_alpha_its_intervals_and_its_items_are_those_of_psych(found):
    pairwise, values = found["id"].endswith("pairwise"), found["values"]
    alpha = cronbach_alpha(scale(found), missing="pairwise" if pairwise else "complete")
    (total,) = table(values["total"])
    assert (alpha.n, alpha.reasons) == (values["n_rows"], {})
    close(alpha.raw, total["raw_alpha"])
    close(alpha.standardized, total["std.alpha"])
    close(alpha.mean_r, total["average_r"])
    close(alpha.ase, total["ase"])
    close(alpha.feldt, (values["feldt"]["lower"], values["feldt"]["upper"]))
    close(alpha.ase_ci, (values["ase_ci"]["lower"], values["ase_ci"]["upper"]))
    close([item.alpha_if_dropped for item in alpha.items], [row["raw_alpha"] for row in table(values["alpha_drop"])])
    for ours, theirs in zip(alpha.items, table(values["item_stats"]), strict=True):
        close((ours.r_drop, ours.mean, ours.sd), (theirs["r.drop"], theirs["mean"], theirs["sd"]))


@pytest.mark.parametrize("found", cases("01_alpha", "alpha_without_reversal"))
def test_items_left_unreversed_ruin_alpha_just_as_in_r(found):
    unreversed = complete(numbers(found["dataset"], *found["input"]["items"]))
    wanted = found["input"].get("rows")
    (total,) = table(found["values"]["total"])
    close(cronbach_alpha(unreversed[:60] if wanted else unreversed).raw, total["raw_alpha"])


@pytest.mark.parametrize("found", cases("02_guttman_split_half", "lambdas_covariance", "lambdas_correlation"))
def test_guttmans_bounds(found):
    bounds = guttman(scale(found), metric=found["id"].rsplit("_", 1)[1])
    for name, value in found["values"].items():
        close(getattr(bounds, name), value)


@pytest.mark.parametrize("found", cases("02_guttman_split_half", "all_splits_covariance", "all_splits_correlation"))
def test_every_distinct_split_is_tried(found):
    metric = found["id"].rsplit("_", 1)[1]
    halves, theirs = split_half(scale(found), metric=metric), found["values"]["flanagan_rulon"]
    assert (halves.n_splits, halves.exhaustive) == (found["values"]["n_splits"], True)
    close((halves.minimum, halves.mean, halves.maximum), (theirs["min"], theirs["mean"], theirs["max"]))
    close(guttman(scale(found), metric=metric).lambda4, theirs["max"])


@pytest.mark.parametrize("found", cases("02_guttman_split_half", "odd_even"))
def test_odd_items_against_even_ones(found):
    halves = split_half(scale(found))
    close(halves.odd_even_rulon, found["values"]["flanagan_rulon_guttman"])
    close(halves.odd_even_spearman_brown, found["values"]["spearman_brown"])


def test_many_items_are_split_at_random_and_say_so():
    found = case("02_guttman_split_half", "bfi25_all_reversed_to_positive.splitHalf_sampled")
    halves = split_half(scale(found), metric="correlation")
    assert (halves.n_splits, halves.exhaustive) == (10_000, False)
    assert halves.mean == pytest.approx(found["values"]["meanr"], abs=1e-3)
    assert halves.maximum == pytest.approx(found["values"]["maxrb"], abs=1e-2)
    assert halves == split_half(scale(found), metric="correlation")


@pytest.mark.parametrize("found", cases("03_omega", "omega_minres_1f", "omega_ml_1f_lavaan"))
def test_omega_of_one_factor(found):
    method = "ml" if "_ml_" in found["id"] else "minres"
    one = omega(scale(found), method=method)
    close(one.total, found["values"]["omega_model"], relative=2e-5)
    assert one.hierarchical is None


@pytest.mark.parametrize("found", cases("03_omega", "omega_hierarchical_3f"))
def test_omega_of_a_general_factor(found):
    several = omega(scale(found), n_factors=3)
    close(several.total, found["values"]["omega_total"], relative=1e-6)
    close(several.hierarchical, found["values"]["omega_h"], relative=5e-5)


@pytest.mark.parametrize("found", cases("04_polychoric", "polychoric_correct0"))
def test_ordinal_alpha(found):
    close(ordinal_alpha(scale(found)), found["values"]["ordinal_alpha"], relative=2e-5)


ICC_NAMES = {f"ICC{name}": f"icc{name}" for name in ("1", "2", "3", "1k", "2k", "3k")}


def ratings(name: str) -> np.ndarray:
    if name == "shrout_fleiss.icc":
        return numbers("shrout_fleiss.csv", "J1", "J2", "J3", "J4")
    if name == "bfi_neuro.icc":
        return numbers("bfi.csv", "N1", "N2", "N3", "N4", "N5")[:300]
    wine = rows("wine.csv")
    by = {(row["bottle"], row["judge"]): float(row["response"]) for row in wine}
    return np.array([[by[str(bottle), str(judge)] for judge in range(1, 10)] for bottle in range(1, 9)])


@pytest.mark.parametrize("found", cases("11_agreement", ".icc"))
def test_intraclass_correlations(found):
    ours = icc(ratings(found["id"]))
    for theirs in table(found["values"]):
        agreement = getattr(ours, ICC_NAMES[theirs["type"]])
        close(agreement.value, theirs["ICC"])
        close(agreement.f, theirs["F"])
        assert (agreement.df1, agreement.df2) == (theirs["df1"], theirs["df2"])
        close(agreement.p, theirs["p"], relative=1e-8)
        close(agreement.ci, (theirs["lower bound"], theirs["upper bound"]), relative=1e-8)


def test_agreement_within_units():
    values = case("11_agreement", "bfi_age.group_icc_rwg")["values"]
    x, groups = (
        numbers("bfi_groups.csv", "N1", "N2", "N3", "N4", "N5"),
        [row["group"] for row in rows("bfi_groups.csv")],
    )
    members = {group: x[[other == group for other in groups]] for group in values["rwg_j"]["group"]}
    of_scale, of_item = zip(values["rwg_j"]["group"], values["rwg_j"]["value"], strict=True), values["rwg_first_item"]
    for group, value in of_scale:
        close(rwg_j(members[group], 6), value)
    for group, value in zip(of_item["group"], of_item["value"], strict=True):
        close(rwg(members[group][:, 0], 6), value)


def test_agreement_of_several_raters_on_categories():
    values = case("11_agreement", "wine.fleiss_kappa")["values"]
    wine = rows("wine.csv")
    by = {(row["bottle"], row["judge"]): float(row["rating"]) for row in wine}
    kappa = fleiss_kappa([[by[str(bottle), str(judge)] for judge in range(1, 10)] for bottle in range(1, 9)])
    close((kappa.kappa, kappa.se, kappa.z, kappa.p), tuple(values[name] for name in ("kappa", "se0", "z", "p_value")))


@pytest.mark.parametrize("found", cases("11_agreement", "cohen_kappa"))
@pytest.mark.parametrize("weights", ["linear", "quadratic"])
def test_agreement_of_two_raters_on_levels(found, weights):
    counts = np.array(found["input"]["table"])
    first, second = (np.repeat(place.ravel(), counts.ravel()) for place in np.indices(counts.shape))
    theirs = found["values"][f"vcd_{weights}"]
    kappa = weighted_kappa(first, second, weights=weights)
    close((kappa.kappa, kappa.ase), (theirs["value"], theirs["ASE"]))
    close(sum(kappa.ci) / 2, theirs["value"])
