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
from numpy.typing import ArrayLike
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
    "ShareChange", "Verdict", "Welch", "compare", "smallest_visible_change",
]  # fmt: skip

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
    levels: Sequence[float] | Sequence[Sequence[float]],
    satisfied: Sequence[float] | Sequence[Sequence[float]] | None = None,
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
    as such (default the two highest); margin on the scale of the answers, default (high - low)/16.
    Raises: ValueError for other columns, unknown levels, a margin not above 0, or alpha outside (0, 1).
    """
    first, second = answers(earlier), answers(later)
    k = first.shape[1]
    if second.shape[1] != k:
        raise ValueError(f"{k} columns against {second.shape[1]}")
    upper_probability(alpha)
    if margin is not None and not margin > 0:
        raise ValueError(f"a margin is above 0, not {margin}")
    scales = [np.asarray(codes, float) for codes in _per_column(levels, k)]
    good = [codes[-2:] for codes in scales] if satisfied is None else _per_column(satisfied, k)
    years = [
        TwoYears(
            earlier=_counts(first[:, j], scales[j]),
            later=_counts(second[:, j], scales[j]),
            levels=scales[j],
            satisfied=np.isin(scales[j], good[j]),
            margin=margin if margin is not None else float(scales[j][-1] - scales[j][0]) / MARGIN_SHARE,
        )
        for j in range(k)
    ]
    family = set(range(k)) if primary is None else {whole(j, "primary") for j in primary}
    return Comparison(_judged([_item(column) for column in years], family, alpha))


def _per_column(codes: Sequence[float] | Sequence[Sequence[float]], k: int) -> list[Array]:
    if len(codes) and isinstance(codes[0], Sequence | np.ndarray):
        if len(codes) != k:
            raise ValueError(f"{len(codes)} scales for {k} columns")
        return [np.asarray(column, float) for column in codes]
    return [np.asarray(codes, float)] * k


def _counts(column: Array, levels: Array) -> Counts:
    values = column[~np.isnan(column)]
    if levels.size < 2 or (np.diff(levels) <= 0).any():
        raise ValueError("levels are at least two codes, low to high")
    if not np.isin(values, levels).all():
        raise ValueError(f"{sorted(set(values.tolist()) - set(levels.tolist()))} are none of the levels")
    return np.bincount(np.searchsorted(levels, values), minlength=levels.size).astype(np.int64)


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
    if whole(n, "n") == 0:
        raise InsufficientData("empty")
    if population is None:
        return 1 / n
    if n > population:
        raise ValueError(f"{n} answers from {population} people")
    return 0.0 if n == population else (population - n) / ((population - 1) * n)
