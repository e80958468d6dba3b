"""整改台账: every action of a unit, of all years, with what the survey that followed says of it.

Nothing of a verification is stored: it follows from the sealed data each time, through `report_for`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.orm import Session

from survey_app.errors import NothingToReport
from survey_app.models import Action, Survey, Unit
from survey_app.services.plan import actions_of
from survey_app.services.questionnaires import instrument_of
from survey_app.services.results import earlier_among, report_for, result_surveys

if TYPE_CHECKING:
    from analysis.tree import ActionResult


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """An action and its verification; no survey while none has followed, no result where it was not held against it."""

    action: Action
    survey: Survey | None
    result: ActionResult | None


def ledger_of(session: Session, unit: Unit) -> tuple[LedgerEntry, ...]:
    """All actions, those of the latest survey first, within a year the next due first."""
    actions = actions_of(session, unit)
    following = _following(result_surveys(session, unit), {action.survey_id for action in actions})
    results = {survey.id: _results(session, survey, unit) for survey in following.values()}
    entries = [_entry(action, following.get(action.survey_id), results) for action in actions]
    return tuple(sorted(entries, key=lambda entry: -entry.action.survey.year))


def _following(sealed: Sequence[Survey], bases: set[UUID]) -> dict[UUID, Survey]:
    """For each survey that actions rest on, the annual one that is compared with it, best of the same unit."""
    found: dict[UUID, Survey] = {}
    if not bases:
        return found
    for later in (survey for survey in sealed if instrument_of(survey).is_annual):
        earlier = earlier_among(sealed, later)
        if earlier and earlier[-1].id in bases:
            base, known = earlier[-1], found.get(earlier[-1].id)
            if known is None or (later.year, later.unit_id != base.unit_id) < (
                known.year,
                known.unit_id != base.unit_id,
            ):
                found[base.id] = later
    return found


def _results(session: Session, survey: Survey, unit: Unit) -> dict[str, ActionResult]:
    try:
        report = report_for(session, survey, unit)
    except NothingToReport:
        return {}
    return {found.action.code: found for found in report.actions}


def _entry(action: Action, survey: Survey | None, results: Mapping[UUID, Mapping[str, ActionResult]]) -> LedgerEntry:
    found = results[survey.id].get(str(action.id)) if survey is not None else None
    return LedgerEntry(action, survey, found)
