"""What analysis has to know about a survey besides its answers. Frozen; survey_app maps its models to these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from analysis.themes import DEFAULT_THEMES, ThemeRule, parse_themes


@dataclass(frozen=True, slots=True)
class Roster:
    """Returns of one unit (with its subtree) and audience: counts of people and ballots, None = unknown.

    ``eligible`` 应参评 on the reference day, ``issued`` 发放, ``returned`` 回收, ``valid`` 有效.
    """

    eligible: int | None
    issued: int | None
    returned: int
    valid: int
    verified: bool = True
    """False for an open link: anybody could answer, so objectives are judged at face value only."""


class Measure(StrEnum):
    OVERALL = "overall"
    ITEM = "item"
    DIMENSION = "dimension"
    PARTICIPATION = "participation"


@dataclass(frozen=True, slots=True)
class Objective:
    """A quality objective (ISO 9001 6.2): the satisfaction rate of a measure is to reach a threshold.

    ``threshold`` is the decimal as written ("0.90"), so that comparisons are exact.
    """

    code: str
    title: str
    measure: Measure
    target: str | None
    """Code of the item or dimension; None for overall and participation."""
    threshold: str
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """What was locked when the survey opened."""

    threshold: int = 10
    """Group threshold: the smallest scored n that is shown; never below 5."""
    primary: tuple[str, ...] = ()
    """Item codes that carry year-over-year verdicts (Holm family); empty = overall and items of objectives."""
    alpha: float = 0.05
    themes: tuple[ThemeRule, ...] = parse_themes(DEFAULT_THEMES)
    """What the comments are sorted by."""

    def __post_init__(self) -> None:
        if self.threshold < 5:
            raise ValueError("the group threshold is never below 5")


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """An improvement action as fixed in advance."""

    code: str
    item: str
    baseline_satisfied: int
    baseline_n: int
    acceptance: str
    """Acceptance figure for the item's satisfaction rate, a decimal as written."""


@dataclass(frozen=True, slots=True)
class Context:
    """Circumstances of a survey that comparability depends on."""

    year: int
    mode: Literal["codes", "open", "imported"] = "codes"
    month: int | None = None
    audience: str = "member"
    participation: float | None = None
    reference_day: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
