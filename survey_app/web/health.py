"""Two words for machines: does the service live (`/healthz`), and can it take requests (`/readyz`)?

For systemd, for the web server in front and for whoever watches over it. Neither tells anything about surveys; nor do
the figures at `/metrics`, where METRICS asks for them, tell anything about members.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from flask import Blueprint, Response, abort, current_app

from survey_app.doctor.installation import Installation
from survey_app.doctor.readiness import missing_parts

health = Blueprint("health", __name__)


@health.get("/healthz")
def lives() -> Response:
    """Without a look at the database: a server that only waits for it need not be started anew."""
    return _said(["ok"])


@health.get("/readyz")
def is_ready() -> Response:
    """One word for each part that is missing, with status 503."""
    missing = missing_parts(current_app.extensions["reading engine"], current_app.config)
    return _said(missing, 503) if missing else _said(["ready"])


@health.get("/metrics")
def metrics() -> Response:
    if not current_app.config["METRICS"]:
        abort(404)
    from survey_app.doctor.metrics import CONTENT_TYPE_LATEST, metrics  # needs what only some have installed

    settings = current_app.config
    installation = Installation(Path(current_app.instance_path), settings, clock=settings["CLOCK"])
    figures = metrics(installation, current_app.extensions["reading engine"])
    return Response(figures, content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


def _said(words: Sequence[str], status: int = 200) -> Response:
    return Response("\n".join(words) + "\n", status, mimetype="text/plain", headers={"Cache-Control": "no-store"})
