"""Copies of the stores made night after night: which codes had been used and which ballots had come in between.

Codes used on one day do not differ, nor do ballots that came on one day: a guess says how many go from each day to each
day, and every link within is as likely as any other. Its expected right links are therefore exact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from math import log

import numpy as np
from scipy.optimize import linear_sum_assignment

from survey_app.anonymity.attacks import Key, Truth

Habit = Callable[[int], float]
"""How likely somebody answers so many days after coming in; the attacker may know it."""
Guess = Mapping[tuple[int, int], int]
"""(Day of the code, day of the ballot) -> how many links are guessed there."""
IMPOSSIBLE = 1e6


@dataclass(frozen=True, slots=True)
class Night:
    """All that one copy tells: codes used and ballots in the box so far, ballots whose voter the server played."""

    used: Set[Key]
    arrived: Set[Key]
    played: int = 0


@dataclass(frozen=True, slots=True)
class Days:
    """On which day (number of the first copy that shows it) a code was used and a ballot came."""

    used: Mapping[Key, int]
    arrived: Mapping[Key, int]
    played: Mapping[int, int]
    """Server-played ballots of a day."""

    @property
    def smallest_set(self) -> tuple[int, int]:
        """Fewest codes that had been used when some ballot came, and how many ballots had come by then."""
        sets = [
            (sum(day <= last for day in self.used.values()), sum(day <= last for day in self.arrived.values()))
            for last in set(self.arrived.values())
        ]
        return min(sets, default=(0, 0))


def days_of(nights: Sequence[Night]) -> Days:
    """What became visible between one copy and the next."""
    used = {code: day for day, night in reversed(list(enumerate(nights))) for code in night.used}
    arrived = {ballot: day for day, night in reversed(list(enumerate(nights))) for ballot in night.arrived}
    counts = [0, *(night.played for night in nights)]
    return Days(used, arrived, {day: counts[day + 1] - counts[day] for day in range(len(nights))})


def guess_by_days(days: Days, habit: Habit) -> Guess:
    """The likeliest way to give every ballot a code that had been used by then."""
    codes, ballots = list(days.used), list(days.arrived)
    costs = np.array([[_cost(days.arrived[ballot] - days.used[code], habit) for ballot in ballots] for code in codes])
    if not costs.size:
        return {}
    pairs = zip(*linear_sum_assignment(costs), strict=True)
    found = ((days.used[codes[code]], days.arrived[ballots[ballot]]) for code, ballot in pairs)
    return Counter((came, cast) for came, cast in found if came <= cast)


def guess_by_counter(days: Days) -> Guess:
    """A voter played by the server comes in and answers at once: so many links lie within the day of the count."""
    return {(day, day): count for day, count in days.played.items() if count}


def expected_right(guess: Guess, days: Days, truth: Truth) -> float:
    """Expected right links when a guess between two days picks among their codes and their ballots at random.

    Of g guessed links between a codes and b ballots with t true ones, g t / (a b) are right on average.
    """
    codes, ballots = Counter(days.used.values()), Counter(days.arrived.values())
    true = Counter(
        (days.used[code], days.arrived[ballot]) for code, ballot in truth.items() if _is_seen(code, ballot, days)
    )
    return sum(count * true[place] / (codes[place[0]] * ballots[place[1]]) for place, count in guess.items())


def certain_by_counter(days: Days) -> int:
    """Days on which one code was used, one ballot came, and the counter says they belong together."""
    codes, ballots = Counter(days.used.values()), Counter(days.arrived.values())
    return sum(codes[day] == ballots[day] == count == 1 for day, count in days.played.items())


def _is_seen(code: Key, ballot: Key, days: Days) -> bool:
    return code in days.used and ballot in days.arrived


def _cost(later: int, habit: Habit) -> float:
    return -log(habit(later)) if later >= 0 else IMPOSSIBLE
