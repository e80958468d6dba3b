"""`branch-survey verify FILE.zip`: what is told of an evidence package that was checked. Needs no installation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from instruments.wording import N_
from survey_app.commands.speech import CommandError, tell
from survey_app.commands.speech import gettext as _
from survey_app.crypto.package_key import KEY_BYTES

if TYPE_CHECKING:
    from survey_app.dossier.verification import Check, Verified

SUFFIX = ".zip"
BLOCKS: Mapping[str, str] = {
    **dict.fromkeys(("roster", "previous_roster"), N_("Returns")),
    "objectives": N_("Objectives met"),
    **dict.fromkeys(("overall", "items", "dimensions"), N_("Dimensions and questions")),
    "groups": N_("Groups"),
    "choices": N_("Choice questions"),
    "reliability": N_("Reliability"),
    "validity": N_("Validity"),
    "importance": N_("Importance map"),
    "agreement": N_("Reliability"),
    **dict.fromkeys(("changes", "history", "trends", "composition"), N_("Against earlier years")),
    **dict.fromkeys(("actions", "exemplars"), N_("Actions of last year")),
    **dict.fromkeys(("units", "benchmark", "comparable", "pairings"), N_("Sub-units")),
    "quality": N_("Care in answering"),
    "comments": N_("Comments"),
}
"""Parts of the figures and what the result page calls them; names, days and hashes are none."""


class PublicKey(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """As `branch-survey package --key` prints it."""

    name = "KEY"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> bytes:
        try:
            key = bytes.fromhex(str(value).strip())
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            self.fail(_("A key of 64 characters is needed, as “branch-survey package --key” prints it."), param, ctx)
        return key


def tell_package(path: Path, *, expected_key: bytes | None, as_json: bool) -> None:
    """Raises: CommandError where anything is not as it was signed, or does not come out again."""
    from survey_app.dossier.verification import verify_package

    found = verify_package(path.read_bytes(), expected_key=expected_key)
    checks = [(_said(check), check.has_passed) for check in found.checks]
    lines = [f"{'✓' if passed else '✗'} {said}" for said, passed in checks]
    tell([*_head(found), *lines, *_remarks(found, expected_key)], _facts(found, checks), as_json=as_json)
    failed = sum(not passed for _said, passed in checks)
    if failed:
        raise CommandError(_("%(count)s checks failed.", count=failed), is_told=True)


def _said(check: Check) -> str:
    block = check.values.get("block")
    words = {"block": _(BLOCKS[block])} if isinstance(block, str) and block in BLOCKS else {}
    return _(check.sentence, **{**check.values, **words})


def _head(found: Verified) -> Iterator[str]:
    if found.manifest is not None:
        manifest = found.manifest
        yield _(
            "Evidence package of %(unit)s for %(year)s, as of %(day)s, made by %(software)s",
            unit=manifest.unit_name, year=manifest.cycle, day=manifest.state_of, software=manifest.software,
        )  # fmt: skip


def _remarks(found: Verified, expected_key: bytes | None) -> Iterator[str]:
    if found.manifest is None:
        return
    for result in found.manifest.results:
        parts = [_(BLOCKS[block]) for folder, block in found.only_hashed if folder == result.folder and block in BLOCKS]
        if parts:
            listed = _(", ").join(dict.fromkeys(parts))
            yield _("%(folder)s: of these only the hash was checked: %(parts)s", folder=result.folder, parts=listed)
    yield _("Of documents (workbook, report, minutes, plan) only the hash was checked.")
    if expected_key is None:
        yield _(
            "Signed with the key %(key)s. Please compare it with the one that the organisation tells you, or name that "
            "one with --key: whoever forges a package signs it with a key of their own.",
            key=found.manifest.public_key,
        )


def _facts(found: Verified, checks: list[tuple[str, bool]]) -> dict[str, Any]:
    manifest = found.manifest
    return {
        "passed": found.has_passed,
        "unit": manifest and manifest.unit,
        "year": manifest and manifest.cycle,
        "public_key": manifest and manifest.public_key,
        "checks": dict(checks),
        "only_hashed": [f"{folder}/{block}" for folder, block in found.only_hashed],
    }
