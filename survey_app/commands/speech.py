"""What commands say: sentences in the reader's language, facts as JSON for scripts, one line on a failure."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from gettext import NullTranslations, translation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from survey_app.errors import Refusal

if TYPE_CHECKING:
    from flask import Flask

TRANSLATIONS = Path(__file__).parents[1] / "translations"
DEFAULT_LANGUAGE = "zh_Hans"
LANGUAGE: ContextVar[str] = ContextVar("language", default=DEFAULT_LANGUAGE)


AS_JSON: ContextVar[bool] = ContextVar("as_json", default=False)
"""Is the caller a script? Set by `json_option` before the other options are looked at."""


class CommandError(click.ClickException):
    """A failure said in one line on stderr, with status 1; a script gets it as JSON on stdout as well.

    A command that has told its facts already (`is_told`) adds no second JSON object to them.
    """

    def __init__(self, message: str, *, is_told: bool = False) -> None:
        super().__init__(message)
        self.is_told = is_told

    def show(self, file: Any = None) -> None:
        click.echo(self.message, file=file, err=True)
        if AS_JSON.get() and not self.is_told:
            click.echo(json.dumps({"failed": self.message.splitlines()}, ensure_ascii=False))


class WrongCallError(CommandError):
    """The command was called wrongly; status 2, as everywhere on a command line."""

    exit_code = 2


class BreakageError(CommandError):
    """The disk or a file is broken: with this status whoever starts the service again does not (deploy/)."""

    exit_code = os.EX_IOERR


def language_of(chosen: str | None, environment: Mapping[str, str]) -> str:
    """zh_Hans or en: as chosen, else English where the machine speaks English, else Chinese."""
    said = chosen or environment.get("LC_ALL") or environment.get("LANG") or ""
    return "en" if said.startswith("en") else DEFAULT_LANGUAGE


def gettext(text: str, /, **values: object) -> str:
    """The sentence in the language of this command; commands import it as `_`."""
    translated = _translations(LANGUAGE.get()).gettext(text)
    return translated % values if values else translated


def _remember_script(_context: click.Context, _parameter: click.Parameter, as_json: bool) -> bool:
    AS_JSON.set(as_json)
    return as_json


json_option = click.option(
    "--json",
    "as_json",
    is_flag=True,
    is_eager=True,
    callback=_remember_script,
    help='Print the facts as JSON, for scripts; a failure as {"failed": [...]}.',
)


def tell(sentence: str | Iterable[str], facts: Mapping[str, Any], *, as_json: bool) -> None:
    """Say what was done: lines for a person, or one JSON object for a script."""
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False, default=str))
        return
    for line in (sentence,) if isinstance(sentence, str) else sentence:
        click.echo(line)


@contextmanager
def working_app() -> Iterator[Flask]:
    """The application with a context and the reader's language.

    Raises: CommandError before `init` has been run; NewerDatabase, DatabaseMoved; DatabaseError.
    """
    from flask_babel import force_locale

    from survey_app import create_app
    from survey_app.extensions import db
    from survey_app.migrate import is_current, require_known

    app = create_app()
    if not app.config["INSTALLATION_SECRET"] or not is_current(app.config["DATABASE_URL"]):
        require_known(app.config["DATABASE_URL"])
        raise CommandError(gettext("The database is not ready; run this first: branch-survey init"))
    with app.app_context(), force_locale(LANGUAGE.get()):
        try:
            yield app
        finally:
            db.session.close()


def in_words(error: Exception) -> str | None:
    """What a known failure says in the reader's language; None for one that nobody foresaw."""
    if isinstance(error, Refusal):
        return gettext(error.sentence, **error.values)
    problems = getattr(error, "problems", None)
    if problems is not None:
        return "\n".join(_problem(problem) for problem in problems)
    if isinstance(error, OSError):
        return _file_trouble(error)
    if isinstance(error, UnicodeError):
        return gettext("What was given contains characters that are not UTF-8 text.")
    return _database_trouble(error)


def failure_of(error: Exception, said: str) -> CommandError:
    """How a command ends that met this error."""
    from survey_app.machine_trouble import trouble_of

    trouble = trouble_of(error)
    return BreakageError(said) if trouble is not None and trouble.is_breakage else CommandError(said)


def _database_trouble(error: Exception) -> str | None:
    """What the database driver says, in its own words but without the statement."""
    import sqlite3

    import psycopg
    from sqlalchemy.exc import DBAPIError

    said = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(said, (sqlite3.Error, psycopg.Error)):
        return None
    reason = str(said).partition("\n")[0]
    return gettext("The database cannot be used: %(reason)s", reason=reason)


def _problem(problem: Any) -> str:
    """One problem of a questionnaire or of a table, with its place."""
    row, line = getattr(problem, "row", None), getattr(problem, "line", None)
    place = [
        gettext("row %(row)s", row=row) if row else "",
        gettext("line %(line)s", line=line) if line else "",
        getattr(problem, "column", None) or getattr(problem, "path", None) or "",
    ]
    said = gettext(problem.template, **problem.values)
    where = ", ".join(part for part in place if part)
    return f"{where}: {said}" if where else said


def _file_trouble(error: OSError) -> str:
    name = str(error.filename or "")
    sentences = {
        FileNotFoundError: gettext("There is no file %(name)s.", name=name),
        PermissionError: gettext("%(name)s may not be read or written by this account.", name=name),
        IsADirectoryError: gettext("%(name)s is a folder, not a file.", name=name),
    }
    reason = error.strerror or str(error)
    if not name:
        return gettext("The file cannot be written or read: %(reason)s", reason=reason)
    default = gettext("%(name)s cannot be used: %(reason)s", name=name, reason=reason)
    return sentences.get(type(error), default)


@cache
def _translations(language: str) -> NullTranslations:
    return translation("messages", TRANSLATIONS, languages=[language], fallback=True)
