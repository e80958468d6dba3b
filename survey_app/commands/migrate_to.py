"""`branch-survey migrate-to`: everything into another database, from SQLite to PostgreSQL or the other way round."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from survey_app.commands.progress import progress
from survey_app.commands.speech import CommandError, json_option, tell, working_app
from survey_app.commands.speech import gettext as _
from survey_app.commands.verified_words import verified_facts, verified_in_words

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

    from survey_app.backup.moving import Moved


@click.command(name="migrate-to")
@click.argument("url", required=False)
@click.option("--yes", is_flag=True, help="Do not ask first.")
@click.option(
    "--take-back",
    is_flag=True,
    help="After a move whose new database is lost: let the old one go on as it was then. Without URL.",
)
@json_option
def command(url: str | None, yes: bool, take_back: bool, as_json: bool) -> None:
    """Move everything into the empty database URL (postgresql://… or sqlite:////…). Please stop the service first."""
    if take_back == bool(url):
        raise click.UsageError(_("Please name either the new database or --take-back."))
    if take_back:
        _take_back(yes, as_json=as_json)
    else:
        _move_to(str(url), yes, as_json=as_json)


def _move_to(address: str, yes: bool, *, as_json: bool) -> None:
    from survey_app.backup.moving import move, require_elsewhere
    from survey_app.database import database_url
    from survey_app.extensions import db

    with working_app() as app:
        require_elsewhere(db.engine, address)
        old, new, clock = db.engine.url, _absolute(database_url(address)), app.config["CLOCK"]
        _ask(
            _("Everything moves from %(old)s to %(new)s. Is the service stopped?", old=_shown(old), new=_shown(new)),
            yes,
        )
        with progress(_("Copying and comparing")) as step:
            moved = move(db.engine, address, clock=clock, progress=step)
        facts = {
            "from": _shown(old),
            "to": _shown(new),
            "rows": moved.rows,
            **verified_facts(moved.verified),
        }
        tell(_sentences(Path(app.instance_path), old, new, moved), facts, as_json=as_json)


def _sentences(folder: Path, old: URL, new: URL, moved: Moved) -> list[str]:
    from survey_app.config import CONFIG_FILE, PREFIX

    setting = f'DATABASE_URL = "{_shown(new)}"'
    if PREFIX + "DATABASE_URL" in os.environ:
        where = _("Now set %(name)s in the environment of the service:", name=PREFIX + "DATABASE_URL")
    else:
        where = _("Now write into %(file)s:", file=folder / CONFIG_FILE)
    rows = sum(moved.rows.values())
    return [
        _("Moved: %(rows)s rows of %(tables)s tables, each compared after copying.", rows=rows, tables=len(moved.rows)),
        *verified_in_words(moved.verified),
        where,
        f"    {setting}" + (_("   (with the password instead of ***)") if new.password else ""),
        _("Then start the service again."),
        _(
            "The old database takes nothing any more. It still holds everything, codes and ballots of surveys under "
            "way too. When the service has run on the new one and a backup of that is made, delete it: %(what)s",
            what=_leftovers(old),
        ),
    ]


def _leftovers(old: URL) -> str:
    from survey_app.database import store_files

    if old.get_backend_name() == "sqlite":
        path = Path(str(old.database)).resolve()
        return " ".join(str(file) for file in (path, *store_files(path).values()))
    return f'DROP DATABASE "{old.database}";'


def _take_back(yes: bool, *, as_json: bool) -> None:
    from survey_app import create_app, services
    from survey_app.backup.retirement import take_back
    from survey_app.extensions import db

    app = create_app()
    with app.app_context():
        _ask(
            _("What was entered or answered since the move is not in this database. Is the new one lost for good?"), yes
        )
        with db.engine.begin() as connection:
            was_moved = take_back(connection)
        if not was_moved:
            raise CommandError(_("This database has not moved anywhere: there is nothing to take back."))
        services.record_of(
            db.session, services.COMMAND_LINE, "database.take_back", "database", db.engine.dialect.name,
            clock=app.config["CLOCK"],
        )  # fmt: skip
        db.session.commit()
        said = _("The database goes on as it was when it moved. Start the service again; never let both be used.")
        tell(said, {"taken_back": True}, as_json=as_json)


def _ask(question: str, yes: bool) -> None:
    if not yes and not click.confirm(question, err=True):
        raise CommandError(_("Nothing has been done."))


def _absolute(url: URL) -> URL:
    if url.get_backend_name() != "sqlite":
        return url.set(drivername="postgresql")
    return url.set(database=str(Path(str(url.database)).resolve()))


def _shown(url: URL) -> str:
    return _absolute(url).render_as_string(hide_password=True)
