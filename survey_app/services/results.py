"""From a sealed survey to the Report of a unit. Whatever leaves here has been through `disclosure.suppress`.

Comments leave released ones only; before that they are for the committee's queue alone (`..._unreviewed`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.dataset import SealedDataset
from analysis.types import ActionSpec, Objective, Rules
from instruments.model import Instrument
from survey_app.errors import NothingToReport
from survey_app.models import (
    Action,
    Eligibility,
    LocalDataset,
    LocalModule,
    ReportingGroup,
    State,
    SuggestionRound,
    Survey,
    Unit,
)
from survey_app.services.comments import comments_to_show
from survey_app.services.datasets import load_dataset, load_local_dataset
from survey_app.services.organisation import ancestors
from survey_app.services.questionnaires import instrument_of
from survey_app.services.rules import objectives_of, rules_of
from survey_app.services.shelf import Shelf

if TYPE_CHECKING:
    from analysis.tree import Report

Plans = tuple[tuple[str, tuple[ActionSpec, ...]], ...]
"""Actions by code of the unit."""


class Sources(NamedTuple):
    """All that the report of a unit follows from."""

    dataset: SealedDataset
    shown: str
    """Code of the unit whose figures stand for it."""
    earlier: Sequence[SealedDataset]
    """Earlier years from that unit, oldest first."""
    objectives: tuple[Objective, ...]
    rules: Rules
    actions: tuple[ActionSpec, ...]
    below: Plans


REPORTS: Shelf[Report] = Shelf(256)
"""By everything that a report follows from."""
STANDING_IN: Shelf[tuple[Report, Report]] = Shelf(64)
"""By the report that it was made from, which stands beside it so that no other one gets its identity."""


def report_for(session: Session, survey: Survey, unit: Unit) -> Report:
    """What may be shown of a sealed survey for a unit with its subtree, earlier years beside it.

    A unit folded into another's reporting group gets that group's report.

    Raises: StateError, NothingToReport for a unit outside the survey, DatasetAltered.
    """
    return comments_to_show(session, survey, report_unreviewed(session, survey, unit))


def report_unreviewed(session: Session, survey: Survey, unit: Unit) -> Report:
    """The same with every comment as it was written: for those who decide on them (`comment_queue`)."""
    sources = sources_of(session, survey, unit)
    earlier = tuple(past.sha256 for past in sources.earlier)
    report = REPORTS.get(
        (sources.dataset.sha256, sources.shown, earlier, *sources[3:]),
        lambda: _report(sources.dataset.for_unit(sources.shown), *sources[2:]),
    )
    if sources.shown != unit.code:
        report = _without_neighbours(report)
    is_round = session.get(SuggestionRound, survey.id) is not None
    return replace(report, comments=()) if is_round else report  # suggestions are read by moderators alone


def sources_of(session: Session, survey: Survey, unit: Unit) -> Sources:
    """Raises: StateError, NothingToReport for a unit outside the survey, DatasetAltered."""
    survey.require(State.SEALED)
    dataset = load_dataset(session, survey)
    shown = _shown_unit(session, dataset, survey, unit)
    chosen = earlier_among(result_surveys(session, unit), survey)
    return Sources(
        dataset,
        shown,
        _earlier(session, chosen, shown),
        objectives_of(survey, unit),
        rules_of(survey),
        tuple(actions_verified_by(session, survey, unit, chosen[-1])) if chosen else (),
        _actions_below(session, dataset, shown, survey, before=chosen[-1]) if chosen else (),
    )


def _without_neighbours(report: Report) -> Report:
    """A report that stands for a unit too small for one of its own, which has no business comparing its neighbours.

    The same one each time; that it is made from stays on the shelf beside it.
    """
    if not (report.comparable or report.exemplars or report.pairings):
        return report
    return STANDING_IN.get(
        id(report), lambda: (report, replace(report, comparable=None, benchmark=None, exemplars=(), pairings=()))
    )[1]


def local_report(session: Session, module: LocalModule, unit: Unit) -> Report:
    """What may be shown of the answers to a unit's own questions, earlier years of the same module beside it.

    Raises: StateError; NothingToReport where too few answered, or for a unit that was not asked; DatasetAltered.
    """
    return comments_to_show(session, module.survey, local_report_unreviewed(session, module, unit))


def local_report_unreviewed(session: Session, module: LocalModule, unit: Unit) -> Report:
    """The same with every comment as it was written."""
    module.survey.require(State.SEALED)
    dataset = load_local_dataset(session, module)
    folding = folding_group(session, module.survey, unit)
    codes = (unit.code, folding.unit.code) if folding is not None else (unit.code,)
    shown = next((code for code in codes if code in _units_with_people(dataset)), None)
    if shown is None:
        raise NothingToReport(unit=unit.name)
    datasets = [load_local_dataset(session, past) for past in _earlier_modules(session, module)]
    earlier = [past.for_unit(shown) for past in datasets if shown in _units_with_people(past)]
    rules = rules_of(module.survey)
    return REPORTS.get(
        (dataset.sha256, shown, tuple(past.sha256 for past in earlier), rules),
        lambda: _report(dataset.for_unit(shown), earlier, (), rules, (), ()),
    )


def earlier_instruments(session: Session, survey: Survey, unit: Unit) -> dict[int, Instrument]:
    """Year -> what was asked in it, for the earlier years that stand beside the survey in a report of the unit."""
    return {past.year: instrument_of(past) for past in earlier_among(result_surveys(session, unit), survey)}


def earlier_local_instruments(session: Session, module: LocalModule) -> dict[int, Instrument]:
    """The same of a unit's own questions."""
    return {past.survey.year: instrument_of(past.instrument) for past in _earlier_modules(session, module)}


def _earlier_modules(session: Session, module: LocalModule) -> list[LocalModule]:
    """The unit's sealed modules of the same code in earlier years, oldest first, one a year."""
    found = session.scalars(
        select(LocalModule)
        .join(LocalModule.survey)
        .join(LocalDataset, (LocalDataset.survey_id == Survey.id) & (LocalDataset.unit_id == LocalModule.unit_id))
        .where(LocalModule.unit_id == module.unit_id, Survey.year < module.survey.year)
        .order_by(Survey.year, Survey.sealed_at)
    )
    by_year = {past.survey.year: past for past in found if past.instrument.code == module.instrument.code}
    return list(by_year.values())


def actions_verified_by(session: Session, survey: Survey, unit: Unit, before: Survey) -> list[ActionSpec]:
    """The unit's actions on last year's survey, as far as they were fixed before this one opened and not given up."""
    found = select(Action).where(Action.unit_id == unit.id, Action.survey_id == before.id).order_by(Action.created_at)
    return [
        ActionSpec(
            str(action.id), action.item, action.baseline_satisfied, action.baseline_n, action.acceptance, action.title
        )
        for action in session.scalars(found)
        if is_held_against(action, survey)
    ]


def is_held_against(action: Action, survey: Survey) -> bool:
    """Whether an action stood when a survey opened: fixed before, and not given up by then."""
    return _stood(action.created_at, action.stopped_at, survey)


def _stood(created_at: datetime, stopped_at: datetime | None, survey: Survey) -> bool:
    if survey.opened_at is None:
        return stopped_at is None
    return created_at <= survey.opened_at and (stopped_at is None or stopped_at > survey.opened_at)


def _actions_below(session: Session, dataset: SealedDataset, shown: str, survey: Survey, *, before: Survey) -> Plans:
    """The actions of units below on last year's survey that stood when this one opened, by code of the unit."""
    below = set(dataset.manifest.subtree(shown)) - {shown}
    if not below:
        return ()
    found = session.execute(
        select(
            Unit.code, Action.created_at, Action.stopped_at, Action.id, Action.item, Action.baseline_satisfied,
            Action.baseline_n, Action.acceptance, Action.title,
        ).join(Action.unit).where(Action.survey_id == before.id).order_by(Action.created_at)
    )  # fmt: skip
    plans: dict[str, list[ActionSpec]] = {}
    for code, created_at, stopped_at, identifier, item, satisfied, n, acceptance, title in found:
        if code in below and _stood(created_at, stopped_at, survey):
            spec = ActionSpec(str(identifier), item, satisfied, n, acceptance, title)
            plans.setdefault(code, []).append(spec)
    return tuple((code, tuple(plan)) for code, plan in plans.items())


def result_surveys(session: Session, unit: Unit) -> list[Survey]:
    """Sealed surveys that cover a unit, latest year first."""
    covering = [unit.id, *(above.id for above in ancestors(unit))]
    found = select(Survey).where(Survey.state == State.SEALED, Survey.unit_id.in_(covering))
    return list(session.scalars(found.order_by(Survey.year.desc(), Survey.audience, Survey.sealed_at.desc())))


def folding_group(session: Session, survey: Survey, unit: Unit) -> ReportingGroup | None:
    """The group of a unit above in which a unit too small for one of its own is counted; one query."""
    above = [member.id for member in ancestors(unit)]
    found = select(ReportingGroup).where(ReportingGroup.survey_id == survey.id, ReportingGroup.unit_id.in_(above))
    return next((group for group in session.scalars(found) if unit.code in group.folded_units), None)


def units_counted_with(session: Session, survey: Survey, report: Report, unit: Unit) -> int:
    """Units besides this one whose people are in a report of a unit above it; those without a number have none."""
    manifest = load_dataset(session, survey).manifest
    found = session.execute(
        select(Unit.code, ReportingGroup.folded_units)
        .join(ReportingGroup.unit)
        .where(ReportingGroup.survey_id == survey.id, Unit.code.in_(manifest.subtree(report.unit)))
    )
    members = {code for own, folded in found for code in (own, *folded)} - {unit.code}
    peopled = session.scalars(
        select(Unit.code)
        .join(Eligibility, Eligibility.unit_id == Unit.id)
        .where(Eligibility.year == survey.year, Eligibility.audience == survey.audience, Eligibility.people > 0)
    )
    return len(members.intersection(peopled))


def _report(  # noqa: PLR0917
    dataset: SealedDataset,
    earlier: Sequence[SealedDataset],
    objectives: Sequence[Objective],
    rules: Rules,
    actions: Sequence[ActionSpec],
    actions_below: Plans,
) -> Report:
    from analysis.disclosure import Policy, suppress  # loads the statistics, which answering never needs
    from analysis.report import annual_result

    result = annual_result(dataset, earlier, None, objectives, rules, actions, dict(actions_below))
    return suppress(result, Policy(threshold=rules.threshold))


def _shown_unit(session: Session, dataset: SealedDataset, survey: Survey, unit: Unit) -> str:
    """The unit whose figures stand for this one: itself, the group it is folded into, or the nearest with people."""
    group = folding_group(session, survey, unit)
    if group is not None:
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
    parents, found = dataset.manifest.parents, set()
    for code in dataset.manifest.rosters:
        above: str | None = code
        while above is not None and above not in found:
            found.add(above)
            above = parents[above]
    return frozenset(found)


def earlier_among(sealed: Iterable[Survey], survey: Survey) -> list[Survey]:
    """Of a unit's sealed surveys those a survey is compared with, oldest first: one a year, best of the same unit."""
    candidates = [
        candidate
        for candidate in sealed
        if candidate.audience == survey.audience and candidate.year < survey.year and _asks_alike(candidate, survey)
    ]
    candidates.sort(key=lambda candidate: candidate.unit_id == survey.unit_id)
    chosen = {candidate.year: candidate for candidate in candidates}  # the last one of a year stays
    return [chosen[year] for year in sorted(chosen)]


def _asks_alike(one: Survey, other: Survey) -> bool:
    """Whether two surveys have questions in common beyond the headline ones, so that their figures could compare."""
    own, others = (
        {item.code for item in instrument_of(survey).scored_items if item.role is None} for survey in (one, other)
    )
    return one.instrument.code == other.instrument.code or not own.isdisjoint(others)


def _earlier(session: Session, surveys: Sequence[Survey], shown: str) -> list[SealedDataset]:
    datasets = [load_dataset(session, survey) for survey in surveys]
    return [dataset.for_unit(shown) for dataset in datasets if shown in _units_with_people(dataset)]
