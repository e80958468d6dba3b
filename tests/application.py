"""The application as tests run it: on a given database, with the clock of the test and a known secret."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from survey_app import create_app
from survey_app.clock import Clock

SECRET = bytes(range(32))


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
