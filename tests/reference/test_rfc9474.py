"""Blind signatures agree with the test vectors of RFC 9474, Appendix A, with gmpy2 and with Python's own arithmetic."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from survey_app.crypto import arithmetic, blind, openssl
from survey_app.crypto.blind import PublicKey, SigningKey, encode_pss, finalize, prepare

VECTORS = json.loads((Path(__file__).parent / "rfc9474_vectors.json").read_text(encoding="utf-8"))


def number(vector: dict, name: str) -> int:
    return int(vector[name], 16)


def data(vector: dict, name: str) -> bytes:
    return bytes.fromhex(vector[name])


def signing_key(vector: dict) -> SigningKey:
    p, q, n, e, d = (number(vector, name) for name in "pqned")
    public = rsa.RSAPublicNumbers(e, n)
    return SigningKey(rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public))


@pytest.fixture(params=["openssl", "gmpy2", "python"])
def either_arithmetic(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The module as it loads on this machine, where OpenSSL is missing, and where gmpy2 is missing too."""
    if request.param != "openssl":
        monkeypatch.setattr(openssl, "private_operation", lambda *_key: None)
    if request.param == "python":
        monkeypatch.setitem(sys.modules, "gmpy2", None)
        spec = importlib.util.spec_from_file_location("arithmetic_without_gmpy2", arithmetic.__file__)
        without = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(without)
        assert not hasattr(without, "gmpy2")
        monkeypatch.setattr(blind, "power", without.power)
        monkeypatch.setattr(blind, "public_power", without.public_power)
        monkeypatch.setattr(blind, "inverse", without.inverse)
    else:
        assert hasattr(arithmetic, "gmpy2")
    return request.param


@pytest.mark.parametrize("vector", [pytest.param(vector, id=vector["name"]) for vector in VECTORS])
@pytest.mark.usefixtures("either_arithmetic")
def test_every_step_gives_the_bytes_of_the_standard(vector):
    key = signing_key(vector)
    message = data(vector, "prepared_msg")
    if vector["msg_prefix"]:
        assert prepare(data(vector, "msg"), prefix=data(vector, "msg_prefix")) == message
    salt = data(vector, "salt")
    assert encode_pss(message, key.public.n.bit_length() - 1, salt) == data(vector, "encoded_msg")
    factor = pow(number(vector, "inv"), -1, key.public.n)
    blinding = blind.blind(key.public, message, salt=salt, factor=factor)
    assert blinding.blinded == data(vector, "blinded_msg")
    assert key.sign(blinding.blinded) == data(vector, "blind_sig")
    signature = finalize(key.public, blinding, data(vector, "blind_sig"))
    assert signature == data(vector, "sig")
    assert key.public.verify(message, signature, salt_bytes=len(salt))


def test_a_signature_with_another_salt_length_is_none():
    vector = next(vector for vector in VECTORS if not vector["salt"])
    public = PublicKey(number(vector, "n"), number(vector, "e"))
    assert not public.verify(data(vector, "prepared_msg"), data(vector, "sig"))
