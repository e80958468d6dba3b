"""Envelopes of surveys opened before there was a ballot box: AES-256-GCM under a key of the installation.

None is made any more; what had arrived by then is opened at sealing.
"""

from __future__ import annotations

from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from survey_app.crypto.keys import derive

NONCE_BYTES = 12
LENGTH_BYTES = 4


def open_old_envelope(secret: bytes, survey_id: UUID, group_id: UUID, envelope: bytes) -> bytes:
    """Decrypt and take the padding off. Raises: cryptography.exceptions.InvalidTag if anything was altered."""
    bound_to = survey_id.bytes + group_id.bytes
    cipher = AESGCM(derive(secret, survey_id, "ballot"))
    body = cipher.decrypt(envelope[:NONCE_BYTES], envelope[NONCE_BYTES:], bound_to)
    length = int.from_bytes(body[:LENGTH_BYTES])
    return body[LENGTH_BYTES : LENGTH_BYTES + length]
