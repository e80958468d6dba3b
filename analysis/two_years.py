"""One question in two years: every test and effect size of the change, from answers per level.

What the tests together allow to be said is `comparison`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import asin, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from analysis.arrays import Array, Interval
from analysis.distributions import (
    chi_square_above,
    fisher_two_sided,
    t_above,
    t_quantile,
    two_sided_normal,
    two_sided_t,
)
from analysis.errors import InsufficientData
from analysis.ordinal import ordinal_logit
from analysis.proportion import difference
from analysis.ranks import cliffs_delta, mann_whitney

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Welch:
    t: float
    df: float
    p: float
    ci: Interval


@dataclass(frozen=True, slots=True)
class ChiSquare:
    chi2: float
    df: int
    p: float


@dataclass(frozen=True, slots=True)
class ShareChange:
    """Of the satisfied levels. z and p: pooled; None where all or none were satisfied in both years."""

    difference: float
    z: float | None
    p: float | None
    ci: Interval


@dataclass(frozen=True, slots=True)
class Equivalence:
    p: float
    ci90: Interval


@dataclass(frozen=True, slots=True)
class _Moments:
    n: int
    mean: float
    variance: float


@dataclass(frozen=True, slots=True)
class TwoYears:
    """One column of both years as answers per level, low to high."""

    earlier: Counts
    later: Counts
    levels: Array
    satisfied: NDArray[np.bool_]
    margin: float

    def moments(self) -> tuple[_Moments, _Moments]:
        before, after = (self._moments(counts) for counts in (self.earlier, self.later))
        return before, after

    def _moments(self, counts: Counts) -> _Moments:
        n = int(counts.sum())
        mean = float(counts @ self.levels) / n
        varies = n > 1 and (counts > 0).sum() > 1
        return _Moments(n, mean, float(counts @ (self.levels - mean) ** 2) / (n - 1) if varies else 0.0)

    def shares(self) -> tuple[int, int, int, int]:
        """Satisfied and scored answers, later first."""
        x1, n1 = int(self.earlier[self.satisfied].sum()), int(self.earlier.sum())
        return int(self.later[self.satisfied].sum()), int(self.later.sum()), x1, n1


def _mean_difference(years: TwoYears) -> float:
    before, after = years.moments()
    return after.mean - before.mean


def _standard_error(years: TwoYears) -> tuple[float, float, float]:
    """Difference of the means, its standard error and Satterthwaite's degrees of freedom."""
    before, after = years.moments()
    if min(before.n, after.n) < 2:
        raise InsufficientData("too_few_rows")
    a, b = before.variance / before.n, after.variance / after.n
    if a + b == 0:
        raise InsufficientData("constant_item")
    return after.mean - before.mean, sqrt(a + b), (a + b) ** 2 / (a**2 / (before.n - 1) + b**2 / (after.n - 1))


def _welch(years: TwoYears) -> Welch:
    """R ``t.test(later, earlier)``."""
    gap, se, df = _standard_error(years)
    half = t_quantile(0.95, df) * se
    return Welch(gap / se, df, two_sided_t(gap / se, df), (gap - half, gap + half))


def _equivalence(years: TwoYears) -> Equivalence:
    """Two one-sided Welch tests; the larger p."""
    gap, se, df = _standard_error(years)
    half = t_quantile(0.90, df) * se
    p = max(t_above((gap + years.margin) / se, df), t_above((years.margin - gap) / se, df))
    return Equivalence(p, (gap - half, gap + half))


def _chi_square(years: TwoYears) -> ChiSquare:
    """Of all used levels against the year; R ``chisq.test(correct=FALSE)``."""
    table = np.vstack([years.earlier, years.later]).astype(float)
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2:
        raise InsufficientData("constant_item")
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    chi2, df = float(((table - expected) ** 2 / expected).sum()), table.shape[1] - 1
    return ChiSquare(chi2, df, chi_square_above(chi2, df))


def _share_change(years: TwoYears) -> ShareChange:
    """Newcombe's interval; z of the pooled share, R ``prop.test(correct=FALSE)``."""
    x2, n2, x1, n1 = years.shares()
    gap, pooled = difference(x2, n2, x1, n1), (x1 + x2) / (n1 + n2)
    if pooled in (0.0, 1.0):
        return ShareChange(gap.difference, None, None, gap.ci)
    z = gap.difference / sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    return ShareChange(gap.difference, z, two_sided_normal(z), gap.ci)


def _hedges_g(years: TwoYears) -> float:
    """Difference of means in pooled standard deviations, exact small-sample factor. R ``effectsize::hedges_g``."""
    before, after = years.moments()
    df = before.n + after.n - 2
    pooled = (before.variance * (before.n - 1) + after.variance * (after.n - 1)) / max(df, 1)
    if df < 2:
        raise InsufficientData("too_few_rows")
    if pooled == 0:
        raise InsufficientData("constant_item")
    factor = float(np.exp(gammaln(df / 2) - gammaln((df - 1) / 2))) / sqrt(df / 2)
    return (after.mean - before.mean) / sqrt(pooled) * factor


def _cohens_h(years: TwoYears) -> float:
    """Difference of the shares on the arcsine scale (Cohen 1988, chapter 6)."""
    x2, n2, x1, n1 = years.shares()
    return 2 * asin(sqrt(x2 / n2)) - 2 * asin(sqrt(x1 / n1))


FIGURES: Mapping[str, Callable[[TwoYears], object]] = {
    "mean_difference": _mean_difference,
    "welch": _welch,
    "mann_whitney": lambda years: mann_whitney(years.earlier, years.later),
    "chi_square": _chi_square,
    "fisher_p": lambda years: fisher_two_sided(*years.shares()),
    "proportion": _share_change,
    "ordinal_logit": lambda years: ordinal_logit(years.earlier, years.later),
    "cliffs_delta": lambda years: cliffs_delta(years.earlier, years.later),
    "hedges_g": _hedges_g,
    "cohens_h": _cohens_h,
    "tost": _equivalence,
}
