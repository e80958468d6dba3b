"""Weights that make answers speak for everybody, and how much of a change is a change of who answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import InsufficientData

Array = NDArray[np.float64]
RAKING_STEPS = 1000
RAKING_TOLERANCE = 1e-11


@dataclass(frozen=True, slots=True)
class Estimate:
    value: float
    se: float


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
        """Weighted mean of y (n values, no gaps) with the calibration standard error.

        Residuals of y on the margins, with the finite population correction of simple random sampling (Deville and
        Särndal 1992). Agrees with R ``survey::svymean`` after ``postStratify`` and ``rake`` with ``fpc``.
        """
        values = np.asarray(y, float).ravel()
        if values.size != self.weights.size or np.isnan(values).any():
            raise ValueError("one known value for each weight is needed")
        n = values.size
        mean = float(self.weights @ values / self.weights.sum())
        if n < 2:
            raise InsufficientData("too_few_rows")
        base = np.full(n, self.population / n)
        root = np.sqrt(base)[:, None]
        centred = values - mean
        coefficients = np.linalg.lstsq(self._design * root, centred * root[:, 0], rcond=None)[0]
        scores = self.weights * (centred - self._design @ coefficients) / self.weights.sum()
        spread = float(((scores - scores.mean()) ** 2).sum())
        return Estimate(mean, sqrt(n / (n - 1) * max(0.0, 1 - n / self.population) * spread))


def post_stratify(strata: Sequence[object], population: Mapping[object, float]) -> Weighted:
    """Weight each stratum to its known size: w = N_h / n_h (Holt and Smith 1979). R ``survey::postStratify``.

    Raises: InsufficientData("empty") without answers, ("too_few_rows") if a stratum with people has no answer;
    ValueError for a stratum that the population does not name.
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
    are then kept within ``trim`` times their mean (margins become approximate); None leaves them alone.
    R ``survey::rake``, ``survey::trimWeights``.

    Raises: as `post_stratify`; ValueError if the margins' totals differ; InsufficientData("no_convergence").
    """
    indicators = [_indicators(groups[name], margins[name]) for name in margins]
    totals = [sum(people for people in margins[name].values()) for name in margins]
    population = totals[0]
    if any(abs(total - population) > 1e-9 * population for total in totals):
        raise ValueError("the margins do not add up to the same number of people")
    n = indicators[0][0].shape[0]
    if n > population:
        raise ValueError("more answers than people")
    weights = _fit(np.full(n, population / n), indicators)
    if trim is not None:
        weights = _trimmed(weights, trim)
    return Weighted(weights, float(population), np.hstack([columns for columns, _ in indicators]))


def _indicators(members: Sequence[object], margin: Mapping[object, float]) -> tuple[Array, Array]:
    if len(members) == 0:
        raise InsufficientData("empty")
    inhabited = [group for group, people in margin.items() if people > 0]
    strangers = set(members) - set(inhabited)
    if strangers:
        raise ValueError(f"no people are known in {sorted(map(str, strangers))}")
    columns = np.array([[member == group for group in inhabited] for member in members], float)
    if (columns.sum(axis=0) == 0).any():
        raise InsufficientData("too_few_rows", "a group of the population has no answer")
    return columns, np.array([margin[group] for group in inhabited], float)


def _fit(weights: Array, indicators: list[tuple[Array, Array]]) -> Array:
    for _ in range(RAKING_STEPS):
        before = weights
        for columns, people in indicators:
            weights = weights * (columns @ (people / (columns.T @ weights)))
        if np.abs(weights - before).max() <= RAKING_TOLERANCE * weights.mean():
            return weights
    raise InsufficientData("no_convergence")


def _trimmed(weights: Array, limits: tuple[float, float]) -> Array:
    """Weights within limits times their mean; what is cut off goes to the others in proportion, the sum stays."""
    total = weights.sum()
    lower, upper = (limit * weights.mean() for limit in limits)
    fixed = np.zeros(weights.size, bool)
    while not fixed.all():
        outside = ~fixed & ((weights < lower * (1 - 1e-12)) | (weights > upper * (1 + 1e-12)))
        if not outside.any():
            break
        weights = np.where(outside, np.clip(weights, lower, upper), weights)
        fixed |= outside
        weights = np.where(fixed, weights, weights * (total - weights[fixed].sum()) / weights[~fixed].sum())
    return weights


@dataclass(frozen=True, slots=True)
class Kitagawa:
    """later - earlier, split into what people answered and who they were."""

    total: float
    rate_effect: float
    composition_effect: float


def kitagawa(rate_a: ArrayLike, weight_a: ArrayLike, rate_b: ArrayLike, weight_b: ArrayLike) -> Kitagawa:
    """Split the change of an overall rate from a to b over strata (Kitagawa 1955, JASA 50:1168).

    ``rate effect = sum (r_b - r_a)(w_a + w_b)/2``, ``composition effect = sum (w_b - w_a)(r_a + r_b)/2``; weights are
    scaled to sum to 1. Raises: ValueError unless the four have one length and weights are positive in sum.
    """
    ra, wa, rb, wb = (np.asarray(values, float).ravel() for values in (rate_a, weight_a, rate_b, weight_b))
    if not ra.shape == wa.shape == rb.shape == wb.shape or min(wa.sum(), wb.sum()) <= 0:
        raise ValueError("rates and weights of both years are needed for every stratum")
    wa, wb = wa / wa.sum(), wb / wb.sum()
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
    intercept is added. Complete rows only. R ``oaxaca::oaxaca``. Raises: InsufficientData("too_few_rows" | "singular").
    """
    (ma, ta), (mb, tb) = _complete_design(xa, ya), _complete_design(xb, yb)
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
    predictors, target = np.asarray(x, float), np.asarray(y, float).ravel()
    predictors = predictors.reshape(target.size, -1)
    known = ~(np.isnan(predictors).any(axis=1) | np.isnan(target))
    design = np.column_stack([np.ones(int(known.sum())), predictors[known]])
    if design.shape[0] < design.shape[1]:
        raise InsufficientData("too_few_rows")
    return design, target[known]


def _coefficients(design: Array, target: Array) -> Array:
    beta, _, rank, _ = np.linalg.lstsq(design, target, rcond=None)
    if rank < design.shape[1]:
        raise InsufficientData("singular")
    return np.asarray(beta, float)
