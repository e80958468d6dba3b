"""The optional second step of signing in: a six-digit code that an app on one's phone shows (TOTP, RFC 6238).

The secret that phone and server share lies encrypted in the database, under a key that follows from the installation
secret and the account. While somebody sets the step up, it lies nowhere but with them, encrypted in the same way.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b32encode
from dataclasses import dataclass
from hmac import compare_digest
from random import Random
from uuid import UUID

from pyotp import TOTP
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.crypto.keys import WrongSecretError, unwrap, wrap
from survey_app.errors import LoginRefused
from survey_app.models import User
from survey_app.services.audit import Actor, record
from survey_app.services.people import check_own_password, complete_sign_in, count_failure, is_locked
from survey_app.services.roles import first_unit

PURPOSE = "one-time-password"
SECRET_BYTES = 20
"""As long as the output of the HMAC (RFC 4226, R6)."""
STEPS_AROUND = (-1, 0, 1)
"""Steps of 30 seconds by which phone and server may differ."""
CODE = re.compile("[0-9]{6}")


@dataclass(frozen=True, slots=True)
class SetUp:
    """What an app needs to show codes: the secret in groups of four to type, and the address in the square code."""

    typed: str
    address: str


def draw_secret(user: User, *, secret: bytes, rng: Random) -> bytes:
    """A fresh shared secret for this account, encrypted."""
    return wrap(secret, user.id, PURPOSE, b32encode(rng.randbytes(SECRET_BYTES)), bound_to=user.id.bytes)


def set_up_of(user: User, locked: bytes, *, secret: bytes, issuer: str) -> SetUp:
    """Raises: LoginRefused."""
    code_source = _codes_of(user, locked, secret)
    address = code_source.provisioning_uri(name=user.login, issuer_name=issuer)
    return SetUp(" ".join(re.findall(".{4}", code_source.secret)), address)


def switch_on_second_step(
    session: Session, user: User, locked: bytes, password: str, code: str, *, secret: bytes, clock: Clock
) -> None:
    """Ask for a code from now on; one has to be shown that the phone has understood.

    The password, too: else whoever finds a browser left open could lock its owner out. Raises: LoginRefused.
    """
    check_own_password(session, user, password, clock)
    step = _step_of(user, locked, code, secret=secret, clock=clock)
    if step is None:
        raise LoginRefused("code")
    user.totp_secret, user.totp_step = locked, step
    record(session, user, "user.second_step_on", user, clock=clock, unit=first_unit(user), login=user.login)


def pass_second_step(session: Session, user_id: UUID, version: int, code: str, *, secret: bytes, clock: Clock) -> User:
    """The person who has shown password and code; `version` is that of the account when the password was shown.

    A wrong code counts like a wrong password. Raises: LoginRefused.
    """
    user = session.scalar(select(User).where(User.id == user_id).with_for_update())
    if user is None or not user.is_active or user.session_version != version:
        raise LoginRefused("begin_again")
    if user.totp_secret is not None:  # else it was switched off while the page stood open
        _take_code(session, user, code, secret=secret, clock=clock)
    complete_sign_in(session, user, clock)
    return user


def switch_off_second_step(
    session: Session, user: User, password: str, code: str, *, secret: bytes, clock: Clock
) -> None:
    """Be content with the password again, for whoever can show both. Raises: LoginRefused."""
    check_own_password(session, user, password, clock)
    if user.totp_secret is not None:
        _take_code(session, user, code, secret=secret, clock=clock)
    lift_second_step(session, user, by=user, clock=clock)


def lift_second_step(session: Session, user: User, *, by: Actor, clock: Clock) -> None:
    """The same by an administrator, for somebody whose phone is lost."""
    if user.totp_secret is None:
        return
    user.totp_secret = user.totp_step = None
    record(session, by, "user.second_step_off", user, clock=clock, unit=first_unit(user), login=user.login)


def _take_code(session: Session, user: User, code: str, *, secret: bytes, clock: Clock) -> None:
    if is_locked(user, clock):
        raise LoginRefused("locked_here")
    step = _step_of(user, user.totp_secret or b"", code, secret=secret, clock=clock)
    if step is None or (user.totp_step is not None and step <= user.totp_step):
        count_failure(session, user, clock)
        raise LoginRefused("code")
    user.totp_step = step


def _step_of(user: User, locked: bytes, code: str, *, secret: bytes, clock: Clock) -> int | None:
    """The step whose code this is, of those around now."""
    typed = "".join(unicodedata.normalize("NFKC", code).split())
    if not CODE.fullmatch(typed):
        return None
    source = _codes_of(user, locked, secret)
    now = source.timecode(clock.now())
    return next((now + by for by in STEPS_AROUND if compare_digest(source.generate_otp(now + by), typed)), None)


def _codes_of(user: User, locked: bytes, secret: bytes) -> TOTP:
    try:
        return TOTP(unwrap(secret, user.id, PURPOSE, locked, bound_to=user.id.bytes).decode())
    except WrongSecretError:
        raise LoginRefused("unreadable") from None
