"""One rate from parts of a group that answered unequally: what the answers rule out about the whole.

The grades made of it are in `targets`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt

import numpy as np

from analysis.arrays import Array

Stratum = tuple[int, int, int]
"""Satisfied and scored answers of so many people; answers above 0."""
_STEPS = 200
_TOLERANCE = 1e-10
_STRONGEST = 1e15


def distance_above(strata: Sequence[Stratum], satisfied: int) -> float:
    """How many standard errors the estimate ``sum N_h x_h / n_h`` lies above so many satisfied people; 0 if not.

    A score test: the variance is the larger of two under the claim. Of rates p_h that are likeliest with
    ``sum N_h p_h = satisfied`` (as for two strata Miettinen and Nurminen 1985, Stat. Med. 4:213), and of one common
    rate; each ``sum N_h² v_h p_h (1 - p_h)`` with ``v_h = (N_h - n_h) / ((N_h - 1) n_h)``, a draw without replacement.
    The estimate comes in steps; half of the largest is taken off (Yates 1934). Nobody left unheard: no error, infinite.
    """
    x, n, people = np.array(strata, float).T
    rates = x / n
    gap = float(people @ rates) - satisfied
    if gap <= 1e-9 * people.sum():
        return 0.0
    unheard = n < people
    unit = np.where(unheard, (people - n) / (np.maximum(people - 1, 1) * n), 0.0)
    common = satisfied / float(people.sum())
    apart = _likeliest(rates, unit * people, people, satisfied)
    variance = float(people**2 * unit @ np.maximum(0.0, apart * (1 - apart))), float(people**2 @ unit)
    spread = max(variance[0], variance[1] * common * (1 - common))
    step = float((people / n)[unheard].max(initial=0.0))
    return max(0.0, gap - step / 2) / sqrt(spread) if spread > 0 else float("inf")


def _likeliest(rates: Array, unit: Array, people: Array, satisfied: float) -> Array:
    """Rates pulled down from the observed until they make up so many satisfied people.

    With effective numbers of answers n_h: ``n_h (r_h - p_h) / (p_h (1 - p_h)) = c N_h``, and the c that does it.
    """

    def pulled(c: float) -> Array:
        pull = c * unit
        root = np.sqrt(np.maximum(0.0, (pull + 1) ** 2 - 4 * pull * rates))
        return np.asarray(2 * rates / (pull + 1 + root))

    def excess(c: float) -> float:
        return float(people @ pulled(c)) - satisfied

    low, high = 0.0, 1.0
    while excess(high) > 0 and high < _STRONGEST:
        low, high = high, 8 * high
    return pulled(_root(excess, low, high))


def _root(falling: Callable[[float], float], low: float, high: float) -> float:
    """Where a function falls through 0: false position, an end that stays twice counting half (Dowell and Jarratt)."""
    at_low, at_high, stayed = falling(low), falling(high), 0
    for _ in range(_STEPS):
        if at_high >= 0 or high - low <= _TOLERANCE * high:
            break
        middle = high - at_high * (high - low) / (at_high - at_low)
        at_middle = falling(middle)
        if abs(at_middle) <= _TOLERANCE * abs(at_low - at_high):
            return middle
        if at_middle > 0:
            low, at_low, at_high = middle, at_middle, at_high / 2 if stayed > 0 else at_high
            stayed = 1
        else:
            high, at_high, at_low = middle, at_middle, at_low / 2 if stayed < 0 else at_low
            stayed = -1
    return high
