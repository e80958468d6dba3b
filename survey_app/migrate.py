"""Bringing a database to the present shape, from Python: `upgrade(url)`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DatabaseError

from instruments.wording import N_
from survey_app.database import build_engine, database_url, reading
from survey_app.errors import Refusal

SCRIPTS = Path(__file__).parents[1] / "migrations"
MOVED = "moved-"
"""Before the revision of a database from which everything has moved to another one (`backup.retirement`)."""


class NewerDatabase(Refusal):
    template = N_(
        "The database has revision %(revision)s, which this version does not know: it was made by a newer one."
    )


class DatabaseMoved(Refusal):
    status = 503
    template = N_(
        "Everything in this database has moved to another one. Please let DATABASE_URL name that one. Only if that one "
        "is lost, let this one go on as it was when it moved: branch-survey migrate-to --take-back"
    )


def upgrade(url: str, revision: str = "head") -> tuple[str | None, str | None]:
    """Run the missing migrations in order. Returns the revisions before and after.

    Raises: NewerDatabase, DatabaseMoved.
    """
    return _run(url, command.upgrade, revision)


def downgrade(url: str, revision: str) -> tuple[str | None, str | None]:
    """Take migrations back; `base` leaves an empty database."""
    return _run(url, command.downgrade, revision)


def newest_revision() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


def is_current(url: str) -> bool:
    """Whether the database is there and in the present shape."""
    try:
        return _revision(url) == newest_revision()
    except DatabaseError:
        return False


def is_empty(url: str) -> bool:
    """Whether no version has been at work in this database yet; of SQLite not even the folder has to be there."""
    return not _may_be_there(url) or _revision(url) is None


def require_known(url: str) -> None:
    """Raises: NewerDatabase, DatabaseMoved; DatabaseError if there is a database and it cannot be read."""
    if _may_be_there(url):
        require_known_revision(_revision(url))


def _may_be_there(url: str) -> bool:
    """Only of a file can be known that it is not."""
    found = database_url(url)
    return found.get_backend_name() != "sqlite" or Path(found.database or "").exists()


def _revision(url: str) -> str | None:
    engine = build_engine(url)
    try:
        with reading(engine).connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def _run(url: str, direction: Callable[[Config, str], None], revision: str) -> tuple[str | None, str | None]:
    engine = build_engine(url, enforces_references=False)
    try:
        with engine.begin() as connection:
            before = MigrationContext.configure(connection).get_current_revision()
            config = _config()
            require_known_revision(before)
            config.attributes["connection"] = connection
            direction(config, revision)
            return before, MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def require_known_revision(revision: str | None) -> None:
    """Raises: NewerDatabase, DatabaseMoved."""
    if revision is None:
        return
    if revision.startswith(MOVED):
        raise DatabaseMoved
    if revision not in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}:
        raise NewerDatabase(revision=revision)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    return config
