"""AnnualResult: the one tree of results, put together from its parts. It leaves `analysis` only as a Report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from analysis.agreement_results import agreement_of
from analysis.benchmark_results import benchmark_of, comparable_of
from analysis.changes import History, changes_and_history, subtree_pairs
from analysis.composition_results import composition_of
from analysis.counted import Counted, counted
from analysis.dataset import SealedDataset
from analysis.exemplars import exemplars_of
from analysis.findings import verify_plan
from analysis.group_results import choice_results, comments_of, group_tables, unit_rows
from analysis.importance_results import importance_of
from analysis.item_results import dimension_results, item_results
from analysis.limits import limits_of
from analysis.objective_results import Measured, objective_results
from analysis.pairing import pairings_of
from analysis.quality_results import quality_of
from analysis.reliability_results import dimension_reliability, questionnaire_reliability
from analysis.scales import overall_item
from analysis.strata import with_weighted_rates
from analysis.tree import AnnualResult, Change, Comparability, DimensionResult, ItemResult, Limits, Provenance
from analysis.trend_results import trends_of
from analysis.types import ActionSpec, Measure, Objective, Roster, Rules
from analysis.validity_results import validity_of
from instruments.model import Instrument

LARGEST_FAMILY = 6


def annual_result(  # noqa: PLR0917
    dataset: SealedDataset,
    previous: Sequence[SealedDataset],
    roster: Roster | None,
    objectives: Sequence[Objective],
    rules: Rules,
    actions: Sequence[ActionSpec] = (),
    actions_below: Mapping[str, Sequence[ActionSpec]] = MappingProxyType({}),
) -> AnnualResult:
    """Everything one year's survey says about one unit.

    Parameters: ``dataset``, a sealed dataset or the view of a unit (`SealedDataset.for_unit`); ``previous``, earlier
    years' views of the same unit in any order, possibly of other versions of the questionnaire; ``roster``, the unit's
    returns (None: those of the manifest); objectives, rules and actions as they were locked when the survey opened,
    ``actions_below`` those of units below by their code.
    The group threshold is the stricter of ``rules`` and of the one fixed at sealing.
    """
    past = [counted(other) for other in previous]
    return result_of(counted(dataset), past, roster, objectives, rules, actions, actions_below)


def result_of(  # noqa: PLR0917
    survey: Counted,
    previous: Sequence[Counted],
    roster: Roster | None,
    objectives: Sequence[Objective],
    rules: Rules,
    actions: Sequence[ActionSpec] = (),
    actions_below: Mapping[str, Sequence[ActionSpec]] = MappingProxyType({}),
) -> AnnualResult:
    """`annual_result` of surveys that are counted already; its time does not depend on the number of respondents."""
    basis = _basis_of(survey, previous, roster or survey.roster, objectives, rules)
    return _tree(basis, objectives, rules, actions, actions_below)


def primary_family(instrument: Instrument, objectives: Sequence[Objective], rules: Rules) -> tuple[str, ...]:
    """Items that carry year-over-year verdicts: as locked, else overall and the items of objectives, at most six."""
    items = (objective.target for objective in objectives if objective.measure is Measure.ITEM)
    named: tuple[str | None, ...] = rules.primary or (overall_item(instrument), *items)
    scored = {item.code for item in instrument.scored_items}
    family = [code for code in dict.fromkeys(named) if code is not None and code in scored]
    return tuple(family if rules.primary else family[:LARGEST_FAMILY])


@dataclass(frozen=True, slots=True)
class _Basis:
    """What several parts of a result are made of."""

    measured: Measured
    items: tuple[ItemResult, ...]
    dimensions: tuple[DimensionResult, ...]
    limits: Limits
    last: Counted | None
    """The survey of the year before."""
    changes: tuple[Change, ...]
    history: History


def _basis_of(
    survey: Counted, previous: Sequence[Counted], roster: Roster, objectives: Sequence[Objective], rules: Rules
) -> _Basis:
    earlier = sorted((other for other in previous if _year(other) < _year(survey)), key=_year)
    overall, threshold = overall_item(survey.instrument), max(rules.threshold, survey.manifest.threshold)
    limits = limits_of(survey, overall, threshold)
    items = with_weighted_rates(survey, item_results(survey, roster, limits.items), roster, threshold)
    dimensions = dimension_results(survey, items, roster, dimension_reliability(survey))
    by_item, by_dimension = {item.code: item for item in items}, {found.code: found for found in dimensions}
    measured = Measured(survey, roster, by_item, by_dimension, overall, threshold)
    family = primary_family(survey.instrument, objectives, rules)
    changes, history = changes_and_history(survey, earlier, items, family, rules)
    return _Basis(measured, items, dimensions, limits, earlier[-1] if earlier else None, changes, history)


def _year(survey: Counted) -> int:
    return survey.manifest.context.year


def _tree(
    basis: _Basis,
    objectives: Sequence[Objective],
    rules: Rules,
    actions: Sequence[ActionSpec],
    actions_below: Mapping[str, Sequence[ActionSpec]],
) -> AnnualResult:
    survey, last, changes = basis.measured.survey, basis.last, basis.changes
    overall, threshold = basis.measured.overall, basis.measured.threshold
    comparable = {change.code for change in changes if change.comparability is not Comparability.NOT}
    subtree = subtree_pairs(survey, last, threshold) if last else ()
    return AnnualResult(
        unit=survey.unit,
        unit_name=survey.manifest.unit(survey.unit).name,
        title=survey.manifest.title,
        context=survey.manifest.context,
        roster=basis.measured.roster,
        previous_roster=last.roster if last else None,
        overall=overall,
        items=basis.items,
        dimensions=basis.dimensions,
        reliability=questionnaire_reliability(survey),
        objectives=objective_results(objectives, basis.measured),
        changes=changes,
        history=basis.history,
        groups=group_tables(survey),
        choices=choice_results(survey),
        comments=comments_of(survey, rules.themes),
        units=unit_rows(survey, overall),
        provenance=_provenance(survey, threshold),
        actions=verify_plan(actions, basis.items, changes, rules, subtree),
        subtree=subtree,
        quality=quality_of(survey),
        validity=validity_of(survey, last, comparable),
        importance=importance_of(survey),
        agreement=agreement_of(survey, overall, basis.limits.rows),
        trends=trends_of(basis.history),
        composition=composition_of(survey, last if overall in comparable else None, threshold),
        comparable=comparable_of(survey, overall, threshold),
        benchmark=benchmark_of(survey, overall, threshold),
        exemplars=exemplars_of(survey, last, actions_below, threshold, rules),
        pairings=pairings_of(survey, threshold),
        limits=basis.limits,
    )


def _provenance(survey: Counted, threshold: int) -> Provenance:
    return Provenance(
        dataset_sha256=survey.dataset_sha256,
        instrument_sha256=survey.manifest.instrument_sha256,
        threshold=threshold,
        software=survey.manifest.software,
    )
