"""SQLAlchemy models, one file per aggregate."""

from survey_app.models.audit import AuditEntry
from survey_app.models.ballots import UNUSED, VOID, Ballot, Invitation, PlayedCount
from survey_app.models.base import Base
from survey_app.models.modules import LocalDataset, LocalModule
from survey_app.models.organisation import Eligibility, Unit, UnitKind, UnitLevel
from survey_app.models.people import Membership, User, UserRole
from survey_app.models.questionnaires import InstrumentVersion, QuestionnaireDraft
from survey_app.models.results import Action, ActionStatus, Dataset, ObjectiveRecord, ReceiptList
from survey_app.models.surveys import GRACE, AccessMode, ReportingGroup, State, StateError, Survey

__all__ = [
    "GRACE", "UNUSED", "VOID", "AccessMode", "Action", "ActionStatus", "AuditEntry", "Ballot", "Base", "Dataset",
    "Eligibility", "InstrumentVersion", "Invitation", "LocalDataset", "LocalModule", "Membership", "ObjectiveRecord",
    "PlayedCount", "QuestionnaireDraft", "ReceiptList", "ReportingGroup", "State", "StateError", "Survey", "Unit",
    "UnitKind", "UnitLevel", "User", "UserRole",
]  # fmt: skip
