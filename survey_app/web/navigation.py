"""The committee's navigation: what a signed-in person may open, in fixed order, with the present page marked."""

from __future__ import annotations

from flask import request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from survey_app.permissions import Right, units_in_scope

Entry = tuple[str, str, bool]

MAIN = (
    (_l("This year"), "committee.index", Right.VIEW_SURVEYS, ("committee.index", "committee.year")),
    (
        _l("Surveys"),
        "committee.surveys",
        Right.VIEW_SURVEYS,
        ("committee.", "drafts.", "local.", "printing.", "paper.", "sealing."),
    ),
    (_l("Results"), "results.index", Right.VIEW_RESULTS, ("results.", "history.")),
    (_l("Improvement plan"), "plan.index", Right.VIEW_RESULTS, ("plan.",)),
    (
        _l("Organisation"),
        "organisation.index",
        Right.VIEW_SURVEYS,
        ("organisation.", "questionnaires.", "editor.", "editor_parts.", "accounts."),
    ),
)
ORGANISATION = (
    (_l("Units and numbers"), "organisation.index", Right.VIEW_SURVEYS, ("organisation.index",)),
    (
        _l("Questionnaires"),
        "questionnaires.index",
        Right.VIEW_SURVEYS,
        ("questionnaires.", "editor.", "editor_parts."),
    ),
    (_l("Accounts"), "accounts.index", Right.MANAGE_PEOPLE, ("accounts.",)),
    (_l("Record of acts"), "organisation.audit", Right.VIEW_AUDIT, ("organisation.audit",)),
)


def main_entries() -> list[Entry]:
    """Only the first entry that claims the present page is marked."""
    if not current_user.is_authenticated:
        return []
    allowed = [entry for entry in MAIN if _may(entry[2])]
    present = next((endpoint for _words, endpoint, _right, claims in allowed if _is_present(claims)), None)
    return [(str(words), url_for(endpoint), endpoint == present) for words, endpoint, _right, _claims in allowed]


def organisation_entries() -> list[Entry]:
    return [
        (str(words), url_for(target), _is_present(claims))
        for words, target, right, claims in ORGANISATION
        if _may(right)
    ]


def _is_present(claims: tuple[str, ...]) -> bool:
    """A claim is an endpoint, or a blueprint when it ends with a dot."""
    endpoint = str(request.endpoint)
    return any(endpoint.startswith(claim) if claim.endswith(".") else endpoint == claim for claim in claims)


def _may(right: Right) -> bool:
    return bool(units_in_scope(current_user, right))
