"""Codes: every slip of the pen is noticed, every way of writing the same code is understood."""

from __future__ import annotations

import random
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey_app.crypto import codes
from survey_app.errors import CodeMalformed

SURVEY = UUID(int=7)
OTHER_SURVEY = UUID(int=8)
SECRET = bytes(32)

CODES = st.integers(0, 2**60).map(lambda seed: codes.generate(random.Random(seed)))
POSITIONS = st.integers(0, codes.LENGTH - 1)


def plain(code: str) -> str:
    return code.replace("-", "")


@settings(max_examples=60)
@given(CODES)
def test_a_code_is_printed_in_fours_and_understood_as_printed(code):
    assert [len(part) for part in code.split("-")] == [4, 4, 4, 1]
    assert codes.normalise(code) == plain(code)


@settings(max_examples=60)
@given(CODES, st.sampled_from([" ", "-", "", "\u3000", " - "]), st.booleans())
def test_spaces_lower_case_and_lookalikes_are_forgiven(code, separator, lower):
    typed = separator.join(plain(code)).replace("0", "O").replace("1", "l")
    assert codes.normalise(typed.lower() if lower else typed) == plain(code)


@settings(max_examples=60)
@given(CODES, POSITIONS)
def test_one_wrong_character_is_always_noticed(code, position):
    right = plain(code)
    for wrong in set(codes.ALPHABET) - {right[position]}:
        with pytest.raises(CodeMalformed) as refusal:
            codes.normalise(right[:position] + wrong + right[position + 1 :])
        assert refusal.value.reason == "check"


@settings(max_examples=60)
@given(CODES, POSITIONS, POSITIONS)
def test_two_exchanged_characters_are_always_noticed(code, one, other):
    characters = list(plain(code))
    characters[one], characters[other] = characters[other], characters[one]
    exchanged = "".join(characters)
    if exchanged == plain(code):
        assert codes.normalise(exchanged) == plain(code)
    else:
        with pytest.raises(CodeMalformed):
            codes.normalise(exchanged)


@settings(max_examples=60)
@given(st.text(max_size=40))
def test_whatever_is_typed_is_a_code_or_refused_in_words(typed):
    try:
        characters = codes.normalise(typed)
    except CodeMalformed as refusal:
        assert refusal.reason in ("length", "alphabet", "check")
        assert str(refusal)
    else:
        assert codes.check_character(characters[:-1]) == characters[-1]


@settings(max_examples=60)
@given(CODES)
def test_the_stored_hash_follows_the_code_the_survey_and_the_secret(code):
    stored = codes.code_hash(SECRET, SURVEY, code)
    assert stored == codes.code_hash(SECRET, SURVEY, code.lower().replace("-", " "))
    assert stored != codes.code_hash(SECRET, OTHER_SURVEY, code)
    assert stored != codes.code_hash(bytes(31) + b"1", SURVEY, code)
    assert plain(code).encode() not in stored


def test_a_short_secret_is_refused():
    with pytest.raises(ValueError, match="32 bytes"):
        codes.code_hash(b"short", SURVEY, codes.generate(random.Random(1)))
