"""What people answered: items, dimensions, groups, choices, comments, branches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.comments import ThemeCount, WordCount
from analysis.recommendation import NetPromoter
from analysis.tree.figures import Detail, Hidden, LevelCount, Rate, WeightedRate
from analysis.tree.measurement import ReliabilityResult
from analysis.types import Roster


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
    weighted: WeightedRate | Hidden | None = None
    """Of a unit with branches; None where there are none, or where it is not known how many people they have."""
    recommendation: NetPromoter | Hidden | None = None
    """Of an item from 0 to 10 that asks for a recommendation; None of others."""


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
    words: tuple[WordCount, ...] = ()
    """What most people speak of."""
    themes: tuple[ThemeCount, ...] = ()
    """By the committee's rules, in their order."""
    coded: int | None = None
    """Comments whose themes the committee chose, those of others follow its rules; None: before anybody read them."""
    bands: bool = False
    """People per word and theme are the lower bound of a band, as other units' numbers could be subtracted."""
    themes_of: tuple[tuple[str, ...], ...] = ()
    """Of each of the texts the titles of its themes, as far as they are named; of reviewed comments only."""


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A direct sub-unit's participation and overall rate, for the higher committee."""

    unit: str
    name: str
    roster: Roster | Hidden
    overall: Rate | Hidden


@dataclass(frozen=True, slots=True)
class QualityResult:
    """How carefully people answered: flagged, never left out. Counts of people, ``non_response`` a share of answers."""

    n: int
    flags: Mapping[str, int | Hidden]
    """`quality.COUNTED_FLAGS` -> people; the attention check only where the questionnaire has one."""
    non_response: float | Hidden
    """Skipped answers among all answers to scored items that everybody is asked; 不了解 and 不适用 are answers."""


@dataclass(frozen=True, slots=True)
class BenchmarkRow:
    """A branch among the others, by the overall rate: funnel limits, shrunken rate with interval, tier."""

    unit: str
    name: str
    """As it is told from the others: after the name of the unit above where several are called the same."""
    satisfied: int
    n: int
    lower: float
    upper: float
    """95 % funnel limits, widened for overdispersion."""
    shrunken: float
    interval: tuple[float, float]
    tier: str


@dataclass(frozen=True, slots=True)
class Comparable:
    """Branches at any depth below the unit, and how many of them show their overall rate as an exact number."""

    branches: int
    exact: int


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Branches beside each other; of those alone whose overall rate is shown as a number."""

    item: str
    target: float
    """The rate of all of them together."""
    overdispersion: float
    rows: tuple[BenchmarkRow, ...]


@dataclass(frozen=True, slots=True)
class Pairing:
    """Two branches that could learn from each other in a dimension: one ahead of the others, one behind."""

    dimension: str
    ahead: str
    ahead_name: str
    behind: str
    behind_name: str
