"""Accounts: making them, signing in, passwords. Members who answer have none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from random import Random, SystemRandom

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.crypto.passwords import (
    hash_password,
    needs_new_hash,
    password_fits,
    readable_password,
    spend_the_same_time,
)
from survey_app.errors import LoginImpossible, LoginRefused, LoginTaken, NotTheFirst, PasswordTooShort, UnknownLogin
from survey_app.models import Membership, Unit, UnitKind, UnitLevel, User, UserRole
from survey_app.services.audit import COMMAND_LINE, Actor, record
from survey_app.services.organisation import create_unit

LEAST_CHARACTERS = 10
LOGIN = re.compile("[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
ATTEMPTS = 10
LOCKED_FOR = timedelta(minutes=15)
FIRST_UNIT_CODE = "TOP"
FIRST_ROLES = (UserRole.ADMINISTRATOR, UserRole.HIGHER_COMMITTEE)


def create_user(
    session: Session,
    *,
    login: str,
    name: str,
    password: str,
    roles: Sequence[tuple[UserRole, Unit]],
    by: Actor,
    clock: Clock,
    sample: bool = False,
    must_change_password: bool = False,
) -> User:
    """Make an account holding roles over units. Raises: LoginImpossible, LoginTaken, PasswordTooShort."""
    login = login.strip().lower()
    if not LOGIN.fullmatch(login):
        raise LoginImpossible
    if session.scalar(select(User.id).where(User.login == login)):
        raise LoginTaken(login=login)
    user = User(
        login=login,
        name=name,
        password_hash=_hash_of_acceptable(password),
        is_sample=sample,
        must_change_password=must_change_password,
    )
    session.add(user)
    user.memberships.extend(Membership(role=role, unit=unit) for role, unit in roles)
    record(
        session,
        by,
        "user.create",
        user,
        clock=clock,
        unit=roles[0][1] if roles else None,
        login=login,
        roles=[f"{role} {unit.code}" for role, unit in roles],
    )
    return user


def authenticate(session: Session, login: str, password: str, *, address_is_loopback: bool, clock: Clock) -> User:
    """The person with this login and password.

    A wrong password is counted, and the count is committed here at once: it has to survive the refusal.
    After ten, the account is locked for a quarter of an hour. Unknown logins take as long as known ones.

    Raises: LoginRefused.
    """
    user = session.scalar(select(User).where(User.login == login.strip().lower()).with_for_update())
    if user is None:
        spend_the_same_time(password)
        raise LoginRefused("wrong")
    if user.locked_until and clock.now() < user.locked_until:
        spend_the_same_time(password)
        raise LoginRefused("locked")
    if not password_fits(user.password_hash, password):
        _count_failure(session, user, clock)
        raise LoginRefused("wrong")
    if not user.is_active:
        raise LoginRefused("inactive")
    if user.is_sample and not address_is_loopback:
        raise LoginRefused("sample_elsewhere")
    user.failed_logins, user.locked_until = 0, None
    if needs_new_hash(user.password_hash):
        user.password_hash = hash_password(password)
    record(session, user, "user.sign_in", user, clock=clock, unit=_first_unit(user))
    return user


def change_password(session: Session, user: User, current: str, new: str, *, clock: Clock) -> None:
    """Change one's own password; every other session of the account ends. Raises: LoginRefused, PasswordTooShort."""
    if not password_fits(user.password_hash, current):
        raise LoginRefused("wrong")
    _set_password(user, new)
    record(session, user, "user.change_password", user, clock=clock, unit=_first_unit(user))


def reset_password(session: Session, user: User, *, by: Actor, clock: Clock, rng: Random) -> str:
    """A new password to be handed over on paper, which has to be changed at the first sign-in."""
    password = generate_password(rng)
    _set_password(user, password)
    user.must_change_password = True
    record(session, by, "user.reset_password", user, clock=clock, unit=_first_unit(user))
    return password


def generate_password(rng: Random | None = None) -> str:
    return readable_password(rng or SystemRandom())


def user_by_login(session: Session, login: str) -> User:
    """Raises: UnknownLogin."""
    user = session.scalar(select(User).where(User.login == login.strip().lower()))
    if user is None:
        raise UnknownLogin(login=login)
    return user


def no_user_exists(session: Session) -> bool:
    return session.scalar(select(func.count()).select_from(User)) == 0


def create_first_administrator(
    session: Session, *, unit_name: str, login: str, name: str, password: str, clock: Clock
) -> User:
    """The first account of an empty installation, with the top unit it is responsible for.

    It may run everything but open sealed ballots: that needs a scrutineer, another account. Raises: NotTheFirst.
    """
    if not no_user_exists(session):
        raise NotTheFirst
    user = create_user(session, login=login, name=name, password=password, roles=(), by=COMMAND_LINE, clock=clock)
    unit = create_unit(
        session,
        code=FIRST_UNIT_CODE,
        name=unit_name,
        level=UnitLevel.COMMITTEE,
        kind=UnitKind.ORGAN,
        parent=None,
        by=user,
        clock=clock,
    )
    user.memberships.extend(Membership(role=role, unit=unit) for role in FIRST_ROLES)
    session.flush()
    return user


def _hash_of_acceptable(password: str) -> str:
    if len(password) < LEAST_CHARACTERS:
        raise PasswordTooShort(least=LEAST_CHARACTERS)
    return hash_password(password)


def _set_password(user: User, password: str) -> None:
    user.password_hash = _hash_of_acceptable(password)
    user.must_change_password = False
    user.session_version += 1
    user.failed_logins, user.locked_until = 0, None


def _count_failure(session: Session, user: User, clock: Clock) -> None:
    user.failed_logins += 1
    if user.failed_logins >= ATTEMPTS:
        user.failed_logins, user.locked_until = 0, clock.now() + LOCKED_FOR
        record(session, user, "user.lock", user, clock=clock, unit=_first_unit(user))
    session.commit()


def _first_unit(user: User) -> Unit | None:
    return user.memberships[0].unit if user.memberships else None
