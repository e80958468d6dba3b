"""Keys derived from the installation secret, one per survey and purpose, and what is kept under one of them."""

from __future__ import annotations

import secrets
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MINIMUM_SECRET = 32
"""Bytes of an installation secret."""
IV_BYTES = 12


class WrongSecretError(ValueError):
    """What was wrapped does not open under this installation secret."""


@lru_cache(maxsize=1024)
def derive(secret: bytes, survey_id: UUID, purpose: str, length: int = 32) -> bytes:
    """HKDF-SHA256 (RFC 5869) of the installation secret, salted with the survey, bound to a purpose.

    Raises: ValueError for a secret shorter than 32 bytes.
    """
    if len(secret) < MINIMUM_SECRET:
        raise ValueError("the installation secret is shorter than 32 bytes")
    return HKDF(SHA256(), length, salt=survey_id.bytes, info=f"branch-survey/{purpose}/v1".encode()).derive(secret)


def wrap(secret: bytes, survey_id: UUID, purpose: str, plain: bytes, *, bound_to: bytes = b"") -> bytes:
    """iv12 || AES-256-GCM under the derived key: for keys that lie in the database."""
    iv = secrets.token_bytes(IV_BYTES)
    return iv + AESGCM(derive(secret, survey_id, purpose)).encrypt(iv, plain, bound_to)


def unwrap(secret: bytes, survey_id: UUID, purpose: str, wrapped: bytes, *, bound_to: bytes = b"") -> bytes:
    """Raises: WrongSecretError."""
    cipher = AESGCM(derive(secret, survey_id, purpose))
    try:
        return cipher.decrypt(wrapped[:IV_BYTES], wrapped[IV_BYTES:], bound_to)
    except InvalidTag:
        raise WrongSecretError("not wrapped under this installation secret") from None
