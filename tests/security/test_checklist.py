"""The list in docs/security.md is whole, and every test that it leans on exists."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIST = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| ([\d., ]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
POINTS = {
    "1.1": "1 2", "1.2": "1 2 3 4 5 6 7 8 9", "1.3": "1 2 3 4 5 6 7 8 9 10 11", "1.4": "1 2 3", "1.5": "1 2",
    "2.1": "1 2 3", "2.2": "1 2 3", "2.3": "1 2 3 4", "2.4": "1",
    "3.2": "1 2", "3.3": "1 2 3 4", "3.4": "1 2 3 4 5 6", "3.5": "1 2 3 4 5", "3.7": "1 2",
    "4.1": "1 2 3", "4.2": "1", "4.3": "1 2", "4.4": "1 2 3 4",
    "5.1": "1", "5.2": "1 2 3", "5.3": "1 2", "5.4": "1 2 3",
    "6.1": "1 2 3", "6.2": "1 2 3 4 5 6 7 8 9 10 11 12", "6.3": "1 2 3 4", "6.4": "1 2 3 4", "6.5": "1 2 3 4 5",
    "6.6": "1 2 3", "6.8": "1 2 3 4",
    "7.1": "1 2 3", "7.2": "1 2 3 4", "7.3": "1 2", "7.4": "1 2 3 4 5", "7.5": "1 2", "7.6": "1 2",
    "8.1": "1 2", "8.2": "1 2 3", "8.3": "1", "8.4": "1", "9.1": "1 2 3", "9.2": "1 2 3 4",
    "10.1": "1 2", "10.2": "1 2", "10.3": "1 2 3 4", "10.4": "1 2 3 4 5 6 7 8 9 10 11", "10.5": "1 2 3 4 5",
    "10.6": "1 2", "10.7": "1 2 3",
    "11.1": "1 2", "11.2": "1 2 3", "11.3": "1 2 3", "11.4": "1 2 3 4", "11.5": "1", "11.6": "1",
    "12.1": "1 2 3", "12.2": "1 2", "12.3": "1 2 3 4",
    "13.1": "1", "13.2": "1 2 3 4 5", "13.3": "1 2", "13.4": "1 2 3 4 5", "14.1": "1 2", "14.2": "1 2 3 4",
    "14.3": "1 2 3", "15.1": "1 2 3", "15.2": "1 2 3", "15.3": "1 2 3 4 5 6 7",
    "16.1": "1", "16.2": "1 2 3 4 5", "16.3": "1 2 3 4", "16.4": "1 2 3", "16.5": "1 2 3",
    "17.1": "1", "17.2": "1 2 3 4", "17.3": "1 2",
}  # fmt: skip
"""Of levels 1 and 2 of ASVS 5.0.0, by section; what is missing in between is of level 3."""


def listed() -> list[tuple[list[str], str]]:
    """The points of each row of the chapters, and what stands beside them."""
    chapters = LIST[LIST.index("## V1 ") :]
    return [(points.split(", "), held) for points, _asked, held in ROW.findall(chapters)]


@cache
def names_in(path: str) -> set[str]:
    file = ROOT / path
    found = ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if file.exists() else ()
    return {node.name for node in found if isinstance(node, ast.FunctionDef)}


def test_every_point_of_levels_one_and_two_stands_in_it_once():
    expected = [f"{section}.{number}" for section, numbers in POINTS.items() for number in numbers.split()]
    assert len(expected) == 253
    assert Counter(point for points, _held in listed() for point in points) == Counter(expected)


def test_every_test_that_it_names_exists():
    named = set(TEST.findall(LIST))
    assert len(named) > 100
    assert sorted(f"{path}::{name}" for path, name in named if name not in names_in(path)) == []


def test_every_point_has_a_test_or_a_reason():
    assert [points for points, held in listed() if len(held.strip(" -.")) < 4] == []


def test_what_is_not_met_is_told_at_the_top_and_said_beside_the_point():
    before = LIST[: LIST.index("## Kept in mind")]
    told = {point for points, *_rest in ROW.findall(before) for point in points.split(", ")}
    beside = {point for points, held in listed() if "see above" in held for point in points}
    assert beside <= told
    assert told <= {point for points, _held in listed() for point in points}


def test_files_that_it_leads_to_are_there():
    places = re.findall(r"\]\(([^)#]+)\)", LIST) + re.findall(r"`(survey_app/[\w/.]+|deploy/[\w.]+)`", LIST)
    missing = [place for place in places if not ((ROOT / "docs" / place).exists() or (ROOT / place).exists())]
    assert missing == []
