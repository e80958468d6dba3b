"""The key with which an installation signs evidence packages, and whether a signature fits.

It follows from the installation secret, so a package made again from the same state has the same signature, and a
restored installation signs as before.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from survey_app.crypto.keys import MINIMUM_SECRET

LABEL = b"branch-survey/evidence-package/ed25519/v1"
KEY_BYTES = 32
SIGNATURE_BYTES = 64


def public_key(secret: bytes) -> bytes:
    """The 32 bytes by which anybody can check signatures of this installation. Raises: ValueError (short secret)."""
    return _signing_key(secret).public_key().public_bytes_raw()


def sign(secret: bytes, message: bytes) -> bytes:
    """Ed25519 (RFC 8032): 64 bytes, the same for the same message. Raises: ValueError (short secret)."""
    return _signing_key(secret).sign(message)


def fits(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the owner of this public key signed this message; False too for what is no key or no signature."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _signing_key(secret: bytes) -> Ed25519PrivateKey:
    if len(secret) < MINIMUM_SECRET:
        raise ValueError("the installation secret is shorter than 32 bytes")
    seed = HKDF(SHA256(), KEY_BYTES, salt=None, info=LABEL).derive(secret)
    return Ed25519PrivateKey.from_private_bytes(seed)
