"""From a sealed survey to the Report of a unit. Whatever leaves here has been through `disclosure.suppress`."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.dataset import SealedDataset
from analysis.types import Objective, Rules
from survey_app.errors import NothingToReport
from survey_app.models import State, Survey, Unit
from survey_app.services.datasets import load_dataset
from survey_app.services.organisation import ancestors
from survey_app.services.rules import objectives_of, rules_of
from survey_app.services.shelf import Shelf

if TYPE_CHECKING:
    from analysis.tree import Report

REPORTS: Shelf[Report] = Shelf(256)
"""By everything that a report follows from."""


def report_for(session: Session, survey: Survey, unit: Unit) -> Report:
    """What may be shown of a sealed survey for a unit with its subtree, earlier years beside it.

    A unit folded into another's reporting group gets that group's report.

    Raises: StateError, NothingToReport for a unit outside the survey, DatasetAltered.
    """
    survey.require(State.SEALED)
    dataset = load_dataset(session, survey)
    shown = _shown_unit(dataset, survey, unit)
    earlier = _earlier(session, survey, unit, shown)
    objectives, rules = objectives_of(survey, unit), rules_of(survey)
    return REPORTS.get(
        _key(dataset, shown, earlier, objectives, rules),
        lambda: _report(dataset.for_unit(shown), earlier, objectives, rules),
    )


def result_surveys(session: Session, unit: Unit) -> list[Survey]:
    """Sealed surveys that cover a unit, latest year first."""
    covering = [unit.id, *(above.id for above in ancestors(unit))]
    found = select(Survey).where(Survey.state == State.SEALED, Survey.unit_id.in_(covering))
    return list(session.scalars(found.order_by(Survey.year.desc(), Survey.audience, Survey.sealed_at.desc())))


def _report(
    dataset: SealedDataset, earlier: Sequence[SealedDataset], objectives: Sequence[Objective], rules: Rules
) -> Report:
    from analysis.disclosure import Policy, suppress  # loads the statistics, which answering never needs
    from analysis.report import annual_result

    return suppress(annual_result(dataset, earlier, None, objectives, rules), Policy(threshold=rules.threshold))


def _shown_unit(dataset: SealedDataset, survey: Survey, unit: Unit) -> str:
    """The unit whose figures stand for this one: itself, the group it is folded into, or the nearest with people."""
    for group in survey.groups:
        if unit.code in group.folded_units:
            return group.unit.code
    answered = _units_with_people(dataset)
    if unit.code in answered:
        return unit.code
    above = (member.code for member in ancestors(unit))
    found = next((code for code in above if code in answered), None)
    if found is None:
        raise NothingToReport(unit=unit.name)
    return found


def _units_with_people(dataset: SealedDataset) -> frozenset[str]:
    """Units with a reporting group at or below them."""
    manifest = dataset.manifest
    return frozenset(
        unit.code for unit in manifest.units if any(code in manifest.rosters for code in manifest.subtree(unit.code))
    )


def _earlier(session: Session, survey: Survey, unit: Unit, shown: str) -> list[SealedDataset]:
    """The same unit in earlier years, oldest first: one survey a year, that of the same unit before others."""
    candidates = [
        candidate
        for candidate in result_surveys(session, unit)
        if candidate.audience == survey.audience and candidate.year < survey.year
    ]
    candidates.sort(key=lambda candidate: candidate.unit_id == survey.unit_id)
    chosen = {candidate.year: candidate for candidate in candidates}  # the last one of a year stays
    datasets = [load_dataset(session, chosen[year]) for year in sorted(chosen)]
    return [dataset.for_unit(shown) for dataset in datasets if shown in _units_with_people(dataset)]


def _key(
    dataset: SealedDataset,
    shown: str,
    earlier: Sequence[SealedDataset],
    objectives: Sequence[Objective],
    rules: Rules,
) -> Hashable:
    return (dataset.sha256, shown, tuple(past.sha256 for past in earlier), tuple(objectives), rules)
