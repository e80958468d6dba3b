"""AnnualResult: the one tree of results, put together from its parts. It leaves `analysis` only as a Report."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.changes import changes_and_history
from analysis.dataset import SealedDataset
from analysis.findings import verify_plan
from analysis.group_results import choice_results, comments_of, group_tables, unit_rows
from analysis.item_results import dimension_results, item_results
from analysis.limits import limits_of
from analysis.objective_results import Measured, objective_results
from analysis.reliability_results import dimension_reliability, questionnaire_reliability
from analysis.tree import AnnualResult, Provenance
from analysis.types import ActionSpec, Measure, Objective, Roster, Rules
from instruments.model import Instrument, Role

LARGEST_FAMILY = 6


def annual_result(  # noqa: PLR0917
    dataset: SealedDataset,
    previous: Sequence[SealedDataset],
    roster: Roster | None,
    objectives: Sequence[Objective],
    rules: Rules,
    actions: Sequence[ActionSpec] = (),
) -> AnnualResult:
    """Everything one year's survey says about one unit.

    Parameters: ``dataset``, a sealed dataset or the view of a unit (`SealedDataset.for_unit`); ``previous``, earlier
    years' views of the same unit in any order, possibly of other versions of the questionnaire; ``roster``, the unit's
    returns (None: those of the manifest); objectives, rules and actions as they were locked when the survey opened.
    The group threshold is the stricter of ``rules`` and of the one fixed at sealing.
    """
    roster = roster or dataset.roster
    earlier = sorted(
        (other for other in previous if other.manifest.context.year < dataset.manifest.context.year),
        key=lambda other: other.manifest.context.year,
    )
    overall = overall_item(dataset.instrument)
    threshold = max(rules.threshold, dataset.manifest.threshold)
    limits = limits_of(dataset, overall, threshold)
    items = item_results(dataset, roster, limits.items)
    dimensions = dimension_results(dataset, items, roster, dimension_reliability(dataset))
    measured = Measured(
        dataset,
        roster,
        {item.code: item for item in items},
        {dimension.code: dimension for dimension in dimensions},
        overall,
    )
    family = primary_family(dataset.instrument, objectives, rules)
    changes, history = changes_and_history(dataset, earlier, items, family, rules)
    return AnnualResult(
        unit=dataset.unit,
        unit_name=dataset.manifest.unit(dataset.unit).name,
        title=dataset.manifest.title,
        context=dataset.manifest.context,
        roster=roster,
        previous_roster=earlier[-1].roster if earlier else None,
        overall=overall,
        items=items,
        dimensions=dimensions,
        reliability=questionnaire_reliability(dataset),
        objectives=objective_results(objectives, measured),
        changes=changes,
        history=history,
        groups=group_tables(dataset),
        choices=choice_results(dataset),
        comments=comments_of(dataset),
        units=unit_rows(dataset, overall),
        provenance=Provenance(
            dataset_sha256=dataset.sha256,
            instrument_sha256=dataset.manifest.instrument_sha256,
            threshold=threshold,
            software=dataset.manifest.software,
        ),
        actions=verify_plan(actions, items, changes, rules),
        limits=limits,
    )


def overall_item(instrument: Instrument) -> str | None:
    """Code of the overall satisfaction item, if the questionnaire has one on a scale."""
    item = instrument.item_with_role(Role.OVERALL)
    return item.code if item is not None and item.scale is not None else None


def primary_family(instrument: Instrument, objectives: Sequence[Objective], rules: Rules) -> tuple[str, ...]:
    """Items that carry year-over-year verdicts: as locked, else overall and the items of objectives, at most six."""
    items = (objective.target for objective in objectives if objective.measure is Measure.ITEM)
    named: tuple[str | None, ...] = rules.primary or (overall_item(instrument), *items)
    scored = {item.code for item in instrument.scored_items}
    family = [code for code in dict.fromkeys(named) if code is not None and code in scored]
    return tuple(family if rules.primary else family[:LARGEST_FAMILY])
