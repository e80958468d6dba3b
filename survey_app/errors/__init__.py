"""Every typed refusal of the application: acts that cannot be done, with the sentence that says why.

A refusal carries an English sentence (a msgid with named placeholders) and its values; the door that shows it
translates: `survey_app.web.error_pages` for pages, `survey_app.commands.speech` for the command line.
`StateError` stands beside the states, in `models.surveys`; what one service alone refuses stands in that service.
"""

from survey_app.errors.accounts import (
    LastRole,
    LoginImpossible,
    LoginRefused,
    LoginTaken,
    NotTheFirst,
    OwnAccount,
    OwnAdministration,
    PasswordGuessable,
    PasswordTooShort,
    RoleEndImpossible,
    RoleHeld,
    UnknownLogin,
)
from survey_app.errors.ballot_box import (
    CodeMalformed,
    CodeRefused,
    CodeUnknown,
    CodeUsed,
    ForgedCredential,
    MalformedMessage,
    PassphraseRefused,
    PlayedNotAccepted,
    SecretReplaced,
)
from survey_app.errors.base import Refusal
from survey_app.errors.improvement import (
    ActionFixed,
    BaselineCoarse,
    BaselineHidden,
    EvidenceRefused,
    FamilyRefused,
    ObjectiveImpossible,
    ProcessListImpossible,
    RulesLocked,
)
from survey_app.errors.machine import MachineTrouble
from survey_app.errors.questionnaires import (
    AnswersTooLong,
    CodeBelongsToOther,
    DraftChanged,
    ModuleRefused,
    UnknownVersion,
)
from survey_app.errors.results import DatasetAltered, NarrativeRefused, NothingToReport, PublicationRefused, RowsRefused
from survey_app.errors.suggestions import ChannelRefused, QuotationRefused, SuggestionRefused
from survey_app.errors.surveys import (
    LastDayTooEarly,
    LastDayTooLate,
    NeedsEncryption,
    NoCodesHere,
    NotCounted,
    PaperWithoutSlip,
    SlipNotUnopened,
    StillArriving,
    TooFewBallots,
    TooFewEligible,
    TooManySlips,
)
from survey_app.errors.units import UnitCodeTaken, UnitEnded, UnitMisplaced, UnknownUnit

__all__ = [
    "ActionFixed", "AnswersTooLong", "BaselineCoarse", "BaselineHidden", "ChannelRefused", "CodeBelongsToOther",
    "CodeMalformed", "CodeRefused", "CodeUnknown", "CodeUsed", "DatasetAltered", "DraftChanged",
    "EvidenceRefused", "FamilyRefused", "ForgedCredential", "LastDayTooEarly", "LastDayTooLate", "LastRole",
    "LoginImpossible", "LoginRefused", "LoginTaken", "MachineTrouble", "MalformedMessage", "ModuleRefused",
    "NarrativeRefused", "NeedsEncryption", "NoCodesHere", "NotCounted", "NotTheFirst", "NothingToReport",
    "ObjectiveImpossible",
    "OwnAccount", "OwnAdministration", "PaperWithoutSlip", "PassphraseRefused", "PasswordGuessable",
    "PasswordTooShort",
    "PlayedNotAccepted", "ProcessListImpossible", "PublicationRefused", "QuotationRefused", "Refusal",
    "RoleEndImpossible", "RoleHeld", "RowsRefused", "RulesLocked", "SecretReplaced", "SlipNotUnopened",
    "StillArriving", "SuggestionRefused", "TooFewBallots", "TooFewEligible", "TooManySlips", "UnitCodeTaken",
    "UnitEnded", "UnitMisplaced", "UnknownLogin", "UnknownUnit", "UnknownVersion",
]  # fmt: skip
