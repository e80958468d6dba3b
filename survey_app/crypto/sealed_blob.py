"""A stream of bytes under one fresh key that only its recipient can unwrap, padded so that its length tells nothing.

    "survey-blob/v1\\0" || bytes of the wrapped key (2) || wrapped key || segments

A segment is AES-256-GCM of at most 64 KiB under the nonce number11 || is_last1, bound to all that comes before the
segments and to what the caller names. None can be altered, moved, left out or added (the STREAM construction: Hoang,
Reyhanitabar, Rogaway, Vizar 2015), and none has to wait in memory for the others.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from typing import IO
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from survey_app.crypto.blind import PublicKey
from survey_app.crypto.box import OAEP, OpeningKey
from survey_app.crypto.keys import unwrap, wrap

MAGIC = b"survey-blob/v1\0"
KEY_BYTES = 32
LENGTH_BYTES = 2
TAG_BYTES = 16
NUMBER_BYTES = 11
SEGMENT_BYTES = 64 * 1024
PURPOSE = "sealed-blob"

Wrapping = Callable[[bytes], bytes]
"""Wraps, or unwraps, the fresh key of a blob."""


class MalformedBlobError(ValueError):
    """These bytes are no blob, not for this recipient, or not what was sealed."""


def for_scrutineers(key: PublicKey) -> Wrapping:
    """Under a survey's envelope key: RSA-OAEP-256."""
    return lambda fresh: key.loaded.encrypt(fresh, OAEP)


def by_scrutineers(key: OpeningKey) -> Wrapping:
    """The other half of `for_scrutineers`."""
    return lambda wrapped: key.loaded.decrypt(wrapped, OAEP)


def for_installation(secret: bytes, survey_id: UUID) -> Wrapping:
    """Under a key derived from the installation secret: for surveys of before the ballot box, without scrutineers."""
    return lambda fresh: wrap(secret, survey_id, PURPOSE, fresh)


def by_installation(secret: bytes, survey_id: UUID) -> Wrapping:
    """The other half of `for_installation`."""
    return lambda wrapped: unwrap(secret, survey_id, PURPOSE, wrapped)


def padded(content: Iterable[bytes], unit: int) -> Iterator[bytes]:
    """The content, then zeros up to the unit, or to the smallest power of two times the unit that holds it."""
    length, room = 0, unit
    for chunk in content:
        length += len(chunk)
        yield chunk
    while room < length:
        room *= 2
    for start in range(length, room, SEGMENT_BYTES):
        yield bytes(min(SEGMENT_BYTES, room - start))


def seal_blob(content: Iterable[bytes], wrapping: Wrapping, *, bound_to: bytes) -> Iterator[bytes]:
    """The blob, piece by piece; `bound_to` is needed again to open it."""
    key = secrets.token_bytes(KEY_BYTES)
    wrapped = wrapping(key)
    header = MAGIC + len(wrapped).to_bytes(LENGTH_BYTES) + wrapped
    yield header
    cipher = AESGCM(key)
    for number, (segment, is_last) in enumerate(_segments(content)):
        yield cipher.encrypt(_nonce(number, is_last), segment, header + bound_to)


def open_blob(blob: IO[bytes], unwrapping: Wrapping, *, bound_to: bytes) -> Iterator[bytes]:
    """The content with its padding, piece by piece.

    Each piece is genuine and in its place; that none is missing at the end is known when the last one has come. What
    was done with earlier ones has to be undone if this raises. Raises: MalformedBlobError.
    """
    header = blob.read(len(MAGIC) + LENGTH_BYTES)
    if len(header) != len(MAGIC) + LENGTH_BYTES or not header.startswith(MAGIC):
        raise MalformedBlobError("not a blob")
    wrapped = blob.read(int.from_bytes(header[-LENGTH_BYTES:]))
    try:
        cipher = AESGCM(unwrapping(wrapped))
        yield from _opened(blob, cipher, header + wrapped + bound_to)
    except (ValueError, InvalidTag):
        raise MalformedBlobError("for another recipient, or altered") from None


def _opened(blob: IO[bytes], cipher: AESGCM, bound_to: bytes) -> Iterator[bytes]:
    number, segment, is_last = 0, blob.read(SEGMENT_BYTES + TAG_BYTES), False
    while not is_last:
        following = blob.read(SEGMENT_BYTES + TAG_BYTES)
        is_last = not following
        yield cipher.decrypt(_nonce(number, is_last), segment, bound_to)
        number, segment = number + 1, following


def _segments(content: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """The content cut to segments; the last one is never left out, even if it is empty."""
    waiting = bytearray()
    for chunk in content:
        waiting += chunk
        while len(waiting) > SEGMENT_BYTES:
            yield bytes(waiting[:SEGMENT_BYTES]), False
            del waiting[:SEGMENT_BYTES]
    yield bytes(waiting), True


def _nonce(number: int, is_last: bool) -> bytes:
    return number.to_bytes(NUMBER_BYTES) + bytes([is_last])
