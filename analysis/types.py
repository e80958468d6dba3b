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


class Definition(StrEnum):
    """Which figure of a measure is to reach the threshold. Levels are meant in the direction of the dimension."""

    SATISFIED = "satisfied"
    """满意率: the share of the satisfied levels among scored answers."""
    INDEX = "index"
    """满意度指数: ``(mean - low) / (high - low) x 100``."""
    MEAN = "mean"
    """The mean in points of the scale."""
    SCORE100 = "score100"
    """百分制: the mean of locked points per level. Never compared with the index."""


@dataclass(frozen=True, slots=True)
class Objective:
    """A quality objective (ISO 9001 6.2): a figure of a measure is to reach a threshold.

    ``threshold`` is the decimal as written, so that comparisons are exact: a share ("0.90") for a rate and for
    participation, points ("85") for index and score100, points of the scale ("4.2") for a mean. Participation is a
    count whatever the definition.
    """

    code: str
    title: str
    measure: Measure
    target: str | None
    """Code of the item or dimension; None for overall and participation."""
    threshold: str
    owner: str = ""
    definition: Definition = Definition.SATISFIED
    satisfied_levels: tuple[int, ...] | None = None
    """Levels that count as satisfied, where the objective names others than the scale."""
    weights: Mapping[int, str] | None = field(default=None, hash=False)
    """Of score100: points of each level, decimals as written."""
    evaluated: str = ""
    """How and from what it is evaluated, in words."""

    @property
    def is_rate(self) -> bool:
        """A share of people, so that a percentage states it."""
        return self.measure is Measure.PARTICIPATION or self.definition is Definition.SATISFIED

    @property
    def is_usual_rate(self) -> bool:
        """The very rate that results print: by the satisfied levels of the scale."""
        return self.is_rate and self.satisfied_levels is None

    @property
    def unit(self) -> Literal["share", "points", "scale"]:
        """What threshold and value are counted in."""
        if self.is_rate:
            return "share"
        return "scale" if self.definition is Definition.MEAN else "points"


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
    title: str = ""
    """What the plan calls it."""


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
