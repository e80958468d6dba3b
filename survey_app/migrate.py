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
from survey_app.database import build_engine, reading
from survey_app.errors import Refusal

SCRIPTS = Path(__file__).parents[1] / "migrations"


class NewerDatabase(Refusal):
    template = N_(
        "The database has revision %(revision)s, which this version does not know: it was made by a newer one."
    )


def upgrade(url: str, revision: str = "head") -> tuple[str | None, str | None]:
    """Run the missing migrations in order. Returns the revisions before and after. Raises: NewerDatabase."""
    return _run(url, command.upgrade, revision)


def downgrade(url: str, revision: str) -> tuple[str | None, str | None]:
    """Take migrations back; `base` leaves an empty database."""
    return _run(url, command.downgrade, revision)


def newest_revision() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


def is_current(url: str) -> bool:
    """Whether the database is there and in the present shape."""
    engine = build_engine(url)
    try:
        with reading(engine).connect() as connection:
            return MigrationContext.configure(connection).get_current_revision() == newest_revision()
    except DatabaseError:
        return False
    finally:
        engine.dispose()


def _run(url: str, direction: Callable[[Config, str], None], revision: str) -> tuple[str | None, str | None]:
    engine = build_engine(url, enforces_references=False)
    try:
        with engine.begin() as connection:
            before = MigrationContext.configure(connection).get_current_revision()
            config = _config()
            if before is not None and before not in _known(config):
                raise NewerDatabase(revision=before)
            config.attributes["connection"] = connection
            direction(config, revision)
            return before, MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def _known(config: Config) -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    return config
