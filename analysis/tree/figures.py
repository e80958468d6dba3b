"""What a figure of a result is made of: a rate, its levels, and the marks for what is not shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Hidden(StrEnum):
    """Why a figure is not shown."""

    TOO_FEW = "too_few"
    """人数不足: the scored n is below the threshold."""
    COMPLEMENTARY = "complementary"
    """连带隐藏: shown, it would reveal a hidden one by subtraction."""
    COARSENED = "coarsened"
    """Not given for so few answers (mean, full distribution); the rate stands."""


class Detail(StrEnum):
    """How finely the answers of a group may be shown."""

    FULL = "full"
    THREE_WAY = "three_way"
    """n < 30: satisfied / middle / dissatisfied."""
    TWO_WAY = "two_way"
    """n < 20: satisfied or not, extremes as "at least" and "at most"."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Satisfied people among those with a scored answer.

    ``bound`` says how ``satisfied`` is to be read: exactly, or "at least" / "at most" in a small group.
    ``interval`` is the 95 % interval of the rate (finite population where known); ``people`` the 90 % bounds of
    satisfied people in the whole population; ``worst_best`` the count if all silent people were dissatisfied /
    satisfied. Those three are None where the population is unknown or the group is too small to give them.
    """

    satisfied: int
    n: int
    population: int | None = None
    bound: Literal["exact", "at_least", "at_most"] = "exact"
    interval: tuple[float, float] | None = None
    people: tuple[int, int] | None = None
    worst_best: tuple[int, int] | None = None

    @property
    def value(self) -> float:
        return self.satisfied / self.n


@dataclass(frozen=True, slots=True)
class WeightedRate:
    """The rate of a higher unit in which every eligible person weighs the same: ``sum N_h p_h / N`` over strata.

    Strata are what the exact figures of reports cut the unit's people into (`analysis.strata`); ``interval`` is the
    95 % score interval with finite population, None with a stratum nobody answered.
    """

    value: float
    interval: tuple[float, float] | None
    strata: int
    eligible: int


@dataclass(frozen=True, slots=True)
class LevelCount:
    """Answers at one level, or at a group of levels where the detail is coarse. Best first in an item."""

    codes: tuple[int, ...]
    count: int
    satisfied: bool
