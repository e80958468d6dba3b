"""What every answer and every request has to respect: headers, names and addresses of the service, languages kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request
from werkzeug.middleware.proxy_fix import ProxyFix

from instruments.wording import N_
from survey_app.config import host_of
from survey_app.errors import Refusal
from survey_app.extensions import LANGUAGES, MEMBER_BLUEPRINTS
from survey_app.kept_answers import keep_answers
from survey_app.static_files import StaticFiles, Wsgi
from survey_app.web.short_way import ShortWay

YEAR = 365 * 24 * 3600
CONTENT_SECURITY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)
ON_EVERY_ANSWER = {
    "Content-Security-Policy": CONTENT_SECURITY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
WITH_TLS = {"Strict-Transport-Security": f"max-age={YEAR}; includeSubDomains"}
PROXY_TRACES = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")
UNKNOWN_ADDRESS = "0.0.0.0"  # noqa: S104 (an address that is nobody's)
UNKNOWN_NAME = "survey_app.unknown_name"
"""In the environment of a request: it came under a name that is none of the service's."""
ASKED_BY_MACHINES = ("/healthz", "/readyz")
"""Answered under any name: there is neither link nor session in them."""


class UnknownName(Refusal):
    """A request under a name that ALLOWED_HOSTS does not list."""

    template = N_(
        "The service does not answer under this name. Please compare the address with the one you were given."
    )
    status = 400


def bind(app: Flask) -> None:
    app.before_request_funcs.setdefault(None, []).insert(0, refuse_unknown_name)  # before a form or session is read
    app.after_request(remember_language)
    app.after_request(keep_nowhere)
    headers = ON_EVERY_ANSWER | (WITH_TLS if app.config["TLS"] else {})

    def believe(inner: Wsgi) -> Wsgi:
        return _addresses(app, _names(app, inner))

    answers = believe(keep_answers(app.extensions["kept pages"], _static_files(app)))
    app.wsgi_app = _with_headers(headers, answers)  # type: ignore[method-assign, assignment]
    app.extensions["short way"] = ShortWay(app, believe=believe, unless=UNKNOWN_NAME, headers=headers)


def refuse_unknown_name() -> None:
    """Raises: UnknownName."""
    if request.environ.get(UNKNOWN_NAME) and request.path not in ASKED_BY_MACHINES:
        raise UnknownName


def remember_language(response: Response) -> Response:
    """?lang= on a page sets a cookie; never where members answer."""
    asked, settings = request.args.get("lang", ""), current_app.config
    if asked in LANGUAGES and request.blueprint not in MEMBER_BLUEPRINTS:
        response.set_cookie(
            settings["LANGUAGE_COOKIE_NAME"],
            LANGUAGES[asked],
            max_age=YEAR,
            httponly=True,
            samesite="Lax",
            secure=settings["TLS"],
        )
    return response


def keep_nowhere(response: Response) -> Response:
    """Whatever is behind the door, and what went wrong, stays in no cache; members' pages say how long they may."""
    is_of_members = request.blueprint in MEMBER_BLUEPRINTS
    if not is_of_members or (response.status_code >= 400 and "Cache-Control" not in response.headers):
        response.headers["Cache-Control"] = "no-store"
    return response


def _with_headers(added: Mapping[str, str], inner: Wsgi) -> Wsgi:
    """The outermost layer, so that no answer is without them; one that is stricter by itself stays so."""
    listed = [(name.lower(), (name, value)) for name, value in added.items()]

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *failure: Any) -> Any:
            there = {name.lower() for name, _value in headers}
            return start_response(status, headers + [pair for name, pair in listed if name not in there], *failure)

        return inner(environ, start)

    return answer


def _static_files(app: Flask) -> Wsgi:
    files = StaticFiles(Path(app.static_folder or ""), app.static_url_path or "")
    app.jinja_env.globals["script_integrity"] = files.integrity

    @app.url_defaults
    def name_by_hash(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static":
            values["filename"] = files.hashed(values["filename"])

    return files.before(app.wsgi_app)


def _names(app: Flask, inner: Wsgi) -> Wsgi:
    """By which names the service goes.

    Where SITE_ADDRESS says it, links in pages, slips and mails carry that name, whatever a request called the service.
    """
    known, site = app.config["KNOWN_HOSTS"], urlsplit(app.config["SITE_ADDRESS"])

    def with_known_name(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ[UNKNOWN_NAME] = bool(known) and host_of(environ.get("HTTP_HOST", "")) not in known
        if site.netloc:
            environ["HTTP_HOST"], environ["wsgi.url_scheme"] = site.netloc, site.scheme
        return inner(environ, start_response)

    return with_known_name


def _addresses(app: Flask, inner: Wsgi) -> Wsgi:
    """Addresses from declared proxies are believed; a request through an undeclared one comes from nowhere known.

    Otherwise everybody behind a proxy on the same machine would seem to sit at the machine itself.
    """
    proxies = int(app.config["TRUSTED_PROXIES"])
    if proxies:
        return ProxyFix(inner, x_for=proxies, x_proto=proxies, x_host=proxies)

    def with_known_address(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if any(trace in environ for trace in PROXY_TRACES):
            environ["REMOTE_ADDR"] = UNKNOWN_ADDRESS
        return inner(environ, start_response)

    return with_known_address
