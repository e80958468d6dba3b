"""Whatever is done to a package without the key of the installation is found, wherever it is done."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey_app.crypto.package_key import fits, public_key, sign
from survey_app.dossier.container import NotAPackage, packed, unpacked
from survey_app.dossier.manifest import (
    MANIFEST,
    SIGNATURE,
    PackageManifest,
    file_entries,
    manifest_read,
    manifest_written,
)
from survey_app.dossier.verification import Verified, verify_package

SECRET, ANOTHER = bytes(range(32)), bytes(range(32, 64))
NAMES = st.from_regex(r"[a-z][a-z0-9_.-]{0,8}(/[a-z0-9][a-z0-9_.-]{0,8}){0,2}", fullmatch=True)
FILES = st.dictionaries(NAMES, st.binary(max_size=200), max_size=6)


def signed(files: dict[str, bytes], secret: bytes = SECRET) -> bytes:
    """A package without results: what its form alone protects."""
    manifest = PackageManifest(
        "A", "第一党支部", 2026, "zh_Hans", "2026-12-31", "branch-survey", public_key(secret).hex(), (),
        file_entries(files),
    )  # fmt: skip
    head = manifest_written(manifest)
    return packed({MANIFEST: head, SIGNATURE: sign(secret, head), **files})


def verified(data: bytes) -> Verified:
    return verify_package(data, expected_key=public_key(SECRET))


PACKAGE = signed({"audit.jsonl": b"", "readme.txt": "说明".encode(), "results/member/figures.json": b"{}" * 50})


def test_an_untouched_package_passes():
    assert verified(PACKAGE).has_passed


@given(st.integers(0, len(PACKAGE) - 1), st.integers(1, 255))
def test_a_byte_changed_anywhere_in_the_archive_is_found(place: int, change: int):
    other = PACKAGE[:place] + bytes([PACKAGE[place] ^ change]) + PACKAGE[place + 1 :]
    assert not verified(other).has_passed


@given(st.integers(0, len(PACKAGE) - 1), st.integers(0, 60), st.binary(max_size=30))
def test_a_piece_cut_out_or_put_in_is_found(place: int, length: int, instead: bytes):
    other = PACKAGE[:place] + instead + PACKAGE[place + length :]
    assert verified(other).has_passed == (other == PACKAGE)


@given(FILES)
@settings(max_examples=50)
def test_the_archive_follows_from_its_files_and_gives_them_back(files: dict[str, bytes]):
    if files:
        data = packed(files)
        assert data == packed(dict(files))
        assert unpacked(data) == files


@given(st.binary(max_size=300))
def test_any_other_bytes_are_refused_in_one_sentence(data: bytes):
    with pytest.raises(NotAPackage):
        unpacked(data)
    assert not verified(data).has_passed


@given(st.dictionaries(st.sampled_from(["readme.txt", "audit.jsonl", "more.txt"]), st.binary(max_size=40)))
def test_other_files_under_the_old_signature_are_found(files: dict[str, bytes]):
    whole = {name: content for name, content in unpacked(PACKAGE).items() if content is not None}
    changed = {**whole, **files}
    assert verified(packed(changed)).has_passed == (changed == whole)


@given(st.sampled_from(["unit", "unit_name", "state_of", "software", "language"]), st.text(min_size=1, max_size=10))
def test_what_the_manifest_says_cannot_be_said_otherwise(name: str, text: str):
    whole = {entry: content for entry, content in unpacked(PACKAGE).items() if content is not None}
    manifest = manifest_read(whole[MANIFEST])
    other = replace(manifest, **{name: text})
    whole[MANIFEST] = manifest_written(other)
    assert verified(packed(whole)).has_passed == (other == manifest)


def test_a_key_of_ones_own_makes_no_package_of_the_installation():
    assert not verified(signed({"audit.jsonl": b""}, ANOTHER)).has_passed


@given(st.binary(max_size=80), st.binary(max_size=80), st.binary(max_size=80))
def test_what_is_no_key_or_no_signature_fits_nothing(key: bytes, message: bytes, signature: bytes):
    assert not fits(key, message, signature)
