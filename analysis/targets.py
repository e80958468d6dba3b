"""Objectives to verdicts: did this group of people reach the threshold? Exact counts, the silent included.

Whether a way of working changed is another question: `comparison`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.arrays import Array, counts, counts_within, mean_and_deviation, share, tallied, whole
from analysis.distributions import is_as_rare_as, normal_quantile, standard_error_of_mean, t_quantile
from analysis.errors import InsufficientData
from analysis.proportion import hypergeometric_bounds
from analysis.stratified import Stratum, distance_above

LEVEL = Fraction(1, 20)
"""A confident grade is wrong at most this often."""
CHART_CONFIDENCE = 0.90
"""The two-sided interval whose one side is the confident grade."""
FEWEST_FOR_T = 10


class Grade(StrEnum):
    """确定达成 有把握达成 数值达成 数值未达成 有把握未达成 确定未达成."""

    MET_CERTAIN = "met_certain"
    MET_CONFIDENT = "met_confident"
    MET_AT_FACE_VALUE = "met_at_face_value"
    MISSED_AT_FACE_VALUE = "missed_at_face_value"
    MISSED_CONFIDENT = "missed_confident"
    MISSED_CERTAIN = "missed_certain"

    @property
    def is_met(self) -> bool:
        return self in (Grade.MET_CERTAIN, Grade.MET_CONFIDENT, Grade.MET_AT_FACE_VALUE)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict on an objective. What needs the number of eligible people is None where that is unknown.

    For a rate, ``required``, ``lower`` and ``upper`` are satisfied people in the whole group; for a mean ``required``
    is None and the bounds are means. ``silent`` people gave no scored answer; so many of them as ``silent_needed``
    would have to be satisfied (at the highest score) for the objective to be reached for certain.
    """

    grade: Grade
    required: int | None
    lower: float | None
    upper: float | None
    silent: int | None
    silent_needed: int | None


def required_people(population: int, threshold: str | float | Fraction) -> int:
    """K*: the smallest whole number of people that is at least the threshold's share of the population."""
    return ceil(share(threshold, "threshold") * population)


def judge(successes: int, n: int, population: int | None, threshold: str | float) -> Judgement:
    """Grade "at least this share of the population is satisfied", the first that holds of:

    x >= K* met_certain; x + N - n < K* missed_certain; ``P(X >= x | K*-1) <= .05`` met_confident;
    ``P(X <= x | K*) <= .05`` missed_confident; else x/n against the threshold, at face value. X is hypergeometric,
    K* from the decimal as written, all comparisons exact. Participation is judged with n = population = eligible.

    Parameters: population None = unknown (open link, item behind a condition): face value only.
    Raises: InsufficientData("empty") for n = 0; ValueError for impossible counts or a threshold outside [0, 1].
    """
    exact = share(threshold, "threshold")
    if population is None:
        x, n = counts(successes, n)
        return Judgement(_face_value(Fraction(x, n), exact), None, None, None, None, None)
    x, n, people = counts_within(successes, n, population)
    required = required_people(people, exact)
    lower, upper = hypergeometric_bounds(x, n, people, confidence=CHART_CONFIDENCE)
    return Judgement(
        grade=_grade(x, n, people, required, exact),
        required=required,
        lower=lower,
        upper=upper,
        silent=people - n,
        silent_needed=max(0, required - x),
    )


def _grade(x: int, n: int, people: int, required: int, threshold: Fraction) -> Grade:
    if x >= required:
        return Grade.MET_CERTAIN
    if x + people - n < required:
        return Grade.MISSED_CERTAIN
    if is_as_rare_as(LEVEL, x, required - 1, n, people):
        return Grade.MET_CONFIDENT
    if is_as_rare_as(LEVEL, n - x, people - required, n, people):
        return Grade.MISSED_CONFIDENT
    return _face_value(Fraction(x, n), threshold)


def _face_value(value: Fraction, threshold: Fraction) -> Grade:
    return Grade.MET_AT_FACE_VALUE if value >= threshold else Grade.MISSED_AT_FACE_VALUE


def judge_mean(
    scores: ArrayLike,
    population: int | None,
    threshold: str | float,
    low: float,
    high: float,
    *,
    times: ArrayLike | None = None,
) -> Judgement:
    """Grade "the mean score of the population is at least the threshold".

    Certain: with all silent people at ``low`` (``high``) the mean still reaches (misses) it. Confident: the one-sided
    95 % t bound ``m -/+ t s sqrt((1 - n/N)/n)`` does; refused for n < 10 or where all answers are equal. A dimension is
    judged on each person's share of satisfied answers, from 0 to 1. ``times``: how many people have each of ``scores``,
    one each without it. Lower and upper: that interval, two-sided 90 %.

    Raises: InsufficientData("empty") without scores; ValueError for a score outside [low, high] or n > population.
    """
    values, people = tallied(scores, times)
    n = int(people.sum())
    if n == 0:
        raise InsufficientData("empty")
    if low >= high or values.min() < low or values.max() > high:
        raise ValueError(f"scores lie from {low} to {high}")
    exact = Fraction(str(threshold))
    total = _total(values, people)
    if population is None:
        return Judgement(_face_value(total / n, exact), None, None, None, None, None)
    silent = whole(population, "population") - n
    if silent < 0:
        raise ValueError(f"{n} answers from {population} people")
    least, most = Fraction(str(low)), Fraction(str(high))
    missing = exact * population - total - silent * least
    bounds = _mean_bounds(values, people, population)
    return Judgement(
        grade=_mean_grade(total, n, silent, threshold=exact, ends=(least, most), bounds=bounds),
        required=None,
        lower=bounds[0] if bounds else None,
        upper=bounds[1] if bounds else None,
        silent=silent,
        silent_needed=max(0, ceil(missing / (most - least))),
    )


def _total(values: Array, people: NDArray[np.int64]) -> Fraction:
    """Exact sum of the scores; each one that occurs is looked at once."""
    scores, positions = np.unique(values, return_inverse=True)
    times = np.bincount(positions, weights=people).astype(np.int64)
    return sum((_as_meant(score) * n for score, n in zip(scores.tolist(), times.tolist(), strict=True)), Fraction(0))


def _as_meant(value: float) -> Fraction:
    """The simple fraction a float stands for (one third, 4.35), or the float itself."""
    simple = Fraction(value).limit_denominator(10_000)
    return simple if abs(simple - Fraction(value)) <= Fraction(1, 10**12) else Fraction(value)


def _mean_bounds(values: Array, people: NDArray[np.int64], population: int) -> tuple[float, float] | None:
    n = int(people.sum())
    mean, deviation = mean_and_deviation(values, people)
    if n == population:
        return mean, mean
    if n < FEWEST_FOR_T or np.ptp(values) == 0:
        return None
    half = t_quantile(CHART_CONFIDENCE, n - 1) * standard_error_of_mean(deviation, n, population)
    return mean - half, mean + half


def _mean_grade(
    total: Fraction,
    n: int,
    silent: int,
    *,
    threshold: Fraction,
    ends: tuple[Fraction, Fraction],
    bounds: tuple[float, float] | None,
) -> Grade:
    needed_total = threshold * (n + silent)
    if total + silent * ends[0] >= needed_total:
        return Grade.MET_CERTAIN
    if total + silent * ends[1] < needed_total:
        return Grade.MISSED_CERTAIN
    if bounds and bounds[0] >= threshold:
        return Grade.MET_CONFIDENT
    if bounds and bounds[1] < threshold:
        return Grade.MISSED_CONFIDENT
    return _face_value(total / n, threshold)


@dataclass(frozen=True, slots=True)
class Needed:
    """What an objective asks for, before anybody has answered. Counts are people."""

    required: int
    dissent_allowed: int
    min_answers: int
    """With fewer answers the objective could not even be confirmed with confidence if all were satisfied."""
    expected_answers: int
    satisfied_needed: int | None
    """Of the expected answers, so many satisfied ones confirm the objective with confidence; None = impossible."""
    provable: bool


def needed(population: int, threshold: str | float, response_rate: str | float) -> Needed:
    """What it takes to confirm the objective, for planning; expected answers are rounded down.

    Confirmed = `judge` says met_certain or met_confident. Raises: ValueError for population 0 or shares outside [0, 1].
    """
    people, exact = whole(population, "population"), share(threshold, "threshold")
    if people == 0:
        raise ValueError("an objective needs people")
    required = required_people(people, exact)
    expected = floor(share(response_rate, "response_rate") * people)
    least = first_that_holds(1, people, lambda n: _is_confirmed(n, n, people, required))
    reachable = expected >= 1 and _is_confirmed(expected, expected, people, required)
    return Needed(
        required=required,
        dissent_allowed=people - required,
        min_answers=least,
        expected_answers=expected,
        satisfied_needed=(
            first_that_holds(0, expected, lambda x: _is_confirmed(x, expected, people, required)) if reachable else None
        ),
        provable=reachable,
    )


def _is_confirmed(x: int, n: int, people: int, required: int) -> bool:
    return x >= required or is_as_rare_as(LEVEL, x, required - 1, n, people)


def first_that_holds(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """Smallest number in low..high for which a claim holds that stays true once it is; high if none before."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def judge_stratified(strata: Sequence[tuple[int, int, int]], threshold: str | float) -> Judgement:
    """Grade a rate for a higher unit whose parts (x, n, N) answered unequally; every eligible person weighs the same.

    Certain grades from the sums. The estimate is ``sum N_h p_h / N``; confident grades by its score test against K*-1
    and K* satisfied people (`stratified.distance_above`), one-sided 5 %; lower and upper are the people that two such
    tests leave. One stratum with people is judged exactly by `judge`. People of a stratum nobody answered in count as
    silent; they allow no confident grade, and at face value the others speak for them.

    Raises: InsufficientData("empty") without any answer; ValueError for impossible counts.
    """
    exact = share(threshold, "threshold")
    parts = [part for part in map(_stratum, strata) if part[2] > 0]
    answered = [part for part in parts if part[1] > 0]
    if not answered:
        raise InsufficientData("empty")
    if len(parts) == 1:
        return judge(*parts[0], threshold)
    x, n, people = (sum(column) for column in zip(*parts, strict=True))
    required = required_people(people, exact)
    lower, upper = _people_left(parts) if answered == parts else (x, x + people - n)
    return Judgement(
        grade=_stratified_grade((x, x + people - n), (lower, upper), required, _rate(answered) >= exact),
        required=required,
        lower=lower,
        upper=upper,
        silent=people - n,
        silent_needed=max(0, required - x),
    )


def _stratum(part: tuple[int, int, int]) -> tuple[int, int, int]:
    x, n, people = part
    if n == 0 and x == 0:
        return 0, 0, whole(people, "population")
    return counts_within(x, n, people)


def _rate(strata: Sequence[Stratum]) -> Fraction:
    represented = sum(people for _, _, people in strata)
    return sum((Fraction(x * people, n) for x, n, people in strata), Fraction(0)) / represented


def _people_left(strata: Sequence[Stratum]) -> tuple[int, int]:
    """Smallest and largest number of satisfied people that the answers do not rule out, each at 5 %."""
    z = normal_quantile(CHART_CONFIDENCE)
    x, n, people = (sum(column) for column in zip(*strata, strict=True))
    dissatisfied = [(n_h - x_h, n_h, all_h) for x_h, n_h, all_h in strata]
    silent = people - n
    more = bisect_left(range(silent), True, key=lambda k: distance_above(strata, x + k) < z)
    fewer = bisect_left(range(silent), True, key=lambda k: distance_above(dissatisfied, n - x + k) < z)
    return x + more, x + silent - fewer


def _stratified_grade(possible: tuple[int, int], left: tuple[int, int], required: int, is_met: bool) -> Grade:
    if possible[0] >= required:
        return Grade.MET_CERTAIN
    if possible[1] < required:
        return Grade.MISSED_CERTAIN
    if left[0] >= required:
        return Grade.MET_CONFIDENT
    if left[1] < required:
        return Grade.MISSED_CONFIDENT
    return Grade.MET_AT_FACE_VALUE if is_met else Grade.MISSED_AT_FACE_VALUE
