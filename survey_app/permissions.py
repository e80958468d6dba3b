"""Who may do what, and where: rights by role, and the subtree of units over which a person holds a right.

A role counts up to its last day (`services.roles_held`).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import ParamSpec
from uuid import UUID

from flask import abort, current_app, g
from flask.typing import ResponseReturnValue
from flask_login import current_user

from survey_app.extensions import db, login_manager
from survey_app.models import InstrumentVersion, Membership, QuestionnaireDraft, Survey, Unit, User, UserRole
from survey_app.services.organisation import ancestors
from survey_app.services.roles import roles_held
from survey_app.services.unit_tree import unit_tree

P = ParamSpec("P")


class Right(StrEnum):
    VIEW_SURVEYS = "view_surveys"
    VIEW_RESULTS = "view_results"
    RUN_SURVEYS = "run_surveys"
    OPEN_BOX = "open_box"
    """Open the ballot box of a closed survey, count and seal: all that a scrutineer does."""
    MANAGE_PLAN = "manage_plan"
    MANAGE_ORGANISATION = "manage_organisation"
    MANAGE_PEOPLE = "manage_people"
    EXPORT = "export"
    EXPORT_ROWS = "export_rows"
    """Single answers, not only figures: a right of its own that no committee has by its office."""
    VIEW_AUDIT = "view_audit"
    SET_OBJECTIVES = "set_objectives"
    SET_ASSESSMENT = "set_assessment"
    """The scheme by which the units below are assessed."""
    ASSESS = "assess"
    """Enter what was found on site, and sign what another has entered."""
    MAKE_QUESTIONNAIRES = "make_questionnaires"


_COMMITTEE_MEMBER = frozenset({Right.VIEW_SURVEYS, Right.VIEW_RESULTS, Right.MANAGE_PLAN, Right.EXPORT})
_SECRETARY = _COMMITTEE_MEMBER | {Right.RUN_SURVEYS, Right.SET_OBJECTIVES, Right.MAKE_QUESTIONNAIRES}

ROLE_RIGHTS: dict[UserRole, frozenset[Right]] = {
    UserRole.ADMINISTRATOR: frozenset(
        {
            Right.VIEW_SURVEYS,
            Right.MAKE_QUESTIONNAIRES,
            Right.MANAGE_ORGANISATION,
            Right.MANAGE_PEOPLE,
            Right.VIEW_AUDIT,
        }
    ),
    UserRole.HIGHER_COMMITTEE: _SECRETARY
    | {Right.MANAGE_ORGANISATION, Right.VIEW_AUDIT, Right.SET_ASSESSMENT, Right.ASSESS},
    UserRole.SECRETARY: _SECRETARY,
    UserRole.COMMITTEE_MEMBER: _COMMITTEE_MEMBER,
    UserRole.SCRUTINEER: frozenset({Right.OPEN_BOX}),
    UserRole.ASSESSOR: frozenset({Right.VIEW_RESULTS, Right.EXPORT, Right.VIEW_AUDIT, Right.ASSESS}),
    UserRole.ANALYST: frozenset({Right.VIEW_RESULTS, Right.EXPORT, Right.EXPORT_ROWS}),
}

FROM_BELOW = frozenset({Right.VIEW_RESULTS, Right.EXPORT, Right.EXPORT_ROWS})
"""Rights over a unit that reach up to a survey covering it: its result is partly the unit's own."""


def requires(
    right: Right,
) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """A view for signed-in people who hold a right over at least one unit; others are asked to sign in, or get 403.

    Which unit or survey it is about is the view's to fetch, through `unit_in_scope` or `survey_in_scope`.
    """

    def decorate(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            if not current_user.is_authenticated:
                return login_manager.unauthorized()
            if not units_in_scope(current_user, right):
                abort(403)
            g.right = right
            return view(*args, **kwargs)

        guarded.required_right = right  # type: ignore[attr-defined]
        return guarded

    return decorate


def roles_today(user: User) -> list[Membership]:
    """Roles of a person that have not ended."""
    return roles_held(user, current_app.config["CLOCK"].today())


def units_in_scope(user: User, right: Right) -> frozenset[UUID]:
    """Identifiers of all units over which a person holds a right; computed once in a request."""
    known: dict[tuple[UUID, Right], frozenset[UUID]] = g.setdefault("scopes", {})
    key = (user.id, right)
    if key not in known:
        roots = [member.unit_id for member in roles_today(user) if right in ROLE_RIGHTS[member.role]]
        known[key] = _subtrees(roots)
    return known[key]


def unit_in_scope(unit_id: UUID, right: Right | None = None) -> Unit:
    """The unit, or 404 outside the scope of the right (by default that which the view requires)."""
    if unit_id not in units_in_scope(current_user, right or g.right):
        abort(404)
    return db.session.get(Unit, unit_id) or abort(404)


def survey_in_scope(survey_id: UUID, right: Right | None = None) -> Survey:
    """The survey, or 404 outside the scope of the right (by default that which the view requires).

    A survey belongs to the scope of its unit; to look at results it is enough that it covers a unit in scope.
    """
    right = right or g.right
    survey = db.session.get(Survey, survey_id)
    within = units_readable(right) if right in FROM_BELOW else units_in_scope(current_user, right)
    if survey is None or survey.unit_id not in within:
        abort(404)
    return survey


def survey_reaching(survey_id: UUID, right: Right | None = None) -> Survey:
    """A survey that asks people of a unit in scope, though it may be that of a unit above; else 404."""
    survey = db.session.get(Survey, survey_id)
    if survey is None or survey.unit_id not in units_readable(right):
        abort(404)
    return survey


def version_in_scope(sha256: str, right: Right | None = None) -> InstrumentVersion:
    """The published questionnaire, or 404: those of the service, of units in scope and of units above them."""
    version = db.session.get(InstrumentVersion, sha256)
    if version is None or not (version.unit_id is None or version.unit_id in units_readable(right)):
        abort(404)
    return version


def units_readable(right: Right | None = None) -> frozenset[UUID]:
    """Units in scope and those above them: whose questionnaires and surveys concern a person."""
    scope = units_in_scope(current_user, right or g.right)
    tops = [member.unit for member in roles_today(current_user) if member.unit_id in scope]
    above = {unit.id for top in tops for unit in ancestors(top)}
    return scope | above


def draft_in_scope(draft_id: UUID, right: Right | None = None) -> QuestionnaireDraft:
    """The draft of a questionnaire, or 404 outside the scope of the right."""
    draft = db.session.get(QuestionnaireDraft, draft_id)
    if draft is None or draft.unit_id not in units_in_scope(current_user, right or g.right):
        abort(404)
    return draft


def _subtrees(roots: list[UUID]) -> frozenset[UUID]:
    tree = unit_tree(db.session)
    trees = {tree.ids_below(root) for root in roots}
    return trees.pop() if len(trees) == 1 else frozenset().union(*trees)
