"""Words for the states, roles, levels and acts that the database keeps as codes.

Figures and verdicts are put into words by `wording`; here are only names of things.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from instruments.model import Audience
from survey_app.errors import Refusal
from survey_app.forms.committee import percent_of
from survey_app.models import AccessMode, ActionStatus, State, UnitKind, UnitLevel, UserRole
from survey_app.services.year import DueKind, Progress, StepKind

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
    },
    UserRole: {
        "administrator": _l("Administrator"),
        "higher_committee": _l("Higher committee"),
        "secretary": _l("Secretary"),
        "committee_member": _l("Committee member"),
        "scrutineer": _l("Scrutineer"),
        "assessor": _l("Assessor"),
    },
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
    StepKind: {
        "objectives": _l("Objectives of the year"),
        "actions": _l("Improvements of last year"),
        "survey": _l("Annual survey"),
        "sealing": _l("Sealing and result"),
        "review": _l("Review and improvement plan"),
    },
    Progress: {"done": _l("done"), "now": _l("now"), "to_come": _l("to come")},
    DueKind: {
        "action": _l("Improvement action due"),
        "survey_opens": _l("Draft survey, not yet open"),
        "survey_closes": _l("Survey closes"),
        "survey_to_close": _l("Closing day has passed: close the survey"),
        "survey_to_seal": _l("Closed survey: seal and count"),
    },
}

ACTS: dict[str, Any] = {
    "unit.create": _l("Unit added"),
    "unit.set_eligible": _l("Eligible number set"),
    "user.sign_in": _l("Signed in"),
    "user.lock": _l("Account locked after wrong passwords"),
    "user.create": _l("Account created"),
    "user.change_password": _l("Password changed"),
    "user.reset_password": _l("Password reset"),
    "user.switch_off": _l("Account switched off"),
    "user.switch_on": _l("Account switched on again"),
    "user.give_role": _l("Role given"),
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
    "survey.void_slip": _l("Unopened slip handed in for paper"),
    "survey.enter_paper_ballot": _l("Paper form typed in"),
    "survey.close": _l("Survey was closed"),
    "survey.withdraw": _l("Survey withdrawn"),
    "survey.count": _l("Ballots opened and counted"),
    "survey.count_refused": _l("Ballots opened; too few to be counted"),
    "survey.restore": _l("Brought back from a backup while under way"),
    "survey.seal": _l("Survey sealed"),
    "survey.import": _l("Earlier year imported"),
    "objective.set": _l("Objective set"),
    "action.add": _l("Improvement action added"),
    "action.set_status": _l("Status of an action changed"),
    "result.export": _l("Result exported"),
}


DETAILS: dict[str, Any] = {
    "acceptance": _l("acceptance"),
    "accepts_played": _l("server helps to encrypt"),
    "access_mode": _l("way in"),
    "after": _l("after"),
    "audience": _l("audience"),
    "before": _l("before"),
    "closes_on": _l("last day"),
    "code": _l("code"),
    "eligible": _l("eligible"),
    "groups": _l("groups"),
    "has_receipts": _l("receipts published"),
    "item": _l("question"),
    "local_unit": _l("unit with local questions"),
    "login": _l("login"),
    "measure": _l("measure"),
    "name": _l("name"),
    "paper": _l("on paper"),
    "people": _l("people"),
    "questionnaire": _l("questionnaire"),
    "reason": _l("reason"),
    "reference_day": _l("reference day"),
    "returned": _l("returned"),
    "role": _l("role"),
    "roles": _l("roles"),
    "scrutineers": _l("scrutineers"),
    "sha256": _l("hash"),
    "surveyed_unit": _l("unit"),
    "target": _l("target"),
    "threshold": _l("threshold"),
    "title": _l("title"),
    "valid": _l("valid"),
    "year": _l("year"),
}


def label(member: StrEnum) -> str:
    """The word for a stored code, in the language of the page."""
    return str(LABELS[type(member)][member.value])


def audience_label(audience: str) -> str:
    return label(Audience(audience))


def act_label(act: str) -> str:
    """The word for an audited act; an act that has none is shown as it is stored."""
    return str(ACTS.get(act, act))


def detail_text(detail: Mapping[str, Any]) -> str:
    """What else was written down with an act; what is empty is left out."""
    known = [(str(DETAILS.get(name, name)), value) for name, value in detail.items() if value is not None]
    return " · ".join(f"{name} {', '.join(map(str, v)) if isinstance(v, list) else v}" for name, v in known)


def local_time(moment: datetime) -> str:
    """A moment on the clock of the place where the service runs."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def in_words(refusal: Refusal) -> str:
    """Why an act was refused, to stand beside the field it concerns."""
    return _(refusal.sentence, **refusal.values)


def choices_of(kind: type[StrEnum]) -> list[tuple[str, str]]:
    """Value and word of every member, in order, for a form."""
    return [(member.value, label(member)) for member in kind]


def goal(fraction: str) -> str:
    """A threshold as it is spoken of: "0.90" -> 90%."""
    return f"{percent_of(fraction)}%"


FILTERS: dict[str, Callable[..., str]] = {
    "word": label,
    "audience": audience_label,
    "act": act_label,
    "act_detail": detail_text,
    "local_time": local_time,
    "goal": goal,
}
