"""Signed-in browsers of an account: which there are, and ending them from elsewhere.

A browser carries the identifier of its row in its cookie; without the row the cookie opens nothing. A row knows when it
began and what kind of browser it is, never an address.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.models import User, UserSession
from survey_app.services.audit import Actor, record
from survey_app.services.roles import first_unit

BROWSERS = (
    ("MicroMessenger", "微信"),
    ("DingTalk", "钉钉"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("QQBrowser", "QQ 浏览器"),
    ("HuaweiBrowser", "华为浏览器"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari", "Safari"),
)
"""What a browser says of itself -> its name; most claim to be others too, so the first that fits counts."""
SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("OpenHarmony", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def device_of(user_agent: str) -> str:
    """Browser and system in two words, "Firefox · Windows"; empty for what is not known."""
    found = (next((name for sign, name in names if sign in user_agent), "") for names in (BROWSERS, SYSTEMS))
    return " · ".join(word for word in found if word)


def start_session(session: Session, user: User, *, user_agent: str, clock: Clock, lasts: timedelta) -> UserSession:
    """Note a browser that has just signed in; those of the account whose time has run out are forgotten."""
    outdated = UserSession.started_at < clock.now() - lasts
    session.execute(delete(UserSession).where(UserSession.user_id == user.id, outdated))
    started = UserSession(user_id=user.id, started_at=clock.now(), device=device_of(user_agent))
    session.add(started)
    session.flush()
    return started


def person_of_session(session: Session, session_id: UUID, *, clock: Clock, lasts: timedelta) -> User | None:
    """Whose browser this is, in one query; None if it was signed out, its time has run out whatever was done meanwhile,
    or its account was switched off. A session that begins far ahead is one of a clock that went wrong.
    """
    of_browser = select(User).join(UserSession, UserSession.user_id == User.id)
    lives = UserSession.started_at.between(clock.now() - lasts, clock.now() + lasts)
    return session.scalar(of_browser.where(UserSession.id == session_id, lives, User.is_active))


def sessions_of(session: Session, user: User) -> Sequence[UserSession]:
    """Browsers in which somebody is signed in to this account, latest first."""
    mine = select(UserSession).where(UserSession.user_id == user.id)
    return session.scalars(mine.order_by(UserSession.started_at.desc(), UserSession.id)).all()


def sign_out(session: Session, user: User, session_id: UUID, *, clock: Clock) -> bool:
    """End one of one's own sessions; False if there is none of this identifier."""
    own = session.scalar(select(UserSession).where(UserSession.id == session_id, UserSession.user_id == user.id))
    if own is None:
        return False
    session.delete(own)
    record(session, user, "user.sign_out", user, clock=clock, unit=first_unit(user), device=own.device or None)
    return True


def sign_out_everywhere(session: Session, user: User, *, by: Actor, clock: Clock) -> None:
    """End every session of an account: one's own, or as an administrator."""
    end_sessions(session, user)
    record(session, by, "user.sign_out_everywhere", user, clock=clock, unit=first_unit(user), login=user.login)


def end_sessions(session: Session, user: User) -> None:
    """A part of acts after which no cookie of before may open anything."""
    user.session_version += 1
    session.execute(delete(UserSession).where(UserSession.user_id == user.id))
