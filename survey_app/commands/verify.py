"""`branch-survey verify`: are the sealed data what was sealed, and do the figures of a report follow from them?

Every check is said, passed or not; one that fails gives status 1.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

import click

from analysis.counted import counted
from analysis.dataset import SealedDataset
from analysis.report_json import to_dict
from instruments.loader import content_hash
from survey_app.commands.analyse import SEALED_SUFFIX, NotADataset, report_of
from survey_app.commands.parameters import InputFile
from survey_app.commands.speech import CommandError, json_option, tell, working_app
from survey_app.commands.speech import gettext as _
from survey_app.commands.survey_choice import survey_named
from survey_app.commands.verify_package import SUFFIX as PACKAGE_SUFFIX
from survey_app.commands.verify_package import PublicKey, tell_package

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from survey_app.models import Survey

FIGURES = ("items", "dimensions", "reliability", "choices")
"""Blocks of a report that follow from its own dataset alone."""
LOWEST_THRESHOLD, HIGHEST_THRESHOLD = 5, 1000

Check = tuple[str, bool]


@click.command(name="verify")
@click.argument("what", metavar="SURVEY|FILE.parquet|FILE.zip")
@click.option(
    "--report",
    "report_file",
    type=InputFile(),
    help="Figures exported as JSON, to be reckoned again.",
)
@click.option("--key", type=PublicKey(), help="Of an evidence package: the key that it has to be signed with.")
@json_option
def command(what: str, report_file: Path | None, key: bytes | None, as_json: bool) -> None:
    """Check the sealed data of SURVEY in the database, or of an exported file, against their fingerprints; or an
    evidence package (FILE.zip), which needs no database."""
    path = Path(what)
    if path.suffix.lower() == PACKAGE_SUFFIX:
        tell_package(path, expected_key=key, as_json=as_json)
        return
    report = _read_report(report_file) if report_file else None
    if path.suffix.lower() == SEALED_SUFFIX:
        data = path.read_bytes()
        checks = list(_file_checks(data, path.name, report))
    else:
        with working_app():
            from survey_app.extensions import db

            data, checks = _database_checks(db.session, survey_named(db.session, what), report)
    fingerprint = sha256(data).hexdigest()
    lines = [f"sha256 {fingerprint}", *[f"{'✓' if passed else '✗'} {said}" for said, passed in checks]]
    tell(
        lines,
        {"sha256": fingerprint, "passed": all(passed for _said, passed in checks), "checks": dict(checks)},
        as_json=as_json,
    )
    failed = sum(not passed for _said, passed in checks)
    if failed:
        raise CommandError(_("%(count)s checks failed.", count=failed), is_told=True)


def _file_checks(data: bytes, filename: str, report: dict[str, Any] | None) -> Iterator[Check]:
    dataset = sealed_dataset(data, filename)
    yield from _dataset_checks(dataset)
    if report is not None:
        yield from _report_checks(data, dataset, report)


def _database_checks(session: Session, survey: Survey, report: dict[str, Any] | None) -> tuple[bytes, list[Check]]:
    from sqlalchemy import select

    from survey_app.models import Dataset, LocalDataset

    stored = session.get(Dataset, survey.id)
    if stored is None:
        raise CommandError(_("The survey %(title)s has not been sealed.", title=survey.title))
    data = stored.parquet
    checks = [
        (_("The stored bytes have the fingerprint written down at sealing."), sha256(data).hexdigest() == stored.sha256)
    ]
    dataset = sealed_dataset(data, survey.title)
    checks += _dataset_checks(dataset)
    comments = sha256(stored.comments).hexdigest() == dataset.manifest.comments_sha256
    checks += [
        (_("The comments are those that were sealed."), comments),
        (_("The dataset belongs to this survey."), dataset.manifest.survey == str(survey.id)),
        (_("The number of rows is the one written down."), dataset.rows == stored.rows),
        (_("The questionnaire is the published one."), dataset.manifest.instrument_sha256 == survey.instrument_sha256),
    ]
    named = report["provenance"].get("dataset_sha256") if report is not None else None
    about = data, dataset
    for local in session.scalars(select(LocalDataset).where(LocalDataset.survey_id == survey.id)):
        own = sealed_dataset(local.parquet, survey.title)
        written = sha256(local.parquet).hexdigest() == local.sha256
        comments = sha256(local.comments).hexdigest() == own.manifest.comments_sha256
        fits = written and comments and own.rows == local.rows and all(passed for _said, passed in _dataset_checks(own))
        checks.append((_("The local questions are as they were sealed: %(unit)s.", unit=own.manifest.survey), fits))
        if local.sha256 == named:
            about = local.parquet, own
    if report is not None:
        checks += _report_checks(*about, report)
    return data, checks


def sealed_dataset(data: bytes, filename: str) -> SealedDataset:
    """Raises: NotADataset."""
    try:
        return SealedDataset.from_parquet(data)
    except ValueError as error:
        raise NotADataset(file=filename) from error


def _dataset_checks(dataset: SealedDataset) -> Iterator[Check]:
    manifest = dataset.manifest
    yield _("The manifest's number of rows is the number of rows."), manifest.rows == dataset.rows
    fits = content_hash(dataset.instrument) == manifest.instrument_sha256
    yield _("The questionnaire inside has the fingerprint of the manifest."), fits
    valid = sum(roster.valid for roster in manifest.rosters.values())
    yield _("The valid ballots of all groups are the rows."), valid == dataset.rows


def _report_checks(data: bytes, dataset: SealedDataset, report: dict[str, Any]) -> Iterator[Check]:
    """The report names these data, and its figures come out again."""
    provenance = report["provenance"]
    yield _("The report names these data."), provenance.get("dataset_sha256") == sha256(data).hexdigest()
    unit = report["unit"]
    if unit not in {node.code for node in dataset.manifest.units}:
        yield _("The report's unit is part of the dataset."), False
        return
    again = to_dict(report_of(counted(dataset.for_unit(unit)), (), provenance["threshold"]))
    plain = json.loads(json.dumps(again))
    for block in FIGURES:
        yield _("Reckoned again, the figures are the same: %(block)s.", block=block), plain[block] == report[block]


def _is_report(content: Any) -> TypeGuard[dict[str, Any]]:
    """Does it name its unit, its data and the threshold it was made with, and hold the blocks to be reckoned again?"""
    if not isinstance(content, dict) or not isinstance(provenance := content.get("provenance"), dict):
        return False
    threshold = provenance.get("threshold")
    is_threshold = isinstance(threshold, int) and LOWEST_THRESHOLD <= threshold <= HIGHEST_THRESHOLD
    return is_threshold and isinstance(content.get("unit"), str) and set(FIGURES) <= set(content)


def _read_report(path: Path) -> dict[str, Any]:
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise CommandError(_("%(file)s is not a report in JSON.", file=path)) from error
    if not _is_report(report):
        raise CommandError(_("%(file)s is not a report in JSON.", file=path))
    return report
