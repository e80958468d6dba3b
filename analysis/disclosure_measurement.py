"""What may be shown of figures that come from covariances: reliability, validity, importance.

They are computed from 30 answers at the least, in real numbers that no single answer can be told from; borrowed ones
are of a unit above. What goes are numbers of complete cases below the threshold, and in reliability the items' means:
over other people than the items' own, they would say what the rest answered.
"""

from __future__ import annotations

from dataclasses import replace

from analysis.pooling import shown
from analysis.reliability import Alpha
from analysis.tree import Hidden, ImportanceResult, ReliabilityResult, ValidityResult


def shown_reliability(found: ReliabilityResult, threshold: int) -> ReliabilityResult:
    n = Hidden.TOO_FEW if not isinstance(found.n, Hidden) and found.n < threshold else found.n
    return replace(found, n=n, alpha=None if found.alpha is None else _without_means(found.alpha))


def _without_means(alpha: Alpha) -> Alpha:
    return replace(alpha, items=tuple(replace(item, mean=None, sd=None) for item in alpha.items))


def shown_validity(found: ValidityResult | None, threshold: int) -> ValidityResult | None:
    if found is None:
        return None
    return replace(
        found,
        kmo=shown(found.kmo, threshold),
        bartlett=shown(found.bartlett, threshold),
        structure=shown(found.structure, threshold),
        confirmation=shown(found.confirmation, threshold),
        invariance=None if found.invariance is None else shown(found.invariance, threshold),
    )


def shown_importance(found: ImportanceResult | None, threshold: int) -> ImportanceResult | None:
    return None if found is None else replace(found, importance=shown(found.importance, threshold))
