"""A person's own account: the address for notices, the second step of signing in, and where one is signed in.

Nothing here needs a right: whoever is signed in sees and changes only what is their own.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_required, logout_user

from survey_app import services
from survey_app.errors import LoginRefused
from survey_app.extensions import BROWSER, db, limiter
from survey_app.forms.account import AddressForm, PasswordAndCodeForm
from survey_app.forms.committee import ConfirmForm
from survey_app.permissions import roles_today
from survey_app.printing.square import drawing_of, symbol_of
from survey_app.web.circumstances import clock, installation_secret, person, system_rng
from survey_app.web.labels import in_words

account = Blueprint("account", __name__, url_prefix="/account")

SETTING_UP = "setting_up"
"""Key in the cookie of somebody who sets up the second step: the new secret, encrypted."""


@account.route("", methods=["GET", "POST"])
@login_required
def show() -> ResponseReturnValue:
    """All of it on one page; its form is that of the address."""
    form = AddressForm(obj=person())
    if not form.validate_on_submit():
        return _page(form), 422 if form.is_submitted() else 200
    services.change_address(
        db.session, person(), email=form.email.data or "", wants_mail=form.wants_mail.data, clock=clock()
    )
    db.session.commit()
    flash(_("Saved."))
    return redirect(url_for(".show"))


def _page(form: AddressForm) -> str:
    return render_template(
        "account/show.html",
        form=form,
        held=roles_today(person()),
        sessions=services.sessions_of(db.session, person()),
        here=UUID(session[BROWSER]),
    )


@account.route("/second-step", methods=["GET", "POST"])
@login_required
@limiter.limit("20 per minute", methods=["POST"])
def second_step() -> ResponseReturnValue:
    """Set it up: scan or type the secret, then show a code, so that nobody is locked out by a phone that did not."""
    if person().totp_secret is not None:
        return redirect(url_for(".second_step_off"))
    secret = installation_secret()
    if SETTING_UP not in session:
        session[SETTING_UP] = b64encode(services.draw_secret(person(), secret=secret, rng=system_rng())).decode()
    locked, form = b64decode(session[SETTING_UP]), PasswordAndCodeForm()
    if not form.validate_on_submit():
        return _set_up_page(locked, form), 422 if form.is_submitted() else 200
    try:
        services.switch_on_second_step(
            db.session, person(), locked, form.current_password.data, form.code.data, secret=secret, clock=clock()
        )
    except LoginRefused as refusal:
        _say_beside(form, refusal)
        return _set_up_page(locked, form), 422
    db.session.commit()
    del session[SETTING_UP]
    flash(_("From now on signing in asks for a code of your phone after the password."))
    return redirect(url_for(".show"))


def _say_beside(form: PasswordAndCodeForm, refusal: LoginRefused) -> None:
    field = form.current_password if refusal.reason == "own_password" else form.code
    field.errors = [in_words(refusal)]


def _set_up_page(locked: bytes, form: PasswordAndCodeForm) -> str:
    set_up = services.set_up_of(person(), locked, secret=installation_secret(), issuer=_("Branch survey"))
    drawing = drawing_of(symbol_of(set_up.address).matrix)
    return render_template("account/second_step.html", form=form, typed=set_up.typed, drawing=drawing)


@account.route("/second-step/off", methods=["GET", "POST"])
@login_required
@limiter.limit("20 per minute", methods=["POST"])
def second_step_off() -> ResponseReturnValue:
    if person().totp_secret is None:
        return redirect(url_for(".show"))
    form = PasswordAndCodeForm()
    if not form.validate_on_submit():
        return render_template("account/second_step_off.html", form=form), 422 if form.is_submitted() else 200
    try:
        services.switch_off_second_step(
            db.session,
            person(),
            form.current_password.data,
            form.code.data,
            secret=installation_secret(),
            clock=clock(),
        )
    except LoginRefused as refusal:
        _say_beside(form, refusal)
        return render_template("account/second_step_off.html", form=form), 422
    db.session.commit()
    flash(_("Signing in asks for the password only."))
    return redirect(url_for(".show"))


@account.post("/sessions/<uuid:session_id>/end")
@login_required
def end_session(session_id: UUID) -> ResponseReturnValue:
    if not ConfirmForm().validate_on_submit() or not services.sign_out(db.session, person(), session_id, clock=clock()):
        abort(404)
    db.session.commit()
    flash(_("Signed out there."))
    return redirect(url_for(".show"))


@account.post("/sessions/end")
@login_required
def end_sessions() -> ResponseReturnValue:
    """Everywhere, here too."""
    if not ConfirmForm().validate_on_submit():
        abort(400)
    services.sign_out_everywhere(db.session, person(), by=person(), clock=clock())
    db.session.commit()
    logout_user()
    session.clear()
    return redirect(url_for("auth.login"))
