"""What a check has found: a sentence, and the line that mends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Grade(StrEnum):
    OK = "ok"
    WARNING = "warning"
    """The service works, but something will go wrong or is less safe than it should be."""
    TROUBLE = "trouble"
    """Something does not work, or is open to others."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Both sentences are msgids with named placeholders; `values` fill the two of them."""

    grade: Grade
    what: str
    mending: str = ""
    """What somebody who knows nothing of the inside can type or do."""
    values: Mapping[str, Any] = field(default_factory=dict)


def well(what: str, **values: Any) -> Finding:
    return Finding(Grade.OK, what, values=values)


def warning(what: str, mending: str, **values: Any) -> Finding:
    return Finding(Grade.WARNING, what, mending, values)


def trouble(what: str, mending: str, **values: Any) -> Finding:
    return Finding(Grade.TROUBLE, what, mending, values)
