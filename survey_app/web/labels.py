"""Words for the states, roles and levels that the database keeps as codes.

Figures and verdicts are put into words by `wording`, acts by `act_labels`; here are only names of things.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from analysis.types import Definition, Measure
from instruments.model import Audience
from survey_app.errors import Refusal
from survey_app.forms.committee import percent_of
from survey_app.models import (
    AccessMode,
    ActionStatus,
    SiteMarkKind,
    State,
    StationKind,
    SuggestionState,
    UnitKind,
    UnitLevel,
    UserRole,
)
from survey_app.services.calendar import Progress
from survey_app.services.comments import CommentReason
from survey_app.services.moderation import WithholdReason
from survey_app.services.publications import Part
from survey_app.services.year import DueKind, StepKind
from survey_app.wording.report import SECTION_TITLES, ReportSection
from survey_app.wording.roles import ROLES

LABELS: dict[type[StrEnum], dict[str, Any]] = {
    Audience: {"member": _l("members"), "staff": _l("staff")},
    State: {
        "draft": _l("Draft"),
        "open": _l("Open"),
        "closed": _l("Closed, not yet sealed"),
        "sealed": _l("Sealed and counted"),
        "withdrawn": _l("Withdrawn"),
    },
    AccessMode: {
        "codes": _l("Drawn slips with one-time codes"),
        "personal": _l("Personal slips with one-time codes"),
        "open": _l("Open link (unverified)"),
        "imported": _l("Imported from a file"),
    },
    ActionStatus: {
        "planned": _l("Planned"),
        "under_way": _l("Under way"),
        "done": _l("Done, to be verified"),
        "verified": _l("Verified"),
        "stopped": _l("Stopped"),
    },
    SuggestionState: {
        "waiting": _l("Not decided yet"),
        "released": _l("Released"),
        "withheld": _l("Withheld"),
    },
    Measure: {
        "overall": _l("overall satisfaction"),
        "item": _l("one question"),
        "dimension": _l("one dimension"),
        "participation": _l("participation"),
    },
    Definition: {
        "satisfied": _l("satisfaction rate"),
        "index": _l("satisfaction index"),
        "mean": _l("mean"),
        "score100": _l("score of 100"),
    },
    WithholdReason: {
        "recognisable": _l("A person could be recognised"),
        "insult": _l("It insults somebody"),
        "no_suggestion": _l("It is no suggestion"),
        "doubled": _l("It is there already"),
    },
    CommentReason: {
        "recognisable": _l("A person could be recognised"),
        "insult": _l("It insults somebody"),
        "says_nothing": _l("It says nothing that could be used"),
    },
    UserRole: {code: _l(words) for code, words in ROLES.items()},
    UnitLevel: {
        "works_committee": _l("Works committee"),
        "committee": _l("Party committee"),
        "general_branch": _l("General branch"),
        "branch": _l("Branch"),
        "group": _l("Party group"),
    },
    UnitKind: {
        "organ": _l("Organ"),
        "enterprise": _l("Enterprise"),
        "village": _l("Village"),
        "community": _l("Community"),
        "social_organisation": _l("Social organisation"),
        "university": _l("University"),
    },
    StationKind: {
        "objectives": _l("Objectives of the year"),
        "pulse_1": _l("Pulse, first quarter"),
        "pulse_2": _l("Pulse, second quarter"),
        "look_back": _l("Half-year look-back"),
        "pulse_3": _l("Pulse, third quarter"),
        "pulse_4": _l("Pulse, fourth quarter"),
        "annual_survey": _l("Annual survey"),
        "feedback_meeting": _l("Feedback meeting"),
    },
    ReportSection: {section.value: _l(words) for section, words in SECTION_TITLES.items()},
    SiteMarkKind: {"points": _l("points given"), "exempt": _l("exempt")},
    StepKind: {"actions": _l("Improvements of last year"), "review": _l("Improvement plan")},
    Progress: {"done": _l("done"), "now": _l("now"), "to_come": _l("to come"), "left_out": _l("left out")},
    Part: {
        "returns": _l("Returns"),
        "objectives": _l("Objectives with their verdicts"),
        "satisfaction": _l("Satisfaction overall and by area"),
        "said_and_done": _l("What you said, what we did"),
        "years": _l("Comparison with earlier years"),
        "comments": _l("Released comments"),
        "receipts": _l("Link to the list of receipts"),
    },
    DueKind: {
        "action": _l("Improvement action due"),
        "survey_opens": _l("Last day of a draft survey that is not yet open"),
        "survey_closes": _l("Survey closes"),
        "survey_to_close": _l("Closing day has passed: close the survey"),
        "survey_to_seal": _l("Closed survey: seal and count"),
    },
}


def label(member: StrEnum) -> str:
    """The word for a stored code, in the language of the page."""
    return str(LABELS[type(member)][member.value])


def audience_label(audience: str) -> str:
    return label(Audience(audience))


def local_day(moment: datetime) -> str:
    """The day of a moment at the place where the service runs."""
    return moment.astimezone().date().isoformat()


def in_words(refusal: Refusal) -> str:
    """Why an act was refused, to stand beside the field it concerns."""
    return _(refusal.sentence, **refusal.values)


def choices_of(kind: type[StrEnum]) -> list[tuple[str, str]]:
    """Value and word of every member, in order, for a form."""
    return [(member.value, label(member)) for member in kind]


def goal(fraction: str) -> str:
    """A target as it is spoken of: a share "0.90" -> 90%, anything else in points: "85" -> 85 points."""
    if Decimal(fraction) > 1:
        return _("%(figure)s points", figure=f"{Decimal(fraction).normalize():f}")
    return f"{percent_of(fraction)}%"
