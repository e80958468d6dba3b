"""SQLAlchemy models, one file per aggregate."""

from survey_app.models.activities import Activity
from survey_app.models.assessment import AssessmentScheme, SiteEvidence, SiteMark, SiteMarkKind
from survey_app.models.audit import AuditEntry, AuditHead
from survey_app.models.ballots import UNUSED, VOID, Ballot, Invitation, PlayedCount
from survey_app.models.base import Base
from survey_app.models.calendar import CalendarEntry, StationKind
from survey_app.models.comments import CommentDecision, CommentState, ThemeList
from survey_app.models.export_jobs import ExportJob, ExportPart, JobState
from survey_app.models.improvement import Action, ActionEvidence, ActionStatus, Decision, ProcessList, Proposal
from survey_app.models.modules import LocalDataset, LocalModule
from survey_app.models.narratives import ReportNarrative
from survey_app.models.organisation import Eligibility, Unit, UnitKind, UnitLevel
from survey_app.models.participation import ParticipationOfDay
from survey_app.models.people import Membership, NoticeMark, User, UserRole, UserSession
from survey_app.models.publications import Publication
from survey_app.models.published import ColumnMap, PublishedSeries, PublishedYear
from survey_app.models.questionnaires import InstrumentVersion, QuestionnaireDraft
from survey_app.models.results import Dataset, ObjectiveRecord, ReceiptList
from survey_app.models.reviews import AgendaPoint, PointKind, Review, ReviewedResult, ReviewSignature
from survey_app.models.roster import RosterPerson
from survey_app.models.suggestions import Suggestion, SuggestionChannel, SuggestionRound, SuggestionState
from survey_app.models.surveys import GRACE, AccessMode, ReportingGroup, Standing, State, StateError, Survey

__all__ = [
    "GRACE", "UNUSED", "VOID", "AccessMode", "Action", "ActionEvidence", "ActionStatus", "Activity", "AgendaPoint",
    "AssessmentScheme", "AuditEntry", "AuditHead", "Ballot", "Base", "CalendarEntry", "ColumnMap",
    "CommentDecision", "CommentState", "Dataset", "Decision", "Eligibility", "ExportJob", "ExportPart",
    "InstrumentVersion", "Invitation", "JobState", "LocalDataset", "LocalModule", "Membership", "NoticeMark",
    "ObjectiveRecord", "ParticipationOfDay", "PlayedCount", "PointKind", "ProcessList", "Proposal", "Publication",
    "PublishedSeries", "PublishedYear", "QuestionnaireDraft", "ReceiptList", "ReportNarrative", "ReportingGroup",
    "Review", "ReviewSignature", "ReviewedResult", "RosterPerson", "SiteEvidence", "SiteMark", "SiteMarkKind",
    "Standing", "State", "StateError", "StationKind", "Suggestion", "SuggestionChannel", "SuggestionRound",
    "SuggestionState", "Survey", "ThemeList", "Unit", "UnitKind", "UnitLevel", "User", "UserRole", "UserSession",
]  # fmt: skip
