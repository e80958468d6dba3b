"""`branch-survey backup`: the whole state in one file, while the service runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from survey_app.commands.parameters import OutputFile
from survey_app.commands.speech import CommandError, json_option, tell, working_app
from survey_app.commands.speech import gettext as _

if TYPE_CHECKING:
    from flask import Flask

    from survey_app.backup.writing import Backup


@click.command(name="backup")
@click.argument("file", type=OutputFile())
@click.option("--force", is_flag=True, help="Write over an existing file.")
@json_option
def command(file: Path, force: bool, as_json: bool) -> None:
    """Write everything to FILE. Codes and ballots of surveys under way are in it for their scrutineers alone."""
    from survey_app import services
    from survey_app.backup.writing import write_backup
    from survey_app.extensions import db

    if file.exists() and not force:
        raise CommandError(_("%(file)s exists; write over it with --force.", file=file))
    with working_app() as app:
        clock = app.config["CLOCK"]
        made = write_backup(db.engine, file, secret=app.config["INSTALLATION_SECRET"], clock=clock)
        services.record_of(
            db.session, services.COMMAND_LINE, "backup.make", "backup", file.name, clock=clock, sha256=made.sha256
        )
        db.session.commit()
        facts = {
            "file": str(file), "bytes": made.bytes, "sha256": made.sha256, "rows": made.rows,
            "surveys_under_way": made.under_way, "not_in_it": _secrets(app),
        }  # fmt: skip
        tell(_sentences(file, made, _secrets(app)), facts, as_json=as_json)


def _secrets(app: Flask) -> list[str]:
    """Where the two secrets are that no backup holds."""
    from survey_app.config import INSTALLATION_SECRET_FILE, PREFIX, SESSION_KEY_FILE

    settings = {INSTALLATION_SECRET_FILE: "INSTALLATION_SECRET", SESSION_KEY_FILE: "SECRET_KEY"}
    paths = {name: Path(app.instance_path) / name for name in settings}
    return [str(path) if path.exists() else PREFIX + settings[name] for name, path in paths.items()]


def _sentences(file: Path, made: Backup, secrets: list[str]) -> list[str]:
    said = [
        _(
            "Backup written to %(file)s: %(bytes)s bytes, sha256 %(sha256)s.",
            file=file,
            bytes=made.bytes,
            sha256=made.sha256,
        )
    ]
    if made.under_way:
        said.append(
            _(
                "Surveys under way: %(titles)s. To restore their ballots, their scrutineers' passphrases are needed.",
                titles=_(", ").join(made.under_way),
            )
        )
    said.append(
        _(
            "Not in it: %(secrets)s. Please keep copies of these in another place; without the first one, surveys "
            "under way cannot go on.",
            secrets=_(", ").join(secrets),
        )
    )
    return said
