"""Signing in and out, changing one's password, and the first administrator of an empty installation."""

from __future__ import annotations

from ipaddress import ip_address

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user, login_required, login_user, logout_user

from survey_app import services
from survey_app.errors import LoginRefused
from survey_app.extensions import db, limiter
from survey_app.forms.account import FirstAdministratorForm, LoginForm, PasswordForm
from survey_app.web.circumstances import clock, person
from survey_app.web.labels import in_words

auth = Blueprint("auth", __name__)

COMMITTEE_PATH = "/committee"


@auth.before_app_request
def ask_for_a_new_password() -> ResponseReturnValue | None:
    """A password that somebody else has seen opens nothing but the page on which it is changed."""
    if not request.path.startswith(COMMITTEE_PATH) or not current_user.is_authenticated:
        return None
    return redirect(url_for("auth.password")) if current_user.must_change_password else None


@auth.route("/login", methods=["GET", "POST"])
@limiter.limit("20 per minute", methods=["POST"])
def login() -> ResponseReturnValue:
    if services.no_user_exists(db.session):
        return redirect(url_for("auth.first_administrator")) if _is_loopback() else abort(503)
    form = LoginForm()
    if not form.validate_on_submit():
        return render_template("auth/login.html", form=form), 422 if form.is_submitted() else 200
    try:
        user = services.authenticate(
            db.session, form.login.data, form.password.data, address_is_loopback=_is_loopback(), clock=clock()
        )
    except LoginRefused as refusal:
        form.password.errors = [in_words(refusal)]
        return render_template("auth/login.html", form=form), 422
    db.session.commit()
    session.clear()
    login_user(user)
    return redirect(_next_address())


@auth.post("/logout")
@login_required
def logout() -> ResponseReturnValue:
    logout_user()
    session.clear()
    return redirect(url_for("auth.login"))


@auth.route("/password", methods=["GET", "POST"])
@login_required
@limiter.limit("20 per minute", methods=["POST"])
def password() -> ResponseReturnValue:
    form = PasswordForm()
    if not form.validate_on_submit():
        return render_template("auth/password.html", form=form), 422 if form.is_submitted() else 200
    try:
        services.change_password(
            db.session, person(), form.current_password.data, form.new_password.data, clock=clock()
        )
    except LoginRefused as refusal:
        form.current_password.errors = [in_words(refusal)]
        return render_template("auth/password.html", form=form), 422
    db.session.commit()
    login_user(person())
    flash(_("The password has been changed. Other sessions of this account have ended."))
    return redirect(url_for("committee.index"))


@auth.route("/first-administrator", methods=["GET", "POST"])
def first_administrator() -> ResponseReturnValue:
    """Offered to a person at the machine itself, and only while nobody can sign in."""
    if not services.no_user_exists(db.session) or not _is_loopback():
        abort(404)
    form = FirstAdministratorForm()
    if not form.validate_on_submit():
        return render_template("auth/first_administrator.html", form=form), 422 if form.is_submitted() else 200
    user = services.create_first_administrator(
        db.session,
        unit_name=form.unit_name.data,
        login=form.login.data,
        name=form.name.data,
        password=form.new_password.data,
        clock=clock(),
    )
    db.session.commit()
    login_user(user)
    return redirect(url_for("committee.index"))


def _is_loopback() -> bool:
    return request.remote_addr is not None and ip_address(request.remote_addr).is_loopback


def _next_address() -> str:
    """Where the person was going; only an address of this service."""
    wanted = request.args.get("next", "")
    is_ours = wanted.startswith("/") and not wanted.startswith("//") and "\\" not in wanted
    return wanted if is_ours else url_for("committee.index")
