"""What sealed annual surveys say of a unit's objectives, kept in memory for the year page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.tree import ObjectiveResult
from survey_app.errors import NothingToReport
from survey_app.models import Dataset, State, Survey, Unit
from survey_app.services.organisation import ancestors
from survey_app.services.questionnaires import instrument_of
from survey_app.services.results import report_for
from survey_app.services.shelf import Shelf

VERDICTS: Shelf[Mapping[str, ObjectiveResult]] = Shelf(1024)
"""By the hash of the sealed data, the survey, and the place of the unit in the tree: what they follow from."""


def verdicts_of(
    session: Session, unit: Unit, surveys: Sequence[Survey]
) -> dict[tuple[int, str], Mapping[str, ObjectiveResult]]:
    """By year and audience what the latest sealed annual survey says of each objective.

    Neither changes any more, so they are kept by the hash of the sealed data and the place of the unit in the tree.
    """
    sealed = {
        (survey.year, survey.audience): survey
        for survey in surveys
        if survey.state is State.SEALED and instrument_of(survey).is_annual
    }
    wanted = [survey.id for survey in sealed.values()]
    hashes = dict(session.execute(select(Dataset.survey_id, Dataset.sha256).where(Dataset.survey_id.in_(wanted))).all())
    path = (unit.id, *(above.id for above in ancestors(unit)))
    return {
        asked: VERDICTS.get((hashes[survey.id], survey.id, path), partial(_judged, session, survey, unit))
        for asked, survey in sealed.items()
        if survey.id in hashes
    }


def _judged(session: Session, survey: Survey, unit: Unit) -> Mapping[str, ObjectiveResult]:
    try:
        report = report_for(session, survey, unit)
    except NothingToReport:
        return {}
    return {result.objective.code: result for result in report.objectives}
