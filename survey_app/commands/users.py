"""`branch-survey create-user`, `reset-password` and `users`: accounts from the command line."""

from __future__ import annotations

from datetime import date
from random import SystemRandom
from typing import TYPE_CHECKING, Any

import click

from survey_app.commands.parameters import Acts, Day, ShortText
from survey_app.commands.speech import gettext as _
from survey_app.commands.speech import json_option, tell, working_app
from survey_app.models import UserRole

if TYPE_CHECKING:
    from survey_app.models import User


@click.command()
@click.argument("login")
@click.option("--name", required=True, type=ShortText(), help="The person's name.")
@click.option("--role", required=True, type=click.Choice([role.value for role in UserRole]), help="What they do.")
@click.option("--unit", "unit_code", required=True, help="Code of the unit over which the role is held.")
@click.option("--until", type=Day(), help="Last day of the role; an assessor needs one.")
@json_option
def create(login: str, *, name: str, role: str, unit_code: str, until: date | None, as_json: bool) -> None:
    """Make an account LOGIN and print its first password, which has to be changed at the first sign-in."""
    from survey_app import services
    from survey_app.extensions import db

    with working_app() as app:
        unit = services.unit_by_code(db.session, unit_code)
        password = services.generate_password(SystemRandom())
        user = services.create_user(
            db.session,
            login=login,
            name=name,
            password=password,
            roles=[(UserRole(role), unit)],
            until=until,
            by=services.COMMAND_LINE,
            clock=app.config["CLOCK"],
            must_change_password=True,
        )
        db.session.commit()
        said = _(
            "Account %(login)s made for %(name)s (%(unit)s). First password: %(password)s",
            login=user.login,
            name=name,
            unit=unit.name,
            password=password,
        )
        facts = {
            "login": user.login,
            "name": name,
            "role": role,
            "unit": unit_code,
            "until": until,
            "password": password,
        }
        tell(said, facts, as_json=as_json)


@click.command()
@click.argument("login")
@json_option
def reset(login: str, as_json: bool) -> None:
    """Give the account LOGIN a new password, end its sessions, and print the password."""
    from survey_app import services
    from survey_app.extensions import db

    with working_app() as app:
        user = services.user_by_login(db.session, login)
        password = services.reset_password(
            db.session, user, by=services.COMMAND_LINE, clock=app.config["CLOCK"], rng=SystemRandom()
        )
        db.session.commit()
        said = _("New password of %(login)s: %(password)s", login=user.login, password=password)
        tell(said, {"login": user.login, "password": password}, as_json=as_json)


@click.group(cls=Acts, name="users", no_args_is_help=False)
def command() -> None:
    """List accounts, sign one out, lift the second step of somebody whose phone is lost."""


@command.command("list")
@json_option
def list_users(as_json: bool) -> None:
    """All accounts with their roles."""
    from survey_app import services
    from survey_app.extensions import db

    with working_app() as app:
        today = app.config["CLOCK"].today()
        facts = [_facts_of(user, today) for user in services.all_users(db.session)]
        tell([_line_of(one) for one in facts], {"users": facts}, as_json=as_json)


@command.command("lift-second-step")
@click.argument("login")
@json_option
def lift_second_step(login: str, as_json: bool) -> None:
    """Let the account LOGIN sign in with its password alone."""
    from survey_app import services
    from survey_app.extensions import db

    with working_app() as app:
        user = services.user_by_login(db.session, login)
        had_one = user.totp_secret is not None
        services.lift_second_step(db.session, user, by=services.COMMAND_LINE, clock=app.config["CLOCK"])
        db.session.commit()
        lifted = _("The second step of %(login)s is switched off.", login=user.login)
        none = _("%(login)s has no second step.", login=user.login)
        tell(lifted if had_one else none, {"login": user.login, "had_second_step": had_one}, as_json=as_json)


@command.command("sign-out")
@click.argument("login")
@json_option
def sign_out(login: str, as_json: bool) -> None:
    """End every session of the account LOGIN."""
    from survey_app import services
    from survey_app.extensions import db

    with working_app() as app:
        user = services.user_by_login(db.session, login)
        services.sign_out_everywhere(db.session, user, by=services.COMMAND_LINE, clock=app.config["CLOCK"])
        db.session.commit()
        tell(_("%(login)s is signed out everywhere.", login=user.login), {"login": user.login}, as_json=as_json)


def _facts_of(user: User, today: date) -> dict[str, Any]:
    roles = [
        {
            "role": held.role.value,
            "unit": held.unit.code,
            "until": held.until,
            "has_ended": held.until is not None and held.until < today,
        }
        for held in user.memberships
    ]
    return {
        "login": user.login,
        "name": user.name,
        "in_use": user.is_active,
        "second_step": user.totp_secret is not None,
        "roles": roles,
    }


def _line_of(facts: dict[str, Any]) -> str:
    """One account on one line, roles as they are given to `create-user`."""
    marks = [_("no longer in use")] * (not facts["in_use"]) + [_("with second step")] * facts["second_step"]
    return " · ".join((facts["login"], facts["name"], *map(_role_words, facts["roles"]), *marks))


def _role_words(held: dict[str, Any]) -> str:
    words = f"{held['role']} {held['unit']}"
    if held["until"] is None:
        return words
    end = _("ended on %(day)s", day=held["until"]) if held["has_ended"] else _("until %(day)s", day=held["until"])
    return f"{words} ({end})"
