"""The ballot box's messages: only the scrutineers' key opens an envelope, and only with the receipt it came with."""

from __future__ import annotations

import random
from hashlib import sha256
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from survey_app.crypto import codes
from survey_app.crypto.blind import MalformedKeyError, SigningKey, finalize
from survey_app.crypto.box import (
    OAEP,
    EnvelopeSecrets,
    MalformedCredentialError,
    MalformedEnvelopeError,
    OpeningKey,
    PlayedVoter,
    SealedBallot,
    compute_receipt,
    credential_message,
    envelope_bytes,
    fingerprint,
    open_envelope,
    parse_credential,
    printed_receipt,
    seal_envelope,
    spent_mark,
)
from survey_app.errors import CodeMalformed

SURVEY = UUID(int=7)
OTHER_SURVEY = UUID(int=8)
SIZE = 300
BODY = '{"overall": 5, "suggestion": "多一些活动"}'.encode()
SECRET = bytes(range(32))
CODE = codes.generate(random.Random(1))
ATTEMPT = bytes(16)


@pytest.fixture(scope="module")
def scrutineers() -> OpeningKey:
    return OpeningKey.generate()


@pytest.fixture(scope="module")
def group() -> SigningKey:
    return SigningKey.generate()


def opened(key: OpeningKey, ballot: SealedBallot, *, size: int = SIZE, survey_id: UUID = SURVEY) -> bytes:
    return open_envelope(key, ballot, size, survey_id=survey_id)


def crafted(key: OpeningKey, content: bytes, receipt: bytes) -> SealedBallot:
    """An envelope as only somebody with a program of their own would make it."""
    cek, iv = bytes(32), bytes(12)
    return SealedBallot(key.public.loaded.encrypt(cek, OAEP) + iv + AESGCM(cek).encrypt(iv, content, None), receipt)


def test_a_ballot_is_opened_as_it_was_sealed(scrutineers):
    ballot = seal_envelope(scrutineers.public, BODY, SIZE, survey_id=SURVEY)
    assert opened(scrutineers, ballot) == BODY
    again = OpeningKey.from_der(scrutineers.der)
    assert opened(again, ballot) == BODY


def test_all_envelopes_of_a_survey_have_one_size(scrutineers):
    sizes = {
        len(seal_envelope(scrutineers.public, body, SIZE, survey_id=SURVEY).envelope)
        for body in (b"", BODY, bytes(SIZE))
    }
    assert sizes == {envelope_bytes(scrutineers.public, SIZE)} == {256 + 12 + 32 + 4 + SIZE + 16}


def test_the_same_answers_never_look_the_same(scrutineers):
    one, other = (seal_envelope(scrutineers.public, BODY, SIZE, survey_id=SURVEY) for _ in range(2))
    assert one.receipt != other.receipt
    assert one.envelope[:256] != other.envelope[:256]
    assert one.envelope[256:] != other.envelope[256:]


def test_answers_longer_than_the_envelope_are_refused(scrutineers):
    with pytest.raises(ValueError, match="longer than the envelope"):
        seal_envelope(scrutineers.public, bytes(SIZE + 1), SIZE, survey_id=SURVEY)


def test_an_envelope_opens_with_its_own_key_survey_size_and_receipt_alone(scrutineers):
    ballot = seal_envelope(scrutineers.public, BODY, SIZE, survey_id=SURVEY)
    another = seal_envelope(scrutineers.public, BODY, SIZE, survey_id=SURVEY)
    attempts = [
        lambda: opened(OpeningKey.generate(), ballot),
        lambda: opened(scrutineers, ballot, survey_id=OTHER_SURVEY),
        lambda: opened(scrutineers, ballot, size=SIZE - 1),
        lambda: opened(scrutineers, ballot, size=SIZE + 1),
        lambda: opened(scrutineers, SealedBallot(ballot.envelope, another.receipt)),
        lambda: opened(scrutineers, SealedBallot(ballot.envelope, b"")),
        lambda: opened(scrutineers, SealedBallot(another.envelope[:256] + ballot.envelope[256:], ballot.receipt)),
    ]
    for attempt in attempts:
        with pytest.raises(MalformedEnvelopeError) as refusal:
            attempt()
        assert str(refusal.value) == ""


def test_a_well_encrypted_envelope_with_wrong_content_is_refused_too(scrutineers):
    nonce = bytes(32)
    fine = nonce + len(BODY).to_bytes(4) + BODY.ljust(SIZE, b"\0")
    receipt = compute_receipt(SURVEY, nonce, BODY)
    assert opened(scrutineers, crafted(scrutineers, fine, receipt)) == BODY
    too_long = nonce + (SIZE + 1).to_bytes(4) + bytes(SIZE)
    marked = fine[:-1] + b"!"
    for content, claimed in [(too_long, compute_receipt(SURVEY, nonce, bytes(SIZE))), (marked, receipt)]:
        with pytest.raises(MalformedEnvelopeError):
            opened(scrutineers, crafted(scrutineers, content, claimed))


def test_a_content_key_of_another_size_is_refused(scrutineers):
    cek, iv = bytes(16), bytes(12)
    content = bytes(32) + bytes(4) + bytes(SIZE)
    sealed = scrutineers.public.loaded.encrypt(cek, OAEP) + iv + AESGCM(cek).encrypt(iv, content, None)
    with pytest.raises(MalformedEnvelopeError):
        opened(scrutineers, SealedBallot(sealed, compute_receipt(SURVEY, bytes(32), b"")))


def test_a_receipt_says_which_survey_and_answers_and_is_readable(scrutineers):
    nonce = bytes(range(32))
    receipt = compute_receipt(SURVEY, nonce, BODY)
    assert receipt == sha256(b"survey-receipt/v1\0" + SURVEY.bytes + nonce + sha256(BODY).digest()).digest()
    assert len({receipt, compute_receipt(OTHER_SURVEY, nonce, BODY), compute_receipt(SURVEY, nonce, BODY + b" ")}) == 3
    assert [len(group) for group in printed_receipt(receipt).split("-")] == [4] * 5
    assert printed_receipt(bytes(32)) == "0000-0000-0000-0000-0000"
    assert printed_receipt(b"\xff" * 12 + b"\xf0" + bytes(19)) == "ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ"


def test_a_credential_says_survey_and_group_and_is_never_the_same(group):
    key_id = group.public.key_id
    message = credential_message(SURVEY, key_id)
    assert message[32:] == b"survey-cred/v1\0" + SURVEY.bytes + key_id
    parsed = parse_credential(message)
    assert (parsed.prefix, parsed.survey_id, parsed.key_id) == (message[:32], SURVEY, key_id)
    assert credential_message(parsed.survey_id, parsed.key_id, prefix=parsed.prefix) == message
    assert spent_mark(message) == sha256(message).digest()
    assert credential_message(SURVEY, key_id) != message


@pytest.mark.parametrize(("prefix", "key_id"), [(bytes(31), bytes(32)), (bytes(32), bytes(31)), (b"", b"")])
def test_a_credential_of_other_parts_is_none(prefix, key_id):
    with pytest.raises(MalformedCredentialError):
        credential_message(SURVEY, key_id, prefix=prefix)


def test_the_fingerprint_changes_with_any_key_and_not_with_their_order():
    groups = [sha256(bytes([number])).digest() for number in range(4)]
    envelope = sha256(b"envelope").digest()
    usual = fingerprint(SURVEY, groups, envelope)
    assert fingerprint(SURVEY, reversed(groups), envelope) == usual
    assert [len(group) for group in usual.split("-")] == [4] * 8
    others = {
        fingerprint(OTHER_SURVEY, groups, envelope),
        fingerprint(SURVEY, groups[:-1], envelope),
        fingerprint(SURVEY, [*groups[:-1], envelope], groups[-1]),
        fingerprint(SURVEY, [*groups, envelope], envelope),
        fingerprint(SURVEY, groups, groups[0]),
    }
    assert len(others | {usual}) == 6


def test_a_form_sent_twice_repeats_the_same_messages(group, scrutineers):
    first, again = (PlayedVoter.derive(SECRET, SURVEY, CODE, ATTEMPT) for _ in range(2))
    blinding = first.blind(group.public)
    assert blinding.blinded == again.blind(group.public).blinded
    signature = finalize(group.public, blinding, group.sign(blinding.blinded))
    assert group.public.verify(again.blind(group.public).message, signature)
    sent, repeated = (voter.seal(scrutineers.public, BODY, SIZE) for voter in (first, again))
    assert sent.receipt == repeated.receipt
    assert opened(scrutineers, repeated) == BODY


def test_changed_answers_are_never_encrypted_under_the_key_of_the_first(scrutineers):
    voter = PlayedVoter.derive(SECRET, SURVEY, CODE, ATTEMPT)
    first, changed = (voter.seal(scrutineers.public, body, SIZE) for body in (BODY, BODY + b" "))
    assert first.envelope[256 : 256 + 12] != changed.envelope[256 : 256 + 12]
    keys = {scrutineers.loaded.decrypt(ballot.envelope[:256], OAEP) for ballot in (first, changed)}
    assert len(keys) == 2
    assert first.receipt != changed.receipt


def test_a_played_voter_follows_from_code_attempt_survey_and_secret(group):
    def credential(secret=SECRET, survey=SURVEY, code=CODE, attempt=ATTEMPT):
        return PlayedVoter.derive(secret, survey, code, attempt).blind(group.public).message

    assert credential(code=CODE.lower().replace("-", " ")) == credential()
    others = [
        credential(secret=bytes(32)),
        credential(survey=OTHER_SURVEY),
        credential(code=codes.generate(random.Random(2))),
        credential(attempt=b"\1" + bytes(15)),
    ]
    assert len({message[:32] for message in [*others, credential()]}) == 5


def test_a_played_voter_needs_a_code_and_a_whole_attempt():
    with pytest.raises(CodeMalformed):
        PlayedVoter.derive(SECRET, SURVEY, "7QK4", ATTEMPT)
    with pytest.raises(ValueError, match="16 bytes"):
        PlayedVoter.derive(SECRET, SURVEY, CODE, b"short")


def test_an_opening_key_is_a_whole_and_sound_one(scrutineers):
    small = rsa.generate_private_key(65537, 1024)
    for data in (b"", scrutineers.der[:-1], scrutineers.public.der, OpeningKey(small).der):
        with pytest.raises(MalformedKeyError):
            OpeningKey.from_der(data)


def test_nothing_secret_shows_when_it_is_printed(scrutineers, group):
    voter = PlayedVoter.derive(SECRET, SURVEY, CODE, ATTEMPT)
    parts = EnvelopeSecrets.generate()
    credential = parse_credential(credential_message(SURVEY, group.public.key_id))
    printed = f"{scrutineers!r} {voter!r} {parts!r} {credential!r}"
    for secret in (voter.root, parts.cek, parts.nonce, credential.prefix):
        assert repr(secret) not in printed
    assert str(scrutineers.loaded.private_numbers().p) not in printed
