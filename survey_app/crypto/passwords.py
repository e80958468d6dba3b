"""Passwords: argon2id with a cap on how many are computed at once, and generation of readable ones."""

from __future__ import annotations

import unicodedata
from base64 import b64encode
from random import Random
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

HASHER = PasswordHasher()
AT_ONCE = BoundedSemaphore(2)
"""Each hash takes 64 MiB: at most two at a time, so that a burst of sign-ins cannot exhaust the machine."""

READABLE = "abcdefghjkmnpqrstuvwxyz23456789"
"""No l, i, o, 0, 1: a password is read off paper once."""


def _canonical(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def hash_password(password: str) -> str:
    with AT_ONCE:
        return HASHER.hash(_canonical(password))


def password_fits(password_hash: str, password: str) -> bool:
    with AT_ONCE:
        try:
            return HASHER.verify(password_hash, _canonical(password))
        except (VerificationError, InvalidHashError):
            return False


def needs_new_hash(password_hash: str) -> bool:
    """True if the parameters have been raised since this hash was made."""
    return HASHER.check_needs_rehash(password_hash)


def spend_the_same_time(password: str) -> None:
    """What checking costs, for a login that does not exist: the answer's time must not tell which logins do.

    From the first time on: a hash of nobody's password is not computed, only one with its cost made up.
    """
    password_fits(_nobodys_hash(), password)


def _nobodys_hash() -> str:
    cost = f"m={HASHER.memory_cost},t={HASHER.time_cost},p={HASHER.parallelism}"
    salt, digest = (b64encode(bytes(length)).decode().rstrip("=") for length in (HASHER.salt_len, HASHER.hash_len))
    return f"$argon2id$v=19${cost}${salt}${digest}"


def readable_password(rng: Random) -> str:
    """Four groups of four, 79 bits: to be read out or copied from paper."""
    return "-".join("".join(rng.choice(READABLE) for _ in range(4)) for _ in range(4))
