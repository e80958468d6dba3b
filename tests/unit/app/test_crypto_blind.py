"""Blind signatures: what the signer sees leads nowhere, what it signs is nobody else's, and no key slips out."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA384

from survey_app.crypto import openssl
from survey_app.crypto.blind import (
    BlindSignatureError,
    MalformedKeyError,
    PublicKey,
    SigningKey,
    blind,
    finalize,
    prepare,
)

MESSAGE = b"one ballot of this group"


@pytest.fixture(scope="module")
def key() -> SigningKey:
    return SigningKey.generate()


@pytest.fixture(scope="module")
def other_key() -> SigningKey:
    return SigningKey.generate()


@pytest.fixture(params=["openssl", "own"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The private operation of the system's OpenSSL, and ours where it is missing."""
    if request.param == "own":
        monkeypatch.setattr(openssl, "NAMES", ("libcrypto.so.none",))
        monkeypatch.setattr(openssl, "_library", openssl._library.__wrapped__)
    assert (openssl._library() is None) == (request.param == "own")
    return request.param


def private_bytes(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def public_bytes(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def test_a_signature_got_blindly_is_an_ordinary_one(key):
    message = prepare(MESSAGE)
    blinding = blind(key.public, message)
    signature = finalize(key.public, blinding, key.sign(blinding.blinded))
    assert key.public.verify(message, signature)
    assert not key.public.verify(message + b"!", signature)
    assert not key.public.verify(message, signature[:-1])


def test_the_signer_never_meets_the_message_twice(key):
    assert prepare(MESSAGE) != prepare(MESSAGE)
    message = prepare(MESSAGE)
    first, second = blind(key.public, message), blind(key.public, message)
    assert first.blinded != second.blinded
    assert first.inverse != second.inverse
    assert len(message) == 32 + len(MESSAGE)


def test_the_same_blinded_message_is_signed_the_same_each_time(key):
    blinded = blind(key.public, MESSAGE).blinded
    assert key.sign(blinded) == key.sign(blinded)


def test_two_codes_signed_in_another_order_still_fit_their_own_messages(key):
    blindings = [blind(key.public, prepare(MESSAGE)) for _ in range(2)]
    replies = [key.sign(blinding.blinded) for blinding in blindings]
    with pytest.raises(BlindSignatureError):
        finalize(key.public, blindings[0], replies[1])
    assert finalize(key.public, blindings[1], replies[1])


def test_a_reply_of_another_key_is_refused(key, other_key):
    blinding = blind(key.public, MESSAGE)
    while int.from_bytes(blinding.blinded) >= other_key.public.n:
        blinding = blind(key.public, MESSAGE)
    foreign = other_key.sign(blinding.blinded)
    with pytest.raises(BlindSignatureError):
        finalize(key.public, blinding, foreign)


@pytest.mark.parametrize("reply", [b"", bytes(255), bytes(256), bytes(257), b"\xff" * 256])
def test_a_reply_that_is_no_signature_is_refused(key, reply):
    with pytest.raises(BlindSignatureError):
        finalize(key.public, blind(key.public, MESSAGE), reply)


def test_only_a_number_below_the_modulus_is_signed(key):
    n = key.public.n
    for value, size in [(0, 256), (n, 256), (2**2048 - 1, 256), (5, 255), (5, 257)]:
        with pytest.raises(BlindSignatureError):
            key.sign(value.to_bytes(size))
    assert key.sign((1).to_bytes(256)) == (1).to_bytes(256)
    assert key.sign((n - 1).to_bytes(256)) == (n - 1).to_bytes(256)


@pytest.mark.parametrize("part", ["dmp1", "dmq1", "iqmp", "p", "q"])
def test_a_key_damaged_in_memory_signs_nothing_rather_than_giving_itself_away(key, part, either_way):
    kept = key.numbers
    parts = {name: getattr(kept, name) for name in ("p", "q", "d", "dmp1", "dmq1", "iqmp")}
    parts[part] ^= 4
    damaged = SigningKey(rsa.RSAPrivateNumbers(**parts, public_numbers=kept.public_numbers))
    blinded = blind(key.public, MESSAGE).blinded
    try:
        signature = damaged.sign(blinded)
    except ArithmeticError:
        return
    assert either_way == "openssl"  # which notices, and computes once more without the damaged part
    assert signature == key.sign(blinded)


def test_where_openssl_refuses_the_operation_the_service_signs_by_itself(key, monkeypatch):
    """As one that is bound to approved algorithms does."""
    blinded = blind(key.public, MESSAGE).blinded
    signature = key.sign(blinded)
    monkeypatch.setattr(openssl, "NO_PADDING", 99)
    assert openssl.private_operation(key.der, key.public.size) is None
    assert SigningKey.from_der(key.der).sign(blinded) == signature


def test_a_factor_without_an_inverse_blinds_nothing(key):
    for factor in (0, key.numbers.p, key.public.n):
        with pytest.raises(BlindSignatureError):
            blind(key.public, MESSAGE, factor=factor)


def test_a_key_is_written_and_read_again(key):
    again = SigningKey.from_der(key.der)
    assert again.public == key.public
    blinded = blind(key.public, MESSAGE).blinded
    assert again.sign(blinded) == key.sign(blinded)
    public = PublicKey.from_der(key.public.der)
    assert public == key.public
    assert public.key_id == key.public.key_id
    assert len(public.key_id) == 32
    assert (public.n.bit_length(), public.e) == (2048, 65537)


def test_the_signature_is_the_one_every_library_makes(key):
    """PSS under the same key made by `cryptography`, verified by ours."""
    signature = key.numbers.private_key().sign(MESSAGE, padding.PSS(padding.MGF1(SHA384()), 48), SHA384())
    assert key.public.verify(MESSAGE, signature)


def test_what_is_no_rsa_key_of_2048_bits_is_refused(key):
    small = rsa.generate_private_key(65537, 1024)
    curve = ec.generate_private_key(ec.SECP256R1())
    for data in (b"", b"no key", key.public.der, key.der[:-1], private_bytes(small), private_bytes(curve)):
        with pytest.raises(MalformedKeyError):
            SigningKey.from_der(data)
    for data in (b"", b"no key", key.der, key.public.der[:-1], public_bytes(small), public_bytes(curve)):
        with pytest.raises(MalformedKeyError):
            PublicKey.from_der(data)


def test_a_prefix_of_another_size_is_refused():
    with pytest.raises(BlindSignatureError):
        prepare(MESSAGE, prefix=bytes(31))


def test_nothing_secret_shows_when_a_key_or_a_blinding_is_printed(key):
    blinding = blind(key.public, MESSAGE)
    printed = f"{key!r} {key} {blinding!r}"
    assert str(key.numbers.p) not in printed
    assert str(key.numbers.d) not in printed
    assert str(blinding.inverse) not in printed
    assert "one ballot" not in printed
