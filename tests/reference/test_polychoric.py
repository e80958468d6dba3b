"""Polychoric correlations agree with R's tightest reference, and say when they do not exist."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from analysis import InsufficientData
from analysis.polychoric import polychoric

HERE = Path(__file__).parent
CASES = json.loads((HERE / "04_polychoric.json").read_text(encoding="utf-8"))["cases"]


def answers(dataset: str, items: list[str], rows: int | None = None) -> np.ndarray:
    with (HERE / dataset).open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))[:rows]
    return np.array([[float(line[i]) if line[i] not in ("", "NA") else np.nan for i in items] for line in lines])


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in CASES if c["id"].endswith("lavCor")])
def test_correlations_are_those_of_lavcor(case):
    asked = case["input"]
    x = answers(case["dataset"], asked["items"], 60 if asked["rows"] else None)
    x = x[~np.isnan(x).any(axis=1)]
    sign = np.array([-1 if item in asked["reversed"] else 1 for item in asked["items"]])
    ours = polychoric(x).correlations * np.outer(sign, sign)
    assert ours == pytest.approx(np.array(case["values"]["rho"]["data"]), abs=1e-6)


def test_missing_answers_are_left_out_pair_by_pair():
    x = answers("bfi.csv", ["A1", "A2", "A3"])
    x[:50, 2] = np.nan
    alone = polychoric(x[:, :2]).correlations[0, 1]
    assert polychoric(x).correlations[0, 1] == pytest.approx(alone, abs=1e-10)


def test_a_perfect_association_stops_just_below_one():
    level = np.repeat([1.0, 2, 3, 4, 5], 20)
    result = polychoric(np.column_stack([level, level, 6 - level]))
    assert result.correlations[0, 1] == pytest.approx(0.9999)
    assert result.correlations[0, 2] == pytest.approx(-0.9999)
    assert result.empty_cells > 0


@pytest.mark.parametrize(
    ("x", "reason"),
    [
        ([[1.0, 2.0], [1.0, 3.0]], "constant_item"),
        ([[1.0], [2.0]], "too_few_items"),
        ([[np.nan, 1.0], [np.nan, 2.0]], "empty"),
    ],
)
def test_what_has_no_polychoric_correlation_says_why(x, reason):
    with pytest.raises(InsufficientData) as refused:
        polychoric(x)
    assert refused.value.reason == reason
