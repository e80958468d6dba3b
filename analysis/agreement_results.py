"""How branches differ and agree within on overall satisfaction, from their counts; of branches whose rate is shown."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median

import numpy as np
from numpy.typing import NDArray

from analysis.counted import Counted
from analysis.scoring import keyed_counts
from analysis.tree import AgreementResult, Detail, Hidden

FEWEST_UNITS = 10
Array = NDArray[np.float64]


def agreement_of(survey: Counted, overall: str | None, rows: Mapping[str, Detail | Hidden]) -> AgreementResult | None:
    """Over direct sub-units with two answers whose overall rate may be shown (``rows`` as in `Limits`), from ten on.

    One-way analysis of variance with unequal sizes: ``ICC(1) = (MSB - MSW) / (MSB + (n0 - 1) MSW)``,
    ``n0 = (N - sum n²/N) / (g - 1)``, ``ICC(k) = (MSB - MSW) / MSB`` (Bliese 2000; with equal sizes Shrout and
    Fleiss 1979, cases 1 and 1,k). Within a branch ``rwg = 1 - s² / ((A² - 1)/12)``, not below 0 (James,
    Demaree and Wolf 1984).
    None where nobody differs from anybody.
    """
    if overall is None:
        return None
    hidden = survey.manifest.hidden_units
    counts = [
        keyed_counts(survey.instrument, overall, survey.for_unit(unit).counts(overall))
        for unit, limit in rows.items()
        if isinstance(limit, Detail) and unit not in hidden
    ]
    answers = np.array([found for found in counts if sum(found) > 1], float)
    if len(answers) < FEWEST_UNITS:
        return None
    levels = np.array(sorted(survey.instrument.scale_of(survey.instrument.by_code[overall]).codes), float)
    return _agreement(overall, answers, levels)


def _agreement(overall: str, counts: Array, levels: Array) -> AgreementResult | None:
    n, sums, squares = counts.sum(axis=1), counts @ levels, counts @ levels**2
    groups, people = len(n), n.sum()
    within = squares - sums**2 / n
    between = (sums**2 / n).sum() - sums.sum() ** 2 / people
    mean_within, mean_between = within.sum() / (people - groups), between / (groups - 1)
    usual_size = (people - (n**2).sum() / people) / (groups - 1)
    spread = mean_between + (usual_size - 1) * mean_within
    if spread <= 0:
        return None
    expected = (levels.size**2 - 1) / 12
    return AgreementResult(
        item=overall,
        units=groups,
        icc1=float((mean_between - mean_within) / spread),
        icc_k=float((mean_between - mean_within) / mean_between) if mean_between > 0 else None,
        median_rwg=float(median(np.maximum(0.0, 1 - within / (n - 1) / expected).tolist())),
    )
