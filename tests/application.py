"""The application as tests run it: on a given database, with the clock of the test and a known secret.

Thousands of tests make one each. What takes a third of a second of that, turning the same addresses into code, is done
once for all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from survey_app import create_app
from survey_app.clock import Clock

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
