"""Scrutineers: any two of three open the lock, one alone never; a slip of the pen is told from a wrong passphrase."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import permutations
from uuid import UUID

import pytest

from survey_app.crypto.guardians import (
    LOG2_COST,
    Lock,
    MalformedLockError,
    MalformedPassphraseError,
    WrongPassphraseError,
    generate_passphrase,
    lock,
    normalise_passphrase,
    unlock,
)

SURVEY = UUID(int=7)
SECRET = b"what opens the envelopes" * 50
CHEAP = 4
"""How hard guessing is made is tested once; the other stories need no patience."""


@pytest.fixture
def three(rng: random.Random) -> list[str]:
    return [generate_passphrase(rng) for _ in range(3)]


def locked_cheaply(passphrases: list[str]) -> Lock:
    return lock(SECRET, passphrases, survey_id=SURVEY, log2_cost=CHEAP)


def test_any_two_of_three_open_the_lock_in_any_order(three):
    locked = locked_cheaply(three)
    assert [unlock(locked, pair, survey_id=SURVEY) for pair in permutations(three, 2)] == [SECRET] * 6


def test_one_of_three_opens_nothing(three, rng):
    locked = locked_cheaply(three)
    for known in three:
        with pytest.raises(ValueError, match="takes 2"):
            unlock(locked, [known], survey_id=SURVEY)
        with pytest.raises(MalformedPassphraseError) as refusal:
            unlock(locked, [known, known.lower()], survey_id=SURVEY)
        assert refusal.value.reason == "twice"
        with pytest.raises(WrongPassphraseError):
            unlock(locked, [known, generate_passphrase(rng)], survey_id=SURVEY)


def test_each_copy_is_under_both_passphrases_of_its_pair(three):
    """With the copy of the other two taken away, a pair that had none of its own opens nothing."""
    locked = locked_cheaply(three)
    for number, pair in enumerate([(0, 1), (0, 2), (1, 2)]):
        alone = replace(locked, copies=(locked.copies[number],))
        for other in [(0, 1), (0, 2), (1, 2)]:
            passphrases = [three[index] for index in other]
            if other == pair:
                assert unlock(alone, passphrases, survey_id=SURVEY) == SECRET
            else:
                with pytest.raises(WrongPassphraseError):
                    unlock(alone, passphrases, survey_id=SURVEY)


def test_a_single_scrutineer_opens_the_lock_alone(three):
    locked = locked_cheaply(three[:1])
    assert locked.needed == 1
    assert unlock(locked, three[:1], survey_id=SURVEY) == SECRET
    with pytest.raises(WrongPassphraseError):
        unlock(locked, three[1:2], survey_id=SURVEY)


def test_two_or_four_scrutineers_are_no_arrangement_of_ours(three, rng):
    for passphrases in ([], three[:2], [*three, generate_passphrase(rng)]):
        with pytest.raises(ValueError, match="one or three"):
            locked_cheaply(passphrases)


def test_the_same_passphrase_for_two_scrutineers_is_refused(three):
    with pytest.raises(MalformedPassphraseError):
        locked_cheaply([three[0], three[1], three[0]])


def test_a_lock_belongs_to_its_survey(three):
    with pytest.raises(WrongPassphraseError):
        unlock(locked_cheaply(three), three[:2], survey_id=UUID(int=8))


def test_a_lock_is_stored_and_read_again(three):
    locked = locked_cheaply(three)
    assert Lock.from_bytes(locked.to_bytes()) == locked
    assert SECRET[:24] not in locked.to_bytes()
    assert locked.to_bytes() != locked_cheaply(three).to_bytes()


def test_a_damaged_lock_is_told_from_a_wrong_passphrase(three):
    data = locked_cheaply(three).to_bytes()
    magic = len(b"survey-lock/v1\0")
    for broken in (
        b"",
        data[:30],
        data[:-1],
        data[1:],
        data[:magic] + b"\3" + data[magic + 1 :],
        data[: magic + 1] + b"\x12" + data[magic + 2 :],
        data[: magic + 1] + b"\0" + data[magic + 2 :],
    ):
        with pytest.raises(MalformedLockError):
            Lock.from_bytes(broken)


def test_guessing_is_made_hard(three):
    """scrypt with n = 2^16, r = 8: the cost is written in the lock, and a lock asking for less does not open."""
    locked = lock(SECRET, three[:1], survey_id=SURVEY)
    assert (locked.log2_cost, LOG2_COST) == (16, 16)
    assert unlock(locked, three[:1], survey_id=SURVEY) == SECRET
    with pytest.raises(WrongPassphraseError):
        unlock(replace(locked, log2_cost=CHEAP), three[:1], survey_id=SURVEY)


def test_a_passphrase_has_eighty_bits_and_more(rng):
    passphrase = generate_passphrase(rng)
    assert [len(group) for group in passphrase.split("-")] == [4] * 5
    assert 5 * (len(normalise_passphrase(passphrase)) - 1) == 95


@pytest.mark.parametrize(
    ("typed", "reason"),
    [("7QK4", "length"), ("", "length"), ("U" * 20, "alphabet"), ("中" * 20, "alphabet"), ("7" * 20, "check")],
)
def test_what_is_no_passphrase_says_why(typed, reason):
    with pytest.raises(MalformedPassphraseError) as refusal:
        normalise_passphrase(typed)
    assert refusal.value.reason == reason
    assert refusal.value.length == (len(typed) if reason == "length" else 0)


def test_nothing_that_was_typed_shows_in_a_refusal(three):
    wrong = three[0][:-1] + ("0" if three[0][-1] != "0" else "1")
    with pytest.raises(MalformedPassphraseError) as refusal:
        unlock(locked_cheaply(three), [wrong, three[1]], survey_id=SURVEY)
    assert str(refusal.value) == "check"
    assert three[0] not in repr(locked_cheaply(three))
