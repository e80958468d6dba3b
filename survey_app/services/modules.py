"""Local modules of a survey: adding and taking out a unit's own questions, and what a group is asked with them.

How two questionnaires join is `instruments.modules`; keeping the answers apart is `seal`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments.loader import load
from instruments.model import Instrument
from instruments.modules import module_problems, with_module
from survey_app.clock import Clock
from survey_app.errors import ModuleRefused
from survey_app.models import InstrumentVersion, LocalDataset, LocalModule, ReportingGroup, State, Survey, Unit
from survey_app.services.audit import Actor, record
from survey_app.services.organisation import ancestors
from survey_app.services.questionnaires import instrument_of
from survey_app.services.unit_tree import AnyUnit, unit_tree


def add_module(
    session: Session, survey: Survey, unit: Unit, version: InstrumentVersion, *, by: Actor, clock: Clock
) -> LocalModule:
    """Ask the people of a unit its own questions below the common ones. Raises: StateError, ModuleRefused."""
    survey.require(State.DRAFT)
    path = path_of(unit)
    if survey.unit_id not in path[1:]:
        raise ModuleRefused("elsewhere", title=survey.title, unit=unit.name)
    for module in modules_of(session, survey):
        if module.unit_id in path or unit.id in path_of(module.unit):
            raise ModuleRefused("overlap", unit=module.unit.name)
    problems = module_problems(instrument_of(survey), instrument_of(version))
    if problems:
        raise ModuleRefused("unfit", why="; ".join(problem.message for problem in problems))
    module = LocalModule(survey=survey, unit=unit, instrument=version)
    session.add(module)
    record(
        session, by, "survey.add_module", survey, clock=clock, unit=unit,
        local_unit=unit.code, questionnaire=f"{version.code} {version.sha256[:8]}",
    )  # fmt: skip
    return module


def remove_module(session: Session, module: LocalModule, *, by: Actor, clock: Clock) -> None:
    """Ask only the common questions again. Raises: StateError."""
    survey, unit = module.survey, module.unit
    survey.require(State.DRAFT)
    record(session, by, "survey.remove_module", survey, clock=clock, unit=unit, local_unit=unit.code)
    session.delete(module)
    session.flush()


def modules_of(session: Session, survey: Survey) -> list[LocalModule]:
    """By the code of the unit."""
    found = session.scalars(select(LocalModule).where(LocalModule.survey_id == survey.id))
    return sorted(found, key=lambda module: module.unit.code)


def surveys_awaiting_modules(session: Session, units: Iterable[AnyUnit]) -> list[Survey]:
    """Drafts of units above these that take local questions, latest year first."""
    tree = unit_tree(session)
    parents = {unit.parent_id for unit in units} - {None}
    above = parents.union(*({above.id for above in tree.above(parent)} for parent in parents if parent is not None))
    drafts = session.scalars(
        select(Survey)
        .where(Survey.state == State.DRAFT, Survey.unit_id.in_(above))
        .order_by(Survey.year.desc(), Survey.title)
    )
    return [survey for survey in drafts if instrument_of(survey).local_items]


def sealed_modules(session: Session, survey: Survey, unit: Unit) -> list[LocalModule]:
    """Modules with a result that concerns a unit: its own, those below it, or that of a unit above it."""
    path = path_of(unit)
    sealed = set(session.scalars(select(LocalDataset.unit_id).where(LocalDataset.survey_id == survey.id)))
    return [
        module
        for module in modules_of(session, survey)
        if module.unit_id in sealed and (module.unit_id in path or unit.id in path_of(module.unit))
    ]


def require_modules_fit(modules: Sequence[LocalModule], groups: Iterable[Unit]) -> None:
    """Before opening: every module has a reporting group to be asked of, and still fits the questionnaire.

    Raises: ModuleRefused.
    """
    covered = {above for unit in groups for above in path_of(unit)}
    for module in modules:
        if module.unit_id not in covered:
            raise ModuleRefused("too_small", unit=module.unit.name)
        problems = module_problems(instrument_of(module.survey), instrument_of(module.instrument))
        if problems:
            raise ModuleRefused("unfit", why="; ".join(problem.message for problem in problems))


def asked_of(session: Session, survey: Survey, group: ReportingGroup) -> Instrument:
    """The questionnaire as the people of a group see it: the common questions, and their unit's own if it has any."""
    if not instrument_of(survey).local_items:
        return instrument_of(survey)
    return _joint(survey, _module_for(group, modules_of(session, survey)))


def asked_in(session: Session, survey: Survey, unit: Unit) -> Instrument:
    """What the people of a unit are asked, or would be once the survey opens."""
    path = path_of(unit)
    return _joint(survey, next((one for one in modules_of(session, survey) if one.unit_id in path), None))


def asked_by_group(session: Session, survey: Survey) -> dict[UUID, Instrument]:
    """As `asked_of`, for all groups of a survey by their identifier."""
    modules = modules_of(session, survey)
    return {group.id: _joint(survey, _module_for(group, modules)) for group in survey.groups}


def groups_under(survey: Survey, unit: Unit) -> list[ReportingGroup]:
    """The reporting groups whose people belong to a unit."""
    return [group for group in survey.groups if unit.id in path_of(group.unit)]


def path_of(unit: Unit) -> list[UUID]:
    """Identifiers of the unit and of those above it, upwards."""
    return [unit.id, *(above.id for above in ancestors(unit))]


def _module_for(group: ReportingGroup, modules: Sequence[LocalModule]) -> LocalModule | None:
    if not modules:
        return None
    path = path_of(group.unit)
    return next((module for module in modules if module.unit_id in path), None)


def _joint(survey: Survey, module: LocalModule | None) -> Instrument:
    common = instrument_of(survey)
    if module is None:
        return common
    return _joined(survey.instrument.source, module.instrument.source, module.unit.name)


@lru_cache(maxsize=64)
def _joined(common: str, module: str, of: str) -> Instrument:
    return with_module(load(common), load(module), of=of)
