"""Accounts switched off and on again. Making them, signing in and passwords are `people`, roles are `roles`."""

from __future__ import annotations

from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.errors import OwnAccount
from survey_app.models import User
from survey_app.services.audit import Actor, record
from survey_app.services.roles import first_unit
from survey_app.services.sessions import end_sessions


def switch_off(session: Session, user: User, *, by: Actor, clock: Clock) -> None:
    """Let an account sign in no more; its sessions end at once. Raises: OwnAccount."""
    if isinstance(by, User) and by.id == user.id:
        raise OwnAccount
    if not user.is_active:
        return
    user.is_active = False
    end_sessions(session, user)
    record(session, by, "user.switch_off", user, clock=clock, unit=first_unit(user), login=user.login)


def switch_on(session: Session, user: User, *, by: Actor, clock: Clock) -> None:
    """Let an account sign in again, with the password it had; sessions of before stay ended."""
    if user.is_active:
        return
    user.is_active = True
    user.failed_logins, user.locked_until = 0, None
    record(session, by, "user.switch_on", user, clock=clock, unit=first_unit(user), login=user.login)
