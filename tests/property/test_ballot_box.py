"""The ballot box's messages: whatever is sealed is opened, whatever is altered is refused by its own error."""

from __future__ import annotations

import random
from functools import cache
from uuid import UUID

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from survey_app.crypto import codes
from survey_app.crypto.blind import BlindSignatureError, SigningKey, blind, finalize
from survey_app.crypto.box import (
    MalformedCredentialError,
    MalformedEnvelopeError,
    OpeningKey,
    PlayedVoter,
    SealedBallot,
    credential_message,
    fingerprint,
    open_envelope,
    parse_credential,
    printed_receipt,
    seal_envelope,
)
from survey_app.crypto.guardians import (
    Lock,
    MalformedLockError,
    MalformedPassphraseError,
    WrongPassphraseError,
    generate_passphrase,
    lock,
    normalise_passphrase,
    unlock,
)

SIZE = 120
SURVEYS = st.uuids()
HASHES = st.binary(min_size=32, max_size=32)
BODIES = st.binary(max_size=SIZE)
PASSPHRASES = st.integers(0, 2**60).map(lambda seed: generate_passphrase(random.Random(seed)))


@cache
def scrutineers() -> OpeningKey:
    return OpeningKey.generate()


@cache
def group() -> SigningKey:
    return SigningKey.generate()


def flipped(data: bytes, bit: int) -> bytes:
    return (int.from_bytes(data) ^ (1 << bit)).to_bytes(len(data))


@settings(max_examples=60)
@given(SURVEYS, HASHES, HASHES)
def test_a_credential_is_read_as_it_was_built(survey, key_id, prefix):
    message = credential_message(survey, key_id, prefix=prefix)
    parsed = parse_credential(message)
    assert (parsed.prefix, parsed.survey_id, parsed.key_id) == (prefix, survey, key_id)


@settings(max_examples=60)
@given(st.binary(max_size=200))
def test_whatever_arrives_is_a_credential_or_refused(data):
    try:
        parsed = parse_credential(data)
    except MalformedCredentialError:
        return
    assert credential_message(parsed.survey_id, parsed.key_id, prefix=parsed.prefix) == data


@settings(max_examples=60)
@given(SURVEYS, HASHES, st.integers(0, 94), st.binary(min_size=1, max_size=3))
def test_a_credential_cut_or_lengthened_is_refused(survey, key_id, kept, more):
    message = credential_message(survey, key_id)
    assert len(message) == 95
    for altered in (message[:kept], message + more):
        with pytest.raises(MalformedCredentialError):
            parse_credential(altered)


@settings(max_examples=60)
@given(SURVEYS, HASHES, st.integers(0, 8 * 15 - 1))
def test_a_credential_of_another_kind_is_refused(survey, key_id, bit):
    message = credential_message(survey, key_id)
    with pytest.raises(MalformedCredentialError):
        parse_credential(message[:32] + flipped(message[32:47], bit) + message[47:])


@settings(max_examples=40, deadline=None)
@given(SURVEYS, BODIES)
def test_an_envelope_is_opened_as_it_was_sealed(survey, body):
    ballot = seal_envelope(scrutineers().public, body, SIZE, survey_id=survey)
    assert open_envelope(scrutineers(), ballot, SIZE, survey_id=survey) == body


@settings(max_examples=100, deadline=None)
@given(BODIES, st.data())
def test_every_bit_of_envelope_and_receipt_counts(body, data):
    survey = UUID(int=7)
    ballot = seal_envelope(scrutineers().public, body, SIZE, survey_id=survey)
    bit = data.draw(st.integers(0, 8 * len(ballot.envelope) - 1))
    mark = data.draw(st.integers(0, 255))
    for altered in (
        SealedBallot(flipped(ballot.envelope, bit), ballot.receipt),
        SealedBallot(ballot.envelope, flipped(ballot.receipt, mark)),
    ):
        with pytest.raises(MalformedEnvelopeError):
            open_envelope(scrutineers(), altered, SIZE, survey_id=survey)


def test_every_truncation_of_an_envelope_is_refused():
    survey = UUID(int=7)
    ballot = seal_envelope(scrutineers().public, b"answers", SIZE, survey_id=survey)
    for kept in range(len(ballot.envelope)):
        with pytest.raises(MalformedEnvelopeError):
            open_envelope(scrutineers(), SealedBallot(ballot.envelope[:kept], ballot.receipt), SIZE, survey_id=survey)


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=600), st.binary(max_size=40))
def test_whatever_arrives_as_a_ballot_is_refused_by_one_error(envelope, receipt):
    with pytest.raises(MalformedEnvelopeError):
        open_envelope(scrutineers(), SealedBallot(envelope, receipt), SIZE, survey_id=UUID(int=7))


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 2047), st.integers(0, 255))
def test_every_bit_of_a_signature_counts(message, bit, kept):
    public = group().public
    blinding = blind(public, message)
    reply = group().sign(blinding.blinded)
    signature = finalize(public, blinding, reply)
    assert public.verify(message, signature)
    assert not public.verify(message, flipped(signature, bit))
    for altered in (flipped(reply, bit), reply[:kept]):
        with pytest.raises(BlindSignatureError):
            finalize(public, blinding, altered)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_whatever_is_asked_to_be_signed_is_signed_or_refused(blinded):
    try:
        signature = group().sign(blinded)
    except BlindSignatureError:
        assert len(blinded) != 256 or not 0 < int.from_bytes(blinded) < group().public.n
    else:
        assert pow(int.from_bytes(signature), 65537, group().public.n) == int.from_bytes(blinded)


@settings(max_examples=60)
@given(SURVEYS, st.lists(HASHES, min_size=1, max_size=6, unique=True), HASHES, st.randoms(use_true_random=False))
def test_the_fingerprint_knows_no_order_but_every_key(survey, keys, envelope, rng):
    usual = fingerprint(survey, keys, envelope)
    assert fingerprint(survey, rng.sample(keys, len(keys)), envelope) == usual
    assert set(usual.replace("-", "")) <= set(codes.ALPHABET)
    bit = rng.randrange(256)
    assert fingerprint(survey, [*keys[:-1], flipped(keys[-1], bit)], envelope) != usual
    assert fingerprint(survey, keys, flipped(envelope, bit)) != usual


@settings(max_examples=60)
@given(HASHES, st.integers(156, 255))
def test_a_printed_receipt_shows_a_hundred_bits(receipt, bit):
    assert printed_receipt(flipped(receipt, bit)) != printed_receipt(receipt)


@settings(max_examples=20, deadline=None)
@given(SURVEYS, st.integers(0, 2**60), st.binary(min_size=16, max_size=16), BODIES)
def test_a_played_voter_always_gets_a_valid_credential_and_the_same_receipt(survey, seed, attempt, body):
    code = codes.generate(random.Random(seed))
    voter = PlayedVoter.derive(bytes(32), survey, code, attempt)
    blinding = voter.blind(group().public)
    assert finalize(group().public, blinding, group().sign(blinding.blinded))
    ballots = [voter.seal(scrutineers().public, body, SIZE) for _ in range(2)]
    assert ballots[0].receipt == ballots[1].receipt
    assert {open_envelope(scrutineers(), ballot, SIZE, survey_id=survey) for ballot in ballots} == {body}


@settings(max_examples=60)
@given(PASSPHRASES, st.sampled_from([" ", "-", "", "\u3000"]), st.booleans())
def test_a_passphrase_is_understood_however_it_is_typed(passphrase, separator, lower):
    plain = passphrase.replace("-", "")
    typed = separator.join(plain).replace("0", "O").replace("1", "l")
    assert normalise_passphrase(typed.lower() if lower else typed) == plain


@settings(max_examples=60)
@given(PASSPHRASES, st.integers(0, 19), st.integers(0, 19), st.sampled_from(codes.ALPHABET))
def test_a_slip_of_the_pen_in_a_passphrase_is_noticed(passphrase, one, other, wrong):
    plain = passphrase.replace("-", "")
    exchanged = list(plain)
    exchanged[one], exchanged[other] = exchanged[other], exchanged[one]
    for typed in (plain[:one] + wrong + plain[one + 1 :], "".join(exchanged)):
        if typed != plain:
            with pytest.raises(MalformedPassphraseError):
                normalise_passphrase(typed)


@settings(max_examples=60)
@given(st.text(max_size=40))
def test_whatever_is_typed_is_a_passphrase_or_refused_in_words(typed):
    with pytest.raises(MalformedPassphraseError) as refusal:
        normalise_passphrase(typed)
    assert refusal.value.reason in ("length", "alphabet", "check")


@settings(max_examples=60, deadline=None)
@given(st.lists(PASSPHRASES, min_size=3, max_size=3, unique=True), st.binary(max_size=100), st.data())
def test_a_lock_altered_anywhere_gives_nothing_wrong(passphrases, secret, data):
    survey = UUID(int=7)
    stored = lock(secret, passphrases, survey_id=survey, log2_cost=2).to_bytes()
    assert unlock(Lock.from_bytes(stored), passphrases[1:], survey_id=survey) == secret
    altered = flipped(stored, data.draw(st.integers(0, 8 * len(stored) - 1)))
    assume(altered[16] < 12)  # how dear a lock claims to be is believed up to 128 MiB
    try:
        found = unlock(Lock.from_bytes(altered), passphrases[1:], survey_id=survey)
    except (MalformedLockError, WrongPassphraseError):
        return
    assert found == secret  # what was altered is a copy of another pair
