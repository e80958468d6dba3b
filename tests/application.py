"""The application as tests run it: on a given database, with the clock of the test and a known secret.

Thousands of tests make one each. What takes most of that, turning the same addresses into code and the same statements
into SQL, is done once for all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL
from werkzeug.routing import Rule

from survey_app import create_app, database
from survey_app.clock import Clock
from survey_app.static_files import StaticFile

SECRET = bytes(range(32))
BUILDERS: dict[object, Callable[..., Any]] = {}
"""By all that the code of an address follows from."""


def compiled_once(compile_builder: Callable[[Rule, bool], Callable[..., Any]]) -> Callable[..., Any]:
    def remembered(rule: Rule, append_unknown: bool = True) -> Callable[..., Any]:
        key = (rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown)
        if key not in BUILDERS:
            BUILDERS[key] = compile_builder(rule, append_unknown)
        return BUILDERS[key]

    return remembered


Rule._compile_builder = compiled_once(Rule._compile_builder)  # type: ignore[method-assign]
StaticFile.read = cache(StaticFile.read)  # type: ignore[method-assign]


FIRST = create_engine("sqlite://", query_cache_size=5000)
"""A compiled statement belongs to the dialect of an engine: this one's is that of all."""
FIRST.connect().close()  # what a dialect learns of its database


def engine_that_knows_statements(url: URL, **options: Any) -> Engine:
    """All engines of SQLite share what has been compiled for one of them."""
    if url.get_backend_name() != "sqlite":
        return create_engine(url, **options)
    engine = create_engine(url, _initialize=False, **options)
    engine.dialect = engine.pool._dialect = FIRST.dialect
    engine._compiled_cache = FIRST._compiled_cache
    return engine


database.create_engine = engine_that_knows_statements  # type: ignore[assignment, attr-defined]


def application(database_url: str, instance: Path, clock: Clock) -> Flask:
    return create_app(
        {
            "TESTING": True,
            "INSTANCE": str(instance),
            "DATABASE_URL": database_url,
            "SECRET_KEY": "for tests",
            "INSTALLATION_SECRET": SECRET,
            "RATELIMIT_ENABLED": False,
            "CLOCK": clock,
        }
    )
