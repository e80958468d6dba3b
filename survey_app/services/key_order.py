"""Rows written in the order of their keys, which are drawn at random.

Nothing then tells in which order they came, and of two transactions that write the same rows at the same time one waits
for the other, never both for each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Order = TypeVar("Order")
Outcome = TypeVar("Outcome")


def in_key_order(
    orders: Sequence[Order], key: Callable[[Order], bytes], act: Callable[[Order], Outcome]
) -> list[Outcome]:
    """What has become of each, in the order in which they were given."""
    places = sorted(range(len(orders)), key=lambda place: key(orders[place]))
    outcomes = {place: act(orders[place]) for place in places}
    return [outcomes[place] for place in range(len(orders))]
