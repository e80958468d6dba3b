"""When people come in and when they answer: habits drawn at random, which an attacker may know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from survey_app.anonymity.nights import Night

START = datetime(2026, 11, 2, tzinfo=UTC)
SAME_DAY, NEXT_DAY = 0.7, 0.5
"""Share of people who answer when they come in; of the others, share of those left who do on each following day."""
FEWER_EACH_DAY = 0.85
"""On each day so many come in for one on the day before."""
PLAYED = 0.15
"""Share of browsers that cannot encrypt."""
HOURS = (8, 21)
MINUTES = (3, 20)


@dataclass(frozen=True, slots=True)
class Visit:
    """When a member comes in and when the answers are sent; for a played voter both are one moment."""

    member: int
    came: datetime
    cast: datetime
    is_played: bool


def habit(days_later: int) -> float:
    """How likely somebody answers so many days after coming in."""
    return SAME_DAY if days_later == 0 else (1 - SAME_DAY) * NEXT_DAY**days_later


def draw_visits(members: int, days: int, rng: Random) -> list[Visit]:
    """Most come in on the first days; most answer at once, the others on one of the days after."""
    weights = [FEWER_EACH_DAY**day for day in range(days)]
    return [_draw_visit(member, rng.choices(range(days), weights)[0], days - 1, rng) for member in range(members)]


def _draw_visit(member: int, day: int, last: int, rng: Random) -> Visit:
    came = START + timedelta(days=day, hours=rng.uniform(*HOURS))
    if rng.random() < PLAYED:
        return Visit(member, came, came, is_played=True)
    if rng.random() < SAME_DAY or day == last:
        return Visit(member, came, came + timedelta(minutes=rng.uniform(*MINUTES)), is_played=False)
    later = 1
    while rng.random() > NEXT_DAY:
        later += 1
    cast = START + timedelta(days=min(day + later, last), hours=rng.uniform(*HOURS))
    return Visit(member, came, cast, is_played=False)


def nights_of(visits: Sequence[Visit], days: int) -> list[Night]:
    """What copies of every night would tell of these visits; codes and ballots by member."""
    ends = [START + timedelta(days=day + 1) for day in range(days)]
    return [
        Night(
            frozenset(visit.member for visit in visits if visit.came < end),
            frozenset(visit.member for visit in visits if visit.cast < end),
            sum(visit.is_played for visit in visits if visit.cast < end),
        )
        for end in ends
    ]
