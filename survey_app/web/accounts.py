"""Accounts of those who run and review surveys: made, switched off and on, signed out, given and relieved of roles.

An administrator reaches accounts whose every role lies within the own tree; others are not found.
"""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, flash, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from survey_app import services
from survey_app.errors import LoginTaken, OwnAdministration, RoleEndImpossible, RoleHeld
from survey_app.extensions import db
from survey_app.forms.committee import ConfirmForm
from survey_app.forms.organisation import RoleForm, UserForm
from survey_app.models import User, UserRole
from survey_app.permissions import Right, requires, unit_in_scope, units_in_scope
from survey_app.services import registers
from survey_app.web.circumstances import clock, person, system_rng, unit_choices, units_under
from survey_app.web.labels import choices_of, in_words, label

accounts = Blueprint("accounts", __name__, url_prefix="/committee/people")


@accounts.get("")
@requires(Right.MANAGE_PEOPLE)
def index() -> ResponseReturnValue:
    people = registers.accounts_in(db.session, units_in_scope(person(), Right.MANAGE_PEOPLE))
    return render_template(
        "accounts/index.html",
        users=people,
        words=dict(choices_of(UserRole)),
        base=url_for(".index"),
        today=clock().today(),
    )


def _account(user_id: UUID) -> User:
    """The account, or 404 outside the reach of whoever is signed in."""
    within = units_in_scope(person(), Right.MANAGE_PEOPLE)
    return registers.account_in(db.session, user_id, within) or abort(404)


@accounts.route("/new", methods=["GET", "POST"])
@requires(Right.MANAGE_PEOPLE)
def new() -> ResponseReturnValue:
    form = UserForm()
    form.offer(roles=choices_of(UserRole), units=unit_choices(services.existing(units_under(Right.MANAGE_PEOPLE))))
    if not form.validate_on_submit():
        return render_template("accounts/new.html", form=form), 422 if form.is_submitted() else 200
    password = services.generate_password()
    try:
        user = services.create_user(
            db.session,
            login=form.login.data,
            name=form.name.data,
            password=password,
            roles=[(UserRole(form.role.data), unit_in_scope(UUID(form.unit.data), Right.MANAGE_PEOPLE))],
            until=form.until.data,
            by=person(),
            clock=clock(),
            must_change_password=True,
        )
    except (LoginTaken, RoleEndImpossible) as refusal:
        field = form.login if isinstance(refusal, LoginTaken) else form.until
        field.errors = [in_words(refusal)]
        return render_template("accounts/new.html", form=form), 422
    db.session.commit()
    return _shown_once(user, password)


@accounts.route("/<uuid:user_id>", methods=["GET", "POST"])
@requires(Right.MANAGE_PEOPLE)
def show(user_id: UUID) -> ResponseReturnValue:
    """One account; its form gives a further role, or one that it holds until another day."""
    user = _account(user_id)
    form = RoleForm()
    form.offer(roles=choices_of(UserRole), units=unit_choices(services.existing(units_under(Right.MANAGE_PEOPLE))))
    if not form.validate_on_submit():
        return _account_page(user, form), 422 if form.is_submitted() else 200
    role, unit = UserRole(form.role.data), unit_in_scope(UUID(form.unit.data), Right.MANAGE_PEOPLE)
    try:
        services.give_role(db.session, user, role, unit, until=form.until.data, by=person(), clock=clock())
    except (RoleHeld, OwnAdministration, RoleEndImpossible) as refusal:
        field = form.until if isinstance(refusal, RoleEndImpossible) else form.role
        field.errors = [in_words(refusal)]
        return _account_page(user, form), 422
    db.session.commit()
    flash(_("%(name)s now holds the role: %(role)s, %(unit)s.", name=user.name, role=label(role), unit=unit.name))
    return redirect(url_for(".show", user_id=user.id))


def _account_page(user: User, form: RoleForm) -> str:
    return render_template(
        "accounts/show.html",
        user=user,
        form=form,
        is_own=user.id == person().id,
        today=clock().today(),
        browsers=len(services.sessions_of(db.session, user)),
    )


@accounts.route("/<uuid:user_id>/roles/<uuid:membership_id>/relieve", methods=["GET", "POST"])
@requires(Right.MANAGE_PEOPLE)
def relieve(user_id: UUID, membership_id: UUID) -> ResponseReturnValue:
    user = _account(user_id)
    membership = next((held for held in user.memberships if held.id == membership_id), None) or abort(404)
    form = ConfirmForm()
    role, unit = label(membership.role), membership.unit.name
    if not form.validate_on_submit():
        consequences = [
            _("The role %(role)s over %(unit)s ends with the next page the person opens.", role=role, unit=unit),
            _("Everything done in this role stays as it is."),
            _("The record of acts says that you did this."),
        ]
        page = _step_page(user, form, _("Take the role away"), consequences, "danger")
        return page, 422 if form.is_submitted() else 200
    services.relieve_of_role(db.session, membership, by=person(), clock=clock())
    db.session.commit()
    flash(_("%(name)s no longer holds the role: %(role)s, %(unit)s.", name=user.name, role=role, unit=unit))
    return redirect(url_for(".index"))


@accounts.route("/<uuid:user_id>/switch-off", methods=["GET", "POST"])
@requires(Right.MANAGE_PEOPLE)
def switch_off(user_id: UUID) -> ResponseReturnValue:
    user = _account(user_id)
    form = ConfirmForm()
    if not form.validate_on_submit():
        consequences = [
            _("Every session of this account ends at once, and it can no longer sign in."),
            _("Its roles stay, so that it can be switched on again."),
            _("The record of acts says that you did this."),
        ]
        page = _step_page(user, form, _("Switch the account off"), consequences, "danger")
        return page, 422 if form.is_submitted() else 200
    services.switch_off(db.session, user, by=person(), clock=clock())
    db.session.commit()
    flash(_("The account of %(name)s is switched off.", name=user.name))
    return redirect(url_for(".show", user_id=user.id))


@accounts.route("/<uuid:user_id>/switch-on", methods=["GET", "POST"])
@requires(Right.MANAGE_PEOPLE)
def switch_on(user_id: UUID) -> ResponseReturnValue:
    user = _account(user_id)
    form = ConfirmForm()
    if not form.validate_on_submit():
        consequences = [
            _("The account can sign in again, with its roles and the password it had."),
            _("If the password may have been seen by somebody, please reset it as well."),
            _("The record of acts says that you did this."),
        ]
        page = _step_page(user, form, _("Switch the account on again"), consequences)
        return page, 422 if form.is_submitted() else 200
    services.switch_on(db.session, user, by=person(), clock=clock())
    db.session.commit()
    flash(_("The account of %(name)s is switched on again.", name=user.name))
    return redirect(url_for(".show", user_id=user.id))


@accounts.route("/<uuid:user_id>/reset", methods=["GET", "POST"])
@requires(Right.MANAGE_PEOPLE)
def reset(user_id: UUID) -> ResponseReturnValue:
    user = _account(user_id)
    form = ConfirmForm()
    if not form.validate_on_submit():
        consequences = [
            _("The present password stops working and every session of this account ends."),
            _("A new password is made and shown once; the person has to change it when signing in."),
            _("The record of acts says that you did this."),
        ]
        page = _step_page(user, form, _("Reset the password"), consequences, "danger")
        return page, 422 if form.is_submitted() else 200
    password = services.reset_password(db.session, user, by=person(), clock=clock(), rng=system_rng())
    db.session.commit()
    return _shown_once(user, password)


@accounts.route("/<uuid:user_id>/sign-out", methods=["GET", "POST"])
@requires(Right.MANAGE_PEOPLE)
def sign_out(user_id: UUID) -> ResponseReturnValue:
    user = _account(user_id)
    form = ConfirmForm()
    if not form.validate_on_submit():
        consequences = [
            _("Every session of this account ends at once, on all devices."),
            _("The account stays in use: whoever knows its password can sign in again."),
            _("The record of acts says that you did this."),
        ]
        page = _step_page(user, form, _("Sign out everywhere"), consequences)
        return page, 422 if form.is_submitted() else 200
    services.sign_out_everywhere(db.session, user, by=person(), clock=clock())
    db.session.commit()
    flash(_("%(name)s is signed out everywhere.", name=user.name))
    return redirect(url_for(".show", user_id=user.id))


@accounts.route("/<uuid:user_id>/lift-second-step", methods=["GET", "POST"])
@requires(Right.MANAGE_PEOPLE)
def lift_second_step(user_id: UUID) -> ResponseReturnValue:
    user = _account(user_id)
    form = ConfirmForm()
    if not form.validate_on_submit():
        consequences = [
            _("Signing in to this account then asks for the password only, until its owner sets the step up anew."),
            _("Please make sure that it is the owner who asks for this, not somebody who has found the password."),
            _("The record of acts says that you did this."),
        ]
        page = _step_page(user, form, _("Switch the second step off"), consequences, "danger")
        return page, 422 if form.is_submitted() else 200
    services.lift_second_step(db.session, user, by=person(), clock=clock())
    db.session.commit()
    flash(_("The second step of %(name)s is switched off.", name=user.name))
    return redirect(url_for(".show", user_id=user.id))


def _step_page(user: User, form: ConfirmForm, words: str, consequences: list[str], css: str = "") -> str:
    """A page of its own for a step that concerns an account: what will happen, one button, the way back."""
    return render_template("accounts/step.html", user=user, form=form, words=words, consequences=consequences, css=css)


def _shown_once(user: User, password: str) -> ResponseReturnValue:
    response = make_response(render_template("accounts/password.html", user=user, password=password))
    response.headers["Cache-Control"] = "no-store"
    return response
