"""The envelope of a ballot: AES-256-GCM, padded so that all envelopes of a survey have one size.

This is encryption at rest until sealing: the key follows from the installation secret, so whoever holds both the
database and that secret can open envelopes. It protects backups and database copies made without the secret and
makes ballots unreadable in the database. Keys held by scrutineers alone come with the ballot box protocol, on
this same seam.
"""

from __future__ import annotations

import secrets
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from survey_app.crypto.keys import derive

NONCE_BYTES = 12
LENGTH_BYTES = 4


def ballot_key(secret: bytes, survey_id: UUID) -> bytes:
    return derive(secret, survey_id, "ballot")


def seal_envelope(key: bytes, plain: bytes, size: int, *, bound_to: bytes) -> bytes:
    """Encrypt `plain` padded with zeros to `size`; the envelope opens only together with `bound_to`.

    Raises: ValueError if `plain` is longer than `size`.
    """
    if len(plain) > size:
        raise ValueError("the answers are longer than the envelope of this survey")
    nonce = secrets.token_bytes(NONCE_BYTES)
    body = len(plain).to_bytes(LENGTH_BYTES) + plain.ljust(size, b"\0")
    return nonce + AESGCM(key).encrypt(nonce, body, bound_to)


def open_envelope(key: bytes, envelope: bytes, *, bound_to: bytes) -> bytes:
    """Decrypt and take the padding off. Raises: cryptography.exceptions.InvalidTag if anything was altered."""
    body = AESGCM(key).decrypt(envelope[:NONCE_BYTES], envelope[NONCE_BYTES:], bound_to)
    length = int.from_bytes(body[:LENGTH_BYTES])
    return body[LENGTH_BYTES : LENGTH_BYTES + length]
