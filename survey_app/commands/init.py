"""`branch-survey init`: the instance folder, its secrets, the database and the questionnaires that come along."""

from __future__ import annotations

from pathlib import Path

import click
from flask import Flask

from survey_app.commands.speech import CommandError, json_option, tell
from survey_app.commands.speech import gettext as _


@click.command()
@click.option(
    "--new-secret",
    is_flag=True,
    help="The installation secret is lost for good: make another one. Surveys under way then give out no more passes.",
)
@json_option
def command(new_secret: bool, as_json: bool) -> None:
    """Make or update the database and everything it needs. Safe to repeat: nothing that exists is changed."""
    from survey_app import config, create_app
    from survey_app.migrate import upgrade

    app = create_app()
    folder = Path(app.instance_path)
    if not new_secret:
        _require_old_secret(app, folder)
    try:
        written = config.write_secrets(folder)
        folder.chmod(0o700)
    except OSError as error:
        raise CommandError(
            _(
                "The folder %(folder)s cannot be written to; choose another with BRANCH_SURVEY_INSTANCE=/a/folder",
                folder=folder,
            )
        ) from error
    app = create_app()
    before, after = upgrade(app.config["DATABASE_URL"])
    questionnaires = _install_questionnaires(app)
    facts = {
        "folder": folder,
        "secrets_written": [path.name for path in written],
        "revision_before": before,
        "revision": after,
        "questionnaires": questionnaires,
    }
    tell(_sentences(folder, bool(written), before, after, len(questionnaires)), facts, as_json=as_json)


def _require_old_secret(app: Flask, folder: Path) -> None:
    """A database that has been in use was used with a secret, and only that one opens what is in it."""
    from survey_app.config import INSTALLATION_SECRET_FILE
    from survey_app.migrate import is_empty

    if not app.config["INSTALLATION_SECRET"] and not is_empty(app.config["DATABASE_URL"]):
        raise CommandError(
            _(
                "There is a database, but the installation secret it was used with is missing. Please put it back as "
                "%(file)s. Only if it is lost for good: branch-survey init --new-secret",
                file=folder / INSTALLATION_SECRET_FILE,
            )
        )


def _install_questionnaires(app: Flask) -> list[str]:
    from survey_app.extensions import db
    from survey_app.services import COMMAND_LINE, install_catalogue

    with app.app_context():
        versions = install_catalogue(db.session, by=COMMAND_LINE, clock=app.config["CLOCK"])
        db.session.commit()
        return [version.code for version in versions]


def _sentences(folder: Path, is_new: bool, before: str | None, after: str | None, questionnaires: int) -> list[str]:
    secrets = _("Secrets written to %(folder)s, readable by this account only.", folder=folder)
    ready = _("The database is ready (revision %(after)s).", after=after)
    updated = _("The database was updated from revision %(before)s to %(after)s.", before=before, after=after)
    published = _("Questionnaires available: %(count)s.", count=questionnaires)
    return [*([secrets] if is_new else []), updated if before not in (None, after) else ready, published]
