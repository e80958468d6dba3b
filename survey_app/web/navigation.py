"""The committee's navigation: what a signed-in person may open, in fixed order, with the present page marked."""

from __future__ import annotations

from collections.abc import Sequence

from flask import request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from survey_app.permissions import Right, units_in_scope
from survey_app.web.notice_count import notices_words

Entry = tuple[str, str, bool]

MAIN = (
    (
        _l("This year"),
        "committee.index",
        Right.VIEW_SURVEYS,
        (
            "committee.index",
            "committee.year",
            "calendar.",
            "plan.objectives",
            "plan.objective",
            "plan.new_objective",
            "plan.remove_objective",
            "planner.show",
        ),
    ),
    (
        _l("Surveys"),
        "committee.surveys",
        Right.VIEW_SURVEYS,
        (
            "committee.",
            "drafts.",
            "pulses.",
            "activities.",
            "reminders.",
            "roster.",
            "local.",
            "printing.",
            "paper.",
            "planner.family",
        ),
    ),
    (_l("Ballot boxes"), "sealing.boxes", Right.OPEN_BOX, ("sealing.",)),
    (
        _l("Results"),
        "results.index",
        Right.VIEW_RESULTS,
        ("results.", "narratives.", "data.", "jobs.", "packages.", "history.", "column_maps.", "published."),
    ),
    (
        _l("Improvement plan"),
        "plan.index",
        Right.VIEW_RESULTS,
        (
            "plan.",
            "actions.",
            "proposals.",
            "evidence.",
            "processes.",
            "suggestions.",
            "comments.",
            "reviews.",
            "publications.",
            "warnings.",
        ),
    ),
    (_l("Assessment"), "assessment.index", Right.VIEW_RESULTS, ("assessment.", "assessment_marks.")),
    (
        _l("Organisation"),
        "organisation.index",
        Right.VIEW_SURVEYS,
        ("organisation.", "units_file.", "questionnaires.", "editor.", "editor_parts.", "accounts."),
    ),
)
ORGANISATION = (
    (
        _l("Units and numbers"),
        "organisation.index",
        Right.VIEW_SURVEYS,
        ("organisation.index", "organisation.change", "organisation.end", "units_file."),
    ),
    (
        _l("Questionnaires"),
        "questionnaires.index",
        Right.VIEW_SURVEYS,
        ("questionnaires.", "editor.", "editor_parts."),
    ),
    (_l("Accounts"), "accounts.index", Right.MANAGE_PEOPLE, ("accounts.",)),
    (_l("Record of acts"), "organisation.audit", Right.VIEW_AUDIT, ("organisation.audit",)),
)

PLAN = (
    (
        _l("Actions"),
        "plan.index",
        Right.VIEW_RESULTS,
        ("plan.", "actions.", "proposals.", "evidence.", "processes."),
    ),
    (_l("Suggestions"), "suggestions.index", Right.VIEW_RESULTS, ("suggestions.",)),
    (_l("Comments of surveys"), "comments.index", Right.MANAGE_PLAN, ("comments.",)),
    (_l("Review"), "reviews.index", Right.VIEW_RESULTS, ("reviews.",)),
    (_l("Early warnings"), "warnings.index", Right.VIEW_RESULTS, ("warnings.",)),
    (_l("Public page"), "publications.index", Right.VIEW_RESULTS, ("publications.",)),
)


RECORD = (_l("Record of acts"), "organisation.audit", Right.VIEW_AUDIT, ("organisation.audit",))
"""Beside the others for whoever sees nothing else of the organisation."""

FIRST_PAGES = (
    (Right.MANAGE_PLAN, "committee.index"),
    (Right.VIEW_RESULTS, "results.index"),
    (Right.MANAGE_PEOPLE, "organisation.index"),
    (Right.OPEN_BOX, "sealing.boxes"),
)
"""Where somebody arrives who has signed in: the page of the most that a person may do."""


def first_page() -> str:
    """The endpoint; whoever holds no role any more finds the own account only."""
    return next((endpoint for right, endpoint in FIRST_PAGES if _may(right)), "account.show")


def main_entries() -> list[Entry]:
    """Only the first entry that claims the present page is marked."""
    if not current_user.is_authenticated:
        return []
    allowed = [entry for entry in MAIN if _may(entry[2])]
    if not _may(Right.VIEW_SURVEYS) and _may(Right.VIEW_AUDIT):
        allowed.append(RECORD)
    present = next((endpoint for _words, endpoint, _right, claims in allowed if _is_present(claims)), None)
    entries = [(str(words), url_for(endpoint), endpoint == present) for words, endpoint, _right, _claims in allowed]
    return [*entries, (notices_words(), url_for("notices.index"), _is_present(("notices.",)))]


def organisation_entries() -> list[Entry]:
    return _within(ORGANISATION)


def plan_entries() -> list[Entry]:
    return _within(PLAN)


def _within(entries: Sequence[tuple[object, str, Right, tuple[str, ...]]]) -> list[Entry]:
    return [
        (str(words), url_for(target), _is_present(claims)) for words, target, right, claims in entries if _may(right)
    ]


def _is_present(claims: tuple[str, ...]) -> bool:
    """A claim is an endpoint, or a blueprint when it ends with a dot."""
    endpoint = str(request.endpoint)
    return any(endpoint.startswith(claim) if claim.endswith(".") else endpoint == claim for claim in claims)


def _may(right: Right) -> bool:
    return bool(units_in_scope(current_user, right))
