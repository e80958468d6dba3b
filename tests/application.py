"""The application as tests run it: on a given database, with the clock of the test and a known secret.

Thousands of tests make one each. What takes most of that, turning the same addresses and templates into code, the same
statements into SQL and the same questionnaires into what they mean, is done once for all of them. And SQLite does not
wait for the disk: what it wrote is there for every process, and no test cuts the power.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL
from werkzeug.routing import Rule

from survey_app import create_app, database
from survey_app.clock import Clock
from survey_app.database import FILE_PRAGMAS
from survey_app.services import questionnaires
from survey_app.static_files import StaticFile

SECRET = bytes(range(32))
COMPILED: dict[object, dict[str, Any]] = {}
"""What the code of an address consists of, by all that it follows from."""
PARTS = ("arguments", "_parts", "_trace", "_converters", "_build", "_build_unknown")


def compiled_once(compile_rule: Callable[[Rule], None]) -> Callable[[Rule], None]:
    def remembered(rule: Rule) -> None:
        key = (rule.rule, rule.subdomain, rule.host, rule.merge_slashes, repr(rule.defaults))
        if key not in COMPILED:
            compile_rule(rule)
            COMPILED[key] = {part: vars(rule)[part] for part in PARTS}
        vars(rule).update(COMPILED[key])

    return remembered


class TemplateCode(BytecodeCache):
    """By template and its text."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.known[bucket.key, bucket.checksum] = bucket.code


Rule.compile = compiled_once(Rule.compile)  # type: ignore[method-assign]
Flask.jinja_options = {"bytecode_cache": TemplateCode()}
questionnaires.load_for_publishing = cache(questionnaires.load_for_publishing)  # type: ignore[attr-defined]
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


database.FILE_PRAGMAS = tuple(pragma.replace("synchronous = FULL", "synchronous = OFF") for pragma in FILE_PRAGMAS)
database.create_engine = engine_that_knows_statements  # type: ignore[assignment, attr-defined]


def application(database_url: str, instance: Path, clock: Clock, **settings: object) -> Flask:
    return create_app(
        {
            "TESTING": True,
            "INSTANCE": str(instance),
            "DATABASE_URL": database_url,
            "SECRET_KEY": "for tests",
            "INSTALLATION_SECRET": SECRET,
            "RATELIMIT_ENABLED": False,
            "CLOCK": clock,
            **settings,
        }
    )
