"""The Flask extensions, unbound; `create_app` binds them. Also the database session of a request."""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from hashlib import sha256
from typing import cast
from uuid import UUID

from flask import Flask, Request, Response, current_app, g, has_request_context, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_babel import Babel
from flask_limiter import Limiter
from flask_login import LoginManager, current_user
from flask_wtf import CSRFProtect
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from survey_app.database import build_engine, looking, reading
from survey_app.kept_pages import KeptPages
from survey_app.models import User
from survey_app.services.desk import Desk
from survey_app.services.sessions import person_of_session
from survey_app.services.unit_tree import ONLY_READS

READING_METHODS = ("GET", "HEAD", "OPTIONS")
MEMBER_BLUEPRINTS = (
    "answer", "sheet", "ballot_box", "anonymity", "public_suggestions", "public_result", "feed", "health",
)  # fmt: skip
"""Where members and machines come in: no session, no cookie, nothing in a log."""
MEMBER_PATHS = ("/s/", "/api/")
"""Where they answer: known before the blueprint is."""
LANGUAGES = {"zh_Hans": "zh_Hans", "zh-Hans": "zh_Hans", "zh-CN": "zh_Hans", "zh": "zh_Hans", "en": "en"}
"""What a browser or an address may say -> our locale."""
BROWSER = "browser"
"""Key in the cookie of a signed-in browser: which of the account's sessions it is."""


class Database:
    """One engine per application and one session per application context."""

    def init_app(self, app: Flask) -> None:
        app.extensions["engine"] = build_engine(app.config["DATABASE_URL"])
        app.extensions["reading engine"] = reading(app.extensions["engine"])
        app.extensions["looking engine"] = looking(app.extensions["engine"])
        app.teardown_appcontext(_close_session)

    @property
    def engine(self) -> Engine:
        return cast(Engine, current_app.extensions["engine"])

    @property
    def session(self) -> Session:
        """The session of this request or command; views and commands commit it."""
        if "session" not in g:
            g.session = (
                Session(current_app.extensions["reading engine"], info={ONLY_READS: True})
                if _only_reads()
                else Session(self.engine)
            )
        return cast(Session, g.session)


def _close_session(_error: BaseException | None) -> None:
    """What is to be said has been decided: a database that goes now cannot make it undone."""
    if "session" in g:
        try:
            g.session.close()
        except SQLAlchemyError:
            g.session.invalidate()


def _only_reads() -> bool:
    return has_request_context() and request.method in READING_METHODS


RATE_KEY = secrets.token_bytes(16)


def nameless(address: str | None) -> str:
    """A keyed hash of the address, with a key that dies with the process: no address is kept, not even in memory."""
    return hmac.new(RATE_KEY, (address or "").encode(), "sha256").hexdigest()


def _nameless_address() -> str:
    return nameless(request.remote_addr)


def chosen_language() -> str:
    """The address, then (never on members' pages) the cookie, then the browser, then the setting."""
    default = str(current_app.config["LANGUAGE"])
    if not has_request_context():
        return default
    asked = [request.args.get("lang")]
    if request.blueprint not in MEMBER_BLUEPRINTS:
        asked.append(request.cookies.get(current_app.config["LANGUAGE_COOKIE_NAME"]))
    asked.append(request.accept_languages.best_match(LANGUAGES))
    return next((LANGUAGES[word] for word in asked if word in LANGUAGES), default)


class AccountSessions(SecureCookieSessionInterface):
    """Sessions of people with accounts. Members' pages have none, whoever opens them.

    Flask-Login looks into the session of every request; that alone would make a page differ by cookie for caches.
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if request.path.startswith(MEMBER_PATHS):
            return self.session_class()
        return super().open_session(app, request)

    digest_method = staticmethod(sha256)  # Flask's own is SHA-1

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if request.blueprint not in MEMBER_BLUEPRINTS:
            super().save_session(app, session, response)


db = Database()
babel = Babel()
csrf = CSRFProtect()
login_manager = LoginManager()
limiter = Limiter(_nameless_address)


@login_manager.user_loader
def _signed_in(carried: str) -> User | None:
    """The person of a session, unless it is over or was ended, or its account was closed."""
    browser = session.get(BROWSER)
    if not browser:
        return None
    lasts = timedelta(seconds=current_app.config["PERMANENT_SESSION_LIFETIME"])
    user = person_of_session(db.session, UUID(browser), clock=current_app.config["CLOCK"], lasts=lasts)
    return user if user is not None and user.get_id() == carried else None


def bind(app: Flask) -> None:
    """Bind every extension to an application."""
    db.init_app(app)
    babel.init_app(app, locale_selector=chosen_language)
    csrf.init_app(app)
    limiter.init_app(app)
    if app.config["RATELIMIT_ENABLED"]:  # limits stand on views, which check them
        app.before_request_funcs[None].remove(limiter._check_request_limit)
    app.extensions["kept pages"] = KeptPages()
    app.extensions["desk"] = Desk(
        app.extensions["engine"], secret=app.config["INSTALLATION_SECRET"], clock=app.config["CLOCK"]
    )
    app.session_interface = AccountSessions()
    login_manager.init_app(app, add_context_processor=False)  # it would load the account for every page
    app.jinja_env.globals["current_user"] = current_user
    login_manager.login_view = "auth.login"
    login_manager.login_message = None
    login_manager.session_protection = "basic"
