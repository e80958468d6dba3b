"""Words for the states, roles, levels and acts that the database keeps as codes.

Figures and verdicts are put into words by `wording`; here are only names of things.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from survey_app.text_filters import local_time
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

ACTS: dict[str, Any] = {
    "unit.create": _l("Unit added"),
    "unit.change": _l("Unit changed"),
    "unit.place": _l("Unit put in another place"),
    "unit.end": _l("Unit ended"),
    "unit.revive": _l("End of a unit taken back"),
    "unit.set_eligible": _l("Eligible number set"),
    "unit.copy_eligible": _l("Eligible numbers of an earlier year taken over"),
    "unit.import": _l("Units imported from a file"),
    "unit.export": _l("Table of units downloaded"),
    "user.sign_in": _l("Signed in"),
    "user.sign_out": _l("Signed out"),
    "user.sign_out_everywhere": _l("Signed out everywhere"),
    "user.second_step_on": _l("Second step of signing in set up"),
    "user.second_step_off": _l("Second step of signing in switched off"),
    "user.change_address": _l("E-mail address or notices by e-mail changed"),
    "user.lock": _l("Account locked after wrong attempts"),
    "user.create": _l("Account created"),
    "user.change_password": _l("Password changed"),
    "user.reset_password": _l("Password reset"),
    "user.switch_off": _l("Account switched off"),
    "user.switch_on": _l("Account switched on again"),
    "user.give_role": _l("Role given or its end changed"),
    "user.relieve_of_role": _l("Role taken away"),
    "instrument.publish": _l("Questionnaire published"),
    "questionnaire.start": _l("Draft of a questionnaire begun"),
    "questionnaire.change": _l("Draft of a questionnaire changed"),
    "questionnaire.discard": _l("Draft of a questionnaire discarded"),
    "survey.create": _l("Survey created"),
    "survey.add_module": _l("Local questions added"),
    "survey.remove_module": _l("Local questions taken out"),
    "survey.change": _l("Draft survey changed"),
    "survey.discard": _l("Draft survey discarded"),
    "survey.open": _l("Survey opened"),
    "survey.issue_spare_code": _l("Spare code issued"),
    "survey.issue_personal_slips": _l("Personal slips made"),
    "survey.refuse_slips": _l("Too many personal codes asked for, none made"),
    "survey.print_slips": _l("Slips set for printing"),
    "survey.print_recovery": _l("Recovery sheets set for printing"),
    "survey.store_roster": _l("List of names stored"),
    "survey.discard_roster": _l("List of names deleted"),
    "survey.void_slip": _l("Unopened slip handed in for paper"),
    "survey.enter_paper_ballot": _l("Paper form typed in"),
    "survey.extend": _l("Last day moved back"),
    "survey.remind": _l("Reminder sent by e-mail"),
    "survey.remind_stopped": _l("Reminder by e-mail broke off"),
    "survey.mail_links": _l("Personal links sent by e-mail"),
    "survey.mail_links_stopped": _l("Personal links by e-mail broke off"),
    "survey.close": _l("Survey was closed"),
    "survey.withdraw": _l("Survey withdrawn"),
    "survey.count": _l("Ballots opened and counted"),
    "survey.count_refused": _l("Ballots opened; too few to be counted"),
    "survey.restore": _l("Brought back from a backup while under way"),
    "survey.seal": _l("Survey sealed"),
    "survey.import": _l("Earlier year imported"),
    "column_map.keep": _l("Column map kept"),
    "column_map.change": _l("Column map changed"),
    "column_map.delete": _l("Column map taken away"),
    "published.import": _l("Published figures imported"),
    "published.delete": _l("Published figures deleted"),
    "published.export": _l("Published figures downloaded"),
    "activity.create": _l("Activity created"),
    "activity.add_survey": _l("Survey of an activity made"),
    "objective.set": _l("Objective set"),
    "objective.remove": _l("Objective removed"),
    "survey.choose_family": _l("Questions for the comparison of years chosen"),
    "action.add": _l("Improvement action added"),
    "action.set_status": _l("Status of an action changed"),
    "action.change": _l("Improvement action changed"),
    "action.change_expectation": _l("Expectation of an action changed"),
    "action.stop": _l("Improvement action stopped"),
    "action.close": _l("Improvement action closed as verified"),
    "proposal.adopt": _l("Proposal adopted"),
    "proposal.reject": _l("Proposal not followed"),
    "proposal.take_up": _l("Proposal open again"),
    "evidence.add": _l("Evidence added"),
    "evidence.remove": _l("Evidence removed"),
    "processes.set": _l("List of processes changed"),
    "channel.open": _l("Suggestion channel set up"),
    "channel.end": _l("Suggestion channel ended"),
    "channel.collect": _l("Suggestions of a round taken into the queue"),
    "suggestion.release": _l("Suggestion released"),
    "suggestion.answer": _l("Suggestion answered"),
    "suggestion.withhold": _l("Suggestion withheld"),
    "suggestion.join_action": _l("Suggestion made an action"),
    "comment.release": _l("Comments approved"),
    "comment.withhold": _l("Comment not shown"),
    "comment.undo": _l("Decision on a comment taken back"),
    "themes.set": _l("List of themes changed"),
    "themes.drop": _l("Own list of themes given up"),
    "result.export": _l("Result exported"),
    "package.make": _l("Evidence package made"),
    "rows.export": _l("Single answers handed out"),
    "narrative.write": _l("Text of the annual report changed"),
    "publication.change": _l("Public page changed"),
    "publication.publish": _l("Result published"),
    "publication.withdraw": _l("Published result withdrawn"),
    "user.renew_calendar": _l("Address of a calendar made"),
    "user.end_calendar": _l("Address of a calendar ended"),
    "calendar.set": _l("Calendar of the year changed"),
    "review.start": _l("Management review begun"),
    "review.change": _l("Head of review minutes changed"),
    "review.add_point": _l("Point added to review minutes"),
    "review.change_point": _l("Point of review minutes changed"),
    "review.move_point": _l("Point of review minutes moved"),
    "review.remove_point": _l("Point of review minutes removed"),
    "review.sign": _l("Review minutes signed"),
    "review.discard": _l("Review minutes discarded"),
    "assessment.set": _l("Assessment scheme set"),
    "assessment.remove": _l("Assessment scheme removed"),
    "assessment.lock": _l("Assessment scheme locked"),
    "assessment.mark": _l("Mark on site entered"),
    "assessment.sign": _l("Mark on site signed by a second person"),
    "assessment.add_evidence": _l("File added to a mark on site"),
    "assessment.remove_evidence": _l("File of a mark on site removed"),
    "assessment.export": _l("Assessment sheet downloaded"),
}


DETAILS: dict[str, Any] = {
    "added": _l("added"),
    "changed": _l("changed"),
    "ended_on": _l("ended on"),
    "level": _l("level"),
    "numbers": _l("numbers"),
    "parent": _l("unit above"),
    "source": _l("taken over from"),
    "unit_kind": _l("kind"),
    "units": _l("units"),
    "acceptance": _l("acceptance"),
    "accepts_played": _l("server helps to encrypt"),
    "access_mode": _l("way in"),
    "after": _l("after"),
    "audience": _l("audience"),
    "before": _l("before"),
    "closes_on": _l("last day"),
    "comments": _l("comments"),
    "code": _l("code"),
    "definition": _l("definition"),
    "device": _l("device"),
    "done_on": _l("done on"),
    "due": _l("due"),
    "eligible": _l("eligible"),
    "figures": _l("figures"),
    "format": _l("format"),
    "groups": _l("groups"),
    "held_on": _l("day"),
    "has_receipts": _l("receipts published"),
    "has_rows": _l("with sealed answers"),
    "item": _l("question"),
    "items": _l("questions"),
    "left_out": _l("left out"),
    "local_unit": _l("unit with local questions"),
    "login": _l("login"),
    "mark": _l("finding"),
    "measure": _l("measure"),
    "name": _l("name"),
    "over_100": _l("above 100 percent"),
    "paper": _l("on paper"),
    "parts": _l("parts"),
    "people": _l("people"),
    "points": _l("points"),
    "questionnaire": _l("questionnaire"),
    "reason": _l("reason"),
    "reference_day": _l("reference day"),
    "reaches_below": _l("for units below too"),
    "replaced": _l("years replaced"),
    "returned": _l("returned"),
    "rows": _l("rows"),
    "role": _l("role"),
    "roles": _l("roles"),
    "satisfied_levels": _l("satisfied levels"),
    "scrutineers": _l("scrutineers"),
    "section": _l("section"),
    "sent": _l("sent"),
    "sha256": _l("hash"),
    "signatures": _l("signatures"),
    "station": _l("station"),
    "slips": _l("slips"),
    "suggestions": _l("suggestions"),
    "surveyed_unit": _l("unit"),
    "target": _l("target"),
    "themes": _l("themes"),
    "threshold": _l("threshold"),
    "title": _l("title"),
    "until": _l("until"),
    "valid": _l("valid"),
    "voided": _l("signatures void"),
    "weights": _l("points per level"),
    "year": _l("year"),
    "years": _l("years"),
}


def label(member: StrEnum) -> str:
    """The word for a stored code, in the language of the page."""
    return str(LABELS[type(member)][member.value])


def audience_label(audience: str) -> str:
    return label(Audience(audience))


def act_label(act: str) -> str:
    """The word for an audited act; an act that has none is shown as it is stored."""
    return str(ACTS.get(act, act))


VALUES: Mapping[str, tuple[type[StrEnum], ...]] = {
    "access_mode": (AccessMode,),
    "after": (ActionStatus, SuggestionState),
    "audience": (Audience,),
    "before": (ActionStatus, SuggestionState),
    "definition": (Definition,),
    "level": (UnitLevel,),
    "mark": (SiteMarkKind,),
    "measure": (Measure,),
    "parts": (Part,),
    "reason": (WithholdReason, CommentReason),
    "role": (UserRole,),
    "section": (ReportSection,),
    "station": (StationKind,),
    "unit_kind": (UnitKind,),
}
"""Details whose values are words of ours."""


def detail_text(detail: Mapping[str, Any]) -> str:
    """What else was written down with an act; what is empty is left out."""
    known = [(name, value) for name, value in detail.items() if value is not None]
    return " · ".join(f"{DETAILS.get(name, name)} {_value_text(name, value)}" for name, value in known)


def _value_text(name: str, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_value_text(name, one) for one in value)
    if isinstance(value, bool):
        return _("this applies") if value else _("this does not apply")
    words = (LABELS[kind].get(value) for kind in VALUES.get(name, ()) if isinstance(value, str))
    return str(next((word for word in words if word is not None), value))


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


FILTERS: dict[str, Callable[..., str]] = {
    "word": label,
    "audience": audience_label,
    "act": act_label,
    "act_detail": detail_text,
    "local_time": local_time,
    "local_day": local_day,
    "goal": goal,
}
