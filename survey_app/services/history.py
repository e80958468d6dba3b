"""Earlier years from files: answers that were collected elsewhere become a sealed survey of their own.

Reading the file is `answers_file`. What sealing does to ballots is done here to rows: shuffled, rare combinations of
grouping answers set to null, numbers banded, texts parted from the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib.metadata import version as installed_version
from random import Random
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.dataset import Manifest, SealedDataset, build
from analysis.disclosure import unit_pattern
from analysis.types import Context, Roster
from instruments.bands import banded
from instruments.wording import N_
from survey_app.clock import Clock
from survey_app.errors import Refusal, TooFewBallots
from survey_app.models import AccessMode, InstrumentVersion, ReportingGroup, State, Survey, Unit
from survey_app.services.answers_file import AnswersTable
from survey_app.services.assessment_lock import lock_schemes
from survey_app.services.audit import Actor, record
from survey_app.services.datasets import store_dataset
from survey_app.services.drafts import create_survey
from survey_app.services.grouping import Planned, PlannedGroup, plan_groups
from survey_app.services.opening import FEWEST_BALLOTS
from survey_app.services.organisation import children_by_parent, eligible_in, subtree
from survey_app.services.questionnaires import instrument_of
from survey_app.services.rules import locked_rules
from survey_app.services.seal import Opened, reporting_units, without_rare_groupings
from survey_app.services.table_file import AnswersFileError, TableProblem

DEFAULT_THRESHOLD = 10


class AlreadyImported(Refusal):
    template = N_("The answers of %(unit)s for %(year)s have been imported before.")


class YearAhead(Refusal):
    status = 422
    template = N_("%(year)s lies ahead: only answers of years up to now can be imported.")


class EligibleByUnit(Refusal):
    status = 422
    template = N_("The file names units: their numbers of people eligible stand in the organisation, not here.")


@dataclass(frozen=True, slots=True)
class Imported:
    """A sealed survey made from a file: how many rows, in how many reporting groups, with which hash."""

    survey: Survey
    rows: int
    groups: int
    sha256: str


@dataclass(frozen=True, slots=True)
class _Group:
    """A reporting group, how many rows it got and how many people were eligible (None = unknown)."""

    plan: PlannedGroup
    rows: int
    eligible: int | None


def import_answers(
    session: Session,
    table: AnswersTable,
    *,
    version: InstrumentVersion,
    unit: Unit,
    year: int,
    eligible: int | None = None,
    title: str = "",
    threshold: int = DEFAULT_THRESHOLD,
    by: Actor,
    clock: Clock,
    rng: Random,
) -> Imported:
    """Make a sealed survey of an earlier year from answers read from a file.

    Without a unit column all answers belong to `unit`, of whom `eligible` people were asked (None = unknown). With
    one, units too small for a group of their own are folded as at opening; their numbers come from the organisation.

    Raises: YearAhead, AlreadyImported, EligibleByUnit, TooFewBallots; AnswersFileError for units or numbers that do
    not fit.
    """
    if year > clock.today().year:
        raise YearAhead(year=year)
    _require_new(session, unit, year, version.audience)
    if len(table.rows) < FEWEST_BALLOTS:
        raise TooFewBallots(ballots=len(table.rows))
    if table.units is not None and eligible is not None:
        raise EligibleByUnit
    planned = _groups(
        session, table, unit, year=year, audience=version.audience, eligible=eligible, threshold=threshold
    )
    survey = _sealed_survey(
        session, planned, version, unit=unit, year=year, title=title, threshold=threshold, by=by, clock=clock
    )
    sealed = _dataset(session, survey, table, planned, rng)
    dataset = store_dataset(session, survey, sealed)
    found = {"sha256": dataset.sha256, "rows": dataset.rows, "year": year}
    record(session, by, "survey.import", survey, clock=clock, unit=unit, **found)
    return Imported(survey, dataset.rows, len(planned), dataset.sha256)


def _dataset(
    session: Session, survey: Survey, table: AnswersTable, planned: Sequence[_Group], rng: Random
) -> SealedDataset:
    """The rows in random order as a sealed dataset of the survey."""
    instrument = instrument_of(survey)
    place = {member.code: group.plan.unit.code for group in planned for member in (group.plan.unit, *group.plan.folded)}
    units = table.units or (survey.unit.code,) * len(table.rows)
    rows = list(zip(table.rows, (place[unit] for unit in units), strict=True))
    rng.shuffle(rows)
    opened = Opened([answers for answers, _unit in rows], [unit for _answers, unit in rows], _counts(planned))
    answers, suppressed = without_rare_groupings(instrument, opened)
    manifest = replace(_manifest(session, survey, planned), suppressed_groupings=suppressed)
    return build(instrument, [banded(instrument, row) for row in answers], opened.units, manifest=manifest)


def _require_new(session: Session, unit: Unit, year: int, audience: str) -> None:
    same = select(Survey.id).filter_by(unit_id=unit.id, year=year, audience=audience, access_mode=AccessMode.IMPORTED)
    if session.scalar(same.limit(1)) is not None:
        raise AlreadyImported(unit=unit.name, year=year)


def _groups(
    session: Session,
    table: AnswersTable,
    unit: Unit,
    *,
    year: int,
    audience: str,
    eligible: int | None,
    threshold: int,
) -> list[_Group]:
    """Reporting groups of the file: the unit alone, or those of the units it names."""
    tree = subtree(session, unit)
    known = eligible_in(session, tree, year, audience)
    if table.units is None:
        people = eligible if eligible is not None else sum(known.values()) or None
        groups = [_Group(Planned(unit, people or 0), len(table.rows), people)]
    else:
        rows = _rows_by_unit(table.units, tree)
        ids = {member.code: member.id for member in tree}
        counted = {ids[code]: known.get(ids[code], count) for code, count in rows.items()}
        sizes = counted if not known else {**known, **counted}
        plans = plan_groups(tree, children_by_parent(session), sizes, threshold)
        groups = [_imported(plan, rows, set(known)) for plan in plans]
    _require_not_more_than_eligible(groups)
    return groups


def _imported(plan: PlannedGroup, rows: Mapping[str, int], known: set[UUID]) -> _Group:
    members = (plan.unit, *plan.folded)
    answered = [member for member in members if member.code in rows]
    is_known = all(member.id in known for member in answered)
    return _Group(plan, sum(rows[member.code] for member in answered), plan.eligible if is_known else None)


def _rows_by_unit(units: Sequence[str], tree: Sequence[Unit]) -> Counter[str]:
    codes = {member.code for member in tree}
    problems = [
        TableProblem(
            N_("%(rows)s answers name the unit “%(code)s”, which is not part of %(unit)s."),
            {"rows": rows, "code": code, "unit": tree[0].name},
        )
        for code, rows in Counter(units).items()
        if code not in codes
    ]
    if problems:
        raise AnswersFileError(problems)
    return Counter(units)


def _require_not_more_than_eligible(groups: Sequence[_Group]) -> None:
    problems = [
        TableProblem(
            N_("%(unit)s has %(rows)s answers, more than the %(eligible)s people eligible."),
            {"unit": group.plan.unit.name, "rows": group.rows, "eligible": group.eligible},
        )
        for group in groups
        if group.eligible is not None and group.rows > group.eligible
    ]
    if problems:
        raise AnswersFileError(problems)


def _sealed_survey(
    session: Session,
    planned: Sequence[_Group],
    version: InstrumentVersion,
    *,
    unit: Unit,
    year: int,
    title: str,
    threshold: int,
    by: Actor,
    clock: Clock,
) -> Survey:
    last_day = date(year, 12, 31)
    survey = create_survey(
        session, title=title or f"{year} 年{version.title}", year=year, unit=unit, version=version,
        access_mode=AccessMode.IMPORTED, closes_on=last_day, reference_day=last_day, threshold=threshold,
        by=by, clock=clock,
    )  # fmt: skip
    survey.locked_rules = locked_rules(session, survey)
    lock_schemes(session, survey, by=by, clock=clock)
    survey.state, survey.sealed_at = State.SEALED, clock.now()
    for position, group in enumerate(planned):
        survey.groups.append(
            ReportingGroup(
                slug=f"g{position + 1}",
                eligible=group.eligible,
                issued=0,
                unit=group.plan.unit,
                folded_units=[member.code for member in group.plan.folded],
            )
        )
    session.flush()
    return survey


def _manifest(session: Session, survey: Survey, planned: Sequence[_Group]) -> Manifest:
    rosters = {
        group.plan.unit.code: Roster(
            eligible=group.eligible,
            issued=None,
            returned=group.rows,
            valid=group.rows,
            verified=group.eligible is not None,
        )
        for group in planned
    }
    units = reporting_units(session, survey)
    eligible = [group.eligible for group in planned]
    known = sum(people for people in eligible if people is not None) if None not in eligible else None
    return Manifest(
        survey=str(survey.id),
        title=survey.title,
        context=Context(
            year=survey.year,
            mode="imported",
            audience=survey.audience,
            participation=sum(group.rows for group in planned) / known if known else None,
        ),
        units=units,
        rosters=rosters,
        instrument_sha256=survey.instrument.sha256,
        threshold=survey.threshold,
        hidden_units=unit_pattern(_counts(planned), {unit.code: unit.parent for unit in units}, survey.threshold),
        software=f"branch-survey {installed_version('branch-survey')}",
    )


def _counts(planned: Sequence[_Group]) -> dict[str, int]:
    return {group.plan.unit.code: group.rows for group in planned}
