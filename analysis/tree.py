"""The one tree of results: AnnualResult, and Report of the same shape.

AnnualResult never leaves `analysis`: `disclosure.suppress` turns it into a Report, in which every figure
that must not be shown is a `Hidden` and every figure of a small group is coarsened. Pages, charts and
exports take a Report and nothing else. Building the tree is `report.annual_result`.

Rates and shares are fractions in [0, 1], indices are points in [0, 100], counts are people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from analysis.comparison import ItemComparison, Verdict
from analysis.errors import Reason
from analysis.reliability import Alpha
from analysis.targets import Judgement
from analysis.types import ActionSpec, Context, Objective, Roster


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
class LevelCount:
    """Answers at one level, or at a group of levels where the detail is coarse. Best first in an item."""

    codes: tuple[int, ...]
    count: int
    satisfied: bool


@dataclass(frozen=True, slots=True)
class ItemResult:
    code: str
    dimension: str | None
    role: str | None
    detail: Detail
    rate: Rate | Hidden
    levels: tuple[LevelCount, ...] | Hidden
    dont_know: int | Hidden
    not_applicable: int | Hidden
    skipped: int | Hidden
    awareness: float | Hidden | None
    """知晓率 = scored / (scored + 不了解); None where nobody answered or it is not offered."""
    mean: float | Hidden
    sd: float | Hidden | None
    index: float | Hidden
    """(mean - low) / (high - low) x 100, keys reversed where the item is."""


@dataclass(frozen=True, slots=True)
class DimensionResult:
    """A dimension: the mean of its items' rates and indices; n = people with at least one scored answer."""

    code: str
    items: tuple[str, ...]
    n: int | Hidden
    rate: float | Hidden
    interval: tuple[float, float] | Hidden | None
    index: float | Hidden
    reliability: ReliabilityResult
    rounded: bool = False
    """Of so few answers that rate and index are given to the nearest 5 points of what the items show."""


@dataclass(frozen=True, slots=True)
class ReliabilityResult:
    """Cronbach's alpha of a scale over complete cases, or why it is not printed.

    ``scope`` is None for the whole questionnaire, else a dimension. Printed from n >= 30 complete cases of the unit
    itself, else the nearest ancestor's, pooled within units, with ``source`` naming it.
    """

    scope: str | None
    items: tuple[str, ...]
    n: int | Hidden
    alpha: Alpha | None
    refused: Reason | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class ObjectiveResult:
    """An objective with what was measured and its verdict (None where hidden or nothing to judge)."""

    objective: Objective
    rate: Rate | float | Hidden | None
    """A Rate for overall, items and participation; the mean of item rates for a dimension."""
    judgement: Judgement | None
    silent_out_of: int | None = None
    """People not counted among the scored: the 未计入 of the sentence."""


class Comparability(StrEnum):
    COMPARABLE = "comparable"
    WITH_RESERVE = "with_reserve"
    NOT = "not"


@dataclass(frozen=True, slots=True)
class YearPoint:
    """One item (or dimension) in one year, as that year's own report showed it."""

    year: int
    rate: Rate | float | Hidden
    comparable: bool = True
    """With the year of the report; where False the line between the points breaks."""


@dataclass(frozen=True, slots=True)
class Change:
    """Year over year for one item: the two years' facts, whether they may be compared, and the tests."""

    code: str
    earlier: YearPoint
    later: YearPoint
    comparability: Comparability
    reasons: tuple[str, ...]
    primary: bool
    comparison: ItemComparison | None
    """None where not comparable, hidden in either year, too few for a test, or (in a Report) fewer than 30 answers
    in either year: its many figures would give the answers away. ``verdict`` and ``effect`` stand then alone. In a
    Report ``holm`` and ``bh`` are None too where an item whose own test is not shown belongs to the same family."""
    smallest_visible_change: float | None
    """The difference of rates, a fraction, from which on these n find rises and falls alike at 5 % (80 % power); of
    the one direction that is possible where the other is not."""
    verdict: Verdict | None = None
    """Of the comparison; None where there is none. Only changes with ``primary`` carry a sign on pages."""
    effect: float | None = None
    """Cliff's delta, later against earlier; to the nearest 0.05 where the comparison itself is not shown."""
    detail: Detail = Detail.FULL
    """The coarser of the two years."""


@dataclass(frozen=True, slots=True)
class GroupCell:
    """Of those of a group who answered in the dimension: who found more than half of what they answered satisfying."""

    dimension: str
    n: int | Hidden
    rate: Rate | float | Hidden


@dataclass(frozen=True, slots=True)
class GroupColumn:
    """One answer of a grouping question: its code, how many people, a cell for each dimension in order."""

    option: int
    n: int | Hidden
    cells: tuple[GroupCell, ...]


@dataclass(frozen=True, slots=True)
class GroupTable:
    item: str
    columns: tuple[GroupColumn, ...]


@dataclass(frozen=True, slots=True)
class ChoiceResult:
    """A single- or multiple-choice question: counts per option in order."""

    code: str
    n: int | Hidden
    counts: tuple[int | Hidden, ...]


@dataclass(frozen=True, slots=True)
class Comments:
    """Free text, shuffled; shown only from 10 responses and 5 comments."""

    code: str
    count: int | Hidden
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A direct sub-unit's participation and overall rate, for the higher committee."""

    unit: str
    name: str
    roster: Roster | Hidden
    overall: Rate | Hidden


@dataclass(frozen=True, slots=True)
class Provenance:
    """From the figure back to the sealed dataset."""

    dataset_sha256: str
    instrument_sha256: str
    threshold: int
    software: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What this unit must not show because it would give away another unit's figure (`analysis.limits`)."""

    unit: Hidden | None = None
    """Hidden as a whole, by the pattern fixed at sealing."""
    items: Mapping[str, Detail | Hidden] = field(default_factory=dict)
    """Item -> the finest detail the unit tree allows."""
    rows: Mapping[str, Detail | Hidden] = field(default_factory=dict)
    """Direct sub-unit -> what the tree allows of its overall rate."""
    hidden_rows: frozenset[str] = frozenset()
    """Direct sub-units hidden by the pattern, with their returns."""
    columns: frozenset[tuple[str, int]] = frozenset()
    """(grouping question, option) withheld."""
    choices: frozenset[str] = frozenset()
    """Choice questions withheld."""
    comments: frozenset[str] = frozenset()
    """Text questions withheld."""


ActionVerdict = Literal["worked", "not_shown", "worse", "no_control", "not_comparable"]


@dataclass(frozen=True, slots=True)
class ActionResult:
    """An improvement action held against this year's result."""

    action: ActionSpec
    rate: Rate | Hidden
    expected: float | None
    """The rate to be expected without the action: a low item moves back towards the others by itself."""
    lower: float | None
    upper: float | None
    """One-sided 95 % prediction bounds around ``expected``; all three None in a Report that does not show every rate
    behind them exactly."""
    reached: bool | None
    """The acceptance figure is met: a fact. None where it cannot be said."""
    verdict: ActionVerdict
    controls: int
    """Untouched items the expectation was drawn from."""


@dataclass(frozen=True, slots=True)
class AnnualResult:
    unit: str
    unit_name: str
    title: str
    context: Context
    roster: Roster
    previous_roster: Roster | None
    overall: str | None
    """Code of the overall satisfaction item."""
    items: tuple[ItemResult, ...]
    dimensions: tuple[DimensionResult, ...]
    reliability: ReliabilityResult
    objectives: tuple[ObjectiveResult, ...]
    changes: tuple[Change, ...]
    history: tuple[tuple[str, tuple[YearPoint, ...]], ...]
    """(item code, its points oldest first, this year last) for the primary family."""
    groups: tuple[GroupTable, ...]
    choices: tuple[ChoiceResult, ...]
    comments: tuple[Comments, ...]
    units: tuple[UnitRow, ...]
    provenance: Provenance
    actions: tuple[ActionResult, ...] = ()
    limits: Limits = field(default_factory=Limits)
    """Spent by `disclosure.suppress`: empty in a Report."""

    def item(self, code: str) -> ItemResult:
        return next(item for item in self.items if item.code == code)


@dataclass(frozen=True, slots=True)
class Report(AnnualResult):
    """What may be shown of an AnnualResult. Made by `disclosure.suppress` only.

    ``hidden`` is set when nothing but the returns may be shown at all.
    """

    hidden: Hidden | None = None
