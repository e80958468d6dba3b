"""What an objective on a mean, index or score asks for before anybody has answered. Of a rate: `targets.needed`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from analysis.arrays import share, whole
from analysis.targets import Grade, first_that_holds, judge_mean, required_people

_CONFIRMED = (Grade.MET_CERTAIN, Grade.MET_CONFIDENT)


@dataclass(frozen=True, slots=True)
class NeededMean:
    """What a mean asks for. Counts are people."""

    certain_answers: int
    """So many at the best level reach the threshold whatever the others say."""
    lowest_allowed: int
    """So many may be at the worst level if all others are at the best."""
    min_answers: int
    """With fewer answers the objective could not even be confirmed with confidence if all but one gave the best."""
    expected_answers: int
    provable: bool
    """Whether the expected answers can confirm it."""


def needed_mean(
    population: int, threshold: str | float, levels: Sequence[float], response_rate: str | float
) -> NeededMean:
    """What it takes to confirm that a mean is at least the threshold; expected answers are rounded down.

    ``levels``: what an answer can count, at least two different numbers. Confirmed = `judge_mean` says met_certain, or
    met_confident of answers that are all at the best level but one, at the next: where all are equal no interval has a
    width, and no answers but these have a narrower one.

    Raises: ValueError for population 0, fewer than two levels, a threshold outside them or a share outside [0, 1].
    """
    people, scores = whole(population, "population"), sorted(set(levels))
    if people == 0:
        raise ValueError("an objective needs people")
    if len(scores) < 2:
        raise ValueError("a mean needs two different levels")
    low, high = Fraction(str(scores[0])), Fraction(str(scores[-1]))
    required = required_people(people, share((Fraction(str(threshold)) - low) / (high - low), "threshold"))
    expected = floor(share(response_rate, "response_rate") * people)

    def is_confirmed(n: int) -> bool:
        if n < 2:
            return n >= required
        best = judge_mean(scores[-2:], people, threshold, scores[0], scores[-1], times=[1, n - 1])
        return n >= required or best.grade in _CONFIRMED

    return NeededMean(
        certain_answers=required,
        lowest_allowed=people - required,
        min_answers=first_that_holds(1, people, is_confirmed),
        expected_answers=expected,
        provable=expected >= 1 and is_confirmed(expected),
    )
