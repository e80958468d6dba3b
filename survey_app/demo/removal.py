"""Taking the sample organisation out again: everything marked as a sample, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from survey_app.models import (
    Action,
    ActionEvidence,
    Activity,
    AgendaPoint,
    AssessmentScheme,
    Ballot,
    Base,
    CalendarEntry,
    ColumnMap,
    CommentDecision,
    Dataset,
    Eligibility,
    ExportJob,
    ExportPart,
    InstrumentVersion,
    Invitation,
    LocalDataset,
    LocalModule,
    Membership,
    ObjectiveRecord,
    ParticipationOfDay,
    PlayedCount,
    ProcessList,
    Proposal,
    Publication,
    PublishedSeries,
    PublishedYear,
    QuestionnaireDraft,
    ReceiptList,
    ReportingGroup,
    ReportNarrative,
    Review,
    ReviewedResult,
    ReviewSignature,
    RosterPerson,
    SiteEvidence,
    SiteMark,
    Suggestion,
    SuggestionChannel,
    SuggestionRound,
    Survey,
    ThemeList,
    Unit,
    User,
)


@dataclass(frozen=True, slots=True)
class Removed:
    """How much of the sample organisation was there."""

    units: int
    surveys: int
    people: int


def remove(session: Session) -> Removed:
    """Delete every row of a sample unit, a sample survey or a sample account; the record of acts keeps its entries."""
    units = list(session.scalars(select(Unit.id).where(Unit.is_sample)))
    surveys = list(session.scalars(select(Survey.id).where(or_(Survey.is_sample, Survey.unit_id.in_(units)))))
    people = {row.id: row.login for row in session.execute(select(User.id, User.login).where(User.is_sample))}
    session.expunge_all()
    for model, belongs in _belongings(units, surveys, list(people), list(people.values())):
        session.execute(delete(model).where(belongs).execution_options(synchronize_session=False))
    owned = update(InstrumentVersion).where(InstrumentVersion.unit_id.in_(units)).values(unit_id=None)
    session.execute(owned.execution_options(synchronize_session=False))  # others may use them by now
    for unit in _deepest_first(session):
        session.execute(delete(Unit).where(Unit.id == unit).execution_options(synchronize_session=False))
    return Removed(len(units), len(surveys), len(people))


def _belongings(
    units: Sequence[UUID], surveys: Sequence[UUID], people: Sequence[UUID], logins: Sequence[str]
) -> tuple[tuple[type[Base], ColumnElement[Any]], ...]:
    """What goes, in an order that no reference is left hanging."""
    reviews = select(Review.id).where(Review.unit_id.in_(units))
    actions = select(Action.id).where(or_(Action.unit_id.in_(units), Action.survey_id.in_(surveys)))
    schemes = select(AssessmentScheme.id).where(AssessmentScheme.unit_id.in_(units))
    marks = select(SiteMark.id).where(or_(SiteMark.unit_id.in_(units), SiteMark.scheme_id.in_(schemes)))
    jobs = select(ExportJob.id).where(
        or_(ExportJob.unit_id.in_(units), ExportJob.survey_id.in_(surveys), ExportJob.user_id.in_(people))
    )
    series = select(PublishedSeries.id).where(PublishedSeries.unit_id.in_(units))
    return (
        (Suggestion, or_(Suggestion.survey_id.in_(surveys), Suggestion.unit_id.in_(units))),
        (SuggestionRound, SuggestionRound.survey_id.in_(surveys)),
        (SuggestionChannel, SuggestionChannel.unit_id.in_(units)),
        (Activity, Activity.unit_id.in_(units)),
        (CalendarEntry, CalendarEntry.unit_id.in_(units)),
        (ColumnMap, ColumnMap.unit_id.in_(units)),
        (PublishedYear, PublishedYear.series_id.in_(series)),
        (PublishedSeries, PublishedSeries.unit_id.in_(units)),
        (RosterPerson, RosterPerson.survey_id.in_(surveys)),
        (ReviewSignature, ReviewSignature.review_id.in_(reviews)),
        (AgendaPoint, AgendaPoint.review_id.in_(reviews)),
        (ReviewedResult, or_(ReviewedResult.review_id.in_(reviews), ReviewedResult.survey_id.in_(surveys))),
        (Review, Review.unit_id.in_(units)),
        (Publication, or_(Publication.unit_id.in_(units), Publication.survey_id.in_(surveys))),
        (CommentDecision, CommentDecision.survey_id.in_(surveys)),
        (ThemeList, ThemeList.unit_id.in_(units)),
        (ProcessList, ProcessList.unit_id.in_(units)),
        (Proposal, or_(Proposal.unit_id.in_(units), Proposal.survey_id.in_(surveys))),
        (ActionEvidence, ActionEvidence.action_id.in_(actions)),
        (Action, or_(Action.unit_id.in_(units), Action.survey_id.in_(surveys))),
        (SiteEvidence, SiteEvidence.mark_id.in_(marks)),
        (SiteMark, SiteMark.id.in_(marks)),
        (AssessmentScheme, AssessmentScheme.unit_id.in_(units)),
        (ExportPart, ExportPart.job_id.in_(jobs)),
        (ExportJob, ExportJob.id.in_(jobs)),
        (ReportNarrative, or_(ReportNarrative.survey_id.in_(surveys), ReportNarrative.unit_id.in_(units))),
        (Dataset, Dataset.survey_id.in_(surveys)),
        (LocalDataset, LocalDataset.survey_id.in_(surveys)),
        (LocalModule, or_(LocalModule.survey_id.in_(surveys), LocalModule.unit_id.in_(units))),
        (QuestionnaireDraft, QuestionnaireDraft.unit_id.in_(units)),
        (Ballot, Ballot.survey_id.in_(surveys)),
        (Invitation, Invitation.survey_id.in_(surveys)),
        (PlayedCount, PlayedCount.survey_id.in_(surveys)),
        (ParticipationOfDay, ParticipationOfDay.survey_id.in_(surveys)),
        (ReceiptList, ReceiptList.survey_id.in_(surveys)),
        (ReportingGroup, ReportingGroup.survey_id.in_(surveys)),
        (Survey, Survey.id.in_(surveys)),
        (ObjectiveRecord, ObjectiveRecord.unit_id.in_(units)),
        (Eligibility, Eligibility.unit_id.in_(units)),
        (Membership, or_(Membership.user_id.in_(people), Membership.unit_id.in_(units))),
        (User, User.id.in_(people)),
    )


def _deepest_first(session: Session) -> list[UUID]:
    """Sample units, children before their parents."""
    parents = {row.id: row.parent_id for row in session.execute(select(Unit.id, Unit.parent_id).where(Unit.is_sample))}

    def depth(unit: UUID | None) -> int:
        return 0 if unit not in parents else 1 + depth(parents[unit])

    return sorted(parents, key=depth, reverse=True)
