"""From the database to what exporters take: one result of a unit with its plan, its words and its review."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app import services
from survey_app.dossier.minutes import minutes_of
from survey_app.exports.base import Material, PlanRow
from survey_app.models import ReportNarrative, Survey, Unit
from survey_app.services.evidence import evidence_of
from survey_app.services.ledger import LedgerEntry, ledger_of
from survey_app.services.reviews import reviews_of


def material_of(session: Session, survey: Survey, unit: Unit, *, with_rows: bool = False) -> Material:
    """All that may be told of a sealed survey for a unit; the sealed answers only where asked for (and allowed).

    Raises: StateError, NothingToReport, DatasetAltered.
    """
    return Material(
        report=services.report_for(session, survey, unit),
        instrument=services.instrument_of(survey),
        earlier=services.earlier_instruments(session, survey, unit),
        plan=tuple(_plan_row(session, entry) for entry in ledger_of(session, unit)),
        narrative=_narrative(session, survey, unit),
        minutes=next((minutes_of(review) for review in reviews_of(session, unit) if review.year == survey.year), None),
        rules=survey.locked_rules or {},
        rows=services.load_dataset(session, survey) if with_rows else None,
    )


def _narrative(session: Session, survey: Survey, unit: Unit) -> dict[str, str]:
    found = select(ReportNarrative).where(ReportNarrative.survey_id == survey.id, ReportNarrative.unit_id == unit.id)
    return {row.section: row.text for row in session.scalars(found.order_by(ReportNarrative.section))}


def _plan_row(session: Session, entry: LedgerEntry) -> PlanRow:
    action = entry.action
    return PlanRow(
        year=action.survey.year,
        title=action.title,
        item=action.item,
        finding=action.finding,
        causes=tuple(action.causes),
        measure=action.measure,
        process=action.process,
        owner=action.owner,
        resources=action.resources,
        due=action.due,
        done_on=action.done_on,
        status=action.status.value,
        baseline_satisfied=action.baseline_satisfied,
        baseline_n=action.baseline_n,
        acceptance=action.acceptance,
        rule=action.rule,
        stopped_because=action.stopped_because,
        evidence=tuple((file.name, file.sha256) for file in evidence_of(session, action)),
        verified_in=entry.survey.year if entry.survey else None,
        result=entry.result,
    )
