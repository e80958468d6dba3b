"""`branch-survey serve`: the service on an address, with one worker process and eight threads."""

from __future__ import annotations

import errno
import socket
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import click

from survey_app.commands.speech import CommandError, json_option, tell, working_app
from survey_app.commands.speech import gettext as _
from survey_app.database import try_to_rewrite_boxes

if TYPE_CHECKING:
    from flask import Flask

THREADS = 8


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@json_option
def command(host: str, port: int, as_json: bool) -> None:
    """Serve the application until it is stopped with Ctrl-C. No request is written to any log."""
    _require_free(host, port)
    with working_app() as app:
        address = f"http://{_named(host)}:{port}"
        warnings = _warnings(app, host)
        for warning in warnings:
            click.echo(warning, err=True)
        try_to_rewrite_boxes(app.extensions["engine"])  # a sealing that was cut short may have left erased rows behind
        tell(_announcement(app, address), {"address": address, "warnings": warnings}, as_json=as_json)
    _serve(host, port)


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


def _warnings(app: Flask, host: str) -> list[str]:
    from survey_app.charts.render import chinese_font_available

    found = []
    if not _is_loopback(host) and not app.config["TLS"]:
        found.append(
            _(
                "Warning: members' answers and passwords would cross the network unencrypted. Put a reverse proxy with "
                "TLS in front and set BRANCH_SURVEY_TLS=1 (docs/operations.md)."
            )
        )
    if not chinese_font_available():
        found.append(
            _("Warning: no Chinese font is installed, charts lack their labels: apt-get install fonts-noto-cjk")
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


def _serve(host: str, port: int) -> None:
    from gunicorn.app.base import BaseApplication

    from survey_app import create_app

    class Server(BaseApplication):  # type: ignore[misc]
        """gunicorn, told what to do here instead of by its own command line."""

        def load_config(self) -> None:
            for name, value in _gunicorn_settings(host, port).items():
                self.cfg.set(name, value)

        def load(self) -> Flask:
            return create_app()

    Server().run()


def _gunicorn_settings(host: str, port: int) -> dict[str, Any]:
    """No access log: who came when would stand in it. Answers in flight are finished when the service stops."""
    return {
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "worker_class": "gthread",
        "workers": 1,
        "threads": THREADS,
        "accesslog": None,
        "loglevel": "error",
        "logger_class": _quiet_logger(),
        "graceful_timeout": 20,
        "control_socket_disable": True,
        "proc_name": "branch-survey",
    }


def _quiet_logger() -> type[Any]:
    from gunicorn.glogging import Logger

    class QuietLogger(Logger):  # type: ignore[misc]
        """Of a request that failed before or after the application nothing is said: gunicorn would name its moment and
        its path (of a malformed one, as a mere warning, its address too)."""

        def exception(self, msg: object, *args: Any, **kwargs: Any) -> None:
            if "request" not in str(msg):
                super().exception(msg, *args, **kwargs)

    return QuietLogger


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
