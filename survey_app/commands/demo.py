"""`branch-survey demo`: the sample organisation in, or out again."""

from __future__ import annotations

from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING

import click

from survey_app.commands.speech import gettext as _
from survey_app.commands.speech import json_option, tell, working_app

if TYPE_CHECKING:
    from flask import Flask


@click.command(name="demo")
@click.option("--remove", is_flag=True, help="Take the sample organisation out again; nothing else is touched.")
@click.option("--if-empty", is_flag=True, help="Load it only where there is no unit and no account yet.")
@json_option
def command(remove: bool, if_empty: bool, as_json: bool) -> None:
    """Load a sample organisation: two sealed years, an open survey, a login for each role. All of it is invented."""
    with working_app() as app:
        if remove:
            _remove(app, as_json=as_json)
        elif if_empty and not _is_empty():
            tell(_("There is data already: it is kept as it is."), {"loaded": False}, as_json=as_json)
        else:
            _load(app, as_json=as_json)


def _load(app: Flask, *, as_json: bool) -> None:
    from survey_app import demo
    from survey_app.extensions import db

    facts = demo.load(
        db.session, clock=app.config["CLOCK"], secret=app.config["INSTALLATION_SECRET"], rng=SystemRandom()
    )
    path = demo.write_announcement(facts, Path(app.config["INSTANCE"]))
    db.session.commit()
    said = _("The sample organisation is loaded; links, codes and logins are in %(file)s.", file=path)
    tell(said, {"loaded": True, "file": str(path), "survey": facts.survey_slug}, as_json=as_json)


def _remove(app: Flask, *, as_json: bool) -> None:
    from survey_app import demo
    from survey_app.extensions import db

    removed = demo.remove(db.session)
    db.session.commit()
    (Path(app.config["INSTANCE"]) / demo.FILE_NAME).unlink(missing_ok=True)
    facts = {"units": removed.units, "surveys": removed.surveys, "people": removed.people}
    said = _("Taken out: %(units)s units, %(surveys)s surveys, %(people)s accounts of the sample.", **facts)
    tell(said, facts, as_json=as_json)


def _is_empty() -> bool:
    from survey_app import services
    from survey_app.extensions import db

    return services.no_user_exists(db.session) and not services.top_units(db.session)
