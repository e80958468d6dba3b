"""The web application: create_app puts settings, storage, safeguards and pages together."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["create_app"]

# Before numpy is loaded. Matrices here are small: threads that wait for each other cost up to forty times the work.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def create_app(settings: Mapping[str, Any] | None = None) -> Flask:
    """The application with its settings read once; `settings` go before environment and file."""
    from pathlib import Path

    from survey_app import config, extensions, logging, safeguards, web

    given = settings or {}
    folder = config.instance_folder(given)
    app = logging.QuietFlask(__name__, instance_path=str(folder) if folder else None)
    app.config.from_mapping(config.read_settings(given, Path(app.instance_path)))
    logging.prepare(app)
    extensions.bind(app)
    safeguards.bind(app)
    web.register(app)
    return app
