"""Answers of the sample organisation, drawn from a model whose truth is known, so that tests can recover it.

The model. Person i of branch b answers item j with the level into which

    z_ij = shift_b + G f_i + D d_i(dimension of j) + sqrt(1 - G^2 - D^2) e_ij

falls; f, d and e are independent standard normal, G = 0.70 is the loading on one general factor, D = 0.35 on a
factor of the item's dimension. The thresholds of item j in year t are set so that without a branch shift the share of
satisfied answers is exactly ``Truth.satisfied[j][t]``; within satisfied and within not satisfied, shares fall from
the best level to the worst in fixed proportions. 不了解 comes independently of z with probability
``Truth.dont_know[j]`` where the scale offers it, so it moves no rate. From this follow, without simulation:

- `expected_rate`: the satisfaction rate over the branches, a mixture of normal tails;
- `expected_alpha`: Cronbach's alpha of the level codes, from bivariate normal probabilities integrated by
  Gauss-Hermite quadrature (latent correlation G^2 between dimensions, G^2 + D^2 within).

What the sample organisation lives through: the third dimension is the weak one; its first item improved by 25 points
from the first sealed year to the second, after an action; one item of the second dimension declined by 29 points; all
other items of dimensions stay where they were. One branch is weaker (shift -0.4), one stronger (+0.3).

Only numbers are made here; `demo` puts them through the services.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from instruments.model import DONT_KNOW, Instrument, Item, ItemType, Role
from instruments.rules import visible_items
from survey_app.demo.comments import COMMENTS

Answers = dict[str, int | tuple[int, ...] | str | None]

GENERAL_LOADING = 0.70
DIMENSION_LOADING = 0.35
DIMENSION_RATES = (0.90, 0.88, 0.76, 0.89, 0.87)
ITEM_STEPS = (0.03, 0.00, -0.03, 0.01, -0.02)
IMPROVED, IMPROVED_RATES = (2, 0), (0.53, 0.78, 0.80)
"""(dimension, item) counted from 0, and its rates in the three years. Large enough to be found in 150 answers."""
DECLINED, DECLINED_RATES = (1, 2), (0.93, 0.64, 0.66)
ROLE_RATES = {
    Role.OVERALL: (0.86, 0.90, 0.91),
    Role.ACTION_TAKEN: (0.70, 0.82, 0.83),
    Role.CANDOUR: (0.88, 0.88, 0.88),
}
USUAL_DONT_KNOW, SELDOM_KNOWN = 0.02, 0.12
"""Probability of 不了解; the larger one for the last item of the weak dimension."""
SATISFIED_STEP, UNSATISFIED_STEP = 0.8, 0.45
"""Each level's share relative to the next better one, within satisfied and within not satisfied."""
QUADRATURE_NODES = 48
NORMAL = NormalDist()

COMMENT_SHARE = 0.15
"""Share of people who write something; nobody writes what another wrote that year."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of the sample organisation: per item the satisfaction rate of each year and the share of 不了解."""

    satisfied: Mapping[str, tuple[float, ...]]
    dont_know: Mapping[str, float]
    improved: str
    declined: str
    weak_dimension: str


@dataclass(frozen=True, slots=True)
class Crowd:
    """The people of one branch who answer: how many, and how far their branch stands from the common level."""

    people: int
    shift: float = 0.0


def truth_of(instrument: Instrument) -> Truth:
    """The truth for a questionnaire with at least three dimensions of at least three items, as the catalogue's."""
    satisfied = {item.code: ROLE_RATES[item.role] for item in instrument.scored_items if item.role in ROLE_RATES}
    dont_know = {item.code: USUAL_DONT_KNOW for item in instrument.scored_items}
    coded = {(place, position): item.code for place, position, item in _placed(instrument)}
    for (place, position), code in coded.items():
        rate = DIMENSION_RATES[place % len(DIMENSION_RATES)] + ITEM_STEPS[position % len(ITEM_STEPS)]
        satisfied[code] = (rate, rate, rate)
    satisfied |= {coded[IMPROVED]: IMPROVED_RATES, coded[DECLINED]: DECLINED_RATES}
    for item in instrument.scored_items:
        satisfied.setdefault(item.code, (0.85, 0.85, 0.85))
    weak = instrument.dimensions[IMPROVED[0]].code
    dont_know[instrument.items_of(weak)[-1].code] = SELDOM_KNOWN
    return Truth(satisfied, dont_know, coded[IMPROVED], coded[DECLINED], weak)


def draw(
    instrument: Instrument, truth: Truth, year: int, crowds: Mapping[str, Crowd], rng: np.random.Generator
) -> dict[str, list[Answers]]:
    """Answers of every person in every branch; ``year`` counts from 0, the first sealed one."""
    unsaid = iter(rng.permutation(np.array(COMMENTS)).tolist())
    return {
        branch: _answers_of(instrument, truth, year, crowd, rng=rng, unsaid=unsaid) for branch, crowd in crowds.items()
    }


def expected_rate(truth: Truth, code: str, year: int, crowds: Sequence[Crowd]) -> float:
    """Share of satisfied answers over all branches together."""
    edge = NORMAL.inv_cdf(1 - truth.satisfied[code][year])
    people = sum(crowd.people for crowd in crowds)
    return sum(crowd.people * (1 - NORMAL.cdf(edge - crowd.shift)) for crowd in crowds) / people


def expected_alpha(
    instrument: Instrument, truth: Truth, codes: Sequence[str], year: int, crowds: Sequence[Crowd]
) -> float:
    """Cronbach's alpha of the level codes of these items, as the model implies it."""
    items = [instrument.by_code[code] for code in codes]
    edges = [_thresholds(instrument, item, truth.satisfied[item.code][year]) for item in items]
    weights = np.array([crowd.people for crowd in crowds], dtype=float)
    weights /= weights.sum()
    shifts = np.array([crowd.shift for crowd in crowds])
    covariance = np.empty((len(items), len(items)))
    for i, item in enumerate(items):
        for j in range(i, len(items)):
            correlation = 1.0 if i == j else _latent_correlation(item, items[j])
            covariance[i, j] = covariance[j, i] = _covariance(edges[i], edges[j], correlation, weights, shifts)
    k = len(items)
    return float(k / (k - 1) * (1 - np.trace(covariance) / covariance.sum()))


def _placed(instrument: Instrument) -> list[tuple[int, int, Item]]:
    """(position of the dimension, position within it, item) for every item of a dimension."""
    return [
        (place, position, item)
        for place, dimension in enumerate(instrument.dimensions)
        for position, item in enumerate(instrument.items_of(dimension.code))
    ]


def _latent_correlation(one: Item, other: Item) -> float:
    shared = one.dimension is not None and one.dimension == other.dimension
    return GENERAL_LOADING**2 + (DIMENSION_LOADING**2 if shared else 0.0)


def _thresholds(instrument: Instrument, item: Item, rate: float) -> NDArray[np.float64]:
    """Lower edges in z of all levels but the worst, ascending."""
    scale = instrument.scale_of(item)
    good, bad = len(scale.satisfied), len(scale.levels) - len(scale.satisfied)
    best_first = np.concatenate([rate * _falling(good, SATISFIED_STEP), (1 - rate) * _falling(bad, UNSATISFIED_STEP)])
    below = np.cumsum(best_first[::-1])[:-1]
    return np.array([NORMAL.inv_cdf(float(share)) for share in below])


def _falling(levels: int, step: float) -> NDArray[np.float64]:
    shares = step ** np.arange(levels)
    return np.asarray(shares / shares.sum())


def _covariance(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    correlation: float,
    weights: NDArray[np.float64],
    shifts: NDArray[np.float64],
) -> float:
    """Covariance of two level codes, each counting the thresholds that z exceeds, mixed over the branches."""
    from scipy.special import ndtr

    above_a = 1 - ndtr(a[None, :] - shifts[:, None])
    above_b = 1 - ndtr(b[None, :] - shifts[:, None])
    if correlation == 1.0:
        both = np.minimum(above_a[:, :, None], above_b[:, None, :])
    else:
        nodes, masses = np.polynomial.hermite_e.hermegauss(QUADRATURE_NODES)
        spread = np.sqrt(1 - correlation)
        common = np.sqrt(correlation) * nodes[None, :, None] + shifts[:, None, None]
        given_a, given_b = ndtr((common - a) / spread), ndtr((common - b) / spread)
        both = np.einsum("q,sqi,sqj->sij", masses / masses.sum(), given_a, given_b)
    return float(weights @ both.sum(axis=(1, 2)) - (weights @ above_a.sum(axis=1)) * (weights @ above_b.sum(axis=1)))


def _answers_of(
    instrument: Instrument, truth: Truth, year: int, crowd: Crowd, *, rng: np.random.Generator, unsaid: Iterator[str]
) -> list[Answers]:
    general = rng.standard_normal(crowd.people)
    by_dimension = {dimension.code: rng.standard_normal(crowd.people) for dimension in instrument.dimensions}
    columns = {
        item.code: _levels(instrument, item, truth, year, crowd, general=general, by_dimension=by_dimension, rng=rng)
        for item in instrument.scored_items
    }
    people = []
    for person in range(crowd.people):
        answers: Answers = {code: int(codes[person]) for code, codes in columns.items()}
        for item in instrument.items:
            if item not in instrument.scored_items:
                answers[item.code] = _free_answer(item, rng, unsaid)
        asked = {item.code for item in visible_items(instrument, answers)}
        people.append({item.code: answers[item.code] for item in instrument.items if item.code in asked})
    return people


def _levels(
    instrument: Instrument,
    item: Item,
    truth: Truth,
    year: int,
    crowd: Crowd,
    *,
    general: NDArray[np.float64],
    by_dimension: Mapping[str, NDArray[np.float64]],
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Level codes of one item for every person of a branch."""
    scale = instrument.scale_of(item)
    own = by_dimension.get(item.dimension or "")
    if own is None:
        own = rng.standard_normal(crowd.people)
    rest = np.sqrt(1 - GENERAL_LOADING**2 - DIMENSION_LOADING**2) * rng.standard_normal(crowd.people)
    z = crowd.shift + GENERAL_LOADING * general + DIMENSION_LOADING * own + rest
    reached = np.searchsorted(_thresholds(instrument, item, truth.satisfied[item.code][year]), z)
    codes = np.asarray(scale.codes)[reached]
    if item.reversed:
        codes = scale.low + scale.high - codes
    unknown = rng.random(crowd.people) < truth.dont_know[item.code]
    offers = any(unscored.code == DONT_KNOW for unscored in scale.unscored)
    return np.asarray(np.where(unknown & offers, DONT_KNOW, codes))


def _free_answer(item: Item, rng: np.random.Generator, unsaid: Iterator[str]) -> int | tuple[int, ...] | str | None:
    """An answer to an item that is not scored: options in falling frequency, a comment from a few."""
    codes = [option.code for option in item.options]
    if item.type is ItemType.SINGLE:
        shares = _falling(len(codes), 0.85)
        return int(rng.choice(codes, p=shares))
    if item.type is ItemType.MULTIPLE:
        return tuple(code for code in codes if rng.random() < 0.35) or (codes[0],)
    if item.type is ItemType.NUMBER:
        low, high = item.minimum or 0, item.maximum or 0
        return int(rng.integers(low, high + 1))
    return next(unsaid, None) if rng.random() < COMMENT_SHARE else None
