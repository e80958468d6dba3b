"""Under which unit the texts of a reporting group may be read, so that nobody can guess who wrote them.

The regions of `pattern`, with texts counted instead of satisfied people. Counts only: the texts are the caller's.
"""

from __future__ import annotations

from collections.abc import Mapping

from analysis.limits import FEWEST_COMMENTS, FEWEST_RESPONSES_FOR_COMMENTS
from analysis.pattern import Parents, Tally, safe_family, subtree_totals, unit_pattern


def text_holders(
    texts: Mapping[str, int], people: Mapping[str, int], parents: Parents, *, threshold: int = 10
) -> dict[str, str]:
    """Unit with texts -> itself or the nearest unit above it under which they may be read.

    Parameters: texts and valid responses of each unit's own reporting group (missing = none), the parent of every unit.
    A unit holds texts from 5 texts and ``threshold`` responses on (never below 10), in its subtree and in what is left
    of it without the units below that hold their own: so no small rest follows by subtraction. Units that the pattern
    of the survey hides hold none. Empty where even all texts together are too few.
    """
    smallest = max(threshold, FEWEST_RESPONSES_FOR_COMMENTS)
    own: dict[str, Tally] = {unit: (texts.get(unit, 0), people.get(unit, 0)) for unit in parents}
    totals = subtree_totals(own, parents)

    def may_be_read(tally: Tally, _alone: int = 0) -> bool:
        return tally[0] >= FEWEST_COMMENTS and tally[1] >= smallest

    hidden = unit_pattern(people, parents, smallest)
    enough = [unit for unit in parents if unit not in hidden and may_be_read(totals[unit])]
    shown = safe_family(enough, own, parents, may_be_read)
    holders = {unit: _nearest(unit, shown, parents) for unit in parents if own[unit][0] > 0}
    return {unit: holder for unit, holder in holders.items() if holder is not None}


def _nearest(unit: str, shown: set[str], parents: Parents) -> str | None:
    above: str | None = unit
    while above is not None and above not in shown:
        above = parents[above]
    return above
