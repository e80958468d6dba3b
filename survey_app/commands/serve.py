"""`branch-survey serve`: the service on an address, with as many processes and threads as the settings say."""

from __future__ import annotations

import errno
import gc
import os
import resource
import socket
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from survey_app.commands.speech import CommandError, json_option, tell, working_app
from survey_app.commands.speech import gettext as _
from survey_app.database import require_whole, try_to_rewrite_boxes

if TYPE_CHECKING:
    from flask import Flask

CONNECTIONS = 4096
"""Held open by one process at once; more wait in the machine's queue until others have gone."""
FILES_BESIDE = 256
"""Files that a process has open besides its connections: the database, its journals, libraries."""
KEPT_SECONDS = 15
"""How long a connection without a request is kept. A web server in front closes its own earlier."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@json_option
def command(host: str, port: int, as_json: bool) -> None:
    """Serve the application until it is stopped with Ctrl-C. No request is written to any log."""
    from survey_app.commands.server_log import log_warnings

    _require_free(host, port)
    with working_app() as app:
        _require_one_writer(app)
        address = f"http://{_named(host)}:{port}"
        warnings = _warnings(app, host)
        require_whole(app.extensions["engine"])
        _clear_boxes(app)
        tell(_announcement(app, address), {"address": address, "warnings": warnings}, as_json=as_json)
        log_warnings(warnings)
        settings = _gunicorn_settings(host, port, app.config)
    _serve(settings)


def _clear_boxes(app: Flask) -> None:
    """A sealing that was cut short may have left erased rows behind.

    On PostgreSQL another server may be taking ballots, which would wait for minutes where there are many: then the next
    backup clears them.
    """
    from survey_app.extensions import db
    from survey_app.services import is_anybody_voting

    engine = app.extensions["engine"]
    if engine.dialect.name == "sqlite" or not is_anybody_voting(db.session):
        try_to_rewrite_boxes(engine)


def _require_free(host: str, port: int) -> None:
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except (OSError, UnicodeError) as error:
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            said = _("Port %(port)s is taken; choose another: make run PORT=%(other)s", port=port, other=port + 1)
        else:
            reason = getattr(error, "strerror", None) or error
            said = _("The address %(host)s:%(port)s cannot be used: %(reason)s", host=host, port=port, reason=reason)
        raise CommandError(said) from error


def _require_one_writer(app: Flask) -> None:
    """Processes wait for SQLite by sleeping and looking again, threads of one process are woken."""
    if app.extensions["engine"].dialect.name == "sqlite" and app.config["WORKERS"] != 1:
        raise CommandError(
            _("SQLite serves one process at a time: set WORKERS to 1, or move to PostgreSQL (docs/operations.md).")
        )


def _warnings(app: Flask, host: str) -> list[str]:
    """What the operator should mend; `branch-survey doctor` looks at more."""
    from survey_app.commands.doctor import in_one_line
    from survey_app.doctor import AT_START, Grade, Installation, examine

    installation = Installation(Path(app.instance_path), app.config, clock=app.config["CLOCK"])
    found = [
        in_one_line(finding) for _name, finding in examine(installation, AT_START) if finding.grade is not Grade.OK
    ]
    if not _is_loopback(host) and not app.config["TLS"]:
        found.append(
            _(
                "Members' answers and passwords would cross the network unencrypted. Put a reverse proxy with TLS in "
                "front and set BRANCH_SURVEY_TLS=1 (docs/operations.md)."
            )
        )
    return found


def _announcement(app: Flask, address: str) -> list[str]:
    from survey_app import demo
    from survey_app.extensions import db
    from survey_app.services import no_user_exists

    lines = [_("Serving on %(address)s (stop with Ctrl-C)", address=address)]
    if no_user_exists(db.session):
        lines.append(
            _("Nobody can sign in yet: make the first account on %(address)s", address=f"{address}/first-administrator")
        )
    sample = demo.announcement(app, address)
    return [*lines, *([sample] if sample else [])]


def _serve(settings: Mapping[str, Any]) -> None:
    from gunicorn.app.base import BaseApplication

    from survey_app import create_app

    class Server(BaseApplication):  # type: ignore[misc]
        """gunicorn, told what to do here instead of by its own command line."""

        def load_config(self) -> None:
            for name, value in settings.items():
                self.cfg.set(name, value)

        def load(self) -> Flask:
            return create_app()

    Server().run()


def _gunicorn_settings(host: str, port: int, config: Mapping[str, Any]) -> dict[str, Any]:
    """Answers in flight are finished when the service stops."""
    from survey_app.commands.server_log import log_settings
    from survey_app.serving.worker import PatientWorker

    return {
        **log_settings(config["LOG_FORMAT"]),
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "worker_class": PatientWorker,
        "workers": config["WORKERS"] or os.cpu_count() or 1,
        "threads": config["THREADS"] or 1,
        "worker_connections": _connections(),
        "keepalive": KEPT_SECONDS,
        "post_worker_init": lambda _worker: _keep_what_is_loaded(),
        "graceful_timeout": 20,
        "control_socket_disable": True,
        "proc_name": "branch-survey",
    }


def _keep_what_is_loaded() -> None:
    """The application itself is never refuse: to look through it again and again would cost more than all else."""
    gc.collect()
    gc.freeze()


def _connections() -> int:
    """As many as the machine lets a process have: one too many would end it instead of waiting."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + FILES_BESIDE
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return CONNECTIONS if soft == resource.RLIM_INFINITY else max(min(CONNECTIONS, soft - FILES_BESIDE), 64)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _named(host: str) -> str:
    """An address a browser on this machine can open."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 (compared, not bound)
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
