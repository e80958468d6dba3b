"""`branch-survey create-user` and `reset-password`: accounts from the command line."""

from __future__ import annotations

from random import SystemRandom

import click

from survey_app.commands.parameters import ShortText
from survey_app.commands.speech import gettext as _
from survey_app.commands.speech import json_option, tell, working_app
from survey_app.models import UserRole


@click.command()
@click.argument("login")
@click.option("--name", required=True, type=ShortText(), help="The person's name.")
@click.option("--role", required=True, type=click.Choice([role.value for role in UserRole]), help="What they do.")
@click.option("--unit", "unit_code", required=True, help="Code of the unit over which the role is held.")
@json_option
def create(login: str, name: str, role: str, unit_code: str, as_json: bool) -> None:
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
        facts = {"login": user.login, "name": name, "role": role, "unit": unit_code, "password": password}
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
