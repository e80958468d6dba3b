"""Refusals about signing in, accounts and their roles."""

from __future__ import annotations

from typing import ClassVar, Literal

from instruments.wording import N_
from survey_app.errors.base import Refusal

NOT_RIGHT = N_(
    "The login name or the password is not right. After ten wrong attempts an account stays closed for 15 minutes."
)
"""Said of a closed account too: whether a login name exists is nobody's to find out."""


class LoginRefused(Refusal):
    status = 422
    sentences: ClassVar[dict[str, str]] = {
        "wrong": NOT_RIGHT,
        "locked": NOT_RIGHT,
        "own_password": N_("The present password is not right."),
        "code": N_("This code is not right. It changes every 30 seconds, and each counts only once."),
        "locked_here": N_("Too many attempts. Please try again in 15 minutes."),
        "begin_again": N_("This took too long. Please sign in again."),
        "unreadable": N_(
            "The second step of this account cannot be read: the installation secret is not the one of then. An "
            "administrator can switch it off."
        ),
        "sample_elsewhere": N_("Sample logins work only on the machine itself (127.0.0.1)."),
        "inactive": N_("This account is no longer in use. Please ask the administrator."),
    }

    def __init__(
        self,
        reason: Literal[
            "wrong",
            "locked",
            "own_password",
            "code",
            "locked_here",
            "begin_again",
            "unreadable",
            "sample_elsewhere",
            "inactive",
        ],
    ) -> None:
        super().__init__(reason)


class PasswordTooShort(Refusal):
    status = 422
    template = N_("A password needs at least %(least)s characters.")


class PasswordGuessable(Refusal):
    status = 422
    template = N_("This password is one of those that are tried first. Several unexpected words in a row are better.")


class LoginImpossible(Refusal):
    status = 422
    template = N_(
        "A login name begins with a letter or a digit and goes on with letters, digits, dots, hyphens and @; "
        "it has at most 64 characters."
    )


class LoginTaken(Refusal):
    template = N_("The login name %(login)s is taken.")


class UnknownLogin(Refusal):
    status = 404
    template = N_("There is no account with the login name %(login)s.")


class OwnAccount(Refusal):
    template = N_("You cannot switch off your own account. Another administrator can.")


class OwnAdministration(Refusal):
    template = N_("This is your last administrator role. Only another administrator can take it away.")


class LastRole(Refusal):
    template = N_("An account keeps at least one role. Please give it another first, or switch the account off.")


class RoleHeld(Refusal):
    template = N_("The account holds this role over %(unit)s already.")


class RoleEndImpossible(Refusal):
    status = 422
    sentences: ClassVar[dict[str, str]] = {
        "missing": N_("An assessor holds the role for a limited time: please give its last day."),
        "passed": N_("The last day of the role has passed already."),
        "too_late": N_("The last day of an assessor’s role is at most a year ahead: %(day)s."),
    }


class NotTheFirst(Refusal):
    template = N_("There is an administrator already: please sign in.")
