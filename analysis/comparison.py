"""Year against year, item by item: tests of the process, effect sizes, equivalence, and what may be said of it.

Whether the two years may be compared at all is `comparability`; whether a group reached an objective is `targets`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import asin, pi, sin, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from analysis.arrays import Array, answers, whole
from analysis.distributions import upper_probability
from analysis.errors import InsufficientData, Reason
from analysis.multiplicity import benjamini_hochberg, holm
from analysis.ordinal import OrdinalLogit
from analysis.ranks import CliffsDelta, MannWhitney
from analysis.two_years import FIGURES, ChiSquare, Counts, Equivalence, ShareChange, TwoYears, Welch

__all__ = [
    "ChiSquare", "CliffsDelta", "Comparison", "Equivalence", "ItemComparison", "MannWhitney", "OrdinalLogit",
    "ShareChange", "Verdict", "Welch", "compare", "compare_counts", "smallest_visible_change",
]  # fmt: skip

Codes = Sequence[float] | Sequence[Sequence[float]] | Sequence[Array]
"""Levels of all items, or one list for each."""

MARGIN_SHARE = 16
"""Without a margin of its own, an item is equivalent within a sixteenth of its scale: a quarter point of five."""


class Verdict(StrEnum):
    EQUIVALENT = "equivalent"
    IMPROVED = "improved"
    DECLINED = "declined"
    NO_CLEAR_CHANGE = "no_clear_change"


@dataclass(frozen=True, slots=True)
class ItemComparison:
    """Later - earlier for one column. A field that does not exist is None, with its reason in ``reasons``.

    ``holm`` is None outside the primary columns; their verdict can be no better than no_clear_change or equivalent.
    """

    n_earlier: int
    n_later: int
    satisfied_earlier: int
    satisfied_later: int
    mean_difference: float | None = None
    welch: Welch | None = None
    mann_whitney: MannWhitney | None = None
    chi_square: ChiSquare | None = None
    fisher_p: float | None = None
    proportion: ShareChange | None = None
    ordinal_logit: OrdinalLogit | None = None
    cliffs_delta: CliffsDelta | None = None
    hedges_g: float | None = None
    cohens_h: float | None = None
    tost: Equivalence | None = None
    holm: float | None = None
    bh: float | None = None
    verdict: Verdict = Verdict.NO_CLEAR_CHANGE
    reasons: Mapping[str, Reason] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Comparison:
    items: tuple[ItemComparison, ...]


def compare(
    earlier: ArrayLike,
    later: ArrayLike,
    *,
    levels: Codes,
    satisfied: Codes | None = None,
    alpha: float = 0.05,
    margin: float | None = None,
    primary: Sequence[int] | None = None,
) -> Comparison:
    """Every column of two years' answers (n x k, same columns, NaN = no scored answer), as a draw from a process.

    The deciding test is Mann-Whitney's, adjusted by Holm over the ``primary`` columns (default all); Benjamini-Hochberg
    over all is printed beside it. Verdict, in this order: equivalent if two one-sided Welch tests at -/+ margin say so
    at alpha (Schuirmann 1987); improved or declined if Holm's p <= alpha, by the sign of Cliff's delta unless the
    means differ the other way; else no clear change.

    Parameters: levels, all codes low to high, of all columns or one list for each; satisfied, the levels that count
    as such (default the two highest, of two the higher); margin on the scale of the answers, default (high - low)/16;
    primary, the places of the columns from 0.
    Raises: ValueError for other columns, unknown levels or places, a margin not above 0, or alpha outside (0, 1).
    """
    first, second = answers(earlier), answers(later)
    k = first.shape[1]
    if second.shape[1] != k:
        raise ValueError(f"{k} columns against {second.shape[1]}")
    scales = _scales(levels, k)
    return compare_counts(
        *([_counted(year[:, j], codes) for j, codes in enumerate(scales)] for year in (first, second)),
        levels=scales,
        satisfied=satisfied,
        alpha=alpha,
        margin=margin,
        primary=primary,
    )


def compare_counts(
    earlier: Sequence[ArrayLike],
    later: Sequence[ArrayLike],
    *,
    levels: Codes,
    satisfied: Codes | None = None,
    alpha: float = 0.05,
    margin: float | None = None,
    primary: Sequence[int] | None = None,
) -> Comparison:
    """`compare` from counts: for each item of both years the number of answers per level, low to high.

    Raises: ValueError as `compare`, for counts that are no numbers of people or do not fit the levels, and for items
    that only one year has.
    """
    k = len(earlier)
    if len(later) != k:
        raise ValueError(f"{k} items against {len(later)}")
    upper_probability(alpha)
    if margin is not None and not margin > 0:
        raise ValueError(f"a margin is above 0, not {margin}")
    scales = _scales(levels, k)
    years = [
        TwoYears(
            earlier=_per_level(earlier[j], codes),
            later=_per_level(later[j], codes),
            levels=codes,
            satisfied=good,
            margin=margin if margin is not None else float(codes[-1] - codes[0]) / MARGIN_SHARE,
        )
        for j, (codes, good) in enumerate(zip(scales, _satisfied(satisfied, scales), strict=True))
    ]
    family = set(range(k)) if primary is None else {whole(j, "primary") for j in primary}
    if not family <= set(range(k)):
        raise ValueError(f"there are {k} items, none of the places {sorted(family - set(range(k)))}")
    return Comparison(_judged([_item(item) for item in years], family, alpha))


def _per_item(codes: Codes, k: int) -> list[Array]:
    if len(codes) and isinstance(codes[0], Sequence | np.ndarray):
        if len(codes) != k:
            raise ValueError(f"{len(codes)} scales for {k} items")
        return [np.asarray(item, float) for item in codes]
    return [np.asarray(codes, float)] * k


def _scales(levels: Codes, k: int) -> list[Array]:
    scales = _per_item(levels, k)
    if any(codes.size < 2 or not (np.diff(codes) > 0).all() for codes in scales):
        raise ValueError("levels are at least two codes, low to high")
    return scales


def _satisfied(satisfied: Codes | None, scales: Sequence[Array]) -> list[NDArray[np.bool_]]:
    """Which levels count as satisfied: the two highest, of two levels the higher, unless said."""
    if satisfied is None:
        return [np.arange(codes.size) >= max(1, codes.size - 2) for codes in scales]
    named = _per_item(satisfied, len(scales))
    if not all(np.isin(good, codes).all() for good, codes in zip(named, scales, strict=True)):
        raise ValueError("satisfied levels are among the levels")
    return [np.isin(codes, good) for good, codes in zip(named, scales, strict=True)]


def _counted(column: Array, levels: Array) -> Counts:
    """Answers per level. A look per level, no sorting: there are few levels and many answers."""
    values = np.ascontiguousarray(column)
    counts = np.array([np.count_nonzero(values == level) for level in levels], np.int64)
    if counts.sum() + np.count_nonzero(np.isnan(values)) != values.size:
        others = values[~np.isnan(values) & ~np.isin(values, levels)]
        raise ValueError(f"{sorted(set(others.tolist()))} are none of the levels")
    return counts


def _per_level(counts: ArrayLike, levels: Array) -> Counts:
    numbers = np.asarray(counts)
    if numbers.shape != levels.shape:
        raise ValueError(f"{numbers.size} counts for {levels.size} levels")
    return np.array([whole(number, "a count") for number in numbers.tolist()], np.int64)


def _item(years: TwoYears) -> ItemComparison:
    """All figures that exist; of the others the reason."""
    x2, n2, x1, n1 = years.shares()
    found: dict[str, Any] = {}
    reasons: dict[str, Reason] = {}
    for name, figure in FIGURES.items():
        try:
            if n1 == 0 or n2 == 0:
                raise InsufficientData("empty")
            found[name] = figure(years)
        except InsufficientData as refusal:
            reasons[name] = refusal.reason
    share, delta = found.get("proportion"), found.get("cliffs_delta")
    if share is not None and share.z is None:
        reasons |= {"proportion.z": "constant_item", "proportion.p": "constant_item"}
    if delta is not None and delta.ci is None:
        reasons["cliffs_delta.ci"] = "too_few_rows" if min(n1, n2) < 2 else "separated"
    return ItemComparison(n1, n2, x1, x2, reasons=reasons, **found)


def _judged(items: Sequence[ItemComparison], family: set[int], alpha: float) -> tuple[ItemComparison, ...]:
    p = [item.mann_whitney.p if item.mann_whitney else None for item in items]
    by_family = holm([value if j in family else None for j, value in enumerate(p)])
    by_rate = benjamini_hochberg(p)
    return tuple(
        replace(item, holm=adjusted, bh=rate, verdict=_verdict(item, adjusted, alpha))
        for item, adjusted, rate in zip(items, by_family, by_rate, strict=True)
    )


def _verdict(item: ItemComparison, adjusted: float | None, alpha: float) -> Verdict:
    if item.tost is not None and item.tost.p <= alpha:
        return Verdict.EQUIVALENT
    if adjusted is None or adjusted > alpha or item.cliffs_delta is None or item.mean_difference is None:
        return Verdict.NO_CLEAR_CHANGE
    if item.cliffs_delta.value > 0 and item.mean_difference >= 0:
        return Verdict.IMPROVED
    if item.cliffs_delta.value < 0 and item.mean_difference <= 0:
        return Verdict.DECLINED
    return Verdict.NO_CLEAR_CHANGE


def smallest_visible_change(
    n1: int,
    n2: int,
    p: float,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    population1: int | None = None,
    population2: int | None = None,
) -> float | None:
    """The change of a share p from which on two-sided tests of so many answers find most rises and most falls.

    On the arcsine scale: ``h = (z_(1-alpha/2) + z_power) sqrt(1/n1 + 1/n2)`` from ``2 asin sqrt(p)`` (Cohen 1988,
    chapter 6; R ``pwr::pwr.2p2n.test``). With populations, 1/n becomes (N-n)/((N-1) n): the change of the groups
    themselves, 0 for two censuses. Near 0 and 1 the two directions differ: the larger of the two, so that neither is
    promised too much; where only one could be found at all (98 % cannot rise by ten points), that one. None where even
    a change to nobody or to everybody could be missed.

    Raises: InsufficientData("empty") for n = 0; ValueError for p, alpha or power outside their range, or n > N.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"a share lies from 0 to 1, not {p}")
    upper_probability(alpha)
    upper_probability(power)
    spread = _answer_variance(n1, population1) + _answer_variance(n2, population2)
    if spread == 0:
        return 0.0
    step = (float(ndtri(1 - alpha / 2)) + float(ndtri(power))) * sqrt(spread) / 2
    here = asin(sqrt(p))
    up = sin(here + step) ** 2 - p if here + step <= pi / 2 else None
    down = p - sin(here - step) ** 2 if here - step >= 0 else None
    return max((change for change in (up, down) if change is not None), default=None)


def _answer_variance(n: int, population: int | None) -> float:
    answered = whole(n, "n")
    if answered == 0:
        raise InsufficientData("empty")
    if population is None:
        return 1 / answered
    people = whole(population, "population")
    if answered > people:
        raise ValueError(f"{answered} answers from {people} people")
    return 0.0 if answered == people else (people - answered) / ((people - 1) * answered)
