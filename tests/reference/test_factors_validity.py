"""Factors and validity figures agree with R (psych, GPArotation, semTools) on real data."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from analysis import InsufficientData
from analysis.factors import explore, parallel_analysis
from analysis.validity import (
    average_variance_extracted,
    bartlett,
    composite_reliability,
    fornell_larcker,
    htmt,
    kmo,
    kmo_from_correlation,
)

HERE = Path(__file__).parent


def cases(topic: str, part: str) -> list:
    found = json.loads((HERE / f"{topic}.json").read_text(encoding="utf-8"))["cases"]
    chosen = [pytest.param(case, id=case["id"]) for case in found if part in case["id"]]
    assert chosen
    return chosen


def answers(case: dict) -> np.ndarray:
    with (HERE / case["dataset"]).open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    items = case["input"]["items"]
    return np.array([[float(line[i]) if line[i] not in ("", "NA") else np.nan for i in items] for line in lines])


def matched(ours: np.ndarray, theirs: list) -> float:
    """Largest distance after giving each of R's columns our nearest one, up to sign."""
    reference = np.array(theirs)
    return max(
        min(float(np.abs(column - side * own).max()) for own in ours.T for side in (1, -1)) for column in reference.T
    )


@pytest.mark.parametrize(
    "case", [c for c in cases("05_efa", ".minres_") if not c.values[0]["values"]["tight"]["heywood"]]
)
def test_factors_are_those_of_the_tightly_solved_problem(case):
    tight = case["values"]["tight"]
    m = int(case["id"].split("_")[-1].removesuffix("f"))
    x = answers(case)
    assert explore(x, m, rotation="none").loadings == pytest.approx(np.array(tight["loadings"]["data"]), abs=5e-6)
    if m > 1:
        assert matched(explore(x, m, rotation="varimax").loadings, tight["varimax_loadings"]["data"]) < 5e-6
        assert matched(explore(x, m).loadings, tight["oblimin_pattern"]["data"]) < 5e-6
        variance = np.array(case["values"]["oblimin"]["vaccounted"]["data"])[1]
        assert np.sort(explore(x, m).variance) == pytest.approx(np.sort(variance), abs=1e-4)


@pytest.mark.parametrize("case", cases("05_efa", ".kmo_bartlett"))
def test_fitness_for_factoring(case):
    x, values = answers(case), case["values"]
    adequacy, sphericity = kmo(x), bartlett(x)
    assert adequacy.overall == pytest.approx(values["kmo"], rel=1e-9)
    assert adequacy.items == pytest.approx(list(values["kmo_items"].values()), rel=1e-9)
    assert sphericity.chi2 == pytest.approx(values["bartlett"]["chisq"], rel=1e-9)
    assert sphericity.df == values["bartlett"]["df"]
    assert sphericity.p == pytest.approx(values["bartlett"]["p"], rel=1e-6, abs=1e-300)


@pytest.mark.parametrize("case", cases("05_efa", ".parallel"))
def test_random_data_say_how_many_factors_are_real(case):
    found = parallel_analysis(answers(case), seed=1, iterations=30)
    assert (found.n_factors, found.n_components) == (case["values"]["nfact"], case["values"]["ncomp"])
    assert found.eigenvalues == pytest.approx(case["values"]["pc_values"], rel=1e-9)


@pytest.mark.parametrize("case", cases("06_cfa", "3f.ave_cr") + cases("06_cfa", "5f.ave_cr"))
def test_convergent_and_discriminant_validity(case):
    asked, values = case["input"], case["values"]
    x = answers(case)
    flip = [i for i, item in enumerate(asked["items"]) if item in asked["reversed"]]
    if flip:
        x[:, flip] = asked["scale_min"] + asked["scale_max"] - x[:, flip]
    structure = {
        line.split("=~")[0].strip(): [asked["items"].index(item.strip()) for item in line.split("=~")[1].split("+")]
        for line in asked["model"].splitlines()
    }
    assert htmt(x, structure) == pytest.approx(np.array(values["htmt"]["data"]), rel=1e-8)
    fit = next(p.values[0] for p in cases("06_cfa", case["id"].replace("ave_cr", "ml")))
    rows = [
        dict(zip(fit["values"]["standardised"]["columns"], row, strict=True))
        for row in fit["values"]["standardised"]["data"]
    ]
    loadings = {
        name: [row["est.std"] for row in rows if row["op"] == "=~" and row["lhs"] == name] for name in structure
    }
    for name, factor in loadings.items():
        assert average_variance_extracted(factor) == pytest.approx(values["AVE"][name], rel=1e-8)
        assert composite_reliability(factor) == pytest.approx(values["CR"][name], rel=1e-8)
    table = fornell_larcker(loadings, np.array(values["latent_correlations"]["data"]))
    assert np.diag(table) == pytest.approx(list(values["sqrt_AVE"].values()), rel=1e-8)


@pytest.mark.parametrize(
    ("x", "reason"),
    [
        (np.full((0, 3), np.nan), "empty"),
        ([[1.0, 2, 3], [2.0, 3, 4]], "too_few_rows"),
        ([[1.0, 2, 3], [1.0, 3, 4], [1.0, 4, 4], [1.0, 1, 2]], "constant_item"),
        ([[1.0, 1, 3], [2.0, 2, 4], [3.0, 3, 4], [5.0, 5, 2]], "singular"),
    ],
)
def test_what_cannot_be_factored_says_why(x, reason):
    with pytest.raises(InsufficientData) as refused:
        kmo(x)
    assert refused.value.reason == reason


def test_items_that_share_nothing_have_no_adequacy():
    with pytest.raises(InsufficientData):
        kmo_from_correlation(np.eye(4))
