"""R's figures lying here as JSON beside their data, and how ours are held against them."""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent


@cache
def _topic(topic: str) -> list[dict]:
    return json.loads((HERE / f"{topic}.json").read_text(encoding="utf-8"))["cases"]


def cases(topic: str, *endings: str) -> list:
    """The topic's cases whose name ends so, as parameters of a test; at least one."""
    chosen = [pytest.param(case, id=case["id"]) for case in _topic(topic) if case["id"].endswith(endings)]
    assert chosen
    return chosen


def case(topic: str, name: str) -> dict:
    return next(found for found in _topic(topic) if found["id"] == name)


@cache
def rows(dataset: str) -> list[dict[str, str]]:
    with (HERE / dataset).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def numbers(dataset: str, *columns: str) -> np.ndarray:
    """n x k, empty cells as NaN."""
    table = [[float(row[name]) if row[name] not in ("", "NA") else np.nan for name in columns] for row in rows(dataset)]
    return np.array(table)


def scale(case: dict) -> np.ndarray:
    """The items of a case, reversed where it says so, of the rows it says."""
    given = case["input"]
    x = numbers(case["dataset"], *given["items"])
    if given["reversed"]:
        turned = [given["items"].index(name) for name in given["reversed"]]
        x[:, turned] = given["scale_min"] + given["scale_max"] - x[:, turned]
    wanted = given.get("rows")
    return x if wanted is None else _ROWS[wanted](x)


_ROWS = {"first 60 rows of the file": lambda x: x[:60]}


def table(values: dict) -> list[dict]:
    """Rows of a data frame in pandas' split form."""
    return [dict(zip(values["columns"], row, strict=True)) for row in values["data"]]


def close(ours: object, theirs: object, relative: float = 1e-9) -> None:
    assert ours == pytest.approx(theirs, rel=relative, abs=1e-12)
