"""A sealed blob opens to its recipient, whole and in order, or not at all; its length tells nothing."""

from __future__ import annotations

import io
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey_app.crypto.sealed_blob import (
    SEGMENT_BYTES,
    TAG_BYTES,
    MalformedBlobError,
    by_installation,
    by_scrutineers,
    for_installation,
    for_scrutineers,
    open_blob,
    padded,
    seal_blob,
)

SURVEY = UUID(int=7)
OTHER = UUID(int=8)
SECRET = bytes(range(32))
LENGTHS = st.one_of(
    st.integers(0, 300), st.sampled_from([SEGMENT_BYTES - 1, SEGMENT_BYTES, SEGMENT_BYTES + 1, 3 * SEGMENT_BYTES])
)


def sealed(content: bytes, *, bound_to: bytes = b"here") -> bytes:
    return b"".join(seal_blob([content], for_installation(SECRET, SURVEY), bound_to=bound_to))


def opened(blob: bytes, *, bound_to: bytes = b"here", unwrapping=None) -> bytes:
    return b"".join(open_blob(io.BytesIO(blob), unwrapping or by_installation(SECRET, SURVEY), bound_to=bound_to))


@settings(deadline=None, max_examples=60)
@given(length=LENGTHS, data=st.data())
def test_what_was_sealed_comes_out_however_it_was_cut_and_no_altered_byte_passes(length, data):
    content = bytes(range(256)) * (length // 256 + 1)
    content = content[:length]
    cut = data.draw(st.integers(0, length))
    pieces = seal_blob([content[:cut], content[cut:]], for_installation(SECRET, SURVEY), bound_to=b"here")
    blob = b"".join(pieces)
    assert opened(blob) == content
    place, bit = data.draw(st.integers(0, len(blob) - 1)), data.draw(st.integers(0, 7))
    altered = bytearray(blob)
    altered[place] ^= 1 << bit
    with pytest.raises(MalformedBlobError):
        opened(bytes(altered))


@settings(deadline=None, max_examples=40)
@given(length=LENGTHS, data=st.data())
def test_a_blob_cut_short_or_made_longer_is_refused(length, data):
    blob = sealed(bytes(length))
    kept = data.draw(st.integers(0, len(blob) - 1))
    for other in (blob[:kept], blob + b"\0", blob + blob[-100:]):
        with pytest.raises(MalformedBlobError):
            opened(other)


def test_whole_segments_are_not_left_out_swapped_or_taken_from_elsewhere():
    blob, whole = sealed(bytes(3 * SEGMENT_BYTES)), SEGMENT_BYTES + TAG_BYTES
    start = len(blob) - 3 * whole
    head, (one, two, three) = blob[:start], (blob[start + n * whole : start + (n + 1) * whole] for n in range(3))
    assert opened(head + one + two + three)
    foreign = sealed(bytes(3 * SEGMENT_BYTES))[-whole:]
    for wrong in ((one, two), (two, one, three), (one, one, three), (one, two, foreign), (one, two, three, three), ()):
        with pytest.raises(MalformedBlobError):
            opened(head + b"".join(wrong))


def test_a_blob_opens_to_its_scrutineers_alone(drawn_keys):
    _signing, (theirs, others) = drawn_keys
    blob = b"".join(seal_blob([b"ballots"], for_scrutineers(theirs.public), bound_to=b"here"))
    assert opened(blob, unwrapping=by_scrutineers(theirs)) == b"ballots"
    for unwrapping in (by_scrutineers(others), by_installation(SECRET, SURVEY)):
        with pytest.raises(MalformedBlobError):
            opened(blob, unwrapping=unwrapping)


def test_a_blob_opens_in_its_own_place_alone_and_never_looks_the_same_twice():
    blob = sealed(b"ballots")
    with pytest.raises(MalformedBlobError):
        opened(blob, bound_to=b"there")
    with pytest.raises(MalformedBlobError):
        opened(blob, unwrapping=by_installation(SECRET, OTHER))
    with pytest.raises(MalformedBlobError):
        opened(blob, unwrapping=by_installation(SECRET[::-1], SURVEY))
    assert sealed(b"ballots") != blob


@given(length=st.integers(0, 5000), unit=st.integers(1, 1200))
def test_padding_leads_to_the_unit_or_the_next_power_of_two_times_it(length, unit):
    room = len(b"".join(padded([b"x" * length], unit)))
    assert room >= max(length, unit)
    assert room == unit or room // 2 < length
    assert room % unit == 0
    assert (room // unit).bit_count() == 1


def test_a_blob_with_any_content_up_to_the_unit_has_one_length():
    lengths = set()
    for content in (0, 1, 999, 1000):
        pieces = seal_blob(padded([bytes(content)], 1000), for_installation(SECRET, SURVEY), bound_to=b"")
        lengths.add(sum(map(len, pieces)))
    assert len(lengths) == 1
