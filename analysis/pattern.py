"""Which units of a tree may show a figure so that no small group's figure follows by subtraction.

Units form a tree and every figure of a unit is that of its whole subtree. What is shown of the tree therefore cuts its
people into *regions*: a shown unit less the nearest shown units below it. Every sum or difference of shown figures is
the figure of a union of regions, so it is enough that each region is empty or safe to be known. Where a region holds a
group of one person it takes one more than the threshold: that person could else take the own answer from the sum and
know what a group that is too small said. Counts only: who is counted and what is done about a unit that may not show is
`limits` and `disclosure`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from analysis.tree import Detail, Hidden

FULL_FROM = 30
THREE_WAY_FROM = 20

Tally = tuple[int, int]
"""Scored and satisfied people."""
Parents = Mapping[str, str | None]


def unit_pattern(counts: Mapping[str, int], parents: Parents, threshold: int) -> frozenset[str]:
    """Units to hide for good, fixed at sealing: too small, or needed to cover one that is too small.

    Parameters: valid ballots of each unit's own reporting group (missing = none), the parent of every unit.
    A unit is hidden below ``threshold`` ballots in its subtree; then, from the leaves up, the smallest shown unit
    below a shown one is hidden until what remains of the upper one is nobody or at least ``threshold`` people.
    """
    own = {unit: (counts.get(unit, 0), 0) for unit in parents}
    totals = subtree_totals(own, parents)
    large = [unit for unit in parents if totals[unit][0] >= threshold]
    return frozenset(parents) - safe_family(
        large, own, parents, lambda tally, alone: is_enough(tally, alone, threshold)
    )


def limits(
    own: Mapping[str, Tally], parents: Parents, hidden: frozenset[str], threshold: int
) -> dict[str, Detail | Hidden]:
    """The finest detail in which each unit may show one satisfaction figure, for everybody and in every report.

    TOO_FEW and COMPLEMENTARY as they say. A unit of fewer than 20 with all, all but one, one or none satisfied shows a
    bound instead of its number; where its neighbours' exact numbers would give it away, the smallest of them goes too.
    The same where a known total leaves a bound only one of its two numbers (`tells_a_bound`). FULL needs 30 people,
    THREE_WAY 20, and as many in every region of the tree.
    """
    totals = subtree_totals(own, parents)

    def family(units: Iterable[str], smallest: int, is_safe: Callable[[Tally], bool] = lambda tally: True) -> set[str]:
        candidates = [unit for unit in units if totals[unit][0] >= smallest and is_safe(totals[unit])]
        return safe_family(
            candidates, own, parents, lambda tally, alone: is_enough(tally, alone, smallest) and is_safe(tally)
        )

    shown = family((unit for unit in parents if unit not in hidden), threshold)
    exact = {unit for unit in shown if is_exact(*totals[unit])}
    shown -= exact - family(_in_order(exact, parents), threshold, lambda tally: is_exact(*tally))
    shown = _without_told_bounds(shown, own, parents)
    three_way = family(_in_order(shown, parents), THREE_WAY_FROM)
    full = family(_in_order(three_way, parents), FULL_FROM)
    found: dict[str, Detail | Hidden] = {
        unit: Hidden.TOO_FEW if totals[unit][0] < threshold else Hidden.COMPLEMENTARY for unit in parents
    }
    found |= dict.fromkeys(shown, Detail.TWO_WAY)
    found |= dict.fromkeys(three_way, Detail.THREE_WAY)
    found |= dict.fromkeys(full, Detail.FULL)
    return found


def is_enough(tally: Tally, alone: int, smallest: int) -> bool:
    """Whether a region has enough people to be known; ``alone`` of its reporting groups are one person each."""
    return tally[0] >= smallest + (alone > 0)


def is_exact(n: int, satisfied: int) -> bool:
    """Whether the number of satisfied people may be printed as it is, not as "at least" or "at most"."""
    return n >= THREE_WAY_FROM or 1 < satisfied < n - 1


def tells_a_bound(total: Tally, bounded: Sequence[Tally]) -> bool:
    """Whether a known total decides which of its two numbers stands behind one of the bounds printed within it.

    Two branches "at least 11 of 12" of 22 satisfied in 24 have 11 each. That all are satisfied, or nobody, says the
    same of every part and cannot be helped.
    """
    n, satisfied = total
    if not bounded or satisfied in (0, n):
        return False
    least = sum(size - 1 if 2 * x > size else 0 for size, x in bounded)
    most = least + len(bounded) + n - sum(size for size, _ in bounded)
    return not least < satisfied < most


def _without_told_bounds(shown: set[str], own: Mapping[str, Tally], parents: Parents) -> set[str]:
    """The shown units less, from the smallest, those with a bound that the exact numbers around it decide."""
    totals = subtree_totals(own, parents)
    kept = set(shown)
    exact = {unit for unit in kept if is_exact(*totals[unit])}
    region = dict.fromkeys(exact, (0, 0))
    for unit, tally in own.items():
        if (holder := _holder(unit, exact, parents)) is not None:
            region[holder] = _sum(region[holder], tally)
    for unit in _in_order(exact, parents):
        bounded = _bounded_in(unit, kept, exact, parents)
        while tells_a_bound(region[unit], [totals[other] for other in bounded]):
            kept.discard(min(bounded, key=lambda other: totals[other][0]))
            bounded = _bounded_in(unit, kept, exact, parents)
    return kept


def _bounded_in(unit: str, shown: set[str], exact: set[str], parents: Parents) -> list[str]:
    """The topmost shown units with a bound in the region of an exact one."""
    return [other for other in _in_order(shown - exact, parents) if _above(other, shown, parents) == unit]


def detail_of(n: int) -> Detail:
    """How finely n answers may be shown."""
    if n < THREE_WAY_FROM:
        return Detail.TWO_WAY
    return Detail.THREE_WAY if n < FULL_FROM else Detail.FULL


def safe_family(
    candidates: Iterable[str], own: Mapping[str, Tally], parents: Parents, is_safe: Callable[[Tally, int], bool]
) -> set[str]:
    """The candidates that may be shown together: every region between them is empty or safe, by its people and by how
    many of its reporting groups are one person each.

    Greedy, from the leaves up: the smallest candidate directly below an unsafe region is given up and its region joins
    the one above. Joining two regions that are safe must give a safe one. A unit that was given up although it is
    nothing but the sum of units that are shown says nothing new: it is taken back.
    """
    shown = set(candidates)
    order = [unit for unit in _preorder(parents) if unit in shown]
    totals = subtree_totals(own, parents)
    region = dict.fromkeys(order, (0, 0))
    alone = dict.fromkeys(order, 0)
    for unit, tally in own.items():
        if (holder := _holder(unit, shown, parents)) is not None:
            region[holder] = _sum(region[holder], tally)
            alone[holder] += tally[0] == 1
    for unit in reversed(order):
        while unit in shown and region[unit][0] > 0 and not is_safe(region[unit], alone[unit]):
            below = [other for other in order if other in shown and _above(other, shown, parents) == unit]
            given_up = min(below, key=lambda other: totals[other][0], default=unit)
            above = _above(given_up, shown, parents)
            shown.discard(given_up)
            if above is not None:
                region[above] = _sum(region[above], region[given_up])
                alone[above] += alone[given_up]
    for unit in reversed(order):
        below = [other for other in order if other in shown and _above(other, shown | {unit}, parents) == unit]
        if sum(totals[other][0] for other in below) == totals[unit][0]:
            shown.add(unit)
    return shown


def subtree_totals(own: Mapping[str, Tally], parents: Parents) -> dict[str, Tally]:
    """Tallies of every unit with all below it."""
    totals = {unit: own.get(unit, (0, 0)) for unit in parents}
    for unit in reversed(_preorder(parents)):
        above = parents[unit]
        if above is not None:
            totals[above] = _sum(totals[above], totals[unit])
    return totals


def _preorder(parents: Parents) -> list[str]:
    below: dict[str | None, list[str]] = {}
    for unit, parent in parents.items():
        below.setdefault(parent, []).append(unit)
    order = list(below.get(None, ()))
    for unit in order:
        order += below.get(unit, ())
    return order


def _in_order(units: set[str], parents: Parents) -> list[str]:
    return [unit for unit in parents if unit in units]


def _holder(unit: str, shown: set[str], parents: Parents) -> str | None:
    return unit if unit in shown else _above(unit, shown, parents)


def _above(unit: str, shown: set[str], parents: Parents) -> str | None:
    above = parents[unit]
    while above is not None and above not in shown:
        above = parents[above]
    return above


def _sum(one: Tally, other: Tally) -> Tally:
    return one[0] + other[0], one[1] + other[1]
