"""The scrutineers' passphrases, and the lock they put on the key that opens a survey's envelopes.

With three scrutineers any two together open the lock, one alone never does; with one scrutineer, that one does. For
every pair the key is encrypted once under both passphrases together: nothing to prove beyond AES-GCM and scrypt, and
fewer than two passphrases leave every copy under a key with 95 unknown bits.

A passphrase is shown once, on a recovery sheet, and kept nowhere: twenty characters of the codes' alphabet, the last
one a check character, typed in whatever way a code may be typed.
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from random import Random
from threading import Lock as Mutex
from typing import Literal
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from survey_app.crypto.codes import ALPHABET, LOOKALIKES, SEPARATORS, check_character, formatted

LENGTH = 20
"""Nineteen random characters of five bits, 95 bits, and a check character."""

MAGIC = b"survey-lock/v1\0"
SALT_BYTES = 16
IV_BYTES = 12
TAG_BYTES = 16
LOG2_COST = 16
MOST_LOG2_COST = 17
BLOCK = 8
MEBIBYTE = 2**20
NEEDED = {1: 1, 3: 2}
"""Of so many scrutineers, so many open the lock."""
COPIES = {1: 1, 2: 3}

ONE_AT_A_TIME = Mutex()
"""Each scrypt takes 64 MiB."""


class MalformedPassphraseError(ValueError):
    """What was typed cannot be a passphrase of ours, or one was typed twice; `reason` says which."""

    def __init__(self, reason: Literal["length", "alphabet", "check", "twice"], length: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.length = reason, length


class WrongPassphraseError(ValueError):
    """Well-formed passphrases that do not open this lock."""


class MalformedLockError(ValueError):
    """These bytes are no lock."""


def generate_passphrase(rng: Random) -> str:
    """A fresh passphrase as printed, in five groups of four. In production `rng` is random.SystemRandom."""
    characters = "".join(rng.choice(ALPHABET) for _ in range(LENGTH - 1))
    return formatted(characters + check_character(characters))


def normalise_passphrase(typed: str) -> str:
    """The twenty characters meant: spaces, hyphens, case, full width, O/0 and I/L/1 are forgiven.

    Raises: MalformedPassphraseError.
    """
    characters = unicodedata.normalize("NFKC", typed[:200]).translate(SEPARATORS).upper().translate(LOOKALIKES)
    if len(characters) != LENGTH:
        raise MalformedPassphraseError("length", len(characters))
    if any(character not in ALPHABET for character in characters):
        raise MalformedPassphraseError("alphabet")
    if check_character(characters[:-1]) != characters[-1]:
        raise MalformedPassphraseError("check")
    return characters


@dataclass(frozen=True, slots=True)
class Lock:
    """A secret, encrypted once for every group of scrutineers that may open it."""

    needed: int
    log2_cost: int
    salt: bytes
    copies: tuple[bytes, ...]
    """Each: iv12 || AES-256-GCM(secret)."""

    @property
    def header(self) -> bytes:
        return MAGIC + bytes([self.needed, self.log2_cost]) + self.salt

    def to_bytes(self) -> bytes:
        return self.header + b"".join(self.copies)

    @classmethod
    def from_bytes(cls, data: bytes) -> Lock:
        """Raises: MalformedLockError."""
        start = len(MAGIC) + 2 + SALT_BYTES
        if len(data) < start or not data.startswith(MAGIC):
            raise MalformedLockError("not a lock")
        needed, log2_cost = data[len(MAGIC)], data[len(MAGIC) + 1]
        if needed not in COPIES or not 0 < log2_cost <= MOST_LOG2_COST:
            raise MalformedLockError("a lock of an unknown kind")
        size, left = divmod(len(data) - start, COPIES[needed])
        if left or size < IV_BYTES + TAG_BYTES:
            raise MalformedLockError("a lock of the wrong size")
        copies = tuple(data[at : at + size] for at in range(start, len(data), size))
        return cls(needed, log2_cost, data[start - SALT_BYTES : start], copies)


def lock(secret: bytes, passphrases: Sequence[str], *, survey_id: UUID, log2_cost: int = LOG2_COST) -> Lock:
    """Lock a secret under one passphrase, or under three of which any two open it.

    Raises: MalformedPassphraseError; ValueError for another number of passphrases.
    """
    if len(passphrases) not in NEEDED:
        raise ValueError("there are one or three scrutineers")
    empty = Lock(NEEDED[len(passphrases)], log2_cost, secrets.token_bytes(SALT_BYTES), ())
    stretched = _stretch(passphrases, empty)
    bound_to = empty.header + survey_id.bytes
    copies = []
    for together in combinations(stretched, empty.needed):
        iv = secrets.token_bytes(IV_BYTES)
        copies.append(iv + _cipher(together).encrypt(iv, secret, bound_to))
    return Lock(empty.needed, empty.log2_cost, empty.salt, tuple(copies))


def unlock(locked: Lock, passphrases: Sequence[str], *, survey_id: UUID) -> bytes:
    """The secret, given as many passphrases as are needed, in any order.

    Raises: MalformedPassphraseError, WrongPassphraseError; ValueError for another number of passphrases.
    """
    if len(passphrases) != locked.needed:
        raise ValueError(f"this lock takes {locked.needed} passphrases")
    cipher = _cipher(_stretch(passphrases, locked))
    bound_to = locked.header + survey_id.bytes
    for copy in locked.copies:
        try:
            return cipher.decrypt(copy[:IV_BYTES], copy[IV_BYTES:], bound_to)
        except InvalidTag:
            continue
    raise WrongPassphraseError("these passphrases do not open this survey")


def _stretch(passphrases: Sequence[str], locked: Lock) -> list[bytes]:
    """scrypt (RFC 7914) of each passphrase, 64 MiB and about a quarter of a second at the usual cost."""
    meant = [normalise_passphrase(typed) for typed in passphrases]
    if len(set(meant)) < len(meant):
        raise MalformedPassphraseError("twice")
    n = 2**locked.log2_cost
    with ONE_AT_A_TIME:
        return [
            hashlib.scrypt(
                characters.encode(), salt=locked.salt, n=n, r=BLOCK, p=1, maxmem=128 * BLOCK * n + MEBIBYTE, dklen=32
            )
            for characters in meant
        ]


def _cipher(stretched: Sequence[bytes]) -> AESGCM:
    """Under all these together, whatever their order."""
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=MAGIC).derive(b"".join(sorted(stretched))))
