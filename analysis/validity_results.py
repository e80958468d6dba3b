"""Validity of the questionnaire for one unit: adequacy, structure, confirmation, invariance over two years.

Each figure is the unit's own from as many complete answers as it needs, else that of the nearest unit above that has
them. The statistics are `validity`, `explore`, `confirm` and `invariance`; who they are computed from is `pooling`.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

import numpy as np

from analysis.confirm import Fit, confirm_from_covariance
from analysis.counted import Counted
from analysis.errors import InsufficientData
from analysis.explore import explore_correlation
from analysis.invariance import invariance_from_moments
from analysis.parallel import parallel_analysis_from_correlation
from analysis.pooling import Pooled, candidates, computed
from analysis.scales import dimensions_of
from analysis.tables import ScaleCounts, Tables
from analysis.tree import Computed, Confirmation, Invariance, Structure, ValidityResult
from analysis.validity import (
    average_variance_extracted,
    bartlett_from_correlation,
    composite_reliability,
    fornell_larcker,
    htmt_from_correlation,
    kmo_from_correlation,
)
from instruments.model import Instrument

FEWEST_ITEMS = 3
FEWEST_FOR_CONFIRMATION = 200
FEWEST_A_YEAR = 100
SEED = 0
Dimensions = Mapping[str, tuple[str, ...]]


def validity_of(survey: Counted, earlier: Counted | None, comparable: Container[str]) -> ValidityResult | None:
    """Of the items of dimensions that everybody is asked; None for fewer than three.

    ``earlier`` is the same unit a year before, ``comparable`` says which items may be compared with it. Complete cases
    are those of the whole questionnaire, for a part of its items too.
    """
    found = candidates(survey, _questionnaire)
    items = found[0].items
    k = len(items)
    if k < FEWEST_ITEMS:
        return None
    dimensions = _dimensions(survey.instrument, items)
    factors = max(1, len(dimensions))
    enough_to_ask = fewest_for_adequacy(k)
    return ValidityResult(
        items=items,
        dimensions=tuple(dimensions),
        kmo=computed(found, enough_to_ask, lambda pooled: kmo_from_correlation(pooled.correlation)),
        bartlett=computed(found, enough_to_ask, lambda pooled: bartlett_from_correlation(pooled.correlation, pooled.n)),
        structure=computed(found, fewest_for_structure(k), lambda pooled: _structure(pooled, factors)),
        confirmation=computed(found, FEWEST_FOR_CONFIRMATION, lambda pooled: _confirmation(pooled, dimensions)),
        invariance=None if earlier is None else _invariance(survey, earlier, comparable),
    )


def fewest_for_adequacy(items: int) -> int:
    """Complete answers from which KMO and Bartlett's test are printed."""
    return max(50, 3 * items)


def fewest_for_structure(items: int) -> int:
    """Complete answers from which explored factors are printed."""
    return max(100, 5 * items)


def _questionnaire(tables: Tables) -> ScaleCounts:
    return tables.questionnaire


def _dimensions(instrument: Instrument, items: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Dimensions with at least two of these items."""
    members = {
        code: tuple(item for item in asked if item in items) for code, asked in dimensions_of(instrument).items()
    }
    return {code: asked for code, asked in members.items() if len(asked) > 1}


def _structure(pooled: Pooled, factors: int) -> Structure:
    suggested = parallel_analysis_from_correlation(pooled.correlation, pooled.n, seed=SEED)
    return Structure(suggested.n_factors, explore_correlation(pooled.correlation, factors))


def _confirmation(pooled: Pooled, dimensions: Dimensions) -> Confirmation:
    if not dimensions:
        raise InsufficientData("too_few_items", "no dimension has two items")
    used = pooled.of([item for items in dimensions.values() for item in items])
    structure = _columns(dimensions)
    fit = confirm_from_covariance(used.covariance, used.n, structure)
    loadings = _loadings(fit, structure)
    return Confirmation(
        fit=fit,
        average_variance_extracted={name: average_variance_extracted(values) for name, values in loadings.items()},
        composite_reliability={name: composite_reliability(values) for name, values in loadings.items()},
        fornell_larcker=fornell_larcker(loadings, fit.phi),
        htmt=_htmt(used, structure),
    )


def _columns(dimensions: Dimensions) -> dict[str, list[int]]:
    """Dimension -> the places of its items, all items of dimensions standing one after the other."""
    items = [item for members in dimensions.values() for item in members]
    return {code: [items.index(item) for item in members] for code, members in dimensions.items()}


def _loadings(fit: Fit, structure: Mapping[str, Sequence[int]]) -> dict[str, np.ndarray]:
    return {name: fit.loadings[list(rows), factor] for factor, (name, rows) in enumerate(structure.items())}


def _htmt(used: Pooled, structure: Mapping[str, Sequence[int]]) -> np.ndarray | None:
    try:
        return htmt_from_correlation(used.correlation, structure)
    except InsufficientData:
        return None


def _invariance(survey: Counted, earlier: Counted, comparable: Container[str]) -> Computed[Invariance] | None:
    """Of the smallest unit that has enough complete answers in both years; None where too little was asked twice."""
    dimensions = _asked_twice(survey.instrument, earlier.instrument, comparable)
    if not any(len(items) > 2 for items in dimensions.values()):
        return None
    items = [item for members in dimensions.values() for item in members]
    years = [_by_unit(year) for year in (survey, earlier)]
    both = [(now, years[1][unit]) for unit, now in years[0].items() if unit in years[1]]
    enough = next(((now, before) for now, before in both if min(now.n, before.n) >= FEWEST_A_YEAR), None)
    if enough is None:
        return Computed(None, min((both[0][0].n, both[0][1].n), default=0) if both else 0, "too_few_rows")
    now, before = enough[0].of(items), enough[1].of(items)
    n = min(now.n, before.n)
    try:
        found = invariance_from_moments(
            [(year.covariance, year.means, year.n) for year in (before, now)], _columns(dimensions)
        )
    except InsufficientData as refusal:
        return Computed(None, n, refusal.reason, now.source)
    result = Invariance(
        year=earlier.manifest.context.year,
        dimensions=tuple(dimensions),
        verdict=found.verdict.value,
        configural=found.configural,
        metric=found.metric,
        scalar=found.scalar,
    )
    return Computed(result, n, None, now.source)


def _asked_twice(later: Instrument, earlier: Instrument, comparable: Container[str]) -> dict[str, tuple[str, ...]]:
    """Dimensions of both years with at least two comparable items that everybody was asked in both."""
    before = {code: set(items) for code, items in _of_everybody(earlier).items()}
    members = {
        code: tuple(item for item in items if item in before.get(code, ()) and item in comparable)
        for code, items in _of_everybody(later).items()
    }
    return {code: items for code, items in members.items() if len(items) > 1}


def _of_everybody(instrument: Instrument) -> dict[str, tuple[str, ...]]:
    return {
        code: tuple(item for item in items if instrument.by_code[item].visible_if is None)
        for code, items in dimensions_of(instrument).items()
    }


def _by_unit(survey: Counted) -> dict[str, Pooled]:
    """Unit -> its covariances, from the unit itself upwards."""
    units = [survey.unit, *(ancestor.unit for ancestor in survey.ancestors)]
    return dict(zip(units, candidates(survey, _questionnaire), strict=True))
