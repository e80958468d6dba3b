"""How much of a change in overall satisfaction is a change of who answered: strata of both years, and Kitagawa's split.

Each year is cut into parts whose numbers may be known exactly, by that year's data alone. Strata are unions of the
parts of both years: whatever other years are compared with, no smaller part can be worked out.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

from analysis.counted import Counted
from analysis.limits import limits_of
from analysis.pattern import THREE_WAY_FROM
from analysis.scales import overall_item
from analysis.strata import Region, regions_of
from analysis.tree import Change, CompositionResult, Rate
from analysis.weighting import kitagawa
from instruments.model import Item


@dataclass(frozen=True, slots=True)
class _Part:
    """Some of those who answered in one year, and what they have in common with people of the other year."""

    keys: tuple[Hashable, ...]
    """Reporting groups, or options of a grouping question (None: no answer to it)."""
    satisfied: int
    n: int


_Cut = tuple[str | None, list[list[_Part]]]
"""What people are told apart by (None: branches), and the parts of the earlier and of the later year."""


@dataclass(frozen=True, slots=True)
class _Stratum:
    """Satisfied people and answers in the earlier and in the later year."""

    satisfied: tuple[int, int] = (0, 0)
    n: tuple[int, int] = (0, 0)

    def __add__(self, other: _Stratum) -> _Stratum:
        return _Stratum(
            (self.satisfied[0] + other.satisfied[0], self.satisfied[1] + other.satisfied[1]),
            (self.n[0] + other.n[0], self.n[1] + other.n[1]),
        )


def composition_of(survey: Counted, earlier: Counted | None, threshold: int) -> CompositionResult | None:
    """The change of the overall rate since ``earlier``, the same unit in a comparable year, split over who answered.

    Over the branches of a unit that has any, else over the first grouping question that has enough people in its
    options. Weights are those who answered, so that the total is the change between the two rates as they are printed:
    more answers from a satisfied branch are composition, a branch that grew more satisfied is not. Strata are merged
    until each has 20 answers, or the stricter threshold of the two years, in both.

    None without an earlier year, where either year does not show its exact overall rate, or with fewer than two strata.
    """
    overall = overall_item(survey.instrument)
    if earlier is None or overall is None or overall not in earlier.tables.items:
        return None
    earlier_threshold = earlier.manifest.threshold
    years = (
        (earlier, regions_of(earlier, overall, earlier_threshold)),
        (survey, regions_of(survey, overall, threshold)),
    )
    if not all(regions for _, regions in years):
        return None
    fewest = max(threshold, earlier_threshold, THREE_WAY_FROM)
    cuts: Iterator[_Cut]
    if len(survey.units) == len(earlier.units) == 1:
        cuts = _by_option((earlier, survey), overall, (earlier_threshold, threshold), fewest)
    else:
        cuts = iter([(None, [_by_unit(year, overall, regions) for year, regions in years])])
    return next((found for by, parts in cuts if (found := _split(earlier, by, _strata(parts, fewest)))), None)


def shown_composition(
    found: CompositionResult | None, overall: str | None, changes: Sequence[Change]
) -> CompositionResult | None:
    """Only beside the two exact rates whose difference it splits. ``changes`` are those of the Report."""
    rates = [rate for change in changes if change.code == overall for rate in (change.earlier.rate, change.later.rate)]
    is_exact = rates and all(isinstance(rate, Rate) and rate.bound == "exact" for rate in rates)
    return found if is_exact else None


def _split(earlier: Counted, by: str | None, strata: Sequence[_Stratum]) -> CompositionResult | None:
    if len(strata) < 2:
        return None
    before, after = ([stratum.n[year] for stratum in strata] for year in (0, 1))
    rates = [[stratum.satisfied[year] / stratum.n[year] for stratum in strata] for year in (0, 1)]
    return CompositionResult(
        year=earlier.manifest.context.year,
        by=by,
        strata=len(strata),
        change=kitagawa(rates[0], before, rates[1], after),
    )


def _by_unit(survey: Counted, overall: str, regions: Sequence[Region]) -> list[_Part]:
    """Regions by the reporting groups that answered in them."""
    people = survey.tables.by_group(overall, survey.instrument.scale_of(survey.instrument.by_code[overall]).codes)
    answered = {unit for unit, n in zip(survey.tables.groups, people.tolist(), strict=True) if n}
    return [
        _Part(tuple(unit for unit in region.units if unit in answered), region.satisfied, region.n)
        for region in regions
        if region.n
    ]


def _by_option(
    years: tuple[Counted, Counted], overall: str, thresholds: tuple[int, int], fewest: int
) -> Iterator[_Cut]:
    """Each grouping question that both years asked with the same options: the parts of both years."""
    earlier, later = years
    for item in later.instrument.grouping_items:
        before = earlier.instrument.by_code.get(item.code)
        if before is not None and before.grouping and _options(before) == _options(item):
            yield (
                item.code,
                [
                    _option_parts(year, item.code, overall, threshold, fewest)
                    for year, threshold in zip(years, thresholds, strict=True)
                ],
            )


def _options(item: Item) -> tuple[object, ...]:
    return item.type, item.options, item.bands, item.minimum, item.maximum, item.visible_if


def _option_parts(survey: Counted, item: str, overall: str, threshold: int, fewest: int) -> list[_Part]:
    """One year's people by their answer: each option that its group table may show with enough answers in every cell,
    and all others together.

    The others, too, have to be enough, and at least two more than any option among them: else they join the smallest.
    """
    split = survey.view.splits[item]
    subject = survey.tables.subjects.index(overall)
    withheld = limits_of(survey, overall, threshold).columns
    options = [
        _Part((option,), int(satisfied), int(n))
        for option, n, satisfied in zip(
            split.options, split.answered[0, :, subject], split.satisfied[0, :, subject], strict=True
        )
    ]
    is_alone = [
        int(cells.min()) >= fewest and (item, part.keys[0]) not in withheld
        for cells, part in zip(split.answered[0], options, strict=True)
    ]
    alone = sorted((part for part, is_so in zip(options, is_alone, strict=True) if is_so), key=lambda part: -part.n)
    hidden = [part for part, is_so in zip(options, is_alone, strict=True) if not is_so and part.n]
    (whole,) = regions_of(survey, overall, threshold)
    n, satisfied = whole.n - sum(part.n for part in alone), whole.satisfied - sum(part.satisfied for part in alone)
    others = _Part((*(part.keys[0] for part in hidden), None), satisfied, n)
    if n == 0:
        return alone
    if alone and n < max(fewest, 2 + max((part.n for part in hidden), default=0)):
        smallest = alone.pop()
        others = _Part((*smallest.keys, *others.keys), smallest.satisfied + satisfied, smallest.n + n)
    return [*alone, others]


def _strata(years: Sequence[Sequence[_Part]], fewest: int) -> list[_Stratum]:
    """Parts of both years that share a key, taken together; then merged until each has enough answers in both years.

    Small ones are gathered in order (neighbours in the tree); what is left over joins the smallest that has enough.
    """
    found: list[_Stratum] = []
    gathered = _Stratum()
    for stratum in _joined(*years):
        if min(stratum.n) >= fewest:
            found.append(stratum)
            continue
        gathered += stratum
        if min(gathered.n) >= fewest:
            found.append(gathered)
            gathered = _Stratum()
    if sum(gathered.n) and found:
        smallest = min(range(len(found)), key=lambda position: min(found[position].n))
        found[smallest] += gathered
    return found


def _joined(earlier: Sequence[_Part], later: Sequence[_Part]) -> list[_Stratum]:
    leader: dict[Hashable, Hashable] = {}

    def lead(key: Hashable) -> Hashable:
        while leader.setdefault(key, key) != key:
            key = leader[key]
        return key

    for part in (*later, *earlier):
        for key in part.keys:
            leader[lead(key)] = lead(part.keys[0])
    found: dict[Hashable, _Stratum] = {}
    for year, parts in ((1, later), (0, earlier)):
        for part in parts:
            counts = ((0, part.satisfied), (0, part.n)) if year else ((part.satisfied, 0), (part.n, 0))
            group = lead(part.keys[0])
            found[group] = found.get(group, _Stratum()) + _Stratum(*counts)
    return list(found.values())
