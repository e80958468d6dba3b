"""What every response and every request has to respect: content security, addresses behind proxies, languages kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from flask_talisman import Talisman
from werkzeug.middleware.proxy_fix import ProxyFix

from survey_app.extensions import LANGUAGE_COOKIE, LANGUAGES, MEMBER_BLUEPRINTS
from survey_app.static_files import StaticFiles, Wsgi

CONTENT_SECURITY = {
    "default-src": "'none'",
    "style-src": "'self'",
    "img-src": ["'self'", "data:"],
    "script-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
YEAR = 365 * 24 * 3600
PROXY_TRACES = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")
UNKNOWN_ADDRESS = "0.0.0.0"  # noqa: S104 (an address that is nobody's)


def bind(app: Flask) -> None:
    uses_tls = bool(app.config["TLS"])
    Talisman(
        app,
        force_https=False,
        content_security_policy=CONTENT_SECURITY,
        frame_options="DENY",
        referrer_policy="no-referrer",
        session_cookie_secure=uses_tls,
        strict_transport_security=uses_tls,
        strict_transport_security_max_age=YEAR,
    )
    app.after_request(remember_language)
    app.wsgi_app = _addresses(app, _static_files(app))  # type: ignore[method-assign, assignment]


def remember_language(response: Response) -> Response:
    """?lang= on a page sets a cookie; never where members answer."""
    asked = request.args.get("lang", "")
    if asked in LANGUAGES and request.blueprint not in MEMBER_BLUEPRINTS:
        response.set_cookie(
            LANGUAGE_COOKIE, LANGUAGES[asked], max_age=YEAR, httponly=True, samesite="Lax", secure=request.is_secure
        )
    return response


def _static_files(app: Flask) -> Wsgi:
    files = StaticFiles(Path(app.static_folder or ""), app.static_url_path or "")
    app.jinja_env.globals["script_integrity"] = files.integrity

    @app.url_defaults
    def name_by_hash(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static":
            values["filename"] = files.hashed(values["filename"])

    return files.before(app.wsgi_app)


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
