"""Year over year: each item's facts in both years, whether they may be compared, the tests; and the primary history.

Whether two years may be compared is `comparability`, the tests are `comparison`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from analysis.coarsening import coarse_item, coarser
from analysis.comparability import ItemComparability, comparability
from analysis.comparison import ItemComparison, compare_counts, smallest_visible_change
from analysis.counted import Counted
from analysis.item_results import item_results, rate_of
from analysis.limits import hidden_unit, item_limits
from analysis.pattern import detail_of
from analysis.scoring import keyed_counts
from analysis.tree import Change, Comparability, Detail, Hidden, ItemPair, ItemResult, Rate, YearPoint
from analysis.types import Context, Rules

History = tuple[tuple[str, tuple[YearPoint, ...]], ...]


@dataclass(frozen=True, slots=True)
class _Year:
    """An earlier year of the same unit as its own report would show it, and how far it may be compared with now."""

    survey: Counted
    points: Mapping[str, YearPoint]
    details: Mapping[str, Detail]
    comparable: Mapping[str, ItemComparability]


def changes_and_history(
    survey: Counted,
    earlier: Sequence[Counted],
    items: Sequence[ItemResult],
    family: Sequence[str],
    rules: Rules,
) -> tuple[tuple[Change, ...], History]:
    """Changes against the latest of ``earlier`` (oldest first) for every item that both years asked, and the points
    of the primary family over all years."""
    years = [_year(other, survey) for other in earlier]
    changes = _changes(survey, years[-1], items, family, rules) if years else ()
    now = {item.code: item.rate for item in items}
    this_year = survey.manifest.context.year
    history = tuple(
        (code, (*(year.points[code] for year in years if code in year.points), YearPoint(this_year, now[code])))
        for code in family
    )
    return changes, history


def _year(other: Counted, survey: Counted) -> _Year:
    limits = item_limits(other.whole, other.manifest.threshold)
    allowed = {code: by_unit[other.unit] for code, by_unit in limits.items()}
    comparable = comparability(other.instrument, survey.instrument, unit_context(other), unit_context(survey))
    hidden, year = hidden_unit(other), other.manifest.context.year
    points, details = {}, {}
    for item in item_results(other, other.roster, allowed):
        limit = hidden or allowed[item.code]
        rate = limit if isinstance(limit, Hidden) else _with_shown_population(item)
        found = comparable.get(item.code)
        points[item.code] = YearPoint(year, rate, found is not None and found.status is not Comparability.NOT)
        details[item.code] = Detail.TWO_WAY if isinstance(limit, Hidden) else limit
    return _Year(other, points, details, comparable)


def _with_shown_population(item: ItemResult) -> Rate | Hidden:
    """The exact rate, without the population where that year's report leaves it out."""
    shown = coarse_item(item).rate
    if isinstance(shown, Hidden) or isinstance(item.rate, Hidden) or shown.population is not None:
        return item.rate
    return rate_of(item.rate.satisfied, item.rate.n, None)


def subtree_pairs(survey: Counted, earlier: Counted, threshold: int) -> tuple[ItemPair, ...]:
    """Comparable items of both years in every reporting unit of the subtree that enough people answered in both."""
    comparable = comparability(earlier.instrument, survey.instrument, earlier.manifest.context, survey.manifest.context)
    codes = [code for code, found in comparable.items() if found.status is not Comparability.NOT]
    shared = set(earlier.manifest.parents).intersection(survey.units)
    return tuple(
        ItemPair(unit, code, *pair)
        for unit in survey.units
        if unit in shared
        for code in codes
        if (pair := _both_years(earlier, survey, unit, code, threshold))
    )


def _both_years(earlier: Counted, survey: Counted, unit: str, code: str, threshold: int) -> tuple[Rate, Rate] | None:
    rates = []
    for year in (earlier, survey):
        levels = keyed_counts(year.instrument, code, year.tables.counts(code, [unit]))
        scale = year.instrument.scale_of(year.instrument.by_code[code])
        n = sum(levels)
        if n < threshold:
            return None
        satisfied = sum(
            count for level, count in zip(sorted(scale.codes), levels, strict=True) if level in scale.satisfied
        )
        rates.append(Rate(satisfied, n))
    return rates[0], rates[1]


def unit_context(survey: Counted) -> Context:
    """The circumstances of a survey with the participation of the unit looked at."""
    roster, context = survey.roster, survey.manifest.context
    if not roster.eligible:
        return context
    return replace(context, participation=roster.returned / roster.eligible)


def _changes(
    survey: Counted, year: _Year, items: Sequence[ItemResult], family: Sequence[str], rules: Rules
) -> tuple[Change, ...]:
    asked = [item for item in items if item.code in year.comparable and item.code in year.points]
    threshold = max(rules.threshold, survey.manifest.threshold)
    limits = item_limits(survey.whole, threshold)
    tested = [
        item.code
        for item in asked
        if year.points[item.code].comparable
        and isinstance(limits[item.code][survey.unit], Detail)
        and isinstance(before := year.points[item.code].rate, Rate)
        and before.n >= threshold
    ]
    comparisons = _compared(survey, year.survey, tested, family, rules)
    this_year = survey.manifest.context.year
    return tuple(
        _change(item, year, comparisons.get(item.code), later=this_year, primary=item.code in family, rules=rules)
        for item in asked
    )


def _compared(
    survey: Counted, earlier: Counted, codes: Sequence[str], family: Sequence[str], rules: Rules
) -> Mapping[str, ItemComparison]:
    """All comparable items that both years may show tested together, Holm over those of the primary family.

    A hidden item is not among them: its p would stand in the adjusted p of others.
    """
    if not codes:
        return {}
    scales = [survey.instrument.scale_of(survey.instrument.by_code[code]) for code in codes]
    found = compare_counts(
        [keyed_counts(earlier.instrument, code, earlier.counts(code)) for code in codes],
        [keyed_counts(survey.instrument, code, survey.counts(code)) for code in codes],
        levels=[scale.codes for scale in scales],
        satisfied=[scale.satisfied for scale in scales],
        alpha=rules.alpha,
        primary=[position for position, code in enumerate(codes) if code in family],
    )
    return dict(zip(codes, found.items, strict=True))


def _change(
    item: ItemResult, year: _Year, comparison: ItemComparison | None, *, later: int, primary: bool, rules: Rules
) -> Change:
    earlier = year.points[item.code]
    found = year.comparable[item.code]
    sizes = [rate.n for rate in (earlier.rate, item.rate) if isinstance(rate, Rate)]
    visible = None
    if comparison is not None and isinstance(earlier.rate, Rate):
        visible = smallest_visible_change(
            comparison.n_earlier, comparison.n_later, earlier.rate.value, alpha=rules.alpha
        )
    delta = comparison.cliffs_delta if comparison is not None else None
    return Change(
        code=item.code,
        earlier=earlier,
        later=YearPoint(later, item.rate),
        comparability=found.status,
        reasons=found.reasons,
        primary=primary,
        comparison=comparison,
        smallest_visible_change=visible,
        verdict=comparison.verdict if comparison is not None else None,
        effect=delta.value if delta is not None else None,
        detail=coarser(year.details[item.code], *(detail_of(n) for n in sizes)),
    )
