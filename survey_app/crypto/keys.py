"""Keys derived from the installation secret, one per survey and purpose."""

from __future__ import annotations

from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MINIMUM_SECRET = 32
"""Bytes of an installation secret."""


def derive(secret: bytes, survey_id: UUID, purpose: str, length: int = 32) -> bytes:
    """HKDF-SHA256 (RFC 5869) of the installation secret, salted with the survey, bound to a purpose.

    Raises: ValueError for a secret shorter than 32 bytes.
    """
    if len(secret) < MINIMUM_SECRET:
        raise ValueError("the installation secret is shorter than 32 bytes")
    return HKDF(SHA256(), length, salt=survey_id.bytes, info=f"branch-survey/{purpose}/v1".encode()).derive(secret)
