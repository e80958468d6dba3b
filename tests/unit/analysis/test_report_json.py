"""The published form of a Report: plain data, and a JSON Schema that says what may stand in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from analysis.report_json import to_dict
from analysis.report_schema import report_schema
from tests.unit.analysis import synthetic

PUBLISHED = Path(__file__).parents[3] / "docs" / "report.schema.json"


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = report_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"n": 6},
        {"n": 14},
        {"units": {"A": 40, "B": 31, "C": 3}},
        {"units": {"A": 40, "B": 12, "C": 30}, "unit": "B"},
        {"n": 260, "years": (2021, 2022, 2023, 2024, 2025, 2026)},
        {"n": 60, "years": (2026,), "verified": False},
    ],
    ids=["usual", "hidden", "small", "tree", "branch", "six years", "open link"],
)
def test_every_report_keeps_to_the_published_schema(validator, how):
    data = json.loads(json.dumps(to_dict(synthetic.report(**how)), allow_nan=False))
    assert [f"{'/'.join(map(str, error.path))}: {error.message}" for error in validator.iter_errors(data)] == []


def test_the_schema_tells_a_wrong_report_apart(validator):
    data = json.loads(json.dumps(to_dict(synthetic.report())))
    without = {name: value for name, value in data.items() if name != "items"}
    assert not validator.is_valid(without)
    assert not validator.is_valid({**data, "hidden": "because"})
    assert not validator.is_valid({**data, "schema": "branch-survey/report/0"})


def test_the_schema_in_the_documentation_is_the_one_of_this_version():
    """Written by `branch-survey analyse --schema`."""
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == report_schema()


def test_what_suppression_has_spent_is_not_published():
    assert {"limits", "subtree"}.isdisjoint(to_dict(synthetic.report()))
