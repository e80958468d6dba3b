"""Is an evidence package what an installation signed, and do its figures follow from its data? Without any database.

What is found is told as sentences (msgids with values), so that whoever shows them translates. The figures of each
result are `recount`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256

from instruments.loader import content_hash
from instruments.wording import N_
from survey_app.crypto.package_key import fits
from survey_app.dossier.audit_extract import Entry, extract_read, misfits
from survey_app.dossier.container import NotAPackage, packed, unpacked
from survey_app.dossier.manifest import MANIFEST, SIGNATURE, PackageManifest, manifest_read
from survey_app.dossier.recount import questionnaire_in, recount_result

UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OverflowError)
"""What reading a part that is none of ours raises."""


@dataclass(frozen=True, slots=True)
class Check:
    """Something that was looked at, as a sentence that is true where it has passed."""

    sentence: str
    has_passed: bool
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verified:
    """What a package says of itself (None where it cannot be read), and what was found."""

    manifest: PackageManifest | None
    checks: tuple[Check, ...]
    only_hashed: tuple[tuple[str, str], ...] = ()
    """Folder of a result and block of its figures that does not follow from what is in the package."""

    @property
    def has_passed(self) -> bool:
        return all(check.has_passed for check in self.checks)


def verify_package(data: bytes, *, expected_key: bytes | None = None) -> Verified:
    """Every check that can be made of these bytes; ``expected_key``: the public key of the organisation, if known."""
    try:
        files = unpacked(data)
    except NotAPackage:
        return Verified(None, (Check(N_("The file is an evidence package."), False),))
    whole = {name: content for name, content in files.items() if content is not None}
    checks = [
        Check(
            N_("The archive is exactly as it was written, also between its files."),
            len(whole) == len(files) and packed(whole) == data,
        )
    ]
    try:
        manifest = manifest_read(whole[MANIFEST])
    except UNREADABLE:
        return Verified(None, (*checks, Check(N_("The manifest can be read."), False)))
    checks += _signature(manifest, whole, expected_key)
    checks += _files(manifest, files)
    only_hashed: list[tuple[str, str]] = []
    acts = _acts(whole)
    checks += _record(acts)
    checks += _minutes(whole, acts or ())
    checks += _schemes(whole)
    for result in manifest.results:
        checks += _questionnaire(result.instrument_sha256, whole)
        try:
            counted = recount_result(result, whole, acts or ())
        except Exception:  # forged files may break whatever reads them, and that is an answer too
            checks.append(Check(N_("%(folder)s: the figures can be read."), False, {"folder": result.folder}))
            continue
        checks += (Check(said, passed, {"folder": result.folder, **values}) for said, passed, values in counted.checks)
        only_hashed += ((result.folder, block) for block in counted.only_hashed)
    return Verified(manifest, tuple(checks), tuple(only_hashed))


def _signature(manifest: PackageManifest, files: Mapping[str, bytes], expected: bytes | None) -> Iterator[Check]:
    try:
        named = bytes.fromhex(manifest.public_key)
    except ValueError:
        named = b""
    signed = fits(named, files[MANIFEST], files.get(SIGNATURE, b""))
    yield Check(N_("The signature fits the manifest and the key that it names."), signed)
    if expected is not None:
        yield Check(N_("It was signed with the expected key."), named == expected)


def _files(manifest: PackageManifest, files: Mapping[str, bytes | None]) -> Iterator[Check]:
    """Each file that is not as listed by itself; all others in one sentence."""
    listed = {entry.name: entry for entry in manifest.files}
    faults = []
    for name in sorted({*listed, *files} - {MANIFEST, SIGNATURE}):
        entry, content = listed.get(name), files.get(name)
        if entry is None:
            faults.append(Check(N_("%(name)s belongs to the package."), False, {"name": name}))
        elif content is None or (len(content), sha256(content).hexdigest()) != (entry.size, entry.sha256):
            faults.append(Check(N_("%(name)s is as it was signed."), False, {"name": name}))
    in_order = [name for name in files if name not in (MANIFEST, SIGNATURE)] == [entry.name for entry in manifest.files]
    yield from faults
    if not faults:
        yield Check(N_("All %(count)s files have the hashes of the manifest."), True, {"count": len(listed)})
        yield Check(N_("The files stand in the order of the manifest."), in_order)


def _acts(files: Mapping[str, bytes]) -> tuple[Entry, ...] | None:
    try:
        return extract_read(files["audit.jsonl"])
    except UNREADABLE:
        return None


def _record(acts: tuple[Entry, ...] | None) -> Iterator[Check]:
    if acts is None:
        yield Check(N_("The entries of the record of acts can be read."), False)
        return
    wrong = list(misfits(acts))
    for number in wrong:
        yield Check(N_("Entry %(number)s of the record of acts has its hash."), False, {"number": number})
    if not wrong:
        yield Check(N_("All %(count)s entries of the record of acts have their hashes."), True, {"count": len(acts)})


def _minutes(files: Mapping[str, bytes], acts: tuple[Entry, ...]) -> Iterator[Check]:
    """Signed minutes have the hash under which the record of acts has their signatures."""
    signed = {str(entry.detail.get("sha256")) for entry in acts if entry.act == "review.sign"}
    for name, content in files.items():
        if name.startswith("minutes") and name.endswith(".json"):
            yield Check(
                N_("%(name)s is what was signed, by the record of acts."),
                sha256(content).hexdigest() in signed,
                {"name": name},
            )


def _schemes(files: Mapping[str, bytes]) -> Iterator[Check]:
    """Rules of an assessment have the hash that was locked with a survey, or are not of one that opened since."""
    locked: dict[str, str] = {}
    for name, content in files.items():
        if name.startswith("results/") and name.endswith("/rules.json"):
            with suppress(*UNREADABLE):
                locked |= json.loads(content)["locked"]["assessment"]
    for name, content in files.items():
        code = name.removeprefix("assessment/").removesuffix(".yaml")
        if name == f"assessment/{code}.yaml" and code in locked:
            yield Check(
                N_("%(name)s is what was locked when the survey opened."),
                sha256(content).hexdigest() == locked[code],
                {"name": name},
            )


def _questionnaire(digest: str, files: Mapping[str, bytes]) -> Iterator[Check]:
    try:
        is_it = content_hash(questionnaire_in(files, digest)) == digest
    except Exception:  # as above
        is_it = False
    yield Check(N_("The questionnaire %(digest)s has its fingerprint."), is_it, {"digest": digest[:12]})
