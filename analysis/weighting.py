"""Weights that make answers speak for everybody, and how much of a change is a change of who answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.arrays import Array, finite
from analysis.errors import InsufficientData, Reason

RAKING_STEPS = 1000
RAKING_TOLERANCE = 1e-11


@dataclass(frozen=True, slots=True)
class Estimate:
    value: float
    se: float | None
    """None for a single answer of several people."""
    reasons: Mapping[str, Reason] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Weighted:
    """Weights per respondent, summing to the population."""

    weights: Array
    population: float
    _design: Array = field(repr=False)
    """Indicator columns of the margins, n x c: residuals are taken around them."""

    @property
    def kish_n(self) -> float:
        """Effective number of answers, ``(sum w)² / sum w²`` (Kish 1965)."""
        return float(self.weights.sum() ** 2 / (self.weights**2).sum())

    def estimate(self, y: ArrayLike) -> Estimate:
        """Weighted mean of y (n values, NaN = no scored answer) with the calibration standard error.

        Residuals of y on the margins, with the finite population correction of simple random sampling (Deville and
        Särndal 1992). Agrees with R ``survey::svymean(na.rm=TRUE)`` after ``postStratify`` and ``rake`` with ``fpc``.
        Raises: InsufficientData("empty") without a value; ValueError unless there is one place for each weight.
        """
        values = finite(np.asarray(y, float).ravel())
        if values.size != self.weights.size:
            raise ValueError("one value for each weight is needed")
        there = ~np.isnan(values)
        if not there.any():
            raise InsufficientData("empty")
        n, weight = values.size, float(self.weights[there].sum())
        mean = float(self.weights[there] @ values[there]) / weight
        if n >= self.population:
            return Estimate(mean, 0.0)
        if there.sum() < 2:
            return Estimate(mean, None, {"se": "too_few_rows"})
        centred = np.where(there, values - mean, 0.0)
        residuals = centred - self._design @ np.linalg.lstsq(self._design, centred, rcond=None)[0]
        scores = self.weights * residuals / weight
        spread = float(((scores - scores.mean()) ** 2).sum())
        return Estimate(mean, sqrt(n / (n - 1) * (1 - n / self.population) * spread))


def post_stratify(strata: Sequence[object], population: Mapping[object, float]) -> Weighted:
    """Weight each stratum to its known size: w = N_h / n_h (Holt and Smith 1979). R ``survey::postStratify``.

    Raises: InsufficientData("empty") without answers, ("too_few_rows") if a stratum with people has no answer;
    ValueError for a stratum that the population does not name, or more answers than people.
    """
    return rake({"stratum": strata}, {"stratum": population}, trim=None)


def rake(
    groups: Mapping[str, Sequence[object]],
    margins: Mapping[str, Mapping[object, float]],
    *,
    trim: tuple[float, float] | None = (1 / 3, 3.0),
) -> Weighted:
    """Weight to several known margins at once by iterative proportional fitting (Deming and Stephan 1940).

    ``groups[name]`` gives each respondent's group in that margin, ``margins[name]`` the people in each group. Weights
    are then kept within ``trim`` times their mean: all are multiplied alike and cut at the limits, so that they still
    sum to the population (margins become approximate); None leaves them alone. R ``survey::rake``.

    Raises: as `post_stratify`; ValueError if the margins' totals differ, or for limits that do not hold 1 between
    them; InsufficientData("no_convergence") for margins that no weights of these respondents can meet.
    """
    if not margins or set(margins) != set(groups):
        raise ValueError("each margin needs the groups of the respondents")
    if trim is not None and not 0 <= trim[0] <= 1 <= trim[1]:
        raise ValueError(f"weights are kept below and above their mean, not within {trim}")
    known = [_Margin.of(groups[name], margins[name]) for name in margins]
    n, population = known[0].places.size, float(known[0].people.sum())
    if any(margin.places.size != n for margin in known):
        raise ValueError("each respondent belongs to one group of every margin")
    if any(abs(margin.people.sum() - population) > 1e-9 * population for margin in known):
        raise ValueError("the margins do not add up to the same number of people")
    if n > population:
        raise ValueError("more answers than people")
    weights = _fit(np.full(n, population / n), known)
    if trim is not None:
        weights = _trimmed(weights, trim)
    return Weighted(weights, population, np.hstack([margin.indicators for margin in known]))


@dataclass(frozen=True, slots=True)
class _Margin:
    places: NDArray[np.intp]
    """Of each respondent's group among the inhabited ones."""
    people: Array

    @classmethod
    def of(cls, members: Sequence[object], margin: Mapping[object, float]) -> _Margin:
        if not all(people >= 0 and isfinite(people) for people in margin.values()):
            raise ValueError("the people of a group are a number from 0 on")
        place = {group: k for k, group in enumerate(group for group, people in margin.items() if people > 0)}
        strangers = set(members) - set(place)
        if strangers:
            raise ValueError(f"no people are known in {sorted(map(str, strangers))}")
        if len(members) == 0:
            raise InsufficientData("empty")
        if len(set(members)) < len(place):
            raise InsufficientData("too_few_rows", "a group of the population has no answer")
        return cls(np.array([place[member] for member in members]), np.array([margin[group] for group in place], float))

    @property
    def indicators(self) -> Array:
        return np.eye(self.people.size)[self.places]

    def sums(self, weights: Array) -> Array:
        return np.asarray(np.bincount(self.places, weights), float)


def _fit(weights: Array, margins: Sequence[_Margin]) -> Array:
    for _ in range(RAKING_STEPS):
        for margin in margins:
            weights = weights * (margin.people / margin.sums(weights))[margin.places]
        if all((np.abs(margin.sums(weights) / margin.people - 1) <= RAKING_TOLERANCE).all() for margin in margins):
            return weights
    raise InsufficientData("no_convergence")


def _trimmed(weights: Array, limits: tuple[float, float]) -> Array:
    """``min(max(c w, lower), upper)`` with the c that keeps the sum."""
    lower, upper = (limit * float(weights.mean()) for limit in limits)
    if weights.min() >= lower and weights.max() <= upper:
        return weights
    from scipy.optimize import brentq

    def excess(factor: float) -> float:
        return float(np.clip(factor * weights, lower, upper).sum() - weights.sum())

    factor = brentq(excess, lower / weights.max(), upper / weights.min(), xtol=1e-15)
    return np.clip(factor * weights, lower, upper)


@dataclass(frozen=True, slots=True)
class Kitagawa:
    """later - earlier, split into what people answered and who they were."""

    total: float
    rate_effect: float
    composition_effect: float


def kitagawa(rate_a: ArrayLike, weight_a: ArrayLike, rate_b: ArrayLike, weight_b: ArrayLike) -> Kitagawa:
    """Split the change of an overall rate from a to b over strata (Kitagawa 1955, JASA 50:1168).

    ``rate effect = sum (r_b - r_a)(w_a + w_b)/2``, ``composition effect = sum (w_b - w_a)(r_a + r_b)/2``; weights are
    scaled to sum to 1. A stratum of weight 0 in a year needs no rate there: NaN is taken for the other year's rate, so
    that its coming or going is composition alone.

    Raises: InsufficientData("empty") where nobody is in a year; ValueError unless the four have one length, weights are
    no less than 0 and rates known where they are above.
    """
    ra, wa, rb, wb = (finite(np.asarray(values, float).ravel()) for values in (rate_a, weight_a, rate_b, weight_b))
    if not ra.shape == wa.shape == rb.shape == wb.shape or not ((wa >= 0) & (wb >= 0)).all():
        raise ValueError("rates and weights of both years are needed for every stratum")
    if wa.sum() == 0 or wb.sum() == 0:
        raise InsufficientData("empty")
    if np.isnan(ra[wa > 0]).any() or np.isnan(rb[wb > 0]).any():
        raise ValueError("a stratum with people has a rate")
    ra, rb = np.where(np.isnan(ra), rb, ra), np.where(np.isnan(rb), ra, rb)
    inhabited = (wa > 0) | (wb > 0)
    ra, rb, wa, wb = ra[inhabited], rb[inhabited], wa[inhabited] / wa.sum(), wb[inhabited] / wb.sum()
    rate = float(((rb - ra) * (wa + wb) / 2).sum())
    composition = float(((wb - wa) * (ra + rb) / 2).sum())
    return Kitagawa(rate + composition, rate, composition)


@dataclass(frozen=True, slots=True)
class Threefold:
    endowments: float
    coefficients: float
    interaction: float


@dataclass(frozen=True, slots=True)
class Twofold:
    explained: float
    unexplained: float


@dataclass(frozen=True, slots=True)
class OaxacaBlinder:
    difference: float
    threefold: Threefold
    twofold: Mapping[str, Twofold]
    """By reference coefficients: "a", "b", "average" (0.5) and "pooled" (Neumark, without a group term)."""


def oaxaca_blinder(xa: ArrayLike, ya: ArrayLike, xb: ArrayLike, yb: ArrayLike) -> OaxacaBlinder:
    """Split the difference of two groups' means (b - a) over regressors, seen from a (Oaxaca 1973; Blinder 1973).

    ``endowments = (xb - xa)'β_a``, ``coefficients = xa'(β_b - β_a)``, ``interaction = (xb - xa)'(β_b - β_a)``; an
    intercept is added. Complete rows only. R ``oaxaca::oaxaca``.
    Raises: InsufficientData("empty" | "too_few_rows" | "singular"); ValueError for other rows or columns.
    """
    (ma, ta), (mb, tb) = _complete_design(xa, ya), _complete_design(xb, yb)
    if ma.shape[1] != mb.shape[1]:
        raise ValueError("both groups have the same regressors")
    ba, bb = _coefficients(ma, ta), _coefficients(mb, tb)
    pooled = _coefficients(np.vstack([ma, mb]), np.concatenate([ta, tb]))
    mean_a, mean_b = ma.mean(axis=0), mb.mean(axis=0)
    gap = mean_b - mean_a
    difference = float(tb.mean() - ta.mean())
    references = {"a": ba, "b": bb, "average": (ba + bb) / 2, "pooled": pooled}
    return OaxacaBlinder(
        difference=difference,
        threefold=Threefold(float(gap @ ba), float(mean_a @ (bb - ba)), float(gap @ (bb - ba))),
        twofold={name: Twofold(float(gap @ beta), difference - float(gap @ beta)) for name, beta in references.items()},
    )


def _complete_design(x: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
    predictors, target = finite(np.asarray(x, float)), finite(np.asarray(y, float).ravel())
    if predictors.ndim == 1:
        predictors = predictors[:, None]
    if predictors.ndim != 2 or predictors.shape[0] != target.size:
        raise ValueError("each row of the regressors needs one value")
    known = ~(np.isnan(predictors).any(axis=1) | np.isnan(target))
    design = np.column_stack([np.ones(int(known.sum())), predictors[known]])
    if design.shape[0] == 0:
        raise InsufficientData("empty")
    if design.shape[0] < design.shape[1]:
        raise InsufficientData("too_few_rows")
    return design, target[known]


def _coefficients(design: Array, target: Array) -> Array:
    beta, _, rank, _ = np.linalg.lstsq(design, target, rcond=None)
    if rank < design.shape[1]:
        raise InsufficientData("singular")
    return np.asarray(beta, float)
