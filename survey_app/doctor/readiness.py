"""Can the service take requests? The short look that a web server takes every few seconds; all else is the doctor's."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from alembic.migration import MigrationContext
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from survey_app.migrate import newest_revision

PARTS = ("database", "migrations", "secrets")


def missing_parts(engine: Engine, config: Mapping[str, Any]) -> list[str]:
    """`database`: it does not answer; `migrations`: it has another shape than this version; `secrets`: one is missing.

    `engine`: one that only reads.
    """
    missing = []
    try:
        with engine.connect() as connection:
            revision = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError:
        missing.append("database")
    else:
        missing += [] if revision == _newest() else ["migrations"]
    return missing if config["SECRET_KEY"] and config["INSTALLATION_SECRET"] else [*missing, "secrets"]


@cache
def _newest() -> str | None:
    """Read once: the scripts belong to the program that runs."""
    return newest_revision()
