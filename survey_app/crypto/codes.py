"""One-time codes: twelve Crockford base32 characters and a check character, printed 7QK4-M2XD-9RTB-5.

The check character makes the weighted sum of all thirteen characters zero in the field GF(32), the weights being
thirteen different powers of a primitive element. Since no weight is zero, every single wrong character is
detected; since all weights differ, so is every exchange of two different characters, adjacent or not
(a shortened Reed-Solomon code of distance 2). 60 random bits remain.

What is stored of a code is `code_hash`; the code itself leads to nobody and is kept nowhere.
"""

from __future__ import annotations

import hmac
import unicodedata
from hashlib import sha256
from random import Random
from uuid import UUID

from survey_app.crypto.keys import derive
from survey_app.errors import CodeMalformed

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_CHARACTERS = 12
LENGTH = RANDOM_CHARACTERS + 1

LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})
SEPARATORS = str.maketrans("", "", " \t\r\n\u3000\u00a0-_.\u2010\u2011\u2012\u2013\u2014\uff0d")


def _powers_of_primitive(count: int) -> tuple[int, ...]:
    """1, a, a^2, … in GF(32) = GF(2)[x] / (x^5 + x^2 + 1), a = x."""
    powers = [1]
    while len(powers) < count:
        doubled = powers[-1] << 1
        powers.append(doubled ^ 0b100101 if doubled & 0b100000 else doubled)
    return tuple(powers)


FIELD_ORDER = 31
EXPONENTIAL = _powers_of_primitive(FIELD_ORDER)
LOGARITHM = {value: exponent for exponent, value in enumerate(EXPONENTIAL)}


def _weighted_sum(characters: str) -> int:
    """Sum of a^position times character, in GF(32); the last character has position 0."""
    total = 0
    for position, character in enumerate(reversed(characters)):
        value = ALPHABET.index(character)
        if value:
            total ^= EXPONENTIAL[(LOGARITHM[value] + position) % FIELD_ORDER]
    return total


def check_character(characters: str) -> str:
    """The thirteenth character of these twelve."""
    return ALPHABET[_weighted_sum(characters + "0")]


def generate(rng: Random) -> str:
    """A fresh code as printed. In production `rng` is random.SystemRandom."""
    characters = "".join(rng.choice(ALPHABET) for _ in range(RANDOM_CHARACTERS))
    return formatted(characters + check_character(characters))


def formatted(characters: str) -> str:
    """Groups of four with hyphens, as on the slip."""
    return "-".join(characters[start : start + 4] for start in range(0, len(characters), 4))


def normalise(typed: str) -> str:
    """The thirteen characters meant by what was typed: spaces, hyphens, case, full width, O/0 and I/L/1 are forgiven.

    Raises: CodeMalformed.
    """
    narrow = unicodedata.normalize("NFKC", typed[:200])
    characters = narrow.translate(SEPARATORS).upper().translate(LOOKALIKES)
    if len(characters) != LENGTH:
        raise CodeMalformed("length", len(characters))
    if any(character not in ALPHABET for character in characters):
        raise CodeMalformed("alphabet")
    if _weighted_sum(characters):
        raise CodeMalformed("check")
    return characters


def code_hash(secret: bytes, survey_id: UUID, code: str) -> bytes:
    """What is stored of a code: HMAC-SHA256 under a key derived from the installation secret and the survey.

    Raises: CodeMalformed.
    """
    return hmac.digest(derive(secret, survey_id, "codes"), normalise(code).encode(), sha256)
