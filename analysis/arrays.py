"""What comes in: answers as arrays and counts as whole numbers, checked once. No statistic lives here."""

from __future__ import annotations

from fractions import Fraction
from math import isfinite
from typing import SupportsFloat, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import InsufficientData

Array = NDArray[np.float64]
Interval = tuple[float, float]


def answers(x: ArrayLike) -> Array:
    """n respondents x k items as floats; NaN = no scored answer. Raises ValueError for another shape or infinities."""
    return finite(as_table(x))


def as_table(x: ArrayLike) -> Array:
    """Rows x columns as floats, not yet looked at."""
    values = np.asarray(x, float)
    if values.size == 0 and values.ndim < 2:
        return np.empty((0, 0))
    if values.ndim != 2:
        raise ValueError("answers come as respondents x items")
    return values


def complete_rows(x: ArrayLike) -> Array:
    """Rows without a gap. Raises InsufficientData("empty") where none is left, ValueError for infinities."""
    values = as_table(x)
    complete = values[complete_among(values)]
    if complete.shape[0] == 0:
        raise InsufficientData("empty")
    return complete


def complete_among(values: Array) -> NDArray[np.bool_]:
    """Which rows have no gap. A row's sum tells, so that only rows with one are looked at cell by cell."""
    with np.errstate(all="ignore"):
        complete = np.isfinite(values @ np.ones(values.shape[1]))
    others = finite(values[~complete])
    complete[~complete] = ~np.isnan(others).any(axis=1)
    return np.asarray(complete, bool)


def known(x: ArrayLike) -> Array:
    """The values of one variable that are there, flat."""
    values = finite(np.asarray(x, float).ravel())
    return values[~np.isnan(values)]


def tallied(x: ArrayLike, times: ArrayLike | None) -> tuple[Array, NDArray[np.int64]]:
    """The values that are there and how many people have each: one, or as ``times`` says, a count for each of ``x``."""
    if times is None:
        values = known(x)
        return values, np.ones(values.size, np.int64)
    values, people = finite(np.asarray(x, float).ravel()), np.asarray(times).ravel()
    if people.shape != values.shape or (people < 0).any() or (people != np.round(people)).any():
        raise ValueError("every value is given with the number of people who have it")
    kept = ~np.isnan(values) & (people > 0)
    return values[kept], people[kept].astype(np.int64)


def mean_and_deviation(values: Array, people: NDArray[np.int64]) -> tuple[float, float]:
    """Mean and standard deviation (n - 1) of values that so many people have; equal values deviate by exactly 0.

    Raises: InsufficientData("empty") for nobody. One person's deviation is 0.
    """
    n = int(people.sum())
    if n == 0:
        raise InsufficientData("empty")
    mean = float((values * people).sum() / n)
    if np.ptp(values) == 0:
        return mean, 0.0
    return mean, float(np.sqrt(((values - mean) ** 2 * people).sum() / (n - 1)))


def finite(values: Array) -> Array:
    """The values, gaps included. Raises ValueError for infinities."""
    if np.isinf(values).any():
        raise ValueError("an answer is infinite")
    return values


def whole(value: SupportsIndex | SupportsFloat, name: str) -> int:
    """A count. Raises ValueError for a fraction, a negative number or NaN."""
    number = float(value) if not isinstance(value, SupportsIndex) else int(value)
    if not isfinite(number) or number < 0 or number != int(number):
        raise ValueError(f"{name} is a number of people, not {value!r}")
    return int(number)


def counts(successes: SupportsIndex, n: SupportsIndex) -> tuple[int, int]:
    """Satisfied and scored answers. Raises InsufficientData("empty") for n = 0, ValueError unless 0 <= x <= n."""
    x, asked = whole(successes, "successes"), whole(n, "n")
    if x > asked:
        raise ValueError(f"{x} satisfied of {asked}")
    if asked == 0:
        raise InsufficientData("empty")
    return x, asked


def counts_within(successes: SupportsIndex, n: SupportsIndex, population: SupportsIndex) -> tuple[int, int, int]:
    """`counts` and the people there are. Raises ValueError for more answers than people."""
    people = whole(population, "population")
    if whole(n, "n") > people:
        raise ValueError(f"{n} answers from {people} people")
    return *counts(successes, n), people


def share(value: str | float | Fraction, name: str) -> Fraction:
    """A share as it was written: 0.9 is nine tenths. Raises ValueError outside [0, 1]."""
    try:
        exact = Fraction(str(value))
    except ZeroDivisionError:
        raise ValueError(f"{name} is a share from 0 to 1, not {value}") from None
    if not 0 <= exact <= 1:
        raise ValueError(f"{name} is a share from 0 to 1, not {value}")
    return exact
