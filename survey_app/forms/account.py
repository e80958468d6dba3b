"""Forms for signing in, one's own account and creating the first administrator.

Whether a password is right is decided in `services.people`; only the shape of what is typed is checked here.
"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, PasswordField, StringField
from wtforms.validators import DataRequired, EqualTo, Length, Regexp, ValidationError

from survey_app.forms.base import FlaskForm

SHORTEST_PASSWORD = 10
LOGIN_LENGTH = 64
LOGIN_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._@-]*\Z"
LONGEST_ADDRESS = 254
ADDRESS_PATTERN = r"^(|[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*)\Z"
"""As browsers check a field for an address (HTML); or nothing."""


def stripped(value: str | None) -> str | None:
    """What was typed without surrounding blanks."""
    return value.strip() if value else value


class LoginForm(FlaskForm):
    login = StringField(
        _l("Login name"),
        filters=[stripped],
        validators=[
            DataRequired(_l("Please enter your login name.")),
            Length(max=LOGIN_LENGTH, message=_l("At most 64 characters.")),
        ],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = PasswordField(
        _l("Password"),
        validators=[DataRequired(_l("Please enter your password."))],
        render_kw={"autocomplete": "current-password"},
    )


def _password_again_field() -> PasswordField:
    return PasswordField(
        _l("Present password"),
        validators=[DataRequired(_l("Please enter your present password."))],
        render_kw={"autocomplete": "current-password"},
    )


def _code_field() -> StringField:
    return StringField(
        _l("One-time code"),
        description=_l("The six digits that the app on your phone shows at this moment."),
        filters=[stripped],
        validators=[
            DataRequired(_l("Please enter the code.")),
            Length(max=32, message=_l("At most 32 characters.")),
        ],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric"},
    )


class CodeForm(FlaskForm):
    """The second step of signing in."""

    code = _code_field()


class PasswordAndCodeForm(FlaskForm):
    """Set the second step up, with the proof that a phone is ready for it, or switch it off."""

    current_password = _password_again_field()
    code = _code_field()


class AddressForm(FlaskForm):
    """One's own e-mail address, and whether notices are sent there."""

    email = StringField(
        _l("E-mail address"),
        description=_l("For notices only. Nobody else sees it. It may be left blank."),
        filters=[stripped],
        validators=[
            Length(max=LONGEST_ADDRESS, message=_l("At most 254 characters.")),
            Regexp(ADDRESS_PATTERN, message=_l("Please compare the address: something like name@example.org.")),
        ],
        render_kw={"type": "email", "autocomplete": "email", "spellcheck": "false"},
    )
    wants_mail = BooleanField(_l("Send me notices by e-mail too"))

    def validate_wants_mail(self, field: Any) -> None:
        if field.data and not self.email.data:
            raise ValidationError(_("Please enter the address to which notices are sent."))


def new_login_field(autocomplete: str) -> StringField:
    """The login name of an account that is being made."""
    return StringField(
        _l("Login name"),
        filters=[stripped],
        validators=[
            DataRequired(_l("Please enter a login name.")),
            Length(max=LOGIN_LENGTH, message=_l("At most 64 characters.")),
            Regexp(LOGIN_PATTERN, message=_l("Only letters, digits, dots, hyphens and @.")),
        ],
        render_kw={"autocomplete": autocomplete, "autocapitalize": "none", "spellcheck": "false"},
    )


def _new_password_field() -> PasswordField:
    return PasswordField(
        _l("New password"),
        description=_l("At least %(length)s characters. Several words in a row are easy to remember.", length=10),
        validators=[
            DataRequired(_l("Please enter a new password.")),
            Length(min=SHORTEST_PASSWORD, max=200, message=_l("The password needs 10 to 200 characters.")),
        ],
        render_kw={"autocomplete": "new-password"},
    )


def _repeated_password_field() -> PasswordField:
    return PasswordField(
        _l("New password once more"),
        validators=[EqualTo("new_password", _l("The two passwords differ."))],
        render_kw={"autocomplete": "new-password"},
    )


class PasswordForm(FlaskForm):
    """Change one's own password."""

    current_password = _password_again_field()
    new_password = _new_password_field()
    repeated = _repeated_password_field()

    def validate_new_password(self, field: Any) -> None:
        if field.data and field.data == self.current_password.data:
            raise ValidationError(_("The new password is the same as the present one."))


class FirstAdministratorForm(FlaskForm):
    """The top unit and the account that may do everything in it; offered once, while nobody can sign in."""

    unit_name = StringField(
        _l("Name of the top unit"),
        description=_l("All branches and committees are added below it."),
        filters=[stripped],
        validators=[
            DataRequired(_l("Please enter the name of the unit.")),
            Length(max=100, message=_l("At most 100 characters.")),
        ],
    )
    name = StringField(
        _l("Your name"),
        filters=[stripped],
        validators=[
            DataRequired(_l("Please enter your name.")),
            Length(max=100, message=_l("At most 100 characters.")),
        ],
        render_kw={"autocomplete": "name"},
    )
    login = new_login_field("username")
    new_password = _new_password_field()
    repeated = _repeated_password_field()
