"""Confirmatory factor analysis and measurement invariance agree with lavaan."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from analysis import InsufficientData
from analysis.factors import confirm, invariance

HERE = Path(__file__).parent
CASES = json.loads((HERE / "06_cfa.json").read_text(encoding="utf-8"))["cases"]


def asked(case: dict) -> tuple[np.ndarray, dict[str, list[int]], list[str]]:
    what = case["input"]
    with (HERE / case["dataset"]).open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    x = np.array([[float(line[i]) if line[i] not in ("", "NA") else np.nan for i in what["items"]] for line in lines])
    flip = [i for i, item in enumerate(what["items"]) if item in what["reversed"]]
    if flip:
        x[:, flip] = what["scale_min"] + what["scale_max"] - x[:, flip]
    structure = {
        line.split("=~")[0].strip(): [what["items"].index(item.strip()) for item in line.split("=~")[1].split("+")]
        for line in what["model"].splitlines()
    }
    return x, structure, [line[what["group"]] for line in lines] if "group" in what else []


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in CASES if c["id"].endswith(".ml")])
def test_a_structure_fits_as_in_lavaan(case):
    x, structure, _ = asked(case)
    fit, values = confirm(x, structure), case["values"]["fit"]
    assert fit.chi2 == pytest.approx(values["chisq"], rel=1e-6)
    assert fit.df == values["df"]
    assert fit.p == pytest.approx(values["pvalue"], rel=1e-4, abs=1e-15)
    for ours, theirs in (("cfi", "cfi"), ("tli", "tli"), ("rmsea", "rmsea"), ("srmr", "srmr")):
        assert getattr(fit, ours) == pytest.approx(values[theirs], rel=1e-6)
    assert fit.rmsea_ci == pytest.approx((values["rmsea.ci.lower"], values["rmsea.ci.upper"]), rel=1e-4)
    table = case["values"]["standardised"]
    rows = [dict(zip(table["columns"], row, strict=True)) for row in table["data"]]
    loaded = [row["est.std"] for row in rows if row["op"] == "=~"]
    cells = [(item, f) for f, items in enumerate(structure.values()) for item in items]
    assert [fit.loadings[cell] for cell in cells] == pytest.approx(loaded, abs=1e-5)


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in CASES if "invariance" in c["id"]])
def test_equalities_over_groups_fit_as_in_lavaan(case):
    x, structure, groups = asked(case)
    kept = [bool(label) and label != "NA" for label in groups]
    found = invariance(x[kept], structure, [label for label, keep in zip(groups, kept, strict=True) if keep])
    table = case["values"]["fit"]
    for level, row in zip(table["index"][:3], table["data"], strict=False):
        theirs, ours = dict(zip(table["columns"], row, strict=True)), getattr(found, level)
        assert ours.chi2 == pytest.approx(theirs["chisq"], rel=1e-6), level
        assert ours.df == theirs["df"]
        for name in ("cfi", "tli", "rmsea", "srmr"):
            assert getattr(ours, name) == pytest.approx(theirs[name], rel=1e-5), (level, name)


def test_a_structure_that_asks_more_than_the_items_tell_is_refused():
    x = np.random.default_rng(3).normal(size=(40, 2))
    with pytest.raises(InsufficientData) as refused:
        confirm(x, {"f": [0, 1]})
    assert refused.value.reason == "too_few_items"
