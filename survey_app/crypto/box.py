"""The ballot box's messages: credential, envelope, receipt, fingerprint; and the voter whom the server plays.

Every number of bytes here is part of the protocol and stands in `static/ballot-box.js` too; what the messages promise
is said in docs/anonymity.md. Signing is in `blind`, the scrutineers' passphrases in `guardians`.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from survey_app.crypto.blind import (
    EXPONENT,
    MODULUS_BITS,
    PREFIX_BYTES,
    SALT_BYTES,
    Blinding,
    BlindSignatureError,
    PublicKey,
    blind,
    load_private_key,
    prepare,
    private_der,
)
from survey_app.crypto.codes import ALPHABET, formatted, normalise
from survey_app.crypto.keys import derive

CREDENTIAL = b"survey-cred/v1\0"
RECEIPT = b"survey-receipt/v1\0"
FINGERPRINT = b"survey-keys/v1\0"
OPEN_BALLOT = b"survey-open/v1\0"
UUID_BYTES = 16
HASH_BYTES = 32
CEK_BYTES = 32
IV_BYTES = 12
NONCE_BYTES = 32
LENGTH_BYTES = 4
TAG_BYTES = 16
ATTEMPT_BYTES = 16

FINGERPRINT_CHARACTERS = 32
"""160 bits. Whoever makes the keys could look for two sets with one fingerprint: that is to cost 2^80 trials, and a
slip carries it in its square code, so nobody types it."""

RECEIPT_CHARACTERS = 20
"""100 bits. A receipt is only looked up among those of one survey; to give out another's takes a second preimage."""

OAEP = padding.OAEP(padding.MGF1(SHA256()), SHA256(), label=None)


class MalformedCredentialError(ValueError):
    """These bytes are no credential message."""


class MalformedEnvelopeError(ValueError):
    """What arrived cannot be opened, or is not what its receipt says."""


@dataclass(frozen=True, slots=True, repr=False)
class Credential:
    """What a group's key signs without seeing it: the bearer may cast one ballot of this group in this survey."""

    prefix: bytes
    survey_id: UUID
    key_id: bytes


def credential_message(survey_id: UUID, key_id: bytes, *, prefix: bytes | None = None) -> bytes:
    """random32 || "survey-cred/v1\\0" || survey16 || keyid32; `prefix` is random unless given.

    Raises: MalformedCredentialError for parts of another size.
    """
    if len(key_id) != HASH_BYTES:
        raise MalformedCredentialError("a key id has 32 bytes")
    try:
        return prepare(CREDENTIAL + survey_id.bytes + key_id, prefix=prefix)
    except BlindSignatureError as error:
        raise MalformedCredentialError(str(error)) from error


def parse_credential(message: bytes) -> Credential:
    """The parts of a credential message. Raises: MalformedCredentialError."""
    prefix, rest = message[:PREFIX_BYTES], message[PREFIX_BYTES:]
    if len(rest) != len(CREDENTIAL) + UUID_BYTES + HASH_BYTES or not rest.startswith(CREDENTIAL):
        raise MalformedCredentialError("not a credential message")
    body = rest.removeprefix(CREDENTIAL)
    return Credential(prefix, UUID(bytes=body[:UUID_BYTES]), body[UUID_BYTES:])


def spent_mark(message: bytes) -> bytes:
    """What is stored of a credential that has been used: SHA-256 of its message."""
    return sha256(message).digest()


def open_mark(survey_id: UUID, receipt: bytes) -> bytes:
    """What stands in its place for a ballot through an open link: the same ballot sent again is one ballot."""
    return sha256(OPEN_BALLOT + survey_id.bytes + receipt).digest()


def compute_receipt(survey_id: UUID, nonce: bytes, body: bytes) -> bytes:
    """SHA-256("survey-receipt/v1\\0" || survey16 || nonce32 || SHA-256(body)): binds the answers, shows none."""
    return sha256(RECEIPT + survey_id.bytes + nonce + sha256(body).digest()).digest()


def printed_receipt(receipt: bytes) -> str:
    """A receipt as a person reads it: five groups of four characters."""
    return formatted(_crockford(receipt, RECEIPT_CHARACTERS))


def fingerprint(survey_id: UUID, signing_key_ids: Iterable[bytes], envelope_key_id: bytes) -> str:
    """Eight groups of four characters that stand for all keys of a survey, in whatever order they are given.

    Crockford base32 of the first 160 bits of SHA-256("survey-keys/v1\\0" || survey16 || sorted key ids || envelope's).
    """
    everything = FINGERPRINT + survey_id.bytes + b"".join(sorted(signing_key_ids)) + envelope_key_id
    return formatted(_crockford(sha256(everything).digest(), FINGERPRINT_CHARACTERS))


def _crockford(data: bytes, characters: int) -> str:
    """The first 5 bits per character of the data."""
    number = int.from_bytes(data) >> (8 * len(data) - 5 * characters)
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(characters)))


@dataclass(frozen=True, slots=True, repr=False)
class OpeningKey:
    """The private key of a survey's envelopes; until sealing it exists only under the scrutineers' passphrases."""

    loaded: rsa.RSAPrivateKey

    @classmethod
    def generate(cls) -> OpeningKey:
        return cls(rsa.generate_private_key(EXPONENT, MODULUS_BITS))

    @classmethod
    def from_der(cls, data: bytes) -> OpeningKey:
        """From PKCS #8. Raises: MalformedKeyError."""
        return cls(load_private_key(data))

    @property
    def der(self) -> bytes:
        """PKCS #8, not encrypted."""
        return private_der(self.loaded)

    @property
    def public(self) -> PublicKey:
        numbers = self.loaded.public_key().public_numbers()
        return PublicKey(numbers.n, numbers.e)


@dataclass(frozen=True, slots=True)
class SealedBallot:
    """What a voter sends: the envelope, and the receipt that stays when the envelope is destroyed."""

    envelope: bytes
    receipt: bytes


@dataclass(frozen=True, slots=True, repr=False)
class EnvelopeSecrets:
    """The random parts of one envelope; never used for two different ballots."""

    cek: bytes
    iv: bytes
    nonce: bytes

    @classmethod
    def generate(cls) -> EnvelopeSecrets:
        return cls(*(secrets.token_bytes(count) for count in (CEK_BYTES, IV_BYTES, NONCE_BYTES)))


def envelope_bytes(key: PublicKey, size: int) -> int:
    """How long every envelope of a survey is whose answers take at most `size` bytes."""
    return key.size + IV_BYTES + NONCE_BYTES + LENGTH_BYTES + size + TAG_BYTES


def seal_envelope(
    key: PublicKey, body: bytes, size: int, *, survey_id: UUID, using: EnvelopeSecrets | None = None
) -> SealedBallot:
    """RSA-OAEP-256(cek) || iv12 || AES-256-GCM(nonce32 || length32 || body padded with zeros to `size`).

    Raises: ValueError if the body is longer than `size` bytes.
    """
    if len(body) > size:
        raise ValueError("the answers are longer than the envelope of this survey")
    parts = using or EnvelopeSecrets.generate()
    content = parts.nonce + len(body).to_bytes(LENGTH_BYTES) + body.ljust(size, b"\0")
    locked_key = key.loaded.encrypt(parts.cek, OAEP)
    envelope = locked_key + parts.iv + AESGCM(parts.cek).encrypt(parts.iv, content, None)
    return SealedBallot(envelope, compute_receipt(survey_id, parts.nonce, body))


def open_envelope(key: OpeningKey, ballot: SealedBallot, size: int, *, survey_id: UUID) -> bytes:
    """The answers in an envelope, held against its receipt.

    Raises: MalformedEnvelopeError for another size, key, survey, receipt or padding and for any altered byte alike.
    """
    content = _decrypt(key, ballot.envelope, size)
    nonce, rest = content[:NONCE_BYTES], content[NONCE_BYTES:]
    length, padded = int.from_bytes(rest[:LENGTH_BYTES]), rest[LENGTH_BYTES:]
    body = padded[:length]
    if length > size or any(padded[length:]):
        raise MalformedEnvelopeError
    if not hmac.compare_digest(compute_receipt(survey_id, nonce, body), ballot.receipt):
        raise MalformedEnvelopeError
    return body


def _decrypt(key: OpeningKey, envelope: bytes, size: int) -> bytes:
    if len(envelope) != envelope_bytes(key.public, size):
        raise MalformedEnvelopeError
    of_key = (key.loaded.key_size + 7) // 8
    locked_key, iv, sealed = envelope[:of_key], envelope[of_key : of_key + IV_BYTES], envelope[of_key + IV_BYTES :]
    try:
        cek = key.loaded.decrypt(locked_key, OAEP)
        if len(cek) != CEK_BYTES:
            raise MalformedEnvelopeError
        return AESGCM(cek).decrypt(iv, sealed, None)
    except (ValueError, InvalidTag):
        raise MalformedEnvelopeError from None


@dataclass(frozen=True, slots=True, repr=False)
class PlayedVoter:
    """A voter whose browser cannot keep secrets: all of them follow from one value that is stored nowhere.

    Playing the same voter again repeats the blinded message, the credential and, for the same answers, the receipt, so
    a form sent twice is counted once. Other answers get other envelope secrets: no key ever covers two contents.
    """

    root: bytes
    survey_id: UUID

    @classmethod
    def derive(cls, secret: bytes, survey_id: UUID, code: str | None, attempt: bytes) -> PlayedVoter:
        """HMAC(installation secret, code || attempt); `attempt` is 16 random bytes carried by the page alone.

        Through an open link there is no code. Raises: CodeMalformed; ValueError for an attempt of another size.
        """
        if len(attempt) != ATTEMPT_BYTES:
            raise ValueError("an attempt has 16 bytes")
        key = derive(secret, survey_id, "played-voter")
        meant = "" if code is None else normalise(code)
        return cls(hmac.digest(key, meant.encode() + attempt, sha256), survey_id)

    def blind(self, key: PublicKey) -> Blinding:
        """This voter's credential message for a group, blinded."""
        message = credential_message(self.survey_id, key.key_id, prefix=self._expand("prefix", PREFIX_BYTES))
        wide = int.from_bytes(self._expand("factor", key.size + 16))  # 128 bits more than n: uniform but for 2^-128
        return blind(key, message, salt=self._expand("salt", SALT_BYTES), factor=wide % (key.n - 1) + 1)

    def seal(self, key: PublicKey, body: bytes, size: int) -> SealedBallot:
        """This voter's envelope for these answers. Raises: ValueError if they are longer than `size` bytes."""
        said = sha256(body).digest()
        using = EnvelopeSecrets(
            cek=self._expand("cek", CEK_BYTES, said),
            iv=self._expand("iv", IV_BYTES, said),
            nonce=self._expand("nonce", NONCE_BYTES, said),
        )
        return seal_envelope(key, body, size, survey_id=self.survey_id, using=using)

    def _expand(self, label: str, length: int, context: bytes = b"") -> bytes:
        """HKDF-Expand (RFC 5869) of the root."""
        info = f"branch-survey/played-voter/{label}/v1\0".encode() + context
        return HKDFExpand(SHA256(), length, info).derive(self.root)
