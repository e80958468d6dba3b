"""Blind signatures: RSABSSA-SHA384-PSS-Randomized of RFC 9474, for the credentials of a reporting group.

The signer confirms that a code was good without seeing what it signs, so a signature leads to no code. The browser
plays the voter's part itself (`static/ballot-box.js`); here that part stands for browsers that cannot, and for tests.

`cryptography` has no raw RSA. The private operation is that of the system's OpenSSL (`openssl`); where there is none it
is ours: by the Chinese remainder theorem, on a base blinded afresh (Kocher 1996). Either way what comes out is checked
against the public key before it leaves (Boneh, DeMillo and Lipton 1997).
What the signed messages mean stands in `box`.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import gcd

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from survey_app.crypto import openssl
from survey_app.crypto.arithmetic import inverse, power, public_power

MODULUS_BITS = 2048
EXPONENT = 65537
SALT_BYTES = 48
HASH_BYTES = 48
PREFIX_BYTES = 32


class BlindSignatureError(ValueError):
    """A blinded message, a factor or a signature is not what the protocol wants."""


class MalformedKeyError(ValueError):
    """These bytes are no RSA key of at least 2048 bits."""


@dataclass(frozen=True)
class PublicKey:
    """An RSA public key: of a group (verifying credentials) or of a survey's envelopes."""

    n: int
    e: int

    @classmethod
    def from_der(cls, data: bytes) -> PublicKey:
        """From a SubjectPublicKeyInfo, read once. Raises: MalformedKeyError."""
        return _read_public_key(data)

    @property
    def size(self) -> int:
        """Bytes of a blinded message and of a signature."""
        return (self.n.bit_length() + 7) // 8

    @cached_property
    def loaded(self) -> rsa.RSAPublicKey:
        return rsa.RSAPublicNumbers(self.e, self.n).public_key()

    @cached_property
    def der(self) -> bytes:
        """SubjectPublicKeyInfo."""
        return self.loaded.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)

    @cached_property
    def key_id(self) -> bytes:
        """SHA-256 of the SubjectPublicKeyInfo, 32 bytes."""
        return hashlib.sha256(self.der).digest()

    def verify(self, message: bytes, signature: bytes, *, salt_bytes: int = SALT_BYTES) -> bool:
        """RSASSA-PSS with SHA-384 and MGF1-SHA-384 (RFC 8017, section 8.1.2)."""
        scheme = padding.PSS(padding.MGF1(hashes.SHA384()), salt_bytes)
        try:
            self.loaded.verify(signature, message, scheme, hashes.SHA384())
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, repr=False)
class SigningKey:
    """A group's private key, kept until the survey is sealed."""

    numbers: rsa.RSAPrivateNumbers

    @classmethod
    def generate(cls) -> SigningKey:
        return cls(rsa.generate_private_key(EXPONENT, MODULUS_BITS).private_numbers())

    @classmethod
    def from_der(cls, data: bytes) -> SigningKey:
        """From PKCS #8. Raises: MalformedKeyError.

        Primes are not tested, which takes fifty times as long as signing: `sign` checks what the key yields each time.
        """
        return cls(load_private_key(data, test_primes=False).private_numbers())

    @property
    def der(self) -> bytes:
        """PKCS #8, not encrypted."""
        return private_der(self.numbers.private_key())

    @property
    def public(self) -> PublicKey:
        return PublicKey(self.numbers.public_numbers.n, self.numbers.public_numbers.e)

    def sign(self, blinded: bytes) -> bytes:
        """BlindSign (RFC 9474, section 4.3): `blinded` and the result have the size of the key.

        Raises: BlindSignatureError for what is no blinded message of this key; ArithmeticError if the machine
        computed wrongly (a wrong signature would give the key away, so none is returned).
        """
        n, e = self.numbers.public_numbers.n, self.numbers.public_numbers.e
        message = int.from_bytes(blinded)
        if len(blinded) != self._size or not 0 < message < n:
            raise BlindSignatureError("the blinded message does not fit the key")
        signature = self._private_operation(blinded)
        if public_power(int.from_bytes(signature), e, n) != message:
            raise ArithmeticError("the signature does not verify: a fault in this machine or in this key")
        return signature

    @property
    def _size(self) -> int:
        return (self.numbers.public_numbers.n.bit_length() + 7) // 8

    @cached_property
    def _private_operation(self) -> openssl.Operation:
        try:
            key = private_der(self.numbers.private_key(unsafe_skip_rsa_key_validation=True))
        except ValueError as error:
            raise ArithmeticError("these numbers are no key") from error
        return openssl.private_operation(key, self._size) or self._own_operation

    def _own_operation(self, blinded: bytes) -> bytes:
        """message^d mod n, computed on message times a random e-th power that is divided out afterwards."""
        message = int.from_bytes(blinded)
        key, n, e = self.numbers, self.numbers.public_numbers.n, self.numbers.public_numbers.e
        mask = _random_unit(n)
        masked = message * public_power(mask, e, n) % n
        of_p, of_q = power(masked % key.p, key.dmp1, key.p), power(masked % key.q, key.dmq1, key.q)
        masked_signature = of_q + (of_p - of_q) * key.iqmp % key.p * key.q
        return (masked_signature * inverse(mask, n) % n).to_bytes(len(blinded))


@dataclass(frozen=True, slots=True, repr=False)
class Blinding:
    """What the voter keeps between blinding and finishing; `inverse` undoes the factor."""

    message: bytes
    blinded: bytes
    inverse: int
    salt_bytes: int = SALT_BYTES


def prepare(message: bytes, *, prefix: bytes | None = None) -> bytes:
    """PrepareRandomize (RFC 9474, section 4.1): 32 random bytes before the message.

    They keep the signer from recognising a message even if it made its key to that end. Raises: BlindSignatureError.
    """
    chosen = secrets.token_bytes(PREFIX_BYTES) if prefix is None else prefix
    if len(chosen) != PREFIX_BYTES:
        raise BlindSignatureError("the random part of a message has 32 bytes")
    return chosen + message


def blind(key: PublicKey, message: bytes, *, salt: bytes | None = None, factor: int | None = None) -> Blinding:
    """Blind (RFC 9474, section 4.2) a prepared message.

    `salt` (48 bytes) and `factor` (uniform below n) are random unless given, as by test vectors and by a voter whose
    secrets are derived. Raises: BlindSignatureError for a factor without an inverse.
    """
    salt = secrets.token_bytes(SALT_BYTES) if salt is None else salt
    unit = _random_unit(key.n) if factor is None else factor
    encoded = int.from_bytes(encode_pss(message, key.n.bit_length() - 1, salt))
    if gcd(encoded, key.n) != 1 or gcd(unit, key.n) != 1:
        raise BlindSignatureError("the message or the factor shares a divisor with the key")
    blinded = encoded * public_power(unit, key.e, key.n) % key.n
    return Blinding(message, blinded.to_bytes(key.size), inverse(unit, key.n), len(salt))


def finalize(key: PublicKey, blinding: Blinding, blind_signature: bytes) -> bytes:
    """Finalize (RFC 9474, section 4.4): the signature of the message. Raises: BlindSignatureError if it is none."""
    if len(blind_signature) != key.size:
        raise BlindSignatureError("the signature does not fit the key")
    signature = (int.from_bytes(blind_signature) * blinding.inverse % key.n).to_bytes(key.size)
    if not key.verify(blinding.message, signature, salt_bytes=blinding.salt_bytes):
        raise BlindSignatureError("the signature is not of this key")
    return signature


def encode_pss(message: bytes, bits: int, salt: bytes) -> bytes:
    """EMSA-PSS-ENCODE with SHA-384 (RFC 8017, section 9.1.1); `bits` is one less than the key has."""
    size = (bits + 7) // 8
    digest = hashlib.sha384(bytes(8) + hashlib.sha384(message).digest() + salt).digest()
    block = bytes(size - len(salt) - HASH_BYTES - 2) + b"\x01" + salt
    masked = bytes(a ^ b for a, b in zip(block, _mask(digest, len(block)), strict=True))
    top = masked[0] & (0xFF >> (8 * size - bits))
    return bytes([top]) + masked[1:] + digest + b"\xbc"


@lru_cache(maxsize=1024)
def _read_public_key(data: bytes) -> PublicKey:
    try:
        key = serialization.load_der_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise MalformedKeyError("not a public key") from error
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < MODULUS_BITS:
        raise MalformedKeyError("not an RSA key of at least 2048 bits")
    numbers = key.public_numbers()
    return PublicKey(numbers.n, numbers.e)


def load_private_key(data: bytes, *, test_primes: bool = True) -> rsa.RSAPrivateKey:
    """From PKCS #8, not encrypted. Raises: MalformedKeyError."""
    try:
        key = serialization.load_der_private_key(data, password=None, unsafe_skip_rsa_key_validation=not test_primes)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise MalformedKeyError("not a private key") from None
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < MODULUS_BITS:
        raise MalformedKeyError("not an RSA key of at least 2048 bits")
    return key


def private_der(key: rsa.RSAPrivateKey) -> bytes:
    """PKCS #8, not encrypted."""
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _mask(seed: bytes, length: int) -> bytes:
    """MGF1 with SHA-384 (RFC 8017, appendix B.2.1)."""
    blocks = (hashlib.sha384(seed + counter.to_bytes(4)).digest() for counter in range(-(-length // HASH_BYTES)))
    return b"".join(blocks)[:length]


def _random_unit(n: int) -> int:
    """Uniform among the numbers below n that have an inverse."""
    while gcd(unit := secrets.randbelow(n - 1) + 1, n) != 1:
        pass
    return unit
