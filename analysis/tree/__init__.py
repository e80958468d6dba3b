"""The one tree of results: AnnualResult, and Report of the same shape.

AnnualResult never leaves `analysis`: `disclosure.suppress` turns it into a Report, in which every figure
that must not be shown is a `Hidden` and every figure of a small group is coarsened. Pages, charts and
exports take a Report and nothing else. Building the tree is `report.annual_result`.

Rates and shares are fractions in [0, 1], indices are points in [0, 100], counts are people.
"""

from __future__ import annotations

from analysis.tree.facts import (
    Benchmark,
    BenchmarkRow,
    ChoiceResult,
    Comments,
    Comparable,
    DimensionResult,
    GroupCell,
    GroupColumn,
    GroupTable,
    ItemResult,
    Pairing,
    QualityResult,
    UnitRow,
)
from analysis.tree.figures import Detail, Hidden, LevelCount, Rate, WeightedRate
from analysis.tree.measurement import (
    AgreementResult,
    Computed,
    Confirmation,
    ImportanceResult,
    Invariance,
    ReliabilityResult,
    Structure,
    ValidityResult,
)
from analysis.tree.result import AnnualResult, Limits, ObjectiveResult, Provenance, Report
from analysis.tree.years import (
    ActionResult,
    ActionVerdict,
    Change,
    Comparability,
    CompositionResult,
    Exemplar,
    ItemPair,
    TrendResult,
    YearPoint,
)

__all__ = [
    "ActionResult",
    "ActionVerdict",
    "AgreementResult",
    "AnnualResult",
    "Benchmark",
    "BenchmarkRow",
    "Change",
    "ChoiceResult",
    "Comments",
    "Comparability",
    "Comparable",
    "CompositionResult",
    "Computed",
    "Confirmation",
    "Detail",
    "DimensionResult",
    "Exemplar",
    "GroupCell",
    "GroupColumn",
    "GroupTable",
    "Hidden",
    "ImportanceResult",
    "Invariance",
    "ItemPair",
    "ItemResult",
    "LevelCount",
    "Limits",
    "ObjectiveResult",
    "Pairing",
    "Provenance",
    "QualityResult",
    "Rate",
    "ReliabilityResult",
    "Report",
    "Structure",
    "TrendResult",
    "UnitRow",
    "ValidityResult",
    "WeightedRate",
    "YearPoint",
]
