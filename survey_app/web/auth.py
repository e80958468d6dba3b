"""Signing in and out, changing one's password, and the first administrator of an empty installation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit
from uuid import UUID

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user, login_required, login_user, logout_user

from survey_app import services
from survey_app.errors import LoginRefused, PasswordGuessable
from survey_app.extensions import BROWSER, MEMBER_BLUEPRINTS, db, limiter
from survey_app.forms.account import CodeForm, FirstAdministratorForm, LoginForm, PasswordForm
from survey_app.models import User
from survey_app.web.circumstances import clock, installation_secret, person
from survey_app.web.labels import in_words
from survey_app.web.navigation import first_page

auth = Blueprint("auth", __name__)

BEFORE_THE_DOOR = (*MEMBER_BLUEPRINTS, "home", "auth")
"""Blueprints whose pages show nothing of an account; all others, and those to come, are behind the door."""
HALFWAY = "halfway"
"""Key in the cookie of somebody who has shown the password and not yet the code: who, which password, since when."""
TIME_FOR_THE_CODE = timedelta(minutes=5)


@auth.before_app_request
def ask_for_a_new_password() -> ResponseReturnValue | None:
    """A password that somebody else has seen opens nothing but the page on which it is changed."""
    if request.blueprint is None or request.blueprint in BEFORE_THE_DOOR or not current_user.is_authenticated:
        return None  # without a blueprint: files of the pages' looks, and what is not found
    return redirect(url_for("auth.password")) if current_user.must_change_password else None


@auth.route("/login", methods=["GET", "POST"])
@limiter.limit("20 per minute", methods=["POST"])
def login() -> ResponseReturnValue:
    if services.no_user_exists(db.session):
        return redirect(url_for("auth.first_administrator")) if _is_loopback() else abort(503)
    if request.method == "GET" and current_user.is_authenticated:
        return redirect(_next_address())
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
    if user.totp_secret is None:
        sign_in_here(user)
        return redirect(_next_address())
    db.session.commit()
    session.clear()
    session[HALFWAY] = [str(user.id), user.session_version, clock().now().timestamp()]
    return redirect(url_for(".code", next=request.args.get("next")))


@auth.route("/login/code", methods=["GET", "POST"])
@limiter.limit("20 per minute", methods=["POST"])
def code() -> ResponseReturnValue:
    """The second step, for those who have set it up."""
    user_id, version, since = session.get(HALFWAY) or ("", 0, 0.0)
    if clock().now() - datetime.fromtimestamp(since, UTC) > TIME_FOR_THE_CODE:
        session.pop(HALFWAY, None)
        return redirect(url_for(".login", next=request.args.get("next")))
    form = CodeForm()
    if not form.validate_on_submit():
        return render_template("auth/code.html", form=form), 422 if form.is_submitted() else 200
    try:
        user = services.pass_second_step(
            db.session, UUID(user_id), version, form.code.data, secret=installation_secret(), clock=clock()
        )
    except LoginRefused as refusal:
        form.code.errors = [in_words(refusal)]
        return render_template("auth/code.html", form=form), 422
    sign_in_here(user)
    return redirect(_next_address())


def sign_in_here(user: User) -> None:
    """Let this browser be one in which the person is signed in; nothing of an earlier session stays in it."""
    here = services.start_session(
        db.session,
        user,
        user_agent=request.user_agent.string,
        clock=clock(),
        lasts=timedelta(seconds=current_app.config["PERMANENT_SESSION_LIFETIME"]),
    )
    db.session.commit()
    session.clear()
    session[BROWSER] = str(here.id)
    login_user(user)


@auth.post("/logout")
@login_required
def logout() -> ResponseReturnValue:
    services.sign_out(db.session, person(), UUID(session[BROWSER]), clock=clock())
    db.session.commit()
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
    except PasswordGuessable as refusal:
        form.new_password.errors = [in_words(refusal)]
        return render_template("auth/password.html", form=form), 422
    sign_in_here(person())
    flash(_("The password has been changed. Other sessions of this account have ended."))
    return redirect(url_for(first_page()))


@auth.route("/first-administrator", methods=["GET", "POST"])
def first_administrator() -> ResponseReturnValue:
    """Offered to a person at the machine itself, and only while nobody can sign in."""
    if not services.no_user_exists(db.session) or not _is_loopback():
        abort(404)
    form = FirstAdministratorForm()
    if not form.validate_on_submit():
        return render_template("auth/first_administrator.html", form=form), 422 if form.is_submitted() else 200
    try:
        user = services.create_first_administrator(
            db.session,
            unit_name=form.unit_name.data,
            login=form.login.data,
            name=form.name.data,
            password=form.new_password.data,
            clock=clock(),
        )
    except PasswordGuessable as refusal:
        form.new_password.errors = [in_words(refusal)]
        return render_template("auth/first_administrator.html", form=form), 422
    sign_in_here(user)
    return redirect(url_for(first_page()))


def _is_loopback() -> bool:
    return request.remote_addr is not None and ip_address(request.remote_addr).is_loopback


def _next_address() -> str:
    """Where the person was going; only an address of this service."""
    wanted = request.args.get("next", "")
    return wanted if _is_ours(wanted) else url_for(first_page())


def _is_ours(address: str) -> bool:
    """A path of this host. Browsers leave out control characters and turn backslashes: "/\\t/host" is "//host"."""
    if not address.isprintable() or "\\" in address or not address.startswith("/") or address.startswith("//"):
        return False
    parts = urlsplit(address)
    return not parts.scheme and not parts.netloc
