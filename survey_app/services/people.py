"""Accounts: making them, signing in, passwords. Members who answer have none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random, SystemRandom

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from survey_app.clock import Clock
from survey_app.crypto.guessable import is_guessable
from survey_app.crypto.passwords import (
    hash_password,
    needs_new_hash,
    password_fits,
    readable_password,
    spend_the_same_time,
)
from survey_app.errors import (
    LoginImpossible,
    LoginRefused,
    LoginTaken,
    NotTheFirst,
    PasswordGuessable,
    PasswordTooShort,
    UnknownLogin,
)
from survey_app.models import Membership, Unit, UnitKind, UnitLevel, User, UserRole
from survey_app.services.audit import COMMAND_LINE, Actor, record
from survey_app.services.organisation import create_unit
from survey_app.services.roles import check_end, first_unit
from survey_app.services.sessions import end_sessions

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
    until: date | None = None,
    sample: bool = False,
    must_change_password: bool = False,
) -> User:
    """Make an account holding roles over units, all until the same day; those of a sample need no end.

    Raises: LoginImpossible, LoginTaken, PasswordTooShort, PasswordGuessable, RoleEndImpossible.
    """
    login = login.strip().lower()
    for role, _unit in () if sample else roles:
        check_end(role, until, clock.today())
    if not LOGIN.fullmatch(login):
        raise LoginImpossible
    if session.scalar(select(User.id).where(User.login == login)):
        raise LoginTaken(login=login)
    user = User(
        login=login,
        name=name,
        password_hash=_hash_of_acceptable(password, login, name),
        is_sample=sample,
        must_change_password=must_change_password,
    )
    session.add(user)
    user.memberships.extend(Membership(role=role, unit=unit, until=until) for role, unit in roles)
    record(
        session,
        by,
        "user.create",
        user,
        clock=clock,
        unit=roles[0][1] if roles else None,
        login=login,
        roles=[f"{role} {unit.code}" for role, unit in roles],
        until=until.isoformat() if until else None,
    )
    return user


def authenticate(session: Session, login: str, password: str, *, address_is_loopback: bool, clock: Clock) -> User:
    """The person with this login and password; who has a second step is signed in by `pass_second_step` only.

    A wrong password is counted, and the count is committed here at once: it has to survive the refusal.
    After ten, the account is locked for a quarter of an hour. Unknown logins take as long as known ones, and a locked
    account answers as an unknown one does.

    Raises: LoginRefused.
    """
    user = session.scalar(select(User).where(User.login == login.strip().lower()).with_for_update())
    if user is None:
        spend_the_same_time(password)
        raise LoginRefused("wrong")
    if is_locked(user, clock):
        spend_the_same_time(password)
        raise LoginRefused("locked")
    if not password_fits(user.password_hash, password):
        count_failure(session, user, clock)
        raise LoginRefused("wrong")
    if not user.is_active:
        raise LoginRefused("inactive")
    if user.is_sample and not address_is_loopback:
        raise LoginRefused("sample_elsewhere")
    if needs_new_hash(user.password_hash):
        user.password_hash = hash_password(password)
    if user.totp_secret is None:
        complete_sign_in(session, user, clock)
    return user


def complete_sign_in(session: Session, user: User, clock: Clock) -> None:
    """The last step of signing in: wrong attempts are forgotten only now."""
    user.failed_logins, user.locked_until = 0, None
    record(session, user, "user.sign_in", user, clock=clock, unit=first_unit(user))


def check_own_password(session: Session, user: User, password: str, clock: Clock) -> None:
    """Ask somebody who is signed in for the password again; counted as at the door. Raises: LoginRefused.

    The account is read once more and held until this transaction ends: of guesses at the same time each is counted.
    """
    session.refresh(user, ("password_hash", "failed_logins", "locked_until"), with_for_update=True)
    if is_locked(user, clock):
        raise LoginRefused("locked_here")
    if not password_fits(user.password_hash, password):
        count_failure(session, user, clock)
        raise LoginRefused("own_password")


def change_password(session: Session, user: User, current: str, new: str, *, clock: Clock) -> None:
    """Change one's own password; every session of the account ends.

    Raises: LoginRefused, PasswordTooShort, PasswordGuessable.
    """
    check_own_password(session, user, current, clock)
    _set_password(session, user, new)
    record(session, user, "user.change_password", user, clock=clock, unit=first_unit(user))


def change_address(session: Session, user: User, *, email: str, wants_mail: bool, clock: Clock) -> None:
    """Where notices are sent, and whether; the address itself is not written down with the act."""
    if (user.email, user.wants_mail) == (email, wants_mail):
        return
    user.email, user.wants_mail = email, wants_mail
    record(session, user, "user.change_address", user, clock=clock, unit=first_unit(user), login=user.login)


def reset_password(session: Session, user: User, *, by: Actor, clock: Clock, rng: Random) -> str:
    """A new password to be handed over on paper, which has to be changed at the first sign-in."""
    password = generate_password(rng)
    _set_password(session, user, password)
    user.must_change_password = True
    user.calendar_key = None  # whoever knew the old password may have taken its address
    record(session, by, "user.reset_password", user, clock=clock, unit=first_unit(user))
    return password


def generate_password(rng: Random | None = None) -> str:
    return readable_password(rng or SystemRandom())


def user_by_login(session: Session, login: str) -> User:
    """Raises: UnknownLogin."""
    user = session.scalar(select(User).where(User.login == login.strip().lower()))
    if user is None:
        raise UnknownLogin(login=login)
    return user


def all_users(session: Session) -> Sequence[User]:
    """Every account with its roles, in the order of login names."""
    everybody = select(User).options(selectinload(User.memberships)).order_by(User.login)
    return session.scalars(everybody).all()


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


def _hash_of_acceptable(password: str, *about: str) -> str:
    if len(password) < LEAST_CHARACTERS:
        raise PasswordTooShort(least=LEAST_CHARACTERS)
    if is_guessable(password, *about):
        raise PasswordGuessable
    return hash_password(password)


def _set_password(session: Session, user: User, password: str) -> None:
    user.password_hash = _hash_of_acceptable(password, user.login, user.name)
    user.must_change_password = False
    user.failed_logins, user.locked_until = 0, None
    end_sessions(session, user)


def is_locked(user: User, clock: Clock) -> bool:
    """A lock that would last longer than any lock was set by a clock that went wrong."""
    now = clock.now()
    return user.locked_until is not None and now < user.locked_until <= now + LOCKED_FOR


def count_failure(session: Session, user: User, clock: Clock) -> None:
    """A wrong password or code, committed at once: it has to survive the refusal."""
    user.failed_logins += 1
    if user.failed_logins >= ATTEMPTS:
        user.failed_logins, user.locked_until = 0, clock.now() + LOCKED_FOR
        record(session, user, "user.lock", user, clock=clock, unit=first_unit(user))
    session.commit()
