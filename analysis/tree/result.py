"""The tree itself: AnnualResult, and Report of the same shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from analysis.targets import Judgement
from analysis.tree.facts import (
    Benchmark,
    ChoiceResult,
    Comments,
    Comparable,
    DimensionResult,
    GroupTable,
    ItemResult,
    Pairing,
    QualityResult,
    UnitRow,
)
from analysis.tree.figures import Detail, Hidden, Rate, WeightedRate
from analysis.tree.measurement import AgreementResult, ImportanceResult, ReliabilityResult, ValidityResult
from analysis.tree.years import ActionResult, Change, CompositionResult, Exemplar, ItemPair, TrendResult, YearPoint
from analysis.types import Context, Objective, Roster


@dataclass(frozen=True, slots=True)
class ObjectiveResult:
    """An objective with what was measured and its verdict (None where hidden or nothing to judge)."""

    objective: Objective
    rate: Rate | float | Hidden | None
    """A Rate for overall, items and participation; the mean of item rates for a dimension."""
    judgement: Judgement | None
    silent_out_of: int | None = None
    """People not counted among the scored: the 未计入 of the sentence."""
    weighted: WeightedRate | Hidden | None = None
    """What the verdict on a unit with branches rests on: every eligible person weighs the same."""
    value: float | Hidden | None = None
    """Where the definition is index, mean or score100: that figure, in the unit of the threshold. ``rate`` is then the
    rate of the same answers and says how many they are."""
    rounded: bool = False
    """Of so few answers that ``value`` is given to the nearest 5 points."""

    @property
    def people(self) -> tuple[int, int] | None:
        """90 % bounds of satisfied people among all eligible, as the verdict sees them."""
        judgement = self.judgement
        if isinstance(self.weighted, WeightedRate) and judgement is not None:
            known = judgement.lower is not None and judgement.upper is not None
            return (int(judgement.lower or 0), int(judgement.upper or 0)) if known else None
        return self.rate.people if isinstance(self.rate, Rate) else None


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
    bands: bool = False
    """People per word and theme in bands: the survey has several units whose numbers could be subtracted."""
    flags: frozenset[str] = frozenset()
    """Flags of careless answers whose count is withheld."""


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
    quality: QualityResult | None = None
    validity: ValidityResult | None = None
    importance: ImportanceResult | None = None
    agreement: AgreementResult | None = None
    comparable: Comparable | None = None
    """Whether branches are enough to compare; None where none are below or no overall item is asked."""
    benchmark: Benchmark | None = None
    trends: tuple[TrendResult, ...] = ()
    composition: CompositionResult | None = None
    exemplars: tuple[Exemplar, ...] = ()
    """Units below whose action worked; of units whose actions were given."""
    pairings: tuple[Pairing, ...] = ()
    """Branches that could visit each other."""
    subtree: tuple[ItemPair, ...] = ()
    """What actions are held against where the unit's own items are too few; empty in a Report."""
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
