"""AnnualResult -> Report: what few people said is hidden or made coarse, and so is what would give it away.

The only maker of a Report. How figures are made coarse is `coarsening`; group tables are `disclosure_groups`,
objectives `disclosure_objectives`; what the unit tree allows comes with the result (`limits`, from `pattern`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TypeVar

from analysis.coarsening import coarse_dimension, coarse_item, coarse_rate, coarser
from analysis.comments import ThemeCount, WordCount
from analysis.comparison import ItemComparison
from analysis.composition_results import shown_composition
from analysis.disclosure_groups import responses, shown_tables, shown_units
from analysis.disclosure_measurement import shown_importance, shown_reliability, shown_validity
from analysis.disclosure_objectives import shown_objectives
from analysis.findings import FEWEST_CONTROLS
from analysis.limits import FEWEST_COMMENTS, FEWEST_RESPONSES_FOR_COMMENTS
from analysis.pattern import detail_of, unit_pattern
from analysis.quality_results import shown_quality
from analysis.tree import (
    ActionResult,
    AnnualResult,
    Change,
    ChoiceResult,
    Comments,
    Comparability,
    Detail,
    DimensionResult,
    Hidden,
    ItemResult,
    Limits,
    ObjectiveResult,
    Rate,
    ReliabilityResult,
    Report,
    YearPoint,
)
from analysis.trend_results import shown_trend
from analysis.types import Measure

__all__ = ["Policy", "suppress", "unit_pattern"]


BANDS = (3, 5, 10, 20)
"""People who use a word, or bring up a theme: named from the first on, and told as the largest number reached."""

Named = TypeVar("Named", WordCount, ThemeCount)


@dataclass(frozen=True, slots=True)
class Policy:
    """The group threshold: the smallest scored n that is shown. The stricter of this and the result's own holds."""

    threshold: int = 10

    def __post_init__(self) -> None:
        if self.threshold < 5:
            raise ValueError("the group threshold is never below 5")


def suppress(result: AnnualResult, policy: Policy | None = None) -> Report:
    """What may be shown of a result (promise 4 of the design; the rules are written out in docs/methods.md)."""
    threshold = max((policy or Policy(5)).threshold, result.provenance.threshold)
    hidden = result.limits.unit or (Hidden.TOO_FEW if responses(result) < threshold else None)
    if hidden is not None:
        return _returns_only(result, hidden, threshold)
    if threshold > result.provenance.threshold:
        result = _without_units_below(_without_strata(result))
    items = {item.code: _shown_item(item, result.limits.items.get(item.code), threshold) for item in result.items}
    dimensions = {dimension.code: _shown_dimension(dimension, items, threshold) for dimension in result.dimensions}
    changes = tuple(_shown_change(change, items, threshold) for change in result.changes)
    has_exact_line = _has_exact_line(result, changes)
    history = tuple((code, _shown_history(points, items[code], threshold)) for code, points in result.history)
    choices = tuple(_shown_choice(choice, result.limits, threshold) for choice in result.choices)
    comments = (_shown_comments(found, responses(result), result.limits, threshold) for found in result.comments)
    return _report(
        result,
        threshold,
        items=tuple(items.values()),
        dimensions=tuple(dimensions.values()),
        reliability=shown_reliability(result.reliability, threshold),
        objectives=shown_objectives(result.objectives, items, dimensions, result.overall),
        changes=_without_others_p(result.changes, changes),
        history=history,
        groups=shown_tables(result, items, threshold),
        choices=choices,
        comments=tuple(_shown_other_line(found, choices) for found in comments),
        units=shown_units(result, threshold),
        validity=shown_validity(result.validity, threshold),
        importance=shown_importance(result.importance, threshold),
        quality=shown_quality(result.quality, items, result.limits),
        trends=tuple(shown_trend(trend, dict(history)[trend.code]) for trend in result.trends),
        composition=shown_composition(result.composition, result.overall, changes),
        actions=tuple(_shown_action(found, items, keep_numbers=has_exact_line) for found in result.actions),
    )


def _without_strata(result: AnnualResult) -> AnnualResult:
    """For a threshold above that of the result: its strata may be smaller, so nothing made of them stays."""
    return replace(
        result,
        items=tuple(replace(item, weighted=None) for item in result.items),
        objectives=tuple(_without_weights(found) for found in result.objectives),
        composition=None,
    )


def _without_units_below(result: AnnualResult) -> AnnualResult:
    """For such a threshold: what is told of units below rests on their own reports, which it would change."""
    return replace(result, comparable=None, benchmark=None, exemplars=(), pairings=())


def _without_weights(found: ObjectiveResult) -> ObjectiveResult:
    if found.weighted is None or found.judgement is None:
        return replace(found, weighted=None)
    return replace(found, weighted=None, judgement=replace(found.judgement, lower=None, upper=None))


def _report(result: AnnualResult, threshold: int, **changed: object) -> Report:
    content = {field.name: getattr(result, field.name) for field in fields(AnnualResult)}
    provenance = replace(result.provenance, threshold=threshold)
    return Report(**{**content, "provenance": provenance, "limits": Limits(), "subtree": (), **changed})  # type: ignore[arg-type]


def _returns_only(result: AnnualResult, hidden: Hidden, threshold: int) -> Report:
    """Nothing that anybody answered; participation is a count of ballots and stays."""
    return _report(
        result,
        threshold,
        hidden=hidden,
        items=(),
        dimensions=(),
        reliability=ReliabilityResult(None, (), hidden, None, "too_few_rows"),
        objectives=tuple(
            found
            if found.objective.measure is Measure.PARTICIPATION
            else ObjectiveResult(found.objective, hidden, None)
            for found in result.objectives
        ),
        changes=(),
        history=(),
        groups=(),
        choices=(),
        comments=(),
        units=(),
        actions=(),
        quality=None,
        validity=None,
        importance=None,
        agreement=None,
        comparable=None,
        benchmark=None,
        exemplars=(),
        pairings=(),
        trends=(),
        composition=None,
    )


def _shown_item(item: ItemResult, limit: Detail | Hidden | None, threshold: int) -> ItemResult:
    hidden = limit if isinstance(limit, Hidden) else None
    if isinstance(item.rate, Hidden) or item.rate.n < threshold:
        hidden = Hidden.TOO_FEW
    if hidden is None:
        return coarse_item(item)
    return ItemResult(
        code=item.code,
        dimension=item.dimension,
        role=item.role,
        detail=Detail.TWO_WAY,
        rate=hidden,
        levels=hidden,
        dont_know=hidden,
        not_applicable=hidden,
        skipped=hidden,
        awareness=hidden,
        mean=hidden,
        sd=hidden,
        index=hidden,
        weighted=None if item.weighted is None else hidden,
        recommendation=None if item.recommendation is None else hidden,
    )


def _shown_dimension(dimension: DimensionResult, items: Mapping[str, ItemResult], threshold: int) -> DimensionResult:
    """Hidden with any of its items: the mean of the others would give that one away."""
    members = [items[code] for code in dimension.items]
    dimension = replace(dimension, reliability=shown_reliability(dimension.reliability, threshold))
    if not any(isinstance(item.rate, Hidden) for item in members):
        return coarse_dimension(dimension, members)
    too_few = isinstance(dimension.n, Hidden) or dimension.n < threshold
    alone = len(members) == 1 and members[0].rate is Hidden.TOO_FEW
    hidden = Hidden.TOO_FEW if too_few or alone else Hidden.COMPLEMENTARY
    n = Hidden.TOO_FEW if too_few else dimension.n
    return replace(dimension, n=n, rate=hidden, interval=hidden, index=hidden)


def _shown_point(point: YearPoint, threshold: int) -> YearPoint:
    if isinstance(point.rate, Rate):
        shown = coarse_rate(point.rate) if point.rate.n >= threshold else Hidden.TOO_FEW
        return replace(point, rate=shown)
    return point


def _shown_change(change: Change, items: Mapping[str, ItemResult], threshold: int) -> Change:
    """Both years as their own reports show them; below 30 answers the verdict without the figures behind it."""
    item = items[change.code]
    earlier, later = _shown_point(change.earlier, threshold), replace(change.later, rate=item.rate)
    change = replace(change, earlier=earlier, later=later)
    if not isinstance(earlier.rate, Rate) or not isinstance(later.rate, Rate):
        return replace(
            change, comparison=None, verdict=None, effect=None, smallest_visible_change=None, detail=Detail.TWO_WAY
        )
    detail = coarser(change.detail, item.detail, detail_of(earlier.rate.n))
    if detail is Detail.FULL:
        return change
    exact = earlier.rate.bound == later.rate.bound == "exact"
    effect = None if change.effect is None or detail is Detail.TWO_WAY else round(change.effect * 20) / 20
    return replace(
        change,
        comparison=None,
        effect=effect,
        smallest_visible_change=change.smallest_visible_change if exact else None,
        detail=detail,
    )


def _without_others_p(exact: Sequence[Change], shown: Sequence[Change]) -> tuple[Change, ...]:
    """Without adjusted p where an item whose own p is not shown belongs to the family: they are often that item's."""
    withheld = [
        before for before, after in zip(exact, shown, strict=True) if before.comparison and not after.comparison
    ]
    no_bh, no_holm = bool(withheld), any(change.primary for change in withheld)
    return tuple(
        replace(change, comparison=_adjusted(change.comparison, no_bh=no_bh, no_holm=no_holm)) for change in shown
    )


def _adjusted(comparison: ItemComparison | None, *, no_bh: bool, no_holm: bool) -> ItemComparison | None:
    if comparison is None:
        return None
    return replace(comparison, bh=None if no_bh else comparison.bh, holm=None if no_holm else comparison.holm)


def _shown_history(points: Sequence[YearPoint], item: ItemResult, threshold: int) -> tuple[YearPoint, ...]:
    """Older years as their own reports show them; the last point is this year's item."""
    return (*(_shown_point(point, threshold) for point in points[:-1]), replace(points[-1], rate=item.rate))


def _shown_choice(choice: ChoiceResult, limits: Limits, threshold: int) -> ChoiceResult:
    """Counts per option from 30 answers; below, only how many answered."""
    hidden = Hidden.COMPLEMENTARY if choice.code in limits.choices else None
    if isinstance(choice.n, Hidden) or choice.n < threshold:
        hidden = Hidden.TOO_FEW
    if hidden is not None:
        return ChoiceResult(choice.code, hidden, tuple(hidden for _ in choice.counts))
    if isinstance(choice.n, int) and detail_of(choice.n) is not Detail.FULL:
        return replace(choice, counts=tuple(Hidden.COARSENED for _ in choice.counts))
    return choice


def _shown_other_line(found: Comments, choices: Sequence[ChoiceResult]) -> Comments:
    """How many wrote what "other" is tells how many chose it: only where the choice itself is told."""
    asked_by = next((choice for choice in choices if f"{choice.code}_other" == found.code), None)
    if asked_by is None or all(isinstance(count, int) for count in asked_by.counts):
        return found
    return Comments(found.code, Hidden.COARSENED, ())


def _shown_comments(found: Comments, people: int, limits: Limits, threshold: int) -> Comments:
    few = isinstance(found.count, Hidden) or found.count < FEWEST_COMMENTS
    if few or people < max(threshold, FEWEST_RESPONSES_FOR_COMMENTS):
        return Comments(found.code, Hidden.TOO_FEW, ())
    if found.code in limits.comments:
        return Comments(found.code, Hidden.COMPLEMENTARY, ())
    return replace(
        found,
        words=told_words(found.words, bands=limits.bands),
        themes=told_counts(found.themes, bands=limits.bands),
        bands=limits.bands,
    )


def told_counts(found: Sequence[Named], *, bands: bool) -> tuple[Named, ...]:
    """Words or themes that enough people bring up; with ``bands`` their number only as far as its band tells it.

    Two exact numbers of one theme, of a unit and of one within it, would tell that of the few people in between.
    """
    named = [one for one in found if one.people >= BANDS[0]]
    if not bands:
        return tuple(named)
    return tuple(replace(one, people=max(band for band in BANDS if band <= one.people)) for one in named)


def told_words(found: Sequence[WordCount], *, bands: bool) -> tuple[WordCount, ...]:
    """The same of words, in an order that tells no more than the numbers do."""
    return tuple(sorted(told_counts(found, bands=bands), key=lambda one: (-one.people, one.word)))


def _has_exact_line(result: AnnualResult, shown: Sequence[Change]) -> bool:
    """Whether every rate that the expectations of actions are drawn from stands exactly in the Report.

    Three unrounded numbers would else be three equations for what is hidden. Too few of its own: branches stand behind.
    """
    touched = {found.action.item for found in result.actions}
    behind = [
        (point.rate, seen.rate)
        for exact, change in zip(result.changes, shown, strict=True)
        if exact.code not in touched and exact.comparability is not Comparability.NOT
        for point, seen in ((exact.earlier, change.earlier), (exact.later, change.later))
    ]
    return len(behind) >= 2 * FEWEST_CONTROLS and all(
        not isinstance(rate, Rate) or (isinstance(seen, Rate) and seen.bound == "exact") for rate, seen in behind
    )


def _shown_action(found: ActionResult, items: Mapping[str, ItemResult], *, keep_numbers: bool) -> ActionResult:
    """An action's verdict uses exact counts; of a hidden item nothing is said."""
    item = items.get(found.action.item)
    if not keep_numbers:
        found = replace(found, expected=None, lower=None, upper=None)
    if item is None or isinstance(item.rate, Rate):
        return found if item is None else replace(found, rate=item.rate)
    return replace(found, rate=item.rate, expected=None, lower=None, upper=None, reached=None, verdict="not_comparable")
