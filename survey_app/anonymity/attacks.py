"""The known attacks: each gets what somebody with a copy has, and guesses which answer is whose.

A pure function of clues about persons (rows of codes, or what somebody at the door noted down) and about answers (rows
of ballots or of sealed data). Who is right is told to `judge` alone. What guessing gives is `chance`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import inf
from random import Random
from typing import Any

from instruments.wording import N_
from survey_app.anonymity.chance import LEVEL, agreement, agreement_p_value, expected_links, links_p_value, most_links

Key = Hashable
Links = Sequence[tuple[Key, Key]]
"""Guessed: person, answer. Nobody and nothing twice."""
Truth = Mapping[Any, Any]
"""Whose answer it is: person -> answer."""
Rows = Mapping[Any, Mapping[str, Any]]
"""What is seen of each person or answer, by name of the clue."""


class Attack(StrEnum):
    ORDER = N_("order")
    MOMENTS = N_("moments")
    LENGTHS = N_("lengths")
    NIGHTS = N_("copies of many nights")
    COUNTER = N_("counter of server-played ballots")
    REMNANTS = N_("remnants in the files")


@dataclass(frozen=True, slots=True)
class Clue:
    """Something by which rows can be put in order; with `moments`, on a scale that others share."""

    name: str
    values: Mapping[Key, Any]
    moments: Mapping[Key, float] | None = None

    def order(self, rng: Random) -> list[Key]:
        """Rows in ascending order; those that do not differ at random."""
        return sorted(self.values, key=lambda row: (self.values[row], rng.random()))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one guess came to. `p_value`: how often guessing alone does so well."""

    attack: Attack
    by: str
    right: float
    guessed: int
    candidates: int
    p_value: float
    tau: float | None = None
    """Agreement of the guessed order with the true one."""

    @property
    def expected(self) -> float:
        return expected_links(self.guessed, self.candidates)

    @property
    def share(self) -> float:
        return self.right / self.guessed if self.guessed else 0.0

    def most_by_chance(self, tries: int) -> int:
        return most_links(self.guessed, self.candidates, level=LEVEL / tries)


def clues_of(rows: Rows) -> list[Clue]:
    """Every column by which rows can be told apart, whatever it is called."""
    names = dict.fromkeys(name for row in rows.values() for name in row)
    found = [Clue(name, values, _moments(values)) for name in names if (values := _column(rows, name))]
    return [clue for clue in found if len(set(clue.values.values())) > 1]


def lengths_of(rows: Rows) -> dict[str, int]:
    """By column of text or bytes: how many different lengths there are; 1 tells nothing."""
    names = dict.fromkeys(name for row in rows.values() for name in row)
    sized = {
        name: {len(row[name]) for row in rows.values() if isinstance(row.get(name), str | bytes)} for name in names
    }
    return {name: len(lengths) for name, lengths in sized.items() if lengths}


def pair_by_order(persons: Clue, answers: Clue, rng: Random) -> Links:
    """The first with the first, the second with the second."""
    return list(zip(persons.order(rng), answers.order(rng), strict=False))


def pair_by_moment(persons: Mapping[Key, float], answers: Mapping[Key, float]) -> Links:
    """Each answer, the earliest first, with whoever came last before it and has none yet."""
    came = sorted(persons, key=lambda person: persons[person])
    moments = [persons[person] for person in came]
    links: list[tuple[Key, Key]] = []
    for answer in sorted(answers, key=lambda one: answers[one]):
        before = bisect_right(moments, answers[answer])
        if before:
            links.append((came.pop(before - 1), answer))
            del moments[before - 1]
    return links


def try_all(persons: Rows, answers: Rows, truth: Truth, rng: Random) -> Iterator[Outcome]:
    """Every clue about persons against every clue about answers."""
    of_answers = clues_of(answers)
    for person_clue in clues_of(persons):
        for answer_clue in of_answers:
            by = f"{person_clue.name} × {answer_clue.name}"
            links = pair_by_order(person_clue, answer_clue, rng)
            ranks = ranks_of(person_clue.order(rng), answer_clue.order(rng), truth)
            yield judge(Attack.ORDER, by, links, truth, len(persons), ranks)
            if person_clue.moments and answer_clue.moments:
                links = pair_by_moment(person_clue.moments, answer_clue.moments)
                if links:
                    yield judge(Attack.MOMENTS, by, links, truth, len(persons))


def judge(  # noqa: PLR0917
    attack: Attack, by: str, links: Links, truth: Truth, candidates: int, ranks: list[int] | None = None
) -> Outcome:
    """Hold a guess against the truth, both by its right links and by how well the orders agree."""
    right = sum(truth.get(person) == answer for person, answer in links)
    p_value = links_p_value(right, len(links), candidates)
    if not ranks:
        return Outcome(attack, by, right, len(links), candidates, p_value)
    both = min(1.0, 2 * min(p_value, agreement_p_value(ranks)))
    return Outcome(attack, by, right, len(links), candidates, both, agreement(ranks))


def ranks_of(persons: Sequence[Key], answers: Sequence[Key], truth: Truth) -> list[int]:
    """Where the answers of the persons, taken in their order, stand among the answers."""
    places = {answer: place for place, answer in enumerate(answers)}
    return [places[truth[person]] for person in persons if truth.get(person) in places]


def is_at_chance(outcomes: Sequence[Outcome], tries: int) -> bool:
    """Whether none of them, among so many tries on a store, does better than 99.9 % of random pairings (Bonferroni)."""
    return all(outcome.p_value * tries > LEVEL for outcome in outcomes)


def strongest(outcomes: Sequence[Outcome]) -> Outcome:
    return min(outcomes, key=lambda outcome: (outcome.p_value, -outcome.right))


def _column(rows: Rows, name: str) -> dict[Key, Any]:
    """The values of a column where every row has one of the same kind, else nothing."""
    values = {key: row.get(name) for key, row in rows.items()}
    kinds = {float if isinstance(value, int) else type(value) for value in values.values()}
    return values if len(kinds) == 1 and kinds <= {float, str, bytes, datetime} else {}


def _moments(values: Mapping[Key, Any]) -> dict[Key, float] | None:
    """Whole or fractional numbers as they are, dates and texts that are dates in seconds; None for anything else."""
    found = {key: _moment(value) for key, value in values.items()}
    return None if inf in found.values() else found


def _moment(value: Any) -> float:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return inf
    if isinstance(value, datetime):
        return value.timestamp()
    return float(value) if isinstance(value, int | float) else inf
