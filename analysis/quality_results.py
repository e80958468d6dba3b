"""How carefully people answered, from counts; the rules themselves are `quality`. Nobody is left out for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from analysis.counted import Counted
from analysis.dataset import NOT_ANSWERED
from analysis.pattern import FULL_FROM
from analysis.quality import ATTENTION, COUNTED_FLAGS
from analysis.scales import asked_of_everybody
from analysis.tree import Hidden, ItemResult, Limits, QualityResult


def quality_of(survey: Counted) -> QualityResult | None:
    """People flagged by each rule, and the share of answers skipped; None where there is no answer to judge by."""
    items = asked_of_everybody(survey.instrument, survey.tables.items)
    if not items or survey.people == 0:
        return None
    skipped = sum(survey.counts(item)[NOT_ANSWERED] for item in items)
    flags = dict(zip(COUNTED_FLAGS, survey.view.flags[0].tolist(), strict=True))
    if not survey.instrument.attention_items:
        del flags[ATTENTION]
    return QualityResult(
        n=survey.people,
        flags=flags,
        non_response=skipped / (survey.people * len(items)),
    )


def shown_quality(found: QualityResult | None, items: Mapping[str, ItemResult], limits: Limits) -> QualityResult | None:
    """Flags from 30 people where no other unit's count follows; the share skipped where each item prints its own."""
    if found is None:
        return None
    every_item_says = all(isinstance(item.skipped, int) for item in items.values())
    return replace(
        found,
        flags={name: _shown_flag(name, count, found.n, limits) for name, count in found.flags.items()},
        non_response=found.non_response if every_item_says else Hidden.COARSENED,
    )


def _shown_flag(name: str, count: int | Hidden, n: int, limits: Limits) -> int | Hidden:
    if n < FULL_FROM:
        return Hidden.COARSENED
    return Hidden.COMPLEMENTARY if name in limits.flags else count
