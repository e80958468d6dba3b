"""What guessing gives if nothing is known: exact distributions of right links and of agreement between two orders."""

from __future__ import annotations

from functools import cache
from math import comb, perm

LEVEL = 0.001
"""An attack is at chance where it does no better than 99.9 % of random pairings, all attacks on a store together."""


@cache
def links_by_chance(guessed: int, candidates: int) -> tuple[float, ...]:
    """P(exactly h of the guessed links are right), h = 0 … guessed, when every pairing is as likely as any other.

    The guess takes no person and no answer twice; answers belong to different ones of `candidates` persons.
    By inclusion and exclusion over the right links (the problème des rencontres of Montmort 1708, for a partial guess):
    P(h) = C(k, h) sum_i (-1)^i C(k-h, i) (n-h-i)! / n!. Counted in whole numbers, divided once.

    Raises: ValueError unless 0 <= guessed <= candidates.
    """
    if not 0 <= guessed <= candidates:
        raise ValueError("a guess takes no person twice")
    pairings = perm(candidates, guessed)
    return tuple(
        comb(guessed, right)
        * sum(
            (-1) ** more * comb(guessed - right, more) * perm(candidates - right - more, guessed - right - more)
            for more in range(guessed - right + 1)
        )
        / pairings
        for right in range(guessed + 1)
    )


def expected_links(guessed: int, candidates: int) -> float:
    """Mean of `links_by_chance`: each guessed link is right with probability 1/candidates."""
    return guessed / candidates if candidates else 0.0


def links_p_value(right: int, guessed: int, candidates: int) -> float:
    """P(at least so many links are right by chance)."""
    return min(1.0, sum(links_by_chance(guessed, candidates)[right:]))


def most_links(guessed: int, candidates: int, *, level: float = LEVEL) -> int:
    """The most links that random pairings get right but for a share of `level` of them."""
    above = 1.0
    for right, probability in enumerate(links_by_chance(guessed, candidates)):
        above -= probability
        if above <= level:
            return right
    return guessed


@cache
def inversions_by_chance(n: int) -> tuple[int, ...]:
    """How many of the n! orders of n things have 0, 1, 2, … inversions (the Mahonian numbers, MacMahon 1916)."""
    counts = [1]
    for size in range(2, n + 1):
        running, before = 0, [*counts, *([0] * (size - 1))]
        counts = []
        for place, count in enumerate(before):
            running += count - (before[place - size] if place >= size else 0)
            counts.append(running)
    return tuple(counts)


def inversions(ranks: list[int]) -> int:
    """Pairs that stand the other way round."""
    return sum(left > right for place, left in enumerate(ranks) for right in ranks[place + 1 :])


def agreement(ranks: list[int]) -> float | None:
    """Kendall's tau of an order with the true one, without ties: 1 the same, -1 the reverse; None for fewer than two.

    Kendall 1938 (Biometrika 30:81). Agrees with R ``cor(x, y, method = "kendall")``.
    """
    pairs = comb(len(ranks), 2)
    return 1 - 2 * inversions(ranks) / pairs if pairs else None


def agreement_p_value(ranks: list[int]) -> float:
    """P(two random orders agree, or disagree, at least so much), exact.

    Agrees with R ``cor.test(x, y, method = "kendall", exact = TRUE)``.
    """
    counts = inversions_by_chance(len(ranks))
    pairs = len(counts) - 1
    found = abs(pairs - 2 * inversions(ranks))
    return sum(count for number, count in enumerate(counts) if abs(pairs - 2 * number) >= found) / sum(counts)
