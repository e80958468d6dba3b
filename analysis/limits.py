"""What a unit may show so that no figure of another unit follows from it: the tree-wide view of a sealed dataset.

Counts people per unit and asks `pattern`; what is done about it is `disclosure`. The answer depends on the sealed data
alone, so it is the same in every report and for every role.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from analysis.counted import Counted
from analysis.pattern import FULL_FROM, Tally, is_enough, is_exact, limits, safe_family, subtree_totals
from analysis.quality import COUNTED_FLAGS
from analysis.scales import dimensions_of
from analysis.scoring import satisfied_codes
from analysis.tables import Counts
from analysis.tree import Detail, Hidden, Limits

PerUnit = Mapping[str, Detail | Hidden]
FEWEST_COMMENTS = 5
FEWEST_RESPONSES_FOR_COMMENTS = 10


def limits_of(survey: Counted, overall: str | None, threshold: int) -> Limits:
    """Limits of the unit that ``survey`` is looked at from."""
    whole, unit = survey.whole, survey.unit
    by_item = item_limits(whole, threshold)
    rows = by_item.get(overall, {}) if overall else {}
    children = [child.code for child in survey.manifest.children(unit)]
    return Limits(
        unit=hidden_unit(survey),
        items={item: found[unit] for item, found in by_item.items()},
        rows={child: rows[child] for child in children if child in rows},
        hidden_rows=survey.manifest.hidden_units & set(children),
        columns=frozenset(column for column, units in _withheld_columns(whole, threshold).items() if unit in units),
        choices=frozenset(item for item, units in _withheld_choices(whole).items() if unit in units),
        flags=frozenset(flag for flag, units in _withheld_flags(whole, threshold).items() if unit in units),
        comments=frozenset(item for item, units in _withheld_comments(whole, threshold).items() if unit in units),
        bands=len(survey.manifest.rosters) > 1,
    )


def hidden_unit(survey: Counted) -> Hidden | None:
    """Whether and why the pattern fixed at sealing hides the unit."""
    manifest = survey.manifest
    if survey.unit not in manifest.hidden_units:
        return None
    return Hidden.TOO_FEW if survey.people < manifest.threshold else Hidden.COMPLEMENTARY


@lru_cache(maxsize=32)
def item_limits(whole: Counted, threshold: int) -> Mapping[str, PerUnit]:
    """Scored item -> unit -> the finest detail it may be shown in."""
    manifest = whole.manifest
    found: dict[str, PerUnit] = {}
    for item in whole.instrument.scored_items:
        n = whole.tables.by_group(item.code, whole.instrument.scale_of(item).codes)
        x = whole.tables.by_group(item.code, satisfied_codes(whole.instrument, item))
        found[item.code] = limits(_tallies(whole, n, x), manifest.parents, manifest.hidden_units, threshold)
    return found


def _tallies(whole: Counted, n: Counts, x: Counts) -> dict[str, Tally]:
    return {unit: (int(n[k]), int(x[k])) for k, unit in enumerate(whole.tables.groups)}


@lru_cache(maxsize=32)
def _withheld_columns(whole: Counted, threshold: int) -> Mapping[tuple[str, int], frozenset[str]]:
    """Column of a group table -> units that must not show it although it is large enough."""
    manifest, dimensions = whole.manifest, len(dimensions_of(whole.instrument))
    found: dict[tuple[str, int], frozenset[str]] = {}
    for item, split in whole.tables.splits.items():
        for position, option in enumerate(split.options):
            withheld = {
                unit
                for k in range(dimensions)
                for unit, limit in limits(
                    _tallies(whole, split.answered[:, position, k], split.satisfied[:, position, k]),
                    manifest.parents,
                    manifest.hidden_units,
                    threshold,
                ).items()
                if limit is Hidden.COMPLEMENTARY
            }
            found[item, option] = frozenset(withheld)
    return found


@lru_cache(maxsize=32)
def _withheld_choices(whole: Counted) -> Mapping[str, frozenset[str]]:
    """Choice question -> units whose counts per option would give away those of a group below 30."""
    parents = whole.manifest.parents
    found = {}
    for item, choice in whole.tables.choices.items():
        own = {unit: (int(choice.answered[k]), 0) for k, unit in enumerate(whole.tables.groups)}
        totals = subtree_totals(own, parents)
        large = [unit for unit in parents if totals[unit][0] >= FULL_FROM and unit not in whole.manifest.hidden_units]
        shown = safe_family(large, own, parents, lambda tally, alone: is_enough(tally, alone, FULL_FROM))
        found[item] = frozenset(set(large) - shown)
    return found


@lru_cache(maxsize=32)
def _withheld_flags(whole: Counted, threshold: int) -> Mapping[str, frozenset[str]]:
    """Flag of careless answers -> units that may not show as a number how many people have it."""
    manifest, people = whole.manifest, whole.tables.people
    found = {}
    for position, flag in enumerate(COUNTED_FLAGS):
        own = _tallies(whole, people, whole.tables.flags[:, position])
        totals = subtree_totals(own, manifest.parents)
        allowed = limits(own, manifest.parents, manifest.hidden_units, threshold)
        found[flag] = frozenset(
            unit for unit, limit in allowed.items() if limit is not Detail.FULL or not is_exact(*totals[unit])
        )
    return found


@lru_cache(maxsize=32)
def _withheld_comments(whole: Counted, threshold: int) -> Mapping[str, frozenset[str]]:
    """Text question -> units whose comments, less those of other units, would leave those of too few people."""
    manifest, people = whole.manifest, whole.tables.people
    found = {}
    for item in whole.instrument.text_items:
        texts = whole.texts.get(item.code, {})
        own = {unit.code: (len(texts.get(unit.code, ())), int(people[k])) for k, unit in enumerate(manifest.units)}
        totals = subtree_totals(own, manifest.parents)

        def may_be_read(tally: Tally, _alone: int = 0) -> bool:
            return tally[0] >= FEWEST_COMMENTS and tally[1] >= max(threshold, FEWEST_RESPONSES_FOR_COMMENTS)

        enough = [unit for unit in totals if unit not in manifest.hidden_units and may_be_read(totals[unit])]
        found[item.code] = frozenset(set(totals) - safe_family(enough, own, manifest.parents, may_be_read))
    return found
