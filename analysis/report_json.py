"""Report -> plain data for JSON: field names as in `tree`, enums as their words, numbers unrounded, Hidden as a mark.

The shape is stable: fields are added, not renamed; ``schema`` says which edition it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from math import isfinite
from typing import Any

import numpy as np

from analysis.tree import Hidden, Rate, Report

SCHEMA = "branch-survey/report/1"
NOT_PUBLISHED = frozenset({"limits", "subtree"})
"""Spent by `disclosure.suppress`."""


def to_dict(report: Report) -> dict[str, Any]:
    """The whole Report. A figure that is not shown is ``{"hidden": "too_few" | "complementary" | "coarsened"}``.

    Raises: ValueError for a figure that is not a number, which no Report has.
    """
    content = {field.name: plain(getattr(report, field.name)) for field in fields(report)}
    return {"schema": SCHEMA, **{name: value for name, value in content.items() if name not in NOT_PUBLISHED}}


def plain(value: object) -> object:
    """Any part of a Report in the form it has in the whole."""
    for kinds, made in _PLAIN:
        if isinstance(value, kinds):
            return made(value)
    if is_dataclass(value):
        return _record(value)
    raise TypeError(f"{type(value).__name__} has no place in a Report")


def _record(value: Any) -> dict[str, object]:
    found = {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    return {**found, "value": value.value} if isinstance(value, Rate) else found


def _number(value: float) -> float:
    if not isfinite(value):
        raise ValueError("a figure of a Report is not a number")
    return float(value)


_PLAIN: tuple[tuple[tuple[type, ...], Callable[[Any], object]], ...] = (
    ((Hidden,), lambda value: {"hidden": value.value}),
    ((Enum,), lambda value: value.value),
    ((bool, np.bool_), bool),
    ((int, np.integer), int),
    ((float, np.floating), _number),
    ((str, type(None)), lambda value: value),
    ((np.ndarray,), lambda value: plain(value.tolist())),
    ((tuple, list), lambda value: [plain(part) for part in value]),
    ((set, frozenset), lambda value: [plain(part) for part in sorted(value)]),
    ((Mapping,), lambda value: {str(key): plain(part) for key, part in value.items()}),
)
"""First match wins: enums before the text and numbers they are made of."""
